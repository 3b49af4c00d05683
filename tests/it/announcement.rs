//! The announcement: made by admins in two steps, shown to everybody once a version, and gone when it is withdrawn.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    client::{Answer, Guest, Member},
    eventually,
    frame::{has, id_of, with_id},
    picture::{png, sending},
    server::Server,
};

/// A server with an admin and a member.
struct House {
    server: Server,
    admin: Member,
    ann: Member,
}

impl House {
    async fn open() -> Self {
        let server = Server::start();
        let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
        Self { server, admin, ann }
    }

    /// A draft with a picture of its own colour.
    async fn draft(&self, title: &str, background: bool) -> Value {
        let picture = self.admin.picture().await;
        let body = json!({"title": title, "alt": "a plan", "background": background, "upload": picture["id"]});
        self.admin.post("admin/announcements", body).await.is(201)["announcement"].clone()
    }

    /// A published one; as the admin sees it.
    async fn published(&self, title: &str) -> Value {
        let draft = self.draft(title, false).await;
        self.act(&draft, "publish").await.is(200)["announcement"].clone()
    }

    async fn act(&self, announcement: &Value, act: &str) -> Answer {
        self.admin.post(&format!("admin/announcements/{}/{act}", id_of(announcement)), Value::Null).await
    }

    fn rows(&self, table: &str) -> i64 {
        self.server.database().number(&self.server.data(), &format!("SELECT count(*) AS number FROM {table}"))
    }

    fn audited(&self, act: &str) -> i64 {
        let sql = format!("SELECT count(*) AS number FROM audit_log WHERE act = '{act}' AND actor_name = 'founder'");
        self.server.database().number(&self.server.data(), &sql)
    }
}

/// What is in force for somebody.
async fn shown_to(member: &Member) -> Value {
    member.get("announcement").await.is(200)["announcement"].clone()
}

async fn sees(guest: &Guest, announcement: &Value) {
    for url in ["url", "thumb_url"] {
        let answer = guest.get(announcement["image"][url].as_str().unwrap()).await.is(200);
        assert!(answer.header("content-type").starts_with("image/"));
    }
}

async fn sees_nothing(guest: &Guest, announcement: &Value) {
    for url in ["url", "thumb_url"] {
        guest.get(announcement["image"][url].as_str().unwrap()).await.is(404);
    }
}

#[tokio::test]
async fn only_an_admin_makes_announcements() {
    let house = House::open().await;
    let draft = house.draft("plan", false).await;
    let one = format!("admin/announcements/{}", draft["id"]);
    let acts = ["publish", "restore", "withdraw"].map(|act| (Method::POST, format!("{one}/{act}"), Value::Null));
    let mut routes = vec![
        (Method::GET, "admin/announcements".to_owned(), Value::Null),
        (Method::POST, "admin/announcements".to_owned(), json!({"text": "hello"})),
        (Method::PATCH, one.clone(), json!({"text": "hello"})),
        (Method::DELETE, one, Value::Null),
    ];
    routes.extend(acts);
    for (method, path, body) in routes {
        house.ann.call(method.clone(), &path, body.clone()).await.refuses(403, "forbidden");
        house.server.guest().call(method, &path, body).await.refuses(401, "session_ended");
    }
    let file = sending(&house.ann, Method::POST, "admin/announcements", "a.png", &png(9, 9, [1, 2, 3]));
    Answer::to(file).await.refuses(403, "forbidden");
    for page in ["/admin/announcement/".to_owned(), format!("/admin/announcement/{}", draft["id"])] {
        house.ann.get(&page).await.is(403);
        let answer = house.server.guest().get(&page).await.is(303);
        assert!(answer.header("location").starts_with("/login/"), "{}", answer.header("location"));
    }
    for act in ["publish", "discard", "restore", "withdraw"] {
        let path = format!("/admin/announcement/{}/{act}", draft["id"]);
        house.ann.submit(&path, &[("text", "mine")]).await.is(403);
        house.server.guest().submit(&path, &[("text", "mine")]).await.is(401);
    }
    assert_eq!(shown_to(&house.ann).await, Value::Null);
    assert_eq!(house.rows("announcements"), 1);
}

#[tokio::test]
async fn a_draft_is_seen_by_admins_alone() {
    let house = House::open().await;
    let draft = house.draft("plan", true).await;
    assert_eq!((&draft["state"], &draft["published_at"], &draft["seen"]), (&json!("draft"), &Value::Null, &json!(0)));
    sees(&house.admin, &draft).await;
    sees_nothing(&house.ann, &draft).await;
    sees_nothing(&house.server.guest(), &draft).await;
    assert_eq!(shown_to(&house.ann).await, Value::Null);
    assert_eq!(house.ann.connect().await.hello["announcement"], Value::Null);
    house.ann.put(&format!("announcement/{}/seen", draft["id"]), Value::Null).await.refuses(404, "not_found");
    let page = house.ann.get(&format!("/r/{}", house.ann.lobby().await)).await.is(200).body;
    assert!(!page.contains("/media/announcements/"), "the chat shows what is not published");
}

#[tokio::test]
async fn a_version_is_told_live_as_soon_as_it_is_published() {
    let house = House::open().await;
    let mut tab = house.ann.connect().await;
    let draft = house.draft("plan", true).await;
    let listed = house.act(&draft, "publish").await.is(200)["announcement"].clone();
    assert_eq!(listed["state"], "current");
    let frame = tab.next("announcement").await;
    let told = &frame["announcement"];
    assert_eq!((&told["id"], &told["title"], &told["alt"]), (&draft["id"], &json!("plan"), &json!("a plan")));
    assert_eq!((&told["background"], &told["author"]["username"]), (&json!(true), &json!("founder")));
    assert!(told["seen"].is_null(), "it is the same for all: {told}");
    let mine = shown_to(&house.ann).await;
    assert_eq!((&mine["seen"], &mine["image"]), (&json!(false), &told["image"]));
    assert_eq!(house.ann.connect().await.hello["announcement"], mine);
    sees(&house.ann, &mine).await;
    assert_eq!(house.audited("announcement.publish"), 1);
    house.act(&draft, "publish").await.refuses(409, "published");
}

#[tokio::test]
async fn once_closed_it_is_seen_on_every_device() {
    let house = House::open().await;
    let announcement = house.published("plan").await;
    let seen = format!("announcement/{}/seen", announcement["id"]);
    let other = house.ann.other_device().await;
    let mut tab = other.connect().await;
    assert_eq!(tab.hello["announcement"]["seen"], false);
    house.ann.put(&seen, Value::Null).await.is(204);
    assert_eq!(tab.next("announcement_seen").await["id"], announcement["id"]);
    house.ann.put(&seen, Value::Null).await.is(204);
    assert_eq!(shown_to(&other).await["seen"], true);
    assert_eq!(other.connect().await.hello["announcement"]["seen"], true);
    assert_eq!(shown_to(&house.admin).await["seen"], false, "the admin has not closed it");
    let list = house.admin.get("admin/announcements").await.is(200);
    assert_eq!(
        (&list["people"], &with_id(&list["announcements"], id_of(&announcement))["seen"]),
        (&json!(2), &json!(1))
    );
    house.ann.put("announcement/999/seen", Value::Null).await.refuses(404, "not_found");
    house.server.guest().put(&seen, Value::Null).await.is(401);
}

#[tokio::test]
async fn a_restored_version_is_a_new_one_for_everybody() {
    let house = House::open().await;
    let first = house.published("first").await;
    house.ann.put(&format!("announcement/{}/seen", first["id"]), Value::Null).await.is(204);
    let second = house.published("second").await;
    assert_eq!(shown_to(&house.ann).await["id"], second["id"]);
    sees_nothing(&house.ann, &first).await;
    let mut tab = house.ann.connect().await;
    let restored = house.act(&first, "restore").await.is(201)["announcement"].clone();
    assert_ne!(restored["id"], first["id"]);
    assert_eq!((&restored["title"], &restored["state"]), (&json!("first"), &json!("current")));
    assert_eq!(tab.next("announcement").await["announcement"]["id"], restored["id"]);
    let mine = shown_to(&house.ann).await;
    assert_eq!((&mine["id"], &mine["seen"]), (&restored["id"], &json!(false)));
    sees(&house.ann, &mine).await;
    assert_eq!(house.audited("announcement.restore"), 1);
    let draft = house.draft("third", false).await;
    house.act(&draft, "restore").await.refuses(409, "draft");
}

#[tokio::test]
async fn nothing_is_in_force_after_it_was_withdrawn() {
    let house = House::open().await;
    let (first, second) = (house.published("first").await, house.published("second").await);
    house.act(&first, "withdraw").await.refuses(409, "not_in_force");
    let mut tab = house.ann.connect().await;
    house.act(&second, "withdraw").await.is(200);
    assert_eq!(tab.next("announcement").await["announcement"], Value::Null);
    assert_eq!(shown_to(&house.ann).await, Value::Null);
    sees_nothing(&house.ann, &second).await;
    sees(&house.admin, &second).await;
    house.act(&second, "withdraw").await.refuses(409, "not_in_force");
    assert_eq!(house.audited("announcement.withdraw"), 1);
    house.act(&second, "restore").await.is(201);
    assert_eq!(shown_to(&house.ann).await["title"], "second");
}

#[tokio::test]
async fn its_picture_is_for_guests_where_guests_may_read() {
    let mut house = House::open().await;
    let announcement = house.published("plan").await;
    sees_nothing(&house.server.guest(), &announcement).await;
    allow_guests(&mut house.server);
    let guest = house.server.guest();
    sees(&guest, &announcement).await;
    sees_nothing(&guest, &house.draft("secret", false).await).await;
    guest.get("announcement").await.is(401);
}

/// Puts the setting behind the server's back and starts it again.
fn allow_guests(server: &mut Server) {
    let sql = "INSERT INTO settings (name, value, updated_at) VALUES ('guests', 'true', '2026-01-01 00:00:00')";
    server.database().execute(&server.data(), sql);
    server.stop();
    server.restart();
}

#[tokio::test]
async fn its_picture_is_asked_for_each_time_and_answers_304() {
    let house = House::open().await;
    let announcement = house.published("plan").await;
    let url = announcement["image"]["url"].as_str().unwrap();
    let answer = house.ann.get(url).await.is(200);
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert_eq!(answer.header("content-security-policy"), "sandbox; default-src 'none'");
    let again = house.ann.request(Method::GET, url).header("if-none-match", answer.header("etag"));
    Answer::to(again).await.is(304);
    Answer::to(house.ann.request(Method::HEAD, url)).await.is(200);
    let id = announcement["id"].as_i64().unwrap();
    for odd in [format!("{id}"), format!("{id}.html"), format!("{id}-s.webp"), "-1.webp".into(), "x.webp".into()] {
        house.admin.get(&format!("/media/announcements/{odd}")).await.is(404);
    }
}

#[tokio::test]
async fn a_draft_changes_until_it_is_published() {
    let house = House::open().await;
    let draft = house.draft("plan", true).await;
    let path = format!("admin/announcements/{}", draft["id"]);
    let other = house.admin.picture().await;
    let change = json!({"text": "one\r\ntwo", "upload": other["id"]});
    let changed = house.admin.patch(&path, change).await.is(200)["announcement"].clone();
    assert_eq!((&changed["title"], &changed["text"]), (&json!("plan"), &json!("one\ntwo")));
    assert_ne!(changed["image"]["color"], draft["image"]["color"]);
    assert_eq!((house.rows("blobs"), house.rows("uploads")), (1, 0), "the first picture is gone");
    let bare = house.admin.patch(&path, json!({"upload": null})).await.is(200)["announcement"].clone();
    assert_eq!((&bare["image"], &bare["background"]), (&Value::Null, &json!(false)), "without an image no background");
    house.admin.patch(&path, json!({"text": ""})).await.refuses(422, "invalid");
    house.act(&draft, "publish").await.is(200);
    house.admin.patch(&path, json!({"text": "later"})).await.refuses(409, "published");
    house.admin.delete(&path).await.refuses(409, "published");
    assert_eq!(shown_to(&house.ann).await["text"], "one\ntwo");
    let draft = house.draft("never", false).await;
    house.admin.delete(&format!("admin/announcements/{}", draft["id"])).await.is(204);
    house.act(&draft, "publish").await.refuses(404, "not_found");
    assert_eq!(house.rows("blobs"), 0);
}

#[tokio::test]
async fn bad_drafts_are_refused_and_leave_nothing() {
    let house = House::open().await;
    let (post, long) = ("admin/announcements", |count| "字".repeat(count));
    for (body, field) in [
        (json!({}), "text"),
        (json!({"title": "alone"}), "text"),
        (json!({"text": "   "}), "text"),
        (json!({"text": long(501)}), "text"),
        (json!({"text": "x", "title": long(61)}), "title"),
        (json!({"text": "x", "alt": long(201)}), "alt"),
        (json!({"text": "x", "title": "a\nb"}), "title"),
        (json!({"text": "x\u{0}"}), "text"),
    ] {
        let answer = house.admin.post(post, body).await.refuses(422, "invalid");
        assert!(answer["errors"][field].is_string(), "{}", answer.body);
    }
    house.admin.post(post, json!({"text": 1})).await.refuses(422, "invalid");
    house.admin.post(post, json!({"text": "x", "colour": "red"})).await.refuses(422, "invalid");
    for upload in ["AAAAAAAAAAAAAAAAAAAAAA", "../../x", ""] {
        house.admin.post(post, json!({"upload": upload})).await.refuses(422, "bad_upload");
    }
    let anns = house.ann.picture().await;
    house.admin.post(post, json!({"upload": anns["id"]})).await.refuses(422, "bad_upload");
    house.ann.delete(&format!("uploads/{}", anns["id"].as_str().unwrap())).await.is(204);
    for (bytes, status, code) in
        [(&b"no picture"[..], 415, "unsupported_media"), (b"\x89PNG\r\n\x1a\n", 422, "bad_image")]
    {
        Answer::to(sending(&house.admin, Method::POST, post, "a.png", bytes)).await.refuses(status, code);
    }
    let (title, file) = (long(61), png(9, 9, [9, 9, 9]));
    let sent = house.admin.submit_files("/api/v1/admin/announcements", &[("title", &title)], &[("a.png", &file)]).await;
    sent.refuses(422, "invalid");
    for table in ["announcements", "uploads", "blobs"] {
        assert_eq!(house.rows(table), 0, "{table}");
    }
    house.admin.post(post, json!({"text": long(500), "title": long(60), "alt": long(200)})).await.is(201);
}

#[tokio::test]
async fn twenty_versions_are_kept_with_their_pictures() {
    let house = House::open().await;
    let first = house.published("version 1").await;
    for number in 2..=20 {
        house.published(&format!("version {number}")).await;
    }
    assert_eq!((house.rows("announcements"), house.rows("blobs")), (20, 20));
    house.ann.put(&format!("announcement/{}/seen", first["id"]), Value::Null).await.is(204);
    sees(&house.admin, &first).await;
    house.published("version 21").await;
    assert_eq!((house.rows("announcements"), house.rows("blobs"), house.rows("announcement_reads")), (20, 20, 0));
    let list = house.admin.get("admin/announcements").await.is(200);
    assert!(!has(&list["announcements"], "id", first["id"].clone()));
    sees_nothing(&house.admin, &first).await;
    eventually("its files go too", async || house.server.stored_files("images") == 40).await;
}

#[tokio::test]
async fn a_restored_picture_outlives_the_version_it_came_from() {
    let house = House::open().await;
    let first = house.published("keep me").await;
    for number in 2..=20 {
        house.published(&format!("version {number}")).await;
    }
    let restored = house.act(&first, "restore").await.is(201)["announcement"].clone();
    let list = house.admin.get("admin/announcements").await.is(200);
    assert!(!has(&list["announcements"], "id", first["id"].clone()), "the first is the 21st now");
    sees(&house.ann, &restored).await;
}

#[tokio::test]
async fn the_pages_lead_from_a_file_to_everybody_without_a_script() {
    let house = House::open().await;
    let admin = &house.admin;
    let page = admin.get("/admin/announcement/").await.is(200).body;
    assert!(page.contains("There is no announcement.") && page.contains("enctype=\"multipart/form-data\""), "{page}");
    let fields = [("text", "Order before 11:10")];
    let answer =
        admin.submit_files("/admin/announcement/", &fields, &[("plan.png", &png(90, 60, [40, 80, 120]))]).await;
    let check = answer.is(303).header("location").to_owned();
    let page = admin.get(&check).await.is(200).body;
    assert!(
        page.contains("Order before 11:10") && page.contains("class=\"poster\"") && page.contains("90 × 60"),
        "{page}"
    );
    let words =
        [("title", "Friday <b>early</b>"), ("text", "Order before 11:10"), ("alt", "a clock"), ("background", "1")];
    let saved = admin.submit(&check, &words).await.is(303);
    assert_eq!(saved.header("location"), check);
    assert_eq!(shown_to(&house.ann).await, Value::Null, "it is not published yet");
    let done = admin.submit(&format!("{check}/publish"), &words).await.is(303);
    assert_eq!(done.header("location"), "/admin/announcement/");
    let page = admin.get("/admin/announcement/").await.is(200).body;
    assert!(page.contains("The announcement is published") && page.contains("seen by 0 of 2"), "{page}");
    assert!(page.contains("Friday &lt;b&gt;early&lt;/b&gt;") && !page.contains("<b>early</b>"), "{page}");
    let mine = shown_to(&house.ann).await;
    assert_eq!(
        (&mine["title"], &mine["background"], &mine["alt"]),
        (&json!("Friday <b>early</b>"), &json!(true), &json!("a clock"))
    );

    let chat = house.ann.get(&format!("/r/{}", house.ann.lobby().await)).await.is(200).body;
    assert!(chat.contains("href=\"/announcement/\"") && chat.contains("class=\"announcement-ground\""), "{chat}");
    let page = house.ann.get("/announcement/").await.is(200).body;
    assert!(
        page.contains("alt=\"a clock\"") && page.contains("Order before 11:10") && page.contains("Got it"),
        "{page}"
    );
    let closed = house.ann.submit(&format!("/announcement/{}/seen", mine["id"]), &[]).await.is(303);
    assert_eq!(closed.header("location"), "/");
    assert_eq!(shown_to(&house.ann).await["seen"], true);

    let withdrawn = admin.submit(&format!("/admin/announcement/{}/withdraw", mine["id"]), &[]).await.is(303);
    assert_eq!(withdrawn.header("location"), "/admin/announcement/");
    assert!(house.ann.get("/announcement/").await.is(200).body.contains("There is no announcement."));
    admin.submit(&format!("/admin/announcement/{}/restore", mine["id"]), &[]).await.is(303);
    assert_eq!(shown_to(&house.ann).await["seen"], false);
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed_and_says_what_is_wrong() {
    let house = House::open().await;
    let admin = &house.admin;
    let upload = |fields: &'static [(&'static str, &'static str)], file: &'static [u8]| async move {
        admin.submit_files("/admin/announcement/", fields, &[("a.png", file)]).await
    };
    let page = upload(&[("text", "kept words")], b"no picture").await.is(415).body;
    assert!(page.contains("kept words") && page.contains("Choose a JPEG, PNG, GIF or WebP picture."), "{page}");
    let page = admin.submit_files("/admin/announcement/", &[("text", "")], &[("", b"")]).await.is(422).body;
    assert!(page.contains("Choose an image, write a text, or both."), "{page}");
    let draft = house.draft("plan", false).await;
    let check = format!("/admin/announcement/{}", draft["id"]);
    let long = "x".repeat(61);
    for path in [check.clone(), format!("{check}/publish")] {
        let page = admin.submit(&path, &[("title", &long), ("text", "kept words")]).await.is(422).body;
        assert!(page.contains("This is too long.") && page.contains("kept words") && page.contains(&long), "{page}");
    }
    house.act(&draft, "publish").await.is(200);
    assert_eq!(admin.get(&check).await.is(303).header("location"), "/admin/announcement/");
    let late = admin.submit(&format!("{check}/discard"), &[]).await.is(303);
    assert_eq!(late.header("location"), "/admin/announcement/");
    assert!(admin.get("/admin/announcement/").await.is(200).body.contains("This version is published already."));
    admin.get("/admin/announcement/999").await.is(404);
}

#[tokio::test]
async fn another_picture_for_a_draft_keeps_its_words() {
    let house = House::open().await;
    let draft = house.draft("plan", true).await;
    let page = house.admin.get(&format!("/admin/announcement/?replace={}", draft["id"])).await.is(200).body;
    let number = format!("name=\"draft\" value=\"{}\"", draft["id"]);
    assert!(page.contains(&number) && page.contains("name=\"title\" value=\"plan\""), "{page}");
    let id = draft["id"].to_string();
    let fields = [("draft", id.as_str()), ("title", "plan"), ("alt", "a plan"), ("background", "1"), ("text", "")];
    let file = png(50, 40, [200, 100, 50]);
    let answer = house.admin.submit_files("/admin/announcement/", &fields, &[("b.png", &file)]).await.is(303);
    assert_eq!(answer.header("location"), format!("/admin/announcement/{id}"));
    let list = house.admin.get("admin/announcements").await.is(200);
    let changed = with_id(&list["announcements"], id_of(&draft));
    assert_eq!(
        (&changed["image"]["width"], &changed["title"], &changed["background"]),
        (&json!(50), &json!("plan"), &json!(true))
    );
    assert_eq!((house.rows("announcements"), house.rows("blobs"), house.rows("uploads")), (1, 1, 0));
}
