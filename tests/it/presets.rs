//! Presets: messages that admins send with one click, and the countdowns they start, which end once whatever happens.

use chrono::{TimeDelta, Utc};
use futures_util::future::join_all;
use reqwest::{Method, header::ACCEPT_LANGUAGE};
use serde_json::{Value, json};

use crate::support::{
    PASSWORD,
    client::{Answer, Member},
    eventually, fresh_id,
    picture::png,
    server::Server,
    socket::Socket,
};

/// A server with an admin and a member in its lobby, and the three presets that came with it.
struct Kitchen {
    server: Server,
    admin: Member,
    ann: Member,
    room: i64,
    /// Opens the orders, counts down, and ends with the next.
    start: i64,
    /// Closes the orders.
    stop: i64,
    /// Counts down, and ends with nothing.
    count: i64,
}

impl Kitchen {
    async fn open() -> Self {
        let server = Server::start();
        let admin = server.admin("founder").await;
        let ann = server.member("ann").await;
        let room = ann.lobby().await;
        let presets = presets(&admin).await;
        let id = |at: usize| presets[at]["id"].as_i64().unwrap();
        let (start, stop, count) = (id(0), id(1), id(2));
        Self { server, admin, ann, room, start, stop, count }
    }

    /// Somebody else who runs the site.
    async fn second_admin(&self, name: &str) -> Member {
        let member = self.server.member(name).await;
        let done = self.server.command(&["user", "role", name, "admin"], "");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        member
    }

    async fn press(&self, preset: i64) -> Answer {
        self.admin.press(preset, self.room, &fresh_id()).await
    }

    /// Moves the end of what runs, behind the server's back, which must not run meanwhile.
    fn let_end_in(&self, seconds: i64) {
        let at = (Utc::now().naive_utc() + TimeDelta::seconds(seconds)).format("%Y-%m-%d %H:%M:%S%.6f");
        self.execute(&format!("UPDATE countdowns SET ends_at = '{at}' WHERE ended_at IS NULL"));
    }

    fn execute(&self, sql: &str) {
        self.server.database().execute(&self.server.data(), sql);
    }

    fn count(&self, what: &str) -> i64 {
        self.server.database().number(&self.server.data(), &format!("SELECT count(*) AS number FROM {what}"))
    }

    async fn texts(&self) -> Vec<String> {
        let page = self.ann.page(self.room, "limit=100").await.is(200);
        page.messages().iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
    }
}

impl Member {
    async fn press(&self, preset: i64, room: i64, client_id: &str) -> Answer {
        let body = json!({"room": room, "client_id": client_id});
        self.post(&format!("admin/presets/{preset}/send"), body).await
    }
}

async fn presets(admin: &Member) -> Vec<Value> {
    admin.get("admin/presets").await.is(200)["presets"].as_array().unwrap().clone()
}

async fn labels(admin: &Member) -> Vec<String> {
    presets(admin).await.iter().map(|preset| preset["label"].as_str().unwrap().to_owned()).collect()
}

/// The `countdown` frame of one that runs.
async fn begins(tab: &mut Socket) -> Value {
    tab.take("the beginning", |frame| frame["type"] == "countdown" && !frame["ends_at"].is_null()).await
}

/// The `countdown` frame of one that ended.
async fn ends(tab: &mut Socket) -> Value {
    tab.take("the end", |frame| frame["type"] == "countdown" && frame["ends_at"].is_null()).await
}

#[tokio::test]
async fn a_new_installation_has_three_presets_in_the_language_of_its_first_admin() {
    for (language, expected) in [
        ("en-GB,en;q=0.9", ["Start orders", "Stop orders", "Countdown"]),
        ("zh-CN,zh", ["开始下单", "停止下单", "倒计时"]),
    ] {
        let server = Server::start();
        let guest = server.guest();
        let body = json!({"token": server.setup_token(), "username": "founder", "password": PASSWORD});
        let setup = guest.request(Method::POST, "setup").header(ACCEPT_LANGUAGE, language).json(&body);
        let answer = Answer::to(setup).await.is(201);
        let admin = Member::of(guest, &answer["user"]);
        let found = presets(&admin).await;
        let list = |field: &str| found.iter().map(|preset| preset[field].clone()).collect::<Vec<_>>();
        assert_eq!(list("label"), expected);
        assert_eq!(list("countdown_seconds"), [json!(100), Value::Null, json!(100)]);
        assert_eq!(list("next"), [found[1]["id"].clone(), Value::Null, Value::Null]);
    }
}

#[tokio::test]
async fn the_first_presets_come_with_an_admin_made_by_command_and_never_twice() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    assert!(server.command(&["user", "role", "ann", "admin"], "").status.success());
    assert_eq!(presets(&ann).await.len(), 3);
    for preset in presets(&ann).await {
        ann.delete(&format!("admin/presets/{}", preset["id"])).await.is(204);
    }
    server.member("bob").await;
    assert!(server.command(&["user", "role", "bob", "admin"], "").status.success());
    server.stop();
    server.restart();
    assert_eq!(presets(&ann).await, [] as [Value; 0], "who deleted them does not want them");
}

#[tokio::test]
async fn an_admin_makes_changes_moves_and_deletes_presets() {
    let Kitchen { server: _server, admin, start, stop, .. } = Kitchen::open().await;
    let mut tab = admin.connect().await;
    let body = json!({"label": " Menu ", "text": "**Soup** today", "countdown_seconds": 5, "next": stop});
    let made = admin.post("admin/presets", body).await.is(201)["preset"].clone();
    let menu = made["id"].as_i64().unwrap();
    assert_eq!(made["label"], "Menu");
    assert_eq!((&made["text"], &made["next"], &made["image"]), (&json!("**Soup** today"), &json!(stop), &Value::Null));
    assert_eq!(made["updated_by"], "founder");
    let chips = tab.next("presets").await;
    assert_eq!(chips["presets"][3]["label"], "Menu", "open pages learn of it: {chips}");

    let path = format!("admin/presets/{menu}");
    let changed = admin.patch(&path, json!({"text": "Noodles"})).await.is(200)["preset"].clone();
    assert_eq!((&changed["text"], &changed["countdown_seconds"]), (&json!("Noodles"), &json!(5)), "the rest stays");
    let changed = admin.patch(&path, json!({"countdown_seconds": null, "next": null})).await.is(200)["preset"].clone();
    assert_eq!((&changed["countdown_seconds"], &changed["next"]), (&Value::Null, &Value::Null));

    admin.post(&format!("{path}/move"), json!({"before": start})).await.is(200);
    assert_eq!(labels(&admin).await, ["Menu", "Start orders", "Stop orders", "Countdown"]);
    admin.post(&format!("{path}/move"), json!({"before": menu})).await.is(200);
    assert_eq!(labels(&admin).await[0], "Menu", "before itself is where it is");
    admin.post(&format!("{path}/move"), json!({})).await.is(200);
    assert_eq!(labels(&admin).await[3], "Menu");

    admin.delete(&format!("admin/presets/{stop}")).await.is(204);
    assert_eq!(labels(&admin).await, ["Start orders", "Countdown", "Menu"]);
    assert_eq!(presets(&admin).await[0]["next"], Value::Null, "nothing follows any more");
    for (method, path) in [(Method::PATCH, ""), (Method::DELETE, ""), (Method::POST, "/move")] {
        let body = if method == Method::DELETE { Value::Null } else { json!({}) };
        admin.call(method, &format!("admin/presets/{stop}{path}"), body).await.refuses(404, "not_found");
    }
    admin.press(stop, 1, &fresh_id()).await.refuses(404, "not_found");
}

#[tokio::test]
async fn what_makes_no_preset_is_refused_and_stores_nothing() {
    let kitchen = Kitchen::open().await;
    let admin = &kitchen.admin;
    for (body, field) in [
        (json!({}), "label"),
        (json!({"label": "x"}), "text"),
        (json!({"label": "x".repeat(25), "text": "x"}), "label"),
        (json!({"label": "x\u{0}", "text": "x"}), "label"),
        (json!({"label": "x", "text": "x\u{0}"}), "text"),
        (json!({"label": "x", "text": "x".repeat(4_001)}), "text"),
        (json!({"label": "x", "text": "x", "countdown_seconds": 4}), "countdown_seconds"),
        (json!({"label": "x", "text": "x", "countdown_seconds": 86_401}), "countdown_seconds"),
        (json!({"label": "x", "text": "x", "countdown_seconds": i64::MAX}), "countdown_seconds"),
        (json!({"label": "x", "text": "x", "next": kitchen.stop}), "next"),
        (json!({"label": "x", "text": "x", "countdown_seconds": 5, "next": 999}), "next"),
    ] {
        let answer = admin.post("admin/presets", body.clone()).await.refuses(422, "invalid");
        assert!(answer["errors"][field].is_string(), "{body}: {}", answer.body);
    }
    for key in ["", "x", "0123456789012345678901"] {
        let body = json!({"label": "x", "upload": key});
        admin.post("admin/presets", body).await.refuses(422, "bad_upload");
    }
    let others = kitchen.ann.picture().await;
    admin.post("admin/presets", json!({"label": "x", "upload": others["id"]})).await.refuses(422, "bad_upload");
    admin.post("admin/presets", json!({"label": "x", "text": "x", "color": "red"})).await.is(422);
    admin.patch(&format!("admin/presets/{}", kitchen.start), json!({"text": ""})).await.refuses(422, "invalid");
    let move_to = json!({"before": 999});
    admin.post(&format!("admin/presets/{}/move", kitchen.start), move_to).await.refuses(404, "not_found");
    assert_eq!(labels(admin).await, ["Start orders", "Stop orders", "Countdown"]);
    for number in 3..50 {
        admin.post("admin/presets", json!({"label": number.to_string(), "text": "x"})).await.is(201);
    }
    admin.post("admin/presets", json!({"label": "51", "text": "x"})).await.refuses(409, "too_many");
}

#[tokio::test]
async fn presets_are_for_admins_alone() {
    let Kitchen { server, ann, start, room, .. } = Kitchen::open().await;
    let guest = server.guest();
    let routes = [
        (Method::GET, "admin/presets".to_owned()),
        (Method::POST, "admin/presets".to_owned()),
        (Method::PATCH, format!("admin/presets/{start}")),
        (Method::DELETE, format!("admin/presets/{start}")),
        (Method::POST, format!("admin/presets/{start}/move")),
        (Method::GET, format!("admin/presets/{start}/image")),
        (Method::POST, format!("admin/presets/{start}/send")),
        (Method::GET, "admin/countdowns".to_owned()),
        (Method::POST, "admin/countdowns/1/stop".to_owned()),
    ];
    for (method, path) in routes {
        let body = if method == Method::POST || method == Method::PATCH { json!({}) } else { Value::Null };
        guest.call(method.clone(), &path, body.clone()).await.refuses(401, "session_ended");
        ann.call(method, &path, body).await.refuses(403, "forbidden");
    }
    let start = start.to_string();
    ann.submit(&format!("/r/{room}/presets"), &[("preset", &start)]).await.is(403);
    ann.submit(&format!("/r/{room}/countdowns/1/stop"), &[]).await.is(403);
    for page in ["", "new", &start, &format!("{start}/delete")] {
        ann.get(&format!("/admin/presets/{page}")).await.is(403);
        let answer = guest.get(&format!("/admin/presets/{page}")).await.is(303);
        assert!(answer.header("location").starts_with("/login/?next="));
    }
}

#[tokio::test]
async fn a_press_sends_the_message_and_starts_the_countdown_for_everybody() {
    let kitchen = Kitchen::open().await;
    let mut tab = kitchen.ann.connect().await;
    assert_eq!(tab.hello["countdowns"], json!([]));
    let pressed = kitchen.press(kitchen.start).await.is(201);
    let message = &pressed["message"];
    assert_eq!((&message["kind"], &message["text"]), (&json!("preset"), &json!("Orders are open")));
    assert_eq!(message["sender"]["id"], kitchen.admin.id);
    let heard = tab.message("Orders are open").await;
    assert_eq!(heard["message"], *message);
    let countdown = begins(&mut tab).await;
    assert_eq!((&countdown["room"], &countdown["label"]), (&json!(kitchen.room), &json!("Start orders")));
    assert_eq!((&countdown["next"], &countdown["started_by"]["username"]), (&json!("Stop orders"), &json!("founder")));
    let time = |field: &str| chrono::DateTime::parse_from_rfc3339(countdown[field].as_str().unwrap()).unwrap();
    assert_eq!(time("ends_at") - time("started_at"), TimeDelta::seconds(100));
    assert!(time("server_time") - time("started_at") < TimeDelta::seconds(5));

    let late = kitchen.server.member("late").await;
    let left = &late.connect().await.hello["countdowns"][0];
    for field in ["room", "id", "label", "started_by", "started_at", "ends_at", "next"] {
        assert_eq!(left[field], countdown[field], "who comes late sees the same {field}");
    }
    let page = late.get(&format!("/r/{}", kitchen.room)).await.is(200).body;
    assert!(page.contains(&format!("datetime=\"{}\"", countdown["ends_at"].as_str().unwrap())), "{page}");
    let running = kitchen.admin.get("admin/countdowns").await.is(200);
    assert_eq!(running["countdowns"][0]["id"], countdown["id"]);
}

#[tokio::test]
async fn who_joins_a_room_is_told_what_counts_down_there_and_who_is_elsewhere_is_not() {
    let kitchen = Kitchen::open().await;
    let room = kitchen.admin.make_room("public", "lunch").await;
    let mut tab = kitchen.ann.connect().await;
    kitchen.admin.press(kitchen.count, room, &fresh_id()).await.is(201);
    assert_eq!(kitchen.ann.connect().await.hello["countdowns"], json!([]));
    tab.say(kitchen.room, "marker").await;
    assert!(tab.heard().iter().all(|frame| frame["type"] != "countdown"), "{:?}", tab.heard());
    kitchen.ann.post(&format!("rooms/{room}/join"), Value::Null).await.is(200);
    assert_eq!(begins(&mut tab).await["room"], room);
    kitchen.ann.post(&format!("rooms/{room}/leave"), Value::Null).await.is(204);
    assert_eq!(kitchen.ann.connect().await.hello["countdowns"], json!([]));
}

#[tokio::test]
async fn an_admin_presses_only_in_rooms_they_are_in() {
    let kitchen = Kitchen::open().await;
    let private = kitchen.ann.private_room("crew", &[]).await;
    let public = kitchen.ann.make_room("public", "lunch").await;
    let press = |room: i64| kitchen.admin.press(kitchen.stop, room, "same");
    press(private).await.refuses(404, "not_found");
    press(public).await.refuses(403, "forbidden");
    press(999).await.refuses(404, "not_found");
    assert_eq!(kitchen.count("messages"), 0);
    for bad in ["", "a b", "countdown-1", &"x".repeat(65)] {
        kitchen.admin.press(kitchen.stop, kitchen.room, bad).await.refuses(422, "invalid");
    }
}

#[tokio::test]
async fn a_press_stands_above_the_rules_of_a_room_but_not_in_an_archived_one() {
    let mut kitchen = Kitchen::open().await;
    let room = kitchen.ann.make_room("public", "lunch").await;
    kitchen.admin.post(&format!("rooms/{room}/join"), Value::Null).await.is(200);
    kitchen.server.stop();
    kitchen.execute("UPDATE rooms SET slow_seconds = 3600, post_policy = 'admins'");
    kitchen.execute("UPDATE users SET silenced_until = '2999-01-01 00:00:00'");
    kitchen.server.restart();
    for _ in 0..2 {
        kitchen.admin.press(kitchen.stop, room, &fresh_id()).await.is(201);
    }
    kitchen.admin.press(kitchen.start, room, &fresh_id()).await.is(201);
    kitchen.server.kill();
    kitchen.execute("UPDATE rooms SET archived_at = created_at");
    kitchen.let_end_in(-1);
    kitchen.server.restart();
    eventually("it ends", async || kitchen.count("countdowns WHERE ended_at IS NULL") == 0).await;
    let page = kitchen.ann.page(room, "").await.is(200);
    assert_eq!(page.messages().len(), 4, "what was promised is sent");
    kitchen.admin.press(kitchen.stop, room, &fresh_id()).await.refuses(403, "archived");
}

#[tokio::test]
async fn the_same_press_again_gives_the_same_message_and_starts_nothing() {
    let kitchen = Kitchen::open().await;
    let press = |preset: i64| kitchen.admin.press(preset, kitchen.room, "once");
    let first = press(kitchen.start).await.is(201);
    let again = press(kitchen.start).await.is(200);
    assert_eq!(again["message"], first["message"]);
    press(kitchen.stop).await.refuses(409, "client_id_reused");
    kitchen.admin.patch(&format!("admin/presets/{}", kitchen.start), json!({"text": "Hungry?"})).await.is(200);
    press(kitchen.start).await.is(200);
    assert_eq!((kitchen.count("messages"), kitchen.count("countdowns")), (1, 1));
    kitchen.admin.send(kitchen.room, "once", "words").await.refuses(409, "client_id_reused");
    assert_eq!(kitchen.count("audit_log WHERE act = 'preset.send'"), 1);
}

#[tokio::test]
async fn of_two_admins_who_press_at_once_one_sends_and_the_other_is_told() {
    let kitchen = Kitchen::open().await;
    let second = kitchen.second_admin("deputy").await;
    for round in 1..=5 {
        let press = |admin: Member| async move { admin.press(kitchen.start, kitchen.room, &fresh_id()).await };
        let answers = join_all([press(kitchen.admin.clone()), press(second.clone())]).await;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
        answers.into_iter().find(|answer| answer.status == 409).unwrap().refuses(409, "countdown_running");
        assert_eq!((kitchen.count("messages"), kitchen.count("countdowns")), (round, round));
        let running = kitchen.admin.get("admin/countdowns").await.is(200)["countdowns"].clone();
        assert_eq!(running.as_array().unwrap().len(), 1);
        kitchen.admin.post(&format!("admin/countdowns/{}/stop", running[0]["id"]), Value::Null).await.is(204);
    }
    kitchen.press(kitchen.start).await.is(201);
    kitchen.press(kitchen.count).await.refuses(409, "countdown_running");
    kitchen.press(kitchen.stop).await.is(201);
}

#[tokio::test]
async fn a_countdown_that_is_stopped_ends_for_everybody_and_nothing_follows() {
    let mut kitchen = Kitchen::open().await;
    let mut tab = kitchen.ann.connect().await;
    kitchen.press(kitchen.start).await.is(201);
    let id = begins(&mut tab).await["id"].clone();
    let path = format!("admin/countdowns/{id}/stop");
    kitchen.admin.post(&path, Value::Null).await.is(204);
    let end = ends(&mut tab).await;
    assert_eq!((&end["id"], &end["ended"], &end["by"]["username"]), (&id, &json!("stopped"), &json!("founder")));
    kitchen.admin.post(&path, Value::Null).await.refuses(409, "countdown_ended");
    kitchen.admin.post("admin/countdowns/999/stop", Value::Null).await.refuses(404, "not_found");
    assert_eq!(kitchen.ann.connect().await.hello["countdowns"], json!([]));
    kitchen.server.stop();
    kitchen.execute("UPDATE countdowns SET ends_at = started_at");
    kitchen.server.restart();
    kitchen.ann.say(kitchen.room, "after").await;
    assert_eq!(kitchen.texts().await, ["Orders are open", "after"]);
}

#[tokio::test]
async fn a_countdown_ends_by_itself_though_everybody_closed_their_tab() {
    let kitchen = Kitchen::open().await;
    kitchen.admin.patch(&format!("admin/presets/{}", kitchen.start), json!({"countdown_seconds": 5})).await.is(200);
    let founder = kitchen.admin.connect().await;
    kitchen.press(kitchen.start).await.is(201);
    kitchen.ann.say(kitchen.room, "one soup").await;
    founder.close().await;
    let mut tab = kitchen.ann.connect().await;
    let closed = tab.message("Orders are closed").await;
    assert_eq!(
        (&closed["message"]["kind"], &closed["message"]["sender"]["id"]),
        (&json!("preset"), &json!(kitchen.admin.id))
    );
    let end = ends(&mut tab).await;
    assert_eq!((&end["ended"], &end["by"]), (&json!("done"), &Value::Null));
    let room = kitchen.admin.room(kitchen.room).await;
    assert_eq!(room["last_seq"], 3);
    assert_eq!(room["my"]["read_seq"], 1, "who has left has not read what came since");
    assert_eq!(kitchen.count("countdowns WHERE ended_at IS NOT NULL AND stopped_by IS NULL"), 1);
}

#[tokio::test]
async fn a_countdown_survives_a_power_cut_and_ends_once() {
    let mut kitchen = Kitchen::open().await;
    kitchen.press(kitchen.start).await.is(201);
    let before = kitchen.ann.connect().await.hello["countdowns"].clone();
    kitchen.server.kill();
    kitchen.server.restart();
    let mut tab = kitchen.ann.connect().await;
    assert_eq!(tab.hello["countdowns"], before, "it goes on as if nothing had been");
    assert_eq!(kitchen.texts().await, ["Orders are open"]);
    kitchen.server.kill();
    kitchen.let_end_in(2);
    kitchen.server.restart();
    tab = kitchen.ann.connect().await;
    if tab.hello["countdowns"] != json!([]) {
        ends(&mut tab).await;
    }
    for _ in 0..3 {
        kitchen.server.kill();
        kitchen.server.restart();
    }
    kitchen.ann.say(kitchen.room, "after").await;
    assert_eq!(kitchen.texts().await, ["Orders are open", "Orders are closed", "after"]);
}

#[tokio::test]
async fn what_should_have_ended_while_the_server_was_down_ends_at_once() {
    let mut kitchen = Kitchen::open().await;
    let other = kitchen.admin.make_room("public", "lunch").await;
    kitchen.press(kitchen.start).await.is(201);
    kitchen.admin.press(kitchen.count, other, &fresh_id()).await.is(201);
    kitchen.server.kill();
    kitchen.let_end_in(-3_600);
    kitchen.server.restart();
    eventually("both end", async || kitchen.count("countdowns WHERE ended_at IS NULL") == 0).await;
    assert_eq!(kitchen.texts().await, ["Orders are open", "Orders are closed"]);
    let there = kitchen.admin.page(other, "").await.is(200);
    assert_eq!(there.messages().len(), 1, "nothing follows the second");
}

#[tokio::test]
async fn what_follows_a_countdown_starts_none() {
    let mut kitchen = Kitchen::open().await;
    let again = json!({"next": kitchen.start});
    kitchen.admin.patch(&format!("admin/presets/{}", kitchen.start), again).await.is(200);
    kitchen.press(kitchen.start).await.is(201);
    kitchen.server.kill();
    kitchen.let_end_in(-1);
    kitchen.server.restart();
    eventually("it ends", async || kitchen.count("countdowns WHERE ended_at IS NULL") == 0).await;
    assert_eq!((kitchen.count("messages"), kitchen.count("countdowns")), (2, 1));
}

#[tokio::test]
async fn a_countdown_whose_starter_or_room_is_gone_ends_in_silence() {
    let mut kitchen = Kitchen::open().await;
    let second = kitchen.second_admin("deputy").await;
    let room = kitchen.ann.make_room("public", "lunch").await;
    for admin in [&kitchen.admin, &second] {
        admin.post(&format!("rooms/{room}/join"), Value::Null).await.is(200);
    }
    let doomed = kitchen.admin.make_room("public", "doomed").await;
    second.press(kitchen.start, room, &fresh_id()).await.is(201);
    kitchen.admin.press(kitchen.start, doomed, &fresh_id()).await.is(201);
    second.post(&format!("rooms/{room}/leave"), Value::Null).await.is(204);
    kitchen.admin.delete(&format!("rooms/{doomed}")).await.is(204);
    kitchen.server.kill();
    kitchen.let_end_in(-1);
    kitchen.server.restart();
    eventually("both end", async || kitchen.count("countdowns WHERE ended_at IS NULL") == 0).await;
    let page = kitchen.ann.page(room, "").await.is(200);
    assert_eq!(page.messages().len(), 1, "nobody who is there has said it");
    kitchen.admin.press(kitchen.start, room, &fresh_id()).await.is(201);
}

#[tokio::test]
async fn a_picture_of_a_preset_is_sent_each_time_and_outlives_it_where_it_was_sent() {
    let mut kitchen = Kitchen::open().await;
    let admin = kitchen.admin.clone();
    let upload = admin.upload("menu.png", &png(40, 30, [200, 120, 40])).await.is(201)["upload"]["id"].clone();
    let body = json!({"label": "Menu", "upload": upload});
    let preset = admin.post("admin/presets", body.clone()).await.is(201)["preset"].clone();
    assert_eq!((&preset["image"]["width"], &preset["text"]), (&json!(40), &json!("")));
    admin.post("admin/presets", body).await.refuses(422, "bad_upload");
    let shown = admin.get(preset["image"]["url"].as_str().unwrap()).await.is(200);
    assert!(shown.header("content-type").starts_with("image/"));
    admin.get(preset["image"]["thumb_url"].as_str().unwrap()).await.is(200);
    kitchen.ann.get(preset["image"]["url"].as_str().unwrap()).await.is(403);
    let second = kitchen.second_admin("deputy").await;

    let id = preset["id"].as_i64().unwrap();
    let press = async |by: &Member| by.press(id, kitchen.room, &fresh_id()).await.is(201)["message"].clone();
    let (one, two) = (press(&admin).await, press(&second).await);
    assert_eq!((&one["kind"], &one["uploads"][0]["name"]), (&json!("preset"), &json!("Menu.webp")));
    assert_ne!(one["uploads"][0]["id"], two["uploads"][0]["id"], "each message has its own");
    for message in [&one, &two] {
        kitchen.ann.get(message["uploads"][0]["url"].as_str().unwrap()).await.is(200);
    }
    let found = kitchen.ann.get("search?has=image").await.is(200);
    assert_eq!(found["hits"].as_array().unwrap().len(), 2, "it is found as an image: {}", found.body);

    admin.delete(&format!("messages/{}", one["id"])).await.is(200);
    admin.get(preset["image"]["url"].as_str().unwrap()).await.is(200);
    let three = press(&second).await;
    admin.delete(&format!("admin/presets/{id}")).await.is(204);
    admin.get(preset["image"]["url"].as_str().unwrap()).await.is(404);
    kitchen.ann.get(three["uploads"][0]["url"].as_str().unwrap()).await.is(200);
    for message in [&two, &three] {
        second.delete(&format!("messages/{}", message["id"])).await.is(200);
    }
    eventually("its files go", async || kitchen.count("blobs") == 0 && kitchen.count("removed_files") == 0).await;
    let found = kitchen.ann.get("search?has=image").await.is(200);
    assert_eq!(found["hits"], json!([]));
    kitchen.server.stop();
}

#[tokio::test]
async fn a_picture_that_only_a_preset_has_is_not_swept_and_goes_when_it_is_replaced() {
    let mut kitchen = Kitchen::open().await;
    let admin = kitchen.admin.clone();
    let upload = admin.picture().await["id"].clone();
    let preset =
        admin.post("admin/presets", json!({"label": "Menu", "upload": upload})).await.is(201)["preset"].clone();
    assert_eq!((kitchen.count("uploads"), kitchen.count("blobs")), (0, 1));
    let url = preset["image"]["url"].as_str().unwrap().to_owned();
    // The sweeper compares everything with everything at each start.
    kitchen.server.stop();
    kitchen.server.restart();
    kitchen.ann.say(kitchen.room, "marker").await;
    admin.get(&url).await.is(200);
    let path = format!("admin/presets/{}", preset["id"]);
    admin.patch(&path, json!({"upload": null})).await.refuses(422, "invalid");
    let upload = admin.picture().await["id"].clone();
    admin.patch(&path, json!({"upload": upload})).await.is(200);
    eventually("the old one goes", async || kitchen.count("blobs") == 1 && kitchen.count("removed_files") == 0).await;
    admin.get(&url).await.is(200);
    admin.patch(&path, json!({"upload": null, "text": "words"})).await.is(200);
    eventually("the new one goes", async || kitchen.count("blobs") == 0).await;
    admin.get(&url).await.refuses(404, "not_found");
}

#[tokio::test]
async fn every_act_on_presets_is_in_the_log() {
    let kitchen = Kitchen::open().await;
    let (admin, start) = (&kitchen.admin, kitchen.start);
    let made = admin.post("admin/presets", json!({"label": "Menu", "text": "secret soup"})).await.is(201);
    let path = format!("admin/presets/{}", made["preset"]["id"]);
    admin.patch(&path, json!({"text": "secret noodles"})).await.is(200);
    admin.post(&format!("{path}/move"), json!({"before": start})).await.is(200);
    admin.delete(&path).await.is(204);
    let countdown = kitchen.press(start).await.is(201)["countdown"]["id"].clone();
    admin.post(&format!("admin/countdowns/{countdown}/stop"), Value::Null).await.is(204);
    for act in ["preset.add", "preset.update", "preset.move", "preset.delete", "preset.send", "countdown.stop"] {
        let entry = format!("audit_log WHERE act = '{act}' AND actor_name = 'founder' AND ip <> ''");
        assert_eq!(kitchen.count(&entry), 1, "{act}");
    }
    assert_eq!(kitchen.count("audit_log WHERE detail LIKE '%secret%' OR target_name LIKE '%secret%'"), 0);
}
