//! The console's settings: looked at, changed while a member's page is open, refused where they are wrong.

use serde_json::json;

use crate::{
    support::server::Server,
    tab::{DESKTOP, Look, PHONE, Tab},
    tray::Album,
    visit::Visit,
};

async fn looks(look: Look) {
    let server = Server::setup().flag(&["--image-budget", "300000"]).start();
    let admin = server.admin("linyi").await;
    admin
        .patch("admin/settings", json!({"site_name": "清河 Qinghe", "guests": true, "words": ["spam", "垃圾"]}))
        .await
        .is(200);
    let tab = Tab::of(&server, &admin, look).await;
    let mut visit = Visit { tab, look, wrong: Vec::new() };
    visit.page("/admin/settings/", "console-settings").await;
    let picture = Album::of(&[(400, 160)]);
    visit.tab.pick_files("#setting-logo", &picture.files()).await;
    visit.tab.click("[form=form-logo].button").await;
    visit.tab.see(".mark-input img[src^='/media/logos/']").await;
    visit.inspect("console-settings-logo").await;
    visit.tab.fill("#setting-text_max", "7").await;
    visit.tab.click(".save-bar button[type=submit]").await;
    visit.tab.see("#setting-text_max[aria-invalid=true]").await;
    visit.inspect("console-settings-refused").await;
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_can_be_used_by_everybody_on_a_desktop_by_day() {
    looks(DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_can_be_used_by_everybody_on_a_desktop_by_night() {
    looks(Look { dark: true, language: "zh-CN", ..DESKTOP }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_can_be_used_by_everybody_on_a_phone_by_day() {
    looks(Look { language: "zh-CN", ..PHONE }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_can_be_used_by_everybody_on_a_phone_by_night() {
    looks(Look { dark: true, ..PHONE }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_writes_learns_a_new_limit_at_once() {
    let server = Server::start();
    let admin = server.admin("linyi").await;
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.goto(&format!("/r/{lobby}")).await;
    tab.fill("#text", &"x".repeat(150)).await;
    tab.see(".send-button-ready").await;
    admin.patch("admin/settings", json!({"text_max": 100})).await.is(200);
    tab.see_gone(".send-button-ready").await;
    tab.see(".composer-count-over").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_without_desktop_notices_offers_none() {
    let server = Server::start();
    let admin = server.admin("linyi").await;
    let ann = server.member("ann").await;
    admin.patch("admin/settings", json!({"push": false})).await.is(200);
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.goto("/").await;
    tab.click("[data-dialog=notices]").await;
    tab.read("#notices-state", "This site has none").await;
    tab.see("#notices-desktop:disabled").await;
    tab.close().await;
}
