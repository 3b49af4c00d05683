//! What people tell of themselves, and what others see of it.

use serde_json::{Value, json};

use crate::support::{
    PASSWORD,
    frame::{has, with_id},
    server::Server,
};

#[tokio::test]
async fn a_profile_is_changed_field_by_field_and_cleared_with_null() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let changes = [
        ("nickname", json!("Ann 安")),
        ("email", json!("ann@example.org")),
        ("phone", json!("+4915112345678")),
        ("bio", json!("paper\nand ink")),
        ("locale", json!("zh-CN")),
    ];
    for (field, value) in &changes {
        let answer = ann.patch("me", json!({*field: value})).await.is(200);
        assert_eq!(&answer["user"][*field], value);
    }
    let me = ann.get("me").await.is(200);
    for (field, value) in &changes {
        assert_eq!(&me["user"][*field], value);
    }
    let cleared = ann.patch("me", json!({"email": null, "phone": null, "locale": null})).await.is(200);
    for field in ["email", "phone", "locale"] {
        assert_eq!(cleared["user"][field], Value::Null);
    }
    assert_eq!(cleared["user"]["nickname"], "Ann 安", "what was not named stays");
}

#[tokio::test]
async fn profiles_that_deceive_or_break_the_rules_are_refused() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let table = [
        ("nickname", json!("x".repeat(10_000))),
        ("nickname", json!("an\u{202e}n")),
        ("nickname", json!("an\u{0}n")),
        ("nickname", json!("an\nn")),
        ("nickname", json!("\u{200b}\u{200b}")),
        ("nickname", json!(7)),
        ("email", json!("nonsense")),
        ("email", json!("a@b@c")),
        ("email", json!("ann@example.org\nbcc: x@y.z")),
        ("phone", json!("not a number")),
        ("bio", json!("x".repeat(60_000))),
        ("bio", json!("\u{0}")),
        ("locale", json!("xx")),
        ("locale", json!("../../etc/passwd")),
        ("role", json!("admin")),
        ("id", json!(1)),
        ("username", json!("root2")),
        ("created_at", json!("2000-01-01T00:00:00Z")),
        ("is_admin", json!(true)),
    ];
    let before = ann.get("me").await.is(200).body;
    for (field, value) in table {
        let answer = ann.patch("me", json!({field: value})).await;
        assert!([400, 422].contains(&answer.status), "{field} {value} gave {}: {}", answer.status, answer.body);
    }
    assert_eq!(ann.get("me").await.is(200).body, before);
}

#[tokio::test]
async fn numbers_and_nicknames_may_be_written_down_by_anybody() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let both = json!({"phone": "+4915112345678", "nickname": "Sunny"});
    for member in [&ann, &bob] {
        let me = member.patch("me", both.clone()).await.is(200);
        assert_eq!(me["user"]["phone_confirmed"], false, "whoever only writes a number down keeps nobody from it");
    }
    let body = json!({"username": "carol", "password": PASSWORD, "phone": "+4915112345678"});
    server.guest().post("register", body).await.is(201);
}

#[tokio::test]
async fn others_see_no_address_number_or_secret_of_mine() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    ann.patch("me", json!({"email": "hush@example.org", "phone": "+4915112345678", "bio": "I print."})).await.is(200);
    let lobby = ann.lobby().await;
    ann.say(lobby, "hello").await;
    let one = bob.get(&format!("users/{}", ann.id)).await.is(200);
    assert_eq!(one["user"]["bio"], "I print.");
    let answers = [
        one.body,
        bob.get("users").await.is(200).body,
        bob.get(&format!("rooms/{lobby}/members")).await.is(200).body,
        bob.page(lobby, "").await.is(200).body,
        bob.connect().await.hello.to_string(),
    ];
    for body in answers {
        for secret in ["hush@example.org", "4915112345678", "argon2", "password", "token_hash"] {
            assert!(!body.contains(secret), "{secret} in {body}");
        }
    }
}

#[tokio::test]
async fn people_are_found_by_the_letters_of_their_names() {
    let server = Server::start();
    let ann = server.member("ann_lee").await;
    let bob = server.member("bob").await;
    bob.patch("me", json!({"nickname": "100% Bob"})).await.is(200);
    let all = ann.get("users").await.is(200);
    assert_eq!(all["users"].as_array().unwrap().len(), 2);
    for (query, found) in
        [("ANN", vec![ann.id]), ("Bob", vec![bob.id]), ("%25", vec![bob.id]), ("_", vec![ann.id]), ("zz", vec![])]
    {
        let answer = ann.get(&format!("users?q={query}")).await.is(200);
        let ids: Vec<_> = answer["users"].as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, found, "{query}");
    }
    let first = ann.get("users?limit=1").await.is(200);
    assert_eq!((first["users"].as_array().unwrap().len(), &first["more"]), (1, &json!(true)));
    let after = first["users"][0]["id"].clone();
    let second = ann.get(&format!("users?limit=1&after={after}")).await.is(200);
    assert_eq!(second["more"], json!(false));
    assert_ne!(second["users"][0]["id"], after);
    let mut tab = bob.connect().await;
    tab.hears_of(bob.id).await;
    let online = ann.get("users").await.is(200);
    assert_eq!(with_id(&online["users"], bob.id)["online"], true);
    assert!(has(&online["users"], "online", false), "{}", online.body);
}

#[tokio::test]
async fn words_that_make_no_sense_find_nobody_and_break_nothing() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let members = format!("rooms/{}/members", ann.lobby().await);
    let endless = "x".repeat(10_000);
    let queries = [
        "%00",
        "an%00n",
        "%25%25%25%25",
        "_%25_",
        "%5c",
        "%5c%5c%25",
        "'",
        "';DROP TABLE users;--",
        "%22 OR 1=1",
        "NEAR(",
        "*",
        "%f0%9f%90%b4",
        "%e2%80%ae",
        "%ff",
        "%ed%a0%80",
        &endless,
    ];
    for path in ["users", "rooms/public", &members] {
        for query in queries {
            let answer = ann.get(&format!("{path}?q={}", query.replace(' ', "+"))).await;
            assert!([200, 400, 414, 422].contains(&answer.status), "{path} {query}: {} {}", answer.status, answer.body);
            let found = ["users", "rooms", "members"].iter().find_map(|list| answer[list].as_array());
            assert!(found.is_none_or(Vec::is_empty), "{path} {query} found {}", answer.body);
        }
    }
    ann.get("users?q=ann").await.is(200);
}

#[tokio::test]
async fn a_password_is_changed_only_by_who_knows_it() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let change = |current: &str, new: &str| {
        let (ann, body) = (ann.clone(), json!({"current": current, "new": new}));
        async move { ann.put("me/password", body).await }
    };
    change("not her password", "another horse 8").await.refuses(403, "wrong_password");
    for weak in ["short", "password", "ann", &"p".repeat(129)] {
        change(PASSWORD, weak).await.is(422);
    }
    ann.put("me/password", json!({"new": "another horse 8"})).await.any_of(&[400, 422]);
    change(PASSWORD, "another horse 8").await.is(204);
    server.guest().try_login("ann", PASSWORD).await.is(401);
    server.guest().try_login("ann", "another horse 8").await.is(200);
}
