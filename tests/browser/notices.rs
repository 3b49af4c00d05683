//! What tells of messages in rooms nobody looks at.

use serde_json::json;

use crate::{
    support::server::Server,
    tab::{DESKTOP, Tab},
};

/// Stands in for the browser's notices, which no test can see: keeps what would be shown.
const LISTEN: &str = "globalThis.shown = []; navigator.serviceWorker.getRegistration = async () => null;\
    globalThis.Notification = class { static permission = 'granted'; static async requestPermission() { return 'granted' }\
    constructor(title, options) { Object.assign(this, {title, ...options}); shown.push(this) } close() { this.closed = true } }";

async fn switch_on(tab: &Tab) {
    tab.run(LISTEN).await;
    tab.click("[data-dialog=notices]").await;
    tab.click("#notices-desktop").await;
    tab.read("#notices-state", "not looking at").await;
    tab.click("#notices-test").await;
    tab.until("return shown.length === 1", &[]).await;
    tab.click("#dialog-notices [data-close]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_elsewhere_is_told_and_its_recall_takes_the_notice_back() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let club = ann.private_room("club", &[&bob]).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    switch_on(&tab).await;

    let message = bob.say(club, "are you there?").await;
    tab.until("return shown[1]?.title === 'bob in club' && shown[1].body === 'are you there?'", &[]).await;
    bob.post(&format!("messages/{}/recall", message["id"]), json!(null)).await.is(200);
    tab.until("return shown[1].closed", &[]).await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_muted_room_shows_a_dot_and_says_nothing() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let (club, desk) = (ann.private_room("club", &[&bob]).await, ann.private_room("desk", &[&bob]).await);
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.enter("club").await;
    tab.click("#room-settings").await;
    tab.click("#tab-notices").await;
    tab.click("#settings-muted").await;
    tab.until("return document.querySelector('#settings-notify').disabled", &[]).await;
    tab.click("#dialog-settings [data-close]").await;
    tab.enter("Lobby").await;
    switch_on(&tab).await;

    bob.say(club, "@ann psst").await;
    tab.see(&format!(".room[href='/r/{club}'] .badge-dot")).await;
    // What comes later and is told shows that the earlier was not.
    bob.say(desk, "and here").await;
    tab.until("return shown[1]?.body === 'and here'", &[]).await;
    let title = tab.run("return document.title").await;
    assert!(!title.as_str().unwrap().starts_with('('), "a muted room counts in {title}");
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_for_mentions_alone_tells_nothing_else() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let club = ann.private_room("club", &[&bob]).await;
    ann.patch(&format!("rooms/{club}/me"), json!({"notify": "mentions"})).await.is(200);
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    switch_on(&tab).await;

    bob.say(club, "just talk").await;
    bob.say(club, "@ann this is for you").await;
    tab.until("return shown[1]?.body === '@ann this is for you'", &[]).await;
    tab.until("return document.title.startsWith('(1)')", &[]).await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sign_of_the_tab_says_that_something_waits() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let club = ann.private_room("club", &[&bob]).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    bob.say(club, "hello?").await;
    tab.until("return document.querySelector('link[rel=icon]').href.startsWith('data:image/png')", &[]).await;
    tab.enter("club").await;
    tab.until("return document.querySelector('link[rel=icon]').href.endsWith('logo.svg')", &[]).await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_is_no_news() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let message = bob.say(lobby, "read long ago").await;
    ann.post(&format!("rooms/{lobby}/read"), json!({"seq": message["seq"]})).await.is(200);
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("read long ago").await;
    tab.run("document.hasFocus = () => false").await;

    bob.put(&format!("messages/{}/reactions/👍", message["id"]), json!(null)).await.is(200);
    tab.see(".reaction[data-emoji='👍']").await;
    let below = "return body(document.querySelector('.unread-line + .message') ?? document.body)";
    bob.say(lobby, "news").await;
    tab.hears("news").await;
    let next = tab.until_rows(below, &[]).await;
    assert_eq!(next.as_str().map(str::trim), Some("news"), "the line marks what nobody saw");
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_is_seen_and_heard_above_a_dialog() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    ann.click("[data-dialog=notices]").await;
    ann.click("#notices-test").await;
    ann.see("#toast").await;
    // All outside the dialog is inert, which screen readers do not read.
    let above = "const toast = document.querySelector('#dialog-notices #toast'); if (!toast?.textContent) return false;\
        const { left, top, width, height } = toast.getBoundingClientRect();\
        return document.elementFromPoint(left + width / 2, top + height / 2) === toast";
    ann.until(above, &[]).await;
    ann.click("#dialog-notices [data-close]").await;
    ann.see("body > #toast").await;
    ann.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_goes_when_its_message_was_read() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let club = ann.private_room("club", &[&bob]).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    switch_on(&tab).await;

    let message = bob.say(club, "are you there?").await;
    tab.until("return shown[1]?.body === 'are you there?'", &[]).await;
    // At another device.
    ann.post(&format!("rooms/{club}/read"), json!({"seq": message["seq"]})).await.is(200);
    tab.until("return shown[1].closed", &[]).await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_room_in_sight_and_one_that_is_to_be_silent_tell_nothing() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let (silent, desk) = (ann.private_room("silent", &[&bob]).await, ann.private_room("desk", &[&bob]).await);
    ann.patch(&format!("rooms/{silent}/me"), json!({"notify": "none"})).await.is(200);
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    switch_on(&tab).await;

    bob.say(ann.lobby().await, "@ann I see you here").await;
    bob.say(silent, "@ann and here").await;
    // What comes later and is told shows that the earlier was not.
    bob.say(desk, "but you are not here").await;
    tab.until("return shown[1]?.body === 'but you are not here'", &[]).await;
    tab.until("return document.title.startsWith('●')", &[]).await; // news, and no call that waits
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_is_asked_by_a_click_and_its_refusal_is_said() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    let strict = "globalThis.asked = 0; globalThis.Notification = class { static permission = 'default';\
        static async requestPermission() { asked += 1; return this.permission = 'denied' } }";
    tab.run(strict).await;
    tab.click("[data-dialog=notices]").await;
    tab.read("#notices-state", "will ask you once").await;
    assert_eq!(tab.run("return asked").await, 0, "nobody clicked yet");
    tab.click("#notices-desktop").await;
    tab.read("#notices-state", "refuses").await;
    tab.until(
        "const box = document.querySelector('#notices-desktop'); return asked === 1 && !box.checked && box.disabled",
        &[],
    )
    .await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_heard_only_by_those_who_switch_that_on() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let club = ann.private_room("club", &[&bob]).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    tab.run(
        "globalThis.tones = 0; const start = OscillatorNode.prototype.start;\
        OscillatorNode.prototype.start = function (at) { tones += 1; start.call(this, at) }",
    )
    .await;
    switch_on(&tab).await;
    bob.say(club, "quietly").await;
    tab.until("return shown[1]?.body === 'quietly'", &[]).await;
    assert_eq!(tab.run("return tones").await, 0, "it is off until it is wanted");

    tab.click("[data-dialog=notices]").await;
    tab.click("#notices-sound").await;
    tab.until("return tones === 2", &[]).await; // how it sounds
    tab.click("#dialog-notices [data-close]").await;
    bob.say(club, "loudly").await;
    tab.until("return shown[2]?.body === 'loudly' && tones === 4", &[]).await;
    tab.close().await;
}
