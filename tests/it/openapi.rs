//! The OpenAPI document: it has every route and no other, its own words are in order, and what the server answers keeps what it says.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    PASSWORD,
    client::{Answer, Guest, Member},
    fresh_id,
    outside::PostOffice,
    picture::{multipart, png},
    program::Program,
    server::Server,
    witness::{Route, Witness},
};

/// What the tour shows to read figures.
const METRICS_TOKEN: &str = "figures-for-the-tour";

const ROUTES: &str = include_str!("../../src/routes.rs");

const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

/// The routes for programs, as the source says them.
fn routed() -> BTreeSet<Route> {
    let mut found = BTreeSet::new();
    // Functions, not `fn_guard`.
    for function in ROUTES.split("\nfn ").skip(1).chain(ROUTES.split("\npub fn ").skip(1)) {
        let name = function.split('(').next().unwrap();
        let function = function.split("\n}").next().unwrap();
        let prefix = match name {
            "configure" | "classic" => "",
            "api" => "/api/v1",
            "files" => "/media",
            name if name.starts_with("admin_") && name.ends_with("_api") => "/api/v1/admin",
            // What a browser shows, and what routes are chosen by.
            name if name.ends_with("_pages")
                || ["pages", "own_addresses", "old_addresses", "may_have_files", "is_json"].contains(&name) =>
            {
                continue;
            }
            name => panic!("are the routes of {name} for programs or for people?"),
        };
        let mut path = String::new();
        for part in function.split(['(', ' ', '\n']) {
            if let Some(text) = part.strip_prefix('"') {
                let text = text.split('"').next().unwrap().replace(":email|phone}", "}");
                path = format!("{prefix}{text}");
            }
            if METHODS.contains(&part) {
                found.insert((part.to_owned(), path.clone()));
            }
        }
    }
    found
}

#[tokio::test]
async fn every_route_is_in_the_document_and_nothing_else_is() {
    let server = Server::start();
    let witness = Witness::of(&server.guest()).await;
    let told: BTreeSet<Route> = witness.operations().into_iter().map(|(route, _)| route).collect();
    let routed = routed();
    assert!(routed.len() > 110, "the table of routes is not read any more: {routed:?}");
    let missing: Vec<_> = routed.difference(&told).collect();
    assert!(
        missing.is_empty(),
        "These routes of src/routes.rs are not in the OpenAPI document:\n{missing:#?}\n\
         Give their handlers `#[utoipa::path(…)]` as the ones beside them have it (method, path as in routes.rs with its prefix, tag, \
         summary, params, request_body, responses; `security((\"session\" = []))` where the handler takes a SessionUser or SessionAdmin), \
         give the types they name `utoipa::ToSchema` or, of a query, `utoipa::IntoParams`, name the handlers in the `api.rs` of their \
         feature, and call them in tests/it/openapi.rs."
    );
    let gone: Vec<_> = told.difference(&routed).collect();
    assert!(gone.is_empty(), "The OpenAPI document has routes that src/routes.rs does not have:\n{gone:#?}");
}

#[tokio::test]
async fn who_comes_with_another_method_hears_which_there_are() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for ((method, path), _) in Witness::of(&admin).await.operations() {
        known.entry(path).or_default().insert(method.to_uppercase());
    }
    for (path, methods) in known {
        let place = path.replace("{channel}", "email");
        let place: String = place.split(['{', '}']).step_by(2).collect::<Vec<_>>().join("1");
        let answer = Answer::to(admin.request(Method::from_bytes(b"BREW").unwrap(), &place)).await.is(405);
        let allowed: BTreeSet<String> = answer.header("allow").split(", ").map(str::to_owned).collect();
        assert_eq!(allowed, methods, "{path}");
    }
}

#[tokio::test]
async fn the_document_is_in_order() {
    let server = Server::start();
    let guest = server.guest();
    let witness = Witness::of(&guest).await;
    let document = &witness.document;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let tags: BTreeSet<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone().to_string()).collect();
    let mut ids = BTreeSet::new();
    let mut wrong = Vec::new();
    for ((method, path), operation) in witness.operations() {
        let what = format!("{method} {path}");
        if !ids.insert(operation["operationId"].to_string()) {
            wrong.push(format!("{what}: its operationId is another one's too"));
        }
        if operation["summary"].as_str().is_none_or(str::is_empty) || !tags.contains(&operation["tags"][0].to_string())
        {
            wrong.push(format!("{what}: no summary, or a tag that the document does not explain"));
        }
        let named: BTreeSet<_> = path.split(['{', '}']).skip(1).step_by(2).collect();
        let told = operation["parameters"].as_array().into_iter().flatten().filter(|one| one["in"] == "path");
        if told.map(|one| one["name"].as_str().unwrap()).collect::<BTreeSet<_>>() != named {
            wrong.push(format!("{what}: the parameters of its path are others"));
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let is_wrong = status == "default" || status.starts_with(['4', '5']);
            let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
            if is_wrong
                && path != "/readyz"
                && operation["tags"][0] != "classic"
                && problem != "#/components/schemas/Problem"
            {
                wrong.push(format!("{what}: {status} is no problem"));
            }
        }
    }
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        if document["components"]["schemas"][reference].is_null() {
            wrong.push(format!("there is no schema {reference}"));
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An address of this operation in which nothing exists.
fn nowhere(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{emoji}" => "%F0%9F%91%8D",
        "{file}" => "x.jpg",
        "{channel}" => "email",
        part if part.starts_with('{') => "999999",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The least scope that the document asks of a token; `None` where no token will do, or nothing is needed.
fn scope_of(operation: &Value) -> Option<&str> {
    operation["security"].as_array()?.iter().find_map(|way| way["token"][0].as_str())
}

fn is_open(operation: &Value) -> bool {
    operation["security"] == json!([{}])
}

/// The socket is no request, and pictures answer guests as if there were nothing.
const APART: [&str; 6] = [
    "/api/v1/events",
    "/ws/chat/",
    "/media/{file}",
    "/media/avatars/{file}",
    "/media/announcements/{file}",
    "/media/logos/{file}",
];

#[tokio::test]
async fn what_lets_nobody_in_is_refused_to_everybody_as_the_document_says() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let witness = Witness::of(&server.guest()).await;
    let nobody = server.guest();
    let mut programs = BTreeMap::new();
    for scope in ["read", "write", "admin"] {
        programs.insert(scope, Program::of(&admin, scope).await);
    }
    let bad = Program::showing(server.site(), "parlor_of_nobody");
    let mut wrong = Vec::new();
    for ((method, path), operation) in witness.operations() {
        // tests/it/classic.rs plays their own table.
        if is_open(operation) || APART.contains(&path.as_str()) || operation["tags"][0] == "classic" {
            continue;
        }
        let (verb, place): (Method, _) = (method.to_uppercase().parse().unwrap(), nowhere(&path));
        // One that can be read: a body that cannot may be refused before it is known who sends it.
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let body = if schema.is_object() { witness.sample(schema) } else { Value::Null };
        let expect = |who: &str, answer: &Answer, status: u16, code: &str| {
            witness.check(&method, &place, answer);
            let as_told = (answer.status, answer.json["code"].as_str()) == (status, Some(code));
            (!as_told).then(|| format!("{method} {path} by {who}: {} instead of {status} {code}", answer.body))
        };
        wrong.extend(expect("nobody", &nobody.call(verb.clone(), &place, body.clone()).await, 401, "session_ended"));
        wrong.extend(expect("a bad token", &bad.call(verb.clone(), &place, body.clone()).await, 401, "bad_token"));
        let enough = scope_of(operation);
        for (scope, program) in &programs {
            let answer = program.call(verb.clone(), &place, body.clone()).await;
            match enough {
                None => {
                    let (status, code) = match *scope {
                        // The scope is judged first.
                        "read" if method != "get" => (403, "scope"),
                        "read" | "write" if path.starts_with("/api/v1/admin/") => (403, "scope"),
                        _ => (403, "session_needed"),
                    };
                    wrong.extend(expect(scope, &answer, status, code));
                }
                Some(enough) if rank(scope) < rank(enough) => {
                    wrong.extend(expect(scope, &answer, 403, "scope"));
                    let needed = if method != "get" && *scope == "read" { "write" } else { enough };
                    assert_eq!(answer.json["scope"], needed, "{method} {path}");
                }
                Some(_) => {
                    witness.check(&method, &place, &answer);
                    if [401, 403].contains(&answer.status) && answer.json["code"] != "forbidden" {
                        wrong.push(format!("{method} {path} by {scope}: {}", answer.body));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn rank(scope: &str) -> usize {
    ["read", "write", "admin"].iter().position(|known| *known == scope).unwrap()
}

/// Somebody who asks, and whose answers are held against the document.
struct Tour {
    server: Server,
    office: PostOffice,
    witness: Witness,
    admin: Member,
    ann: Member,
    bob: Member,
    room: i64,
}

impl Tour {
    async fn begin() -> Self {
        let office = PostOffice::open().await;
        let setup = Server::setup()
            .flag(&["--smtp-url", &office.url(""), "--mail-from", "chat@example.org"])
            .flag(&["--metrics-token", METRICS_TOKEN]);
        let server = setup.start();
        let witness = Witness::of(&server.guest()).await;
        let newcomer = |name: &str| json!({"username": name, "password": PASSWORD});
        let guest = server.guest();
        let mut setup = newcomer("founder");
        setup["token"] = server.setup_token().into();
        let made = witness.goes(&guest, "POST", "setup", setup).await;
        let admin = Member::of(guest, &made["user"]);
        let mut people = Vec::new();
        for name in ["ann", "bob"] {
            let guest = server.guest();
            let made = witness.goes(&guest, "POST", "register", newcomer(name)).await;
            people.push(Member::of(guest, &made["user"]));
        }
        let (bob, ann) = (people.pop().unwrap(), people.pop().unwrap());
        let room = json!({"kind": "public", "name": "kitchen", "topic": "tea"});
        let room = witness.goes(&ann, "POST", "rooms", room).await.room_id();
        Self { server, office, witness, admin, ann, bob, room }
    }

    async fn ok(&self, who: &Guest, method: &str, path: &str, body: Value) -> Answer {
        self.witness.goes(who, method, path, body).await
    }

    async fn get(&self, who: &Guest, path: &str) -> Answer {
        self.ok(who, "GET", path, Value::Null).await
    }

    /// Sends a picture.
    async fn send_file(&self, who: &Guest, method: Method, path: &str) -> Answer {
        let (kind, body) = multipart(&[], "tea.png", &png(80, 60, [200, 120, 40]));
        let answer = Answer::to(who.request(method.clone(), path).header("content-type", kind).body(body)).await;
        self.witness.check(&method.as_str().to_lowercase(), &format!("/api/v1/{path}"), &answer);
        answer
    }

    async fn accounts(&self) {
        let (ann, name) = (&self.ann, json!({"username": "ann", "password": PASSWORD}));
        let phone = self.server.guest();
        self.ok(&phone, "POST", "login", name.clone()).await;
        self.get(ann, "me").await;
        self.ok(ann, "PATCH", "me", json!({"nickname": "Ann", "bio": "tea", "email": "ann@example.org"})).await;
        self.send_file(ann, Method::PUT, "me/avatar").await.is(200);
        let me = self.get(ann, "me").await;
        self.media(ann, me["user"]["avatar_url"].as_str().unwrap()).await;
        self.ok(ann, "DELETE", "me/avatar", Value::Null).await;
        let sessions = self.get(ann, "me/sessions").await;
        let other =
            sessions["sessions"].as_array().unwrap().iter().find(|one| one["current"] == false).unwrap().clone();
        self.ok(ann, "DELETE", &format!("me/sessions/{}", other["id"]), Value::Null).await;
        self.ok(ann, "DELETE", "me/sessions", Value::Null).await;
        self.ok(ann, "PUT", "me/password", json!({"current": PASSWORD, "new": PASSWORD})).await;
        let token = json!({"name": "script", "scope": "read", "expires_at": "2030-01-01T00:00:00Z"});
        let token = self.ok(ann, "POST", "me/tokens", token).await["token"]["id"].clone();
        self.get(ann, "me/tokens").await;
        self.ok(ann, "DELETE", &format!("me/tokens/{token}"), Value::Null).await;
        let desk = self.server.guest();
        self.ok(&desk, "POST", "login", name).await;
        self.ok(&desk, "POST", "logout", Value::Null).await;
        self.witness.call(&desk, "POST", "login", json!({"username": "ann", "password": "wrong"})).await.is(401);
        self.witness.call(&desk, "POST", "register", json!({"username": "ann", "password": PASSWORD})).await.is(409);
    }

    async fn codes(&self) {
        let (ann, guest) = (&self.ann, self.server.guest());
        self.ok(&guest, "POST", "register/code", json!({"email": "new@example.org"})).await.is(202);
        let address = json!({"address": "ann@example.org", "password": PASSWORD});
        let issued = self.ok(ann, "POST", "me/email/code", address).await.is(202);
        let code = self.office.next("ann@example.org").await.code();
        self.ok(ann, "PUT", "me/email", json!({"ticket": issued["ticket"], "code": code})).await.is(200);
        let issued = self.ok(&guest, "POST", "recovery", json!({"account": "ann"})).await.is(202);
        let code = self.office.next("ann@example.org").await.code();
        let claim = json!({"ticket": issued["ticket"], "code": code, "password": PASSWORD});
        self.ok(&guest, "POST", "recovery/password", claim).await.is(204);
        // All sessions have ended.
        self.ok(ann, "POST", "login", json!({"username": "ann", "password": PASSWORD})).await.is(200);
        self.ok(ann, "POST", "me/email/removal", json!({"password": PASSWORD})).await.is(200);
        let none = json!({"address": "+8613800138000", "password": PASSWORD});
        self.witness.call(ann, "POST", "me/phone/code", none).await.refuses(403, "verification_off");
        self.ok(&self.admin, "PATCH", "me", json!({"email": "founder@example.org"})).await.is(200);
        assert_eq!(self.ok(&self.admin, "POST", "admin/mail/email/test", Value::Null).await["delivered"], true);
        self.get(&self.admin, "admin/mail").await;
        self.witness.call(&self.admin, "POST", "admin/mail/phone/test", Value::Null).await.refuses(409, "mail_off");
    }

    async fn doors(&self) {
        let ann = &self.ann;
        self.get(ann, "hello").await;
        self.get(ann, "sync").await;
        self.get(ann, "commands").await;
        let commands = format!("rooms/{}/commands", self.room);
        self.ok(ann, "POST", &commands, json!({"text": "/help"})).await.is(200);
        self.ok(ann, "POST", &commands, json!({"text": "/joke", "client_id": "joke"})).await.is(200);
        self.witness.call(ann, "POST", &commands, json!({"text": "/jok"})).await.refuses(422, "command_unknown");
        self.witness.call(ann, "GET", "events?cursor=x", Value::Null).await.is(422);
        self.witness.saw("get", "/api/v1/events");
    }

    async fn people(&self) {
        let (ann, bob) = (&self.ann, &self.bob);
        self.get(ann, "users?q=b&limit=1").await;
        self.get(ann, &format!("users/{}", bob.id)).await;
        self.ok(ann, "PUT", &format!("contacts/{}", bob.id), json!({"state": "friend"})).await;
        self.get(ann, "contacts").await;
        self.ok(ann, "DELETE", &format!("contacts/{}", bob.id), Value::Null).await;
    }

    async fn rooms(&self) {
        let (ann, bob, room) = (&self.ann, &self.bob, format!("rooms/{}", self.room));
        self.get(ann, "rooms").await;
        self.get(bob, "rooms/public?limit=1").await;
        self.get(ann, &room).await;
        self.get(bob, &room).await;
        self.ok(ann, "PATCH", &room, json!({"topic": "coffee", "recall_seconds": 86_400, "public_read": true})).await;
        self.ok(bob, "POST", &format!("{room}/join"), Value::Null).await;
        self.ok(bob, "PATCH", &format!("{room}/me"), json!({"notify": "mentions", "muted": true})).await;
        self.ok(ann, "POST", &format!("{room}/members"), json!({"user": self.admin.id})).await.is(201);
        self.get(ann, &format!("{room}/members?online=0")).await;
        let member = format!("{room}/members/{}", bob.id);
        self.ok(ann, "PATCH", &member, json!({"silenced_until": "2100-01-01T00:00:00Z"})).await;
        self.get(ann, &format!("{room}/members")).await;
        self.ok(ann, "PATCH", &member, json!({"silenced_until": null})).await;
        self.get(ann, &format!("{room}/reads")).await;
        self.ok(ann, "POST", &format!("{room}/read"), json!({"seq": 0})).await;
        self.ok(bob, "POST", &format!("{room}/leave"), Value::Null).await;
        self.ok(ann, "POST", &format!("{room}/members"), json!({"user": bob.id})).await;
        self.ok(ann, "DELETE", &member, Value::Null).await;
        self.ok(bob, "POST", &format!("{room}/join"), Value::Null).await;
        self.ok(ann, "POST", "directs", json!({"user": bob.id})).await.is(201);
        self.ok(ann, "POST", "directs", json!({"user": bob.id})).await.is(200);
        self.witness.call(ann, "POST", &format!("{room}/leave"), Value::Null).await.refuses(409, "last_owner");
    }

    async fn messages(&self) {
        let (ann, bob, room) = (&self.ann, &self.bob, format!("rooms/{}", self.room));
        let text = "**Tea** at _5_, ~~6~~, `now`:\n> yes\n- a\n- b\n1. c\n\n```rust\nlet x;\n```\nhttps://example.org @bob @all 🎉";
        let picture = self.send_file(ann, Method::POST, "uploads").await.is(201)["upload"].clone();
        let body = json!({"client_id": "t-1", "text": text, "uploads": [picture["id"]]});
        let said =
            self.ok(ann, "POST", &format!("{room}/messages"), body.clone()).await.is(201)["message"]["id"].clone();
        self.ok(ann, "POST", &format!("{room}/messages"), body).await.is(200);
        self.media(ann, picture["url"].as_str().unwrap()).await;
        let answer = json!({"client_id": "t-2", "text": "ok", "reply_to": said});
        let answer = self.ok(bob, "POST", &format!("{room}/messages"), answer).await["message"]["id"].clone();
        let message = format!("messages/{said}");
        self.ok(ann, "PATCH", &message, json!({"text": "Tea at 5, kettle"})).await;
        for path in ["PUT", "DELETE", "PUT"] {
            self.ok(bob, path, &format!("{message}/reactions/%F0%9F%91%8D"), Value::Null).await;
        }
        self.get(ann, &format!("{message}/reactions")).await;
        self.get(ann, &format!("{room}/messages?limit=10")).await;
        self.get(ann, &format!("{room}/changes?after=0")).await;
        self.get(ann, &format!("{room}/changes?after=999999")).await;
        self.get(ann, &format!("messages?ids={said},{answer}")).await;
        self.get(ann, &message).await;
        let hits = self.get(ann, "search?q=kettle").await;
        assert_eq!(hits["hits"].as_array().unwrap().len(), 1, "{}", hits.body);
        self.get(&self.admin, "admin/messages?q=kettle").await;
        self.ok(bob, "POST", &format!("{message}/reports"), json!({"reason": "spam", "note": "much"})).await.is(201);
        self.ok(bob, "POST", &format!("{message}/reports"), json!({"reason": "spam"})).await.is(200);
        self.guests().await;
        self.get(&self.admin, "admin/reports").await;
        self.ok(&self.admin, "POST", &format!("admin/reports/{said}"), json!({"act": "dismiss"})).await;
        self.get(&self.admin, "admin/reports?state=settled").await;
        self.ok(ann, "POST", &format!("{message}/recall"), Value::Null).await;
        self.ok(bob, "DELETE", &format!("messages/{answer}"), Value::Null).await;
        self.witness.call(bob, "PATCH", &format!("messages/{answer}"), json!({"text": "x"})).await.refuses(409, "gone");
        let picture = self.send_file(ann, Method::POST, "uploads").await["upload"]["id"].as_str().unwrap().to_owned();
        self.ok(ann, "DELETE", &format!("uploads/{picture}"), Value::Null).await;
        let (kind, body) = multipart(&[], "x.png", b"no picture");
        let refused = Answer::to(ann.request(Method::POST, "uploads").header("content-type", kind).body(body)).await;
        self.witness.check("post", "/api/v1/uploads", &refused);
    }

    async fn guests(&self) {
        let room = format!("rooms/{}", self.room);
        self.ok(&self.admin, "PATCH", "admin/settings", json!({"guests": true})).await;
        let guest = self.server.guest();
        self.get(&guest, "rooms/public?guest=1").await;
        self.get(&guest, &room).await;
        self.get(&guest, &format!("{room}/messages")).await;
        let changes = self.get(&guest, &format!("{room}/changes?after=0")).await;
        self.get(&guest, &format!("{room}/changes?after=999999")).await;
        let tag = changes.header("etag").to_owned();
        let again = guest.request(Method::GET, &format!("{room}/changes?after=0")).header("if-none-match", tag);
        let again = Answer::to(again).await.is(304);
        self.witness.check("get", &format!("/api/v1/{room}/changes"), &again);
        self.ok(&self.admin, "PATCH", "admin/settings", json!({"guests": null})).await;
    }

    /// Both ways to ask for a file.
    async fn media(&self, who: &Guest, place: &str) {
        for method in [Method::GET, Method::HEAD] {
            let answer = Answer::to(who.request(method.clone(), place)).await.is(200);
            self.witness.check(&method.as_str().to_lowercase(), place, &answer);
        }
        let part = Answer::to(who.request(Method::GET, place).header("range", "bytes=0-9")).await;
        assert!([200, 206].contains(&part.status));
        let known = who.request(Method::GET, place).header("if-none-match", part.header("etag").to_owned());
        self.witness.check("get", place, &Answer::to(known).await.is(304));
        // Not as a browser, which would be shown a page.
        let stranger = reqwest::Client::new().get(format!("{}{place}", self.server.site().origin()));
        self.witness.check("get", place, &Answer::to(stranger).await.is(404));
    }

    async fn announcement(&self) {
        let admin = &self.admin;
        let picture = self.send_file(admin, Method::POST, "uploads").await["upload"]["id"].clone();
        let draft = json!({"title": "Early", "text": "Orders close at 11.", "upload": picture});
        let draft = self.ok(admin, "POST", "admin/announcements", draft).await["announcement"]["id"].clone();
        let place = format!("admin/announcements/{draft}");
        self.ok(admin, "PATCH", &place, json!({"background": true})).await;
        self.ok(admin, "POST", &format!("{place}/publish"), Value::Null).await;
        self.witness.call(admin, "POST", &format!("{place}/publish"), Value::Null).await.refuses(409, "published");
        let shown = self.get(&self.ann, "announcement").await;
        self.media(&self.ann, shown["announcement"]["image"]["url"].as_str().unwrap()).await;
        self.ok(&self.ann, "PUT", &format!("announcement/{draft}/seen"), Value::Null).await;
        self.ok(admin, "POST", &format!("{place}/withdraw"), Value::Null).await;
        self.get(&self.ann, "announcement").await;
        self.ok(admin, "POST", &format!("{place}/restore"), Value::Null).await;
        let other =
            self.ok(admin, "POST", "admin/announcements", json!({"text": "x"})).await["announcement"]["id"].clone();
        self.get(admin, "admin/announcements").await;
        self.ok(admin, "DELETE", &format!("admin/announcements/{other}"), Value::Null).await;
    }

    async fn presets(&self) {
        let admin = &self.admin;
        let picture = self.send_file(admin, Method::POST, "uploads").await["upload"]["id"].clone();
        let preset = json!({"label": "Start", "text": "Go", "upload": picture, "countdown_seconds": 600});
        let preset = self.ok(admin, "POST", "admin/presets", preset).await["preset"]["id"].clone();
        let place = format!("admin/presets/{preset}");
        self.ok(admin, "PATCH", &place, json!({"label": "Begin"})).await;
        self.ok(admin, "POST", &format!("{place}/move"), json!({})).await;
        self.get(admin, "admin/presets").await;
        let image = format!("/api/v1/{place}/image");
        let shown = Answer::to(admin.request(Method::GET, &image)).await.is(200);
        self.witness.check("get", &image, &shown);
        let press = |id: &str| json!({"room": self.room, "client_id": id});
        let sent = self.ok(admin, "POST", &format!("{place}/send"), press("p-1")).await.is(201);
        self.ok(admin, "POST", &format!("{place}/send"), press("p-1")).await.is(200);
        let refused = self.witness.call(admin, "POST", &format!("{place}/send"), press("p-2")).await;
        refused.refuses(409, "countdown_running");
        self.get(admin, "admin/countdowns").await;
        let stop = format!("admin/countdowns/{}/stop", sent["countdown"]["id"]);
        self.ok(admin, "POST", &stop, Value::Null).await;
        self.ok(admin, "DELETE", &place, Value::Null).await;
    }

    async fn console_people(&self) {
        let admin = &self.admin;
        self.get(admin, "admin/users?sort=name&limit=1").await;
        let added = self.ok(admin, "POST", "admin/users", json!({"username": "dora", "email": "d@example.org"})).await;
        let place = format!("admin/users/{}", added["user"]["id"]);
        let bot =
            self.ok(admin, "POST", "admin/users", json!({"username": "menubot", "role": "bot"})).await["user"]["id"]
                .clone();
        self.get(admin, &place).await;
        let link = self.ok(admin, "POST", &format!("{place}/reset"), Value::Null).await;
        let secret = link["reset"]["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
        self.ok(&self.server.guest(), "POST", "reset", json!({"token": secret, "password": PASSWORD})).await;
        self.ok(admin, "DELETE", &format!("{place}/reset"), Value::Null).await;
        for role in ["admin", "member"] {
            self.ok(admin, "PATCH", &place, json!({"role": role})).await;
        }
        let until = json!({"until": "2100-01-01T00:00:00Z", "reason": "flood"});
        for (what, body) in [("silence", until), ("ban", json!({"reason": "spam"})), ("deactivation", json!({}))] {
            self.ok(admin, "PUT", &format!("{place}/{what}"), body).await;
            self.ok(admin, "DELETE", &format!("{place}/{what}"), Value::Null).await;
        }
        let dora = self.server.guest();
        self.ok(&dora, "POST", "login", json!({"username": "dora", "password": PASSWORD})).await;
        let session = self.get(admin, &format!("{place}/sessions")).await["sessions"][0]["id"].clone();
        self.ok(admin, "DELETE", &format!("{place}/sessions/{session}"), Value::Null).await;
        self.ok(admin, "DELETE", &format!("{place}/sessions"), Value::Null).await;
        let tokens = format!("admin/users/{bot}/tokens");
        let token =
            self.ok(admin, "POST", &tokens, json!({"name": "kitchen", "scope": "write"})).await["token"]["id"].clone();
        self.get(admin, &tokens).await;
        self.ok(admin, "DELETE", &format!("{tokens}/{token}"), Value::Null).await;
        let invite = json!({"note": "friends", "max_uses": 3, "expires_at": "2030-01-01T00:00:00Z"});
        let invite = self.ok(admin, "POST", "admin/invites", invite).await["invite"]["id"].clone();
        self.ok(admin, "POST", "admin/invites", json!({})).await;
        self.get(admin, "admin/invites?limit=1").await;
        self.ok(admin, "DELETE", &format!("admin/invites/{invite}"), Value::Null).await;
        self.get(admin, "admin/audit?limit=100").await;
    }

    async fn console_rooms(&self) {
        let admin = &self.admin;
        self.get(admin, "admin/overview").await;
        self.get(admin, "admin/rooms?sort=name&limit=1").await;
        let room = self.ok(&self.ann, "POST", "rooms", json!({"kind": "private", "name": "attic"})).await.room_id();
        let place = format!("admin/rooms/{room}");
        self.get(admin, &place).await;
        let keeping = json!({"retention": "days", "retention_value": 30, "window_hours": 24, "window_count": null});
        self.ok(admin, "PATCH", &place, keeping).await;
        self.ok(admin, "PUT", &format!("{place}/owner"), json!({"user": self.bob.id})).await;
        self.get(admin, &format!("{place}/members")).await;
        self.ok(admin, "DELETE", &place, Value::Null).await;
        let other = self.ok(&self.ann, "POST", "rooms", json!({"kind": "private", "name": "cellar"})).await.room_id();
        self.ok(&self.ann, "DELETE", &format!("rooms/{other}"), Value::Null).await;
        let mut ids = Vec::new();
        for _ in 0..2 {
            let body = json!({"client_id": fresh_id(), "text": "gone soon"});
            let said = self.ok(&self.ann, "POST", &format!("rooms/{}/messages", self.room), body).await;
            ids.push(said["message"]["id"].clone());
        }
        self.ok(admin, "POST", "admin/messages/delete", json!({"ids": [ids[0]], "reason": "spam"})).await;
        self.ok(admin, "DELETE", &format!("admin/messages/{}", ids[1]), Value::Null).await;
        self.ok(admin, "PATCH", "admin/settings", json!({"admins_read_private": true})).await;
        self.get(admin, "admin/messages").await;
        self.get(admin, "admin/rooms?kind=direct").await;
        self.get(admin, "admin/settings").await;
        let settings = self.send_file(admin, Method::PUT, "admin/settings/logo").await.is(200);
        let logo = settings["settings"].as_array().unwrap().iter().find(|one| one["name"] == "logo").unwrap();
        let logo = logo["value"].as_str().unwrap();
        for method in [Method::GET, Method::HEAD] {
            let answer = Answer::to(self.server.guest().request(method.clone(), logo)).await.is(200);
            self.witness.check(&method.as_str().to_lowercase(), logo, &answer);
        }
        self.witness.call(admin, "PATCH", "admin/settings", json!({"text_max": 1})).await.refuses(422, "invalid");
    }

    async fn classic(&self) {
        let program = Program::of(&self.admin, "admin").await;
        let call = async |method: Method, path: &str, body: Value| {
            let answer = program.call(method.clone(), path, body).await;
            self.witness.check(&method.as_str().to_lowercase(), path, &answer);
            answer
        };
        call(Method::GET, "/post/", Value::Null).await.is(302);
        let said = call(Method::POST, "/post/", json!({"text": "tea"})).await.is(200)["id"].clone();
        call(Method::POST, "/post/", json!({"text": "/help"})).await.is(200);
        call(Method::GET, "/api/recent_messages/", Value::Null).await.is(200);
        call(Method::GET, "/api/recent_messages_apiint/5", Value::Null).await.is(200);
        call(Method::GET, "/api/recent_messages_apiint/five", Value::Null).await.is(404);
        call(Method::GET, "/send_preset/", Value::Null).await.is(400);
        self.witness.saw("get", "/send_preset/");
        call(Method::POST, "/send_preset/", json!({"command": "停止下单"})).await.is(200);
        call(Method::POST, "/send_preset/", json!({"command": "tea"})).await.is(400);
        call(Method::GET, "/upload_global_background", Value::Null).await.is(302);
        let (kind, body) = multipart(&[], "tea.png", &png(80, 60, [200, 120, 40]));
        let request = program.request(Method::POST, "/upload_global_background").header("content-type", kind);
        let answer = Answer::to(request.body(body)).await.is(302);
        self.witness.check("post", "/upload_global_background", &answer);
        let upload = self.send_file(&self.admin, Method::POST, "uploads").await.is(201)["upload"]["id"].clone();
        self.ok(&self.admin, "POST", "admin/presets", json!({"label": "Menu", "upload": upload})).await;
        for path in ["/send_preset_image/", "/send-preset-image/"] {
            call(Method::POST, path, Value::Null).await.is(302);
        }
        call(Method::POST, &format!("/recall_message/{said}/"), Value::Null).await.is(200);
        call(Method::POST, &format!("/delete_message/{said}/"), Value::Null).await.is(200);
        call(Method::POST, "/delete_message/999999/", Value::Null).await.is(404);
        call(Method::POST, "/recall_message/999999/", Value::Null).await.is(404);
    }

    async fn server(&self) {
        let guest = self.server.guest();
        for path in ["/healthz", "/readyz", "/api/openapi.json"] {
            self.get(&guest, path).await;
        }
        for path in ["/healthz", "/readyz"] {
            self.ok(&guest, "HEAD", path, Value::Null).await;
        }
        let figures = guest.request(Method::GET, "/metrics").bearer_auth(METRICS_TOKEN);
        let figures = Answer::to(figures).await.is(200);
        self.witness.check("get", "/metrics", &figures);
        let plain = self.ann.get("/ws/chat/").await;
        assert_eq!(plain.status, 426);
        self.ann.connect().await.close().await;
        self.witness.saw("get", "/ws/chat/");
    }
}

#[tokio::test]
async fn every_operation_answers_as_the_document_says() {
    let tour = Tour::begin().await;
    tour.accounts().await;
    tour.codes().await;
    tour.people().await;
    tour.doors().await;
    tour.rooms().await;
    tour.messages().await;
    tour.announcement().await;
    tour.presets().await;
    tour.classic().await;
    tour.console_people().await;
    tour.console_rooms().await;
    tour.server().await;
    let unseen = tour.witness.unseen();
    assert!(
        unseen.is_empty(),
        "Call these in the tour of tests/it/openapi.rs, so that their answers are checked:\n{unseen:#?}"
    );
}

/// The tour finds nothing; this shows that it would.
#[tokio::test]
async fn an_answer_that_breaks_the_document_does_not_go_unseen() {
    let server = Server::start();
    let witness = Witness::of(&server.guest()).await;
    let user = json!({"id": 1, "username": "ann", "nickname": "Ann", "role": "member"});
    let listed = json!({"users": [{"id": 1, "username": "ann", "nickname": "Ann", "role": "member", "online": true}], "more": false});
    let of = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    assert_eq!(witness.complaints(&of("User"), &user), Vec::<String>::new());
    assert_eq!(witness.complaints(&of("UsersBody"), &listed), Vec::<String>::new());
    for (place, value) in
        [("/id", json!("1")), ("/role", json!("emperor")), ("/password_hash", json!("!")), ("/nickname", Value::Null)]
    {
        let mut wrong = user.clone();
        wrong[&place[1..]] = value;
        assert!(!witness.complaints(&of("User"), &wrong).is_empty(), "{wrong}");
    }
    let mut wrong = listed.clone();
    wrong["users"][0]["email"] = "ann@example.org".into();
    assert!(!witness.complaints(&of("UsersBody"), &wrong).is_empty(), "{wrong}");
    wrong = listed;
    wrong["users"][0].as_object_mut().unwrap().remove("online");
    assert!(!witness.complaints(&of("UsersBody"), &wrong).is_empty(), "{wrong}");
}

#[tokio::test]
async fn the_page_about_the_api_tells_all_of_it_without_a_script() {
    let server = Server::start();
    let guest = server.guest();
    let witness = Witness::of(&guest).await;
    let page = guest.get("/api/").await.is(200);
    for ((method, path), operation) in witness.operations().into_iter().filter(|((method, _), _)| method != "head") {
        assert!(
            page.body.contains(&path) && page.body.contains(operation["summary"].as_str().unwrap()),
            "{method} {path}"
        );
    }
    for name in witness.document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.body.contains(&format!("id=\"type-{name}\"")), "{name}");
    }
    assert!(!page.body.contains("<script"), "it needs none");
    assert!(page.body.contains(&format!("{}/api/v1/rooms", server.site().origin())));
    let chinese = Answer::to(guest.request(Method::GET, "/api/").header("accept-language", "zh-CN")).await.is(200);
    assert!(chinese.body.contains("lang=\"zh-CN\"") && chinese.body.contains("类型"));
}
