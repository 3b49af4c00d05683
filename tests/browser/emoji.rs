//! Emoji: picked with the mouse and with keys, found in both languages, completed while writing.

use thirtyfour::prelude::*;

use crate::{
    support::server::Server,
    tab::{DESKTOP, Tab},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_emoji_is_found_by_its_chinese_and_its_english_name() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    for (name, emoji) in [("拉炮彩带", "🎉"), ("party popper", "🎉")] {
        tab.click("#smile").await;
        tab.fill("#emoji-picker input", name).await;
        tab.until("return [...document.querySelectorAll('#emoji-picker [data-emoji]')].slice(0, 8).some((cell) => cell.dataset.emoji === '🎉')", &[]).await;
        tab.click(&format!("#emoji-picker [data-emoji='{emoji}']")).await;
        tab.see_gone("#emoji-picker").await;
    }
    assert_eq!(tab.composer().await, "🎉🎉");
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_walk_through_the_grid() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.click("#smile").await;
    tab.see("#emoji-picker [role=row]").await;
    tab.press(Key::Down + "").await;
    tab.press(Key::Right + "").await;
    tab.press(Key::Enter + "").await;
    tab.see_gone("#emoji-picker").await;
    assert_eq!(tab.composer().await, "😃");
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shortcode_is_completed_and_emoji_alone_are_big() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    let composer = tab.see(".composer-text").await;
    composer.send_keys(":tad").await.unwrap();
    tab.read("#mention-list [aria-selected=true]", ":tada:").await;
    composer.send_keys(Key::Enter + "").await.unwrap();
    composer.send_keys(":fire:").await.unwrap();
    tab.until("return document.querySelector('.composer-text').value === '🎉🔥'", &[]).await;
    composer.send_keys(Key::Enter + "").await.unwrap();
    tab.see(".message:not(.message-pending) .message-big-emoji").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skin_tone_is_kept_and_what_was_picked_last_comes_first() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.click("#smile").await;
    tab.click("#emoji-picker [data-tone='3']").await;
    for (name, emoji) in [("thumbs up", "👍"), ("fire", "🔥")] {
        tab.fill("#emoji-picker input", name).await;
        tab.click(&format!("#emoji-picker [data-emoji='{emoji}']")).await;
        tab.see_gone("#emoji-picker").await;
        tab.click("#smile").await;
        tab.see("#emoji-picker").await;
    }
    tab.press(Key::Escape + "").await;
    assert_eq!(tab.composer().await, "👍🏽🔥");

    tab.reload().await;
    tab.see(".composer-text").await;
    tab.click("#smile").await;
    tab.see("#emoji-picker [data-tone='3'][aria-checked=true]").await;
    let first = "return [...document.querySelectorAll('#emoji-picker [role=row] button')].slice(0, 2).map((cell) => cell.textContent).join(' ')";
    assert_eq!(tab.run(first).await, "🔥 👍🏽");
    tab.fill("#emoji-picker input", "waving").await;
    tab.read("#emoji-picker [data-emoji='👋']", "👋🏽").await;
    tab.close().await;
}
