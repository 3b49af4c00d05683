//! Access tokens in the account page, bots in the console, and the page about the API.

use serde_json::{Value, json};

use crate::{
    support::{program::Program, server::Server},
    tab::{DESKTOP, Look, PHONE, Tab},
    visit::Visit,
};

async fn look_around(look: Look) {
    let server = Server::start();
    let admin = server.admin("founder").await;
    for (name, scope) in [("备份脚本", "read"), ("a rather long name of a program that runs every night", "admin")]
    {
        admin
            .post("me/tokens", json!({"name": name, "scope": scope, "expires_at": "2030-01-01T00:00:00Z"}))
            .await
            .is(201);
    }
    Program::of(&admin, "write").await.get("me").await.is(200);
    let tab = Tab::of(&server, &admin, look).await;
    let mut visit = Visit { tab, look, wrong: Vec::new() };
    visit.tab.goto("/account/#tokens").await;
    visit.tab.fill("#name", "kitchen").await;
    visit.inspect("account-tokens").await;
    visit.tab.click("form[action^='/account/tokens#'] button[type=submit]").await;
    visit.tab.see("#token-secret").await;
    visit.tab.run("document.querySelector('#tokens').scrollIntoView()").await;
    visit.inspect("account-token-made").await;
    visit.page("/admin/users/new?role=bot", "console-bot-new").await;
    visit.tab.fill("#username", "menubot").await;
    visit.tab.click("form[action='/admin/users/new'] button[type=submit]").await;
    visit.tab.see("#tokens").await;
    visit.inspect("console-bot").await;
    visit.tab.fill("#name", "kitchen").await;
    visit.tab.click("form[action$='/tokens#tokens'] button[type=submit]").await;
    visit.tab.see("#token-secret").await;
    visit.tab.run("document.querySelector('#tokens').scrollIntoView()").await;
    visit.inspect("console-bot-token").await;
    visit.tab.goto("/api/#type-Message").await;
    visit.tab.see("#type-Message").await;
    // Hundreds of the same: a few of each kind are looked at as closely as other pages, and two of them open.
    visit.tab.run("document.querySelectorAll('main section').forEach((section) => section.querySelectorAll('.api-operation').forEach((one, at) => { if (at > 1) one.remove() })); document.querySelectorAll('#tokens .api-operation, section:last-of-type .api-operation').forEach((one, at) => { one.open = at < 3 }); document.querySelector('#tokens').scrollIntoView()").await;
    visit.inspect("api-open").await;
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_the_api_can_be_used_by_everybody_on_a_desktop() {
    look_around(DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_the_api_can_be_used_by_everybody_on_a_phone_by_night_in_chinese() {
    look_around(Look { dark: true, language: "zh-CN", ..PHONE }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_copied_and_revoked() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.goto("/account/").await;
    tab.fill("#name", "backup").await;
    tab.click("form[action^='/account/tokens#'] button[type=submit]").await;
    let secret = tab.see("#token-secret").await.prop("value").await.unwrap().unwrap();
    assert_eq!(Program::showing(server.site(), &secret).get("me").await.is(200)["user"]["username"], "ann");
    tab.click("[data-copy=token-secret]").await;
    tab.until("return document.querySelector('[data-copied]').textContent !== ''", &[]).await;
    tab.goto("/account/").await;
    assert_eq!(tab.run("return document.querySelector('#token-secret')").await, Value::Null, "it is shown once");
    tab.click("#tokens form[action$='/revoke'] button").await;
    tab.see("#tokens .form-alert-ok").await;
    Program::showing(server.site(), &secret).get("me").await.refuses(401, "bad_token");
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_type_leads_to_it() {
    let server = Server::start();
    let tab = Tab::open(&server, DESKTOP).await;
    tab.goto("/api/").await;
    tab.click("#tokens .api-operation summary").await;
    tab.click("#tokens a[href='#type-TokensBody']").await;
    tab.see("#type-TokensBody a[href='#type-Token']").await;
    tab.click("#type-TokensBody a[href='#type-Token']").await;
    tab.see("#type-Token").await;
    tab.close().await;
}
