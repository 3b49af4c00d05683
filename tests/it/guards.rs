//! Bounds: on what one person may ask, on what one answer may weigh, and on what a page loads.

use std::{
    collections::BTreeSet,
    io::Write as _,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use futures_util::future::join_all;
use serde_json::json;
use url::Url;

use crate::support::{
    DEADLINE, PASSWORD,
    client::Member,
    eventually,
    frame::{has, numbers},
    server::Server,
    socket::Socket,
};

#[tokio::test]
async fn a_person_changes_thirty_things_at_once_and_then_five_a_second() {
    let server = Server::setup().limits().start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let (start, mut granted) = (Instant::now(), 0);
    let refusal = loop {
        let answers = join_all((0..20).map(|_| ann.patch("me", json!({"bio": "busy"})))).await;
        granted += answers.iter().filter(|answer| answer.status == 200).count();
        if let Some(refusal) = answers.into_iter().find(|answer| answer.status != 200) {
            break refusal.refuses(429, "rate_limited");
        }
        assert!(start.elapsed() < DEADLINE, "{granted} changes, and nobody stops her");
    };
    let refilled = (start.elapsed().as_secs_f64() * 5.0).ceil();
    assert!(granted >= 30, "refused after {granted}");
    assert!((granted as f64) <= 30.0 + refilled, "{granted} in {:?}", start.elapsed());
    let wait = refusal["retry_after"].as_f64().unwrap();
    assert!(wait > 0.0 && wait <= 0.2, "{}", refusal.body);
    assert_eq!(refusal.header("retry-after"), "1", "whole seconds, and not 0");
    ann.get("me").await.is(200);
    bob.patch("me", json!({"bio": "calm"})).await.is(200);
    eventually("the next one passes", async || ann.patch("me", json!({"bio": "calm"})).await.status == 200).await;
}

#[tokio::test]
async fn a_persons_typing_is_told_every_two_seconds_at_most() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("crew", &[&bob]).await;
    let (mut anns, mut bobs) = (ann.connect().await, bob.connect().await);
    let (start, mut told) = (Instant::now(), 0);
    // She types all the time; each answered frame comes after what bob is to hear of the typing before it.
    while told < 3 {
        anns.send(json!({"type": "typing", "room": room})).await;
        anns.ask(json!({"type": "read", "room": room, "seq": 0})).await;
        bobs.ask(json!({"type": "read", "room": room, "seq": 0})).await;
        told = bobs.heard().iter().filter(|frame| frame["type"] == "typing").count();
        let gaps = u32::try_from(told.saturating_sub(1)).unwrap();
        assert!(start.elapsed() >= Duration::from_secs(2) * gaps, "{told} times within {:?}", start.elapsed());
        assert!(start.elapsed() < DEADLINE, "told {told} times, and then no more");
    }
}

/// A room in which somebody has said so many things of this kind, and a socket of another member.
async fn after_talk(server: &Server, texts: &[String]) -> (Member, i64, Socket) {
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("crew", &[&bob]).await;
    let tab = bob.connect().await;
    talk(&ann, room, texts).await;
    (ann, room, tab)
}

async fn talk(author: &Member, room: i64, texts: &[String]) {
    let mut tab = author.connect().await;
    for text in texts {
        tab.say(room, text).await;
    }
}

#[tokio::test]
async fn a_resume_gives_two_hundred_frames_and_names_what_is_beyond() {
    let server = Server::start();
    let texts: Vec<_> = (1..=201).map(|number| format!("number {number}")).collect();
    let (ann, room, _listener) = after_talk(&server, &texts).await;
    let lobby = ann.lobby().await;
    talk(&ann, lobby, &texts[..1]).await;
    let mut tab = ann.connect().await;
    let ack = tab.ask(json!({"type": "resume", "rooms": {room.to_string(): 0}})).await;
    assert_eq!(ack["fetch"], json!([room]), "201 are too many");
    let ack = tab.ask(json!({"type": "resume", "rooms": {room.to_string(): 2, lobby.to_string(): 0}})).await;
    assert_eq!(ack["fetch"], json!([]), "199 and 1 are not");
    let mut tab = ann.connect().await;
    let ack = tab.ask(json!({"type": "resume", "rooms": {room.to_string(): 1, lobby.to_string(): 0}})).await;
    let fetch = ack["fetch"].as_array().unwrap();
    assert_eq!(fetch.len(), 1, "200 and 1 are too many together: {ack}");
    let (given, expected) = if fetch[0] == room { (lobby, 1..=1) } else { (room, 2..=201) };
    let mut revs = Vec::new();
    for _ in expected.clone() {
        let frame = tab.take("what was missed", |frame| frame["type"] == "message" && frame["room"] == given).await;
        revs.push(frame["rev"].as_i64().unwrap());
    }
    assert_eq!(revs, expected.collect::<Vec<_>>());
    assert!(!has(&json!(tab.heard()), "room", fetch[0].clone()), "what is to be fetched is not sent too");
}

#[tokio::test]
async fn a_resume_gives_two_hundred_kibibytes_and_names_what_is_beyond() {
    let server = Server::start();
    // Text and spans: 24,000 bytes a message and a little more, so that eight fit and nine do not.
    let texts: Vec<_> = (1..=9).map(|number| format!("{number}{}", "字".repeat(3_999))).collect();
    let (ann, room, _listener) = after_talk(&server, &texts).await;
    let mut tab = ann.connect().await;
    let ack = tab.ask(json!({"type": "resume", "rooms": {room.to_string(): 0}})).await;
    assert_eq!(ack["fetch"], json!([room]));
    assert!(tab.heard().iter().all(|frame| frame["type"] != "message"), "nothing of a room that is to be fetched");
    let ack = tab.ask(json!({"type": "resume", "rooms": {room.to_string(): 1}})).await;
    assert_eq!(ack["fetch"], json!([]));
    let mut heard = Vec::new();
    for _ in 2..=9 {
        heard.push(tab.next("message").await);
    }
    assert_eq!(numbers(&heard, "rev"), (2..=9).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_printed_link_is_dead_once_an_admin_was_made_by_command() {
    let server = Server::start();
    let claim = |name: &str| {
        let body = json!({"token": server.setup_token(), "username": name, "password": PASSWORD});
        let guest = server.guest();
        async move { guest.post("setup", body).await }
    };
    let added = server.command(&["user", "add", "clerk"], &format!("{PASSWORD}\n"));
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let added = server.command(&["user", "add", "boss", "--role", "admin"], &format!("{PASSWORD}\n"));
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    claim("intruder").await.refuses(403, "setup_closed");
    server.guest().try_login("intruder", PASSWORD).await.is(401);
    server.guest().try_login("boss", PASSWORD).await.is(200);
}

#[tokio::test]
async fn a_plain_member_made_by_command_leaves_the_link_alive() {
    let server = Server::start();
    let added = server.command(&["user", "add", "clerk"], &format!("{PASSWORD}\n"));
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    server.admin("founder").await;
}

#[tokio::test]
async fn a_nickname_is_found_by_every_way_to_write_it() {
    let server = Server::start();
    let ann = server.member("ann_lee").await;
    let names = [
        ("Straße", ["STRASSE", "strasse", "straße"]),
        ("Ｗｉｄｅ", ["wide", "WIDE", "ｗｉｄｅ"]),
        ("Zoe\u{301}", ["ZOÉ", "zoé", "Zoe\u{301}"]),
        ("ΟΔΟΣ", ["οδος", "οδοσ", "ΟΔΟΣ"]),
        ("许安", ["许安", "许", "安"]),
    ];
    for (number, (nickname, words)) in names.into_iter().enumerate() {
        let person = server.member(&format!("person_{number}")).await;
        person.patch("me", json!({"nickname": nickname})).await.is(200);
        for word in words {
            let answer = ann.get(&format!("users?q={word}")).await.is(200);
            assert_eq!(numbers(answer["users"].as_array().unwrap(), "id"), [person.id], "{word} for {nickname}");
        }
    }
}

/// Styles that a page waits for, and scripts that it runs at once.
const STYLES: usize = 14 * 1024;
const SCRIPTS: usize = 40 * 1024;
const MODULES: usize = 12;

#[tokio::test]
async fn the_chat_page_loads_little_at_once() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let page = ann.get(&format!("/r/{}", ann.lobby().await)).await.is(200).body;
    let base: Url = server.site().origin().parse().unwrap();
    let styles: BTreeSet<Url> = tags(&page, "link", "rel=\"stylesheet\"", "href").map(|path| at(&base, path)).collect();
    let preloaded: BTreeSet<Url> =
        tags(&page, "link", "rel=\"modulepreload\"", "href").map(|path| at(&base, path)).collect();
    let roots: Vec<Url> = tags(&page, "script", "type=\"module\"", "src").map(|path| at(&base, path)).collect();
    assert!(!styles.is_empty() && !roots.is_empty(), "{page}");
    let mut weight = 0;
    for style in &styles {
        let text = ann.get(style.path()).await.is(200).body;
        assert!(!text.contains("@import"), "{style} makes the page wait for another");
        weight += packed(&text);
    }
    assert!(weight <= STYLES, "styles weigh {weight} bytes");

    let (mut modules, mut weight) = (BTreeSet::new(), 0);
    let mut open = roots.clone();
    while let Some(module) = open.pop() {
        if modules.insert(module.clone()) {
            let text = ann.get(module.path()).await.is(200).body;
            weight += packed(&text);
            open.extend(static_imports(&text).map(|path| at(&module, path)));
        }
    }
    assert!(weight <= SCRIPTS, "scripts weigh {weight} bytes");
    assert!(modules.len() <= MODULES, "{} modules: {modules:?}", modules.len());
    modules.retain(|module| !roots.contains(module));
    assert_eq!(preloaded, modules, "what is loaded at once is loaded side by side, and nothing else");
}

fn at(base: &Url, path: &str) -> Url {
    base.join(path).unwrap()
}

/// One attribute of every tag with this name that contains a mark.
fn tags<'a>(page: &'a str, name: &str, mark: &str, attribute: &str) -> impl Iterator<Item = &'a str> {
    let (open, start) = (format!("<{name} "), format!("{attribute}=\""));
    let tags: Vec<_> = page.split(&open).skip(1).filter_map(|rest| rest.split('>').next()).collect();
    let marked = tags.into_iter().filter(|tag| tag.contains(mark)).collect::<Vec<_>>();
    let value = move |tag: &'a str| tag.split(&start).nth(1)?.split('"').next();
    marked.into_iter().filter_map(value)
}

/// What a module names behind `import … from` or `import '…'`; `import(…)` waits until it is needed.
fn static_imports(text: &str) -> impl Iterator<Item = &str> {
    let statements = text.split('\n').filter(|line| {
        let line = line.trim_start();
        line.starts_with("import ")
            || line.starts_with("} from ")
            || (line.starts_with("export ") && line.contains(" from "))
    });
    statements.filter_map(|line| line.split(['"', '\'']).nth(1))
}

/// Its weight in bytes as it travels.
fn packed(text: &str) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap().len()
}
