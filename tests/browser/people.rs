//! Friends, requests and blocks, as two people at two browsers see them.

use crate::{
    support::server::Server,
    tab::{DESKTOP, Tab},
};

#[tokio::test(flavor = "multi_thread")]
async fn two_people_become_friends_at_once_on_both_sides() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let (one, two) = (Tab::of(&server, &ann, DESKTOP).await, Tab::of(&server, &bob, DESKTOP).await);
    two.see(".composer-text").await;

    one.click("[data-dialog=contacts]").await;
    one.fill("#dialog-contacts input[type=search]", "bob").await;
    one.pick("#contacts-body [data-act=add]", "Add friend").await;
    one.see("#contacts-body [data-act=take-back]").await;

    two.read("#request-count", "1").await;
    two.click("#request-list [data-accept]").await;
    two.read("#friend-list", "ann").await;
    two.see_gone("#request-count").await;
    one.read("#friend-list", "bob").await;
    one.read("#friend-list", "online").await;
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_declined_leaves_nothing() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    ann.put(&format!("contacts/{}", bob.id), serde_json::json!({"state": "friend"})).await.is(200);
    let tab = Tab::of(&server, &bob, DESKTOP).await;

    tab.click("#request-list [data-decline]").await;
    tab.see("#no-friends").await;
    let state = ann.get("contacts").await.is(200);
    assert_eq!(state["contacts"].as_array().unwrap().len(), 0);
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_blocked_is_not_written_to_until_unblocked() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.pick("#people .person", "bob").await;
    tab.click("#profile-more").await;
    tab.pick("#profile-menu button", "Block").await;
    tab.click("#confirm-yes").await;
    tab.read("#profile-state", "blocked").await;
    tab.see_gone("#profile-write").await;
    tab.click("#profile [data-close]").await;

    let told = bob.get("contacts").await.is(200);
    assert_eq!(told["contacts"].as_array().unwrap().len(), 0, "nobody is told that they were blocked");
    tab.click("[data-dialog=contacts]").await;
    tab.click("#dialog-contacts button[value=blocked]").await;
    tab.click("#contacts-body [data-act=unblock]").await;
    tab.read("#contacts-none", "You have blocked nobody").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_composer_says_why_it_is_closed() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let direct = ann.post("directs", serde_json::json!({"user": bob.id})).await.is(201).room_id();
    ann.put(&format!("contacts/{}", bob.id), serde_json::json!({"state": "blocked"})).await.is(200);
    let tab = Tab::of(&server, &ann, DESKTOP).await;

    tab.goto(&format!("/r/{direct}")).await;
    tab.read("#composer-closed", "You have blocked bob").await;
    tab.see_gone(".composer-text").await;
    tab.click("#composer-closed button").await;
    tab.see(".composer-text").await;
    tab.say("hello again").await;
    tab.hears("hello again").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_blocked_person_says_is_folded_and_can_be_unfolded() {
    let server = Server::start();
    let (ann, bob, cyd) = (server.member("ann").await, server.member("bob").await, server.member("cyd").await);
    let lobby = ann.lobby().await;
    bob.say(lobby, "first quarrel").await;
    bob.say(lobby, "second quarrel").await;
    cyd.say(lobby, "calm down").await;
    ann.put(&format!("contacts/{}", bob.id), serde_json::json!({"state": "blocked"})).await.is(200);
    let tab = Tab::of(&server, &ann, DESKTOP).await;

    tab.hears("calm down").await;
    tab.read(".fold-line", "2 messages").await;
    tab.until_rows("return !withText('quarrel').length", &[]).await;
    bob.say(lobby, "third quarrel").await;
    cyd.say(lobby, "really").await;
    tab.hears("really").await;
    tab.until_rows("return !withText('quarrel').length", &[]).await;
    tab.pick(".fold-line button", "Show").await;
    tab.hears("first quarrel").await;
    tab.hears("second quarrel").await;
    tab.until_rows("return !withText('third quarrel').length", &[]).await;

    ann.delete(&format!("contacts/{}", bob.id)).await.is(204);
    tab.hears("third quarrel").await;
    tab.see_gone(".fold-line").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_tells_of_a_person_and_begins_a_private_chat() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let about = "Mends bicycles on Sundays.";
    bob.patch("me", serde_json::json!({"nickname": "Bob B.", "bio": about})).await.is(200);
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.pick("#people .person", "Bob B.").await;
    tab.read("#profile", "Bob B.").await;
    tab.read("#profile .profile-handle", "@bob · offline").await;
    tab.read("#profile .profile-about", about).await;
    tab.click("#profile [data-close]").await;

    let other = Tab::of(&server, &bob, DESKTOP).await;
    tab.pick("#people-here .person", "Bob B.").await;
    tab.read("#profile .profile-handle", "@bob · online").await;
    tab.click("#profile-write").await;
    tab.see_gone("#profile").await;
    tab.read("#room-title", "Bob B.").await;
    tab.say("about my bicycle").await;
    other.enter("ann").await;
    other.hears("about my bicycle").await;
    tab.close().await;
    other.close().await;
}
