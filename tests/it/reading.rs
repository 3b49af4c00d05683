//! Finding a place in a room's history again: by time, by number, by ids; and who has read how far.

use std::slice;

use serde_json::{Value, json};

use crate::support::{
    client::Member,
    frame::{id_of, numbers},
    server::Server,
};

/// Ten messages, a minute apart, the first at noon: number 1 at 12:00, number 10 at 12:09.
async fn a_day(server: &Server, author: &Member, room: i64) {
    for number in 1..=10 {
        let id = id_of(&author.say(room, &format!("number {number}")).await);
        let sql =
            format!("UPDATE messages SET created_at = '2026-03-01 12:{:02}:00.000000' WHERE id = {id}", number - 1);
        server.database().execute(&server.data(), &sql);
    }
}

#[tokio::test]
async fn a_moment_leads_to_the_first_message_since_then() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    a_day(&server, &ann, lobby).await;
    let table = [
        ("2026-03-01T11:00:00Z", 1),
        ("0000-01-01T00:00:00Z", 1),
        ("2026-03-01T12:00:00Z", 1),
        ("2026-03-01T12:00:00.000001Z", 2),
        ("2026-03-01T12:03:59.999999Z", 5),
        ("2026-03-01T12:04:00Z", 5),
        ("2026-03-01T12:04:00.000000Z", 5),
        ("2026-03-01T12:04:00.000001Z", 6),
        ("2026-03-01T12:04:30.5Z", 6),
        ("2026-03-01T12:09:00Z", 10),
    ];
    for limit in [1, 2, 3, 5, 100] {
        for (moment, seq) in table {
            let page = ann.page(lobby, &format!("at={moment}&limit={limit}")).await.is(200);
            let around = ann.page(lobby, &format!("around={seq}&limit={limit}")).await.is(200);
            assert_eq!(page.json, around.json, "{moment} with {limit}");
            assert!(numbers(page.messages(), "seq").contains(&seq), "{moment} with {limit}: {}", page.body);
        }
        for late in ["2026-03-01T12:09:00.000001Z", "2026-03-02T00:00:00Z", "9999-12-31T23:59:59.999999Z"] {
            let page = ann.page(lobby, &format!("at={late}&limit={limit}")).await.is(200);
            assert_eq!(numbers(page.messages(), "seq").last(), Some(&10), "{late} with {limit}");
            assert_eq!(page["more_after"], false, "{late} with {limit}");
        }
    }
    let page = ann.page(lobby, "at=2026-03-01T12:04:30Z&limit=3").await.is(200);
    assert_eq!((&page["more_before"], &page["more_after"], &page["rev"]), (&json!(true), &json!(true), &json!(10)));
    let whole = ann.page(lobby, "at=2026-03-01T12:04:30Z").await.is(200);
    assert_eq!(numbers(whole.messages(), "seq"), (1..=10).collect::<Vec<_>>(), "fifty by default");
}

#[tokio::test]
async fn what_is_no_moment_is_refused() {
    let server = Server::start();
    let (ann, eve) = (server.member("ann").await, server.member("eve").await);
    let lobby = ann.lobby().await;
    a_day(&server, &ann, lobby).await;
    let nonsense = [
        "",
        "yesterday",
        "0",
        "-1",
        "1772366400",
        "2026-03-01",
        "2026-03-01T12:00:00",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-03-01T25:00:00Z",
        "2026-03-01T12:00:00%00Z",
        "%00",
        "2026-03-01T12:00:00Z;DROP",
        "'",
        "99999-01-01T00:00:00Z",
        "%2B262142-12-31T23:59:59Z",
        "-262143-01-01T00:00:00Z",
        "2026-03-01T12:00:00%2B99:00",
        "٢٠٢٦-03-01T12:00:00Z",
        "NaN",
        "null",
    ];
    for moment in nonsense {
        ann.page(lobby, &format!("at={moment}")).await.any_of(&[400, 422]);
    }
    // Moments that exist on some clocks: they may be refused, and never break anything.
    for moment in
        ["2026-06-30T23:59:60Z", "2026-03-01T20:04:00%2B08:00", "2026-03-01t12:04:00z", "0000-01-01T00:00:00%2B14:00"]
    {
        ann.page(lobby, &format!("at={moment}")).await.any_of(&[200, 400, 422]);
    }
    let east = ann.page(lobby, "at=2026-03-01T20:04:00%2B08:00&limit=1").await;
    assert!(east.status != 200 || numbers(east.messages(), "seq") == [5], "the same moment elsewhere: {}", east.body);
    for query in ["before=1", "after=1", "around=1"] {
        ann.page(lobby, &format!("at=2026-03-01T12:00:00Z&{query}")).await.any_of(&[400, 422]);
    }
    ann.page(lobby, &format!("at={}", "9".repeat(5_000))).await.any_of(&[400, 414, 422]);
    let hidden = ann.make_room("private", "hidden").await;
    for at in ["2026-03-01T12:00:00Z", "9999-12-31T23:59:59Z"] {
        eve.page(hidden, &format!("at={at}")).await.refuses(404, "not_found");
        let empty = ann.page(hidden, &format!("at={at}")).await.is(200);
        assert_eq!(
            (empty.messages().len(), &empty["more_before"], &empty["more_after"]),
            (0, &json!(false), &json!(false))
        );
    }
}

#[tokio::test]
async fn a_moment_leads_past_what_was_taken_back() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    a_day(&server, &ann, lobby).await;
    let third = ann.page(lobby, "around=3&limit=1").await.messages()[0].clone();
    ann.delete(&format!("messages/{}", third["id"])).await.is(200);
    let page = ann.page(lobby, "at=2026-03-01T12:02:00Z&limit=1").await.is(200);
    assert_eq!(numbers(page.messages(), "seq"), [3], "its place stays");
}

#[tokio::test]
async fn a_link_to_a_message_leads_to_its_surroundings() {
    let server = Server::start();
    let (ann, eve) = (server.member("ann").await, server.member("eve").await);
    let room = ann.make_room("private", "hidden").await;
    let mut messages = Vec::new();
    for number in 1..=7 {
        messages.push(ann.say(room, &format!("number {number}")).await);
    }
    for message in &messages {
        let found = ann.get(&format!("messages/{}", message["id"])).await.is(200)["message"].clone();
        assert_eq!(&found, message);
        for limit in 1..=8 {
            let page = ann.page(room, &format!("around={}&limit={limit}", found["seq"])).await.is(200);
            assert!(page.messages().contains(message), "{limit} around {}: {}", found["seq"], page.body);
            assert!(page.messages().len() <= limit, "{limit} around {}", found["seq"]);
        }
    }
    for seq in [0, 8, 1_000_000] {
        ann.page(room, &format!("around={seq}&limit=3")).await.is(200);
    }
    eve.get(&format!("messages/{}", messages[0]["id"])).await.refuses(404, "not_found");
    eve.page(room, "around=1").await.refuses(404, "not_found");
}

#[tokio::test]
async fn messages_are_found_by_their_ids_where_i_may_see_them() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let shared = ann.private_room("shared", &[&bob]).await;
    let hidden = ann.make_room("private", "hidden").await;
    let (one, two) = (ann.say(lobby, "one").await, bob.say(shared, "two").await);
    let secret = ann.say(hidden, "nobody's business").await;
    let erased = bob.make_room("private", "short lived").await;
    let lost = bob.say(erased, "lost").await;
    bob.delete(&format!("rooms/{erased}")).await.is(204);
    let ask = async |member: &Member, ids: &str| {
        let answer = member.get(&format!("messages?ids={ids}")).await.is(200);
        let mut found = answer.messages().to_vec();
        found.sort_by_key(id_of);
        found
    };
    let mixed = format!("{},{},999999,{},{}", two["id"], secret["id"], one["id"], lost["id"]);
    assert_eq!(ask(&bob, &mixed).await, [one.clone(), two.clone()], "those I may see, and no word of the others");
    assert_eq!(ask(&ann, &mixed).await, [one.clone(), two.clone(), secret.clone()]);
    assert_eq!(ask(&bob, &format!("{0},{0},{0}", one["id"])).await, slice::from_ref(&one), "each once");
    assert_eq!(ask(&bob, &secret["id"].to_string()).await, Vec::<Value>::new());
    assert_eq!(
        bob.get(&format!("messages?ids={}", secret["id"])).await.body,
        bob.get("messages?ids=999999").await.body,
        "the hidden answers like the absent"
    );
    ann.delete(&format!("rooms/{shared}/members/{}", bob.id)).await.is(204);
    assert_eq!(ask(&bob, &mixed).await, [one], "not even my own in a room I left");
    server.guest().get("messages?ids=1").await.is(401);
}

#[tokio::test]
async fn fifty_messages_are_asked_for_at_once_and_no_more() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let mut tab = ann.connect().await;
    let mut ids = Vec::new();
    for number in 1..=51 {
        ids.push(tab.say(lobby, &format!("number {number}")).await["id"].to_string());
    }
    let fifty = ann.get(&format!("messages?ids={}", ids[..50].join(","))).await.is(200);
    assert_eq!(fifty.messages().len(), 50);
    ann.get(&format!("messages?ids={}", ids.join(","))).await.any_of(&[400, 422]);
    ann.get(&format!("messages?ids={}", vec!["1"; 5_000].join(","))).await.any_of(&[400, 414, 422]);
    for garbage in
        ["abc", "1;2", "1,abc", "1.5", "0x1", "%00", "1,%00", "NaN", "99999999999999999999", "1e3", "null", "'"]
    {
        ann.get(&format!("messages?ids={garbage}")).await.any_of(&[400, 422]);
    }
    for odd in ["", ",", "1,", ",,1", "0", "-1", "9223372036854775807", "-9223372036854775808", "%201", "+1"] {
        let answer = ann.get(&format!("messages?ids={odd}")).await.any_of(&[200, 400, 422]);
        assert!(answer.status != 200 || answer.messages().len() <= 1, "{odd}: {}", answer.body);
    }
    ann.get("messages").await.any_of(&[400, 422]);
    ann.get("messages?ids=1&ids=2").await.any_of(&[200, 400, 422]);
}

#[tokio::test]
async fn a_small_room_tells_who_has_read_how_far() {
    let server = Server::start();
    let (ann, bob, eve) = (server.member("ann").await, server.member("bob").await, server.member("eve").await);
    let room = ann.private_room("crew", &[&bob]).await;
    let path = format!("rooms/{room}/reads");
    let reads = async |member: &Member| {
        let answer = member.get(&path).await.is(200);
        let mut reads = answer["reads"].as_array().unwrap().clone();
        reads.sort_by_key(|read| read["user"].as_i64());
        reads
    };
    let marks =
        |of_ann: i64, of_bob: i64| vec![json!({"user": ann.id, "seq": of_ann}), json!({"user": bob.id, "seq": of_bob})];
    assert_eq!(reads(&bob).await, marks(0, 0));
    for number in 1..=3 {
        ann.say(room, &format!("number {number}")).await;
    }
    assert_eq!(reads(&bob).await, marks(3, 0), "what I wrote I have read");
    let mut tab = bob.connect().await;
    assert_eq!(tab.ask(json!({"type": "read", "room": room, "seq": 2})).await["type"], "ack");
    assert_eq!(reads(&ann).await, marks(3, 2), "at once, by the socket");
    bob.post(&format!("rooms/{room}/read"), json!({"seq": 3})).await.is(200);
    assert_eq!(reads(&ann).await, marks(3, 3), "and by a request");
    let (hidden, absent) = (eve.get(&path).await, eve.get("rooms/999999/reads").await);
    assert_eq!((hidden.status, &hidden.body, hidden.fields()), (404, &absent.body, absent.fields()));
    ann.delete(&format!("rooms/{room}/members/{}", bob.id)).await.is(204);
    bob.get(&path).await.is(404);
    assert_eq!(reads(&ann).await, marks(3, 3)[..1], "who left is not told of");
    let public = ann.make_room("public", "corner").await;
    eve.get(&format!("rooms/{public}/reads")).await.refuses(403, "forbidden");
}

#[tokio::test]
async fn a_large_room_keeps_to_itself_who_has_read() {
    let server = Server::start();
    let mut people = Vec::new();
    for number in 0..50 {
        people.push(server.member(&format!("reader_{number:02}")).await);
    }
    let lobby = people[0].lobby().await;
    let path = format!("rooms/{lobby}/reads");
    let fifty = people[0].get(&path).await.is(200);
    assert_eq!(fifty["reads"].as_array().unwrap().len(), 50);
    server.member("one_too_many").await;
    people[0].get(&path).await.refuses(409, "too_many");
}
