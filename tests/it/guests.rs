//! Reading without an account: public rooms that are marked for it, read only, and nothing else of the site.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    client::{Answer, Guest, Member},
    frame::{id_of, numbers, pluck},
    fresh_id,
    picture::{png, sending},
    server::Server,
};

/// A site with a room that guests may read, one that is only public, and a private one.
struct Square {
    server: Server,
    admin: Member,
    ann: Member,
    open: i64,
    public: i64,
    private: i64,
}

impl Square {
    async fn build() -> Self {
        Self::on(Server::start()).await
    }

    async fn on(server: Server) -> Self {
        let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
        let open = ann.make_room("public", "market").await;
        let public = ann.make_room("public", "workshop").await;
        let private = ann.make_room("private", "cellar").await;
        let square = Self { server, admin, ann, open, public, private };
        square.mark(open, true).await;
        square.allow(true).await;
        square
    }

    /// The switch of the site.
    async fn allow(&self, guests: bool) {
        self.admin.patch("admin/settings", json!({"guests": guests})).await.is(200);
    }

    /// The switch of a room.
    async fn mark(&self, room: i64, public_read: bool) {
        let sql = format!("UPDATE rooms SET public_read = {public_read} WHERE id = {room}");
        self.server.database().execute(&self.server.data(), &sql);
    }

    fn guest(&self) -> Guest {
        self.server.guest()
    }

    /// A message with a picture.
    async fn shows(&self, room: i64) -> Value {
        let upload = self.ann.picture().await;
        let body = json!({"client_id": fresh_id(), "text": "look", "uploads": [upload["id"]]});
        self.ann.post(&format!("rooms/{room}/messages"), body).await.is(201)["message"].clone()
    }
}

/// What is asked of a room by a guest who may read it.
fn ways(room: i64) -> [String; 3] {
    [format!("rooms/{room}"), format!("rooms/{room}/messages"), format!("rooms/{room}/changes?after=0")]
}

async fn reads(guest: &Guest, room: i64) {
    for way in ways(room) {
        guest.get(&way).await.is(200);
    }
    guest.get(&format!("/r/{room}")).await.is(200);
}

async fn reads_nothing(guest: &Guest, room: i64) {
    let absent = ways(999_999);
    for (way, absent) in ways(room).iter().zip(absent) {
        let (hidden, absent) = (guest.get(way).await.refuses(401, "session_ended"), guest.get(&absent).await.is(401));
        assert_eq!((hidden.body.as_str(), hidden.fields()), (absent.body.as_str(), absent.fields()));
    }
    let page = guest.get(&format!("/r/{room}")).await.is(303);
    assert_eq!(page.header("location"), format!("/login/?next=%2Fr%2F{room}"));
}

#[tokio::test]
async fn a_guest_reads_the_rooms_that_are_marked_and_no_others() {
    let square = Square::build().await;
    for room in [square.open, square.public, square.private] {
        square.ann.say(room, "hello").await;
    }
    let guest = square.guest();
    reads(&guest, square.open).await;
    reads_nothing(&guest, square.public).await;
    reads_nothing(&guest, square.private).await;
    reads_nothing(&guest, square.ann.lobby().await).await;
    let list = guest.get("rooms/public?guest").await.is(200);
    assert_eq!(numbers(list["rooms"].as_array().unwrap(), "id"), [square.open]);
    guest.get("rooms/public").await.is(401);
    let list = square.ann.get("rooms/public?guest=1").await.is(200);
    assert_eq!(numbers(list["rooms"].as_array().unwrap(), "id"), [square.open]);
    let room = guest.get(&format!("rooms/{}", square.open)).await.is(200)["room"].clone();
    assert_eq!(room["name"], "market");
    for private in ["my", "last", "peer"] {
        assert!(room.get(private).is_none(), "{room}");
    }
}

#[tokio::test]
async fn a_private_or_direct_room_that_is_marked_all_the_same_stays_closed() {
    let square = Square::build().await;
    let direct = square.ann.post("directs", json!({"user": square.admin.id})).await.is(201).room_id();
    for room in [square.private, direct] {
        square.mark(room, true).await;
        reads_nothing(&square.guest(), room).await;
    }
    let upload = square.shows(square.private).await["uploads"][0]["url"].clone();
    square.guest().get(upload.as_str().unwrap()).await.is(404);
}

#[tokio::test]
async fn everything_else_stays_closed_to_guests() {
    let square = Square::build().await;
    let message = square.ann.say(square.open, "hello").await;
    let (room, id) = (square.open, id_of(&message));
    let guest = square.guest();
    for path in [
        "me".into(),
        "rooms".into(),
        "users".into(),
        format!("users/{}", square.ann.id),
        "contacts".into(),
        "search?q=hello".into(),
        format!("rooms/{room}/members"),
        format!("rooms/{room}/reads"),
        format!("messages/{id}"),
        format!("messages?ids={id}"),
        format!("messages/{id}/reactions"),
        "announcement".into(),
        "admin/settings".into(),
    ] {
        guest.get(&path).await.refuses(401, "session_ended");
    }
    for (method, path, body) in [
        (Method::POST, format!("rooms/{room}/messages"), json!({"client_id": "x", "text": "me too"})),
        (Method::POST, format!("rooms/{room}/join"), Value::Null),
        (Method::POST, format!("rooms/{room}/read"), json!({"seq": 1})),
        (Method::PATCH, format!("rooms/{room}"), json!({"topic": "mine"})),
        (Method::DELETE, format!("rooms/{room}"), Value::Null),
        (Method::PUT, format!("messages/{id}/reactions/%F0%9F%91%8D"), Value::Null),
        (Method::POST, format!("messages/{id}/recall"), Value::Null),
        (Method::POST, "rooms".into(), json!({"kind": "public", "name": "mine"})),
    ] {
        guest.call(method, &path, body).await.refuses(401, "session_ended");
    }
    guest.submit(&format!("/r/{room}"), &[("text", "me too")]).await.is(401);
    Answer::to(sending(&guest, Method::POST, "uploads", "a.png", &png(9, 9, [1, 2, 3]))).await.is(401);
    let upgrade =
        guest.request(Method::GET, "/ws/chat/").header("connection", "upgrade").header("upgrade", "websocket");
    let upgrade = upgrade.header("sec-websocket-version", "13").header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==");
    Answer::to(upgrade).await.is(303); // no socket, but the login
    let page = square.ann.page(room, "").await.is(200);
    assert_eq!(page.messages().len(), 1);
}

#[tokio::test]
async fn a_guest_learns_no_more_of_people_than_name_and_picture() {
    let square = Square::build().await;
    let message = square.ann.say(square.open, "hello **there**").await;
    let id = id_of(&message);
    square.admin.post(&format!("rooms/{}/join", square.open), Value::Null).await.is(200);
    square.admin.put(&format!("messages/{id}/reactions/%F0%9F%91%8D"), Value::Null).await.is(200);
    square.admin.say(square.open, "from an admin").await;
    for path in [format!("rooms/{}/messages", square.open), format!("rooms/{}/changes?after=0", square.open)] {
        let answer = square.guest().get(&path).await.is(200);
        for message in answer.messages() {
            let sender = message["sender"].as_object().unwrap();
            assert_eq!(sender.keys().collect::<Vec<_>>(), ["id", "username", "nickname"], "{message}");
            assert!(message.get("client_id").is_none(), "{message}");
        }
        assert_eq!(pluck(answer.messages(), "text").len(), 2);
        let reacted = answer.messages().iter().find(|message| message["id"] == id).unwrap();
        assert_eq!(reacted["reactions"], json!([{"emoji": "👍", "count": 1, "users": []}]));
        assert_eq!(reacted["spans"], message["spans"]);
    }
    let page = square.guest().get(&format!("/r/{}", square.open)).await.is(200).body;
    assert!(page.contains("from an admin") && page.contains("<strong>there</strong>"), "{page}");
    for word in
        ["composer-text", "people-toggle", "\"role\":\"admin\"", "\"client_id\":", "unread-bar", "id=\"people\""]
    {
        assert!(!page.contains(word), "the page of a guest has {word}");
    }
}

#[tokio::test]
async fn pictures_and_faces_of_an_open_room_are_for_guests_too() {
    let square = Square::build().await;
    let guest = square.guest();
    let face = |member: &Member| {
        let member = member.clone();
        async move {
            let request = sending(&member, Method::PUT, "me/avatar", "a.png", &png(90, 90, [9, 90, 9]));
            Answer::to(request).await.is(200)["user"]["avatar_url"].as_str().unwrap().to_owned()
        }
    };
    let (anns, founders) = (face(&square.ann).await, face(&square.admin).await);
    guest.get(&anns).await.is(404);
    let (shown, hidden) = (square.shows(square.open).await, square.shows(square.public).await);
    for url in ["url", "thumb_url"] {
        guest.get(shown["uploads"][0][url].as_str().unwrap()).await.is(200);
        guest.get(hidden["uploads"][0][url].as_str().unwrap()).await.is(404);
    }
    guest.get(&anns).await.is(200);
    guest.get(&anns.replace("-s.jpg", ".jpg")).await.is(200);
    guest.get(&founders).await.is(404);
    let waiting = square.ann.picture().await;
    guest.get(waiting["url"].as_str().unwrap()).await.is(404);
    square.ann.post(&format!("messages/{}/recall", shown["id"]), Value::Null).await.is(200);
    guest.get(shown["uploads"][0]["url"].as_str().unwrap()).await.is(404);
}

#[tokio::test]
async fn each_switch_closes_everything_at_once() {
    let square = Square::build().await;
    let message = square.shows(square.open).await;
    let (guest, url) = (square.guest(), message["uploads"][0]["url"].as_str().unwrap());
    let open = async || {
        reads(&guest, square.open).await;
        guest.get(url).await.is(200);
        assert_eq!(guest.get("/").await.is(303).header("location"), "/guests/");
        assert!(guest.get("/guests/").await.is(200).body.contains("market"));
    };
    let closed = async || {
        reads_nothing(&guest, square.open).await;
        guest.get(url).await.is(404);
        assert_eq!(guest.get("/").await.is(303).header("location"), "/login/");
        assert!(guest.get("/guests/").await.is(303).header("location").starts_with("/login/"));
    };
    open().await;
    square.allow(false).await;
    closed().await;
    guest.get("rooms/public?guest").await.is(401);
    square.allow(true).await;
    open().await;
    square.mark(square.open, false).await;
    closed().await;
    assert_eq!(guest.get("rooms/public?guest").await.is(200)["rooms"], json!([]));
    square.mark(square.open, true).await;
    let kind = |kind| format!("UPDATE rooms SET kind = '{kind}' WHERE id = {}", square.open);
    square.server.database().execute(&square.server.data(), &kind("private"));
    closed().await;
    square.server.database().execute(&square.server.data(), &kind("public"));
    open().await;
    square.ann.delete(&format!("rooms/{}", square.open)).await.is(204);
    closed().await;
}

#[tokio::test]
async fn changes_come_with_a_tag_and_cost_nothing_until_there_are_some() {
    let square = Square::build().await;
    let guest = square.guest();
    let first = square.ann.say(square.open, "one").await;
    let all = guest.get(&format!("rooms/{}/changes?after=0", square.open)).await.is(200);
    assert_eq!((all.messages().len(), &all["rev"], &all["more"]), (1, &json!(1), &json!(false)));
    let path = format!("rooms/{}/changes?after=1", square.open);
    let none = guest.get(&path).await.is(200);
    assert_eq!(none.messages().len(), 0);
    let tag = none.header("etag").to_owned();
    assert_eq!(none.header("cache-control"), "private, no-cache");
    let again = || Answer::to(guest.request(Method::GET, &path).header("if-none-match", &tag));
    assert_eq!(again().await.is(304).body, "");
    let second = json!({"client_id": fresh_id(), "text": "two", "reply_to": first["id"]});
    square.ann.post(&format!("rooms/{}/messages", square.open), second).await.is(201);
    let some = again().await.is(200);
    assert_eq!(pluck(some.messages(), "text"), ["two"]);
    assert_eq!(pluck(some["quotes"].as_array().unwrap(), "text"), ["one"], "what it answers comes with it");
    square.ann.delete(&format!("messages/{}", first["id"])).await.is(200);
    let gone = guest.get(&format!("rooms/{}/changes?after=2", square.open)).await.is(200);
    assert_eq!(pluck(gone.messages(), "text"), [""]);
    assert_eq!(guest.get(&format!("rooms/{}/changes?after=0&epoch=other", square.open)).await.is(200)["reset"], true);
    guest.get(&format!("rooms/{}/changes?after=-1", square.open)).await.is(422);
    // A tag tells a guest nothing once the room is closed.
    square.mark(square.open, false).await;
    Answer::to(guest.request(Method::GET, &path).header("if-none-match", &tag)).await.is(401);
}

#[tokio::test]
async fn the_page_turns_back_and_forth_and_leads_to_the_login() {
    let square = Square::build().await;
    for number in 1..=60 {
        square.ann.say(square.open, &format!("line {number}.")).await;
    }
    let guest = square.guest();
    let page = guest.get(&format!("/r/{}", square.open)).await.is(200).body;
    assert!(page.contains("line 60.") && !page.contains("line 20.<"), "the newest 40");
    assert!(page.contains(&format!("href=\"/r/{}/m/21\"", square.open)), "{page}");
    assert!(
        page.contains(&format!("/login/?next=/r/{}", square.open)) && page.contains("href=\"/register/\""),
        "{page}"
    );
    let older = guest.get(&format!("/r/{}/m/1", square.open)).await.is(200).body;
    assert!(older.contains("line 1.") && !older.contains("line 60."), "around the first");
    guest.get(&format!("/r/{}/m/61", square.open)).await.is(404);
    guest.get(&format!("/r/{}/m/1", square.public)).await.is(303);
    let part = guest.get(&format!("rooms/{}/messages?before=21&limit=5", square.open)).await.is(200);
    assert_eq!(numbers(part.messages(), "seq"), [16, 17, 18, 19, 20]);
    assert_eq!(square.ann.get("/guests/").await.is(303).header("location"), "/");
}

#[tokio::test]
async fn a_network_of_guests_is_slowed_down_and_members_are_not() {
    let square = Square::on(Server::setup().limits().start()).await;
    square.ann.say(square.open, "hello").await;
    let (guest, path) = (square.guest(), format!("rooms/{}/changes?after=0", square.open));
    let mut granted = 0;
    let refusal = loop {
        let answer = guest.get(&path).await;
        if answer.status != 200 {
            break answer.refuses(429, "rate_limited");
        }
        granted += 1;
        assert!(granted < 1_000, "nobody stops them");
    };
    assert!(granted >= 60, "refused after {granted}");
    assert!(refusal["retry_after"].as_f64().unwrap() > 0.0);
    square.ann.get(&path).await.is(200);
}
