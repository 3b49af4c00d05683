//! Slash commands in the composer: offered while they are typed, answered to their caller alone, or posted.

use thirtyfour::Key;

use crate::{
    support::server::Server,
    tab::{DESKTOP, Look, PHONE, Tab},
    visit::Visit,
};

async fn looks(look: Look) {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    bob.say(lobby, "/me waves").await;
    let tab = Tab::of(&server, &ann, look).await;
    let mut visit = Visit { tab, look, wrong: Vec::new() };
    visit.tab.goto(&format!("/r/{lobby}")).await;
    visit.tab.read(".message-actor", "bob").await;
    visit.tab.fill("#text", "/").await;
    visit.tab.see("#mention-list [role=option]:nth-child(9)").await;
    visit.inspect("commands-offered").await;
    visit.tab.fill("#text", "/help").await;
    visit.tab.click(".send-button").await;
    visit.tab.see("#command-notice:not([hidden])").await;
    visit.inspect("commands-help").await;
    visit.tab.fill("#text", "/wether 北京").await;
    visit.tab.click(".send-button").await;
    visit.tab.read(".command-notice-wrong .command-notice-text", "/weather").await;
    visit.inspect("commands-wrong").await;
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_can_be_used_by_everybody_on_a_desktop_by_day() {
    looks(DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_can_be_used_by_everybody_on_a_desktop_by_night() {
    looks(Look { dark: true, language: "zh-CN", ..DESKTOP }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_can_be_used_by_everybody_on_a_phone_by_day() {
    looks(Look { language: "zh-CN", ..PHONE }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_can_be_used_by_everybody_on_a_phone_by_night() {
    looks(Look { dark: true, ..PHONE }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_picked_completed_and_given_and_a_wrong_one_stays_to_be_mended() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    let other = Tab::of(&server, &bob, DESKTOP).await;
    tab.goto("/").await;
    other.goto("/").await;
    tab.fill("#text", "/to").await;
    tab.read("#mention-list [aria-selected=true]", "/topic").await;
    tab.press(Key::Enter).await;
    tab.until("return document.querySelector('#text').value === '/topic '", &[]).await;
    // Whole as it is it is given, however much is still offered.
    tab.fill("#text", "/help").await;
    tab.see("#mention-list [aria-selected=true]").await;
    tab.press(Key::Enter).await;
    tab.read("#command-notice", "/weather").await;
    tab.until("return document.querySelector('#text').value === ''", &[]).await;
    tab.click("#command-notice button").await;
    tab.see_gone("#command-notice").await;
    tab.fill("#text", "/jok").await;
    tab.see("#mention-list [aria-selected=true]").await;
    tab.press(Key::Escape).await;
    tab.press(Key::Enter).await;
    tab.read(".command-notice-wrong", "/joke").await;
    tab.until("return document.querySelector('#text').value === '/jok'", &[]).await;
    tab.press("e").await;
    tab.press(Key::Enter).await;
    tab.see(".message-own").await;
    tab.see_gone("#command-notice").await;
    other.see(".message .message-body").await;
    tab.fill("#text", "/me waves").await;
    tab.press(Key::Enter).await;
    other.read(".message-actor", "ann").await;
    tab.fill("#text", "/away lunch").await;
    tab.press(Key::Enter).await;
    tab.read("#me-status", "Away").await;
    other.read("#people", "Away · lunch").await;
    tab.close().await;
    other.close().await;
}
