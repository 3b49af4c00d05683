//! The console's overview, rooms, messages and reports: on a desktop and a phone, by day and by night, with scripts and without.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use crate::{
    support::{client::Member, fresh_id, picture::png, server::Server},
    tab::{DESKTOP, Look, PHONE, Tab},
    visit::Visit,
};

/// A house in which a month of things has happened.
struct House {
    server: Server,
    admin: Member,
    ann: Member,
    bob: Member,
    /// A public room.
    lunch: i64,
}

impl House {
    async fn build() -> Self {
        let server = Server::setup().flag(&["--site-name", "清河 Qinghe"]).start();
        let admin = server.admin("linyi").await;
        let (ann, bob, ben) =
            (server.member("wanglei").await, server.member("sunyue").await, server.member("ben").await);
        for (member, nickname) in [(&admin, "林一"), (&ann, "王磊"), (&bob, "孙悦"), (&ben, "Ben Okafor")] {
            member.patch("me", json!({"nickname": nickname})).await.is(200);
        }
        let topic = "11:10 截止下单,11:50 送到前台";
        let lunch =
            bob.post("rooms", json!({"kind": "public", "name": "午餐拼单", "topic": topic})).await.is(201).room_id();
        for member in [&admin, &ann, &ben] {
            member.post(&format!("rooms/{lunch}/join"), Value::Null).await.is(200);
        }
        let purchasing = ben.private_room("purchasing", &[&ann]).await;
        ann.post("directs", json!({"user": bob.id})).await.is(201);
        ben.make_room("public", "design-review").await;
        let lobby = admin.lobby().await;
        bob.say(lobby, "周末有人去爬山吗?").await;
        let flood = ann.say(lobby, "刷屏刷屏刷屏刷屏刷屏刷屏刷屏").await["id"].as_i64().unwrap();
        bob.post(&format!("messages/{flood}/reports"), json!({"reason": "spam", "note": "一直重复发,看不到别的消息"}))
            .await
            .is(201);
        ben.post(&format!("messages/{flood}/reports"), json!({"reason": "spam", "note": "Spam"})).await.is(201);
        let rude = ben.say(purchasing, "这种设计也好意思发出来?").await["id"].as_i64().unwrap();
        ann.post(&format!("messages/{rude}/reports"), json!({"reason": "abuse", "note": ""})).await.is(201);
        let upload = ben.upload("menu.png", &png(320, 240, [200, 120, 40])).await.is(201)["upload"]["id"].clone();
        let menu =
            json!({"client_id": fresh_id(), "text": "The menu of today, before the 维护 window", "uploads": [upload]});
        ben.post(&format!("rooms/{lunch}/messages"), menu).await.is(201);
        for text in ["牛肉面一份,不要香菜", "今天 15:00 有一次 5 分钟的维护", "One tofu for me, please"]
        {
            bob.say(lunch, text).await;
        }
        let house = Self { server, admin, ann, bob, lunch };
        house.remember();
        house
    }

    /// Days of which only the numbers are left.
    fn remember(&self) {
        let day = |back: i64| (Utc::now().date_naive() - TimeDelta::days(back)).to_string();
        let row = |back: i64| format!("('{}', {}, {})", day(back), 400 + 97 * (back * 7 % 11), 20 + back * 5 % 34);
        let rows: Vec<String> = (1..30).filter(|back| *back != 9).map(row).collect();
        let insert = format!("INSERT INTO daily_stats (day, messages, peak_online) VALUES {}", rows.join(", "));
        self.server.database().execute(&self.server.data(), &insert);
    }
}

async fn look_around(look: Look) {
    let House { server, admin, ann, lunch, .. } = House::build().await;
    let _company = ann.connect().await;
    let tab = Tab::of(&server, &admin, look).await;
    let mut visit = Visit { tab, look, wrong: Vec::new() };
    visit.page("/admin/", "console-overview").await;
    visit.whole("console-overview-whole").await;
    visit.tab.click(".chart-data summary").await;
    visit.inspect("console-overview-table").await;
    visit.page("/admin/rooms/?sort=-members", "console-rooms").await;
    visit.page("/admin/rooms/?q=nothing-like-it", "console-rooms-none").await;
    visit.page(&format!("/admin/rooms/{lunch}/"), "console-room").await;
    visit.whole("console-room-whole").await;
    visit.tab.run("document.querySelector('[name=retention][value=days]').click()").await;
    visit.tab.run("document.querySelector('#retention_value').removeAttribute('min')").await;
    visit.tab.fill("#retention_value", "0").await;
    visit.tab.click(".save-bar button[type=submit]").await;
    visit.tab.see("#retention_value[aria-invalid=true]").await;
    visit.inspect("console-room-refused").await;
    visit.page(&format!("/admin/rooms/{lunch}/owner"), "console-room-owner").await;
    visit.page(&format!("/admin/rooms/{lunch}/delete"), "console-room-delete").await;
    visit.page("/admin/messages/?q=维护", "console-messages").await;
    visit.page("/admin/messages/", "console-messages-all").await;
    visit
        .tab
        .run("document.querySelectorAll('.row-check').forEach((check, index) => index < 2 && check.click())")
        .await;
    visit.tab.see(".bulk").await;
    visit.inspect("console-messages-bulk").await;
    visit.tab.click(".bulk button[name=all]").await;
    visit.tab.see(".confirm").await;
    visit.inspect("console-messages-confirm").await;
    visit.page("/admin/messages/?q=%25", "console-messages-refused").await;
    visit.page("/admin/messages/?q=caviar", "console-messages-none").await;
    visit.page("/admin/reports/", "console-reports").await;
    visit.whole("console-reports-whole").await;
    visit.tab.click(".report-side button[value=ban]").await;
    visit.tab.see(".confirm").await;
    visit.inspect("console-reports-ban").await;
    visit.tab.goto("/admin/reports/").await;
    visit.tab.click(".report-side button[value=silence-hour]").await;
    visit.tab.see(".flash").await;
    visit.inspect("console-reports-settled").await;
    visit.page("/admin/reports/?state=settled", "console-reports-done").await;
    visit.page("/admin/reports/?state=mine", "console-reports-mine").await;
    visit.end().await;
}

impl Visit {
    /// Takes a picture of the whole page, however long.
    async fn whole(&mut self, page: &str) {
        let size = "const long = [document.documentElement, ...document.querySelectorAll('.admin-main')].map(part => part.scrollHeight);\
            return [innerWidth, Math.max(...long)]";
        let size = self.tab.run(size).await;
        let metrics = json!({"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": self.look.phone});
        self.tab.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
        let name = format!("whole/{page}-{}-{}", if self.look.phone { "phone" } else { "desktop" }, self.look.dark);
        self.tab.picture(&name).await;
        let (width, height, ratio) = if self.look.phone { (390, 844, 2) } else { (1280, 800, 1) };
        let screen = json!({"width": width, "height": height, "deviceScaleFactor": ratio, "mobile": self.look.phone});
        self.tab.cdp("Emulation.setDeviceMetricsOverride", screen).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_of_the_house_can_be_used_by_everybody_on_a_desktop() {
    look_around(DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_of_the_house_can_be_used_by_everybody_on_a_desktop_by_night_in_chinese() {
    look_around(Look { dark: true, language: "zh-CN", ..DESKTOP }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_of_the_house_can_be_used_by_everybody_on_a_phone() {
    look_around(Look { language: "zh-CN", ..PHONE }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_of_the_house_can_be_used_by_everybody_on_a_phone_by_night() {
    look_around(Look { dark: true, ..PHONE }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_messages_that_an_admin_deletes_leave_the_open_page_of_a_member() {
    let House { server, admin, bob, lunch, .. } = House::build().await;
    let member = Tab::of(&server, &bob, DESKTOP).await;
    member.goto(&format!("/r/{lunch}")).await;
    member.hears("牛肉面一份").await;
    member.hears("5 分钟的维护").await;
    let tab = Tab::of(&server, &admin, DESKTOP).await;
    tab.goto(&format!("/admin/messages/?room={lunch}&from=sunyue")).await;
    tab.see(".table").await;
    tab.run(
        "for (const row of document.querySelectorAll('.table tbody tr')) \
         if (/牛肉面|维护/.test(row.textContent)) row.querySelector('.row-check').click()",
    )
    .await;
    tab.read(".bulk-count", "2 selected").await;
    tab.click(".bulk button[type=submit]:not([name])").await;
    tab.read("h1", "Delete 2 messages?").await;
    tab.read(".confirm-list", "午餐拼单").await;
    tab.fill("#reason", "off topic").await;
    tab.click(".confirm button[type=submit]").await;
    tab.read(".flash", "2 messages were deleted.").await;
    let words = "return !/牛肉面|5 分钟的维护/.test(document.body.innerText)";
    member.until(words, &[]).await;
    member.hears("One tofu for me").await;
    tab.see_gone("mark").await;
    let rest = tab.run("return document.querySelectorAll('.table tbody tr').length").await;
    assert_eq!(rest, json!(1), "what was not ticked stays");
    for tab in [tab, member] {
        tab.close().await;
    }
}

async fn walk_without_script(look: Look) {
    let House { server, admin, ann, lunch, .. } = House::build().await;
    let tab = Tab::open(&server, look).await;
    tab.cdp("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    tab.log_in(&admin).await;
    tab.goto("/admin/").await;
    tab.see(".chart-plot").await;
    tab.goto("/admin/reports/").await;
    tab.see(".message-reported").await;
    tab.click(".report-side button[value=dismiss]").await;
    tab.see(".flash[role=status]").await;
    tab.goto(&format!("/admin/rooms/{lunch}/")).await;
    tab.fill("#topic", "without a script").await;
    tab.click(".save-bar button[type=submit]").await;
    tab.see(".flash[role=status]").await;
    assert_eq!(ann.room(lunch).await["topic"], "without a script");
    tab.goto(&format!("/admin/messages/?room={lunch}&kind=image")).await;
    tab.click(".row-check").await;
    tab.click(".bulk button[type=submit]:not([name])").await;
    tab.click(".confirm button[type=submit]").await;
    tab.see(".flash[role=status]").await;
    tab.see(".empty").await;
    tab.picture(&format!("console-without-script-{}", look.phone)).await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_script_the_house_is_kept_all_the_same() {
    walk_without_script(DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_script_the_house_is_kept_on_a_phone_too() {
    walk_without_script(PHONE).await;
}
