//! Answers, reactions, recall, and links to a message.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::{
    support::server::Server,
    tab::{DESKTOP, Tab},
};

impl Tab {
    /// Points at the message with this text and uses its toolbar.
    async fn use_tool(&self, text: &str, act: &str) {
        self.point_at(text).await;
        self.click(&format!("#timeline #message-tools [data-act={act}]")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_quotes_its_message_and_leads_there() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    bob.say(bob.lobby().await, "lunch at noon?").await;
    let (ann, bob) = (Tab::of(&server, &ann, DESKTOP).await, Tab::of(&server, &bob, DESKTOP).await);
    ann.hears("lunch at noon?").await;
    ann.use_tool("lunch at noon?", "reply").await;
    ann.read("#reply-strip", "bob").await;
    ann.say("gladly").await;
    for tab in [&ann, &bob] {
        tab.hears("gladly").await;
        tab.read(".message-quote", "lunch at noon?").await;
    }
    ann.see_gone("#reply-strip").await;
    bob.click(".message-quote").await;
    bob.until_rows("return withText('lunch at noon?')[0].matches('.message-found')", &[]).await;
    ann.close().await;
    bob.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_keeps_what_it_answers() {
    let server = Server::start();
    let ann = server.member("ann").await;
    ann.say(ann.lobby().await, "the question").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("the question").await;
    tab.use_tool("the question", "reply").await;
    tab.read("#reply-strip", "the question").await;
    tab.reload().await;
    tab.read("#reply-strip", "the question").await;
    tab.click("#text").await;
    tab.press(Key::Escape + "").await;
    tab.see_gone("#reply-strip").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_is_counted_by_everybody_and_can_be_taken_back() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    ann.say(ann.lobby().await, "done").await;
    let (ann, bob) = (Tab::of(&server, &ann, DESKTOP).await, Tab::of(&server, &bob, DESKTOP).await);
    bob.hears("done").await;
    bob.use_tool("done", "react").await;
    bob.see(".reaction[data-emoji='👍'][aria-pressed=true]").await;
    ann.click(".reaction[data-emoji='👍'][aria-pressed=false]").await;
    for tab in [&ann, &bob] {
        tab.read(".reaction[data-emoji='👍'][aria-pressed=true]", "2").await;
    }
    bob.click(".reaction[data-emoji='👍']").await;
    ann.read(".reaction[data-emoji='👍'][aria-pressed=true]", "1").await;
    ann.click(".reaction[data-emoji='👍']").await;
    bob.see_gone(".reaction").await;
    ann.close().await;
    bob.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recalled_message_is_gone_for_both_and_from_quotes_and_its_text_can_be_taken_up_again() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    ann.say(ann.lobby().await, "too early").await;
    let (ann, bob) = (Tab::of(&server, &ann, DESKTOP).await, Tab::of(&server, &bob, DESKTOP).await);
    bob.hears("too early").await;
    bob.use_tool("too early", "reply").await;
    bob.say("why?").await;
    ann.hears("why?").await;
    ann.run("document.querySelector('#timeline').scrollTop = 0").await;
    ann.use_tool("too early", "menu").await;
    ann.pick(".menu-item-danger", "Recall").await;
    bob.read(".message-gone", "Message recalled").await;
    bob.read(".message-quote-gone", "Message recalled").await;
    ann.read(".message-gone", "You recalled").await;
    ann.click(".message-gone button").await;
    assert_eq!(ann.composer().await, "too early");
    ann.close().await;
    bob.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_a_message_opens_the_room_there() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let first = ann.say(lobby, "where it began").await;
    for number in 0..60 {
        ann.say(lobby, &format!("line {number}")).await;
    }
    let tab = Tab::open(&server, DESKTOP).await;
    tab.log_in(&ann).await;
    tab.goto(&format!("/r/{lobby}/m/{}", first["seq"])).await;
    // Its mark is gone in a moment; the focus stays.
    tab.until_rows("return withText('where it began')[0] === document.activeElement", &[]).await;
    let seen = "const row = withText('where it began')[0].getBoundingClientRect();\
        const box = document.querySelector('#timeline').getBoundingClientRect(); return row.top >= box.top && row.bottom <= box.bottom";
    tab.until_rows(seen, &[json!(null)]).await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_seen_a_message_is_listed_and_followed() {
    let server = Server::start();
    let (ann, bob, cyd) = (server.member("ann").await, server.member("bob").await, server.member("cyd").await);
    let room = ann.private_room("kitchen", &[&bob, &cyd]).await;
    let message = ann.say(room, "dinner at seven").await;
    let read = format!("rooms/{room}/read");
    bob.post(&read, json!({"seq": message["seq"]})).await.is(200);
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.enter("kitchen").await;
    tab.hears("dinner at seven").await;
    tab.open_menu("dinner at seven").await;
    tab.pick("[role=menuitem]", "Seen by").await;
    tab.read("#dialog-people-list [data-list=seen]", "bob").await;
    tab.read("#dialog-people-list [data-list=not-seen]", "cyd").await;
    cyd.post(&read, json!({"seq": message["seq"]})).await.is(200);
    tab.read("#dialog-people-list [data-list=seen]", "cyd").await;
    tab.see_gone("#dialog-people-list [data-list=not-seen]").await;
    tab.close().await;
}
