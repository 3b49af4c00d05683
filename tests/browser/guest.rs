//! Somebody without an account who reads a room: live, back in time, on a desktop and a phone, with and without JavaScript.

use serde_json::{Value, json};

use crate::{
    detour::NO_EVENTS,
    images::share,
    support::{client::Member, server::Server},
    tab::{DESKTOP, Look, PHONE, Tab},
    visit::Visit,
};

/// A site with a room that guests may read.
struct Square {
    server: Server,
    admin: Member,
    ann: Member,
    room: i64,
}

impl Square {
    async fn build() -> Self {
        let server = Server::setup().flag(&["--site-name", "清河 Qinghe"]).start();
        let (admin, ann) = (server.admin("林一").await, server.member("ann").await);
        ann.patch("me", json!({"nickname": "Alice Martín"})).await.is(200);
        let body = json!({"kind": "public", "name": "lunch 午餐拼单", "topic": "Orders close at 11:40"});
        let room = admin.post("rooms", body).await.is(201).room_id();
        ann.post(&format!("rooms/{room}/join"), Value::Null).await.is(200);
        let other = admin.make_room("public", "design-review").await;
        let square = Self { server, admin, ann, room };
        for room in [room, other] {
            square.mark(room, true).await;
        }
        square.admin.patch("admin/settings", json!({"guests": true})).await.is(200);
        square
    }

    async fn mark(&self, room: i64, public_read: bool) {
        let sql = format!("UPDATE rooms SET public_read = {public_read} WHERE id = {room}");
        self.server.database().execute(&self.server.data(), &sql);
    }

    async fn guest(&self, look: Look) -> Tab {
        let tab = Tab::open(&self.server, look).await;
        tab.goto("/").await;
        tab
    }
}

/// Is the end of the stream in sight?
const AT_END: &str = "const line = document.querySelector('#timeline'); return line.scrollHeight - line.clientHeight - line.scrollTop < 2";

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_hears_what_is_said_changed_and_taken_back_without_a_reload() {
    let square = Square::build().await;
    let (room, ann) = (square.room, &square.ann);
    ann.say(room, "the menu is here").await;
    let tab = square.guest(DESKTOP).await;
    assert_eq!(tab.path().await, "/guests/");
    tab.pick(".room", "lunch").await;
    tab.hears("the menu is here").await;
    tab.read(".composer-closed", "You are reading as a guest").await;
    tab.see_gone(".composer-text").await;
    let first = ann.say(room, "beef noodles for me").await;
    tab.hears("beef noodles for me").await;
    share(ann, room, "look at this", &[("soup.png", 90, 60)]).await;
    tab.hears("look at this").await;
    tab.until(
        "const image = document.querySelector('.message-images img'); return image?.complete && image.naturalWidth > 0",
        &[],
    )
    .await;
    let reply = json!({"client_id": "guest-test-reply", "text": "for me too", "reply_to": first["id"]});
    square.admin.post(&format!("rooms/{room}/messages"), reply).await.is(201);
    tab.hears("for me too").await;
    tab.read(".message-quote", "beef noodles for me").await;
    square.admin.put(&format!("messages/{}/reactions/%F0%9F%91%8D", first["id"]), Value::Null).await.is(200);
    tab.read(".reaction", "👍").await;
    ann.patch(&format!("messages/{}", first["id"]), json!({"text": "tofu for me"})).await.is(200);
    tab.hears("tofu for me").await;
    ann.post(&format!("messages/{}/recall", first["id"]), Value::Null).await.is(200);
    tab.until_rows("return withText('tofu for me').length === 0", &[]).await;
    tab.has_once("the menu is here").await;
    assert!(tab.run(AT_END).await.as_bool().unwrap());
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_stream_comes_through_a_guest_hears_by_asking() {
    let square = Square::build().await;
    let (room, ann) = (square.room, &square.ann);
    let first = ann.say(room, "the menu is here").await;
    let tab = Tab::open(&square.server, DESKTOP).await;
    tab.cdp("Page.enable", json!({})).await;
    tab.cdp("Page.addScriptToEvaluateOnNewDocument", json!({"source": NO_EVENTS})).await;
    tab.goto(&format!("/r/{room}")).await;
    tab.hears("the menu is here").await;
    ann.say(room, "beef noodles for me").await;
    tab.hears("beef noodles for me").await;
    ann.patch(&format!("messages/{}", first["id"]), json!({"text": "the menu is gone"})).await.is(200);
    tab.hears("the menu is gone").await;
    square.admin.patch("admin/settings", json!({"guests": false})).await.is(200);
    tab.see("form[action='/login/']").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn older_messages_come_when_asked_for_and_the_place_stays() {
    let square = Square::build().await;
    for number in 1..=90 {
        square.ann.say(square.room, &format!("line {number}.")).await;
    }
    let tab = square.guest(PHONE).await;
    tab.pick(".room", "lunch").await;
    tab.hears("line 90.").await;
    tab.until(AT_END, &[]).await;
    tab.run("document.querySelector('#timeline').scrollTop = 0").await;
    let place = "return withText('line 51.')[0].getBoundingClientRect().y";
    let before = tab.rows(place, &[]).await.as_f64().unwrap();
    tab.click("[data-older]").await;
    tab.until_rows("return withText('line 1.').length > 0", &[]).await;
    tab.see_gone("[data-older]").await;
    let after = tab.rows(place, &[]).await.as_f64().unwrap();
    assert!((before - after).abs() < 60.0, "it moved from {before} to {after}"); // but for the button that went
    square.ann.say(square.room, "line 91.").await;
    tab.until_rows("return withText('line 91.').length > 0", &[]).await;
    assert!(!tab.run(AT_END).await.as_bool().unwrap(), "who reads back is left where they are");
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_closes_leads_to_the_login_and_from_there_back() {
    let square = Square::build().await;
    square.ann.say(square.room, "still open").await;
    let tab = square.guest(DESKTOP).await;
    tab.goto(&format!("/r/{}", square.room)).await;
    tab.hears("still open").await;
    square.admin.patch(&format!("rooms/{}", square.room), json!({"public_read": false})).await.is(200);
    tab.see("form[action='/login/']").await;
    assert_eq!(tab.path().await, format!("/login/?next=%2Fr%2F{}", square.room));
    tab.fill("#username", "ann").await;
    tab.fill("#password", crate::support::PASSWORD).await;
    tab.click("form[action='/login/'] button[type=submit]").await;
    tab.see(".composer-text").await;
    tab.hears("still open").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_script_the_room_is_read_and_read_again() {
    let square = Square::build().await;
    square.ann.say(square.room, "before").await;
    let tab = Tab::open(&square.server, DESKTOP).await;
    tab.cdp("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    tab.goto(&format!("/r/{}", square.room)).await;
    tab.read(".message-body", "before").await;
    square.ann.say(square.room, "after").await;
    tab.click("noscript a").await;
    tab.read(".message-body", "after").await;
    tab.close().await;
}

async fn look_at_it(look: Look) {
    let square = Square::build().await;
    let (room, ann) = (square.room, &square.ann);
    square.admin.say(room, "今天的菜单来了，想吃什么自己挑 🍜").await;
    let first = ann.say(room, "Beef noodles for me, less salt. The list is at https://example.org/menu").await;
    square.admin.put(&format!("messages/{}/reactions/%F0%9F%91%8D", first["id"]), Value::Null).await.is(200);
    share(ann, room, "yesterday", &[("soup.png", 640, 400)]).await;
    square.admin.say(room, "```rust\nlet lunch = menu.choose(\"noodles\")?;\n```").await;
    let tab = square.guest(look).await;
    let mut visit = Visit { tab, look, wrong: Vec::new() };
    visit.tab.see(".room").await;
    visit.inspect("guest-rooms").await;
    visit.tab.goto(&format!("/r/{room}")).await;
    visit.tab.hears("yesterday").await;
    visit.tab.read(".reaction", "👍").await;
    visit.inspect("guest").await;
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_read_by_everybody_by_day_and_by_night_on_a_desktop_and_a_phone() {
    look_at_it(DESKTOP).await;
    look_at_it(Look { dark: true, language: "zh-CN", ..DESKTOP }).await;
    look_at_it(Look { language: "zh-CN", ..PHONE }).await;
    look_at_it(Look { dark: true, ..PHONE }).await;
}
