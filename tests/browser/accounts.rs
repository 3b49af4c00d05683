//! The pages around the chat: who one is, and where one is logged in.

use serde_json::json;

use crate::{
    support::{PASSWORD, client::Member, server::Server},
    tab::{DESKTOP, Look, Tab},
};

async fn log_in(tab: &Tab, password: &str) {
    tab.fill("#password", password).await;
    tab.click("form[action='/login/'] button[type=submit]").await;
}

async fn log_out(tab: &Tab) {
    tab.goto("/logout/").await;
    tab.click("form[action='/logout/'] button[type=submit]").await;
    tab.until("return location.pathname === '/login/'", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_page_remembers_the_last_name() {
    let server = Server::start();
    let tab = Tab::register(&server, "许安").await;
    log_out(&tab).await;
    assert_eq!(tab.see("#username").await.prop("value").await.unwrap().as_deref(), Some("许安"));
    log_in(&tab, PASSWORD).await;
    tab.see(".composer-text").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_page_forgets_the_name_when_told() {
    let server = Server::start();
    let tab = Tab::register(&server, "ann").await;
    log_out(&tab).await;
    tab.click("input[name=remember]").await;
    log_in(&tab, PASSWORD).await;
    tab.see(".composer-text").await;
    log_out(&tab).await;
    assert_eq!(tab.see("#username").await.prop("value").await.unwrap().as_deref(), Some(""));
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_and_the_name_stays() {
    let server = Server::start();
    let tab = Tab::register(&server, "ann").await;
    log_out(&tab).await;
    log_in(&tab, "not the password").await;
    tab.see("[role=alert]").await;
    assert_eq!(tab.see("#username").await.prop("value").await.unwrap().as_deref(), Some("ann"));
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_registration_says_what_is_wrong_beside_the_field() {
    let server = Server::start();
    server.member("taken").await;
    let tab = Tab::open(&server, DESKTOP).await;
    tab.goto("/register/").await;
    tab.fill("#username", "taken").await;
    for (password, wrong) in [("password", "#password"), (PASSWORD, "#username")] {
        tab.fill("#password", password).await;
        tab.click("form[action='/register/'] button[type=submit]").await;
        tab.see(&format!("{wrong}[aria-invalid=true]")).await;
        tab.see(&format!("{wrong}-error")).await;
    }
    assert_eq!(tab.see("#username").await.prop("value").await.unwrap().as_deref(), Some("taken"));
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_admin_follows_the_printed_link() {
    let server = Server::start();
    let tab = Tab::open(&server, DESKTOP).await;
    tab.goto(&format!("/setup/#{}", server.setup_token())).await;
    tab.fill("#username", "boss").await;
    tab.fill("#password", PASSWORD).await;
    tab.click("form[action='/setup/'] button[type=submit]").await;
    tab.see(".composer-text").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_ended_elsewhere_leaves_its_page() {
    let server = Server::start();
    let laptop = Tab::register(&server, "ann").await;
    let guest = server.guest();
    let answer = guest.try_login("ann", PASSWORD).await.is(200);
    let other = Tab::of(&server, &Member::of(guest, &answer["user"]), DESKTOP).await;
    other.see(".composer-text").await;

    laptop.goto("/account/").await;
    laptop.click(".sessions form button").await;
    other.until("return location.pathname === '/login/'", &[]).await;
    laptop.see_gone(".sessions form").await;
    laptop.goto("/").await;
    laptop.see(".composer-text").await;
    laptop.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_speaks_the_language_of_the_browser_until_another_is_chosen() {
    let server = Server::start();
    let tab = Tab::open(&server, Look { language: "zh-CN", ..DESKTOP }).await;
    tab.goto("/login/").await;
    let language = "return document.documentElement.lang === arguments[0]";
    tab.until(language, &[json!("zh-CN")]).await;
    tab.click("button[name=locale][value=en]").await;
    tab.until(language, &[json!("en")]).await;
    assert_eq!(tab.path().await, "/login/");
    tab.goto("/register/").await;
    tab.until(language, &[json!("en")]).await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chosen_appearance_is_kept() {
    let server = Server::start();
    let tab = Tab::open(&server, DESKTOP).await;
    tab.goto("/login/").await;
    tab.click("button[name=theme][value=light]").await;
    tab.click("button[name=theme][value=dark]").await;
    tab.goto("/register/").await;
    tab.until("return getComputedStyle(document.documentElement).colorScheme === 'dark'", &[]).await;
    tab.close().await;
}
