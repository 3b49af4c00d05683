//! What is different on a phone: one pane at a time, and a thumb.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::{
    support::server::Server,
    tab::{PHONE, Tab},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_list_leads_to_a_chat_and_back_leads_to_the_list() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    ann.say(ann.lobby().await, "hello from a desk").await;
    let phone = Tab::of(&server, &bob, PHONE).await;
    phone.see("#room-list").await;
    phone.see_gone(".composer-text").await;

    phone.click("#room-list .room").await;
    phone.hears("hello from a desk").await;
    phone.see_gone("#room-list").await;
    phone.browser().back().await.unwrap();
    phone.see("#room-list").await;
    assert_eq!(phone.path().await, "/");

    phone.click("#room-list .room").await;
    phone.see(".composer-text").await;
    phone.click("#back").await;
    phone.see("#room-list").await;
    phone.close().await;
}

/// What was heard of one of them must not pass for the list.
#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_in_the_list_of_people_though_one_was_heard_of_before_it_was_opened() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("kitchen", &[&bob]).await;
    let phone = Tab::of(&server, &bob, PHONE).await;
    phone.enter("kitchen").await;
    ann.patch(&format!("rooms/{room}/members/{}", bob.id), json!({"role": "moderator"})).await.is(200);
    ann.say(room, "bob keeps order now").await;
    phone.hears("bob keeps order now").await;
    phone.click("#people-toggle").await;
    phone.read("#people-here", "bob").await;
    phone.read("#people-away", "ann").await;
    phone.close().await;
}

/// A phone's keyboard has no Shift+Enter at hand, so Enter begins a line and the button sends.
#[tokio::test(flavor = "multi_thread")]
async fn enter_begins_a_line_and_the_button_sends() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let phone = Tab::of(&server, &ann, PHONE).await;
    phone.click("#room-list .room").await;
    let composer = phone.see(".composer-text").await;
    composer.send_keys("one").await.unwrap();
    composer.send_keys(Key::Enter + "").await.unwrap();
    composer.send_keys("two").await.unwrap();
    assert_eq!(phone.composer().await, "one\ntwo");
    phone.click(".send-button").await;
    phone.hears("two").await;
    assert_eq!(phone.composer().await, "");
    phone.close().await;
}
