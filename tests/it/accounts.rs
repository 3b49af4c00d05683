//! Accounts: who may be called what, which passwords pass, and how guessing is slowed down.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{
    PASSWORD,
    client::{Answer, Guest},
    server::Server,
};

#[tokio::test]
async fn registering_logs_in_and_tells_who_i_am() {
    let server = Server::start();
    let guest = server.guest();
    let body = json!({
        "username": "许安", "password": PASSWORD, "nickname": "小许", "email": "xu@example.org", "phone": "+8613800138000"
    });
    let answer = guest.post("register", body).await.is(201);
    let user = json!({"id": answer["user"]["id"], "username": "许安", "nickname": "小许", "role": "member"});
    for (field, value) in user.as_object().unwrap() {
        assert_eq!(&answer["user"][field], value);
    }
    let me = guest.get("me").await.is(200);
    assert_eq!((&me["user"]["email"], &me["user"]["phone"]), (&json!("xu@example.org"), &json!("+8613800138000")));
    server.guest().get("me").await.refuses(401, "session_ended");
}

#[tokio::test]
async fn without_a_nickname_the_name_is_shown() {
    let server = Server::start();
    let ann = server.member("Ann_1").await;
    let me = ann.get("me").await.is(200);
    assert_eq!((&me["user"]["username"], &me["user"]["nickname"]), (&json!("Ann_1"), &json!("Ann_1")));
}

#[tokio::test]
async fn names_of_letters_digits_underscores_and_chinese_are_taken() {
    let server = Server::start();
    for name in ["ab", "Zoë", "xu_an", "r2d2", "许安", "张三_9", "abcdefghijklmnopqrst"] {
        register(&server.guest(), name).await.is(201);
    }
}

#[tokio::test]
async fn names_that_deceive_or_break_the_rules_are_refused_with_a_reason() {
    let server = Server::start();
    let zalgo = format!("ann{}", "\u{301}".repeat(200));
    let (long, endless) = ("a".repeat(21), "a".repeat(10_000));
    let table: [(&str, &[&str]); 25] = [
        ("", &["required", "too_short"]),
        ("a", &["too_short"]),
        (&long, &["too_long"]),
        (&endless, &["too_long"]),
        ("9lives", &["bad_start"]),
        ("_ann", &["bad_start"]),
        ("an n", &["bad_characters"]),
        ("ann-marie", &["bad_characters"]),
        ("ann@home", &["bad_characters"]),
        ("xu.an", &["bad_characters"]),
        ("ann😀", &["bad_characters"]),
        ("<b>ann", &["bad_start", "bad_characters"]),
        ("an\u{200b}n", &["bad_characters"]),
        ("an\u{200d}n", &["bad_characters"]),
        ("an\u{202e}n", &["bad_characters"]),
        ("an\u{2066}n", &["bad_characters"]),
        ("an\u{7}n", &["bad_characters"]),
        ("ann\u{0}", &["bad_characters"]),
        ("\u{200b}\u{200b}\u{200b}", &["bad_characters", "bad_start", "too_short", "required"]),
        ("\u{feff}ann", &["bad_characters", "bad_start"]),
        (&zalgo, &["too_long", "bad_characters"]),
        ("аnnie", &["mixed_scripts", "bad_characters", "bad_start"]),
        ("admin", &["reserved"]),
        ("ADMIN", &["reserved"]),
        ("Admin", &["reserved"]),
    ];
    for (name, codes) in table {
        let answer = register(&server.guest(), name).await.refuses(422, "invalid");
        let code = answer["codes"]["username"].as_str().unwrap_or_else(|| panic!("{name:?}: {}", answer.body));
        assert!(codes.contains(&code), "{name:?} gave {code}, not one of {codes:?}");
        assert!(answer["errors"]["username"].as_str().is_some_and(|text| !text.is_empty()), "{}", answer.body);
    }
    let witness = server.member("witness").await;
    let users = witness.get("users").await.is(200);
    assert_eq!(users["users"].as_array().unwrap().len(), 1, "none of them was stored: {}", users.body);
}

#[tokio::test]
async fn names_that_look_alike_are_one_name() {
    let server = Server::start();
    for name in ["ann", "paypal", "mary", "许安", "zoë"] {
        server.member(name).await;
    }
    for twin in
        ["ann", "ANN", "Ann", "paypa1", "rnary", "许安", "ZOË", "zoe\u{308}", "ａｎｎ", " ann", "ann\t", "\u{3000}ann"]
    {
        let answer = register(&server.guest(), twin).await.any_of(&[409, 422]);
        if answer.status == 409 {
            answer.clone().refuses(409, "taken");
            assert_eq!(answer["codes"]["username"], "taken", "{twin}");
        }
    }
}

#[tokio::test]
async fn of_twenty_registrations_of_one_name_one_succeeds() {
    let server = Server::start();
    let guests: Vec<_> = (0..20).map(|_| server.guest()).collect();
    let mut answers = join_all(guests.iter().map(|guest| register(guest, "highlander"))).await;
    answers.sort_by_key(|answer| answer.status);
    let (first, others) = answers.split_first().unwrap();
    first.clone().is(201);
    for other in others {
        other.clone().refuses(409, "taken");
    }
    server.guest().try_login("highlander", PASSWORD).await.is(200);
}

#[tokio::test]
async fn nobody_registers_as_more_than_a_member() {
    let server = Server::start();
    let extras = [
        ("is_admin", json!(true)),
        ("role", json!("admin")),
        ("id", json!(1)),
        ("email_verified", json!(true)),
        ("created_at", json!("2000-01-01T00:00:00Z")),
        ("password_hash", json!("x")),
    ];
    for (field, value) in extras {
        let mut body = json!({"username": "mallory", "password": PASSWORD});
        body[field] = value;
        server.guest().post("register", body).await.any_of(&[400, 422]);
    }
    server.guest().try_login("mallory", PASSWORD).await.is(401);
    let mallory = server.member("mallory").await;
    assert_eq!(mallory.get("me").await["user"]["role"], "member");
}

#[tokio::test]
async fn weak_passwords_are_refused_with_a_reason() {
    let server = Server::start();
    let long = "p".repeat(129);
    let table: [(&str, &[&str]); 8] = [
        ("", &["required", "too_short"]),
        ("Xq7#vw2", &["too_short"]),
        (&long, &["too_long"]),
        ("password", &["common"]),
        ("12345678", &["common"]),
        ("PASSWORD", &["common"]),
        ("genevieve", &["same_as_name"]),
        ("GENEVIEVE", &["same_as_name"]),
    ];
    for (password, codes) in table {
        let body = json!({"username": "genevieve", "password": password});
        let answer = server.guest().post("register", body).await.refuses(422, "invalid");
        let code = answer["codes"]["password"].as_str().unwrap_or_default();
        assert!(codes.contains(&code), "{password:?} gave {}", answer.body);
    }
    server.guest().try_login("genevieve", "password").await.is(401);
}

#[tokio::test]
async fn long_passwords_and_those_of_many_signs_are_kept_whole() {
    let server = Server::start();
    let (long, emoji) = ("x y".repeat(40), "🐴🔋📎✅ horse".to_owned());
    let over_bcrypt = "a7".repeat(36) + "b";
    for (name, password) in [("long_one", &long), ("emoji_one", &emoji), ("bytes_73", &over_bcrypt)] {
        server.guest().post("register", json!({"username": name, "password": password})).await.is(201);
        server.guest().try_login(name, password).await.is(200);
        let mut shorter = password.clone();
        shorter.pop();
        server.guest().try_login(name, &shorter).await.is(401);
    }
    server.guest().try_login("bytes_73", &"a7".repeat(36)).await.is(401);
}

#[tokio::test]
async fn credentials_of_the_wrong_type_are_refused_and_harm_nothing() {
    let server = Server::start();
    server.member("ann").await;
    let values = [json!([]), json!({}), json!(null), json!(7), json!(true), json!(["ann"]), json!("an\u{0}n")];
    for value in values {
        for (name, password) in [(value.clone(), json!(PASSWORD)), (json!("ann"), value.clone())] {
            let body = json!({"username": name, "password": password});
            server.guest().post("login", body.clone()).await.any_of(&[400, 401, 422]);
            server.guest().post("register", body).await.any_of(&[400, 409, 422]);
        }
    }
    let twice = format!(r#"{{"username":"ann","username":"bob","password":"{PASSWORD}"}}"#);
    server.guest().post_bytes("login", twice).await.any_of(&[400, 422]);
    let huge = json!({"username": "ann", "password": "p".repeat(1_000_000)});
    server.guest().post("login", huge.clone()).await.is(413);
    server.guest().post("register", huge).await.is(413);
    server.guest().try_login("ann", PASSWORD).await.is(200);
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_get_the_same_answer() {
    let server = Server::start();
    server.member("ann").await;
    let wrong = server.guest().try_login("ann", "not her password").await.refuses(401, "bad_credentials");
    let absent = server.guest().try_login("nobody1", "not her password").await.refuses(401, "bad_credentials");
    assert_eq!(wrong.body, absent.body);
    assert_eq!(wrong.fields(), absent.fields());
    assert!(wrong.set_cookie("parlor").is_none());
}

#[tokio::test]
async fn a_login_finds_the_name_in_any_case() {
    let server = Server::start();
    let ann = server.member("Ann").await;
    for name in ["ann", "ANN", "Ann"] {
        assert_eq!(server.guest().try_login(name, PASSWORD).await.is(200)["user"]["id"], ann.id);
    }
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down_and_locks_nobody_out() {
    let server = Server::setup().limits().start();
    let ann = server.member("ann").await;
    let bob = server.member("bob").await;
    let thief = server.guest();
    let mut answers = Vec::new();
    while answers.last().is_none_or(|answer: &Answer| answer.status == 401) {
        assert!(answers.len() < 12, "nobody stops the guessing");
        answers.push(thief.try_login("ann", "a guess of hers").await);
    }
    assert!(answers.len() > 3, "a slip of the finger is forgiven");
    let last = answers.pop().unwrap().refuses(429, "rate_limited");
    assert!(last["retry_after"].as_f64().is_some_and(|seconds| seconds > 0.0), "{}", last.body);
    assert!(last.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0));
    ann.get("me").await.is(200);
    bob.other_device().await;
}

#[tokio::test]
async fn registering_by_the_dozen_is_slowed_down() {
    let server = Server::setup().limits().start();
    let mut taken = 0;
    let refusal = loop {
        let answer = register(&server.guest(), &format!("dozen{taken}")).await;
        if answer.status != 201 {
            break answer;
        }
        taken += 1;
        assert!(taken < 20, "nobody stops it");
    };
    let refusal = refusal.refuses(429, "rate_limited");
    assert!(refusal.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0));
}

#[tokio::test]
async fn a_flood_of_logins_is_bounded_and_leaves_the_chat_alive() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let mut tab = ann.connect().await;
    let lobby = ann.lobby().await;
    let guests: Vec<_> = (0..100).map(|_| server.guest()).collect();
    let flood = join_all(guests.iter().map(|guest| guest.try_login("ann", "a guess of hers")));
    let (answers, _) = tokio::join!(flood, tab.say(lobby, "still quick"));
    for answer in answers {
        answer.any_of(&[401, 429, 503]);
    }
}

async fn register(guest: &Guest, username: &str) -> Answer {
    guest.post("register", json!({"username": username, "password": PASSWORD})).await
}
