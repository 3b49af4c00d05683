//! Reading what was written: pages, changes since a cursor, and numbers without holes, whatever numbers a client asks with.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{client::Member, frame::numbers, server::Server};

#[tokio::test]
async fn history_is_read_in_pages_from_any_place() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let mut tab = ann.connect().await;
    for number in 1..=120 {
        tab.say(lobby, &format!("number {number}")).await;
    }
    let table: [(&str, std::ops::RangeInclusive<i64>); 13] = [
        ("", 71..=120),
        ("limit=10", 111..=120),
        ("before=71&limit=20", 51..=70),
        ("before=5", 1..=4),
        ("before=121&limit=2", 119..=120),
        ("before=5000&limit=2", 119..=120),
        ("after=0&limit=3", 1..=3),
        ("after=118", 119..=120),
        ("after=60&limit=100", 61..=120),
        ("around=1&limit=10", 1..=10),
        ("around=120&limit=10", 111..=120),
        ("limit=100", 21..=120),
        ("before=2", 1..=1),
    ];
    for (query, range) in table {
        let page = ann.page(lobby, query).await.is(200);
        let (first, last) = (*range.start(), *range.end());
        let seqs = numbers(page.messages(), "seq");
        if !query.starts_with("around") {
            assert_eq!(seqs, range.collect::<Vec<_>>(), "{query}");
            assert_eq!((&page["more_before"], &page["more_after"]), (&json!(first > 1), &json!(last < 120)), "{query}");
        } else {
            let wanted: i64 = query["around=".len()..].split('&').next().unwrap().parse().unwrap();
            assert!(seqs.contains(&wanted) && seqs.len() <= 10, "{query}: {seqs:?}");
        }
        assert_eq!(page["rev"], 120, "{query}");
    }
    let middle = numbers(ann.page(lobby, "around=60&limit=21").await.is(200).messages(), "seq");
    assert!(middle.contains(&60) && middle.len() <= 21, "{middle:?}");
    assert_eq!(middle, (middle[0]..=*middle.last().unwrap()).collect::<Vec<_>>(), "without holes");
    assert!(middle[0] < 60 && *middle.last().unwrap() > 60, "on both sides: {middle:?}");
    assert!(ann.page(lobby, "after=120").await.is(200).messages().is_empty());
    assert!(ann.page(lobby, "before=1").await.is(200).messages().is_empty());
}

#[tokio::test]
async fn changes_tell_everything_since_a_cursor_once() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let mut ids = Vec::new();
    for number in 1..=5 {
        ids.push(ann.say(lobby, &format!("number {number}")).await["id"].clone());
    }
    ann.patch(&format!("messages/{}", ids[1]), json!({"text": "number two"})).await.is(200);
    ann.delete(&format!("messages/{}", ids[2])).await.is(200);
    ann.patch(&format!("messages/{}", ids[1]), json!({"text": "number II"})).await.is(200);
    let all = ann.changes(lobby, "after=0").await.is(200);
    assert_eq!(numbers(all.messages(), "rev"), [1, 4, 5, 7, 8], "each message once, at its last change");
    assert_eq!((&all["rev"], &all["more"]), (&json!(8), &json!(false)));
    assert_eq!(all.messages()[4]["text"], "number II");
    assert!(all.messages()[3]["deleted_at"].is_string());
    let late = ann.changes(lobby, "after=5").await.is(200);
    assert_eq!(numbers(late.messages(), "rev"), [7, 8]);
    let none = ann.changes(lobby, "after=8").await.is(200);
    assert_eq!((none.messages().len(), &none["rev"], &none["more"]), (0, &json!(8), &json!(false)));
    let (mut cursor, mut seen) = (0, Vec::new());
    loop {
        let page = ann.changes(lobby, &format!("after={cursor}&limit=2")).await.is(200);
        assert!(page.messages().len() <= 2);
        seen.extend(numbers(page.messages(), "rev"));
        cursor = page["rev"].as_i64().unwrap();
        if page["more"] == false {
            break;
        }
    }
    assert_eq!((cursor, seen), (8, vec![1, 4, 5, 7, 8]));
}

#[tokio::test]
async fn a_cursor_of_another_life_is_reset() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    ann.say(lobby, "one").await;
    let epoch = ann.connect().await.hello["epoch"].as_str().unwrap().to_owned();
    assert_eq!(ann.changes(lobby, &format!("after=0&epoch={epoch}")).await.is(200).messages().len(), 1);
    for query in ["after=2".to_owned(), "after=9007199254740991".to_owned(), "after=0&epoch=other".to_owned()] {
        let answer = ann.changes(lobby, &query).await.is(200);
        assert_eq!(answer.json, json!({"reset": true, "rev": 1, "floor_seq": 0}), "{query}");
    }
}

#[tokio::test]
async fn twenty_people_at_once_leave_no_hole_in_the_numbers() {
    let server = Server::start();
    let mut people = Vec::new();
    for number in 0..20 {
        people.push(server.member(&format!("talker_{number:02}")).await);
    }
    let lobby = people[0].lobby().await;
    let mut listener = people[0].connect().await;
    join_all(people.iter().enumerate().map(|(at, person)| talk(person, lobby, at % 2 == 0))).await;
    let (mut revs, mut page) = (Vec::new(), Vec::new());
    while revs.len() < 220 {
        revs.push(listener.next("message").await["rev"].as_i64().unwrap());
    }
    assert_eq!(revs, (1..=220).collect::<Vec<_>>(), "live frames come in order, without holes");
    while page.len() < 200 {
        let before = page.first().copied().unwrap_or(1000);
        let older = people[1].page(lobby, &format!("before={before}&limit=100")).await.is(200);
        page.splice(0..0, numbers(older.messages(), "seq"));
    }
    assert_eq!(page, (1..=200).collect::<Vec<_>>());
    let room = people[2].room(lobby).await;
    assert_eq!((&room["last_seq"], &room["rev"]), (&json!(200), &json!(220)));
}

/// Ten messages, by socket or by HTTP, and one edit.
async fn talk(person: &Member, room: i64, by_socket: bool) {
    let mut last = Value::Null;
    if by_socket {
        let mut tab = person.connect().await;
        for number in 0..10 {
            last = tab.say(room, &format!("number {number}")).await["id"].clone();
        }
    } else {
        for number in 0..10 {
            last = person.say(room, &format!("number {number}")).await["id"].clone();
        }
    }
    person.patch(&format!("messages/{last}"), json!({"text": "the last"})).await.is(200);
}

#[tokio::test]
async fn numbers_that_make_no_sense_never_break_a_page() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    ann.say(lobby, "one").await;
    let values = [
        "-1",
        "0",
        "2147483648",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "18446744073709551616",
        "1000000000",
        "NaN",
        "Infinity",
        "1e9",
        "1.5",
        "",
        "%00",
        "0x10",
        "+1",
        "%20",
        "null",
        "1;DROP",
    ];
    let paths = [
        (format!("rooms/{lobby}/messages"), ["limit", "before", "after", "around"].as_slice()),
        (format!("rooms/{lobby}/changes"), &["after", "limit"]),
        (format!("rooms/{lobby}/members"), &["after", "limit", "online"]),
        ("users".to_owned(), &["after", "limit"]),
        ("rooms/public".to_owned(), &["after", "limit"]),
    ];
    for (path, names) in &paths {
        for name in *names {
            for value in values {
                for query in
                    [format!("{name}={value}"), format!("{name}={value}&{name}=1"), format!("{name}[]={value}")]
                {
                    check_page(&ann, &format!("{path}?{query}")).await;
                }
            }
        }
    }
    for query in ["before=1&after=1", "around=1&before=1", "before=1&after=1&around=1"] {
        ann.page(lobby, query).await.any_of(&[400, 422]);
    }
    bob.page(lobby, "").await.is(200);
}

async fn check_page(member: &Member, path: &str) {
    let answer = member.get(path).await;
    assert!([200, 400, 422].contains(&answer.status), "{path} gave {}: {}", answer.status, answer.body);
    let longest =
        ["messages", "members", "users", "rooms"].iter().filter_map(|list| answer[list].as_array()).map(Vec::len).max();
    assert!(longest.unwrap_or_default() <= 500, "{path}");
}

#[tokio::test]
async fn numbers_that_make_no_sense_never_break_a_path_or_a_body() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let endless = "9".repeat(10_000);
    for id in [
        "abc",
        "-1",
        "0",
        "1e3",
        "0x1",
        "1.0",
        "%00",
        "9223372036854775808",
        "99999999999999999999",
        " 1",
        "1%20",
        &endless,
    ] {
        for path in
            [format!("rooms/{id}"), format!("rooms/{id}/messages"), format!("messages/{id}"), format!("users/{id}")]
        {
            ann.get(&path).await.any_of(&[400, 404, 414, 422, 431]);
        }
    }
    for seq in [
        json!(-1),
        json!(0),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1.5),
        json!("1"),
        json!(null),
        json!([1]),
        json!(1e300),
    ] {
        ann.post(&format!("rooms/{lobby}/read"), json!({"seq": seq})).await.any_of(&[200, 400, 422]);
        ann.post("directs", json!({"user": seq})).await.any_of(&[400, 404, 409, 422]);
        ann.post(&format!("rooms/{lobby}/members"), json!({"user": seq})).await.any_of(&[400, 403, 404, 422]);
    }
}
