//! Answers to a message: they name it, and nothing more, so that whatever becomes of it is seen in every quote.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    doors::{Act, DOORS, Done, Door, Person},
    frame::{has, id_of, with_id},
    fresh_id,
    server::Server,
};

/// Two people in the lobby.
async fn pair(server: &Server) -> (Person, Person, i64) {
    let (ann, bob) = (Person::of(server.member("ann").await).await, Person::of(server.member("bob").await).await);
    let lobby = ann.lobby().await;
    (ann, bob, lobby)
}

fn reply(to: impl Into<Value>) -> Value {
    json!({"text": "an answer", "reply_to": to.into()})
}

#[tokio::test]
async fn an_answer_names_the_message_it_answers() {
    let server = Server::start();
    let (mut ann, mut bob, lobby) = pair(&server).await;
    ann.say(lobby, "something before").await;
    let question = ann.say(lobby, "a question").await;
    assert_eq!(question["reply_to"], Value::Null, "{question}");
    for door in DOORS {
        let answer = bob.does(door, Act::Send(lobby, reply(id_of(&question)))).await;
        let named = json!({"id": question["id"], "seq": question["seq"]});
        let heard = ann.tab.take("the answer", |frame| frame["message"]["id"] == answer.id).await;
        assert_eq!(heard["message"]["reply_to"], named);
        let page = ann.page(lobby, "").await.is(200);
        assert_eq!(with_id(&page["messages"], answer.id), &heard["message"], "the same bytes for every reader");
        assert_eq!(with_id(&ann.changes(lobby, "after=0").await["messages"], answer.id), &heard["message"]);
        let own = bob.does(door, Act::Send(lobby, reply(answer.id))).await;
        assert_eq!(shown(&bob, own).await["reply_to"]["id"], answer.id, "an answer to an answer, and to oneself");
    }
}

async fn shown(person: &Person, message: Done) -> Value {
    person.get(&format!("messages/{}", message.id)).await.is(200)["message"].clone()
}

#[tokio::test]
async fn what_i_cannot_see_here_is_not_answered_and_not_betrayed() {
    let server = Server::start();
    let (mut ann, mut bob, lobby) = pair(&server).await;
    let hidden = ann.make_room("private", "hidden").await;
    let shared = ann.private_room("shared", &[&bob]).await;
    let secret = id_of(&ann.say(hidden, "nobody's business").await);
    let gone = id_of(&ann.say(hidden, "nobody's business any more").await);
    ann.does(Door::Http, Act::Delete(gone)).await;
    let elsewhere = id_of(&ann.say(shared, "in another room").await);
    let erased = bob.make_room("private", "short lived").await;
    let erased_message = id_of(&bob.say(erased, "short").await);
    bob.delete(&format!("rooms/{erased}")).await.is(204);
    let absent = 999_999;
    let expected =
        bob.post(&format!("rooms/{lobby}/messages"), with_client_id(reply(absent))).await.refuses(422, "invalid");
    let mut in_frame = bob.tab.refuses(send(lobby, reply(absent)), "invalid").await;
    in_frame["ref"] = Value::Null;
    for id in [secret, gone, elsewhere, erased_message, absent, 0, -1, i64::MAX] {
        let answer = bob.post(&format!("rooms/{lobby}/messages"), with_client_id(reply(id))).await;
        assert_eq!((answer.status, &answer.body), (422, &expected.body), "{id}");
        assert_eq!(answer.fields(), expected.fields(), "{id}");
        let mut frame = bob.tab.refuses(send(lobby, reply(id)), "invalid").await;
        frame["ref"] = Value::Null;
        assert_eq!(frame, in_frame, "{id}");
    }
    for door in DOORS {
        bob.is_refused(door, Act::Send(hidden, reply(secret)), "not_found").await;
    }
    for bad in [json!("1"), json!(1.5), json!({"id": 1}), json!([1]), json!(true), json!(u64::MAX)] {
        bob.post(&format!("rooms/{lobby}/messages"), with_client_id(reply(bad.clone()))).await.any_of(&[400, 422]);
        bob.tab.refuses(send(lobby, reply(bad)), "bad_frame").await;
    }
    assert_eq!(ann.page(lobby, "").await.messages().len(), 0, "nothing was stored");
}

fn with_client_id(mut body: Value) -> Value {
    body["client_id"] = json!(fresh_id());
    body
}

fn send(room: i64, mut body: Value) -> Value {
    body["type"] = json!("send");
    body["room"] = json!(room);
    body
}

#[tokio::test]
async fn an_answer_outlives_every_change_of_the_question() {
    let server = Server::start();
    let (mut ann, mut bob, lobby) = pair(&server).await;
    for door in DOORS {
        let question = id_of(&ann.say(lobby, "a question").await);
        let answer = bob.does(door, Act::Send(lobby, reply(question))).await;
        let first = shown(&bob, answer).await;
        ann.does(door, Act::Edit(question, "another question")).await;
        assert_eq!(shown(&bob, answer).await, first, "it is no copy, so nothing of it changes");
        let edited = bob.does(door, Act::Edit(answer.id, "another answer")).await;
        assert_eq!(shown(&bob, edited).await["reply_to"], first["reply_to"], "an edit changes the text alone");
        ann.does(door, Act::Recall(question)).await;
        let after = shown(&bob, answer).await;
        assert_eq!((&after["reply_to"], &after["rev"]), (&first["reply_to"], &json!(edited.rev)));
        let quoted = bob.get(&format!("messages?ids={question}")).await.is(200);
        let quoted = with_id(&quoted["messages"], question);
        assert!(quoted["recalled_at"].is_string() && quoted["text"] == "", "{quoted}");
    }
}

#[tokio::test]
async fn an_answer_is_repeated_only_as_it_was() {
    let server = Server::start();
    let (mut ann, mut bob, lobby) = pair(&server).await;
    for door in DOORS {
        let (one, two) = (id_of(&ann.say(lobby, "one").await), id_of(&ann.say(lobby, "two").await));
        let client_id = fresh_id();
        let body = |to: Value| json!({"client_id": client_id, "text": "an answer", "reply_to": to});
        let first = bob.does(door, Act::Send(lobby, body(json!(one)))).await;
        for again in DOORS {
            assert_eq!(bob.does(again, Act::Send(lobby, body(json!(one)))).await, first);
            for other in [json!(two), Value::Null] {
                bob.is_refused(again, Act::Send(lobby, body(other)), "client_id_reused").await;
            }
            bob.is_refused(
                again,
                Act::Send(lobby, json!({"client_id": client_id, "text": "an answer"})),
                "client_id_reused",
            )
            .await;
        }
        ann.does(door, Act::Recall(one)).await;
        assert_eq!(
            bob.does(door, Act::Send(lobby, body(json!(one)))).await,
            first,
            "what is stored stays acknowledged, whatever became of the question"
        );
        let plain = fresh_id();
        let sent = bob.does(door, Act::Send(lobby, json!({"client_id": plain, "text": "plain"}))).await;
        let null = json!({"client_id": plain, "text": "plain", "reply_to": null});
        assert_eq!(bob.does(door, Act::Send(lobby, null)).await, sent, "null is the same as nothing");
        let late = json!({"client_id": plain, "text": "plain", "reply_to": two});
        bob.is_refused(door, Act::Send(lobby, late), "client_id_reused").await;
    }
}

#[tokio::test]
async fn an_answer_needs_a_text_all_the_same() {
    let server = Server::start();
    let (ann, mut bob, lobby) = pair(&server).await;
    let question = id_of(&ann.say(lobby, "a question").await);
    for door in DOORS {
        bob.is_refused(door, Act::Send(lobby, json!({"text": "", "reply_to": question})), "invalid").await;
    }
}

#[tokio::test]
async fn answers_that_race_the_recall_of_the_question_stand_or_are_refused() {
    let server = Server::start();
    let (ann, bob, lobby) = pair(&server).await;
    for _ in 0..15 {
        let question = id_of(&ann.say(lobby, "a question").await);
        let answers = (0..4).map(|_| Act::Send(lobby, reply(question))).collect::<Vec<_>>();
        let recall = Act::Recall(question);
        let (outcomes, recalled) =
            tokio::join!(join_all(answers.iter().map(|act| bob.requests(act))), ann.requests(&recall));
        let recalled = recalled.unwrap();
        for outcome in outcomes {
            match outcome {
                Ok(done) => assert!(done.rev < recalled.rev, "answered after it was gone"),
                Err(code) => assert_eq!(code, "gone"),
            }
        }
    }
    let head = bob.room(lobby).await;
    let page = bob.changes(lobby, "after=0").await.is(200);
    assert_eq!(page["rev"], head["rev"]);
    assert!(!has(&page["messages"], "text", "a question"));
}
