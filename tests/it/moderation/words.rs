//! Words that are not wanted: made unreadable or refused, in new messages and in edits, from the moment the setting changes.

use serde_json::{Value, json};

use super::{says, words};
use crate::support::{
    client::Member,
    doors::{Act, DOORS, Door, Person},
    fresh_id,
    server::Server,
};

struct Hall {
    server: Server,
    admin: Member,
    ann: Person,
    bob: Person,
    lobby: i64,
}

impl Hall {
    async fn open() -> Self {
        let server = Server::start();
        let admin = server.admin("founder").await;
        let (ann, bob) = (server.member("ann").await, server.member("bob").await);
        let lobby = ann.lobby().await;
        Self { server, admin, ann: Person::of(ann).await, bob: Person::of(bob).await, lobby }
    }

    async fn filters(&self, how: &str, words: &[&str]) {
        self.admin.patch("admin/settings", json!({"word_filter": how, "words": words})).await.is(200);
    }

    async fn stored(&self, id: i64) -> Value {
        self.bob.get(&format!("messages/{id}")).await.is(200)["message"].clone()
    }
}

#[tokio::test]
async fn masked_words_are_stored_and_shown_as_stars() {
    let mut hall = Hall::open().await;
    hall.filters("mask", &["damn", "坏蛋"]).await;
    let lobby = hall.lobby;
    for door in DOORS {
        let id = says(&mut hall.ann, door, lobby, "**Damn** it, 大坏蛋 @bob").await;
        let heard = hall.bob.tab.take("her words", |frame| frame["message"]["id"] == id).await["message"].clone();
        assert_eq!(heard["text"], "******** it, 大** @bob");
        let spans = heard["spans"].to_string();
        assert!(spans.starts_with(r#"[{"type":"bold","spans":["****"]}," it, 大** "#), "{spans}");
        assert!(spans.contains(r#""user":"#), "the mention is one still: {spans}");
        assert_eq!(hall.stored(id).await["text"], heard["text"]);
        hall.ann.does(door, Act::Edit(id, "no, DAMN it")).await;
        assert_eq!(hall.stored(id).await["text"], "no, **** it");
    }
    assert!(hall.bob.get("search?q=damn").await.is(200)["hits"].as_array().unwrap().is_empty(), "nor is it found");
    assert_eq!(hall.server.database().places_of(&hall.server.data(), "Damn"), Vec::<String>::new());
}

#[tokio::test]
async fn refused_words_are_not_sent_and_not_named() {
    let mut hall = Hall::open().await;
    hall.filters("refuse", &["damn", "坏蛋"]).await;
    let lobby = hall.lobby;
    let fine = says(&mut hall.ann, Door::Socket, lobby, "fine words, damnation, 坏 蛋").await;
    for door in DOORS {
        for text in ["damn", "Ｄａｍｎ!", "d\u{200b}amn", "你坏蛋了", "da**mn**", "`damn`"] {
            hall.ann.is_refused(door, Act::Send(lobby, words(text)), "words").await;
            hall.ann.is_refused(door, Act::Edit(fine, text), "words").await;
        }
    }
    let refusal = hall.ann.tab.ask(json!({"type": "send", "room": lobby, "text": "damn"})).await;
    assert!(!refusal["message"].as_str().unwrap().contains("damn"), "{refusal}");
    let form = [("text", "damn by the form"), ("client_id", "form-1")];
    assert!(hall.ann.submit(&format!("/r/{lobby}"), &form).await.is(422).body.contains("damn by the form"));
    assert_eq!(hall.stored(fine).await["edited_at"], Value::Null);
    assert_eq!(hall.ann.room(lobby).await["last_seq"], 1);
}

#[tokio::test]
async fn the_setting_holds_from_the_moment_it_changes() {
    let mut hall = Hall::open().await;
    let lobby = hall.lobby;
    says(&mut hall.ann, Door::Socket, lobby, "damn").await;
    hall.filters("refuse", &["damn"]).await;
    hall.ann.is_refused(Door::Socket, Act::Send(lobby, words("damn")), "words").await;
    hall.filters("refuse", &["drat"]).await;
    says(&mut hall.ann, Door::Socket, lobby, "damn").await;
    hall.ann.is_refused(Door::Socket, Act::Send(lobby, words("drat")), "words").await;
    hall.filters("off", &["drat"]).await;
    says(&mut hall.ann, Door::Socket, lobby, "drat").await;
}

#[tokio::test]
async fn a_repeated_send_is_the_same_one_whatever_became_of_its_words() {
    let mut hall = Hall::open().await;
    let lobby = hall.lobby;
    let bodies: [Value; 3] = ["damn", "damn it", "you damn"].map(|text| json!({"client_id": fresh_id(), "text": text}));
    let first = hall.ann.does(Door::Socket, Act::Send(lobby, bodies[0].clone())).await;
    hall.filters("mask", &["damn"]).await;
    let second = hall.ann.does(Door::Socket, Act::Send(lobby, bodies[1].clone())).await;
    hall.filters("refuse", &["damn"]).await;
    for door in DOORS {
        assert_eq!(hall.ann.does(door, Act::Send(lobby, bodies[0].clone())).await, first);
        assert_eq!(hall.ann.does(door, Act::Send(lobby, bodies[1].clone())).await, second);
        hall.ann.is_refused(door, Act::Send(lobby, bodies[2].clone()), "words").await;
    }
    let other = json!({"client_id": bodies[1]["client_id"], "text": "**** it"});
    hall.ann.is_refused(Door::Socket, Act::Send(lobby, other), "client_id_reused").await;
    assert_eq!(hall.stored(second.id).await["text"], "**** it");
    assert_eq!(hall.stored(first.id).await["text"], "damn", "what was said before stays");
}
