//! Reports of messages by members: once a person and message, by whoever sees it, and no faster than is sensible.

use serde_json::{Value, json};

use crate::support::{frame::id_of, server::Server, workshop::Workshop};

fn spam() -> Value {
    json!({"reason": "spam", "note": "again and again\nand again"})
}

#[tokio::test]
async fn a_member_reports_a_message_once() {
    let shop = Workshop::open().await;
    let id = id_of(&shop.ann.say(shop.room, "buy my watches").await);
    let path = format!("messages/{id}/reports");
    let report = shop.bob.post(&path, spam()).await.is(201)["report"].clone();
    assert_eq!((&report["message"], &report["reason"]), (&json!(id), &json!("spam")));
    assert_eq!(report["note"], "again and again\nand again");
    let again = shop.bob.post(&path, json!({"reason": "abuse"})).await.is(200)["report"].clone();
    assert_eq!(again, report, "the first one stands");
    shop.owner.post(&path, json!({"reason": "other"})).await.is(201);
    assert_eq!(stored(&shop.server), 2);
    let seen = shop.ann.get(&format!("messages/{id}")).await.is(200).body;
    assert!(!seen.contains("report"), "nobody in the room learns of it: {seen}");
}

fn stored(server: &Server) -> i64 {
    server.database().number(&server.data(), "SELECT count(*) AS number FROM reports")
}

#[tokio::test]
async fn what_one_may_not_see_one_does_not_report() {
    let shop = Workshop::open().await;
    let id = id_of(&shop.ann.say(shop.room, "among us").await);
    let stranger = shop.server.member("eve").await;
    let foreign = stranger.post(&format!("messages/{id}/reports"), spam()).await.refuses(404, "not_found");
    let absent = stranger.post("messages/999999/reports", spam()).await.refuses(404, "not_found");
    assert_eq!(foreign.body, absent.body);
    shop.server.guest().post(&format!("messages/{id}/reports"), spam()).await.refuses(401, "session_ended");
    let public = shop.ann.make_room("public", "square").await;
    let open = id_of(&shop.ann.say(public, "for all").await);
    stranger.post(&format!("messages/{open}/reports"), spam()).await.refuses(404, "not_found");
    stranger.post(&format!("rooms/{public}/join"), Value::Null).await.is(200);
    stranger.post(&format!("messages/{open}/reports"), spam()).await.is(201);
    assert_eq!(stored(&shop.server), 1);
}

#[tokio::test]
async fn one_does_not_report_oneself_or_what_is_gone() {
    let shop = Workshop::open().await;
    let mine = id_of(&shop.ann.say(shop.room, "mine").await);
    shop.ann.post(&format!("messages/{mine}/reports"), spam()).await.refuses(409, "self");
    let gone = id_of(&shop.ann.say(shop.room, "gone").await);
    shop.ann.post(&format!("messages/{gone}/recall"), Value::Null).await.is(200);
    shop.bob.post(&format!("messages/{gone}/reports"), spam()).await.refuses(409, "gone");
    assert_eq!(stored(&shop.server), 0);
}

#[tokio::test]
async fn a_report_has_a_reason_and_perhaps_a_short_note() {
    let shop = Workshop::open().await;
    let path = format!("messages/{}/reports", id_of(&shop.ann.say(shop.room, "hm").await));
    for body in [
        json!({}),
        json!({"reason": "dislike"}),
        json!({"reason": "spam", "room": 1}),
        json!({"reason": "dislike", "note": 5}),
    ] {
        shop.bob.post(&path, body.clone()).await.refuses(422, "invalid");
    }
    for note in ["x".repeat(501), "a\0b".to_owned(), "\u{1b}[31m".to_owned()] {
        shop.bob.post(&path, json!({"reason": "other", "note": note})).await.refuses(422, "invalid");
    }
    shop.bob.post(&path, json!({"reason": "other", "note": "举".repeat(500)})).await.is(201);
}

#[tokio::test]
async fn ten_reports_an_hour_and_a_repetition_counts_for_nothing() {
    let server = Server::setup().limits().start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let mut ids = Vec::new();
    for number in 0..11 {
        // Faster than members may write.
        let sql = format!(
            "INSERT INTO messages (room_id, seq, rev, sender_id, client_id, body_hash, kind, text, spans, created_at) \
             VALUES ({lobby}, {number} + 1, {number} + 1, {}, 'c{number}', '', 'text', 'x', '[\"x\"]', '2026-01-01 00:00:00.000000')",
            ann.id
        );
        server.database().execute(&server.data(), &sql);
        let newest = "SELECT max(id) AS number FROM messages";
        ids.push(server.database().number(&server.data(), newest));
    }
    for id in &ids[..10] {
        bob.post(&format!("messages/{id}/reports"), spam()).await.is(201);
    }
    bob.post(&format!("messages/{}/reports", ids[0]), spam()).await.is(200);
    let refusal = bob.post(&format!("messages/{}/reports", ids[10]), spam()).await.refuses(429, "rate_limited");
    assert!(refusal["retry_after"].as_f64().unwrap() > 60.0, "{}", refusal.body);
}

#[tokio::test]
async fn an_erased_room_takes_its_reports_along() {
    let shop = Workshop::open().await;
    let id = id_of(&shop.ann.say(shop.room, "soon gone").await);
    shop.bob.post(&format!("messages/{id}/reports"), spam()).await.is(201);
    shop.owner.delete(&format!("rooms/{}", shop.room)).await.is(204);
    shop.bob.post(&format!("messages/{id}/reports"), spam()).await.refuses(404, "not_found");
    crate::support::eventually("the reports go", async || stored(&shop.server) == 0).await;
}
