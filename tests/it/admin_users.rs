//! People in the console: who may, what each act does at once, by API and by page, the last admin, and a table that is read page by
//! page without losing anybody.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{PASSWORD, client::Member, eventually, server::Server};

/// Every route of the API, with a body where it wants one; `{id}` is a person.
fn api() -> Vec<(Method, &'static str, Value)> {
    let reason = json!({"reason": "spam"});
    vec![
        (Method::GET, "admin/users", Value::Null),
        (Method::POST, "admin/users", json!({"username": "newcomer"})),
        (Method::GET, "admin/users/{id}", Value::Null),
        (Method::PATCH, "admin/users/{id}", json!({"role": "admin"})),
        (Method::PUT, "admin/users/{id}/ban", reason.clone()),
        (Method::DELETE, "admin/users/{id}/ban", Value::Null),
        (Method::PUT, "admin/users/{id}/deactivation", reason),
        (Method::DELETE, "admin/users/{id}/deactivation", Value::Null),
        (Method::PUT, "admin/users/{id}/silence", json!({"until": "2100-01-01T00:00:00Z"})),
        (Method::DELETE, "admin/users/{id}/silence", Value::Null),
        (Method::GET, "admin/users/{id}/sessions", Value::Null),
        (Method::DELETE, "admin/users/{id}/sessions", Value::Null),
        (Method::DELETE, "admin/users/{id}/sessions/1", Value::Null),
        (Method::POST, "admin/users/{id}/reset", Value::Null),
        (Method::DELETE, "admin/users/{id}/reset", Value::Null),
        (Method::GET, "admin/invites", Value::Null),
        (Method::POST, "admin/invites", json!({})),
        (Method::DELETE, "admin/invites/1", Value::Null),
        (Method::GET, "admin/audit", Value::Null),
    ]
}

/// Every page and form.
const PAGES: [(Method, &str); 17] = [
    (Method::GET, "/admin/users/"),
    (Method::GET, "/admin/users.csv"),
    (Method::GET, "/admin/users/new"),
    (Method::POST, "/admin/users/new"),
    (Method::GET, "/admin/users/acts/ban?user={id}"),
    (Method::POST, "/admin/users/acts/ban"),
    (Method::GET, "/admin/users/{id}/"),
    (Method::POST, "/admin/users/{id}/act"),
    (Method::POST, "/admin/users/{id}/sessions/1/end"),
    (Method::POST, "/admin/users/{id}/reset"),
    (Method::POST, "/admin/users/{id}/reset/void"),
    (Method::GET, "/admin/invites/"),
    (Method::POST, "/admin/invites/"),
    (Method::POST, "/admin/invites/1/revoke"),
    (Method::GET, "/admin/audit/"),
    (Method::GET, "/admin/audit.csv"),
    (Method::GET, "/admin/audit.csv?act=user.ban"),
];

#[tokio::test]
async fn only_admins_get_near_people_invitations_and_the_log() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    // The owner of a room moderates it, and nothing else.
    ann.make_room("public", "hers").await;
    let guest = server.guest();
    for (method, path, body) in api() {
        let path = path.replace("{id}", &bob.id.to_string());
        guest.call(method.clone(), &path, body.clone()).await.refuses(401, "session_ended");
        ann.call(method, &path, body).await.refuses(403, "forbidden");
    }
    for (method, path) in PAGES {
        let path = path.replace("{id}", &bob.id.to_string());
        if method == Method::GET {
            assert!(
                guest.get(&path).await.is(303).header("location").starts_with("/login/?next=%2Fadmin%2F"),
                "{path}"
            );
            ann.get(&path).await.is(403);
        } else {
            guest.submit(&path, &[("user", "1")]).await.is(401);
            ann.submit(&path, &[("user", "1")]).await.is(403);
        }
    }
    assert_eq!(person(&admin, bob.id).await["status"], "active");
    bob.get("me").await.is(200);
    let log = admin.get("admin/audit").await.is(200).json;
    assert_eq!(log["entries"], json!([]), "what was refused leaves no trace");
}

async fn person(admin: &Member, id: i64) -> Value {
    admin.get(&format!("admin/users/{id}")).await.is(200)["user"].clone()
}

async fn acts(admin: &Member) -> Vec<String> {
    let log = admin.get("admin/audit?sort=time").await.is(200).json;
    let entries = log["entries"].as_array().unwrap();
    entries.iter().map(|entry| format!("{} {}", entry["act"].as_str().unwrap(), entry["target"]["name"])).collect()
}

#[tokio::test]
async fn every_act_works_over_the_api_at_once_and_is_noted() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let place = format!("admin/users/{}", ann.id);
    let mut tab = ann.connect().await;

    let until = "2100-01-01T00:00:00.000000Z";
    let silenced = admin.put(&format!("{place}/silence"), json!({"until": until, "reason": "flood"})).await.is(200);
    assert_eq!(silenced["user"]["silenced_until"], until);
    assert_eq!(tab.next("silenced").await["until"], until);
    ann.send(lobby, "quiet-1", "hello?").await.refuses(403, "silenced");
    admin.delete(&format!("{place}/silence")).await.is(200);
    ann.send(lobby, "quiet-1", "hello!").await.is(201);

    assert_eq!(admin.patch(&place, json!({"role": "admin"})).await.is(200)["user"]["role"], "admin");
    let card = tab.take("a new card", |frame| frame["type"] == "user" && frame["user"]["id"] == ann.id).await;
    assert_eq!(card["user"]["role"], "admin");

    let other = ann.other_device().await;
    let sessions = admin.get(&format!("{place}/sessions")).await.is(200).json;
    let sessions = sessions["sessions"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 2);
    let newest = sessions.iter().map(|session| session["id"].as_i64().unwrap()).max().unwrap();
    admin.delete(&format!("{place}/sessions/{newest}")).await.is(204);
    other.get("me").await.is(401);
    ann.get("me").await.is(200);
    admin.delete(&format!("{place}/sessions/{newest}")).await.refuses(404, "not_found");
    admin.delete(&format!("{place}/sessions")).await.is(204);
    tab.expect_close(4001).await;
    ann.get("me").await.is(401);

    let ann = ann.other_device().await;
    let mut tab = ann.connect().await;
    let banned = admin.put(&format!("{place}/ban"), json!({"reason": "spam, again"})).await.is(200).json;
    assert_eq!(
        (&banned["user"]["status"], &banned["user"]["status_reason"]),
        (&json!("banned"), &json!("spam, again"))
    );
    assert_eq!(banned["user"]["sessions"], 0);
    tab.end().await;
    ann.get("me").await.is(401);
    let refused = server.guest().try_login("ann", PASSWORD).await.refuses(403, "banned");
    assert_eq!(refused["reason"], "spam, again");
    server.guest().post("register", json!({"username": "Ann", "password": PASSWORD})).await.refuses(409, "taken");
    admin.put(&format!("{place}/deactivation"), json!({})).await.refuses(409, "banned");
    admin.delete(&format!("{place}/ban")).await.is(200);
    admin.put(&format!("{place}/deactivation"), json!({"reason": "left"})).await.is(200);
    server.guest().try_login("ann", PASSWORD).await.refuses(403, "deactivated");
    admin.delete(&format!("{place}/deactivation")).await.is(200);
    server.guest().try_login("ann", PASSWORD).await.is(200);

    assert_eq!(
        acts(&admin).await,
        [
            "user.silence \"ann\"",
            "user.unsilence \"ann\"",
            "user.role \"ann\"",
            "user.sessions \"ann\"",
            "user.sessions \"ann\"",
            "user.ban \"ann\"",
            "user.unban \"ann\"",
            "user.deactivate \"ann\"",
            "user.reactivate \"ann\"",
        ]
    );
}

/// What a form says, what is said of it afterwards, and what the page shows then.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

#[tokio::test]
async fn every_act_works_by_form_and_says_so() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    let page = format!("/admin/users/{}/", ann.id);
    let act = format!("{page}act");
    let cases: [Case<'_>; 8] = [
        (&[("act", "silence"), ("term", "day"), ("reason", "flood")], "ann is silenced.", "Silenced until"),
        (&[("act", "unsilence")], "ann may write again.", "Lifted a silence"),
        (&[("act", "ban"), ("reason", "spam")], "ann is banned", "chip chip-danger"),
        (&[("act", "unban")], "ann can log in again.", "Lifted a ban"),
        (&[("act", "deactivate"), ("reason", "left")], "The account of ann is deactivated.", "Reactivate the account"),
        (&[("act", "reactivate")], "The account of ann is active again.", "Deactivate the account"),
        (&[("act", "role"), ("role", "admin")], "ann has the role now.", "value=\"admin\" checked"),
        (&[("act", "sessions")], "All sessions of ann ended.", "No sessions."),
    ];
    for (fields, said, shown) in cases {
        let answer = admin.submit(&act, fields).await.is(303);
        assert_eq!(answer.header("location"), page);
        let body = admin.get(&page).await.is(200).body;
        assert!(body.contains(said), "{fields:?}: {said} in {body}");
        assert!(body.contains(shown), "{fields:?}: {shown} in {body}");
        assert!(!admin.get(&page).await.body.contains(said), "it is said once");
    }
    ann.get("me").await.is(401);

    let wrong = admin.submit(&act, &[("act", "ban"), ("reason", &"x".repeat(501))]).await.is(422);
    assert!(wrong.body.contains("id=\"reason-error\"><") && wrong.body.contains(&"x".repeat(501)), "{}", wrong.body);
    admin.submit(&act, &[("act", "silence"), ("term", "century")]).await.is(422);
    admin.submit(&act, &[("act", "delete")]).await.is(404);
    admin.get("/admin/users/999/").await.is(404);
    assert_eq!(person(&admin, ann.id).await["status"], "active");
}

#[tokio::test]
async fn nobody_acts_on_themselves_and_the_last_admin_stays() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let me = format!("admin/users/{}", admin.id);
    admin.patch(&me, json!({"role": "member"})).await.refuses(409, "last_admin");
    for act in ["ban", "deactivation"] {
        admin.put(&format!("{me}/{act}"), json!({})).await.refuses(409, "self");
    }
    let form = format!("/admin/users/{}/act", admin.id);
    admin.submit(&form, &[("act", "role"), ("role", "member")]).await.is(303);
    let said = admin.get(&format!("/admin/users/{}/", admin.id)).await.body;
    assert!(said.contains("founder is the last admin"), "{said}");

    let second = server.member("second").await;
    admin.patch(&format!("admin/users/{}", second.id), json!({"role": "admin"})).await.is(200);
    admin.patch(&me, json!({"role": "member"})).await.is(200);
    admin.get("admin/users").await.refuses(403, "forbidden");
    second.get("admin/users").await.is(200);
    second.patch(&format!("admin/users/{}", second.id), json!({"role": "member"})).await.refuses(409, "last_admin");
}

#[tokio::test]
async fn two_admins_who_demote_each_other_leave_one() {
    let server = Server::start();
    let (first, second) = (server.admin("first").await, server.member("second").await);
    first.patch(&format!("admin/users/{}", second.id), json!({"role": "admin"})).await.is(200);
    let (one, two) = (format!("admin/users/{}", second.id), format!("admin/users/{}", first.id));
    let body = json!({"role": "member"});
    let (one, two) = tokio::join!(first.patch(&one, body.clone()), second.patch(&two, body));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert!(statuses == [200, 409] || statuses == [200, 403], "{statuses:?}");
    let admins = server.database().number(&server.data(), "SELECT count(*) AS number FROM users WHERE role = 'admin'");
    assert_eq!(admins, 1);
}

#[tokio::test]
async fn somebody_is_added_with_a_password_or_with_a_link() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let body = json!({"username": "carol", "password": PASSWORD, "email": "carol@example.org", "role": "admin"});
    let added = admin.post("admin/users", body.clone()).await.is(201);
    assert_eq!((&added["user"]["role"], &added["reset"]), (&json!("admin"), &Value::Null));
    assert_eq!(server.guest().try_login("carol", PASSWORD).await.is(200)["user"]["role"], "admin");
    admin.post("admin/users", body).await.refuses(409, "taken");
    admin.post("admin/users", json!({"username": "x"})).await.refuses(422, "invalid");
    admin.post("admin/users", json!({"username": "dora", "role": "queen"})).await.refuses(422, "invalid");
    admin.post("admin/users", json!({"username": "dora", "password": "short"})).await.refuses(422, "invalid");

    let added = admin.post("admin/users", json!({"username": "dora"})).await.is(201);
    let url = added["reset"]["url"].as_str().unwrap();
    let token = url.split_once("/reset/#").expect("the token is in the fragment").1;
    assert!(url.starts_with(&server.site().origin()));
    server.guest().post("reset", json!({"token": token, "password": PASSWORD})).await.is(204);
    server.guest().try_login("dora", PASSWORD).await.is(200);

    let page = admin.submit("/admin/users/new", &[("username", "erin"), ("password", ""), ("role", "member")]).await;
    assert!(page.is(200).body.contains("/reset/#"));
    let page =
        admin.submit("/admin/users/new", &[("username", "finn"), ("password", PASSWORD), ("role", "admin")]).await;
    assert!(page.is(303).header("location").starts_with("/admin/users/"));
    let page =
        admin.submit("/admin/users/new", &[("username", "finn"), ("nickname", "Finn"), ("role", "member")]).await;
    assert!(page.is(409).body.contains("value=\"Finn\""), "what was typed is kept");
    let lobby = server.guest().try_login("finn", PASSWORD).await.is(200);
    assert_eq!(lobby["user"]["role"], "admin");
    assert!(acts(&admin).await.contains(&"user.add \"finn\"".to_owned()));
}

/// Makes people behind the server's back, all of whom were last seen at the same moment, but for every tenth, who never was.
fn crowd(server: &Server, count: usize) {
    let rows: Vec<String> = (0..count)
        .map(|number| {
            let name = format!("crowd{number:03}");
            let seen = if number % 10 == 0 { "NULL".to_owned() } else { "'2026-01-02 03:04:05.678'".to_owned() };
            let role = if number % 3 == 0 { "bot" } else { "member" };
            format!(
                "('{name}', '{name}', '{name}', '{name}', '{name}', '{name}@Example.org', '!', '{role}', '', \
                 '2026-01-01 00:00:00', {seen})"
            )
        })
        .collect();
    server.database().execute(
        &server.data(),
        &format!(
            "INSERT INTO users (username, username_key, skeleton, nickname, nickname_key, email, password_hash, role, bio, \
             created_at, last_seen_at) VALUES {}",
            rows.join(", ")
        ),
    );
}

/// All ids from the first page to the last, and back.
async fn walk(admin: &Member, query: &str) -> Vec<i64> {
    let ids = |page: &Value| -> Vec<i64> {
        page["users"].as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect()
    };
    let (mut forth, mut pages) = (Vec::new(), 0);
    let mut page = admin.get(&format!("admin/users?limit=17&{query}")).await.is(200).json;
    assert_eq!(page["previous"], Value::Null, "nothing stands before the first page");
    loop {
        forth.push(ids(&page));
        pages += 1;
        assert!(pages < 100, "it never ends");
        let Some(next) = page["next"].as_str() else { break };
        page = admin.get(&format!("admin/users?limit=17&{query}&after={next}")).await.is(200).json;
    }
    let mut back = vec![ids(&page)];
    while let Some(previous) = page["previous"].as_str() {
        page = admin.get(&format!("admin/users?limit=17&{query}&before={previous}")).await.is(200).json;
        back.insert(0, ids(&page));
    }
    // The way back may cut the pages elsewhere, but it shows the same people in the same order.
    assert_eq!(forth.concat(), back.concat(), "{query}");
    forth.concat()
}

#[tokio::test]
async fn pages_of_many_people_with_equal_keys_show_each_once_in_both_directions() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    crowd(&server, 120);
    for column in ["name", "role", "seen", "joined"] {
        let up = walk(&admin, &format!("sort={column}")).await;
        let mut down = walk(&admin, &format!("sort=-{column}")).await;
        down.reverse();
        assert_eq!(up, down, "{column}");
        let mut each = up.clone();
        each.sort_unstable();
        each.dedup();
        assert_eq!((each.len(), up.len()), (121, 121), "{column}");
    }
    let _tab = admin.connect().await;
    eventually("the admin is online", async || person(&admin, admin.id).await["online"] == true).await;
    let seen = walk(&admin, "sort=-seen").await;
    assert_eq!(seen[0], admin.id, "who is here now stands above");
    assert_eq!(walk(&admin, "seen=now").await, [admin.id]);
    assert_eq!(walk(&admin, "seen=earlier").await.len(), 120);
    assert_eq!(walk(&admin, "role=bot").await.len(), 40);
    assert_eq!(walk(&admin, "q=CROWD01").await.len(), 10);
    assert_eq!(walk(&admin, "q=crowd011%40example.ORG").await.len(), 1);
    assert_eq!(walk(&admin, "q=%25").await, Vec::<i64>::new(), "a percent sign is only a sign");
}

#[tokio::test]
async fn states_are_told_apart() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let mut ids = Vec::new();
    for name in ["normal", "quiet", "banned", "gone"] {
        ids.push(server.member(name).await.id);
    }
    let until = json!({"until": "2100-01-01T00:00:00Z"});
    admin.put(&format!("admin/users/{}/silence", ids[1]), until).await.is(200);
    admin.put(&format!("admin/users/{}/ban", ids[2]), json!({})).await.is(200);
    admin.put(&format!("admin/users/{}/deactivation", ids[3]), json!({})).await.is(200);
    assert_eq!(walk(&admin, "state=active&sort=joined").await, [admin.id, ids[0]]);
    assert_eq!(walk(&admin, "state=silenced").await, [ids[1]]);
    assert_eq!(walk(&admin, "state=banned").await, [ids[2]]);
    assert_eq!(walk(&admin, "state=deactivated").await, [ids[3]]);
}

#[tokio::test]
async fn nonsense_in_the_query_is_422_and_never_worse() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    for query in [
        "sort=shoe",
        "sort=--name",
        "after=zzz",
        "before=%00",
        "after=WyJ4Iiwx",
        "sort=seen&after=WyJub3QgYSB0aW1lIiwxXQ",
        "after=WyJ4IiwxXQ&before=WyJ4IiwxXQ",
        "limit=0",
        "limit=1000",
        "limit=-1",
        "limit=ten",
        "role=queen",
        "state=happy",
        "seen=tomorrow",
        "q=%00",
    ] {
        admin.get(&format!("admin/users?{query}")).await.refuses(422, "invalid");
        admin.get(&format!("/admin/users/?{query}")).await.is(422);
    }
    for act in ["", "?user=x", "?user=999", "?user=-1"] {
        admin.get(&format!("/admin/users/acts/ban{act}")).await.is(422);
    }
    admin.get("/admin/users/acts/delete?user=1").await.is(404);
}

#[tokio::test]
async fn many_are_named_and_counted_before_anything_is_done() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    crowd(&server, 12);
    let people = admin.get("admin/users?q=crowd&sort=name").await.is(200).json;
    let ids: Vec<String> = people["users"].as_array().unwrap().iter().map(|user| user["id"].to_string()).collect();
    let query: Vec<String> = ids.iter().map(|id| format!("user={id}")).collect();
    let asked = admin.get(&format!("/admin/users/acts/ban?{}", query.join("&"))).await.is(200).body;
    assert!(asked.contains("Ban 12 people?") && asked.contains("crowd011") && asked.contains("Type 12 to confirm"));
    let mut fields: Vec<(&str, &str)> = ids.iter().map(|id| ("user", id.as_str())).collect();
    fields.push(("reason", "a raid"));
    let unconfirmed = admin.submit("/admin/users/acts/ban", &fields).await.is(422).body;
    assert!(unconfirmed.contains("a raid") && unconfirmed.contains("aria-invalid=\"true\""), "{unconfirmed}");
    assert_eq!(walk(&admin, "state=banned").await, Vec::<i64>::new());
    fields.push(("count", "12"));
    admin.submit("/admin/users/acts/ban", &fields).await.is(303);
    assert!(admin.get("/admin/users/").await.body.contains("12 people are banned"));
    assert_eq!(walk(&admin, "state=banned").await.len(), 12);

    let me = admin.id.to_string();
    let some = [("user", me.as_str()), ("user", ids[0].as_str()), ("term", "hour")];
    admin.submit("/admin/users/acts/silence", &some).await.is(303);
    let said = admin.get("/admin/users/").await.body;
    assert!(said.contains("You cannot do this to yourself. It was done to one other."), "{said}");
}

#[tokio::test]
async fn people_are_exported_as_they_are_filtered() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    ann.patch("me", json!({"nickname": "=HYPERLINK(\"x\",\"y\")", "email": "ann@example.org"})).await.is(200);
    let file = admin.get("/admin/users.csv?q=ann").await.is(200);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"users.csv\"");
    let lines: Vec<&str> = file.body.lines().collect();
    assert!(lines[0].starts_with("\u{feff}id,username,"), "{}", lines[0]);
    assert_eq!(lines.len(), 2);
    assert!(lines[1].contains("\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\",ann@example.org,member,active"), "{}", lines[1]);
    assert_eq!(acts(&admin).await, ["export null"]);
}

#[tokio::test]
async fn the_way_into_the_console_is_shown_to_admins_alone() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    let door = "href=\"/admin/\"";
    assert!(admin.get("/").await.is(200).body.contains(door));
    assert!(!ann.get("/").await.is(200).body.contains(door));
}

#[tokio::test]
async fn the_command_line_is_noted_too() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    assert!(server.command(&["user", "add", "carol"], &format!("{PASSWORD}\n")).status.success());
    assert!(server.command(&["user", "role", "carol", "admin"], "").status.success());
    assert!(server.command(&["user", "passwd", "carol"], "another horse 8 电池\n").status.success());
    assert_eq!(acts(&admin).await, ["user.add \"carol\"", "user.role \"carol\"", "user.password \"carol\""]);
    let log = admin.get("admin/audit?actor=parlor").await.is(200).json;
    let entry = &log["entries"][0];
    assert_eq!((&entry["actor"], &entry["ip"]), (&json!({"id": null, "name": "parlor"}), &Value::Null));
    assert_eq!(log["entries"].as_array().unwrap().len(), 3);
}
