//! Rooms in the console: listing, changing, archiving, handing over and deleting them from outside.

use serde_json::{Value, json};

use crate::support::{
    client::{Guest, Member},
    frame::with_id,
    server::Server,
};

/// A site with an admin who is in no room but the lobby, and ann's rooms.
struct House {
    server: Server,
    admin: Member,
    ann: Member,
    bob: Member,
    public: i64,
    private: i64,
}

impl House {
    async fn open() -> Self {
        let server = Server::start();
        let admin = server.admin("founder").await;
        let (ann, bob) = (server.member("ann").await, server.member("bob").await);
        let public = ann.make_room("public", "square").await;
        let private = ann.private_room("cellar", &[&bob]).await;
        Self { server, admin, ann, bob, public, private }
    }

    fn path(&self, rest: &str) -> String {
        format!("admin/rooms/{}{rest}", self.private)
    }

    async fn room(&self) -> Value {
        self.admin.get(&self.path("")).await.is(200)["room"].clone()
    }

    fn audited(&self, act: &str) -> i64 {
        let sql = format!("SELECT count(*) AS number FROM audit_log WHERE act = '{act}'");
        self.server.database().number(&self.server.data(), &sql)
    }
}

async fn names(admin: &Member, query: &str) -> Vec<String> {
    let list = admin.get(&format!("admin/rooms?{query}")).await.is(200);
    list["rooms"].as_array().unwrap().iter().map(|room| room["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn only_an_admin_sees_and_changes_rooms_here() {
    let house = House::open().await;
    let moderator = house.server.member("moira").await;
    house.ann.post(&format!("rooms/{}/members", house.private), json!({"user": moderator.id})).await.is(201);
    house
        .ann
        .patch(&format!("rooms/{}/members/{}", house.private, moderator.id), json!({"role": "moderator"}))
        .await
        .is(200);
    let strangers: [(&Guest, u16, &str); 4] = [
        (&house.server.guest(), 401, "session_ended"),
        (&house.bob, 403, "forbidden"),
        (&moderator, 403, "forbidden"),
        (&house.ann, 403, "forbidden"),
    ];
    for (stranger, status, code) in strangers {
        stranger.get("admin/rooms").await.refuses(status, code);
        stranger.get(&house.path("")).await.refuses(status, code);
        stranger.get(&house.path("/members")).await.refuses(status, code);
        stranger.patch(&house.path(""), json!({"name": "mine"})).await.refuses(status, code);
        stranger.put(&house.path("/owner"), json!({"user": house.bob.id})).await.refuses(status, code);
        stranger.delete(&house.path("")).await.refuses(status, code);
        for page in ["/admin/rooms/".to_owned(), format!("/{}/", house.path("")), format!("/{}", house.path("/delete"))]
        {
            stranger.get(&page).await.any_of(&[303, 403]);
        }
        for (act, field) in [
            ("/", ("name", "mine")),
            ("/archive", ("on", "yes")),
            ("/delete", ("name", "cellar")),
            ("/owner", ("username", "bob")),
        ] {
            stranger.submit(&format!("/{}", house.path(act)), &[field]).await.any_of(&[303, 401, 403]);
        }
    }
    let room = house.room().await;
    assert_eq!(
        (&room["name"], &room["archived_at"], &room["owners"][0]["username"]),
        (&json!("cellar"), &Value::Null, &json!("ann"))
    );
}

#[tokio::test]
async fn rooms_are_listed_filtered_sorted_and_paged_and_private_chats_only_counted() {
    let house = House::open().await;
    house.ann.post("directs", json!({"user": house.bob.id})).await.is(201);
    house.ann.say(house.public, "first").await;
    house.ann.say(house.public, "second").await;
    house.bob.say(house.private, "last").await;
    let list = house.admin.get("admin/rooms").await.is(200);
    assert_eq!((&list["directs"], &list["previous"], &list["next"]), (&json!(1), &Value::Null, &Value::Null));
    assert_eq!(names(&house.admin, "").await[..2], ["cellar", "square"], "what was said last stands first");
    assert_eq!(names(&house.admin, "sort=name").await, ["cellar", "Lobby", "square"]);
    assert_eq!(names(&house.admin, "sort=-members").await[..2], ["Lobby", "cellar"]);
    assert_eq!(names(&house.admin, "sort=-messages").await, ["square", "cellar", "Lobby"]);
    assert_eq!(names(&house.admin, "kind=private").await, ["cellar"]);
    assert_eq!(names(&house.admin, "q=QUA").await, ["square"]);
    assert_eq!(names(&house.admin, "q=%25").await, [""; 0]);
    let square = with_id(&list["rooms"], house.public);
    assert_eq!(
        (&square["last_seq"], &square["owners"][0]["username"], &square["retention"]),
        (&json!(2), &json!("ann"), &json!("default"))
    );
    assert!(square["last_at"].is_string());
    house
        .admin
        .patch(&format!("admin/rooms/{}", house.public), json!({"archived": true, "public_read": true}))
        .await
        .is(200);
    assert_eq!(names(&house.admin, "state=archived").await, ["square"]);
    assert_eq!(names(&house.admin, "state=used&sort=name").await, ["cellar", "Lobby"]);
    assert_eq!(names(&house.admin, "public_read=1").await, ["square"]);
    for sort in ["name", "-members", "messages", "-last"] {
        let (mut seen, mut place) = (Vec::new(), String::new());
        loop {
            let page = house.admin.get(&format!("admin/rooms?sort={sort}&limit=1{place}")).await.is(200);
            seen.extend(page["rooms"].as_array().unwrap().iter().map(|room| room["name"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            place = format!("&after={next}");
        }
        assert_eq!(seen, names(&house.admin, &format!("sort={sort}")).await, "{sort}");
    }
    for wrong in ["kind=direct", "kind=x", "state=x", "public_read=2", "sort=x", "after=x", "limit=0"] {
        house.admin.get(&format!("admin/rooms?{wrong}")).await.refuses(422, "invalid");
    }
    let page = house.admin.get("/admin/rooms/?sort=name").await.is(200).body;
    assert!(page.contains("aria-sort=\"ascending\"") && page.contains("1 private chat"), "{page}");
    house.admin.patch("admin/settings", json!({"admins_read_private": true})).await.is(200);
    let directs = house.admin.get("admin/rooms?kind=direct").await.is(200);
    assert_eq!(directs["rooms"][0]["owners"].as_array().unwrap().len(), 2, "who is in it, and nothing of it");
    assert_eq!(names(&house.admin, "").await.len(), 3, "not among the others");
    let direct = directs["rooms"][0]["id"].as_i64().unwrap();
    house.admin.get("/admin/rooms/?kind=direct").await.is(200);
    house.admin.get(&format!("admin/rooms/{direct}")).await.refuses(404, "not_found");
    house.admin.patch(&format!("admin/rooms/{direct}"), json!({"name": "ours"})).await.refuses(404, "not_found");
    house.admin.delete(&format!("admin/rooms/{direct}")).await.refuses(404, "not_found");
}

#[tokio::test]
async fn a_change_from_outside_reaches_open_pages_at_once() {
    let house = House::open().await;
    let mut tab = house.bob.connect().await;
    let change = json!({
        "name": "vault", "topic": "wine", "slow_seconds": 5, "post_policy": "moderators",
        "retention": "days", "retention_value": 90, "window_hours": 24, "window_count": null,
    });
    let room = house.admin.patch(&house.path(""), change).await.is(200)["room"].clone();
    let frame = tab.take("the new name", |frame| frame["type"] == "room" && frame["room"]["name"] == "vault").await;
    assert_eq!((&frame["room"]["slow_seconds"], &frame["room"]["post_policy"]), (&json!(5), &json!("moderators")));
    assert_eq!((&room["retention"], &room["retention_value"]), (&json!("days"), &json!(90)));
    assert_eq!((&room["window_hours"], &room["window_count"]), (&json!(24), &Value::Null));
    house.bob.send(house.private, "may-i-1", "may I?").await.any_of(&[403]);
    assert_eq!(house.audited("room.update"), 1);
    house.admin.patch(&house.path(""), json!({"retention": "forever"})).await.is(200);
    assert_eq!((&house.room().await["retention_value"], &house.room().await["window_hours"]), (&json!(0), &json!(24)));
    for (wrong, fields) in [
        (
            json!({"retention": "days", "retention_value": 0, "window_hours": -1}),
            vec!["retention_value", "window_hours"],
        ),
        (json!({"retention": "never"}), vec!["retention"]),
        (json!({"slow_seconds": 3_601}), vec!["slow_seconds"]),
        (json!({"name": ""}), vec!["name"]),
        (json!({"public_read": true}), vec!["public_read"]),
    ] {
        let answer = house.admin.patch(&house.path(""), wrong).await.is(422);
        let named: Vec<&String> = answer["errors"].as_object().unwrap().keys().collect();
        assert_eq!(named, fields, "{}", answer.body);
    }
    for wrong in [json!({"retention_days": 3}), json!({"window_count": "many"}), json!([])] {
        house.admin.patch(&house.path(""), wrong).await.any_of(&[400, 422]);
    }
    house.admin.patch("admin/rooms/99999", json!({"name": "x"})).await.refuses(404, "not_found");
}

#[tokio::test]
async fn keeping_few_messages_prunes_the_rest() {
    let house = House::open().await;
    let mut tab = house.bob.connect().await;
    for number in 1..=5 {
        house.ann.say(house.private, &format!("number {number}")).await;
    }
    house.admin.patch(&house.path(""), json!({"retention": "count", "retention_value": 2})).await.is(200);
    tab.take("the floor", |frame| frame["type"] == "room" && frame["room"]["floor_seq"] == 3).await;
    assert_eq!(house.bob.page(house.private, "").await.is(200).messages().len(), 2);
}

#[tokio::test]
async fn an_archived_room_is_read_only_until_it_is_opened_again_and_the_lobby_never_is() {
    let house = House::open().await;
    let mut tab = house.bob.connect().await;
    let archived = house.admin.patch(&house.path(""), json!({"archived": true})).await.is(200);
    assert!(archived["room"]["archived_at"].is_string());
    tab.take("the archive", |frame| frame["type"] == "room" && frame["room"]["archived_at"].is_string()).await;
    house.ann.send(house.private, "late-1", "too late").await.is(403);
    house.admin.patch(&house.path(""), json!({"archived": true})).await.is(200);
    house.admin.patch(&house.path(""), json!({"archived": false})).await.is(200);
    house.ann.say(house.private, "again").await;
    assert_eq!(
        (house.audited("room.archive"), house.audited("room.unarchive"), house.audited("room.update")),
        (1, 1, 0)
    );
    let lobby = house.admin.lobby().await;
    house.admin.patch(&format!("admin/rooms/{lobby}"), json!({"archived": true})).await.refuses(409, "lobby");
    house.admin.delete(&format!("admin/rooms/{lobby}")).await.refuses(409, "lobby");
    let done = house.admin.submit(&format!("/{}", house.path("/archive")), &[("on", "yes")]).await.is(303);
    assert_eq!(done.header("location"), format!("/{}/", house.path("")));
    assert!(house.room().await["archived_at"].is_string());
    let page = house.admin.get(&format!("/{}/", house.path(""))).await.is(200).body;
    assert!(page.contains("cellar was archived") && page.contains("value=\"no\""), "{page}");
}

#[tokio::test]
async fn another_owner_is_told_to_everybody_even_if_they_were_no_member() {
    let house = House::open().await;
    let dan = house.server.member("dan").await;
    let (mut bobs, mut dans) = (house.bob.connect().await, dan.connect().await);
    house.admin.put(&house.path("/owner"), json!({"user": dan.id})).await.is(200);
    let entered =
        dans.take("the room", |frame| frame["type"] == "room" && frame["room"]["my"]["role"] == "owner").await;
    assert_eq!((&entered["room"]["id"], &entered["room"]["member_count"]), (&json!(house.private), &json!(3)));
    let raised = bobs.take("his role", |frame| frame["type"] == "member" && frame["role"] == "owner").await;
    assert_eq!((&raised["user"]["id"], &raised["member_count"]), (&json!(dan.id), &json!(3)));
    let lowered = bobs.take("her role", |frame| frame["type"] == "member" && frame["role"] == "moderator").await;
    assert_eq!(lowered["user"]["id"], house.ann.id);
    assert_eq!(house.room().await["owners"].as_array().unwrap().len(), 1);
    assert_eq!(house.audited("room.owner"), 1);
    house.admin.put(&house.path("/owner"), json!({"user": dan.id})).await.is(200);
    assert_eq!(house.audited("room.owner"), 1, "they own it already");
    house.admin.put(&house.path("/owner"), json!({"user": 99_999})).await.refuses(404, "not_found");
    let page = format!("/{}", house.path("/owner"));
    house.admin.get(&page).await.is(200);
    assert!(house.admin.submit(&page, &[("username", "nobody")]).await.is(422).body.contains("nobody"));
    house.admin.submit(&page, &[("username", "@bob")]).await.is(303);
    assert_eq!(house.room().await["owners"][0]["username"], "bob");
}

#[tokio::test]
async fn a_room_is_deleted_once_its_name_was_typed() {
    let house = House::open().await;
    let mut tab = house.bob.connect().await;
    let page = format!("/{}", house.path("/delete"));
    assert!(house.admin.get(&page).await.is(200).body.contains("cellar"));
    for wrong in ["", "Cellar", "cell"] {
        house.admin.submit(&page, &[("name", wrong)]).await.is(422);
    }
    house.room().await;
    let done = house.admin.submit(&page, &[("name", "cellar")]).await.is(303);
    assert_eq!(done.header("location"), "/admin/rooms/");
    tab.take("its end", |frame| frame["type"] == "room_gone" && frame["room"] == house.private).await;
    house.admin.get(&house.path("")).await.refuses(404, "not_found");
    house.admin.get(&format!("/{}/", house.path(""))).await.is(404);
    assert_eq!(house.audited("room.delete"), 1);
    house.admin.delete(&format!("admin/rooms/{}", house.public)).await.is(204);
    assert_eq!(names(&house.admin, "").await, ["Lobby"]);
    house.admin.delete(&format!("admin/rooms/{}", house.public)).await.refuses(404, "not_found");
}

#[tokio::test]
async fn members_are_found_from_outside() {
    let house = House::open().await;
    let all = house.admin.get(&house.path("/members")).await.is(200);
    let people: Vec<_> = all["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| (&member["user"]["username"], &member["role"]))
        .collect();
    assert_eq!(people, [(&json!("ann"), &json!("owner")), (&json!("bob"), &json!("member"))]);
    let found = house.admin.get(&house.path("/members?q=BO")).await.is(200);
    assert_eq!((found["members"].as_array().unwrap().len(), &found["more"]), (1, &json!(false)));
    let first = house.admin.get(&house.path("/members?limit=1")).await.is(200);
    assert_eq!(first["more"], true);
    let rest = house.admin.get(&house.path(&format!("/members?limit=1&after={}", house.ann.id))).await.is(200);
    assert_eq!((&rest["members"][0]["user"]["username"], &rest["more"]), (&json!("bob"), &json!(false)));
    for wrong in ["after=x", "limit=0", "limit=1000"] {
        house.admin.get(&house.path(&format!("/members?{wrong}"))).await.refuses(422, "invalid");
    }
    let page = house.admin.get(&format!("/{}/?q=bob", house.path(""))).await.is(200).body;
    assert!(page.contains("mini-people") && page.contains(&format!("/admin/users/{}/", house.bob.id)), "{page}");
}

#[tokio::test]
async fn without_a_script_the_form_saves_and_says_what_is_wrong() {
    let house = House::open().await;
    let place = format!("/admin/rooms/{}/", house.public);
    let page = house.admin.get(&place).await.is(200).body;
    assert!(page.contains("name=\"public_read\""), "a public room may be opened to guests");
    assert!(!house.admin.get(&format!("/{}/", house.path(""))).await.is(200).body.contains("name=\"public_read\""));
    let fields = |value: &'static str| {
        vec![
            ("name", "plaza"),
            ("topic", "<b>sun</b>"),
            ("post_policy", "everyone"),
            ("slow_seconds", "10"),
            ("retention", "days"),
            ("retention_value", value),
            ("window_hours", ""),
            ("window_count", "100"),
            ("public_read", "yes"),
        ]
    };
    for wrong in ["", "0", "x", "99999999999999999999"] {
        let page = house.admin.submit(&place, &fields(wrong)).await.is(422).body;
        assert!(page.contains("id=\"retention_value\"") && page.contains("aria-invalid=\"true\""), "{wrong}: {page}");
        assert!(page.contains("value=\"plaza\""), "what was typed stays");
    }
    let done = house.admin.submit(&place, &fields("30")).await.is(303);
    assert_eq!(done.header("location"), place);
    let page = house.admin.get(&place).await.is(200).body;
    assert!(page.contains("plaza was saved") && page.contains("&lt;b&gt;sun"), "{page}");
    let room = house.admin.get(&format!("admin/rooms/{}", house.public)).await.is(200)["room"].clone();
    assert_eq!(
        (&room["retention_value"], &room["window_count"], &room["public_read"]),
        (&json!(30), &json!(100), &json!(true))
    );
    let mut without = fields("30");
    without.pop();
    house.admin.submit(&place, &without).await.is(303);
    assert_eq!(house.admin.get(&format!("admin/rooms/{}", house.public)).await["room"]["public_read"], false);
}
