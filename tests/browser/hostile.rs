//! What others write is text, and the page obeys its own policy.

use serde_json::json;

use crate::{
    support::{
        PASSWORD,
        client::{Answer, Member},
        picture::png,
        server::Server,
    },
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
    bob.reload().await; // now the server renders the rows
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

/// Short enough for every field: a label has 24 characters.
const SHORT: &str = "<img src=x onerror=a()>";

/// Puts it wherever words are kept, and leads by pages that show them.
async fn sown(server: &Server) -> (Member, Member, Vec<String>) {
    let (admin, bob) = (server.admin("founder").await, server.member("bob").await);
    let eve = server.member("eve").await;
    let evil = "\"><svg onload=alert(1)><img src=x onerror=alert(1)>";
    for member in [&admin, &bob, &eve] {
        let body = json!({"nickname": SHORT, "bio": evil, "phone": null});
        member.patch("me", body).await.is(200);
        member.post("me/tokens", json!({"name": SHORT, "scope": "read"})).await.is(201);
    }
    let body = json!({"kind": "public", "name": SHORT, "topic": evil});
    let room = bob.post("rooms", body).await.is(201).room_id();
    admin.post(&format!("rooms/{room}/join"), json!(null)).await.is(200);
    bob.post(&format!("rooms/{room}/commands"), json!({"text": format!("/away {SHORT}")})).await.is(200);
    let upload =
        bob.upload("<img src=x onerror=a()>.png", &png(40, 30, [9, 90, 200])).await.is(201)["upload"]["id"].clone();
    let body = json!({"client_id": "evil", "text": evil, "uploads": [upload]});
    let message = bob.post(&format!("rooms/{room}/messages"), body).await.is(201)["message"]["id"].clone();
    let body = json!({"client_id": "evil", "text": "constructor __proto__ hello", "reply_to": message});
    admin.post(&format!("rooms/{room}/messages"), body).await.is(201);
    let report = json!({"reason": "other", "note": evil});
    admin.post(&format!("messages/{message}/reports"), report).await.is(201);
    admin.put(&format!("contacts/{}", bob.id), json!({"state": "friend"})).await.is(200);
    let picture = admin.upload("a.png", &png(40, 30, [200, 90, 9])).await.is(201)["upload"]["id"].clone();
    let body = json!({"title": SHORT, "text": evil, "alt": evil, "upload": picture});
    let version = admin.post("admin/announcements", body).await.is(201)["announcement"]["id"].clone();
    admin.post(&format!("admin/announcements/{version}/publish"), json!(null)).await.is(200);
    let preset = json!({"label": SHORT, "text": evil});
    admin.post("admin/presets", preset).await.is(201);
    admin.post("admin/invites", json!({"note": SHORT})).await.is(201);
    admin.put(&format!("admin/users/{}/ban", eve.id), json!({"reason": evil})).await.is(200);
    admin.patch("admin/settings", json!({"site_name": SHORT})).await.is(200);
    // What the browser calls itself stands in the list of sessions.
    let login = server.guest();
    let body = json!({"username": "founder", "password": PASSWORD});
    Answer::to(login.request(reqwest::Method::POST, "login").header("user-agent", evil).json(&body)).await.is(200);
    let pages = [
        format!("/r/{room}"),
        "/account/".into(),
        "/announcement/".into(),
        "/search?q=img".into(),
        format!("/search?q=img&room={room}"),
        "/admin/".into(),
        "/admin/users/".into(),
        format!("/admin/users/{}/", eve.id),
        format!("/admin/users/{}/", bob.id),
        "/admin/audit/".into(),
        "/admin/rooms/".into(),
        format!("/admin/rooms/{room}/"),
        format!("/admin/rooms/{room}/owner"),
        "/admin/messages/?q=img".into(),
        "/admin/reports/".into(),
        "/admin/announcement/".into(),
        "/admin/presets/".into(),
        "/admin/invites/".into(),
        "/admin/settings/".into(),
        "/nothing<img%20src=x>".into(),
        "/api/".into(),
    ];
    (admin, bob, pages.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_in_whatever_is_stored_stays_text_on_every_page() {
    let server = Server::start();
    let (admin, bob, pages) = sown(&server).await;
    let tab = Tab::of(&server, &admin, DESKTOP).await;
    let mut shown = 0;
    for page in &pages {
        tab.goto(page).await;
        tab.see("body").await;
        is_harmless(&tab).await;
        let says = "return document.body.textContent.includes('<img src=x') || document.title.includes('<img src=x')";
        shown += usize::from(tab.run(says).await == json!(true));
        assert_eq!(
            tab.sins().await.into_iter().filter(|sin| !sin.contains("404")).collect::<Vec<_>>(),
            Vec::<String>::new(),
            "{page}"
        );
    }
    assert!(shown >= pages.len() - 3, "the words are shown on {shown} of {} pages", pages.len());
    // Live: what comes by the socket is drawn by the script, and the tab is named after it.
    tab.goto(&pages[0]).await;
    tab.hears("hello").await;
    bob.say(
        bob.get("rooms").await["rooms"]
            .as_array()
            .unwrap()
            .iter()
            .map(|room| room["id"].as_i64().unwrap())
            .max()
            .unwrap(),
        SHORT,
    )
    .await;
    tab.hears(SHORT).await;
    is_harmless(&tab).await;
    tab.close().await;
    // And to who is not logged in, in the name of the site.
    let guest = Tab::open(&server, DESKTOP).await;
    for page in ["/login/", "/register/"] {
        guest.goto(page).await;
        is_harmless(&guest).await;
    }
    guest.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_mean_something_to_a_script_are_names_like_others() {
    let server = Server::start();
    let names = ["constructor", "valueOf", "hasOwnProperty"];
    let mut members = Vec::new();
    for name in names {
        members.push(server.member(name).await);
    }
    let tab = Tab::register(&server, "ann").await;
    let lobby = members[0].lobby().await;
    for (member, name) in members.iter().zip(names) {
        let message = member.say(lobby, &format!("I am {name}, @{name} __proto__")).await["id"].clone();
        tab.hears(&format!("I am {name}")).await;
        members[0]
            .call(reqwest::Method::PUT, &format!("messages/{message}/reactions/%F0%9F%91%8D"), json!(null))
            .await
            .is(200);
    }
    members[1].make_room("public", "__proto__").await;
    tab.read(".message-author", "hasOwnProperty").await;
    tab.say("@constructor toString").await;
    tab.hears("@constructor toString").await;
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
