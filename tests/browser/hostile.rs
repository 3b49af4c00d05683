//! What others write is text, and the page obeys its own policy.

use serde_json::json;

use crate::{
    support::server::Server,
    tab::{DESKTOP, Tab},
};

const ATTACKS: [&str; 6] = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "\"><svg onload=alert(1)>",
    "[click](javascript:alert(1))",
    "{{ 7*7 }} {% raw %} </textarea><b>bold</b>",
    "<!--</script><script>alert(1)//-->",
];

/// Nothing of an attack became an element, and nothing ran: an alert would have stopped the browser here.
async fn is_harmless(tab: &Tab) {
    let found = "return [...document.querySelectorAll('main img, main b, main script, [onload], [onerror], a')]\
        .filter((element) => element.matches('img[src=x], [onload], [onerror], main script:not([type]), [href^=\"javascript:\"]')\
            || element.matches('b') && element.textContent === 'bold').map((element) => element.outerHTML)";
    assert_eq!(tab.run(found).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_in_messages_stays_text() {
    let server = Server::start();
    let ann = Tab::register(&server, "ann").await;
    let bob = Tab::register(&server, "bob").await;
    for attack in ATTACKS.into_iter().filter(|attack| !attack.starts_with('[')) {
        ann.say(attack).await;
        ann.hears(attack).await;
        bob.hears(attack).await;
    }
    ann.say(ATTACKS[3]).await;
    bob.hears("click").await;
    is_harmless(&ann).await;
    is_harmless(&bob).await;
    bob.browser().refresh().await.unwrap(); // now the server renders the rows
    bob.hears(ATTACKS[5]).await;
    is_harmless(&bob).await;
    ann.close().await;
    bob.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_in_names_and_topics_stays_text() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let evil = "<img src=x onerror=alert(1)>";
    bob.patch("me", json!({"nickname": evil, "bio": evil})).await.is(200);
    let body = json!({"kind": "public", "name": evil, "topic": evil});
    let room = bob.post("rooms", body).await.is(201).room_id();
    ann.post(&format!("rooms/{room}/join"), json!(null)).await.is(200);
    bob.say(room, "hello @ann").await;

    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.enter(evil).await;
    tab.hears("hello").await;
    tab.read(".message-author", evil).await;
    tab.read("#room-about", evil).await;
    is_harmless(&tab).await;
    bob.say(room, "hello again").await; // this one is drawn by the script
    tab.hears("hello again").await;
    is_harmless(&tab).await;
    tab.close().await;
}

/// The other tests look for breaches at their end; this one shows that they would see them.
#[tokio::test(flavor = "multi_thread")]
async fn a_breach_of_the_policy_does_not_go_unseen() {
    let server = Server::start();
    let tab = Tab::open(&server, DESKTOP).await;
    tab.goto("/login/").await;
    assert_eq!(tab.sins().await, Vec::<String>::new());
    for breach in [
        "document.body.setAttribute('style', 'color: red')",
        "try { document.body.innerHTML = '<p>' } catch { }",
        "document.body.append(Object.assign(document.createElement('img'), {src: 'https://example.org/x.png'}))",
        "setTimeout(() => { throw new Error('nobody catches me') })",
    ] {
        tab.run(breach).await;
        let sins = tab.sins().await;
        assert_eq!(sins.len(), 1, "{breach}: {sins:?}");
    }
    tab.close().await;
}
