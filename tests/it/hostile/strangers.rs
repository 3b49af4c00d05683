//! Those who want to get in, to find out who is inside, or what lies about.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use super::Scene;
use crate::support::{
    PASSWORD,
    client::{Answer, Guest, Member},
    raw::Raw,
    server::Server,
};

#[tokio::test]
async fn one_password_tried_on_everybody_is_stopped_by_where_it_comes_from() {
    let server = Server::setup().limits().start();
    let ann = server.member("ann").await;
    let thief = server.guest();
    let mut tried = 0;
    let refusal = loop {
        let answer = thief.try_login(&format!("colleague{tried}"), "Summer2026!").await;
        if answer.status != 401 {
            break answer;
        }
        tried += 1;
        assert!(tried <= 60, "nobody stops it");
    };
    refusal.refuses(429, "rate_limited");
    assert!(tried >= 20, "an office sits behind one address: {tried}");
    ann.get("me").await.is(200);
}

/// A login as it comes through the proxy from this address.
async fn login_from(guest: &Guest, address: &str, password: &str) -> Answer {
    let request = guest.request(Method::POST, "login").header("x-forwarded-for", address);
    Answer::to(request.json(&json!({"username": "ann", "password": password}))).await
}

#[tokio::test]
async fn guesses_from_everywhere_lock_nobody_out_where_they_were_before() {
    let server = Server::setup().limits().flag(&["--trusted-proxies", "127.0.0.1"]).start();
    let ann = server.member("ann").await;
    login_from(&server.guest(), "192.0.2.1", PASSWORD).await.is(200);
    let mut guesses = 0;
    loop {
        let answer = login_from(&server.guest(), &format!("198.51.100.{guesses}"), "a guess of hers").await;
        if answer.status == 429 {
            break;
        }
        answer.is(401);
        guesses += 1;
        assert!(guesses < 60, "nobody stops it");
    }
    login_from(&server.guest(), "203.0.113.9", PASSWORD).await.is(429);
    login_from(&server.guest(), "192.0.2.1", PASSWORD).await.is(200);
    ann.get("me").await.is(200);
    // Who writes the header themselves, in front of what the proxy adds, is not believed.
    login_from(&server.guest(), "192.0.2.1, 203.0.113.9", PASSWORD).await.is(429);
}

#[tokio::test]
async fn the_time_of_a_login_tells_nobody_who_there_is() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let (_, bob) = (server.member("ann").await, server.member("bob").await);
    admin.post("admin/users", json!({"username": "robot", "role": "bot"})).await.is(201);
    admin.put(&format!("admin/users/{}/ban", bob.id), json!({})).await.is(200);
    let names = ["ann", "bob", "robot", "nobody", "no name at all"];
    let mut times = names.map(|_| Vec::new());
    let mut bodies = Vec::new();
    for _ in 0..15 {
        for (name, times) in names.iter().zip(&mut times) {
            let start = Instant::now();
            let answer = server.guest().try_login(name, "wrong horse 9").await.is(401);
            times.push(start.elapsed());
            bodies.push(answer.body);
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    let medians = times.map(median);
    let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    // A look without a hash takes a tenth; what else the machine does moves a median by less than this.
    assert!(*most < *least * 2, "{names:?} took {medians:?}");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[tokio::test]
async fn nothing_lies_about() {
    let scene = Scene::new().await;
    let build = scene.server.guest().get("/login/").await.is(200).body;
    let build =
        build.split("\"/s/").nth(1).and_then(|rest| rest.split('/').next()).expect("assets have a folder").to_owned();
    let known = format!("/s/{build}");
    let paths = [
        "/.env",
        "/.env.sample",
        "/.git/config",
        "/.git/HEAD",
        "/.gitignore",
        "/.DS_Store",
        "/.well-known/security.txt",
        "/Cargo.toml",
        "/Cargo.lock",
        "/Dockerfile",
        "/README.md",
        "/parlor",
        "/parlor.db",
        "/parlor.db-wal",
        "/data/parlor.db",
        "/data/secret.key",
        "/secret.key",
        "/mark",
        "/lock",
        "/backup.zip",
        "/backup.tar.gz",
        "/parlor.db.bak",
        "/dump.sql",
        "/debug",
        "/debug/pprof/",
        "/server-status",
        "/actuator/health",
        "/phpinfo.php",
        "/wp-login.php",
        "/admin.php",
        "/config.json",
        "/swagger.json",
        "/graphql",
        "/media",
        "/media/",
        "/media/store/",
        "/media/tmp/",
        "/media/epoch",
        "/migrations/",
        "/templates/layout.html",
        "/locales/en.ftl",
        "/static/js/main.js",
        "/s/",
        "/s/x/",
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v1/users/../../../secret.key",
        "/..",
        "/%2e%2e/secret.key",
        "/~root/",
        "/index.html~",
        "/robots.txt.bak",
    ];
    let inside = [
        "../Cargo.toml",
        "..%2fCargo.toml",
        "%2e%2e/Cargo.toml",
        "%2e%2e%2fCargo.toml",
        "..%5cCargo.toml",
        "..\\Cargo.toml",
        "....//Cargo.toml",
        "%252e%252e%252fCargo.toml",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "css/../../Cargo.toml",
        "css",
        "css/",
        "",
        "js/main.js%00.css",
        "%00",
        "..;/Cargo.toml",
        "%c0%ae%c0%ae/Cargo.toml",
        "JS/MAIN.JS",
        "file:///etc/passwd",
    ];
    let paths = paths.iter().map(|path| (*path).to_owned()).chain(inside.map(|path| format!("{known}/{path}")));
    let mut wrong = Vec::new();
    for path in paths {
        for cookie in [false, true] {
            let mut raw = Raw::to(scene.server.site()).await;
            let cookie = if cookie { format!("Cookie: {}\r\n", scene.mallory.cookies()) } else { String::new() };
            let host = scene.server.site().address();
            // By hand: a decent client would tidy the path up.
            raw.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{cookie}Connection: close\r\n\r\n")).await;
            let said = String::from_utf8_lossy(&raw.rest().await).into_owned();
            let is_refused =
                ["HTTP/1.1 404", "HTTP/1.1 400", "HTTP/1.1 405"].iter().any(|status| said.starts_with(status));
            let told = ["root:", "[package]", "SQLite format", "CREATE TABLE"].iter().find(|word| said.contains(*word));
            if !is_refused || told.is_some() {
                wrong.push(format!("{path}: {}", said.lines().next().unwrap_or_default()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn nobody_writes_lines_into_the_log() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let forged = "\n2026-11-22T00:00:00.000000Z ERROR parlor::error: FORGED \u{1b}[31m\r\nFORGED";
    let escaped: String = forged.bytes().map(|byte| format!("%{byte:02X}")).collect();
    server.guest().try_login(forged, forged).await.any_of(&[401, 422]);
    server.guest().post("register", json!({"username": forged, "password": PASSWORD})).await.is(422);
    server.guest().submit("/login/", &[("username", forged), ("password", forged), ("next", forged)]).await;
    ann.patch("me", json!({"nickname": forged, "bio": forged, "email": forged})).await.is(422);
    for path in
        [format!("/{escaped}"), format!("rooms/{escaped}"), format!("search?q={escaped}"), format!("/r/1?x={escaped}")]
    {
        ann.get(&path).await;
    }
    let upload = ann.upload(&forged.replace(['\r', '\n'], "%0A"), b"no picture").await;
    assert!(upload.status >= 400);
    for head in ["GET / HTTP/1.1\r\nHost: x\nFORGED", "FORGED\r\n\r\n", "GET /\u{1b}FORGED HTTP/1.1\r\n\r\n"] {
        let mut raw = Raw::to(server.site()).await;
        raw.send(format!("{head}\r\nUser-Agent: \u{1b}[31mFORGED\r\n\r\n")).await;
        raw.rest().await;
    }
    let mut tab = ann.connect().await;
    tab.send_text(&format!("{{\"type\":\"{}\"}}", "\\nFORGED")).await;
    tab.next("error").await;
    ann.get("me").await.is(200);
    let log = server.log();
    assert!(!log.is_empty());
    let is_wrong = |line: &&str| {
        line.contains(['\u{1b}', '\r']) || line.trim_start().starts_with("FORGED") || line.contains("ERROR")
    };
    let wrong: Vec<_> = log.lines().filter(is_wrong).collect();
    assert_eq!(wrong, Vec::<&str>::new(), "what others send is no fault of the server, either");
}

#[tokio::test]
async fn keys_that_mean_something_to_a_script_mean_nothing_here() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    for key in ["__proto__", "constructor", "prototype", "toString"] {
        for (path, body) in [
            ("me".to_owned(), format!(r#"{{"bio":"x","{key}":{{"role":"admin"}}}}"#)),
            (format!("rooms/{lobby}/me"), format!(r#"{{"muted":true,"{key}":{{"role":"owner"}}}}"#)),
        ] {
            let request = ann.request(Method::PATCH, &path).header("content-type", "application/json");
            Answer::to(request.body(body)).await.refuses(422, "invalid");
        }
    }
    let mut tab = ann.connect().await;
    tab.send_text(r#"{"type":"resume","ref":"x","rooms":{"__proto__":1}}"#).await;
    assert_eq!(tab.next("error").await["code"], "bad_frame");
    tab.send_text(&format!(
        r#"{{"type":"send","client_id":"__proto__","room":{lobby},"text":"__proto__","__proto__":{{"room":9}}}}"#
    ))
    .await;
    assert_eq!(tab.expect_ack("__proto__").await["room"], lobby);
    // They are names like others.
    for name in ["constructor", "valueOf", "hasOwnProperty"] {
        let member: Member = server.member(name).await;
        member.say(lobby, "hello").await;
        assert_eq!(member.get("me").await["user"]["role"], "member");
    }
}

#[tokio::test]
async fn nobody_is_led_elsewhere_by_any_form() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let elsewhere = [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "https:evil.example",
        "/\t/evil.example",
        "\tjavascript:alert(1)",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\u{0}/evil.example",
        ".evil.example",
        "@evil.example",
        "%2f%2fevil.example",
        "/\u{2028}/evil.example",
        "http:/\\evil.example",
    ];
    for next in elsewhere {
        let escaped: String = next.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let login = [("username", "ann"), ("password", PASSWORD), ("next", next)];
        let forms: [(&str, &[(&str, &str)]); 3] = [
            ("/login/", &login),
            ("/preferences/", &[("theme", "dark"), ("next", next)]),
            ("/logout/", &[("next", next)]),
        ];
        for (path, fields) in forms {
            let answer = server.guest().submit(path, fields).await;
            assert!(leads_home(&answer), "{path} with {next:?} led to {:?}", answer.header("location"));
        }
        for path in
            [format!("/login/?next={escaped}"), format!("/?next={escaped}"), format!("/register/?next={escaped}")]
        {
            for guest in [server.guest(), (*ann).clone()] {
                let answer = guest.get(&path).await;
                assert!(leads_home(&answer), "{path} led to {:?}", answer.header("location"));
                let says = |quote: char| answer.body.contains(&format!("value={quote}{next}"));
                assert!(!says('"') && !says('\''), "{path} hands {next:?} on");
            }
        }
    }
}

/// Is it no redirect, or one to a page of ours?
fn leads_home(answer: &Answer) -> bool {
    let location = answer.header("location");
    let base: url::Url = "http://own.example/".parse().unwrap();
    answer.status < 500
        && (location.is_empty() || base.join(location).is_ok_and(|url| url.host_str() == Some("own.example")))
}
