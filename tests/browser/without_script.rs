//! A browser that runs no scripts.

use serde_json::{Value, json};

use crate::{
    support::{
        client::Member,
        doors::{Act, reaction},
        picture::png,
        server::Server,
    },
    tab::{DESKTOP, Look, PHONE, Tab},
};

/// What can be seen and pressed, and does nothing when it is: all but links, and the buttons of forms.
const DEAD: &str = "return [...document.querySelectorAll('button, input, [role=button]')]\
    .filter(control => control.checkVisibility() && !(control.form && (control.type === 'submit' || control.name)))\
    .map(control => control.outerHTML)";

impl Tab {
    /// The browser of somebody who is logged in and has turned scripts off.
    async fn without_script(server: &Server, member: &Member, look: Look) -> Self {
        let tab = Self::open(server, look).await;
        tab.cdp("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
        tab.log_in(member).await;
        tab
    }

    async fn has_nothing_dead(&self) {
        assert_eq!(self.run(DEAD).await, json!([]), "controls that do nothing");
    }
}

async fn walk(look: Look, name: &str) {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    for number in 0..50 {
        bob.say(lobby, &format!("line {number} of `soup`")).await;
    }
    let liked = bob.say(lobby, "who likes soup?").await["id"].as_i64().unwrap();
    bob.put(&reaction(liked, "👍"), Value::Null).await.is(200);
    let recalled = bob.say(lobby, "oops").await["id"].as_i64().unwrap();
    bob.requests(&Act::Recall(recalled)).await.unwrap();
    let tab = Tab::without_script(&server, &ann, look).await;

    tab.goto(&format!("/r/{lobby}")).await;
    tab.read(".message-gone", "Message recalled").await;
    tab.until(
        "return document.querySelector('.message:last-of-type').getBoundingClientRect().bottom <= innerHeight",
        &[],
    )
    .await;
    tab.read(".reaction", "👍").await;
    tab.has_nothing_dead().await;
    let file = server.data().join("soup.png");
    std::fs::write(&file, png(60, 40, [200, 120, 40])).unwrap();
    tab.see("input[name=file]").await.send_keys(file.display().to_string()).await.unwrap();
    tab.fill("#text", "my soup").await;
    tab.picture(&format!("{name}/writing")).await;
    tab.click(".send-button").await;
    tab.read(".message", "my soup").await;
    tab.see(".message-images img").await;
    assert!(tab.path().await.starts_with("/r/"));
    tab.picture(&format!("{name}/sent")).await;

    std::fs::write(&file, "no picture").unwrap();
    tab.see("input[name=file]").await.send_keys(file.display().to_string()).await.unwrap();
    tab.fill("#text", "this is kept").await;
    tab.click(".send-button").await;
    tab.read(".composer-unsent", "soup.png – This kind of image cannot be sent.").await;
    tab.until("return document.querySelector('#text').value === 'this is kept'", &[]).await;
    tab.picture(&format!("{name}/refused")).await;

    tab.click("#search-open").await;
    tab.fill("input[name=q]", "my soup").await;
    tab.has_nothing_dead().await;
    tab.click("form[action='/search'] button[type=submit]").await;
    tab.read(".hit mark", "soup").await;
    tab.picture(&format!("{name}/search")).await;
    tab.click(".hit").await;
    tab.read(".message-found", "my soup").await;
    // The driver does not scroll upwards in a list that begins at its end; a reader does.
    tab.run("document.querySelector('.page-turn a').scrollIntoView()").await;
    tab.click(".page-turn a").await;
    tab.read(".message", "line 0 of").await;
    tab.picture(&format!("{name}/older")).await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_without_scripts_reads_writes_sends_images_and_searches() {
    walk(DESKTOP, "without-script-desktop").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_somebody_on_a_phone() {
    walk(Look { dark: true, ..PHONE }, "without-script-phone").await;
}
