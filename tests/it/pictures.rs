//! Messages with pictures: one upload is part of one message, whoever asks how often and whatever happens meanwhile.

use std::slice;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    client::Member,
    doors::{Act, DOORS, Door, Person},
    eventually,
    frame::{id_of, pluck},
    fresh_id,
    server::Server,
};

struct Album {
    server: Server,
    room: i64,
    ann: Person,
    bob: Person,
}

impl Album {
    async fn open() -> Self {
        let server = Server::start();
        let (ann, bob) = (server.member("ann").await, server.member("bob").await);
        let room = ann.private_room("album", &[&bob]).await;
        Self { room, ann: Person::of(ann).await, bob: Person::of(bob).await, server }
    }

    /// Pictures that ann uploaded just now.
    async fn pictures(&self, count: usize) -> Vec<Value> {
        join_all((0..count).map(|_| self.ann.picture())).await
    }

    async fn shown(&self, message: i64) -> Value {
        self.bob.get(&format!("messages/{message}")).await.is(200)["message"].clone()
    }

    async fn last_seq(&self) -> i64 {
        self.bob.room(self.room).await["last_seq"].as_i64().unwrap()
    }
}

fn ids<'a>(uploads: impl IntoIterator<Item = &'a Value>) -> Value {
    json!(pluck(uploads, "id"))
}

fn with(text: &str, uploads: Value) -> Value {
    json!({"text": text, "uploads": uploads})
}

#[tokio::test]
async fn text_and_pictures_are_one_message_in_the_senders_order() {
    let mut album = Album::open().await;
    let room = album.room;
    for door in DOORS {
        let made = album.pictures(3).await;
        let order = [made[2].clone(), made[0].clone(), made[1].clone()];
        let sent = album.ann.does(door, Act::Send(room, with("the **cat** @bob", ids(&order)))).await;
        let heard = album.bob.tab.take("the pictures", |frame| frame["message"]["id"] == sent.id).await;
        let message = &heard["message"];
        assert_eq!((&message["kind"], &message["text"]), (&json!("image"), &json!("the **cat** @bob")));
        assert_eq!(message["uploads"], json!(order), "as the upload said, in the order of the send");
        assert_eq!(album.shown(sent.id).await, *message, "the same bytes for every reader");
        assert_eq!(album.bob.page(room, "limit=1").await.messages(), slice::from_ref(message));
        let last = album.bob.room(room).await["last"].clone();
        assert_eq!((&last["images"], &last["text"]), (&json!(3), &json!("the **cat** @bob")), "{last}");
        for upload in &order {
            for url in ["url", "thumb_url"] {
                album.bob.get(upload[url].as_str().unwrap()).await.is(200);
            }
        }
    }
    assert_eq!(album.bob.room(room).await["my"]["mentions"], 2);
}

#[tokio::test]
async fn a_picture_needs_no_text_and_no_picture_needs_one() {
    let mut album = Album::open().await;
    for door in DOORS {
        let made = album.pictures(2).await;
        for body in [with("", ids(&made[..1])), json!({"uploads": ids(&made[1..])})] {
            // A frame without any text is a frame without a field; a request may leave it out.
            if door == Door::Socket && body["text"].is_null() {
                continue;
            }
            let sent = album.ann.does(door, Act::Send(album.room, body)).await;
            let shown = album.shown(sent.id).await;
            assert_eq!((&shown["text"], &shown["spans"], &shown["kind"]), (&json!(""), &json!([]), &json!("image")));
        }
        for body in [with("", json!([])), json!({"text": ""})] {
            album.ann.is_refused(door, Act::Send(album.room, body), "invalid").await;
        }
        let sent = album.ann.does(door, Act::Send(album.room, with("only words", json!([])))).await;
        let shown = album.shown(sent.id).await;
        assert_eq!((&shown["kind"], &shown["uploads"]), (&json!("text"), &json!([])));
    }
    album
        .ann
        .post(&format!("rooms/{}/messages", album.room), json!({"client_id": fresh_id()}))
        .await
        .any_of(&[400, 422]);
}

#[tokio::test]
async fn nine_pictures_are_enough() {
    let mut album = Album::open().await;
    for door in DOORS {
        let made = album.pictures(10).await;
        let before = album.last_seq().await;
        album.ann.is_refused(door, Act::Send(album.room, with("ten", ids(&made))), "invalid").await;
        assert_eq!(album.last_seq().await, before);
        let sent = album.ann.does(door, Act::Send(album.room, with("nine", ids(&made[..9])))).await;
        assert_eq!(album.shown(sent.id).await["uploads"], json!(made[..9]), "the refusal used none up");
    }
}

#[tokio::test]
async fn what_is_not_mine_to_send_is_refused_and_uses_nothing_up() {
    let mut album = Album::open().await;
    for door in DOORS {
        let made = album.pictures(4).await;
        let [good, used, dropped, swept] = &made[..] else { panic!("four") };
        let of_bob = album.bob.picture().await;
        album.ann.does(door, Act::Send(album.room, with("used", ids([used])))).await;
        album.ann.delete(&format!("uploads/{}", dropped["id"].as_str().unwrap())).await.is(204);
        let sql = format!(
            "UPDATE uploads SET created_at = '2020-01-01 00:00:00' WHERE key = '{}'",
            swept["id"].as_str().unwrap()
        );
        album.server.database().execute(&album.server.data(), &sql);
        let absent = json!("AAAAAAAAAAAAAAAAAAAAAA");
        let bad = [of_bob["id"].clone(), used["id"].clone(), dropped["id"].clone(), swept["id"].clone(), absent];
        let before = album.last_seq().await;
        for id in &bad {
            for uploads in [json!([id]), json!([good["id"], id]), json!([id, good["id"]])] {
                album.ann.is_refused(door, Act::Send(album.room, with("with a caption", uploads)), "bad_upload").await;
            }
        }
        let long = "A".repeat(5_000);
        for id in ["", "x", "..", "../../parlor.db", "a\u{0}b", "猫", "' OR 1", &long] {
            let outcome = album.ann.tries(door, &Act::Send(album.room, with("odd", json!([id])))).await;
            assert!([Err("bad_upload".into()), Err("invalid".into())].contains(&outcome), "{id:?}: {outcome:?}");
        }
        let twice = album.ann.tries(door, &Act::Send(album.room, with("twice", json!([good["id"], good["id"]])))).await;
        assert!(
            [Err("bad_upload".into()), Err("invalid".into())].contains(&twice),
            "one upload, two places: {twice:?}"
        );
        for uploads in [json!("x"), json!([1]), json!([null]), json!({"0": "x"}), json!([["x"]])] {
            let mut frame = with("odd", uploads);
            match door {
                Door::Http => {
                    frame["client_id"] = json!(fresh_id());
                    album.ann.post(&format!("rooms/{}/messages", album.room), frame).await.any_of(&[400, 422]);
                }
                Door::Socket => {
                    frame["type"] = json!("send");
                    frame["room"] = json!(album.room);
                    let answer = album.ann.tab.ask(frame).await;
                    assert!(answer["code"] == "bad_frame" || answer["code"] == "invalid", "{answer}");
                }
            }
        }
        assert_eq!(album.last_seq().await, before, "nothing was stored");
        album.ann.does(door, Act::Send(album.room, with("good", ids([good])))).await;
        album.bob.does(door, Act::Send(album.room, with("and his", ids([&of_bob])))).await;
    }
}

#[tokio::test]
async fn anothers_picture_is_refused_like_one_that_does_not_exist() {
    let album = Album::open().await;
    let of_bob = album.bob.picture().await["id"].clone();
    let path = format!("rooms/{}/messages", album.room);
    let body = |id: &Value| json!({"client_id": "same-one", "text": "mine?", "uploads": [id]});
    let hidden = album.ann.post(&path, body(&of_bob)).await.refuses(422, "bad_upload");
    let absent = album.ann.post(&path, body(&json!("AAAAAAAAAAAAAAAAAAAAAA"))).await.refuses(422, "bad_upload");
    assert_eq!((&hidden.body, hidden.fields()), (&absent.body, absent.fields()));
}

#[tokio::test]
async fn a_repeated_send_with_pictures_is_stored_once() {
    let mut album = Album::open().await;
    for door in DOORS {
        let made = album.pictures(3).await;
        let client_id = fresh_id();
        let body = |uploads: Value| json!({"client_id": client_id, "text": "look", "uploads": uploads});
        let sent = album.ann.does(door, Act::Send(album.room, body(ids(&made[..2])))).await;
        for again in DOORS {
            assert_eq!(
                album.ann.does(again, Act::Send(album.room, body(ids(&made[..2])))).await,
                sent,
                "they are mine in there"
            );
            let others = [ids(&made[..1]), ids([&made[1], &made[0]]), ids(&made), json!([]), ids(&made[2..])];
            for uploads in others {
                album.ann.is_refused(again, Act::Send(album.room, body(uploads)), "client_id_reused").await;
            }
        }
        let other = json!({"client_id": fresh_id(), "text": "again", "uploads": ids(&made[2..])});
        album.ann.does(door, Act::Send(album.room, other)).await;
        album.ann.does(door, Act::Recall(sent.id)).await;
        let repeated = album.ann.does(door, Act::Send(album.room, body(ids(&made[..2])))).await;
        assert_eq!(
            (repeated.id, album.shown(sent.id).await["uploads"].clone()),
            (sent.id, json!([])),
            "nothing comes back"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_sends_with_one_picture_exactly_one_gets_it() {
    let album = Album::open().await;
    for _ in 0..10 {
        let made = album.pictures(2).await;
        let before = album.last_seq().await;
        let acts: Vec<_> = (0..6)
            .map(|number| {
                Act::Send(album.room, with("mine", ids(if number % 2 == 0 { &made[..1] } else { &made[..] })))
            })
            .collect();
        let outcomes = join_all(acts.iter().map(|act| album.ann.requests(act))).await;
        let winners: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
        assert_eq!(winners.len(), 1, "{outcomes:?}");
        assert!(outcomes.iter().all(|outcome| outcome.is_ok() || *outcome == Err("bad_upload".into())), "{outcomes:?}");
        assert_eq!(album.last_seq().await, before + 1);
        assert_eq!(album.shown(winners[0].id).await["uploads"][0], made[0]);
        let free = album.shown(winners[0].id).await["uploads"].as_array().unwrap().len() == 1;
        let second = album.ann.requests(&Act::Send(album.room, with("the other", ids(&made[1..])))).await;
        assert_eq!(second.is_ok(), free, "who lost took nothing");
    }
}

#[tokio::test]
async fn pictures_outlive_a_crash_before_and_after_they_are_sent() {
    let mut album = Album::open().await;
    let made = album.pictures(2).await;
    let sent = album.ann.does(Door::Socket, Act::Send(album.room, with("sent", ids(&made[..1])))).await;
    let before = album.shown(sent.id).await;
    album.server.kill();
    album.server.restart();
    assert_eq!(album.shown(sent.id).await, before);
    album.bob.get(made[0]["url"].as_str().unwrap()).await.is(200);
    let late = album.ann.does(Door::Http, Act::Send(album.room, with("unsent till now", ids(&made[1..])))).await;
    assert_eq!(album.shown(late.id).await["uploads"], json!(made[1..]));
    album.bob.get(made[1]["thumb_url"].as_str().unwrap()).await.is(200);
}

#[tokio::test]
async fn the_words_beside_pictures_may_go_and_the_pictures_stay() {
    let mut album = Album::open().await;
    for door in DOORS {
        let made = album.pictures(1).await;
        let sent = album.ann.does(door, Act::Send(album.room, with("a cat", ids(&made)))).await;
        for text in ["", "a dog", ""] {
            album.ann.does(door, Act::Edit(sent.id, text)).await;
            let shown = album.shown(sent.id).await;
            assert_eq!(
                (&shown["text"], &shown["uploads"], &shown["kind"]),
                (&json!(text), &json!(made), &json!("image"))
            );
            assert!(shown["edited_at"].is_string());
        }
        let plain = id_of(&album.ann.say(album.room, "words").await);
        album.ann.is_refused(door, Act::Edit(plain, ""), "invalid").await;
    }
}

#[tokio::test]
async fn a_picture_that_was_taken_back_is_gone_for_everybody() {
    let mut album = Album::open().await;
    for door in DOORS {
        for recall in [true, false] {
            let made = album.pictures(2).await;
            let sent = album.ann.does(door, Act::Send(album.room, with("", ids(&made)))).await;
            album.ann.does(door, if recall { Act::Recall(sent.id) } else { Act::Delete(sent.id) }).await;
            let shown = album.shown(sent.id).await;
            assert_eq!((&shown["uploads"], &shown["kind"]), (&json!([]), &json!("image")));
            assert_eq!(album.bob.room(album.room).await["last"]["images"].as_i64().unwrap_or_default(), 0);
            for upload in &made {
                for url in ["url", "thumb_url"] {
                    for person in [&album.ann, &album.bob] {
                        person.get(upload[url].as_str().unwrap()).await.is(404);
                    }
                }
                let key = upload["id"].as_str().unwrap();
                let rows = album.server.database().places_of(&album.server.data(), key);
                assert!(rows.is_empty(), "{key} stands in {rows:?}");
                album.ann.is_refused(door, Act::Send(album.room, with("again", json!([key]))), "bad_upload").await;
            }
            let page = album.bob.page(album.room, "").await.is(200).body
                + album.bob.changes(album.room, "after=0").await.body.as_str();
            assert!(!page.contains(made[0]["id"].as_str().unwrap()), "{page}");
        }
    }
    eventually("the files are gone", async || pictures_on_disk(&album.server) == 0).await;
}

/// Files larger than nothing below the folder of media, whatever they are called.
fn pictures_on_disk(server: &Server) -> usize {
    let (mut folders, mut count) = (vec![server.data()], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|kind| ["png", "jpg", "webp", "gif"].iter().any(|known| kind == *known))
            {
                count += 1;
            }
        }
    }
    count
}

#[tokio::test]
async fn pictures_are_seen_where_their_message_is_seen() {
    let mut album = Album::open().await;
    let eve = album.server.member("eve").await;
    let made = album.pictures(2).await;
    let reach = async |person: &Member, upload: &Value| person.get(upload["url"].as_str().unwrap()).await.status;
    assert_eq!(
        (reach(&album.ann, &made[0]).await, reach(&album.bob, &made[0]).await),
        (200, 404),
        "unsent, it is hers alone"
    );
    album.ann.does(Door::Http, Act::Send(album.room, with("", ids(&made[..1])))).await;
    assert_eq!((reach(&album.bob, &made[0]).await, reach(&eve, &made[0]).await), (200, 404));
    assert_eq!(album.server.guest().get(made[0]["url"].as_str().unwrap()).await.status / 100, 4);
    let lobby = album.ann.lobby().await;
    album.ann.does(Door::Socket, Act::Send(lobby, with("", ids(&made[1..])))).await;
    assert_eq!(reach(&eve, &made[1]).await, 200);
    album.ann.delete(&format!("rooms/{}/members/{}", album.room, album.bob.id)).await.is(204);
    assert_eq!(reach(&album.bob, &made[0]).await, 404, "who was removed sees it no more");
}

#[tokio::test]
async fn an_answer_may_be_a_picture_and_a_picture_may_be_liked() {
    let mut album = Album::open().await;
    for door in DOORS {
        let question = id_of(&album.bob.say(album.room, "what did you see?").await);
        let made = album.pictures(1).await;
        let body = json!({"text": "", "uploads": ids(&made), "reply_to": question});
        let sent = album.ann.does(door, Act::Send(album.room, body)).await;
        album.bob.does(door, Act::React(sent.id, "🐱")).await;
        let shown = album.shown(sent.id).await;
        assert_eq!((&shown["reply_to"]["id"], &shown["uploads"]), (&json!(question), &json!(made)));
        assert_eq!(shown["reactions"][0]["count"], 1);
        assert_eq!(album.ann.changes(album.room, "after=0").await.messages().last(), Some(&shown));
    }
}
