//! Rooms, made and entered through the page.

use thirtyfour::prelude::*;

use crate::{
    support::server::Server,
    tab::{DESKTOP, Tab},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_public_room_is_made_found_and_joined() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    let bob = Tab::register(&server, "bob").await;

    ann.click("[data-dialog=create]").await;
    ann.fill("#create-name", "hiking").await;
    ann.fill("#create-topic", "every second Sunday").await;
    ann.click("#dialog-create button[type=submit]").await;
    ann.read("#room-title", "hiking").await;
    ann.read("#room-about", "every second Sunday").await;
    ann.say("anybody here?").await;
    ann.hears("anybody here?").await;

    bob.click("[data-dialog=browse]").await;
    bob.fill("#dialog-browse input", "hik").await;
    bob.click("#dialog-browse button[aria-label*=hiking]").await;
    bob.read("#room-title", "hiking").await;
    bob.hears("anybody here?").await;
    bob.say("me!").await;
    ann.hears("me!").await;
    ann.close().await;
    bob.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_room_is_only_for_those_who_are_asked_in() {
    let server = Server::start();
    let (bob, cyd) = (server.member("bob").await, server.member("cyd").await);
    let ann = Tab::register(&server, "ann").await;
    let guest = Tab::of(&server, &bob, DESKTOP).await;
    let stranger = Tab::of(&server, &cyd, DESKTOP).await;

    ann.click("[data-dialog=create]").await;
    ann.fill("#create-name", "surprise").await;
    ann.click("#create-form input[value=private]").await;
    ann.fill("#create-person", "bo").await;
    ann.pick("#create-found .suggest-option", "bob").await;
    ann.click("#dialog-create button[type=submit]").await;
    ann.read("#room-title", "surprise").await;
    let room = ann.path().await;

    guest.enter("surprise").await;
    guest.say("who else knows?").await;
    ann.hears("who else knows?").await;
    stranger.goto(&room).await;
    stranger.read("h1", "Nothing here").await;
    ann.close().await;
    guest.close().await;
    stranger.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_chat_opens_on_both_sides() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    let bob = Tab::register(&server, "bob").await;

    ann.click("[data-dialog=direct]").await;
    ann.fill("#direct-people input", "bob").await;
    ann.pick("#direct-found .suggest-option", "bob").await;
    ann.read("#room-title", "bob").await;
    ann.say("just between us").await;

    bob.read("#direct-list .badge-mention", "1").await;
    bob.enter("ann").await;
    bob.hears("just between us").await;
    bob.say("of course").await;
    ann.hears("of course").await;
    ann.close().await;
    bob.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_removed_loses_the_room_at_once() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("club", &[&bob]).await;
    let owner = Tab::of(&server, &ann, DESKTOP).await;
    let tab = Tab::of(&server, &bob, DESKTOP).await;
    tab.enter("club").await;

    owner.enter("club").await;
    owner.click("#room-settings").await;
    owner.click("#tab-members").await;
    owner.click("#settings-members button[aria-label*=bob]").await;
    owner.click("#confirm-yes").await;
    tab.see_gone(&format!(".room[href='/r/{room}']")).await;
    tab.until("return location.pathname !== arguments[0]", &[format!("/r/{room}").into()]).await;
    owner.close().await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_switcher_leads_to_a_room_by_a_few_letters() {
    let server = Server::start();
    let ann = server.member("ann").await;
    ann.make_room("public", "gardening").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    tab.press(Key::Control + "k").await;
    tab.fill("#dialog-switcher input", "gard").await;
    tab.read("#dialog-switcher [aria-selected=true]", "gardening").await;
    tab.press(Key::Enter + "").await;
    tab.read("#room-title", "gardening").await;
    tab.close().await;
}
