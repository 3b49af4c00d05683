//! Every route of the console, called by everybody: a guest, a member, a moderator of a room, the owner of one, and an admin. The
//! table states what the admin gets for an empty body and for something that does not exist; all others are refused, whatever they
//! ask for. A route without a row fails the test.

use std::collections::BTreeMap;

use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::support::{
    client::{Answer, Guest},
    picture::multipart,
    workshop::Workshop,
};

const ROUTES: &str = include_str!("../../src/routes.rs");

/// What stands for a place in an address: nothing has this id.
const NOBODY: &str = "999999";

/// Method, path below `/api/v1/admin` or `/admin`, and what an admin gets.
const API: &[(&str, &str, u16)] = &[
    ("GET", "/announcements", 200),
    ("POST", "/announcements", 422),
    ("DELETE", "/announcements/{id}", 404),
    ("PATCH", "/announcements/{id}", 404),
    ("POST", "/announcements/{id}/publish", 404),
    ("POST", "/announcements/{id}/restore", 404),
    ("POST", "/announcements/{id}/withdraw", 404),
    ("GET", "/audit", 200),
    ("GET", "/countdowns", 200),
    ("POST", "/countdowns/{id}/stop", 404),
    ("GET", "/invites", 200),
    ("POST", "/invites", 201),
    ("DELETE", "/invites/{id}", 404),
    ("GET", "/mail", 200),
    ("POST", "/mail/{channel}/test", 404),
    ("GET", "/messages", 200),
    ("POST", "/messages/delete", 422),
    ("DELETE", "/messages/{id}", 404),
    ("GET", "/overview", 200),
    ("GET", "/presets", 200),
    ("POST", "/presets", 422),
    ("DELETE", "/presets/{id}", 404),
    ("PATCH", "/presets/{id}", 404),
    ("GET", "/presets/{id}/image", 404),
    ("POST", "/presets/{id}/move", 404),
    ("POST", "/presets/{id}/send", 422),
    ("GET", "/reports", 200),
    ("POST", "/reports/{message}", 422),
    ("GET", "/rooms", 200),
    ("DELETE", "/rooms/{id}", 404),
    ("GET", "/rooms/{id}", 404),
    ("PATCH", "/rooms/{id}", 404),
    ("GET", "/rooms/{id}/members", 404),
    ("PUT", "/rooms/{id}/owner", 422),
    ("GET", "/settings", 200),
    ("PATCH", "/settings", 200),
    ("PUT", "/settings/logo", 415),
    ("GET", "/users", 200),
    ("POST", "/users", 422),
    ("GET", "/users/{id}", 404),
    ("PATCH", "/users/{id}", 422),
    ("DELETE", "/users/{id}/ban", 404),
    ("PUT", "/users/{id}/ban", 404),
    ("DELETE", "/users/{id}/deactivation", 404),
    ("PUT", "/users/{id}/deactivation", 404),
    ("DELETE", "/users/{id}/reset", 404),
    ("POST", "/users/{id}/reset", 404),
    ("DELETE", "/users/{id}/sessions", 404),
    ("GET", "/users/{id}/sessions", 404),
    ("DELETE", "/users/{id}/sessions/{session}", 404),
    ("GET", "/users/{id}/tokens", 404),
    ("POST", "/users/{id}/tokens", 422),
    ("DELETE", "/users/{id}/tokens/{token}", 404),
    ("DELETE", "/users/{id}/silence", 404),
    ("PUT", "/users/{id}/silence", 422),
];

const PAGES: &[(&str, &str, u16)] = &[
    ("GET", "/", 200),
    ("GET", "/announcement/", 200),
    ("POST", "/announcement/", 422),
    ("GET", "/announcement/{id}", 404),
    ("POST", "/announcement/{id}", 303),
    ("POST", "/announcement/{id}/discard", 303),
    ("POST", "/announcement/{id}/publish", 303),
    ("POST", "/announcement/{id}/restore", 303),
    ("POST", "/announcement/{id}/withdraw", 303),
    ("GET", "/audit.csv", 200),
    ("GET", "/audit/", 200),
    ("POST", "/countdowns/{id}/stop", 303),
    ("GET", "/invites/", 200),
    ("POST", "/invites/", 422),
    ("POST", "/invites/{id}/revoke", 303),
    ("POST", "/mail/{channel}/test", 404),
    ("GET", "/messages/", 200),
    ("GET", "/messages/delete", 303),
    ("POST", "/messages/delete", 303),
    ("GET", "/presets/", 200),
    ("GET", "/presets/new", 200),
    ("POST", "/presets/new", 422),
    ("GET", "/presets/{id}", 404),
    ("POST", "/presets/{id}", 404),
    ("GET", "/presets/{id}/delete", 404),
    ("POST", "/presets/{id}/delete", 303),
    ("POST", "/presets/{id}/down", 303),
    ("POST", "/presets/{id}/up", 303),
    ("GET", "/reports/", 200),
    ("POST", "/reports/{message}", 422),
    ("GET", "/rooms/", 200),
    ("GET", "/rooms/{id}/", 404),
    ("POST", "/rooms/{id}/", 404),
    ("POST", "/rooms/{id}/archive", 422),
    ("GET", "/rooms/{id}/delete", 404),
    ("POST", "/rooms/{id}/delete", 404),
    ("GET", "/rooms/{id}/owner", 404),
    ("POST", "/rooms/{id}/owner", 404),
    ("GET", "/settings/", 200),
    ("POST", "/settings/", 422),
    ("POST", "/settings/logo", 303),
    ("GET", "/users.csv", 200),
    ("GET", "/users/", 200),
    ("GET", "/users/acts/{what}", 404),
    ("POST", "/users/acts/{what}", 404),
    ("GET", "/users/new", 200),
    ("POST", "/users/new", 422),
    ("GET", "/users/{id}/", 404),
    ("POST", "/users/{id}/act", 404),
    ("POST", "/users/{id}/reset", 404),
    ("POST", "/users/{id}/reset/void", 404),
    ("POST", "/users/{id}/sessions/{session}/end", 303),
    ("POST", "/users/{id}/tokens", 404),
    ("POST", "/users/{id}/tokens/{token}/revoke", 303),
];

/// Pages whose forms have files.
const WITH_FILES: [&str; 3] = ["/announcement/", "/presets/new", "/presets/{id}"];

/// The routes of the functions whose names end so, as the source says them.
fn routes(ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for function in ROUTES.split("\nfn admin_").skip(1).filter(|text| is_named(text, ending)) {
        let mut path = String::new();
        for part in function.split(['(', ' ', '\n']) {
            if let Some(text) = part.strip_prefix('"') {
                text.split('"').next().unwrap().clone_into(&mut path);
            }
            if METHODS.contains(&part) {
                found.push((part.to_uppercase(), path.clone()));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn is_named(text: &str, ending: &str) -> bool {
    text.split('(').next().is_some_and(|name| name.ends_with(ending))
}

/// Asks with an empty body of the kind that the door takes.
async fn ask(guest: &Guest, method: &str, path: &str, is_page: bool) -> Answer {
    let method: Method = method.parse().unwrap();
    let address =
        path.split('/').map(|part| if part.starts_with('{') { NOBODY } else { part }).collect::<Vec<_>>().join("/");
    if is_page {
        let request = guest.request(method.clone(), &format!("/admin{address}"));
        return Answer::to(match (method == Method::GET, WITH_FILES.contains(&path)) {
            (true, _) => request,
            (_, true) => {
                let (kind, body) = multipart(&[], "", b"");
                request.header(CONTENT_TYPE, kind).body(body)
            }
            _ => request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(""),
        })
        .await;
    }
    let body = if [Method::GET, Method::DELETE].contains(&method) { Value::Null } else { json!({}) };
    guest.call(method, &format!("admin{address}"), body).await
}

async fn everybody(table: &[(&str, &str, u16)], is_page: bool) {
    let shop = Workshop::open().await;
    let stranger = shop.server.guest();
    let mut wrong = Vec::new();
    for (method, path, expected) in table {
        // A browser that may log in is led to where it can.
        let outside = if is_page && *method == "GET" { 303 } else { 401 };
        let callers: [(&str, &Guest, u16); 5] = [
            ("a guest", &stranger, outside),
            ("a member", &shop.ann.member, 403),
            ("a moderator", &shop.moderator.member, 403),
            ("an owner", &shop.owner.member, 403),
            ("an admin", &shop.admin.member, *expected),
        ];
        for (who, guest, expected) in callers {
            let answer = ask(guest, method, path, is_page).await;
            if answer.status != expected {
                wrong.push(format!("{method} {path} by {who}: {} instead of {expected}", answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_complete(table: &[(&str, &str, u16)], ending: &str) {
    let stated: BTreeMap<(String, String), u16> =
        table.iter().map(|(method, path, status)| (((*method).to_owned(), (*path).to_owned()), *status)).collect();
    let missing: Vec<_> = routes(ending).into_iter().filter(|route| !stated.contains_key(route)).collect();
    assert!(missing.is_empty(), "no row for {missing:#?}");
    assert_eq!(stated.len(), routes(ending).len(), "a row for a route that is not there");
}

#[tokio::test]
async fn everybody_at_every_door_of_the_consoles_api() {
    is_complete(API, "_api");
    everybody(API, false).await;
}

#[tokio::test]
async fn everybody_on_every_page_of_the_console() {
    is_complete(PAGES, "_pages");
    everybody(PAGES, true).await;
}

#[tokio::test]
async fn who_was_an_admin_is_none_at_once() {
    let shop = Workshop::open().await;
    let second = shop.server.member("second").await;
    shop.admin.member.patch(&format!("admin/users/{}", second.id), json!({"role": "admin"})).await.is(200);
    second.get("admin/settings").await.is(200);
    shop.admin.member.patch(&format!("admin/users/{}", second.id), json!({"role": "member"})).await.is(200);
    second.get("admin/settings").await.refuses(403, "forbidden");
    second.get("/admin/").await.is(403);
}
