//! What is kept and shown, on a page that is open.

use serde_json::json;

use crate::{
    support::server::Server,
    tab::{DESKTOP, Tab},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pruned_leaves_an_open_page_and_a_window_says_where_the_rest_is() {
    let server = Server::start();
    let admin = server.admin("linyi").await;
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("purchasing", &[&bob]).await;
    for count in 1..=6 {
        ann.say(room, &format!("line number {count}")).await;
    }
    let tab = Tab::of(&server, &bob, DESKTOP).await;
    tab.goto(&format!("/r/{room}")).await;
    tab.hears("line number 1").await;
    assert_eq!(tab.run("return document.querySelector('#window-note').hidden").await, json!(true));

    admin.patch("admin/settings", json!({"retention": "count", "retention_value": 4})).await.is(200);
    tab.until("return !document.querySelector('#timeline').textContent.includes('line number 2')", &[]).await;
    tab.hears("line number 3").await;

    admin.patch("admin/settings", json!({"window_count": 2})).await.is(200);
    tab.goto(&format!("/r/{room}")).await;
    tab.hears("line number 6").await;
    tab.see("#window-note").await;
    tab.picture("desktop-light-en/room-window").await;
    assert_eq!(
        tab.run("return document.querySelector('#timeline').textContent.includes('line number 4')").await,
        json!(false)
    );
    tab.click("#window-note a").await;
    tab.see("#search input").await;
    tab.close().await;
}
