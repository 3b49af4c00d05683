//! Presets and countdowns: the chips of admins, the chip that counts down for everybody, and the pages of the console.

use serde_json::{Value, json};

use crate::{
    support::{client::Member, fresh_id, picture::png, server::Server},
    tab::{DESKTOP, Look, PHONE, Tab},
    visit::Visit,
};

/// Where the countdown of the open room is shown.
fn clock(look: Look) -> &'static str {
    if look.phone { "#countdown-strip" } else { "#countdown" }
}

/// Seconds that a chip shows, or nothing while it shows none.
const SECONDS: &str = "const time = document.querySelector(arguments[0] + ' [role=timer]')?.textContent.match(/(\\d+):(\\d+)/);\
    return time ? Number(time[1]) * 60 + Number(time[2]) : null";

impl Tab {
    /// Waits until the chip of the open room shows a time, and says which, in seconds.
    async fn counts(&self, look: Look) -> i64 {
        self.see(clock(look)).await;
        self.until(SECONDS, &[json!(clock(look))]).await.as_i64().unwrap()
    }
}

/// A server with two admins and a member, all of them in the lobby.
async fn kitchen() -> (Server, Member, Member, Member, i64) {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let (deputy, ann) = (server.member("deputy").await, server.member("ann").await);
    assert!(server.command(&["user", "role", "deputy", "admin"], "").status.success());
    let lobby = ann.lobby().await;
    (server, admin, deputy, ann, lobby)
}

async fn press_and_count(look: Look) {
    let (server, admin, deputy, ann, lobby) = kitchen().await;
    let room = format!("/r/{lobby}");
    let tab = Tab::of(&server, &admin, look).await;
    let other = Tab::of(&server, &ann, look).await;
    tab.goto(&room).await;
    other.goto(&room).await;
    other.see("#composer").await;
    other.see_gone("#presets").await;

    tab.pick("#presets button", "Start orders").await;
    other.hears("Orders are open").await;
    other.see(".preset .icon").await;
    let left = tab.counts(look).await;
    assert!((80..=100).contains(&left), "{left} s are left");
    other.counts(look).await;
    tab.until(
        &SECONDS.replace("return time ?", &format!("return time && Number(time[1]) * 60 + Number(time[2]) < {left} ?")),
        &[json!(clock(look))],
    )
    .await;
    other.see_gone(&format!("{} button", clock(look))).await;

    // Who comes late sees what is left, and in another room there is nothing.
    let late = Tab::of(&server, &server.member("late").await, look).await;
    late.goto(&room).await;
    assert!(late.counts(look).await < 100);
    let quiet = ann.make_room("public", "quiet").await;
    other.goto(&format!("/r/{quiet}")).await;
    other.see("#composer").await;
    other.see_gone(clock(look)).await;
    other.goto(&room).await;

    // The second admin is told who was first.
    let second = Tab::of(&server, &deputy, look).await;
    second.goto(&room).await;
    second.counts(look).await;
    second.pick("#presets button", "Countdown").await;
    second.read("#toast", "founder started “Start orders”").await;
    second.pick("#presets button", "Stop orders").await;
    late.hears("Orders are closed").await;

    second.click(&format!("{} button", clock(look))).await;
    for tab in [&tab, &other, &late] {
        tab.see_gone(clock(look)).await;
    }
    other.read("#announcer", "stopped by deputy").await;
    tab.pick("#presets button", "Countdown").await;
    late.hears("The countdown has begun").await;
    late.counts(look).await;
    for tab in [tab, other, late, second] {
        tab.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_presses_and_everybody_sees_what_is_left() {
    press_and_count(DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_it_is_on_a_phone() {
    press_and_count(PHONE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_countdown_ends_with_its_message_after_a_power_cut_and_after_the_line_was_down() {
    let (mut server, admin, _, ann, lobby) = kitchen().await;
    let start = admin.get("admin/presets").await.is(200)["presets"][0]["id"].clone();
    admin.patch(&format!("admin/presets/{start}"), json!({"countdown_seconds": 8})).await.is(200);
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.goto(&format!("/r/{lobby}")).await;
    tab.see("#composer").await;
    let press = json!({"room": lobby, "client_id": fresh_id()});
    admin.post(&format!("admin/presets/{start}/send"), press).await.is(201);
    tab.counts(DESKTOP).await;
    server.kill();
    tab.see("#offline-bar").await;
    server.restart();
    tab.hears("Orders are closed").await;
    tab.see_gone("#countdown").await;
    tab.has_once("Orders are closed").await;
    tab.close().await;
}

async fn manage(look: Look, name: &str) {
    let (server, admin, _, ann, lobby) = kitchen().await;
    let chat = Tab::of(&server, &admin, DESKTOP).await;
    chat.goto(&format!("/r/{lobby}")).await;
    chat.see("#presets button").await;
    let tab = Tab::of(&server, &admin, look).await;
    tab.cdp("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    tab.goto("/admin/presets/").await;
    tab.click("a[href='/admin/presets/new']").await;
    tab.fill("#label", "Menu").await;
    tab.click("button[type=submit].button-primary").await;
    tab.read("#text-error", "needed").await;
    let file = server.data().join("menu.png");
    std::fs::write(&file, "no picture").unwrap();
    tab.see("#file").await.send_keys(file.display().to_string()).await.unwrap();
    tab.click("button[type=submit].button-primary").await;
    tab.see("#file[aria-invalid=true]").await;
    std::fs::write(&file, png(300, 200, [200, 120, 40])).unwrap();
    tab.see("#file").await.send_keys(file.display().to_string()).await.unwrap();
    tab.fill("#text", "Soup of the day").await;
    tab.click("button[type=submit].button-primary").await;
    tab.read(".flash", "“Menu” was added").await;
    chat.read("#presets button", "Menu").await;

    tab.pick(".table a", "Menu").await;
    tab.read(".preview-pane .message", "Soup of the day").await;
    tab.see(".preview-pane .message-images img").await;
    tab.click("#counts").await;
    tab.fill("#seconds", "4").await;
    tab.run("document.querySelector('form').noValidate = true").await;
    tab.click("button[type=submit].button-primary").await;
    tab.read("#seconds-error", "5 to 86,400").await;
    tab.fill("#seconds", "60").await;
    tab.see("#next").await.send_keys("Stop orders").await.unwrap();
    tab.picture(&format!("{name}/edit")).await;
    tab.click("button[type=submit].button-primary").await;
    tab.read(".flash", "“Menu” was saved").await;
    tab.read(".table tr:last-child", "60 s").await;

    for _ in 0..3 {
        tab.click("[aria-label='Move Menu up']").await;
        tab.read(".flash", "“Menu” was moved").await;
    }
    tab.see("[aria-label='Move Menu up']:disabled").await;
    chat.until("return document.querySelector('#presets button').textContent.includes('Menu')", &[]).await;
    chat.pick("#presets button", "Menu").await;
    let others = Tab::of(&server, &ann, look).await;
    others.goto(&format!("/r/{lobby}")).await;
    others.read(".preset", "Soup of the day").await;
    others.see(".message-images img").await;

    tab.goto("/admin/presets/").await;
    tab.read(".live-row", "“Menu”, started by founder, then “Stop orders” is sent").await;
    tab.picture(&format!("{name}/list")).await;
    tab.click(".live-row button").await;
    tab.read(".flash", "The countdown was stopped").await;
    others.see_gone(clock(look)).await;
    tab.pick(".table a", "Menu").await;
    tab.pick(".save-bar a", "Delete").await;
    tab.read("h1", "Delete “Menu”?").await;
    tab.click("button.button-danger").await;
    tab.read(".flash", "“Menu” was deleted").await;
    chat.until(
        "return ![...document.querySelectorAll('#presets button')].some((chip) => chip.textContent.includes('Menu'))",
        &[],
    )
    .await;
    for tab in [tab, chat, others] {
        tab.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_makes_changes_moves_and_deletes_presets_without_scripts() {
    manage(DESKTOP, "presets-desktop").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_they_do_on_a_phone() {
    manage(PHONE, "presets-phone").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_without_scripts_presses_and_stops() {
    for look in [DESKTOP, PHONE] {
        let (server, admin, _, ann, lobby) = kitchen().await;
        let tab = Tab::open(&server, look).await;
        tab.cdp("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
        tab.log_in(&admin).await;
        tab.goto(&format!("/r/{lobby}")).await;
        tab.pick("#presets button", "Start orders").await;
        tab.read(".preset", "Orders are open").await;
        tab.read(clock(look), "Start orders, until").await;
        tab.pick("#presets button", "Countdown").await;
        tab.read(".composer-unsent", "founder started “Start orders”").await;
        tab.click(&format!("{} button", clock(look))).await;
        tab.see_gone(clock(look)).await;
        assert_eq!(ann.connect().await.hello["countdowns"], json!([]));
        tab.close().await;
    }
}

async fn look_at(look: Look) {
    let (server, admin, _, ann, lobby) = kitchen().await;
    let chinese = look.language == "zh-CN";
    let label = if chinese { "开始下单" } else { "Start orders" };
    let text = if chinese {
        "大家好,现在开始下单!请直接发菜名和份数。"
    } else {
        "Orders are open until noon: **one dish** a message, please."
    };
    let presets = admin.get("admin/presets").await.is(200)["presets"].clone();
    let change = json!({"label": label, "text": text});
    admin.patch(&format!("admin/presets/{}", presets[0]["id"]), change).await.is(200);
    let upload = admin.upload("menu.png", &png(600, 400, [200, 150, 60])).await.is(201)["upload"]["id"].clone();
    admin.post("admin/presets", json!({"label": "Menu", "text": "", "upload": upload})).await.is(201);
    ann.say(lobby, "hungry").await;
    let press = |preset: &Value| {
        let body = json!({"room": lobby, "client_id": fresh_id()});
        let path = format!("admin/presets/{preset}/send");
        let admin = admin.clone();
        async move { admin.post(&path, body).await.is(201) }
    };
    press(&presets[0]["id"]).await;
    let tab = Tab::of(&server, &admin, look).await;
    let mut visit = Visit { tab, look, wrong: Vec::new() };
    visit.tab.goto(&format!("/r/{lobby}")).await;
    visit.tab.counts(look).await;
    visit.inspect("presets-chat").await;
    visit.page("/admin/presets/", "presets").await;
    visit.page("/admin/presets/new", "preset-new").await;
    visit.page(&format!("/admin/presets/{}", presets[0]["id"]), "preset").await;
    visit.page(&format!("/admin/presets/{}/delete", presets[0]["id"]), "preset-delete").await;
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presets_can_be_used_by_everybody_by_day() {
    look_at(DESKTOP).await;
    look_at(Look { language: "zh-CN", ..PHONE }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presets_can_be_used_by_everybody_by_night() {
    look_at(Look { dark: true, language: "zh-CN", ..DESKTOP }).await;
    look_at(Look { dark: true, ..PHONE }).await;
}
