//! Messages of all rooms in the console: searching and deleting them, and what an admin may read.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    client::{Guest, Member},
    doors::{Act, Door, Person},
    eventually,
    frame::with_id,
    fresh_id,
    picture::png,
    server::Server,
};

/// A site with an admin, two people, and a room of every kind in which ann has said something.
struct Site {
    server: Server,
    admin: Member,
    ann: Member,
    bob: Member,
    public: i64,
    private: i64,
    direct: i64,
}

impl Site {
    async fn open() -> Self {
        let server = Server::start();
        let admin = server.admin("founder").await;
        let (ann, bob) = (server.member("ann").await, server.member("bob").await);
        let public = ann.make_room("public", "square").await;
        let private = ann.private_room("cellar", &[&bob]).await;
        let direct = ann.post("directs", json!({"user": bob.id})).await.is(201).room_id();
        for (room, text) in
            [(public, "word in the square"), (private, "word in the cellar"), (direct, "word between us")]
        {
            ann.say(room, text).await;
        }
        Self { server, admin, ann, bob, public, private, direct }
    }

    async fn read_private(&self, on: bool) {
        self.admin.patch("admin/settings", json!({"admins_read_private": on})).await.is(200);
    }

    /// What the log says of this act, newest first.
    fn audited(&self, act: &str) -> i64 {
        let sql = format!("SELECT count(*) AS number FROM audit_log WHERE act = '{act}'");
        self.server.database().number(&self.server.data(), &sql)
    }

    fn audited_with(&self, act: &str, part: &str) -> i64 {
        let sql = format!("SELECT count(*) AS number FROM audit_log WHERE act = '{act}' AND detail LIKE '%{part}%'");
        self.server.database().number(&self.server.data(), &sql)
    }
}

/// The texts that a search finds.
async fn finds(admin: &Member, query: &str) -> Vec<String> {
    let found = admin.get(&format!("admin/messages?{query}")).await.is(200);
    found["hits"].as_array().unwrap().iter().map(|hit| hit["message"]["text"].as_str().unwrap().to_owned()).collect()
}

async fn is_gone(reader: &Member, message: i64) -> bool {
    reader.get(&format!("messages/{message}")).await.is(200)["message"]["deleted_at"].is_string()
}

fn id_of(message: &Value) -> i64 {
    message["id"].as_i64().unwrap()
}

#[tokio::test]
async fn only_an_admin_searches_and_deletes_what_others_wrote() {
    let site = Site::open().await;
    let message = id_of(&site.ann.say(site.public, "mine").await);
    let body = json!({"ids": [message], "reason": ""});
    let strangers: [(&Guest, u16, &str); 3] = [
        (&site.server.guest(), 401, "session_ended"),
        (&site.bob, 403, "forbidden"),
        // She owns the room, which is nothing here.
        (&site.ann, 403, "forbidden"),
    ];
    for (stranger, status, code) in strangers {
        stranger.get("admin/messages").await.refuses(status, code);
        stranger.post("admin/messages/delete", body.clone()).await.refuses(status, code);
        stranger.delete(&format!("admin/messages/{message}")).await.refuses(status, code);
        stranger.get("/admin/messages/").await.any_of(&[303, 403]);
        let fields = [("sure", "yes"), ("ids", &message.to_string())];
        stranger.submit("/admin/messages/delete", &fields).await.any_of(&[303, 401, 403]);
    }
    assert!(!is_gone(&site.ann, message).await);
    site.admin.delete(&format!("admin/messages/{message}")).await.is(204);
    assert!(is_gone(&site.ann, message).await);
}

#[tokio::test]
async fn private_rooms_and_chats_are_read_only_while_the_setting_is_on_and_each_look_is_noted() {
    let site = Site::open().await;
    for query in ["q=word", "", "from=ann", "q=word&from=ann", "kind=text"] {
        assert_eq!(finds(&site.admin, query).await, ["word in the square"], "{query}");
    }
    for room in [site.private, site.direct, 99_999] {
        site.admin.get(&format!("admin/messages?room={room}")).await.refuses(404, "not_found");
        site.admin.get(&format!("admin/messages?q=word&room={room}")).await.refuses(404, "not_found");
    }
    assert_eq!(site.audited("private.read"), 0, "nobody looked at anything private");

    site.read_private(true).await;
    let all = ["word between us", "word in the cellar", "word in the square"];
    let mut looks = 0;
    for query in ["q=word", "", "from=ann", "q=word&from=ann", "kind=text"] {
        assert_eq!(finds(&site.admin, query).await, all, "{query}");
        looks += 1;
        assert_eq!(site.audited("private.read"), looks, "{query}");
    }
    assert_eq!(finds(&site.admin, &format!("room={}", site.direct)).await, ["word between us"]);
    assert_eq!(finds(&site.admin, &format!("q=word&room={}", site.private)).await, ["word in the cellar"]);
    assert_eq!(site.audited("private.read"), looks + 2);
    assert_eq!(finds(&site.admin, &format!("room={}", site.public)).await, ["word in the square"]);
    assert_eq!(site.audited("private.read"), looks + 2, "a public room is nobody's secret");
    site.admin.get("/admin/messages/?q=word").await.is(200);
    assert_eq!(site.audited("private.read"), looks + 3, "the page is a look too");
    assert_eq!(site.audited_with("private.read", &format!("\"room\":{}", site.direct)), 1);
    assert_eq!(site.audited_with("private.read", "word in"), 0, "filters, and no texts");
    let found = site.admin.get(&format!("admin/messages?room={}", site.direct)).await.is(200);
    let people: Vec<_> =
        found["hits"][0]["room"]["people"].as_array().unwrap().iter().map(|one| &one["username"]).collect();
    assert_eq!(people, ["ann", "bob"]);

    site.read_private(false).await;
    assert_eq!(finds(&site.admin, "q=word").await, ["word in the square"]);
    site.ann.post(&format!("rooms/{}/members", site.private), json!({"user": site.admin.id})).await.is(201);
    assert_eq!(finds(&site.admin, "q=word").await, all[1..], "a private room of one's own is read");
    assert_eq!(finds(&site.admin, "").await, all[1..]);
    let own = site.admin.post("directs", json!({"user": site.ann.id})).await.is(201).room_id();
    site.ann.say(own, "word to you").await;
    assert_eq!(finds(&site.admin, "q=word").await, all[1..], "a chat of one's own is read in the chat");
}

#[tokio::test]
async fn a_search_is_narrowed_by_room_person_day_and_kind_and_goes_on_below_a_message() {
    let site = Site::open().await;
    let lobby = site.admin.lobby().await;
    let bobs = site.bob.say(lobby, "bob speaks").await;
    let old = site.ann.say(lobby, "long ago").await;
    // Ids rise with time, so all before it is older still.
    for message in 1..id_of(&old) {
        site.server.age(message, 20 * 86_400);
    }
    site.server.age(id_of(&old), 10 * 86_400);
    let upload = site.ann.upload("cat.png", &png(8, 8, [9, 9, 9])).await.is(201)["upload"]["id"].clone();
    let body = json!({"client_id": fresh_id(), "text": "a cat", "uploads": [upload]});
    site.ann.post(&format!("rooms/{lobby}/messages"), body).await.is(201);
    assert_eq!(finds(&site.admin, &format!("room={lobby}")).await, ["a cat", "long ago", "bob speaks"]);
    assert_eq!(finds(&site.admin, &format!("room={lobby}&from=bob")).await, ["bob speaks"]);
    assert_eq!(finds(&site.admin, &format!("from={}", site.bob.id)).await, ["bob speaks"]);
    assert_eq!(finds(&site.admin, "kind=image").await, ["a cat"]);
    assert_eq!(finds(&site.admin, &format!("room={lobby}&kind=text")).await, ["long ago", "bob speaks"]);
    let day = |back: i64| (chrono::Utc::now().date_naive() - chrono::TimeDelta::days(back)).to_string();
    for room in [String::new(), format!("&room={lobby}")] {
        assert_eq!(
            finds(&site.admin, &format!("since={}&until={}{room}", day(12), day(5))).await,
            ["long ago"],
            "{room}"
        );
        assert_eq!(finds(&site.admin, &format!("q=lo&until={}{room}", day(5))).await, ["long ago"], "{room}");
        assert_eq!(finds(&site.admin, &format!("since={}&until={}{room}", day(10), day(10))).await, ["long ago"]);
        assert!(!finds(&site.admin, &format!("since={}{room}", day(1))).await.contains(&"long ago".to_owned()));
    }
    let mut seen = Vec::new();
    let mut before = String::new();
    loop {
        let page = site.admin.get(&format!("admin/messages?room={lobby}&limit=1{before}")).await.is(200);
        seen.extend(page["hits"].as_array().unwrap().iter().map(|hit| hit["message"]["text"].clone()));
        if page["more"] == false {
            break;
        }
        before = format!("&before={}", page["before"]);
    }
    assert_eq!(seen, ["a cat", "long ago", "bob speaks"]);
    assert_eq!(finds(&site.admin, "kind=preset").await, [""; 0]);
    let preset = site.admin.post("admin/presets", json!({"label": "tea", "text": "tea is ready"})).await.is(201);
    let press = json!({"room": lobby, "client_id": fresh_id()});
    site.admin.post(&format!("admin/presets/{}/send", preset["preset"]["id"]), press).await.is(201);
    for query in ["kind=preset".to_owned(), "kind=preset&q=tea".to_owned(), format!("kind=preset&room={lobby}")] {
        assert_eq!(finds(&site.admin, &query).await, ["tea is ready"], "{query}");
    }
    let page = site.admin.get("/admin/messages/?kind=preset").await.is(200).body;
    assert!(page.contains(">Preset<") && !page.contains("admin-messages-kind"), "it has a word: {page}");
    let marked = site.admin.get("admin/messages?q=speaks").await.is(200);
    assert_eq!(marked["hits"][0]["snippet"], json!(["bob ", {"type": "hit", "text": "speaks"}]));
    assert_eq!(marked["hits"][0]["room"]["id"], lobby);
    for wrong in
        ["room=x", "from=nobody", "since=never", "until=2026-13-40", "kind=file", "before=x", "limit=0", "q=%2C"]
    {
        site.admin.get(&format!("admin/messages?{wrong}")).await.any_of(&[422]);
        if !wrong.starts_with("limit") {
            let page = site.admin.get(&format!("/admin/messages/?{wrong}")).await.is(422).body;
            assert!(page.contains("flash-error"), "{wrong}");
        }
    }
    site.bob.call(Method::DELETE, &format!("messages/{}", id_of(&bobs)), Value::Null).await.is(200);
    assert_eq!(finds(&site.admin, "from=bob").await, [""; 0], "tombstones are not found");
}

#[tokio::test]
async fn deleted_messages_leave_search_pictures_quotes_and_open_pages_at_once() {
    let site = Site::open().await;
    let mut bob = Person::of(site.bob.clone()).await;
    site.bob.post(&format!("rooms/{}/join", site.public), Value::Null).await.is(200);
    let upload = site.ann.upload("cat.png", &png(8, 8, [9, 9, 9])).await.is(201)["upload"].clone();
    let body = json!({"client_id": fresh_id(), "text": "regretted @bob", "uploads": [upload["id"]]});
    let sent = site.ann.post(&format!("rooms/{}/messages", site.public), body).await.is(201)["message"].clone();
    let id = id_of(&sent);
    bob.does(Door::Http, Act::React(id, "🦩")).await;
    let quote = bob.does(Door::Http, Act::Send(site.public, json!({"text": "what?", "reply_to": id}))).await;
    let other = id_of(&site.ann.say(site.public, "regretted too").await);
    let before = site.bob.room(site.public).await["rev"].as_i64().unwrap();
    let url = upload["thumb_url"].as_str().unwrap();
    site.admin.get(url).await.is(200);

    let answer = site.admin.post("admin/messages/delete", json!({"ids": [id, other, other], "reason": "rude"})).await;
    assert_eq!(answer.is(200)["deleted"], 2);
    let frames = bob.hears_upto(site.public, before + 2).await;
    let mut ended: Vec<i64> = frames
        .iter()
        .filter(|frame| frame["message"]["deleted_at"].is_string())
        .map(|frame| id_of(&frame["message"]))
        .collect();
    ended.sort_unstable();
    assert_eq!(ended, [id, other]);
    assert!(
        frames.iter().filter(|frame| frame["rev"].as_i64() > Some(before)).all(|frame| frame["message"]["text"] == "")
    );
    let changes = site.bob.changes(site.public, &format!("after={before}")).await.is(200);
    let tombstone = with_id(&changes["messages"], id);
    assert_eq!(
        (&tombstone["text"], &tombstone["uploads"], &tombstone["reactions"]),
        (&json!(""), &json!([]), &json!([]))
    );
    let answered = site.bob.get(&format!("messages?ids={id},{}", quote.id)).await.is(200);
    assert!(with_id(&answered["messages"], id)["deleted_at"].is_string(), "the quote finds a tombstone");
    assert_eq!(site.bob.get("search?q=regretted").await.is(200)["hits"], json!([]));
    assert_eq!(finds(&site.admin, "q=regretted").await, [""; 0]);
    for viewer in [&site.admin, &site.ann, &site.bob] {
        viewer.get(url).await.is(404);
    }
    assert_eq!(site.bob.room(site.public).await["my"]["mentions"], 0);
    let key = url.trim_start_matches("/media/").split(['.', '-']).next().unwrap().to_owned();
    eventually("the picture's files are gone", async || {
        let store = site.server.data().join("media/store");
        !walk(&store).iter().any(|path| path.contains(&key))
    })
    .await;
    for word in ["regretted", "🦩"] {
        let rows = site.server.database().places_of(&site.server.data(), word);
        assert!(rows.is_empty(), "{word} stands in {rows:?}");
    }
    assert_eq!((site.audited("message.delete"), site.audited_with("message.delete", "\"count\":2")), (1, 1));
    assert_eq!(site.audited_with("message.delete", &format!("\"rooms\":[{}]", site.public)), 1);
    assert_eq!(site.audited_with("message.delete", "rude"), 1);
    let again = site.admin.post("admin/messages/delete", json!({"ids": [id, other]})).await.is(200);
    assert_eq!((&again["deleted"], site.audited("message.delete")), (&json!(0), 1), "nothing was left to delete");
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        found.push(path.display().to_string());
        found.extend(walk(&path));
    }
    found
}

#[tokio::test]
async fn what_an_admin_may_not_read_they_do_not_delete_either() {
    let site = Site::open().await;
    let hidden =
        [id_of(&site.ann.say(site.private, "kept").await), id_of(&site.ann.say(site.direct, "kept too").await)];
    for id in hidden {
        site.admin.delete(&format!("admin/messages/{id}")).await.refuses(404, "not_found");
    }
    site.admin.delete("admin/messages/99999").await.refuses(404, "not_found");
    let answer = site.admin.post("admin/messages/delete", json!({"ids": hidden})).await.is(200);
    assert_eq!(answer["deleted"], 0);
    let ids = format!("{},{}", hidden[0], hidden[1]);
    site.admin.submit("/admin/messages/delete", &[("sure", "yes"), ("ids", &ids)]).await.is(303);
    for id in hidden {
        assert!(!is_gone(&site.ann, id).await);
    }
    assert_eq!(site.audited("message.delete"), 0);
    site.read_private(true).await;
    let answer = site.admin.post("admin/messages/delete", json!({"ids": hidden})).await.is(200);
    assert_eq!(answer["deleted"], 2);
    assert!(is_gone(&site.ann, hidden[0]).await && is_gone(&site.bob, hidden[1]).await);
}

#[tokio::test]
async fn nonsense_is_not_deleted() {
    let site = Site::open().await;
    for body in [json!({"ids": []}), json!({"ids": ["x"]}), json!({}), json!({"ids": [1], "more": 1})] {
        site.admin.post("admin/messages/delete", body).await.any_of(&[400, 422]);
    }
    let many: Vec<i64> = (1..=1_001).collect();
    site.admin.post("admin/messages/delete", json!({"ids": many})).await.refuses(422, "invalid");
    let long = "r".repeat(501);
    site.admin.post("admin/messages/delete", json!({"ids": [1], "reason": long})).await.is(422);
    site.admin.delete("admin/messages/abc").await.is(404);
    let fields = [("sure", "yes"), ("ids", "1,x")];
    site.admin.submit("/admin/messages/delete", &fields).await.is(422);
    for fields in [vec![], vec![("message", "x")], vec![("only", "-")], vec![("message", "99999")]] {
        site.admin.submit("/admin/messages/delete", &fields).await.any_of(&[303, 404]);
    }
    assert_eq!(site.audited("message.delete"), 0);
}

#[tokio::test]
async fn many_messages_go_in_small_steps_with_every_change_told_in_its_order() {
    let site = Site::open().await;
    let lobby = site.admin.lobby().await;
    let mut tab = site.ann.connect().await;
    for number in 0..120 {
        tab.say(lobby, &format!("flood {number}")).await;
    }
    let mut bob = Person::of(site.bob.clone()).await;
    let start = site.bob.room(lobby).await["rev"].as_i64().unwrap();
    let fields = [("query", format!("?q=flood&room={lobby}")), ("all", "yes".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let question = site.admin.submit("/admin/messages/delete", &fields).await.is(200).body;
    for said in ["120", "ann", "name=\"reason\"", "pattern=\"120\""] {
        assert!(question.contains(said), "{said}: {question}");
    }
    assert!(!question.contains("flood 7"), "no text is shown");
    let ids = question.split("name=\"ids\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(ids.split(',').count(), 120);
    let sure = |count: &'static str| {
        [("sure", "yes"), ("ids", &*ids), ("count", count), ("reason", "flood"), ("query", "?q=flood")]
    };
    let refused = site.admin.submit("/admin/messages/delete", &sure("12")).await.is(422).body;
    assert!(refused.contains("aria-invalid=\"true\""), "{refused}");
    assert_eq!(site.bob.room(lobby).await["rev"], start);
    let done = site.admin.submit("/admin/messages/delete", &sure("120")).await.is(303);
    assert_eq!(done.header("location"), "/admin/messages/?q=flood");
    let page = site.admin.get("/admin/messages/?q=flood").await.is(200).body;
    assert!(page.contains("120") && page.contains("role=\"status\""), "it says how many: {page}");
    let heard = bob.hears_upto(lobby, start + 120).await;
    let revs: Vec<i64> = heard.iter().map(|frame| frame["rev"].as_i64().unwrap()).collect();
    assert_eq!(revs, (start + 1..=start + 120).collect::<Vec<_>>(), "live frames without holes");
    assert_eq!(site.audited("message.delete"), 1, "one act, one entry");
    assert_eq!(site.audited_with("message.delete", "\"count\":120"), 1);
}

#[tokio::test]
async fn without_a_script_ticked_rows_are_asked_about_and_deleted() {
    let site = Site::open().await;
    let lobby = site.admin.lobby().await;
    let ids = [id_of(&site.ann.say(lobby, "<b>one</b>").await), id_of(&site.bob.say(lobby, "two").await)];
    let page = site.admin.get("/admin/messages/").await.is(200).body;
    assert!(page.contains("&lt;b&gt;one") && !page.contains("<b>one"), "text is text");
    let (one, two) = (ids[0].to_string(), ids[1].to_string());
    let question =
        site.admin.submit("/admin/messages/delete", &[("message", &one), ("message", &two)]).await.is(200).body;
    assert!(question.contains("ann") && question.contains("bob"), "{question}");
    assert!(!question.contains("pattern="), "two need no number");
    assert!(!is_gone(&site.ann, ids[0]).await, "asking deletes nothing");
    let fields = [("sure", "yes"), ("ids", &*format!("{one},{two}")), ("reason", "")];
    let done = site.admin.submit("/admin/messages/delete", &fields).await.is(303);
    assert_eq!(done.header("location"), "/admin/messages/");
    for id in ids {
        assert!(is_gone(&site.ann, id).await);
    }
    let only = id_of(&site.ann.say(lobby, "three").await).to_string();
    let question = site.admin.submit("/admin/messages/delete", &[("message", "1"), ("only", &only)]).await.is(200).body;
    assert!(question.contains(&format!("value=\"{only}\"")), "the row's own button takes that row alone");
    let nothing = site.admin.submit("/admin/messages/delete", &[]).await.is(303);
    assert_eq!(nothing.header("location"), "/admin/messages/");
}

#[tokio::test]
async fn an_admin_sees_the_pictures_of_what_they_may_read() {
    let site = Site::open().await;
    let mut urls = Vec::new();
    for (at, room) in [site.public, site.private, site.direct].into_iter().enumerate() {
        let upload = site.ann.upload("p.png", &png(8, 8, [at as u8, 9, 9])).await.is(201)["upload"].clone();
        let body = json!({"client_id": fresh_id(), "text": "", "uploads": [upload["id"]]});
        let message = site.ann.post(&format!("rooms/{room}/messages"), body).await.is(201)["message"].clone();
        urls.push((id_of(&message), room, upload["url"].as_str().unwrap().to_owned()));
    }
    let free =
        site.ann.upload("f.png", &png(8, 8, [7, 7, 7])).await.is(201)["upload"]["url"].as_str().unwrap().to_owned();
    let dan = site.server.member("dan").await;
    let sees = async |member: &Member| {
        let mut statuses = Vec::new();
        for (_, _, url) in &urls {
            statuses.push(member.get(url).await.status);
        }
        statuses
    };
    assert_eq!(sees(&site.admin).await, [200, 404, 404]);
    assert_eq!(sees(&dan).await, [404, 404, 404], "for others nothing has changed");
    let (message, room, url) = &urls[2];
    let report = format!(
        "INSERT INTO reports (message_id, room_id, reporter_id, reason, note, created_at) \
         VALUES ({message}, {room}, {}, 'spam', '', '2026-11-20 10:00:00')",
        site.bob.id
    );
    site.server.database().execute(&site.server.data(), &report);
    assert_eq!(sees(&site.admin).await, [200, 404, 200], "what was reported is seen");
    dan.get(url).await.is(404);
    let settled = "UPDATE reports SET settled_at = '2026-11-20 11:00:00'";
    site.server.database().execute(&site.server.data(), settled);
    assert_eq!(sees(&site.admin).await, [200, 404, 404], "until it is settled");
    site.read_private(true).await;
    assert_eq!(sees(&site.admin).await, [200, 200, 200]);
    assert_eq!(sees(&dan).await, [404, 404, 404]);
    site.admin.get(&free).await.is(404);
}
