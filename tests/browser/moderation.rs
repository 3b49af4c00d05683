//! What keeps somebody from writing, as they see it: waits, silences, rooms for others, a ban; and reporting what others wrote.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::{
    support::{client::Member, server::Server},
    tab::{DESKTOP, Look, PHONE, Tab},
    visit::Visit,
};

/// A room of ann, with bob and an open page of his.
async fn kitchen(look: Look) -> (Server, Member, Member, i64, Tab) {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("kitchen", &[&bob]).await;
    let tab = Tab::of(&server, &bob, look).await;
    tab.goto(&format!("/r/{room}")).await;
    tab.read("#room-title", "kitchen").await;
    (server, ann, bob, room, tab)
}

fn in_an_hour() -> String {
    (chrono::Utc::now() + chrono::TimeDelta::hours(1)).to_rfc3339()
}

async fn silences(by: &Member, room: i64, whom: &Member, until: serde_json::Value) {
    by.patch(&format!("rooms/{room}/members/{}", whom.id), json!({ "silenced_until": until })).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_mode_counts_down_on_the_button_and_the_text_waits() {
    let (server, ann, _, room, tab) = kitchen(DESKTOP).await;
    ann.patch(&format!("rooms/{room}"), json!({"slow_seconds": 30})).await.is(200);
    tab.until("return !document.querySelector('#held-strip').checkVisibility()", &[]).await;
    tab.say("first").await;
    tab.hears("first").await;
    let seconds = "const wait = document.querySelector('.send-wait'); return wait.checkVisibility() ? parseInt(wait.textContent) : null";
    let begun = tab.until(seconds, &[]).await.as_i64().unwrap();
    assert!((20..=30).contains(&begun), "{begun}");
    tab.until(&format!("const left = (() => {{ {seconds} }})(); return left && left < arguments[0]"), &[json!(begun)])
        .await;
    tab.read("#held-strip", "Slow mode").await;
    tab.say("second").await;
    tab.read("#toast", "Send in").await;
    assert_eq!(tab.composer().await, "second", "what is written stays");
    assert_eq!(tab.rows("return withText('second').length", &[]).await, 0);
    assert_eq!(tab.see(".send-button").await.attr("aria-disabled").await.unwrap().as_deref(), Some("true"));
    ann.patch(&format!("rooms/{room}"), json!({"slow_seconds": 0})).await.is(200);
    tab.see_gone(".send-wait").await;
    tab.press(Key::Enter + "").await;
    tab.hears("second").await;
    tab.close().await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wait_is_known_after_a_reload_and_ends_by_itself() {
    let (_server, ann, _, room, tab) = kitchen(DESKTOP).await;
    tab.say("first").await;
    tab.hears("first").await;
    ann.say(room, "between").await;
    ann.patch(&format!("rooms/{room}"), json!({"slow_seconds": 600})).await.is(200);
    tab.see(".send-wait").await;
    tab.goto(&format!("/r/{room}")).await;
    tab.see(".send-wait").await;
    ann.patch(&format!("rooms/{room}"), json!({"slow_seconds": 5})).await.is(200);
    tab.see_gone(".send-wait").await;
    tab.see(".send-button .icon").await;
    tab.say("second").await;
    tab.hears("second").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_came_too_soon_comes_back_into_the_composer() {
    let (_server, ann, bob, room, tab) = kitchen(DESKTOP).await;
    tab.say("first").await;
    tab.hears("first").await;
    tab.go_offline().await;
    tab.see("#offline-bar").await;
    tab.say("written without a line").await;
    tab.sees_in_state("written without a line", "pending").await;
    silences(&ann, room, &bob, json!(in_an_hour())).await;
    tab.go_online().await;
    tab.read("#held-strip", "silenced until").await;
    tab.until("return document.querySelector('#text').value === 'written without a line'", &[]).await;
    tab.until_rows("return withText('written without a line').length === 0", &[]).await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silenced_person_reads_keeps_their_words_and_sees_until_when() {
    let (_server, ann, bob, room, tab) = kitchen(DESKTOP).await;
    tab.see(".composer-text").await.send_keys("half a sentence").await.unwrap();
    silences(&ann, room, &bob, json!(in_an_hour())).await;
    tab.read("#held-strip", "You are silenced until").await;
    tab.press(Key::Enter + "").await;
    tab.read("#toast", "You are silenced until").await;
    assert_eq!(tab.composer().await, "half a sentence");
    ann.say(room, "listen").await;
    tab.hears("listen").await;
    silences(&ann, room, &bob, json!("9999-12-31T23:59:59Z")).await;
    tab.read("#held-strip", "until somebody lifts it").await;
    silences(&ann, room, &bob, json!(null)).await;
    tab.see_gone("#held-strip").await;
    tab.see(".composer-text").await.send_keys(Key::Enter + "").await.unwrap();
    tab.hears("half a sentence").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_for_others_and_an_archived_one_say_so_in_the_composers_place() {
    let (_server, ann, _, room, tab) = kitchen(DESKTOP).await;
    tab.see(".composer-text").await.send_keys("kept").await.unwrap();
    for (change, words) in [
        (json!({"post_policy": "moderators"}), "Only moderators and owners write here"),
        (json!({"post_policy": "admins"}), "Only admins write here"),
        (json!({"archived": true}), "This room is archived"),
    ] {
        ann.patch(&format!("rooms/{room}"), change).await.is(200);
        tab.read("#composer-closed", words).await;
        tab.see_gone("#composer").await;
    }
    ann.patch(&format!("rooms/{room}"), json!({"post_policy": "everyone", "archived": false})).await.is(200);
    tab.see_gone("#composer-closed").await;
    assert_eq!(tab.composer().await, "kept");
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_sets_the_rules_and_silences_somebody_from_the_members() {
    let (server, ann, bob, room, tab) = kitchen(DESKTOP).await;
    let owner = Tab::of(&server, &ann, DESKTOP).await;
    owner.goto(&format!("/r/{room}")).await;
    owner.click("#room-settings").await;
    owner.click("#tab-rules").await;
    for (select, choice) in [("#rules-policy", "All members"), ("#rules-slow", "10 seconds")] {
        let option = format!(".//option[.='{choice}']");
        owner.see(select).await.find(By::XPath(option)).await.unwrap().click().await.unwrap();
    }
    owner.click("#rules-save").await;
    owner.read("#toast", "Saved").await;
    assert_eq!(ann.room(room).await["slow_seconds"], 10);
    owner.click("#room-settings").await;
    owner.click("#tab-rules").await;
    owner.click("#archive-room").await;
    owner.click("#confirm-yes").await;
    owner.read("#archive-room", "Open").await;
    tab.read("#composer-closed", "archived").await;
    owner.click("#archive-room").await;
    tab.see_gone("#composer-closed").await;
    owner.click("#dialog-settings [data-close]").await;

    owner.click(&format!("#people [data-user='{}']", bob.id)).await;
    owner.click("#profile-more").await;
    owner.pick("#profile-menu button", "Silence in this room").await;
    owner.pick("#profile-menu button", "1 hour").await;
    owner.read("#toast", "bob is silenced").await;
    tab.read("#held-strip", "You are silenced until").await;
    owner.click("#profile [data-close]").await;
    owner.read(&format!("#people [data-user='{}']", bob.id), "silenced").await;
    owner.click(&format!("#people [data-user='{}']", bob.id)).await;
    owner.click("#profile-more").await;
    owner.pick("#profile-menu button", "Let write again").await;
    tab.see_gone("#held-strip").await;
    tab.close().await;
    owner.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_reported_from_its_menu() {
    let (server, ann, _, room, tab) = kitchen(DESKTOP).await;
    ann.say(room, "buy my watches").await;
    tab.hears("buy my watches").await;
    tab.open_menu("buy my watches").await;
    tab.pick("[role=menuitem]", "Report").await;
    tab.read("#report-quote", "buy my watches").await;
    tab.click("#dialog-report button[type=submit]").await;
    assert!(tab.run("return document.querySelector('#dialog-report').open").await == true, "it wants a reason");
    tab.click("#report-form input[value=spam]").await;
    tab.fill("#report-note", "day and night").await;
    tab.click("#dialog-report button[type=submit]").await;
    tab.read("#toast", "Reported").await;
    let stored = "SELECT count(*) AS number FROM reports WHERE reason = 'spam' AND note = 'day and night'";
    assert_eq!(server.database().number(&server.data(), stored), 1);
    tab.say("mine").await;
    tab.hears("mine").await;
    tab.open_menu("mine").await;
    let own =
        "return [...document.querySelectorAll('[role=menuitem]')].some((item) => item.textContent.includes('Report'))";
    assert_eq!(tab.run(own).await, false, "nobody reports oneself");
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_closes_the_page_which_says_so_and_keeps_the_draft() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let bob = server.member("bob").await;
    let tab = Tab::of(&server, &bob, DESKTOP).await;
    let lobby = bob.lobby().await;
    tab.goto(&format!("/r/{lobby}")).await;
    tab.see(".composer-text").await.send_keys("half a sentence").await.unwrap();
    tab.until("return document.querySelector('#state') && performance.getEntriesByType('resource').length > 0", &[])
        .await;
    admin.put(&format!("admin/users/{}/ban", bob.id), json!({"reason": "enough"})).await.is(200);
    tab.read(".form-alert", "This account is banned").await;
    assert!(tab.path().await.starts_with("/login/?next="), "{}", tab.path().await);
    let draft = "return Object.entries(localStorage).some(([key, value]) => key.startsWith('draft:') && value === 'half a sentence')";
    assert_eq!(tab.run(draft).await, true);
    tab.fill("#username", "bob").await;
    tab.fill("#password", crate::support::PASSWORD).await;
    tab.click("form[action='/login/'] button[type=submit]").await;
    tab.read("main", "Reason: enough").await;
    admin.delete(&format!("admin/users/{}/ban", bob.id)).await.is(200);
    tab.fill("#password", crate::support::PASSWORD).await;
    tab.click("form[action='/login/'] button[type=submit]").await;
    tab.until("return document.querySelector('#text')?.value === 'half a sentence'", &[]).await;
    tab.close().await;
}

async fn look_at_all_of_it(look: Look) {
    let (server, ann, bob, room, tab) = kitchen(look).await;
    let mut visit = Visit { tab, look, wrong: Vec::new() };
    bob.say(room, "first").await;
    visit.tab.hears("first").await;
    ann.say(room, "buy my watches").await;
    visit.tab.hears("buy my watches").await;
    ann.patch(&format!("rooms/{room}"), json!({"slow_seconds": 900})).await.is(200);
    visit.tab.see(".send-wait").await;
    visit.tab.see(".composer-text").await.send_keys("words that wait").await.unwrap();
    visit.inspect("moderation-slow").await;
    silences(&ann, room, &bob, json!(in_an_hour())).await;
    visit.tab.see_gone(".send-wait").await;
    visit.inspect("moderation-silenced").await;
    if look.phone {
        visit.tab.hold("buy my watches").await;
        visit.inspect("moderation-sheet").await;
        visit.tab.click("#message-sheet .sheet-action:has(use[href$='#flag'])").await;
    } else {
        visit.tab.open_menu("buy my watches").await;
        visit.inspect("moderation-menu").await;
        visit.tab.click("[role=menuitem]:has(use[href$='#flag'])").await;
    }
    visit.tab.see("#dialog-report").await;
    visit.inspect("moderation-report").await;
    visit.tab.click("#dialog-report footer [data-close]").await;
    ann.patch(&format!("rooms/{room}"), json!({"post_policy": "moderators"})).await.is(200);
    visit.tab.see("#composer-closed").await;
    visit.inspect("moderation-closed").await;
    ann.patch(&format!("rooms/{room}/members/{}", bob.id), json!({"role": "owner"})).await.is(200);
    visit.tab.see_gone("#composer-closed").await;
    visit.tab.click("#room-settings").await;
    visit.tab.click("#tab-rules").await;
    visit.tab.see("#rules-slow").await;
    visit.inspect("moderation-rules").await;
    visit.tab.run("document.querySelector('dialog[open]').close()").await;
    if look.phone {
        visit.tab.click("#people-toggle").await;
    }
    visit.tab.click(&format!("#people [data-user='{}']", ann.id)).await;
    visit.tab.click("#profile-more").await;
    visit.inspect("moderation-member").await;
    visit.tab.click("#profile-menu button:has(use[href$='#shield'])").await;
    visit.inspect("moderation-member-silence").await;
    visit.tab.goto("/login/?ended=banned").await;
    visit.end().await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_used_by_everybody_on_a_desktop_by_day() {
    look_at_all_of_it(DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_used_by_everybody_on_a_desktop_by_night() {
    look_at_all_of_it(Look { dark: true, language: "zh-CN", ..DESKTOP }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_used_by_everybody_on_a_phone_by_day() {
    look_at_all_of_it(Look { language: "zh-CN", ..PHONE }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_used_by_everybody_on_a_phone_by_night() {
    look_at_all_of_it(Look { dark: true, ..PHONE }).await;
}
