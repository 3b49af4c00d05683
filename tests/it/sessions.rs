//! Sessions: cookies, their end, and requests that other sites make a browser send.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, header::COOKIE};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{
    DEADLINE, PASSWORD,
    client::{Answer, with_cookie},
    raw::Raw,
    server::{Server, Site},
    socket::{Ended, Socket},
};

#[tokio::test]
async fn a_planted_session_is_not_taken_over_at_login() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let before = ann.session_cookie();
    let planted = URL_SAFE_NO_PAD.encode([7; 32]);
    for cookie in [before.clone(), planted] {
        let body = json!({"username": "ann", "password": PASSWORD});
        let request = with_cookie(server.site(), Method::POST, "login", &format!("parlor={cookie}")).json(&body);
        let answer = Answer::to(request).await.is(200);
        let fresh = answer.set_cookie("parlor").expect("a new session").split(';').next().unwrap().to_owned();
        assert_ne!(fresh, cookie);
        assert_eq!(status_with(server.site(), &format!("parlor={cookie}")).await, 401, "the old one is dead");
        assert_eq!(status_with(server.site(), &format!("parlor={fresh}")).await, 200);
    }
}

#[tokio::test]
async fn a_cookie_is_dead_after_logout_everywhere() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let cookie = format!("parlor={}", ann.session_cookie());
    ann.post("logout", Value::Null).await.is(204);
    assert_eq!(status_with(server.site(), &cookie).await, 401);
    assert_eq!(socket_status(server.site(), &cookie).await, 401);
    ann.other_device().await.get("me").await.is(200);
}

#[tokio::test]
async fn logging_out_closes_the_sockets_of_that_session_alone() {
    let server = Server::start();
    let desk = server.member("ann").await;
    let phone = desk.other_device().await;
    let (mut one, mut two, mut other) = (desk.connect().await, desk.connect().await, phone.connect().await);
    desk.post("logout", Value::Null).await.is(204);
    expect_prompt_end(&mut one).await;
    expect_prompt_end(&mut two).await;
    let lobby = phone.lobby().await;
    other.say(lobby, "still here").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_while_it_is_in_use_stays_dead() {
    let server = Server::start();
    let ann = server.member("ann").await;
    for round in 0..40 {
        let device = ann.other_device().await;
        let mut uses = JoinSet::new();
        for _ in 0..4 {
            let device = device.clone();
            uses.spawn(async move { while device.get("me").await.status == 200 {} });
        }
        let cookie = format!("parlor={}", device.session_cookie());
        let logout = with_cookie(server.site(), Method::POST, "logout", &cookie);
        Answer::to(logout).await.is(204);
        let dead = tokio::time::timeout(DEADLINE, uses.join_all()).await;
        assert!(dead.is_ok(), "the session lives on after its end, in round {round}");
    }
}

#[tokio::test]
async fn my_sessions_are_listed_and_ended_one_by_one() {
    let server = Server::start();
    let desk = server.member("ann").await;
    let phone = desk.other_device().await;
    let mut tab = phone.connect().await;
    let sessions = desk.get("me/sessions").await.is(200)["sessions"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions.iter().filter(|session| session["current"] == true).count(), 1);
    assert!(sessions.iter().all(|session| session["ip"] == "127.0.0.1"), "{sessions:?}");
    let other = sessions.iter().find(|session| session["current"] == false).unwrap();
    desk.delete(&format!("me/sessions/{}", other["id"])).await.is(204);
    expect_prompt_end(&mut tab).await;
    phone.get("me").await.is(401);
    desk.get("me").await.is(200);
    desk.delete(&format!("me/sessions/{}", other["id"])).await.any_of(&[204, 404]);
}

#[tokio::test]
async fn all_my_other_sessions_end_at_once() {
    let server = Server::start();
    let desk = server.member("ann").await;
    let (phone, tablet) = (desk.other_device().await, desk.other_device().await);
    let (mut mine, mut theirs) = (desk.connect().await, phone.connect().await);
    desk.delete("me/sessions").await.is(204);
    expect_prompt_end(&mut theirs).await;
    phone.get("me").await.is(401);
    tablet.get("me").await.is(401);
    desk.get("me").await.is(200);
    let lobby = desk.lobby().await;
    mine.say(lobby, "still here").await;
}

#[tokio::test]
async fn nobody_ends_the_session_of_somebody_else() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let session = ann.get("me/sessions").await["sessions"][0]["id"].clone();
    let foreign = bob.delete(&format!("me/sessions/{session}")).await.is(404);
    let absent = bob.delete("me/sessions/999999").await.is(404);
    assert_eq!(foreign.body, absent.body);
    ann.get("me").await.is(200);
}

#[tokio::test]
async fn a_new_password_ends_every_other_session_and_socket() {
    let server = Server::start();
    let desk = server.member("ann").await;
    let phone = desk.other_device().await;
    let (mut mine, mut theirs) = (desk.connect().await, phone.connect().await);
    desk.put("me/password", json!({"current": PASSWORD, "new": "another horse 8"})).await.is(204);
    expect_prompt_end(&mut theirs).await;
    phone.get("me").await.is(401);
    assert!(Socket::open(&phone).await.is_err_and(|status| status == 401));
    desk.get("me").await.is(200);
    let lobby = desk.lobby().await;
    mine.say(lobby, "still here").await;
}

#[tokio::test]
async fn a_socket_that_was_closed_hears_nothing_said_afterwards() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let mut tab = ann.connect().await;
    ann.post("logout", Value::Null).await.is(204);
    let lobby = bob.lobby().await;
    bob.say(lobby, "after her logout").await;
    tab.expect_close(4001).await;
    assert!(!tab.heard().iter().any(|frame| frame["type"] == "message"), "{:?}", tab.heard());
}

#[tokio::test]
async fn a_cookie_that_is_no_session_is_refused_without_harm() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let good = ann.session_cookie();
    let mut tampered = good.clone();
    tampered.replace_range(..1, if good.starts_with('A') { "B" } else { "A" });
    let table = [
        "parlor=".to_owned(),
        "parlor".to_owned(),
        "parlor=x".to_owned(),
        "parlor=%00%ff".to_owned(),
        format!("parlor={tampered}"),
        format!("parlor={}", &good[..good.len() - 1]),
        format!("parlor={good}A"),
        format!("parlor={}", "A".repeat(8000)),
        format!("parlor={}", URL_SAFE_NO_PAD.encode([0; 32])),
        "parlor=x; parlor=y".to_owned(),
        format!("parlor=x; parlor={good}"),
        format!("Parlor={good}"),
        format!("__Host-parlor={good}"),
        ";;;=;parlor==;".to_owned(),
    ];
    for cookie in table {
        assert_eq!(status_with(server.site(), &cookie).await, 401, "{cookie}");
        assert_eq!(socket_status(server.site(), &cookie).await, 401, "{cookie}");
    }
    let mut raw = Raw::to(server.site()).await;
    let head = format!("GET /api/v1/me HTTP/1.1\r\nHost: {}\r\nCookie: parlor=", server.site().address());
    raw.send([head.as_bytes(), b"\xff\xfe\x80", b"\r\n\r\n"].concat()).await;
    let status = raw.status().await;
    assert!([400, 401].contains(&status), "{status}");
    ann.get("me").await.is(200);
}

#[tokio::test]
async fn an_old_session_is_dead() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    let fresh = ann.other_device().await;
    let stale = ann.get("me/sessions").await["sessions"].as_array().unwrap().clone();
    let stale = stale.iter().find(|session| session["current"] == true).unwrap()["id"].clone();
    server.kill();
    let sql = format!(
        "UPDATE sessions SET created_at = '2020-01-01 00:00:00', last_seen_at = '2020-01-01 00:00:00' WHERE id = {stale}"
    );
    server.database().execute(&server.data(), &sql);
    server.restart();
    ann.get("me").await.is(401);
    assert!(Socket::open(&ann).await.is_err_and(|status| status == 401));
    fresh.get("me").await.is(200);
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_and_from_other_sites() {
    let server = Server::start();
    let body = json!({"username": "ann", "password": PASSWORD});
    let answer = server.guest().post("register", body).await.is(201);
    let cookie = answer.set_cookie("parlor").expect("the cookie of plain http");
    let attributes: Vec<_> = cookie.split("; ").skip(1).map(str::to_ascii_lowercase).collect();
    for attribute in ["httponly", "samesite=lax", "path=/"] {
        assert!(attributes.iter().any(|given| given == attribute), "{attribute} is missing in {cookie}");
    }
    assert!(!attributes.iter().any(|given| given == "secure" || given.starts_with("domain")), "{cookie}");
}

#[tokio::test]
async fn under_https_the_cookie_is_bound_to_the_host() {
    let server = Server::setup().public("https://chat.example").start();
    let post = |origin: &'static str| {
        let guest = server.guest();
        async move {
            let body = json!({"username": "ann", "password": PASSWORD});
            let request = guest.bare(Method::POST, "register").header("host", "chat.example").header("origin", origin);
            Answer::to(request.json(&body)).await
        }
    };
    post("http://chat.example").await.is(403);
    post("https://chat.example:8443").await.is(403);
    let answer = post("https://chat.example").await.is(201);
    let cookie = answer.set_cookie("__Host-parlor").expect("the cookie of https");
    let attributes: Vec<_> = cookie.split("; ").skip(1).map(str::to_ascii_lowercase).collect();
    for attribute in ["secure", "httponly", "samesite=lax", "path=/"] {
        assert!(attributes.iter().any(|given| given == attribute), "{attribute} is missing in {cookie}");
    }
    assert!(answer.set_cookie("parlor").is_none());
    let me = server.guest().bare(Method::GET, "me").header("host", "chat.example");
    let cookie = cookie.split(';').next().unwrap();
    Answer::to(me.header(COOKIE, format!("__Host-parlor={cookie}"))).await.is(200);
    let page = Answer::to(server.guest().bare(Method::GET, "/login/").header("host", "chat.example")).await.is(200);
    assert!(page.header("strict-transport-security").contains("max-age="), "a site under https says so");
}

#[tokio::test]
async fn what_another_site_makes_a_browser_send_is_refused() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let own = server.site().origin();
    let address = server.site().address();
    let port: u16 = address.rsplit(':').next().unwrap().parse().unwrap();
    let (suffix, other_port) = (format!("{own}.evil.example"), format!("http://127.0.0.1:{}", port ^ 1));
    let (secure, path, userinfo) = (format!("https://{address}"), format!("{own}/"), format!("{own}@evil.example"));
    let table: [&[(&str, &str)]; 14] = [
        &[],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "")],
        &[("origin", &suffix)],
        &[("origin", &other_port)],
        &[("origin", &secure)],
        &[("origin", &path)],
        &[("origin", &userinfo)],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("origin", &own), ("sec-fetch-site", "cross-site")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
    ];
    for headers in table {
        for (method, target, body) in unsafe_requests() {
            let mut request = ann.bare(method.clone(), target).json(&body);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = Answer::to(request).await;
            assert_eq!(answer.status, 403, "{method} {target} with {headers:?}: {}", answer.body);
            assert_eq!(answer.header("access-control-allow-origin"), "");
        }
    }
    ann.get("me").await.is(200);
    assert_eq!(ann.get("rooms").await["rooms"].as_array().unwrap().len(), 1, "no room was made");
    let request = ann.bare(Method::PATCH, "me").header("sec-fetch-site", "same-origin").json(&json!({"bio": "mine"}));
    Answer::to(request).await.is(200);
}

fn unsafe_requests() -> [(Method, &'static str, Value); 6] {
    [
        (Method::POST, "rooms", json!({"kind": "public", "name": "forged"})),
        (Method::PATCH, "me", json!({"bio": "forged"})),
        (Method::PUT, "me/password", json!({"current": PASSWORD, "new": "another horse 8"})),
        (Method::DELETE, "me/sessions", json!({})),
        (Method::POST, "logout", json!({})),
        (Method::POST, "/logout/", json!({})),
    ]
}

#[tokio::test]
async fn nobody_is_logged_in_by_another_site() {
    let server = Server::start();
    server.member("mallory").await;
    let guest = server.guest();
    let body = json!({"username": "mallory", "password": PASSWORD});
    for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        for target in ["login", "register", "/login/", "/register/"] {
            let answer = Answer::to(guest.bare(Method::POST, target).header(name, value).json(&body)).await;
            assert_eq!(answer.status, 403, "{target} with {name}: {value}");
            assert!(answer.set_cookie("parlor").is_none());
        }
    }
    Answer::to(guest.bare(Method::POST, "login").json(&body)).await.is(200);
}

#[tokio::test]
async fn a_form_in_disguise_is_no_json() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let body = json!({"kind": "public", "name": "forged"}).to_string();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        let request = ann.request(Method::POST, "rooms").header("content-type", content_type).body(body.clone());
        Answer::to(request).await.refuses(415, "unsupported_media");
    }
    Answer::to(ann.request(Method::POST, "rooms").body(body)).await.is(415);
    assert_eq!(ann.get("rooms").await["rooms"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn reading_changes_nothing() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    for path in ["logout".to_owned(), "login".to_owned(), "register".to_owned(), format!("rooms/{lobby}/join")] {
        ann.get(&path).await.any_of(&[404, 405]);
    }
    ann.get("/logout/").await.is(200);
    ann.get("me").await.is(200);
}

#[tokio::test]
async fn no_other_site_may_read_our_answers() {
    let server = Server::start();
    let ann = server.member("ann").await;
    for origin in ["https://evil.example", "null", "http://127.0.0.1.evil.example"] {
        let read = Answer::to(ann.bare(Method::GET, "me").header("origin", origin)).await;
        let preflight = ann.bare(Method::OPTIONS, "me").header("origin", origin);
        let preflight = Answer::to(preflight.header("access-control-request-method", "PATCH")).await;
        for answer in [read, preflight] {
            assert_eq!(answer.header("access-control-allow-origin"), "");
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
    }
}

#[tokio::test]
async fn a_host_that_is_not_ours_is_misdirected() {
    let server = Server::start();
    let guest = server.guest();
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "192.0.2.1", "0.0.0.0"] {
        for path in ["/login/", "me", "/ws/chat/"] {
            let answer = Answer::to(guest.bare(Method::GET, path).header("host", host)).await;
            assert_eq!(answer.status, 421, "{host} {path}");
        }
    }
    let port = server.site().address().rsplit(':').next().unwrap().to_owned();
    for host in ["localhost", "[::1]", "127.0.0.1"] {
        Answer::to(guest.bare(Method::GET, "/login/").header("host", format!("{host}:{port}"))).await.is(200);
    }
}

/// The status of `GET me` with this `Cookie` header.
async fn status_with(site: &Site, cookie: &str) -> u16 {
    Answer::to(with_cookie(site, Method::GET, "me", cookie)).await.status
}

/// The status of the handshake with this `Cookie` header.
async fn socket_status(site: &Site, cookie: &str) -> u16 {
    let mut raw = Raw::to(site).await;
    raw.send(format!(
        "GET /ws/chat/ HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        site.address(),
        site.origin(),
    ))
    .await;
    raw.status().await
}

/// A session that ended takes its sockets with it, sooner than any deadline of theirs.
async fn expect_prompt_end(socket: &mut Socket) {
    assert_eq!(socket.end().await, Ended::Closed(4001));
}
