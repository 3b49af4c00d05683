//! Calling people while writing.

use thirtyfour::prelude::*;

use crate::{
    support::server::Server,
    tab::{DESKTOP, Tab},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_at_sign_offers_names_and_keys_choose_one() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let (boris, cyd) = (server.member("boris").await, server.member("cyd").await);
    let room = ann.private_room("kitchen", &[&bob, &boris, &cyd]).await;
    boris.say(room, "I spoke last").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.enter("kitchen").await;
    tab.hears("I spoke last").await;
    let composer = tab.see(".composer-text").await;
    composer.send_keys("hello @bo").await.unwrap();
    tab.read("#mention-list [aria-selected=true]", "@boris").await;
    tab.until("return document.querySelectorAll('#mention-list [role=option]').length === 2", &[]).await;
    composer.send_keys(Key::Down + "").await.unwrap();
    tab.read("#mention-list [aria-selected=true]", "@bob").await;
    composer.send_keys(Key::Up + "").await.unwrap();
    tab.read("#mention-list [aria-selected=true]", "@boris").await;
    composer.send_keys(Key::Tab + "").await.unwrap();
    tab.see_gone("#mention-list").await;
    assert_eq!(tab.composer().await, "hello @boris ");
    composer.send_keys("and @bob").await.unwrap();
    tab.read("#mention-list [aria-selected=true]", "@bob").await;
    composer.send_keys(Key::Escape + "").await.unwrap();
    tab.see_gone("#mention-list").await;
    composer.send_keys(Key::Enter + "").await.unwrap();
    tab.hears("hello @boris and @bob").await;
    tab.until_rows("return withText('hello')[0].querySelectorAll('.mention').length === 2", &[]).await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_can_be_called_by_who_keeps_the_room_and_by_nobody_else() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let ally = server.member("ally").await;
    ann.private_room("kitchen", &[&bob, &ally]).await;
    let (owner, member) = (Tab::of(&server, &ann, DESKTOP).await, Tab::of(&server, &bob, DESKTOP).await);
    for tab in [&owner, &member] {
        tab.enter("kitchen").await;
        tab.see(".composer-text").await.send_keys("@al").await.unwrap();
        tab.read("#mention-list [role=option]", "@ally").await;
    }
    member.until("return document.querySelectorAll('#mention-list [role=option]').length === 1", &[]).await;
    owner.read("#mention-list [aria-selected=true]", "@all").await;
    owner.press(Key::Enter + "").await;
    owner.see_gone("#mention-list").await;
    assert_eq!(owner.composer().await, "@all ");
    owner.press("supper!").await;
    owner.press(Key::Enter + "").await;
    member.hears("supper!").await;
    member.until_rows("return withText('supper!')[0].matches('.message-mention')", &[]).await;
    owner.close().await;
    member.close().await;
}
