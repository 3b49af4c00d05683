//! The routes that scripts for other small chats know, status by status.

use reqwest::{
    Method, RequestBuilder,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde_json::{Value, json};

use crate::support::{
    client::{Answer, Guest, Member},
    fresh_id,
    picture::png,
    program::Program,
    server::Server,
};

/// A server with an admin and two members, whose presets are Chinese.
struct House {
    server: Server,
    admin: Member,
    ann: Member,
    bob: Member,
    lobby: i64,
}

impl House {
    async fn open() -> Self {
        let server = Server::start();
        let (admin, ann, bob) = (server.admin("founder").await, server.member("ann").await, server.member("bob").await);
        let lobby = ann.lobby().await;
        Self { server, admin, ann, bob, lobby }
    }

    async fn texts(&self) -> Vec<String> {
        let page = self.ann.page(self.lobby, "").await.is(200);
        page.messages().iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
    }
}

/// A request as a script sends it, which wants no page.
fn scripted(guest: &Guest, path: &str) -> RequestBuilder {
    let wants: HeaderMap = [(ACCEPT, HeaderValue::from_static("application/json"))].into_iter().collect();
    guest.request(Method::POST, path).headers(wants)
}

async fn post(guest: &Guest, path: &str, body: Value) -> Answer {
    Answer::to(guest.request(Method::POST, path).json(&body)).await
}

async fn act(guest: &Guest, path: &str) -> Answer {
    Answer::to(scripted(guest, path)).await
}

#[tokio::test]
async fn a_form_sends_and_leads_home_and_everybody_hears_it_at_once() {
    let house = House::open().await;
    let mut bobs = house.bob.connect().await;
    assert_eq!(house.ann.submit("/post/", &[("text", "hello")]).await.is(302).header("location"), "/");
    assert_eq!(bobs.next("message").await["message"]["text"], "hello");
    let picture = [("photo.png", &*png(40, 30, [9, 120, 60]))];
    house.ann.submit_files_as("image", "/post/", &[("text", "with a picture")], &picture).await.is(302);
    let heard = bobs.next("message").await;
    assert_eq!(
        (heard["message"]["text"].as_str(), heard["message"]["kind"].as_str()),
        (Some("with a picture"), Some("image"))
    );
    assert_eq!(house.ann.get("/post/").await.is(302).header("location"), "/");
    let sent = post(&house.ann, "/post/", json!({"text": "from a script"})).await.is(200);
    assert_eq!(sent["status"], "ok");
    assert_eq!(bobs.next("message").await["message"]["id"], sent["id"]);
    // What is refused stores nothing, and a page keeps the words.
    assert!(house.ann.submit("/post/", &[("text", " ")]).await.is(422).body.contains("composer-unsent"));
    let long = "x".repeat(4_001);
    assert!(house.ann.submit("/post/", &[("text", &long)]).await.is(422).body.contains(&long));
    post(&house.ann, "/post/", json!({"text": ""})).await.refuses(422, "invalid");
    let request =
        scripted(&house.ann, "/post/").header(CONTENT_TYPE, "application/x-www-form-urlencoded").body("text=");
    Answer::to(request).await.refuses(422, "invalid");
    let wrong = [("notes.txt", b"no picture".as_slice())];
    house.ann.submit_files_as("image", "/post/", &[("text", "kept")], &wrong).await.is(415);
    house.server.guest().submit("/post/", &[("text", "hello")]).await.is(401);
    assert_eq!(house.texts().await, ["hello", "with a picture", "from a script"]);
}

#[tokio::test]
async fn a_token_does_for_scripts_what_a_cookie_does_for_pages() {
    let house = House::open().await;
    let (reads, writes) = (Program::of(&house.ann, "read").await, Program::of(&house.ann, "write").await);
    let said = json!({"text": "from a script"});
    let id = writes.call(Method::POST, "/post/", said.clone()).await.is(200)["id"].clone();
    reads.call(Method::POST, "/post/", said).await.refuses(403, "scope");
    assert_eq!(reads.get("/api/recent_messages/").await.is(200)["messages"][0]["text"], "from a script");
    let command = json!({"command": "开始下单"});
    writes.call(Method::POST, "/send_preset/", command.clone()).await.refuses(403, "forbidden");
    let admin = Program::of(&house.admin, "write").await;
    admin.call(Method::POST, "/send_preset/", command.clone()).await.refuses(403, "scope");
    Program::of(&house.admin, "admin").await.call(Method::POST, "/send_preset/", command).await.is(200);
    writes.call(Method::POST, &format!("/recall_message/{id}/"), json!({})).await.is(200);
}

#[tokio::test]
async fn recent_messages_come_in_both_orders_with_the_fields_that_scripts_read() {
    let house = House::open().await;
    for number in 1..=60 {
        house.ann.say(house.lobby, &format!("{number}")).await;
    }
    house
        .ann
        .submit_files_as("image", "/post/", &[("text", "seen")], &[("a.png", &*png(20, 20, [1, 2, 3]))])
        .await
        .is(302);
    let recent = house.bob.get("/api/recent_messages/").await.is(200);
    let rows = recent["messages"].as_array().unwrap();
    assert_eq!(
        (rows.len(), &rows[0], &rows[49]),
        (50, &json!({"user": "ann", "text": "seen"}), &json!({"user": "ann", "text": "12"}))
    );
    let counted = house.bob.get("/api/recent_messages_apiint/2").await.is(200);
    let rows = counted["messages"].as_array().unwrap();
    assert_eq!((rows[0]["text"].as_str(), rows[0]["image"].as_str()), (Some("60"), Some("")));
    assert_eq!((rows[1]["text"].as_str(), rows[1]["user"].as_str()), (Some("seen"), Some("ann")));
    assert!(rows[1]["image"].as_str().unwrap().starts_with("/media/"));
    let timestamp = rows[1]["timestamp"].as_str().unwrap();
    assert!(chrono::NaiveDateTime::parse_from_str(timestamp, "%Y-%m-%d %H:%M:%S").is_ok(), "{timestamp}");
    let keys: Vec<&String> = rows[1].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["user", "text", "timestamp", "image"]);
    for (count, length) in [("0", 0), ("61", 61), ("999", 61), ("99999999999999999999999", 61)] {
        let answer = house.bob.get(&format!("/api/recent_messages_apiint/{count}")).await.is(200);
        assert_eq!(answer["messages"].as_array().unwrap().len(), length, "{count}");
    }
    for number in 62..=501 {
        house.ann.say(house.lobby, &number.to_string()).await;
    }
    let answer = house.bob.get("/api/recent_messages_apiint/501").await.is(200);
    let rows = answer["messages"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["text"], &rows[499]["text"]), (500, &json!("2"), &json!("501")));
    for wrong in ["-1", "two", "2/", ""] {
        house.bob.get(&format!("/api/recent_messages_apiint/{wrong}")).await.refuses(404, "not_found");
    }
    // Guests read the lobby only where it is theirs to read.
    let guest = house.server.guest();
    guest.get("/api/recent_messages/").await.refuses(401, "session_ended");
    house.admin.patch("admin/settings", json!({"guests": true})).await.is(200);
    guest.get("/api/recent_messages/").await.refuses(401, "session_ended");
    house.admin.patch(&format!("rooms/{}", house.lobby), json!({"public_read": true})).await.is(200);
    assert_eq!(guest.get("/api/recent_messages_apiint/1").await.is(200)["messages"][0]["text"], "501");
}

#[tokio::test]
async fn presets_are_for_admins_and_are_called_as_scripts_call_them() {
    let house = House::open().await;
    let (start, stop) = (json!({"command": "开始下单"}), json!({"command": "停止下单"}));
    let mut bobs = house.bob.connect().await;
    assert_eq!(post(&house.admin, "/send_preset/", start.clone()).await.is(200).json, json!({"status": "ok"}));
    let heard = bobs.next("message").await;
    assert_eq!(
        (heard["message"]["kind"].as_str(), heard["message"]["sender"]["username"].as_str()),
        (Some("preset"), Some("founder"))
    );
    bobs.next("countdown").await;
    assert_eq!(post(&house.admin, "/send_preset/", stop).await.is(200).json, json!({"status": "ok"}));
    // One runs already.
    post(&house.admin, "/send_preset/", json!({"command": "倒计时图"})).await.refuses(409, "countdown_running");
    for wrong in [json!({"command": "请客"}), json!({}), json!([1])] {
        assert_eq!(post(&house.admin, "/send_preset/", wrong).await.is(400).json, json!({"status": "error"}));
    }
    let request = scripted(&house.admin, "/send_preset/").header(CONTENT_TYPE, "application/json").body("{no");
    assert_eq!(Answer::to(request).await.is(400).json, json!({"status": "error"}));
    assert_eq!(house.ann.get("/send_preset/").await.is(400).json, json!({"status": "error"}));
    post(&house.ann, "/send_preset/", start.clone()).await.refuses(403, "forbidden");
    post(&house.server.guest(), "/send_preset/", start).await.refuses(401, "session_ended");
    assert_eq!(house.texts().await.len(), 2);
}

#[tokio::test]
async fn the_preset_with_an_image_is_sent_by_both_its_addresses() {
    let house = House::open().await;
    act(&house.admin, "/send_preset_image/").await.refuses(404, "not_found");
    let picture = house.admin.picture().await;
    house.admin.post("admin/presets", json!({"label": "Menu", "upload": picture["id"]})).await.is(201);
    for path in ["/send_preset_image/", "/send-preset-image/"] {
        assert_eq!(house.admin.submit(path, &[]).await.is(302).header("location"), "/");
        act(&house.ann, path).await.refuses(403, "forbidden");
        act(&house.server.guest(), path).await.refuses(401, "session_ended");
    }
    let page = house.ann.page(house.lobby, "").await;
    assert_eq!(page.messages().len(), 2);
    assert!(page.messages().iter().all(|message| message["uploads"].as_array().unwrap().len() == 1));
}

#[tokio::test]
async fn a_background_that_is_uploaded_is_announced_at_once() {
    let house = House::open().await;
    let path = "/upload_global_background";
    assert_eq!(house.admin.get(path).await.is(302).header("location"), "/admin/announcement/");
    let mut bobs = house.bob.connect().await;
    let picture = [("rules.png", &*png(60, 40, [200, 30, 40]))];
    assert_eq!(house.admin.submit_files_as("image", path, &[], &picture).await.is(302).header("location"), "/");
    assert!(bobs.next("announcement").await["announcement"]["image"]["url"].is_string());
    house.admin.submit_files_as("image", path, &[], &[("rules.txt", b"no picture".as_slice())]).await.is(415);
    house.admin.submit_files_as("image", path, &[("text", "words")], &[]).await.is(422);
    house.ann.submit_files_as("image", path, &[], &picture).await.is(403);
    house.ann.get(path).await.is(403);
    house.server.guest().submit_files_as("image", path, &[], &picture).await.is(401);
}

#[tokio::test]
async fn only_ones_own_message_is_deleted() {
    let house = House::open().await;
    let id = house.ann.say(house.lobby, "mine").await["id"].clone();
    let path = format!("/delete_message/{id}/");
    assert_eq!(act(&house.bob, &path).await.is(404).json, json!({"status": "not found"}));
    act(&house.server.guest(), &path).await.refuses(401, "session_ended");
    house.ann.get(&path).await.is(405);
    let mut bobs = house.bob.connect().await;
    assert_eq!(act(&house.ann, &path).await.is(200).json, json!({"status": "ok"}));
    assert!(bobs.next("message").await["message"]["deleted_at"].is_string());
    assert_eq!(act(&house.ann, &path).await.is(404).json, json!({"status": "not found"}));
    assert_eq!(act(&house.ann, "/delete_message/99999/").await.is(404).json, json!({"status": "not found"}));
    assert_eq!(act(&house.ann, "/delete_message/one/").await.is(404).json, json!({"status": "not found"}));
    // Other rooms are none of these routes' business.
    let room = house.ann.make_room("public", "elsewhere").await;
    let id = house.ann.say(room, "there").await["id"].clone();
    act(&house.ann, &format!("/delete_message/{id}/")).await.is(404);
    assert_eq!(house.bob.get("/api/recent_messages/").await["messages"], json!([]));
}

#[tokio::test]
async fn a_message_is_recalled_by_its_author_in_time_and_by_an_admin_at_any_time() {
    let house = House::open().await;
    let said = house.ann.send(house.lobby, &fresh_id(), "oops").await.is(201)["message"]["id"].as_i64().unwrap();
    let path = format!("/recall_message/{said}/");
    let refused = act(&house.bob, &path).await.is(403);
    assert_eq!(
        (refused.body.as_str(), refused.header("content-type")),
        ("不能撤回他人消息", "text/plain; charset=utf-8")
    );
    act(&house.server.guest(), &path).await.refuses(401, "session_ended");
    house.ann.get(&path).await.is(405);
    house.server.age(said, 40);
    assert_eq!(act(&house.ann, &path).await.is(403).body, "撤回时间超过30秒");
    let mut bobs = house.bob.connect().await;
    let fresh = house.ann.say(house.lobby, "again").await["id"].clone();
    assert_eq!(act(&house.ann, &format!("/recall_message/{fresh}/")).await.is(200).json, json!({"success": true}));
    bobs.take("the recall", |frame| frame["message"]["id"] == fresh && !frame["message"]["recalled_at"].is_null())
        .await;
    assert_eq!(act(&house.admin, &path).await.is(200).json, json!({"success": true}));
    let room = house.ann.make_room("public", "elsewhere").await;
    let elsewhere = house.ann.say(room, "there").await["id"].clone();
    assert_eq!(act(&house.ann, &format!("/recall_message/{elsewhere}/")).await.is(404).body, "消息不存在");
    assert_eq!(act(&house.ann, "/recall_message/99999/").await.is(404).body, "消息不存在");
    let recent = house.bob.get("/api/recent_messages_apiint/9").await.is(200);
    assert_eq!(recent["messages"][0]["text"], "[消息已撤回]");
}
