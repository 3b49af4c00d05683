//! Access tokens: what they let a program do, what they never do, and how they end.

use std::time::Instant;

use futures_util::future::{join, join_all};
use reqwest::{
    Method,
    header::{AUTHORIZATION, COOKIE, ORIGIN},
};
use serde_json::{Value, json};

use crate::support::{
    PASSWORD,
    client::{Answer, Member},
    eventually, fresh_id,
    picture::{multipart, png},
    program::Program,
    server::Server,
};

#[tokio::test]
async fn a_program_with_a_token_acts_as_its_owner() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let program = Program::of(&ann, "write").await;
    assert_eq!(program.get("me").await.is(200)["user"]["username"], "ann");
    let room = program.post("rooms", json!({"kind": "public", "name": "by a program"})).await.is(201).room_id();
    let said = program.post(&format!("rooms/{room}/messages"), json!({"client_id": "p-1", "text": "hello"})).await;
    assert_eq!(said.is(201)["message"]["sender"]["id"], ann.id);
    assert_eq!(ann.page(room, "").await.is(200).messages()[0]["text"], "hello");

    let (kind, body) = multipart(&[], "cat.png", &png(40, 30, [9, 9, 9]));
    let upload = program.request(Method::POST, "uploads").header("content-type", kind).body(body);
    let upload = Answer::to(upload).await.is(201)["upload"].clone();
    program.get(upload["url"].as_str().unwrap()).await.is(200);
    server.guest().get(upload["url"].as_str().unwrap()).await.is(404);
}

#[tokio::test]
async fn the_token_is_told_once_and_known_by_its_first_characters() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let body = json!({"name": " backup ", "scope": "read", "expires_at": "2030-01-01T00:00:00Z"});
    let made = ann.post("me/tokens", body).await.is(201);
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.len() == 49 && secret.starts_with("parlor_"), "{secret}");
    let list = ann.get("me/tokens").await.is(200);
    assert!(!list.body.contains(secret) && !server.log().contains(secret));
    let token = &list["tokens"][0];
    assert_eq!(*token, made["token"]);
    assert_eq!(
        (&token["name"], &token["scope"], &token["start"]),
        (&json!("backup"), &json!("read"), &json!(secret[..11]))
    );
    assert_eq!((&token["last_used_at"], &token["expired"]), (&Value::Null, &json!(false)));
    assert_eq!(token["expires_at"], "2030-01-01T00:00:00.000000Z");

    Program::showing(server.site(), secret).get("rooms").await.is(200);
    let token = ann.get("me/tokens").await["tokens"][0].clone();
    assert_eq!(token["last_ip"], "127.0.0.1");
    let first = token["last_used_at"].as_str().expect("it was used").to_owned();
    Program::showing(server.site(), secret).get("rooms").await.is(200);
    assert_eq!(ann.get("me/tokens").await["tokens"][0]["last_used_at"], first, "noted once a minute at most");
}

#[tokio::test]
async fn a_use_is_noted_again_after_a_minute() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    let program = Program::of(&ann, "read").await;
    program.get("me").await.is(200);
    let old = "2026-01-01 00:00:00.000000";
    server
        .database()
        .execute(&server.data(), &format!("UPDATE tokens SET last_used_at = '{old}', last_ip = '192.0.2.1'"));
    server.stop();
    server.restart();
    let program = Program::showing(server.site(), &program.secret);
    program.get("me").await.is(200);
    let token = ann.get("me/tokens").await.is(200)["tokens"][0].clone();
    assert_eq!(token["last_ip"], "127.0.0.1");
    assert!(!token["last_used_at"].as_str().unwrap().starts_with("2026-01-01"), "{token}");
}

#[tokio::test]
async fn what_is_no_token_is_refused_in_the_same_words() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let revoked = Program::of(&ann, "write").await;
    ann.delete(&format!("me/tokens/{}", revoked.token)).await.is(204);
    let expired = Program::of(&ann, "write").await;
    let past = "2026-01-01 00:00:00";
    server
        .database()
        .execute(&server.data(), &format!("UPDATE tokens SET expires_at = '{past}' WHERE id = {}", expired.token));
    let valid = Program::of(&ann, "write").await.secret;
    let mut typo = valid.clone();
    let last = if typo.pop() == Some('a') { 'b' } else { 'a' };
    typo.push(last);
    let unknown = format!("parlor_{}{}", "0".repeat(36), "rkqr2v");
    let mut bodies = Vec::new();
    for secret in [&revoked.secret, &expired.secret, &typo, &unknown, "", "x", "parlor_", &"a".repeat(8_000)] {
        let answer = Program::showing(server.site(), secret).get("me").await.refuses(401, "bad_token");
        assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
        bodies.push(answer.body);
        assert_eq!(Program::showing(server.site(), secret).connect().await.err(), Some(401));
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    assert_eq!(ann.get("me/tokens").await["tokens"].as_array().unwrap().len(), 2, "an expired one is still listed");
    let plain = server.guest().get("me").await.refuses(401, "session_ended");
    assert_eq!(plain.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn a_token_counts_in_its_header_alone() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let secret = Program::of(&ann, "write").await.secret;
    let nobody = server.guest();
    nobody.get(&format!("me?access_token={secret}")).await.is(401);
    nobody.get(&format!("me?token={secret}")).await.is(401);
    for cookie in [format!("parlor={secret}"), format!("token={secret}")] {
        Answer::to(nobody.bare(Method::GET, "me").header(COOKIE, cookie)).await.is(401);
    }
    let body = json!({"client_id": "q-1", "text": "hi", "access_token": secret});
    nobody.post(&format!("rooms/{}/messages", ann.lobby().await), body).await.any_of(&[401, 422]);
    let twice = nobody.bare(Method::GET, "me");
    let bearer = format!("Bearer {secret}");
    Answer::to(twice.header(AUTHORIZATION, &bearer).header(AUTHORIZATION, &bearer)).await.refuses(401, "bad_token");
    let other = nobody.bare(Method::GET, "me").header(AUTHORIZATION, "Basic YW5uOnB3");
    Answer::to(other).await.refuses(401, "session_ended");
    // Pages belong to people.
    let program = Program::showing(server.site(), &secret);
    program.get("/account/").await.is(401);
    program.get("/").await.any_of(&[303, 401]);
    program.post("/account/profile", Value::Null).await.is(403);
}

#[tokio::test]
async fn a_token_without_origin_passes_the_gate_only_without_a_cookie_and_never_from_elsewhere() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let program = Program::of(&ann, "write").await;
    let act = || program.request(Method::PATCH, "me").json(&json!({"bio": "by a program"}));
    Answer::to(act()).await.is(200);
    Answer::to(act().header(COOKIE, "theme=dark")).await.refuses(403, "forbidden");
    Answer::to(act().header(COOKIE, ann.cookies())).await.refuses(403, "forbidden");
    for origin in ["https://evil.example", "null"] {
        Answer::to(act().header(ORIGIN, origin)).await.refuses(403, "forbidden");
    }
    Answer::to(act().header("sec-fetch-site", "cross-site")).await.refuses(403, "forbidden");
    // A page of our own may use one; then it is the token that counts.
    let bob = server.member("bob").await;
    let mixed = act().header(ORIGIN, server.site().origin()).header(COOKIE, bob.cookies());
    assert_eq!(Answer::to(mixed).await.is(200)["user"]["username"], "ann");
    // A cookie alone still needs our own Origin.
    Answer::to(bob.bare(Method::PATCH, "me").json(&json!({"bio": "x"}))).await.refuses(403, "forbidden");
}

#[tokio::test]
async fn each_scope_goes_so_far_and_no_further() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let [read, write, all] =
        [Program::of(&admin, "read").await, Program::of(&admin, "write").await, Program::of(&admin, "admin").await];
    for program in [&read, &write, &all] {
        program.get("rooms").await.is(200);
    }
    let room = json!({"kind": "public", "name": "new"});
    let refusal = read.post("rooms", room.clone()).await.refuses(403, "scope");
    assert_eq!(refusal["scope"], "write");
    assert_eq!(refusal.header("www-authenticate"), "Bearer error=\"insufficient_scope\", scope=\"write\"");
    write.post("rooms", room).await.is(201);
    for program in [&read, &write] {
        assert_eq!(program.get("admin/settings").await.refuses(403, "scope")["scope"], "admin");
    }
    all.get("admin/settings").await.is(200);
    all.call(Method::PATCH, "admin/settings", json!({"site_name": "By token"})).await.is(200);
    let log = all.get("admin/audit").await.is(200);
    assert_eq!(log["entries"][0]["actor"]["name"], "founder");
}

#[tokio::test]
async fn an_admins_token_is_worth_no_more_than_its_owner() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let second = server.member("second").await;
    second.post("me/tokens", json!({"name": "x", "scope": "admin"})).await.refuses(422, "invalid");
    admin.patch(&format!("admin/users/{}", second.id), json!({"role": "admin"})).await.is(200);
    let program = Program::of(&second, "admin").await;
    program.get("admin/settings").await.is(200);
    admin.patch(&format!("admin/users/{}", second.id), json!({"role": "member"})).await.is(200);
    program.get("admin/settings").await.refuses(403, "forbidden");
    program.post("rooms", json!({"kind": "public", "name": "still a member"})).await.is(201);
}

#[tokio::test]
async fn no_token_touches_what_lets_people_in() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    let bot =
        admin.post("admin/users", json!({"username": "menubot", "role": "bot"})).await.is(201)["user"]["id"].clone();
    let program = Program::of(&admin, "admin").await;
    let session = admin.get("me/sessions").await.is(200)["sessions"][0]["id"].clone();
    let token = json!({"name": "another", "scope": "read"});
    for (method, path, body) in [
        (Method::PUT, "me/password".to_owned(), json!({"current": PASSWORD, "new": "another horse 8 电池"})),
        (Method::GET, "me/sessions".to_owned(), Value::Null),
        (Method::DELETE, "me/sessions".to_owned(), Value::Null),
        (Method::DELETE, format!("me/sessions/{session}"), Value::Null),
        (Method::GET, "me/tokens".to_owned(), Value::Null),
        (Method::POST, "me/tokens".to_owned(), token.clone()),
        (Method::DELETE, format!("me/tokens/{}", program.token), Value::Null),
        (Method::PATCH, "me".to_owned(), json!({"email": "evil@example.org"})),
        (Method::PATCH, "me".to_owned(), json!({"phone": null})),
        (Method::POST, "logout".to_owned(), Value::Null),
        (Method::POST, format!("admin/users/{}/reset", ann.id), Value::Null),
        (Method::DELETE, format!("admin/users/{}/reset", ann.id), Value::Null),
        (Method::DELETE, format!("admin/users/{}/sessions", ann.id), Value::Null),
        (Method::DELETE, format!("admin/users/{}/sessions/{session}", admin.id), Value::Null),
        (Method::POST, format!("admin/users/{bot}/tokens"), token),
        (Method::DELETE, format!("admin/users/{}/tokens/{}", admin.id, program.token), Value::Null),
    ] {
        program.call(method, &path, body).await.refuses(403, "session_needed");
    }
    program.call(Method::PATCH, "me", json!({"bio": "this it may"})).await.is(200);
    ann.get("me").await.is(200);
    admin.get("me").await.is(200);
}

#[tokio::test]
async fn a_socket_is_opened_by_a_token_and_closed_with_it() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let (program, other) = (Program::of(&ann, "write").await, Program::of(&ann, "write").await);
    let lobby = ann.lobby().await;
    let mut desk = ann.connect().await;
    let (mut line, mut second) = (program.connect().await.unwrap(), other.connect().await.unwrap());
    assert_eq!(line.hello["me"]["username"], "ann");
    line.say(lobby, "from a program").await;
    desk.message("from a program").await;
    ann.delete(&format!("me/tokens/{}", program.token)).await.is(204);
    line.expect_close(4001).await;
    program.get("me").await.refuses(401, "bad_token");
    second.say(lobby, "another one stays").await;
    desk.say(lobby, "and so does the browser").await;
    // Ending sessions is no matter of tokens.
    ann.delete("me/sessions").await.is(204);
    second.say(lobby, "still there").await;
}

#[tokio::test]
async fn a_socket_of_a_reading_token_only_listens() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let said = ann.say(lobby, "hello").await;
    let mut line = Program::of(&ann, "read").await.connect().await.unwrap();
    for frame in [
        json!({"type": "send", "room": lobby, "text": "hi"}),
        json!({"type": "edit", "id": said["id"], "text": "changed"}),
        json!({"type": "recall", "id": said["id"]}),
        json!({"type": "delete", "id": said["id"]}),
        json!({"type": "react", "id": said["id"], "emoji": "👍", "on": true}),
        json!({"type": "read", "room": lobby, "seq": 1}),
    ] {
        let answer = line.ask(frame).await;
        assert_eq!((&answer["type"], &answer["code"]), (&json!("error"), &json!("scope")), "{answer}");
    }
    line.send(json!({"type": "typing", "room": lobby})).await;
    assert_eq!(line.ask(json!({"type": "resume", "rooms": {lobby.to_string(): 0}})).await["type"], "ack");
    ann.say(lobby, "heard all the same").await;
    line.message("heard all the same").await;
    assert_eq!(ann.page(lobby, "").await.messages().len(), 2);
}

#[tokio::test]
async fn a_token_dies_with_its_owners_account() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    for (name, door) in [("ann", "ban"), ("bob", "deactivation")] {
        let member = server.member(name).await;
        let program = Program::of(&member, "write").await;
        let mut line = program.connect().await.unwrap();
        admin.put(&format!("admin/users/{}/{door}", member.id), json!({})).await.is(200);
        line.expect_close(4003).await;
        program.get("me").await.refuses(401, "bad_token");
        admin.delete(&format!("admin/users/{}/{door}", member.id)).await.is(200);
        program.get("me").await.refuses(401, "bad_token");
    }
}

#[tokio::test]
async fn a_new_password_ends_tokens_only_where_somebody_gets_an_account_back() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    let program = Program::of(&ann, "write").await;
    let new = "another horse 8 电池";
    ann.put("me/password", json!({"current": PASSWORD, "new": new})).await.is(204);
    program.get("me").await.is(200);
    let link = admin.post(&format!("admin/users/{}/reset", ann.id), Value::Null).await.is(201);
    let secret = link["reset"]["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let mut line = program.connect().await.unwrap();
    server.guest().post("reset", json!({"token": secret, "password": PASSWORD})).await.is(204);
    line.expect_close(4001).await;
    program.get("me").await.refuses(401, "bad_token");
}

#[tokio::test]
async fn an_admin_sees_and_revokes_everybodys_tokens_and_that_is_noted() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    let program = Program::of(&ann, "write").await;
    let place = format!("admin/users/{}/tokens", ann.id);
    assert_eq!(admin.get(&place).await.is(200)["tokens"][0]["id"], program.token);
    admin.post(&place, json!({"name": "x", "scope": "read"})).await.refuses(409, "not_a_bot");
    admin.delete(&format!("admin/users/{}/tokens/{}", admin.id, program.token)).await.is(404);
    admin.delete(&format!("{place}/{}", program.token)).await.is(204);
    program.get("me").await.refuses(401, "bad_token");
    let entry = admin.get("admin/audit").await.is(200)["entries"][0].clone();
    assert_eq!((&entry["act"], &entry["target"]["name"]), (&json!("token.revoke"), &json!("ann")));
}

#[tokio::test]
async fn nobody_sees_or_revokes_the_token_of_somebody_else() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let program = Program::of(&ann, "read").await;
    assert_eq!(bob.get("me/tokens").await.is(200)["tokens"], json!([]));
    let foreign = bob.delete(&format!("me/tokens/{}", program.token)).await.is(404);
    let absent = bob.delete("me/tokens/999999").await.is(404);
    assert_eq!(foreign.body, absent.body);
    bob.submit(&format!("/account/tokens/{}/revoke", program.token), &[]).await.is(404);
    program.get("me").await.is(200);
}

#[tokio::test]
async fn a_token_needs_a_name_a_scope_and_a_time_to_come() {
    let server = Server::start();
    let ann = server.member("ann").await;
    for body in [
        json!({"name": "", "scope": "read"}),
        json!({"name": "x".repeat(61), "scope": "read"}),
        json!({"name": "a\nb", "scope": "read"}),
        json!({"name": "a\u{0}b", "scope": "read"}),
        json!({"name": "x", "scope": "everything"}),
        json!({"name": "x"}),
        json!({"name": "x", "scope": "read", "expires_at": "2020-01-01T00:00:00Z"}),
        json!({"name": "x", "scope": "read", "expires_at": "2500-01-01T00:00:00Z"}),
        json!({"name": "x", "scope": "read", "expires_at": "tomorrow"}),
        json!({"name": "x", "scope": "read", "user": 1}),
    ] {
        ann.post("me/tokens", body).await.refuses(422, "invalid");
    }
    for _ in 0..50 {
        ann.post("me/tokens", json!({"name": "x", "scope": "read"})).await.is(201);
    }
    ann.post("me/tokens", json!({"name": "x", "scope": "read"})).await.refuses(409, "too_many");
    let page = ann.submit("/account/tokens", &[("name", "x"), ("scope", "read"), ("life", "month")]).await.is(409);
    assert!(page.body.contains("50"));
}

#[tokio::test]
async fn a_person_is_as_fast_with_a_token_as_without() {
    let server = Server::setup().limits().start();
    let ann = server.member("ann").await;
    let program = Program::of(&ann, "write").await;
    let body = || json!({"bio": "busy"});
    let start = Instant::now();
    let (by_token, by_browser) = join(
        join_all((0..30).map(|_| program.call(Method::PATCH, "me", body()))),
        join_all((0..30).map(|_| ann.patch("me", body()))),
    )
    .await;
    let refilled = (start.elapsed().as_secs_f64() * 5.0).ceil();
    let granted = by_token.iter().chain(&by_browser).filter(|answer| answer.status == 200).count();
    assert!(granted as f64 <= 30.0 + refilled, "{granted} in {:?}: the two do not share a limit", start.elapsed());
    assert!(by_token.iter().chain(&by_browser).all(|answer| [200, 429].contains(&answer.status)));
    program.get("me").await.is(200);
}

#[tokio::test]
async fn tokens_are_made_and_revoked_without_a_script() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let form = |name: &'static str, scope: &'static str| [("name", name), ("scope", scope), ("life", "month")];
    let page = ann.submit("/account/tokens", &form("my <script>", "write")).await.is(200);
    let secret = secret_of(&page);
    assert!(page.body.contains("my &lt;script&gt;"));
    assert_eq!(Program::showing(server.site(), &secret).get("me").await.is(200)["user"]["id"], ann.id);
    let token = ann.get("me/tokens").await["tokens"][0].clone();
    assert!(token["expires_at"].is_string());
    let page = ann.get("/account/").await.is(200);
    assert!(!page.body.contains(&secret) && page.body.contains(&secret[..11]));
    assert!(!page.body.contains("value=\"admin\""), "only admins are offered that");

    let wrong = ann.submit("/account/tokens", &form("", "write")).await.is(422);
    assert!(wrong.body.contains("aria-invalid"));
    ann.submit("/account/tokens", &form("x", "admin")).await.is(422);
    let gone = ann.submit(&format!("/account/tokens/{}/revoke", token["id"]), &[]).await.is(303);
    assert_eq!(gone.header("location"), "/account/?saved=tokens#tokens");
    Program::showing(server.site(), &secret).get("me").await.refuses(401, "bad_token");
}

fn secret_of(page: &Answer) -> String {
    let at = page.body.find("value=\"parlor_").expect("the token is shown") + 7;
    page.body[at..at + 49].to_owned()
}

#[tokio::test]
async fn an_expired_token_lets_nobody_in_and_closes_what_it_opened() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let soon = (chrono::Utc::now() + chrono::TimeDelta::milliseconds(1_500)).to_rfc3339();
    let made = ann.post("me/tokens", json!({"name": "short", "scope": "write", "expires_at": soon})).await.is(201);
    let program = Program::showing(server.site(), made["secret"].as_str().unwrap());
    program.get("me").await.is(200);
    eventually("it expires while it is remembered", async || program.get("me").await.status == 401).await;
    assert_eq!(program.connect().await.err(), Some(401));
    assert_eq!(ann.get("me/tokens").await["tokens"][0]["expired"], true);
}

#[tokio::test]
async fn a_stolen_database_has_no_token_in_it() {
    let server = Server::start();
    let ann: Member = server.member("ann").await;
    let program = Program::of(&ann, "write").await;
    let room = program.post("rooms", json!({"kind": "private", "name": fresh_id()})).await.is(201).room_id();
    assert!(room > 0);
    let body = &program.secret["parlor_".len() + 4..];
    for entry in std::fs::read_dir(server.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap_or_default();
            let found = bytes.windows(body.len()).any(|window| window == body.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}
