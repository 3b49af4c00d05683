//! How long a search takes among a million messages, and what indexing costs a batch of sends.
//!
//! `cargo bench --bench search` measures SQLite; with `PARLOR_BENCH_DATABASE_URL=postgres://user@host/postgres` also PostgreSQL, in a
//! database that it makes and drops. `PARLOR_BENCH_MESSAGES` fills in another number than 1,000,000. Searches go through the function
//! that the route calls; the answers are read whole.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for the terminal, whose panic is its report")]

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::{connection::SimpleConnection, prelude::*, sql_query, sql_types::BigInt};
use parlor::{
    account::wire::{Card, SiteRole},
    config::Target,
    db::{
        claim::Claim,
        connection::{Access, AnyConnection, connect},
        mark::Mark,
        migrate,
        pen::Pen,
        time::now,
        turn::Turn,
    },
    id::{RoomId, UserId},
    message::{
        batch::{self, slow::LastSends},
        body::Body,
        client_id::ClientId,
        post::{Answer, Origin, Post},
        rules::Terms,
        search::{
            find::{Filter, find},
            index,
            query::Query,
            store::{self as search, Entry, Progress},
            tokens::{Tokens, VERSION},
        },
        store::{self, Counters, NewMessage},
    },
    room::wire::{PostPolicy, RoomKind},
};

/// Messages of one transaction while filling in.
const CHUNK: usize = 1_000;

/// Rooms; the first holds half of the messages, the second a quarter, and so on down to tiny ones.
const ROOMS: i64 = 300;

/// People.
const PEOPLE: i64 = 200;

/// Runs of each search.
const RUNS: usize = 200;

/// Batches stored for each figure of the write path.
const BATCHES: i64 = 40;

/// In all rooms, in a few, in one.
const READERS: [(&str, UserId); 3] = [("300 rooms", UserId(1)), ("20 rooms", UserId(2)), ("1 small room", UserId(3))];

fn main() {
    let folder = tempfile::tempdir().unwrap();
    measure("SQLite", &Target::Sqlite(folder.path().join("bench.db")));
    let Ok(admin) = std::env::var("PARLOR_BENCH_DATABASE_URL") else {
        println!("left out: PostgreSQL, for PARLOR_BENCH_DATABASE_URL is not set");
        return;
    };
    let name = format!("parlor_bench_{}", std::process::id());
    let mut conn = PgConnection::establish(&admin).unwrap();
    conn.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let (server, _) = admin.rsplit_once('/').unwrap();
    let url = format!("{server}/{name}");
    let measured = std::panic::catch_unwind(|| measure("PostgreSQL", &Target::Postgres(url)));
    conn.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
    measured.unwrap();
}

fn measure(name: &str, target: &Target) {
    let count: usize = std::env::var("PARLOR_BENCH_MESSAGES").map_or(1_000_000, |count| count.parse().unwrap());
    let mut conn = connect(target, Access::Write).unwrap();
    migrate::migrate(&mut conn).unwrap();
    let begin = Instant::now();
    fill(&mut conn, count);
    println!("\n## {name}: {count} messages, filled in within {:.0} s", begin.elapsed().as_secs_f64());
    size(&mut conn, target);
    searches(&mut conn);
    drop(conn);
    writes(target);
}

/// Numbers that are the same at each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// Small numbers often, great ones rarely: about as words are used (Zipf).
    fn skewed(&mut self, sides: u64) -> u64 {
        let share = self.roll(1 << 30) as f64 / (1u64 << 30) as f64;
        ((sides as f64 + 1.0).powf(share) - 1.0) as u64
    }
}

/// Words of chat; beyond these, pairs of characters of the 3,000 most used ranks stand for the rest of the language.
const WORDS: [&str; 40] = [
    "我们",
    "今天",
    "这个",
    "什么",
    "可以",
    "没有",
    "知道",
    "时候",
    "现在",
    "大家",
    "一下",
    "明天",
    "怎么",
    "开会",
    "觉得",
    "问题",
    "文件",
    "晚上",
    "谢谢",
    "吃饭",
    "客户",
    "项目",
    "测试",
    "服务器",
    "数据库",
    "报告",
    "周末",
    "天气",
    "快递",
    "电影",
    "ok",
    "deadline",
    "the",
    "review",
    "server",
    "bug",
    "email",
    "meeting",
    "haha",
    "update",
];

fn sentence(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..4 + dice.roll(12) {
        match dice.roll(10) {
            0..=3 => {
                let word = WORDS[dice.skewed(WORDS.len() as u64) as usize % WORDS.len()];
                let spaced = word.is_ascii();
                text.push_str(if spaced { " " } else { "" });
                text.push_str(word);
                text.push_str(if spaced { " " } else { "" });
            }
            9 => text.push('，'),
            _ => {
                for _ in 0..2 {
                    text.extend(char::from_u32(0x4e00 + (7 * dice.skewed(2_900)) as u32));
                }
            }
        }
    }
    match dice.roll(3_000) {
        0 => text.push_str("龙井"),
        1 if dice.roll(30) == 0 => text.push_str("鳜鱼"),
        _ => {}
    }
    text
}

/// Half of all in the first room, of the rest half in the second …; and any room now and then.
fn some_room(dice: &mut Dice) -> RoomId {
    RoomId(match dice.roll(10) {
        0 => 1 + dice.roll(ROOMS as u64) as i64,
        _ => 1 + i64::from(dice.roll(1 << 20).trailing_zeros()).min(ROOMS - 1),
    })
}

fn fill(conn: &mut AnyConnection, count: usize) {
    people_and_rooms(conn);
    search::set_progress(conn, Progress { version: VERSION, since_id: 1 }).unwrap();
    let mut dice = Dice(1);
    let mut counters = HashMap::new();
    for first in (0..count).step_by(CHUNK) {
        let texts: Vec<_> = (first..count.min(first + CHUNK)).map(|_| sentence(&mut dice)).collect();
        let ids: Vec<_> = (first..).take(texts.len()).map(|number| format!("c{number}")).collect();
        let spans: Vec<_> = texts.iter().map(|text| serde_json::to_string(&[text]).unwrap()).collect();
        let new: Vec<_> = texts
            .iter()
            .enumerate()
            .map(|(at, text)| {
                let room_id = some_room(&mut dice);
                let seq = counters.entry(room_id).and_modify(|seq| *seq += 1).or_insert(1);
                let sender_id = UserId(1 + dice.roll(PEOPLE as u64) as i64);
                let (client_id, spans) = (ids[at].as_str(), spans[at].as_str());
                let (body_hash, kind, created_at) = (&[0; 32][..], "text", now());
                NewMessage {
                    room_id,
                    seq: *seq,
                    rev: *seq,
                    sender_id,
                    client_id,
                    body_hash,
                    kind,
                    text,
                    spans,
                    reply_to: None,
                    reply_seq: None,
                    created_at,
                }
            })
            .collect();
        conn.batch_execute("BEGIN").unwrap();
        let stored = store::insert_all(conn, &new).unwrap();
        let entry = |new: &NewMessage<'_>| Entry {
            id: stored[&(new.room_id, new.seq)],
            room: new.room_id,
            sender: new.sender_id,
            image: false,
            tokens: Tokens::of(new.text),
        };
        index::insert_all(conn, new.iter().map(entry).collect()).unwrap();
        conn.batch_execute("COMMIT").unwrap();
    }
    let counters: HashMap<_, _> = counters
        .into_iter()
        .map(|(room, seq)| {
            let (kind, terms) = (RoomKind::Public, Terms { post_policy: PostPolicy::Everyone, archived: false });
            (room, Counters { last_seq: seq, rev: seq, kind, pair: None, terms, slow_seconds: 0 })
        })
        .collect();
    store::store_counters(conn, counters.iter()).unwrap();
    // What autovacuum does in a server's quiet minutes.
    let tidy: &[&str] = match conn {
        AnyConnection::Sqlite(_) => &["PRAGMA wal_checkpoint(TRUNCATE)"],
        // One by one: several at once are a transaction, in which nothing can be vacuumed.
        AnyConnection::Pg(_) => &["SET statement_timeout = 0", "VACUUM ANALYZE", "SET statement_timeout = '5s'"],
    };
    for statement in tidy {
        conn.batch_execute(statement).unwrap();
    }
}

fn people_and_rooms(conn: &mut AnyConnection) {
    for id in 1..=PEOPLE {
        let name = format!("person{id}");
        sql_query(format!(
            "INSERT INTO users (username, username_key, skeleton, nickname, nickname_key, password_hash, role, bio, created_at) \
             VALUES ('{name}', '{name}', '{name}', '{name}', '{name}', '', 'member', '', '2026-01-01 00:00:00')"
        ))
        .execute(conn)
        .unwrap();
    }
    for id in 1..=ROOMS {
        sql_query(format!(
            "INSERT INTO rooms (kind, lobby, name, name_key, topic, last_seq, rev, member_count, created_at) \
             VALUES ('public', FALSE, 'room {id}', 'room {id}', '', 0, 0, {PEOPLE}, '2026-01-01 00:00:00')"
        ))
        .execute(conn)
        .unwrap();
    }
    let member = |user: i64, rooms: &str| {
        format!(
            "INSERT INTO memberships (room_id, user_id, role, joined_at, read_seq) \
             SELECT id, {user}, 'member', '2026-01-01 00:00:00', 0 FROM rooms WHERE {rooms}"
        )
    };
    sql_query(member(1, "TRUE")).execute(conn).unwrap();
    sql_query(member(2, "id % 15 = 1")).execute(conn).unwrap();
    sql_query(member(3, &format!("id = {ROOMS}"))).execute(conn).unwrap();
    for user in 4..=PEOPLE {
        sql_query(member(user, "id = 1")).execute(conn).unwrap();
    }
}

#[derive(QueryableByName)]
struct Bytes {
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

fn size(conn: &mut AnyConnection, target: &Target) {
    let (all, index) = match (target, conn) {
        (Target::Sqlite(path), conn) => {
            let index: Bytes =
                sql_query("SELECT sum(length(block)) AS bytes FROM message_index_data").get_result(conn).unwrap();
            (std::fs::metadata(path).unwrap().len() as i64, index.bytes)
        }
        (_, conn) => {
            let mut bytes = |of: &str| {
                let bytes: Bytes = sql_query(format!("SELECT {of} AS bytes")).get_result(conn).unwrap();
                bytes.bytes
            };
            (bytes("pg_database_size(current_database())"), bytes("pg_total_relation_size('message_index')"))
        }
    };
    println!("database {} MB, of it the index {} MB", all >> 20, index >> 20);
}

/// Two characters each, but for the last.
const QUERIES: [(&str, &str); 9] = [
    ("common", "我们"),
    ("medium", "周末"),
    ("rare", "龙井"),
    ("very rare", "鳜鱼"),
    ("absent", "饕餮"),
    ("one character", "我"),
    ("a sentence", "今天我们开会"),
    ("beginning of a word", "dead"),
    ("two words", "周末 电影"),
];

fn searches(conn: &mut AnyConnection) {
    println!("| search | reader | hits | p50 ms | p99 ms |\n| --- | --- | --- | --- | --- |");
    for (kind, text) in QUERIES {
        let query = Query::parse(text).unwrap();
        for (reader, user) in READERS {
            let mut hits = 0;
            let mut search = || hits = find(conn, user, &query, &Filter::default(), 20).unwrap().hits.len();
            let (p50, p99) = percentiles(&mut search);
            println!("| {kind} {text} | {reader} | {hits} | {p50:.2} | {p99:.2} |");
        }
    }
}

/// Milliseconds of half, and of 99 of 100, of the runs.
fn percentiles(run: &mut impl FnMut()) -> (f64, f64) {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let begin = Instant::now();
            run();
            begin.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |share: usize| times[(RUNS * share / 100).min(RUNS - 1)].as_secs_f64() * 1e3;
    (at(50), at(99))
}

/// Batches of 256 sends. First as the writer stores them; then their rows alone, without the index and with it: the difference is
/// its price.
fn writes(target: &Target) {
    let conn = connect(target, Access::Write).unwrap();
    let mark = Mark::open(&tempfile::tempdir().unwrap().path().join("mark"), "").unwrap();
    let mut pen = Pen::new(target.clone(), conn, Claim::new(1), mark, Turn::default()).unwrap();
    let mut dice = Dice(2);
    let mut time = |what: fn(&mut AnyConnection, &[&Post], i64)| {
        let mut times: Vec<Duration> = (0..BATCHES)
            .map(|batch| {
                let posts: Vec<Post> = (0..256).map(|_| post(&mut dice)).collect();
                let posts: Vec<&Post> = posts.iter().collect();
                let begin = Instant::now();
                pen.transact(|conn| {
                    what(conn, &posts, batch);
                    Ok(())
                })
                .unwrap();
                begin.elapsed()
            })
            .collect();
        times.sort_unstable();
        times[BATCHES as usize / 2].as_secs_f64() * 1e3
    };
    let whole = time(|conn, posts, _| {
        assert!(batch::store(conn, posts, &mut LastSends::default()).unwrap().iter().all(Result::is_ok))
    });
    let without = time(|conn, posts, batch| drop(store_rows(conn, posts, 10_000_000 + 1_000 * batch)));
    let with = time(|conn, posts, batch| {
        let entries = store_rows(conn, posts, 20_000_000 + 1_000 * batch);
        index::insert_all(conn, entries).unwrap();
    });
    println!(
        "256 sends: {whole:.1} ms as stored; their rows alone {without:.1} ms, with the index {with:.1} ms ({:.2} times)",
        with / without
    );
}

fn post(dice: &mut Dice) -> Post {
    let text = sentence(dice);
    let body = Body::parse(&text, 4_000).unwrap();
    let id = UserId(4 + dice.roll(PEOPLE as u64 - 4) as i64);
    let author = Card {
        id,
        username: format!("person{id}"),
        nickname: String::new(),
        role: SiteRole::Member,
        avatar_url: None,
        away: None,
    };
    let client_id = ClientId::parse(&format!("w{}-{}", dice.roll(1 << 30), dice.roll(1 << 30))).unwrap();
    let (answer, _) = tokio::sync::oneshot::channel();
    Post {
        author: Arc::new(author),
        room: RoomId(1),
        client_id,
        tokens: Tokens::of(body.text()),
        body,
        uploads: Vec::new(),
        reply_to: None,
        candidates: Vec::new(),
        origin: Origin::Written,
        unwanted: false,
        body_hash: [0; 32],
        answer: Answer::Caller(answer),
    }
}

fn store_rows(conn: &mut AnyConnection, posts: &[&Post], seq: i64) -> Vec<Entry> {
    let spans: Vec<_> = posts.iter().map(|post| serde_json::to_string(post.body.spans()).unwrap()).collect();
    let rows: Vec<(i64, RoomId, UserId, &String, &Post)> = (seq..)
        .zip(posts.iter().zip(&spans))
        .map(|(seq, (post, spans))| (seq, post.room, post.author.id, spans, *post))
        .collect();
    let new: Vec<_> = rows
        .iter()
        .map(|(seq, room_id, sender_id, spans, post)| NewMessage {
            room_id: *room_id,
            seq: *seq,
            rev: *seq,
            sender_id: *sender_id,
            client_id: post.client_id.as_str(),
            body_hash: &post.body_hash,
            kind: "text",
            text: post.body.text(),
            spans,
            reply_to: None,
            reply_seq: None,
            created_at: now(),
        })
        .collect();
    let ids = store::insert_all(conn, &new).unwrap();
    let entry = |(seq, room, sender, _, post): &(i64, RoomId, UserId, &String, &Post)| Entry {
        id: ids[&(*room, *seq)],
        room: *room,
        sender: *sender,
        image: false,
        tokens: post.tokens.clone(),
    };
    rows.iter().map(entry).collect()
}
