//! Messages and a bad network: each arrives once, at everybody.

use serde_json::json;

use crate::{
    support::server::Server,
    tab::{DESKTOP, Tab},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_written_without_network_arrives_once() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    let bob = Tab::register(&server, "bob").await;
    ann.say("before the tunnel").await;
    bob.hears("before the tunnel").await;

    ann.go_offline().await;
    ann.say("in the tunnel").await;
    ann.sees_in_state("in the tunnel", "pending").await;
    bob.say("meanwhile outside").await;
    bob.hears("meanwhile outside").await;
    ann.go_online().await;

    for tab in [&ann, &bob] {
        tab.hears("in the tunnel").await;
        tab.hears("meanwhile outside").await;
        for text in ["before the tunnel", "in the tunnel", "meanwhile outside"] {
            tab.has_once(text).await;
        }
    }
    ann.close().await;
    bob.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_answer_was_lost_is_not_doubled() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    let bob = Tab::register(&server, "bob").await;

    ann.line().lose_answers();
    ann.say("did you hear me").await;
    bob.hears("did you hear me").await;
    ann.sees_in_state("did you hear me", "pending").await;
    ann.line().cut();
    ann.line().mend();
    ann.hears("did you hear me").await;
    ann.say("good").await;

    for tab in [&ann, &bob] {
        tab.hears("good").await;
        tab.has_once("did you hear me").await;
    }
    ann.close().await;
    bob.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsent_message_survives_a_reload() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    let bob = Tab::register(&server, "bob").await;
    let room = ann.path().await;

    ann.go_offline().await;
    ann.say("kept in the browser").await;
    ann.sees_in_state("kept in the browser", "pending").await;
    ann.browser().goto("about:blank").await.unwrap();
    ann.go_online().await;
    ann.goto(&room).await;

    for tab in [&ann, &bob] {
        tab.hears("kept in the browser").await;
        tab.has_once("kept in the browser").await;
    }
    ann.close().await;
    bob.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_is_there_after_the_network_returns() {
    let server = Server::start();
    let (bob, cyd) = (server.member("bob").await, server.member("cyd").await);
    let lobby = bob.lobby().await;
    let first = bob.say(lobby, "as it was").await;
    let second = bob.say(lobby, "soon gone").await;
    let ann = Tab::of(&server, &cyd, DESKTOP).await;
    ann.hears("soon gone").await;

    ann.go_offline().await;
    bob.patch(&format!("messages/{}", first["id"]), json!({"text": "as it is"})).await.is(200);
    bob.delete(&format!("messages/{}", second["id"])).await.is(200);
    for number in 0..120 {
        bob.say(lobby, &format!("missed number {number:03}")).await;
    }
    ann.go_online().await;

    ann.hears("missed number 119").await;
    let seen = ann.rows("return withText('missed number').map((row) => body(row).trim().slice(-3))", &[]).await;
    let last: Vec<u32> = seen.as_array().unwrap().iter().map(|text| text.as_str().unwrap().parse().unwrap()).collect();
    assert_eq!(last, (120 - u32::try_from(last.len()).unwrap()..120).collect::<Vec<_>>());
    ann.until_rows("return !withText('as it was').length && !withText('soon gone').length", &[]).await;
    ann.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_goes_on_after_the_server_was_killed() {
    let mut server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    ann.say("before").await;
    ann.hears("before").await;

    server.kill();
    ann.say("while it was dead").await;
    ann.sees_in_state("while it was dead", "pending").await;
    server.restart();

    // Somebody impatient, who does not wait for the next try.
    let retry = "document.querySelector('#offline-retry').click(); return !withText('while it was dead')[0].matches('.message-pending')";
    ann.until_rows(retry, &[]).await;
    ann.has_once("before").await;
    ann.has_once("while it was dead").await;
    ann.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_an_answer_can_be_sent_again_and_is_not_doubled() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    let bob = Tab::register(&server, "bob").await;

    ann.line().lose_answers();
    ann.say("anybody?").await;
    bob.hears("anybody?").await;
    ann.sees_in_state("anybody?", "failed").await;
    // While answers are still lost: with a new line the page learns by itself that the message arrived.
    ann.click(".message-failed [data-act=retry]").await;
    ann.line().cut();
    ann.line().mend();

    ann.hears("anybody?").await;
    bob.say("yes").await;
    for tab in [&ann, &bob] {
        tab.hears("yes").await;
        tab.has_once("anybody?").await;
    }
    ann.close().await;
    bob.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_says_so_and_can_be_thrown_away() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    ann.run("document.querySelector('.composer-text').value = 'a bell \\u0007 rings'").await;
    ann.click(".send-button").await;
    ann.sees_in_state("rings", "failed").await;
    ann.see(".message-failed [data-act=retry]").await;
    ann.reload().await;
    ann.sees_in_state("rings", "failed").await;
    ann.click(".message-failed [data-act=discard]").await;
    ann.until_rows("return rows.length === 0", &[]).await;
    ann.say("quieter").await;
    ann.hears("quieter").await;
    ann.close().await;
}
