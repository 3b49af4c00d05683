//! Searching, through HTTP: what is found, by whom, in what order, and that nothing typed into the field breaks it.
//!
//! The corpus is one message a line. What its table expects was read off the lines, not asked of the server, and holds for both
//! databases.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::support::{
    client::{Answer, Member},
    eventually, fresh_id,
    server::Server,
};

const CORPUS: &str = include_str!("search_corpus.txt");

/// What is searched for, and the lines that are found, newest first.
const TABLE: &[(&str, &[usize])] = &[
    // One Chinese character, and two.
    ("今", &[215, 81, 33, 23, 2, 1]),
    ("好", &[237, 236, 235, 234, 211, 109, 108, 67, 53, 40, 31, 29, 24, 7, 1]),
    ("花", &[44, 39]),
    ("哈", &[239, 238]),
    ("今天", &[215, 33, 23, 2, 1]),
    ("会议", &[36, 35, 3]),
    ("火锅", &[40, 10, 9]),
    ("哈哈", &[238]),
    ("你好", &[234, 211]),
    ("好你", &[235, 234]),
    ("明月", &[46, 45]),
    ("龙井", &[49]),
    ("生日", &[222, 106, 35, 34, 33]),
    ("连接", &[17, 16, 15]),
    ("天今", &[]),
    ("東京", &[94, 93]),
    ("东京", &[]),
    ("饕餮", &[]),
    // Longer ones, up to whole sentences.
    ("服务器", &[217, 18, 14, 13]),
    ("数据库", &[219, 16, 15]),
    ("会议室有人", &[36]),
    ("春眠不觉晓，处处闻啼鸟。", &[43]),
    ("春眠不觉晓,处处闻啼鸟。", &[43]),
    ("春眠不觉晓处处闻啼鸟", &[]),
    ("你好吗", &[]),
    ("「繁體字也可以搜尋嗎？」", &[75]),
    ("To be or not to be, that is the question.", &[172]),
    ("The quick brown fox jumps over the lazy dog.", &[170]),
    // Several words, in any order.
    ("数据库 日志", &[15]),
    ("今天\u{3000}friday", &[215]),
    ("server review", &[216]),
    ("dogs cats", &[200, 197, 196, 163]),
    ("测试 上线", &[28]),
    // Japanese and Korean.
    ("会議", &[84, 83]),
    ("カメラ", &[98, 97]),
    ("カタカナ", &[102, 101]),
    ("ｶﾀｶﾅ", &[102, 101]),
    ("データ", &[86]),
    ("ラーメン", &[90, 89]),
    ("株式会社", &[111]),
    ("令和", &[111]),
    ("牛丼", &[232]),
    ("𠮷", &[232]),
    ("𠀀𠁀", &[233]),
    ("회의", &[120, 119]),
    ("김치", &[125, 124]),
    ("카메라", &[130]),
    ("한", &[143, 132, 131]),
    ("생일", &[133]),
    // Words, by their beginning and in any case.
    ("meeting", &[148, 147]),
    ("MEET", &[148, 147]),
    ("eeting", &[]),
    ("server", &[216, 152, 151]),
    ("deadline", &[215, 175, 174]),
    ("data", &[155, 153]),
    ("tomorrow", &[168, 167]),
    ("late", &[166, 165]),
    ("near", &[200, 185]),
    ("not", &[214, 197, 192, 186, 176, 172]),
    ("or", &[211, 187, 172]),
    ("k", &[231, 161]),
    ("rust", &[218, 217]),
    ("cat", &[201, 200, 197, 196, 164, 163]),
    ("password", &[177, 176]),
    ("internationalization", &[184]),
    ("inter", &[184]),
    // Forms that count as one.
    ("ａｂｃ", &[229, 228]),
    ("abc", &[229, 228]),
    ("１２３", &[229, 228]),
    ("fi", &[230, 154]),
    ("strasse", &[181, 180]),
    ("STRASSE", &[181, 180]),
    ("café", &[178]),
    ("cafe\u{301}", &[178]),
    ("cafe", &[179]),
    ("ωμέγα", &[183]),
    ("ПРИВЕТ", &[183]),
    ("零宽字符", &[241]),
    ("cooperate", &[242]),
    ("\u{c5}", &[231]),
    ("ครับ", &[244, 243]),
    ("مرحبا", &[245]),
    ("שלום", &[246]),
    ("नमस्ते", &[247]),
    ("việt", &[248]),
    ("🎂", &[133, 106]),
    ("🎉", &[223, 222]),
    ("🎉🎉", &[222]),
    ("👍", &[224]),
    ("❤", &[226]),
    ("🇨🇳", &[227]),
    // What elsewhere would be an operator is text.
    ("50%", &[188]),
    ("50", &[189, 188]),
    ("100 %", &[190]),
    ("snake_case", &[191]),
    ("foo_bar", &[193]),
    ("foo.bar", &[193]),
    ("_bar", &[193]),
    ("%ann%", &[194]),
    ("'%ann%';", &[194]),
    ("'); DROP", &[195]),
    ("cats AND dogs", &[196, 163]),
    ("cats NOT dogs", &[197]),
    ("cats OR dogs", &[]),
    ("\"exact", &[198]),
    ("\"exact phrase\"", &[198]),
    ("exact phrase", &[199, 198]),
    ("NEAR(", &[200]),
    ("NEAR(cats dogs, 3)", &[200]),
    ("cat*", &[201]),
    ("^start", &[202]),
    ("end$", &[202]),
    ("(a|b)&!c", &[203]),
    ("c++", &[205, 204]),
    ("c#", &[204]),
    ("tokens:c", &[206]),
    ("{x}", &[206]),
    ("back\\slash", &[207]),
    ("\\n", &[207]),
    ("<b>", &[208]),
    ("<script>alert(1)", &[208]),
    ("&lt;b&gt;", &[209]),
    ("加粗", &[210]),
    ("`代码`", &[210]),
    ("example.org/搜索", &[211]),
    ("mail@example", &[212]),
    ("v1.2.3", &[213]),
    ("1.2.3", &[214]),
    // Where scripts meet.
    ("第3", &[220, 219]),
    ("第3章", &[219]),
    ("照片📷", &[221]),
    ("拍的照", &[221]),
    ("写的服务器", &[217]),
    ("线图", &[231]),
];

#[tokio::test]
async fn the_lines_of_the_corpus_are_found_as_they_read() {
    let lines: Vec<&str> = CORPUS.lines().collect();
    assert!(lines.len() >= 200);
    let server = Server::start();
    let ann = server.member("ann").await;
    let ids = tell(&ann, ann.lobby().await, &lines).await;
    for (query, expected) in TABLE {
        let page = search(&ann, &[("q", query), ("limit", "50")]).await.is(200);
        let found: Vec<usize> =
            hits(&page).iter().map(|id| 1 + ids.iter().position(|known| known == id).expect("a line")).collect();
        assert_eq!(found, *expected, "{query}");
        assert_eq!((&page["more"], &page["before"]), (&json!(false), &Value::Null), "{query}");
    }
}

/// Sends each line; their ids.
async fn tell(member: &Member, room: i64, lines: &[&str]) -> Vec<i64> {
    let mut tab = member.connect().await;
    let mut ids = Vec::with_capacity(lines.len());
    for line in lines {
        ids.push(tab.say(room, line).await["id"].as_i64().unwrap());
    }
    tab.close().await;
    ids
}

async fn search(member: &Member, fields: &[(&str, &str)]) -> Answer {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    member.get(&format!("search?{query}")).await
}

/// The ids of the messages found.
#[track_caller]
fn hits(page: &Answer) -> Vec<i64> {
    let hits = page["hits"].as_array().unwrap_or_else(|| panic!("no hits in {}", page.body));
    hits.iter().map(|hit| hit["message"]["id"].as_i64().unwrap()).collect()
}

async fn found(member: &Member, query: &str) -> Vec<i64> {
    hits(&search(member, &[("q", query), ("limit", "50")]).await.is(200))
}

#[tokio::test]
async fn a_search_is_narrowed_by_room_person_time_and_image() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let room = ann.private_room("采购", &[&bob]).await;
    let first = ann.say(lobby, "报价单在哪里").await;
    let second = bob.say(lobby, "报价单在邮箱").await;
    let third = bob.say(room, "报价单太贵").await;
    let picture = picture(&ann, room, "报价单的照片").await;
    let id = |message: &Value| message["id"].as_i64().unwrap();
    let (all, time) = ([picture, id(&third), id(&second), id(&first)], second["created_at"].as_str().unwrap());
    let (lobby, room, bob) = (lobby.to_string(), room.to_string(), bob.id.to_string());
    type Query<'a> = &'a [(&'a str, &'a str)];
    let table: [(Query<'_>, &[i64]); 12] = [
        (&[], &all),
        (&[("room", &lobby)], &all[2..]),
        (&[("room", &room)], &all[..2]),
        (&[("from", &bob)], &all[1..3]),
        (&[("from", &bob), ("room", &room)], &all[1..2]),
        (&[("from", "999999")], &[]),
        (&[("since", time)], &all[..3]),
        (&[("until", time)], &all[3..]),
        (&[("since", time), ("until", "2999-01-01T00:00:00+08:00"), ("from", &bob)], &all[1..3]),
        (&[("since", "2999-01-01T00:00:00Z")], &[]),
        (&[("has", "image")], &all[..1]),
        (&[("has", "image"), ("room", &lobby)], &[]),
    ];
    for (filter, expected) in table {
        let page = search(&ann, &[&[("q", "报价")], filter].concat()).await.is(200);
        assert_eq!(hits(&page), expected, "{filter:?}");
    }
    let page = search(&ann, &[("q", "太贵")]).await.is(200);
    assert_eq!(page["hits"][0]["message"], third, "a message as everywhere");
    assert_eq!(page["hits"][0]["room"], json!({"id": third["room"], "kind": "private", "name": "采购"}));
}

/// Sends an image with a text; the message's id.
async fn picture(member: &Member, room: i64, text: &str) -> i64 {
    let upload = member.picture().await["id"].clone();
    let send = json!({"client_id": fresh_id(), "text": text, "uploads": [upload]});
    let sent = member.post(&format!("rooms/{room}/messages"), send).await.is(201);
    sent["message"]["id"].as_i64().unwrap()
}

#[tokio::test]
async fn a_person_or_images_are_found_without_a_word() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let first = ann.say(lobby, "no picture yet").await["id"].as_i64().unwrap();
    let silent = picture(&ann, lobby, "").await;
    let told = picture(&bob, lobby, "the menu").await;
    let (ann_id, bob_id) = (ann.id.to_string(), bob.id.to_string());
    let table: [(&[(&str, &str)], &[i64]); 4] = [
        (&[("q", ""), ("has", "image")], &[told, silent]),
        (&[("has", "image"), ("from", &ann_id)], &[silent]),
        (&[("q", "  "), ("from", &ann_id)], &[silent, first]),
        (&[("from", &bob_id), ("room", "1")], &[told]),
    ];
    for (query, expected) in table {
        assert_eq!(hits(&search(&ann, query).await.is(200)), expected, "{query:?}");
    }
    let page = search(&ann, &[("has", "image"), ("limit", "1")]).await.is(200);
    assert_eq!((hits(&page), &page["more"]), (vec![told], &json!(true)));
    for query in
        [&[("q", ""), ("room", "1")][..], &[("q", "!!"), ("has", "image")], &[("since", "2020-01-01T00:00:00Z")]]
    {
        search(&ann, query).await.refuses(422, "invalid");
    }
}

#[tokio::test]
async fn pages_follow_one_another_without_holes_or_doubles() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let lines: Vec<String> = (1..=45).map(|number| format!("{number} 号包裹")).collect();
    let lines: Vec<&str> = lines.iter().flat_map(|line| [line.as_str(), "别的"]).collect();
    let ids = tell(&ann, lobby, &lines).await;
    let expected: Vec<i64> = ids.iter().step_by(2).rev().copied().collect();
    for limit in [1, 7, 15, 44, 45, 50] {
        let (mut seen, mut before) = (Vec::new(), None::<i64>);
        loop {
            let (limit, cursor) = (limit.to_string(), before.map(|before| before.to_string()).unwrap_or_default());
            let fields = [("q", "包裹"), ("limit", limit.as_str()), ("before", cursor.as_str())];
            let page = search(&ann, if before.is_some() { &fields } else { &fields[..2] }).await.is(200);
            seen.extend(hits(&page));
            before = page["before"].as_i64();
            assert_eq!(page["more"], before.is_some());
            if before.is_none() {
                break;
            }
            // What comes meanwhile moves nothing.
            ann.say(lobby, "别的话").await;
        }
        assert_eq!(seen, expected, "{limit} at a time");
    }
}

#[tokio::test]
async fn only_the_rooms_i_am_in_are_searched() {
    let server = Server::start();
    let (ann, bob, eve) = (server.member("ann").await, server.member("bob").await, server.member("eve").await);
    let secret = ann.private_room("秘密", &[&bob]).await;
    let open = ann.make_room("public", "open").await;
    let direct = ann.post("directs", json!({"user": bob.id})).await.is(201).room_id();
    for room in [secret, open, direct] {
        ann.say(room, "暗号是芝麻开门").await;
    }
    assert_eq!(found(&ann, "芝麻").await.len(), 3);
    assert_eq!(found(&bob, "芝麻").await.len(), 2, "not the public room he is not in");
    assert!(found(&eve, "芝麻").await.is_empty());
    let ask = async |member: &Member, room: i64| search(member, &[("q", "芝麻"), ("room", &room.to_string())]).await;
    let nothing = ask(&eve, 999_999).await.is(404);
    for room in [secret, direct] {
        assert_eq!(ask(&eve, room).await.is(404).body, nothing.body, "like a room that does not exist");
    }
    ask(&eve, open).await.refuses(403, "forbidden");
    assert_eq!(hits(&ask(&bob, secret).await.is(200)).len(), 1);
    bob.post(&format!("rooms/{secret}/leave"), Value::Null).await.is(204);
    assert_eq!(found(&bob, "芝麻").await.len(), 1, "a room that was left is not searched");
    ask(&bob, secret).await.is(404);
    eve.post(&format!("rooms/{open}/join"), Value::Null).await.is(200);
    assert_eq!(found(&eve, "芝麻").await.len(), 1, "who joins finds what was said before");
    ann.delete(&format!("rooms/{open}")).await.is(204);
    assert!(found(&eve, "芝麻").await.is_empty());
    eventually("the room is erased, and the others are not", async || found(&ann, "芝麻").await.len() == 2).await;
}

#[tokio::test]
async fn an_edit_is_found_by_its_new_words_and_a_deletion_by_none() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let kept = ann.say(lobby, "苹果和香蕉").await["id"].as_i64().unwrap();
    let gone = ann.say(lobby, "苹果和樱桃").await["id"].as_i64().unwrap();
    ann.patch(&format!("messages/{kept}"), json!({"text": "苹果和葡萄 twice"})).await.is(200);
    assert_eq!(found(&ann, "香蕉").await, [] as [i64; 0]);
    assert_eq!(found(&ann, "葡萄").await, [kept]);
    ann.patch(&format!("messages/{kept}"), json!({"text": "苹果和西瓜"})).await.is(200);
    assert_eq!(found(&ann, "葡萄").await, [] as [i64; 0]);
    assert_eq!(found(&ann, "twice").await, [] as [i64; 0]);
    assert_eq!(found(&ann, "苹果").await, [gone, kept]);
    ann.delete(&format!("messages/{gone}")).await.is(200);
    assert_eq!(found(&ann, "樱桃").await, [] as [i64; 0]);
    assert_eq!(found(&ann, "苹果").await, [kept]);
}

#[tokio::test]
async fn deleted_words_leave_the_database_file() {
    let mut server = Server::start();
    if server.database().url().is_some() {
        return; // PostgreSQL's VACUUM decides when; SQLite is told to do it at once.
    }
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let filler: Vec<String> = (0..50).map(|number| format!("zebra{number} 斑马")).collect();
    let filler: Vec<&str> = filler.iter().map(String::as_str).collect();
    tell(&ann, lobby, &filler).await;
    let edited = ann.say(lobby, "qqvortex is said").await["id"].clone();
    let deleted = ann.say(lobby, "qqvortex is said again").await["id"].clone();
    let contains = |server: &Server, text: &str| {
        let bytes = std::fs::read(server.data().join("parlor.db")).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    server.stop();
    assert!(contains(&server, "vortex"), "the test would see it");
    server.restart();
    ann.patch(&format!("messages/{edited}"), json!({"text": "nothing is said"})).await.is(200);
    ann.delete(&format!("messages/{deleted}")).await.is(200);
    server.stop();
    assert!(!contains(&server, "vortex"));
}

#[tokio::test]
async fn nothing_typed_into_the_field_breaks_it() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    ann.say(lobby, "hello world").await;
    for query in
        ["", " ", "\u{3000}", "%", "_", "*", "\"", "'", "()", "\\", "-", "。，！？", "\u{200b}", "\0", "\u{e000}"]
    {
        let answer = search(&ann, &[("q", query)]).await.refuses(422, "invalid");
        assert!(answer["detail"].as_str().unwrap().len() > 20, "{query:?} is explained");
    }
    ann.get("search").await.refuses(422, "invalid");
    for query in ["安".repeat(201), "x ".repeat(5_000), "你好 ".repeat(2_000)] {
        search(&ann, &[("q", &query)]).await.any_of(&[414, 422, 431]);
    }
    let hostile = [
        "\" OR NEAR( *",
        "hello\0",
        "hello OR 1=1",
        "hello' OR ''='",
        "hello\" OR \"",
        "hello*\"",
        "hello:*",
        "hello & !world",
        "tokens:hello",
        "{tokens}: hello",
        "^hello",
        "hello NEAR/2 world",
        "'hello'::tsquery",
        "\\'hello",
        "\u{e000}r1 hello",
        "\u{e000}r1hello",
        "hello\u{ffff}",
        "a b c d e f g h i j k l m n o p q r s t u v w x y z",
        &"é".repeat(200),
        &"\u{301}x".repeat(100),
        &"你".repeat(200),
        &"👨‍👩‍👧".repeat(40),
    ];
    for query in hostile {
        let page = search(&ann, &[("q", query)]).await;
        assert_eq!(page.status, 200, "{query:?}: {}", page.body);
        assert_eq!(hits(&page).len(), 0, "{query:?}");
    }
    for (name, value) in [
        ("room", "x"),
        ("room", "1;DROP"),
        ("from", "-"),
        ("before", "1e9"),
        ("limit", "many"),
        ("since", "yesterday"),
        ("until", "2026-13-01T00:00:00Z"),
        ("has", "video"),
        ("limit", "99999999999999999999"),
    ] {
        search(&ann, &[("q", "hello"), (name, value)]).await.any_of(&[400, 422]);
    }
    for (name, value) in [
        ("before", "-1"),
        ("before", "9223372036854775807"),
        ("before", "-9223372036854775808"),
        ("limit", "0"),
        ("limit", "-5"),
        ("limit", "9223372036854775807"),
        ("since", "0000-01-01T00:00:00Z"),
        ("since", "9999-12-31T23:59:60-23:59"),
        ("until", "9999-12-31T23:59:59-23:59"),
        ("until", "0000-01-01T00:00:00+23:59"),
        ("from", "-1"),
        ("from", "9223372036854775807"),
    ] {
        search(&ann, &[("q", "hello"), (name, value)]).await.is(200);
    }
    let found = search(&ann, &[("q", "hello"), ("until", "9999-12-31T23:59:59-23:59")]).await.is(200);
    assert_eq!(hits(&found).len(), 1);
    for q in ["q=hello%00", "q=%ff", "q=%", "q[]=x", "q=a&q=b"] {
        ann.get(&format!("search?{q}")).await.any_of(&[200, 400, 422]);
    }
    server.guest().get("search?q=hello").await.refuses(401, "session_ended");
    ann.call(Method::GET, "search?q=hello", Value::Null).await.is(200);
}

#[tokio::test]
async fn the_hit_is_marked_in_the_text_around_it() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let long = format!("{}关键{}关键", "前".repeat(300), "后".repeat(300));
    let table = [
        ("你好吗朋友", "好吗", json!(["你", {"type": "hit", "text": "好吗"}, "朋友"])),
        ("Say ＨＥＬＬＯ\nto all", "hello", json!(["Say ", {"type": "hit", "text": "ＨＥＬＬＯ"}, " to all"])),
        ("<b>粗体</b>&amp;", "粗体", json!(["<b>", {"type": "hit", "text": "粗体"}, "</b>&amp;"])),
        ("㍿之友", "会社", json!([{"type": "hit", "text": "㍿"}, "之友"])),
        (
            "ab 甲 ab",
            "ab 甲",
            json!([{"type": "hit", "text": "ab"}, " ", {"type": "hit", "text": "甲"}, " ", {"type": "hit", "text": "ab"}]),
        ),
        (
            &long,
            "关键",
            json!([format!("…{}", "前".repeat(40)), {"type": "hit", "text": "关键"}, format!("{}…", "后".repeat(116))]),
        ),
    ];
    for (text, query, snippet) in &table {
        ann.say(lobby, text).await;
        let page = search(&ann, &[("q", query)]).await.is(200);
        assert_eq!(&page["hits"][0]["snippet"], snippet, "{query}");
    }
}

#[tokio::test]
async fn the_end_of_the_longest_message_is_found_too() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let text: String = (0..3_998).filter_map(|n| char::from_u32(0x4e00 + n)).chain("结束".chars()).collect();
    let id = ann.say(lobby, &text).await["id"].as_i64().unwrap();
    assert_eq!(found(&ann, "结束").await, [id]);
}

#[tokio::test]
async fn a_person_may_search_thirty_times_a_minute() {
    let server = Server::setup().limits().start();
    let ann = server.member("ann").await;
    for _ in 0..30 {
        search(&ann, &[("q", "hello")]).await.is(200);
    }
    search(&ann, &[("q", "hello")]).await.refuses(429, "rate_limited");
}

#[tokio::test]
async fn what_is_older_than_the_index_becomes_searchable_while_people_talk() {
    const OLD: usize = 3_000;
    let mut server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    ann.say(lobby, "开天辟地").await;
    server.stop();
    // As an earlier version left it: messages, and no index.
    server.database().execute(&server.data(), &format!(
        "DELETE FROM search_progress; \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {OLD}) \
         INSERT INTO messages (room_id, seq, rev, sender_id, client_id, body_hash, kind, text, spans, created_at) \
         SELECT room_id, seq + i, rev + i, sender_id, 'old-' || i, body_hash, kind, '旧消息 number' || i, '[]', created_at \
         FROM messages CROSS JOIN n; \
         UPDATE rooms SET last_seq = last_seq + {OLD}, rev = rev + {OLD} WHERE id = {lobby}"
    ));
    server.restart();
    let edited = id_of(&ann, lobby, 2).await;
    let deleted = id_of(&ann, lobby, 3).await;
    ann.patch(&format!("messages/{edited}"), json!({"text": "新消息"})).await.is(200);
    ann.delete(&format!("messages/{deleted}")).await.is(200);
    let mut tab = bob.connect().await;
    let mut fresh = Vec::new();
    for number in 0..20 {
        fresh.push(tab.say(lobby, &format!("新消息 {number}")).await["id"].as_i64().unwrap());
    }
    eventually("the oldest message is found", async || found(&ann, "开天").await.len() == 1).await;
    let mut all = vec![edited];
    all.extend(&fresh);
    all.reverse();
    assert_eq!(found(&ann, "新消息").await, all);
    assert_eq!(every_hit(&ann, "旧消息").await, OLD - 2, "each once, but for the edited and the deleted one");
    server.kill();
    server.restart();
    assert_eq!(found(&ann, "number2999").await.len(), 1);
    ann.delete(&format!("messages/{edited}")).await.is(200);
    assert_eq!(found(&ann, "新消息").await.len(), 20);
}

async fn id_of(member: &Member, room: i64, seq: i64) -> i64 {
    let page = member.page(room, &format!("before={}&limit=1", seq + 1)).await.is(200);
    page.messages()[0]["id"].as_i64().unwrap()
}

/// How many different messages a walk through all pages finds.
async fn every_hit(member: &Member, query: &str) -> usize {
    let (mut seen, mut count, mut before) = (BTreeSet::new(), 0, i64::MAX);
    loop {
        let page = search(member, &[("q", query), ("limit", "50"), ("before", &before.to_string())]).await.is(200);
        count += hits(&page).len();
        seen.extend(hits(&page));
        match page["before"].as_i64() {
            Some(next) => before = next,
            None => break,
        }
    }
    assert_eq!(seen.len(), count, "none twice");
    count
}
