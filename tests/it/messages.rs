//! Messages: parsed once, stored once, and changed for everybody.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{client::Answer, frame::numbers, fresh_id, server::Server};

#[tokio::test]
async fn a_message_reaches_history_and_sockets_whichever_way_it_came() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let mut tab = bob.connect().await;
    let ack = ann.connect().await.say(lobby, "over the socket").await;
    let stored = ann.say(lobby, "over http").await;
    let (one, two) = (tab.next("message").await, tab.next("message").await);
    assert_eq!((&one["message"]["id"], &one["message"]["seq"], &one["rev"]), (&ack["id"], &ack["seq"], &ack["rev"]));
    assert_eq!(two["message"], stored, "the same bytes for every reader");
    assert_eq!(ann.page(lobby, "").await.messages(), [one["message"].clone(), stored.clone()]);
    assert_eq!(bob.get(&format!("messages/{}", stored["id"])).await.is(200)["message"], stored);
    assert_eq!((&stored["sender"]["id"], &stored["kind"]), (&json!(ann.id), &json!("text")));
}

#[tokio::test]
async fn text_is_parsed_once_and_never_becomes_markup() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let table = [
        ("hello **there**", json!(["hello ", {"type": "bold", "spans": ["there"]}])),
        ("*so* it is", json!([{"type": "italic", "spans": ["so"]}, " it is"])),
        ("~~no~~", json!([{"type": "strike", "spans": ["no"]}])),
        ("`x + 1`", json!([{"type": "code", "text": "x + 1"}])),
        ("```rust\nlet x = 1;\n```", json!([{"type": "code_block", "text": "let x = 1;\n", "lang": "rust"}])),
        ("one\ntwo", json!(["one", {"type": "break"}, "two"])),
        ("@ann", json!([{"type": "mention", "user": ann.id, "name": "ann"}])),
        ("<b>bold</b>", json!(["<b>bold</b>"])),
    ];
    for (text, spans) in table {
        let message = ann.say(lobby, text).await;
        assert_eq!((&message["text"], &message["spans"]), (&json!(text), &spans));
    }
    let link = ann.say(lobby, "see https://example.org/a?b=c ok").await["spans"].to_string();
    assert!(link.contains(r#""type":"link""#) && link.contains(r#""url":"https://example.org/a?b=c""#), "{link}");
    let traps = [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\nscript:alert(1))",
        "[x](data:text/html,x)",
        "[x](vbscript:x)",
        "![x](https://evil.example/track.png)",
        "<javascript:alert(1)>",
        "[x](&#106;avascript:alert(1))",
        "[x](file:///etc/passwd)",
    ];
    for text in traps {
        let spans = ann.say(lobby, text).await["spans"].to_string();
        for scheme in ["javascript", "data", "vbscript", "file"] {
            assert!(!spans.to_ascii_lowercase().contains(&format!("\"url\":\"{scheme}:")), "{text} gave {spans}");
        }
        assert!(!spans.contains("\"type\":\"image\""), "{text} gave {spans}");
    }
}

#[tokio::test]
async fn deeply_nested_text_is_bounded() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let mut tab = ann.connect().await;
    for sign in ["[", ">", "*", "_a", "`", "- ", "![](", "~~x", "((", "<a "] {
        let text: String = sign.chars().cycle().take(4000).collect();
        let answer = tab.ask(json!({"type": "send", "room": lobby, "text": text})).await;
        assert!(answer["type"] == "ack" || answer["code"] == "invalid", "{sign}: {answer}");
    }
    ann.page(lobby, "").await.is(200);
}

#[tokio::test]
async fn a_text_has_its_limits() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let mut tab = ann.connect().await;
    for good in [
        "a".repeat(4000),
        "字".repeat(4000),
        "two\nlines\tand a tab".to_owned(),
        "🎉".to_owned(),
        "\u{10ffff}x".to_owned(),
    ] {
        assert_eq!(ann.say(lobby, &good).await["text"], good);
    }
    let long = "a".repeat(4001);
    for bad in ["", &long, "a\u{0}b", "a\u{1}b", "a\u{1b}[31mb", "a\u{7f}b", "a\u{85}b"] {
        ann.send(lobby, &fresh_id(), bad).await.refuses(422, "invalid");
        tab.refuses(json!({"type": "send", "room": lobby, "text": bad}), "invalid").await;
    }
    assert_eq!(ann.page(lobby, "").await.messages().len(), 5);
}

#[tokio::test]
async fn a_client_id_has_its_form() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let mut tab = ann.connect().await;
    ann.send(lobby, &"x".repeat(64), "fine").await.is(201);
    ann.send(lobby, "A-Z_09", "fine").await.is(201);
    for bad in ["", &"x".repeat(65), "a b", "a\u{0}b", "é", "a/b", "a\nb"] {
        ann.send(lobby, bad, "hello").await.refuses(422, "invalid");
        tab.send(json!({"type": "send", "client_id": bad, "room": lobby, "text": "hello"})).await;
        let error = tab.next("error").await;
        assert_eq!(error["code"], "invalid", "{bad:?}: {error}");
    }
}

#[tokio::test]
async fn a_send_repeated_any_way_is_stored_once() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let mut tab = ann.connect().await;
    let frame = json!({"type": "send", "client_id": "mine", "room": lobby, "text": "once"});
    tab.send(frame.clone()).await;
    let first = tab.expect_ack("mine").await;
    tab.send(frame).await;
    assert_eq!(tab.expect_ack("mine").await, first);
    let again = ann.send(lobby, "mine", "once").await.is(200);
    assert_eq!(again["message"]["id"], first["id"]);
    let other_device = ann.other_device().await;
    assert_eq!(other_device.send(lobby, "mine", "once").await.is(200)["message"], again["message"]);
    assert_eq!(ann.page(lobby, "").await.messages(), [again["message"].clone()]);
    assert_eq!(ann.room(lobby).await["rev"], 1);
}

#[tokio::test]
async fn twenty_copies_of_one_send_at_once_are_one_message() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let answers = join_all((0..20).map(|_| ann.send(lobby, "mine", "once"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 19);
    assert!(answers.iter().all(|answer| answer["message"] == answers[0]["message"]));
    assert_eq!(ann.page(lobby, "").await.messages().len(), 1);
}

#[tokio::test]
async fn a_client_id_used_for_something_else_is_refused() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let room = ann.make_room("private", "other").await;
    let mut tab = ann.connect().await;
    let first = ann.send(lobby, "mine", "once").await.is(201);
    ann.send(lobby, "mine", "twice").await.refuses(409, "client_id_reused");
    ann.send(room, "mine", "once").await.refuses(409, "client_id_reused");
    for (room, text) in [(lobby, "twice"), (room, "once")] {
        tab.send(json!({"type": "send", "client_id": "mine", "room": room, "text": text})).await;
        let error = tab.answer("mine").await;
        assert_eq!((&error["code"], &error["retry"]), (&json!("client_id_reused"), &json!("never")), "{error}");
    }
    bob.send(lobby, "mine", "twice").await.is(201);
    let id = first["message"]["id"].clone();
    ann.patch(&format!("messages/{id}"), json!({"text": "edited"})).await.is(200);
    let again = ann.send(lobby, "mine", "once").await.is(200);
    assert_eq!(again["message"]["text"], "edited", "today's state of what was sent first");
    ann.send(lobby, "mine", "edited").await.refuses(409, "client_id_reused");
    ann.delete(&format!("messages/{id}")).await.is(200);
    let again = ann.send(lobby, "mine", "once").await.is(200);
    assert!(again["message"]["deleted_at"].is_string(), "{}", again.body);
    ann.send(lobby, "mine", "").await.any_of(&[409, 422]);
}

#[tokio::test]
async fn what_a_client_says_about_time_sender_or_number_does_not_count() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    for (field, value) in
        [("sender", json!(bob.id)), ("seq", json!(900)), ("created_at", json!("2000-01-01T00:00:00Z"))]
    {
        let mut body = json!({"client_id": fresh_id(), "text": "hello"});
        body[field] = value.clone();
        ann.post(&format!("rooms/{lobby}/messages"), body).await.any_of(&[400, 422]);
        let mut frame = json!({"type": "send", "room": lobby, "text": "hello"});
        frame[field] = value;
        let ack = ann.connect().await.ask(frame).await;
        assert_eq!(ack["type"], "ack", "a socket ignores fields it does not know: {ack}");
    }
    let page = ann.page(lobby, "").await;
    assert_eq!(numbers(page.messages(), "seq"), [1, 2, 3]);
    assert!(page.messages().iter().all(|message| message["sender"]["id"] == ann.id));
}

#[tokio::test]
async fn my_message_is_edited_for_everybody() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let (mut anns, mut bobs) = (ann.connect().await, bob.connect().await);
    let first = anns.say(lobby, "helo").await;
    bobs.message("helo").await;
    let ack = anns.ask(json!({"type": "edit", "id": first["id"], "text": "hello **all**"})).await;
    assert_eq!((&ack["seq"], &ack["rev"]), (&first["seq"], &json!(first["rev"].as_i64().unwrap() + 1)), "{ack}");
    let heard = bobs.message("hello **all**").await;
    assert!(heard["message"]["edited_at"].is_string());
    assert_eq!(heard["message"]["spans"], json!(["hello ", {"type": "bold", "spans": ["all"]}]));
    let again = ann.patch(&format!("messages/{}", first["id"]), json!({"text": "hello again"})).await.is(200);
    assert_eq!((&again["message"]["id"], &again["message"]["rev"]), (&first["id"], &json!(3)));
    for bad in ["", "a\u{0}b", &"a".repeat(4001)] {
        ann.patch(&format!("messages/{}", first["id"]), json!({"text": bad})).await.is(422);
        anns.refuses(json!({"type": "edit", "id": first["id"], "text": bad}), "invalid").await;
    }
}

#[tokio::test]
async fn a_deleted_message_leaves_no_word_anywhere() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let (mut anns, mut bobs) = (ann.connect().await, bob.connect().await);
    let first = anns.say(lobby, "regretted words @bob").await;
    bobs.message("regretted words @bob").await;
    let ack = anns.ask(json!({"type": "delete", "id": first["id"]})).await;
    assert_eq!((&ack["type"], &ack["seq"], &ack["rev"]), (&json!("ack"), &first["seq"], &json!(2)));
    let heard = bobs.next("message").await;
    assert_eq!((&heard["message"]["id"], &heard["message"]["text"]), (&first["id"], &json!("")));
    assert_eq!(heard["message"]["spans"], json!([]));
    assert!(heard["message"]["deleted_at"].is_string());
    let twice = ann.delete(&format!("messages/{}", first["id"])).await.is(200);
    assert_eq!(twice["message"], heard["message"], "deleting twice changes nothing");
    ann.patch(&format!("messages/{}", first["id"]), json!({"text": "back"})).await.refuses(409, "gone");
    anns.refuses(json!({"type": "edit", "id": first["id"], "text": "back"}), "gone").await;
    let places = [
        bob.page(lobby, "").await.body,
        bob.changes(lobby, "after=0").await.body,
        bob.get(&format!("messages/{}", first["id"])).await.body,
        bob.get("rooms").await.body,
        bob.get(&format!("/r/{lobby}")).await.is(200).body,
        bob.connect().await.hello.to_string(),
    ];
    for place in places {
        assert!(!place.contains("regretted"), "{place}");
    }
    assert_eq!(bob.room(lobby).await["my"]["mentions"], 0, "nobody is mentioned any more");
}

#[tokio::test]
async fn others_leave_my_message_alone() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let admin = server.admin("founder").await;
    let lobby = ann.lobby().await;
    let message = ann.say(lobby, "mine").await;
    let path = format!("messages/{}", message["id"]);
    for person in [&bob, &admin] {
        person.patch(&path, json!({"text": "yours"})).await.refuses(403, "forbidden");
        person.delete(&path).await.refuses(403, "forbidden");
        let mut tab = person.connect().await;
        tab.refuses(json!({"type": "edit", "id": message["id"], "text": "yours"}), "forbidden").await;
        tab.refuses(json!({"type": "delete", "id": message["id"]}), "forbidden").await;
    }
    assert_eq!(bob.get(&path).await["message"], message);
}

#[tokio::test]
async fn too_many_messages_are_refused_with_the_time_to_wait() {
    let server = Server::setup().limits().start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let (mut one, mut two) = (ann.connect().await, ann.connect().await);
    let mut stored = 0;
    let refusal = loop {
        let tab = if stored % 2 == 0 { &mut one } else { &mut two };
        let answer = tab.ask(json!({"type": "send", "room": lobby, "text": "hurry"})).await;
        if answer["type"] == "error" {
            break answer;
        }
        stored += 1;
        assert!(stored < 40, "several sockets are one person, and nobody stops her");
    };
    assert_eq!((&refusal["code"], &refusal["retry"]), (&json!("rate_limited"), &json!("later")));
    assert!(refusal["retry_after"].as_f64().is_some_and(|seconds| seconds > 0.0), "{refusal}");
    let over_http: Answer = ann.send(lobby, &fresh_id(), "hurry").await;
    if over_http.status == 429 {
        assert!(!over_http.header("retry-after").is_empty());
    } else {
        over_http.is(201);
        stored += 1;
    }
    assert_eq!(ann.room(lobby).await["last_seq"], stored, "what was refused is not stored");
}
