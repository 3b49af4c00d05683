//! Writing: keys, input methods, drafts, and what becomes of a message afterwards.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::{
    support::server::Server,
    tab::{DESKTOP, Tab},
};

#[tokio::test(flavor = "multi_thread")]
async fn two_people_register_and_talk() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    let xu = Tab::register(&server, "许安").await;
    ann.say("good morning 🎉").await;
    xu.hears("good morning 🎉").await;
    xu.say("早上好").await;
    for tab in [&ann, &xu] {
        tab.hears("早上好").await;
        tab.has_once("good morning 🎉").await;
    }
    ann.close().await;
    xu.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn enter_sends_and_shift_enter_begins_a_line() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    let composer = ann.see(".composer-text").await;
    composer.send_keys("first line").await.unwrap();
    composer.send_keys(Key::Shift + Key::Enter).await.unwrap();
    composer.send_keys("second line").await.unwrap();
    assert_eq!(ann.composer().await, "first line\nsecond line");
    composer.send_keys(Key::Enter + "").await.unwrap();
    ann.hears("second line").await;
    assert_eq!(ann.composer().await, "");
    let lines = ann.rows("return withText('first line')[0].querySelectorAll('.message-body br').length", &[]).await;
    assert_eq!(lines, 1);
    ann.close().await;
}

/// Chinese is written with an input method, and Enter ends what is being composed. Chromium tells of that key before the end of
/// the composition, Safari after it.
#[tokio::test(flavor = "multi_thread")]
async fn enter_that_ends_a_composition_does_not_send() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    ann.click(".composer-text").await;
    let compose = json!({"text": "ni", "selectionStart": 2, "selectionEnd": 2});
    let enter =
        |code: u32| json!({"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": code});

    ann.cdp("Input.imeSetComposition", compose.clone()).await;
    ann.cdp("Input.dispatchKeyEvent", enter(13)).await;
    ann.cdp("Input.insertText", json!({"text": "你"})).await;

    ann.cdp("Input.imeSetComposition", compose).await;
    ann.cdp("Input.insertText", json!({"text": "好"})).await;
    ann.cdp("Input.dispatchKeyEvent", enter(229)).await;

    assert_eq!(ann.composer().await, "你好");
    ann.press(Key::Enter + "").await;
    ann.hears("你好").await;
    assert_eq!(ann.rows("return rows.length", &[]).await, 1);
    ann.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_survives_a_reload() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    ann.see(".composer-text").await.send_keys("half a thought").await.unwrap();
    ann.reload().await;
    ann.until("return document.querySelector('.composer-text')?.value === 'half a thought'", &[]).await;
    ann.say(", and the rest").await;
    ann.hears("half a thought, and the rest").await;
    ann.reload().await;
    ann.hears("half a thought, and the rest").await;
    assert_eq!(ann.composer().await, "");
    ann.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_and_a_deletion_are_seen_by_the_other() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = bob.private_room("kitchen", &[&ann]).await;
    // What can still be recalled need not be deleted.
    bob.patch(&format!("rooms/{room}"), json!({"recall_seconds": 0})).await.is(200);
    let (ann, bob) = (Tab::of(&server, &ann, DESKTOP).await, Tab::of(&server, &bob, DESKTOP).await);
    for tab in [&ann, &bob] {
        tab.enter("kitchen").await;
    }
    ann.say("noodels").await;
    bob.hears("noodels").await;

    ann.press(Key::Up + "").await; // in an empty composer: edit my last message
    ann.until("return document.activeElement.value === 'noodels'", &[]).await;
    ann.press(Key::Control + "a").await;
    ann.press("noodles").await;
    ann.press(Key::Enter + "").await;
    for tab in [&ann, &bob] {
        tab.hears("noodles").await;
        tab.until_rows("return withText('noodles')[0].querySelector('.message-edited')", &[]).await;
        tab.until_rows("return rows.length === 1 && !withText('noodels').length", &[]).await;
    }

    ann.open_menu("noodles").await;
    ann.pick(".menu-item-danger", "Delete").await;
    ann.click("#confirm-yes").await;
    for tab in [&ann, &bob] {
        tab.until_rows("return !withText('noodles').length && rows[0].querySelector('.message-gone')", &[]).await;
    }
    ann.close().await;
    bob.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_is_counted_apart_from_other_news() {
    let server = Server::start();
    let bob = server.member("bob").await;
    let ann = server.member("ann").await;
    let room = bob.private_room("kitchen", &[&ann]).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    let row = format!(".room[href='/r/{room}']");

    bob.say(room, "soup is ready").await;
    tab.read(&format!("{row} .badge"), "1").await;
    tab.see_gone(&format!("{row} .badge-mention")).await;
    bob.say(room, "are you coming, @ann?").await;
    tab.read(&format!("{row} .badge-mention"), "1").await;

    tab.enter("kitchen").await;
    tab.hears("are you coming").await;
    tab.until_rows("return withText('are you coming')[0].matches('.message-mention')", &[]).await;
    tab.see_gone(&format!("{row} .badge")).await;
    tab.close().await;
}

impl Tab {
    /// Begins to edit the message with this text, by its toolbar.
    async fn begin_edit(&self, text: &str) {
        self.point_at(text).await;
        self.click("#timeline #message-tools [data-act=edit]").await;
        self.see("#edit-strip").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_does_not_arrive_is_gone_on_with() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    ann.say("noodels").await;
    ann.hears("noodels").await;
    ann.see(".composer-text").await.send_keys("half a thought").await.unwrap();
    ann.begin_edit("noodels").await;
    ann.fill(".composer-text", "noodles").await;

    ann.go_offline().await;
    ann.until("return document.querySelector('#me-status').textContent === 'offline'", &[]).await;
    ann.press(Key::Enter + "").await;
    ann.read("#toast", "network").await;
    ann.see("#edit-strip").await;
    assert_eq!(ann.composer().await, "noodles");
    ann.go_online().await;
    ann.until("return document.querySelector('#me-status').textContent === 'online'", &[]).await;
    ann.press(Key::Enter + "").await;
    ann.hears("noodles").await;
    assert_eq!(ann.composer().await, "half a thought");
    ann.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_waits_in_its_room_and_survives_a_reload() {
    let server = Server::start();
    let ann = server.member("ann").await;
    ann.make_room("public", "kitchen").await;
    ann.say(ann.lobby().await, "noodels").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("noodels").await;
    tab.begin_edit("noodels").await;
    tab.fill(".composer-text", "noodles").await;

    tab.enter("kitchen").await;
    tab.see_gone("#edit-strip").await;
    assert_eq!(tab.composer().await, "");
    tab.enter("Lobby").await;
    tab.see("#edit-strip").await;
    assert_eq!(tab.composer().await, "noodles");
    tab.reload().await;
    tab.see("#edit-strip").await;
    assert_eq!(tab.composer().await, "noodles");
    tab.press(Key::Enter + "").await;
    tab.hears("noodles").await;
    tab.has_once("noodles").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_becomes_a_draft_when_the_message_goes() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = bob.private_room("kitchen", &[&ann]).await;
    let message = ann.say(room, "noodels").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.enter("kitchen").await;
    tab.hears("noodels").await;
    tab.begin_edit("noodels").await;
    tab.fill(".composer-text", "noodles, at last").await;
    bob.post(&format!("messages/{}/recall", message["id"]), json!(null)).await.is(200);
    tab.read("#toast", "gone").await;
    tab.see_gone("#edit-strip").await;
    assert_eq!(tab.composer().await, "noodles, at last");
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_up_again_joins_the_draft() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    ann.say("too early").await;
    ann.hears("too early").await;
    ann.see(".composer-text").await.send_keys("half a thought").await.unwrap();
    ann.open_menu("too early").await;
    ann.pick(".menu-item-danger", "Recall").await;
    ann.click(".message-gone button").await;
    assert_eq!(ann.composer().await, "half a thought\ntoo early");
    ann.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_goes_on_after_an_emoji_was_picked() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    ann.say("so far").await;
    ann.hears("so far").await;
    ann.click("#smile").await;
    ann.fill("#emoji-picker input", "tada").await;
    ann.click("#emoji-picker [data-emoji='🎉']").await;
    ann.see_gone("#emoji-picker").await;
    ann.press(" hooray").await;
    assert_eq!(ann.composer().await, "🎉 hooray");
    ann.close().await;
}

/// The list still shows who fitted the letters before; Enter picks who fits now.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_completed_by_its_last_letters_and_asked_for_once() {
    let server = Server::start();
    let ann = server.member("ann").await;
    for name in ["bea", "bob"] {
        server.member(name).await;
    }
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    let composer = tab.see(".composer-text").await;
    tab.run("globalThis.asked = 0; const ask = fetch; globalThis.fetch = (...words) => { if (`${words[0]}`.includes('/members')) asked += 1; return ask(...words) }")
        .await;
    composer.send_keys("@").await.unwrap();
    tab.read("#mention-list", "bea").await;
    composer.send_keys("bo" + Key::Enter).await.unwrap();
    assert_eq!(tab.composer().await, "@bob ");
    composer.send_keys("@be" + Key::Enter).await.unwrap();
    assert_eq!(tab.composer().await, "@bob @bea ");
    assert_eq!(tab.run("return asked").await, 1);
    tab.close().await;
}
