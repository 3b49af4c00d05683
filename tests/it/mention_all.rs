//! `@all`: a mention of every member, by those who keep the room; from anybody else two harmless words.

use serde_json::{Value, json};

use crate::support::{
    doors::{Act, DOORS, Door},
    frame::{id_of, with_id},
    server::Server,
    workshop::Workshop,
};

impl Workshop {
    /// How often bob is mentioned, as every list says it.
    async fn mentions(&self) -> i64 {
        let count = self.bob.room(self.room).await["my"]["mentions"].clone();
        assert_eq!(with_id(&self.bob.get("rooms").await["rooms"], self.room)["my"]["mentions"], count);
        assert_eq!(with_id(&self.bob.connect().await.hello["rooms"], self.room)["my"]["mentions"], count);
        count.as_i64().unwrap()
    }

    async fn spans(&self, message: i64) -> Value {
        self.bob.get(&format!("messages/{message}")).await.is(200)["message"]["spans"].clone()
    }
}

fn calls_all(spans: &Value) -> bool {
    spans.to_string().contains(r#""type":"mention_all""#)
}

#[tokio::test]
async fn who_keeps_the_room_calls_everybody_in_it() {
    let mut hall = Workshop::open().await;
    let mut expected = 0;
    for door in DOORS {
        for text in ["@all lunch", "lunch, @all!", "**@all**", "@所有人 开会", "开会 @所有人"] {
            let people = [&mut hall.owner, &mut hall.moderator, &mut hall.admin];
            let mut sent = Vec::new();
            for person in people {
                sent.push(person.does(door, Act::Send(hall.room, json!({"text": text}))).await.id);
            }
            for message in sent {
                let spans = hall.spans(message).await;
                assert!(calls_all(&spans), "{text}: {spans}");
                expected += 1;
            }
            assert_eq!(hall.mentions().await, expected, "{text}");
        }
    }
    let alone = id_of(&hall.owner.say(hall.room, "@all").await);
    assert_eq!(hall.spans(alone).await, json!([{"type": "mention_all"}]));
    assert_eq!(hall.ann.room(hall.room).await["my"]["mentions"], expected + 1, "and so is everybody else");
    let eve = hall.server.member("eve").await;
    hall.owner.post(&format!("rooms/{}/members", hall.room), json!({"user": eve.id})).await.is(201);
    assert_eq!(eve.room(hall.room).await["my"]["mentions"], 0, "who comes later was not called");
}

#[tokio::test]
async fn from_a_plain_member_it_is_only_text() {
    let mut hall = Workshop::open().await;
    for door in DOORS {
        for text in ["@all lunch", "@所有人"] {
            let message = hall.ann.does(door, Act::Send(hall.room, json!({"text": text}))).await.id;
            let spans = hall.spans(message).await;
            assert_eq!(spans, json!([text]), "{spans}");
        }
    }
    assert_eq!(hall.mentions().await, 0);
    let lobby = hall.owner.lobby().await;
    hall.owner.say(lobby, "@all of the lobby").await;
    assert_eq!(hall.bob.room(lobby).await["my"]["mentions"], 0, "an owner elsewhere is a plain member here");
    hall.admin.say(lobby, "@all of the lobby").await;
    assert_eq!(hall.bob.room(lobby).await["my"]["mentions"], 1, "the lobby is the admin's to call");
}

#[tokio::test]
async fn words_that_only_look_like_it_call_nobody() {
    let hall = Workshop::open().await;
    for text in ["all", "@ all", "@allan", "@all_of_us", "mail@all", "`@all`", "```\n@all\n```", "@ALLES", "@所有"] {
        let message = id_of(&hall.owner.say(hall.room, text).await);
        let spans = hall.spans(message).await;
        assert!(!calls_all(&spans), "{text}: {spans}");
    }
    assert_eq!(hall.mentions().await, 0);
}

#[tokio::test]
async fn one_message_mentions_a_person_once() {
    let hall = Workshop::open().await;
    hall.owner.say(hall.room, "@all @bob @所有人 @all").await;
    assert_eq!(hall.mentions().await, 1);
    assert_eq!(hall.owner.room(hall.room).await["my"]["mentions"], 0, "what I wrote I have read");
}

#[tokio::test]
async fn an_edit_calls_and_recall_and_deletion_take_it_back() {
    let mut hall = Workshop::open().await;
    for door in DOORS {
        let message = hall.moderator.does(door, Act::Send(hall.room, json!({"text": "lunch"}))).await.id;
        assert_eq!(hall.mentions().await, 0);
        hall.moderator.does(door, Act::Edit(message, "@all lunch")).await;
        assert_eq!((hall.mentions().await, calls_all(&hall.spans(message).await)), (1, true));
        hall.moderator.does(door, Act::Edit(message, "@bob lunch")).await;
        assert_eq!((hall.mentions().await, calls_all(&hall.spans(message).await)), (1, false));
        hall.moderator.does(door, Act::Edit(message, "lunch")).await;
        assert_eq!(hall.mentions().await, 0);
        hall.moderator.does(door, Act::Edit(message, "@所有人 lunch")).await;
        assert_eq!(hall.mentions().await, 1);
        hall.moderator.does(door, Act::Recall(message)).await;
        assert_eq!((hall.mentions().await, hall.spans(message).await), (0, json!([])));
        let other = hall.owner.does(door, Act::Send(hall.room, json!({"text": "@all"}))).await.id;
        assert_eq!(hall.mentions().await, 1);
        hall.owner.does(door, Act::Delete(other)).await;
        assert_eq!(hall.mentions().await, 0);
    }
    let plain = hall.ann.does(Door::Http, Act::Send(hall.room, json!({"text": "lunch"}))).await.id;
    hall.ann.does(Door::Http, Act::Edit(plain, "@all lunch")).await;
    assert_eq!((hall.mentions().await, hall.spans(plain).await), (0, json!(["@all lunch"])), "no way around");
}

#[tokio::test]
async fn reading_counts_the_call_as_heard() {
    let hall = Workshop::open().await;
    hall.owner.say(hall.room, "@all one").await;
    hall.owner.say(hall.room, "@all two").await;
    hall.bob.post(&format!("rooms/{}/read", hall.room), json!({"seq": 1})).await.is(200);
    assert_eq!(hall.mentions().await, 1);
    hall.bob.post(&format!("rooms/{}/read", hall.room), json!({"seq": 2})).await.is(200);
    assert_eq!(hall.mentions().await, 0);
}

#[tokio::test]
async fn nobody_is_called_all() {
    let server = Server::start();
    for name in ["all", "ALL", "所有人"] {
        let body = json!({"username": name, "password": crate::support::PASSWORD});
        server.guest().post("register", body).await.any_of(&[409, 422]);
    }
}
