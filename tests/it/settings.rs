//! What admins set: who may, what each may be, what it does at once, and what flags fix.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    client::Answer,
    eventually, fresh_id,
    picture::{png, sending},
    server::Server,
};

fn setting<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let settings = answer["settings"].as_array().unwrap();
    settings.iter().find(|setting| setting["name"] == name).unwrap_or_else(|| panic!("no {name} in {answer}"))
}

#[tokio::test]
async fn admins_alone_see_and_change_settings() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    server.guest().get("admin/settings").await.refuses(401, "session_ended");
    ann.get("admin/settings").await.refuses(403, "forbidden");
    ann.patch("admin/settings", json!({"site_name": "Mine"})).await.refuses(403, "forbidden");
    ann.get("/admin/settings/").await.is(403);
    ann.submit("/admin/settings/", &[("reset", "site_name")]).await.is(403);
    assert_eq!(
        server.guest().get("/admin/settings/").await.is(303).header("location"),
        "/login/?next=%2Fadmin%2Fsettings%2F"
    );

    let changed = admin.patch("admin/settings", json!({"site_name": "青禾办公室"})).await.is(200).json;
    assert_eq!(
        (&setting(&changed, "site_name")["value"], &setting(&changed, "site_name")["default"]),
        (&json!("青禾办公室"), &json!("Parlor"))
    );
    assert!(server.guest().get("/login/").await.is(200).body.contains("青禾办公室"));
    assert_eq!(server.guest().get("/manifest.webmanifest").await.is(200)["name"], "青禾办公室");
    let reset = admin.patch("admin/settings", json!({"site_name": null})).await.is(200).json;
    assert_eq!(setting(&reset, "site_name")["value"], "Parlor");
}

#[tokio::test]
async fn a_wrong_value_changes_nothing() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let cases = [
        ("site_name", json!("")),
        ("site_name", json!("x".repeat(41))),
        ("site_name", json!(" padded ")),
        ("site_name", json!("two\nlines")),
        ("site_name", json!(7)),
        ("text_max", json!(99)),
        ("text_max", json!(10_001)),
        ("text_max", json!(4_000.5)),
        ("text_max", json!("4000")),
        ("text_max", json!(i64::MAX)),
        ("guests", json!("yes")),
        ("registration", json!("sometimes")),
        ("words", json!(["ok", ""])),
        ("words", json!("one")),
        ("words", json!(["x".repeat(51)])),
        ("retention", json!(["forever"])),
    ];
    for (name, value) in cases {
        let both = json!({"recall_seconds": 5, name: value});
        let refused = admin.patch("admin/settings", both).await.refuses(422, "invalid");
        assert_eq!(refused["codes"], json!({name: "invalid"}), "{name} {value}");
    }
    admin.patch("admin/settings", json!({"colour": "red"})).await.refuses(422, "invalid");
    admin.patch("admin/settings", json!([])).await.any_of(&[400, 422]);
    let now = admin.get("admin/settings").await.is(200).json;
    assert_eq!(setting(&now, "recall_seconds")["value"], 30, "not even the good half");
}

#[tokio::test]
async fn new_limits_count_at_once_and_every_socket_learns_them() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let mut tab = ann.connect().await;
    let long = "安".repeat(200);
    ann.say(lobby, &long).await;
    admin.patch("admin/settings", json!({"text_max": 100, "recall_seconds": 0, "push": false})).await.is(200);
    let told = tab.next("limits").await;
    assert_eq!(
        (&told["limits"]["text"], &told["limits"]["recall_seconds"], &told["limits"]["push"]),
        (&json!(100), &json!(0), &json!(false))
    );
    ann.send(lobby, &fresh_id(), &long).await.refuses(422, "invalid");
    let message = tab.say(lobby, "short").await;
    server.age(message["id"].as_i64().unwrap(), 2);
    ann.post(&format!("messages/{}/recall", message["id"]), Value::Null).await.refuses(409, "too_late");
    let mut again = ann.connect().await;
    again.send(json!({"type": "send", "client_id": "c1", "room": lobby, "text": long})).await;
    assert_eq!(again.answer("c1").await["code"], "invalid");
}

#[tokio::test]
async fn rates_follow_the_settings() {
    let server = Server::setup().limits().start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    admin.patch("admin/settings", json!({"send_burst": 2, "send_per_minute": 1, "rooms_per_hour": 1})).await.is(200);
    ann.say(lobby, "one").await;
    ann.say(lobby, "two").await;
    let refused = ann.send(lobby, &fresh_id(), "three").await.refuses(429, "rate_limited");
    assert_eq!(refused["limit"], "send_per_minute");
    ann.make_room("public", "first").await;
    let refused = ann.post("rooms", json!({"kind": "public", "name": "second"})).await.refuses(429, "rate_limited");
    assert_eq!(refused["limit"], "rooms_per_hour");
    admin.patch("admin/settings", json!({"registrations_per_hour": 1})).await.is(200);
    server.member("bob").await;
    let carl = json!({"username": "carl", "password": "correct horse battery"});
    let refused = server.guest().post("register", carl).await.refuses(429, "rate_limited");
    assert_eq!(refused["limit"], "registrations_per_hour");
}

#[tokio::test]
async fn settings_outlive_a_restart_and_flags_win_over_them() {
    let mut server = Server::start();
    let admin = server.admin("founder").await;
    admin.patch("admin/settings", json!({"site_name": "Stored", "text_max": 500})).await.is(200);
    server.stop();
    server.add_flag("--site-name=Flagged");
    server.restart();
    let now = admin.get("admin/settings").await.is(200).json;
    assert_eq!(
        (&setting(&now, "site_name")["value"], &setting(&now, "text_max")["value"]),
        (&json!("Flagged"), &json!(500))
    );
    assert_eq!(setting(&now, "site_name")["fixed"], "PARLOR_SITE_NAME");
    let refused =
        admin.patch("admin/settings", json!({"site_name": "Mine", "text_max": 600})).await.refuses(422, "invalid");
    assert_eq!(refused["codes"], json!({"site_name": "fixed"}));
    let page = admin.get("/admin/settings/").await.is(200).body;
    assert!(page.contains("PARLOR_SITE_NAME"), "the page says what fixes it");
}

#[tokio::test]
async fn the_page_saves_without_a_script_and_shows_what_is_wrong() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let now = admin.get("admin/settings").await.is(200).json;
    let mut fields: Vec<(String, String)> = Vec::new();
    for setting in now["settings"].as_array().unwrap() {
        let (name, value) = (setting["name"].as_str().unwrap(), &setting["value"]);
        match value {
            Value::Bool(true) => fields.push((name.to_owned(), "on".to_owned())),
            Value::Bool(false) | Value::Array(_) => {}
            Value::String(text) => fields.push((name.to_owned(), text.clone())),
            other => fields.push((name.to_owned(), other.to_string())),
        }
    }
    let with = |changes: &[(&str, &str)]| -> Vec<(String, String)> {
        let changed = |name: &str| changes.iter().any(|(other, _)| *other == name);
        let kept = fields.iter().filter(|(name, _)| !changed(name)).cloned();
        kept.chain(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect()
    };
    let submit = async |changes: &[(&str, &str)]| {
        let fields = with(changes);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        admin.submit("/admin/settings/", &fields).await
    };
    let wrong = submit(&[("text_max", "lots"), ("site_name", "Kept while it is mended")]).await.is(422);
    assert!(
        wrong.body.contains("Kept while it is mended") && wrong.body.contains("From 100 to 10000"),
        "{}",
        wrong.body
    );
    let saved = submit(&[("words", "spam\r\n\r\n 垃圾 "), ("word_filter", "mask"), ("guests", "on")]).await.is(303);
    assert_eq!(saved.header("location"), "/admin/settings/");
    let now = admin.get("admin/settings").await.is(200).json;
    assert_eq!(setting(&now, "words")["value"], json!(["spam", "垃圾"]));
    assert_eq!((&setting(&now, "guests")["value"], &setting(&now, "push")["value"]), (&json!(true), &json!(true)));
    let page = admin.get("/admin/settings/").await.is(200).body;
    assert!(page.contains("Saved. Open windows have been told."), "what was done is said once");
    assert!(!admin.get("/admin/settings/").await.is(200).body.contains("Saved."), "and not twice");
    admin.submit("/admin/settings/", &[("reset", "words")]).await.is(303);
    assert_eq!(setting(&admin.get("admin/settings").await.is(200).json, "words")["value"], json!([]));
}

#[tokio::test]
async fn the_sites_language_is_for_whoever_has_chosen_none() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let login = async |cookie: &str| {
        let request = server.guest().request(Method::GET, "/login/").header("accept-language", "en");
        let answer = Answer::to(if cookie.is_empty() { request } else { request.header("cookie", cookie) }).await;
        let page = answer.is(200).body;
        page.split("<html lang=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!(login("").await, "en");
    admin.patch("admin/settings", json!({"language": "zh-CN"})).await.is(200);
    assert_eq!(login("").await, "zh-CN");
    assert_eq!(login("locale=en").await, "en", "a choice stands above it");
}

#[tokio::test]
async fn sizes_of_pictures_follow_the_settings() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    let picture = png(300, 200, [10, 120, 200]);
    ann.upload("sea.png", &picture).await.is(201);
    let less = i64::try_from(picture.len()).unwrap() - 1;
    admin.patch("admin/settings", json!({"upload_max_bytes": less})).await.is(200);
    ann.upload("sea.png", &picture).await.refuses(413, "too_large");
    admin.patch("admin/settings", json!({"upload_max_bytes": null, "original_max_bytes": 0})).await.is(200);
    let original = sending(&ann, Method::POST, "uploads?original=1", "sea.png", &picture);
    Answer::to(original).await.refuses(403, "forbidden");
}

#[tokio::test]
async fn the_sites_own_mark_is_shown_to_everybody_until_it_is_taken_away() {
    let server = Server::start();
    let (admin, guest) = (server.admin("founder").await, server.guest());
    assert!(guest.get("/login/").await.is(200).body.contains("/img/logo.svg"));
    let picture = png(300, 100, [0, 80, 200]);
    let send = || sending(&admin, Method::PUT, "admin/settings/logo", "logo.png", &picture);
    let large = setting(&Answer::to(send()).await.is(200).json, "logo")["value"].as_str().unwrap().to_owned();
    let small = large.replace(".png", "-s.png");
    for address in [&large, &small] {
        let file = guest.get(address).await.is(200);
        assert_eq!(file.header("content-type"), "image/png");
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    }
    let page = guest.get("/login/").await.is(200).body;
    assert!(page.contains(&format!(r#"<img class="account-logo" src="{small}""#)), "{page}");
    let manifest = guest.get("/manifest.webmanifest").await.is(200).json;
    assert_eq!(manifest["icons"][1], json!({"src": large, "sizes": "512x512", "type": "image/png", "purpose": "any"}));
    assert_eq!(guest.get("/favicon.ico").await.is(302).header("location"), small);
    assert!(guest.get("/sw.js").await.body.contains(&format!("const MARK = \"{small}\"")));
    // Another one takes the place of the first, by the page as well; whatever is wrong with a file changes nothing.
    admin.submit_files("/admin/settings/logo", &[], &[("other.png", &png(9, 20, [200, 0, 0]))]).await.is(303);
    guest.get(&large).await.is(404);
    let other = setting(&admin.get("admin/settings").await.json, "logo")["value"].as_str().unwrap().to_owned();
    assert_ne!(other, large);
    eventually("the files of the first are gone", async || server.stored_files("logos") == 2).await;
    let wrong =
        sending(&admin, Method::PUT, "admin/settings/logo", "logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>");
    Answer::to(wrong).await.refuses(415, "unsupported_media");
    admin.patch("admin/settings", json!({"logo": "AAAAAAAAAAAAAAAAAAAAAA"})).await.refuses(422, "invalid");
    guest.get(&other).await.is(200);
    // The form of all other settings leaves it alone.
    admin.submit("/admin/settings/", &[("site_name", "Haven")]).await;
    guest.get(&other).await.is(200);
    admin.submit("/admin/settings/", &[("reset", "logo")]).await.is(303);
    guest.get(&other).await.is(404);
    assert!(guest.get("/login/").await.is(200).body.contains("/img/logo.svg"));
    let log = "SELECT count(*) AS number FROM audit_log WHERE act = 'setting.update' AND target_name = 'logo'";
    assert_eq!(server.database().number(&server.data(), log), 3);
}
