//! Pictures a day, and what they may take of the disk.

use std::cell::Cell;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::set;
use crate::support::{client::Member, eventually, picture::png, server::Server};

/// A picture of one colour; another one for each number.
fn picture(number: u8) -> Vec<u8> {
    png(20, 10, [number, 120, 200])
}

async fn taken(member: &Member, number: u8) -> Value {
    member.upload("a.png", &picture(number)).await.is(201)["upload"].clone()
}

async fn take_back(member: &Member, upload: &Value) {
    member.delete(&format!("uploads/{}", upload["id"].as_str().unwrap())).await.is(204);
}

/// Has all uploads have come so many hours earlier.
fn age(server: &Server, hours: i64) {
    let sql = format!("UPDATE upload_hours SET hour = hour - {hours}");
    server.database().execute(&server.data(), &sql);
}

fn number(server: &Server, sql: &str) -> i64 {
    server.database().number(&server.data(), sql)
}

#[tokio::test]
async fn a_person_uploads_so_many_pictures_in_a_day_whatever_becomes_of_them() {
    let mut server = Server::setup().limits().start();
    let (admin, ann, bob) = (server.admin("founder").await, server.member("ann").await, server.member("bob").await);
    set(&admin, json!({"uploads_per_day": 3})).await;
    let first = taken(&ann, 1).await;
    let again = taken(&ann, 1).await;
    take_back(&ann, &again).await;
    taken(&ann, 2).await;
    for number in [3, 2] {
        let refused = ann.upload("a.png", &picture(number)).await.meets("uploads_per_day", 413, "quota", true);
        let wait = refused["retry_after"].as_f64().unwrap();
        assert!((22.9 * 3_600.0..=24.0 * 3_600.0).contains(&wait), "{wait}");
    }
    taken(&bob, 3).await;
    ann.get(first["url"].as_str().unwrap()).await.is(200);
    server.stop();
    server.restart();
    ann.upload("a.png", &picture(3)).await.meets("uploads_per_day", 413, "quota", true);
    age(&server, 23);
    let refused = ann.upload("a.png", &picture(3)).await.meets("uploads_per_day", 413, "quota", true);
    assert!(refused["retry_after"].as_f64() <= Some(3_600.0), "{}", refused.body);
    age(&server, 1);
    taken(&ann, 3).await;
    assert_eq!(number(&server, "SELECT count(*) AS number FROM upload_hours"), 2, "the old hours go");
}

#[tokio::test]
async fn uploads_at_the_same_time_do_not_race_past_what_a_day_allows() {
    let server = Server::setup().limits().start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    set(&admin, json!({"upload_burst": 1_000, "uploads_per_minute": 1_000})).await;
    for (limit, allowed) in
        [(json!({"uploads_per_day": 3}), 3), (json!({"uploads_per_day": 1_000, "upload_bytes_per_day": 40_960}), 2)]
    {
        set(&admin, limit.clone()).await;
        let pictures: Vec<Vec<u8>> = (0..10).map(|number| picture(10 * allowed + number)).collect();
        let taken = join_all(pictures.iter().map(async |file| {
            let taken = Cell::new(false);
            // Some are told that too many come at once, and come again.
            eventually("it has its turn", async || {
                let answer = ann.upload("a.png", file).await.any_of(&[201, 413, 429, 503]);
                taken.set(answer.status == 201);
                ![429, 503].contains(&answer.status)
            })
            .await;
            taken.get()
        }));
        let taken = taken.await.into_iter().filter(|taken| *taken).count();
        assert_eq!(taken, usize::from(allowed), "{limit}");
    }
}

#[tokio::test]
async fn a_person_uploads_so_many_in_a_row_and_then_so_many_a_minute() {
    let server = Server::setup().limits().start();
    let (admin, ann, bob) = (server.admin("founder").await, server.member("ann").await, server.member("bob").await);
    set(&admin, json!({"upload_burst": 2, "uploads_per_minute": 1})).await;
    taken(&ann, 1).await;
    taken(&ann, 2).await;
    let refused = ann.upload("a.png", &picture(3)).await.meets("uploads_per_minute", 429, "rate_limited", true);
    assert!(refused["retry_after"].as_f64() <= Some(60.0), "{}", refused.body);
    taken(&bob, 3).await;
}

#[tokio::test]
async fn a_file_has_so_many_bytes() {
    let server = Server::setup().limits().start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    set(&admin, json!({"upload_max_bytes": 1_000})).await;
    taken(&ann, 1).await;
    let refused = ann.upload("a.png", &[0; 1_001]).await.meets("upload_max_bytes", 413, "too_large", false);
    assert!(refused["detail"].as_str().unwrap().contains("1000"), "{}", refused.body);
}

#[tokio::test]
async fn what_was_stored_before_it_was_added_up_counts_too() {
    let mut server = Server::setup().limits().start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    taken(&ann, 1).await;
    server.stop();
    server.database().take_back_migrations(&server.data(), 2);
    server.restart();
    set(&admin, json!({"storage_max_bytes": 16_384})).await;
    taken(&ann, 2).await;
    ann.upload("a.png", &picture(3)).await.meets("storage_max_bytes", 507, "site_full", false);
}

#[tokio::test]
async fn a_person_stores_so_many_bytes_in_a_day() {
    let server = Server::setup().limits().start();
    let (admin, ann, bob) = (server.admin("founder").await, server.member("ann").await, server.member("bob").await);
    // A small picture and its smaller one take a block of the disk each.
    set(&admin, json!({"upload_bytes_per_day": 16_384})).await;
    taken(&ann, 1).await;
    let second = taken(&ann, 2).await;
    ann.upload("a.png", &picture(3)).await.meets("upload_bytes_per_day", 413, "quota", true);
    taken(&ann, 1).await;
    take_back(&ann, &second).await;
    ann.upload("a.png", &picture(3)).await.meets("upload_bytes_per_day", 413, "quota", true);
    taken(&bob, 3).await;
    set(&admin, json!({"upload_bytes_per_day": 0})).await;
    taken(&ann, 4).await;
    set(&admin, json!({"upload_bytes_per_day": 16_384})).await;
    age(&server, 24);
    taken(&ann, 3).await;
}

#[tokio::test]
async fn a_person_has_so_many_bytes_stored_until_they_delete_some() {
    let server = Server::setup().limits().start();
    let (admin, ann, bob) = (server.admin("founder").await, server.member("ann").await, server.member("bob").await);
    set(&admin, json!({"upload_bytes_per_person": 16_384})).await;
    let (first, _second) = (taken(&ann, 1).await, taken(&ann, 2).await);
    ann.upload("a.png", &picture(3)).await.meets("upload_bytes_per_person", 413, "quota", false);
    let again = taken(&ann, 1).await;
    taken(&bob, 3).await;
    take_back(&ann, &again).await;
    ann.upload("a.png", &picture(3)).await.meets("upload_bytes_per_person", 413, "quota", false);
    take_back(&ann, &first).await;
    taken(&ann, 3).await;
}

#[tokio::test]
async fn the_server_stores_so_much_and_says_that_it_is_its_space() {
    let server = Server::setup().limits().start();
    let (admin, ann, bob) = (server.admin("founder").await, server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let upload = taken(&ann, 1).await;
    let body = json!({"client_id": "with-it", "text": "look", "uploads": [upload["id"]]});
    let message = ann.post(&format!("rooms/{lobby}/messages"), body).await.is(201)["message"].clone();
    let second = taken(&ann, 2).await;
    set(&admin, json!({"storage_max_bytes": 16_384})).await;
    for member in [&ann, &bob] {
        let refused = member.upload("a.png", &picture(3)).await.meets("storage_max_bytes", 507, "site_full", false);
        assert!(refused["detail"].as_str().unwrap().contains("not yours"), "{}", refused.body);
    }
    bob.say(lobby, "words need no picture").await;
    taken(&ann, 1).await;
    take_back(&ann, &second).await;
    taken(&bob, 3).await;
    bob.upload("a.png", &picture(4)).await.meets("storage_max_bytes", 507, "site_full", false);
    // The picture is in another upload still; that one goes too, and then there is room.
    ann.delete(&format!("messages/{}", message["id"])).await.is(200);
    bob.upload("a.png", &picture(4)).await.meets("storage_max_bytes", 507, "site_full", false);
    set(&admin, json!({"storage_max_bytes": 0})).await;
    taken(&bob, 4).await;
    let sum = "SELECT CAST(SUM(stored_bytes) AS BIGINT) - (SELECT bytes FROM storage) AS number FROM blobs";
    assert_eq!(number(&server, sum), 0, "the sum is what there is");
}
