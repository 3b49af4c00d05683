//! Every route but the console's (which `admin_routes` calls), called by everybody with the ids of somebody else: a guest, a stranger,
//! a member of the room, its owner, and an admin who is not in it. `table` states what each gets, `place` is what they reach for. A
//! route without a row fails, and so does an answer with a word that is not for its reader.

mod place;
mod table;

use std::collections::BTreeSet;

use reqwest::{Method, header::CONTENT_TYPE};

use self::{
    place::{Place, Stage},
    table::{Caller, ENDLESS, ROWS, Row},
};
use crate::support::{
    client::{Answer, Guest},
    fresh_id,
    picture::{multipart, png},
};

const ROUTES: &str = include_str!("../../../../src/routes.rs");

const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

/// The routes that are not the console's, as the source says them, with `{}` for every id.
fn routed() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for function in ROUTES.split("fn ").skip(1) {
        let prefix = match function.split('(').next().unwrap() {
            "configure" | "classic" | "pages" | "own_addresses" => "",
            "api" => "/api/v1",
            "files" => "/media",
            _ => continue,
        };
        let mut path = String::new();
        for part in function.split(['(', ' ', '\n']) {
            if let Some(text) = part.strip_prefix('"') {
                path = plain(&format!("{prefix}{}", text.split('"').next().unwrap()));
            }
            if METHODS.contains(&part) {
                found.insert((part.to_uppercase(), path.clone()));
            }
        }
    }
    found
}

/// A path without its query, with `{}` for every id.
fn plain(path: &str) -> String {
    let parts = path.split('?').next().unwrap().split('/');
    parts.map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

#[test]
fn every_route_has_a_row() {
    let stated: BTreeSet<_> = ROWS.iter().map(|row| (row.method.to_owned(), plain(row.path))).collect();
    let routed = routed();
    assert!(routed.len() > 110, "the table of routes is not read any more: {routed:?}");
    let missing: Vec<_> = routed.difference(&stated).collect();
    assert!(missing.is_empty(), "no row for {missing:#?}");
    let gone: Vec<_> = stated.difference(&routed).collect();
    assert!(gone.is_empty(), "a row for a route that is not there: {gone:#?}");
}

#[tokio::test]
async fn nobody_gets_at_what_is_somebody_elses_by_any_route() {
    let stage = Stage::set().await;
    let mut place = stage.place().await;
    let mut wrong = Vec::new();
    for row in ROWS {
        for (caller, expected) in Caller::ALL.into_iter().zip(row.statuses) {
            let what = format!("{} {} by {caller:?}", row.method, row.path);
            let guest = stage.browser_of(caller, row).await;
            let answer = ask(&guest, row, &place).await;
            if answer.status != expected {
                wrong.push(format!("{what}: {} instead of {expected}: {}", answer.status, brief(&answer)));
            }
            let asked = place.fill(row.path);
            let mut secrets = stage.secrets_from(caller, &place).into_iter();
            let said = secrets.find(|word| answer.body.contains(word.as_str()) && !asked.contains(word.as_str()));
            if let Some(word) = said {
                wrong.push(format!("{what} says {word}"));
            }
            if answer.status == 404 && row.path.starts_with("/api/v1/") {
                let absent = ask(&guest, row, &Place::absent()).await;
                if (absent.status, &absent.body, absent.fields()) != (404, &answer.body, answer.fields()) {
                    wrong.push(format!("{what}: not like what does not exist: {} and {}", answer.body, absent.body));
                }
            }
            if answer.status < 400 && row.method != "GET" && row.path.contains('{') {
                place = stage.place().await;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    stage.victim_is_unharmed(&place).await;
}

/// What an answer says, in a line.
fn brief(answer: &Answer) -> String {
    answer.body.lines().next().unwrap_or_default().chars().take(150).collect()
}

/// Asks as the row says.
async fn ask(guest: &Guest, row: &Row, place: &Place) -> Answer {
    let method: Method = row.method.parse().unwrap();
    let request = guest.request(method, &place.fill(row.path));
    let body = place.fill(row.body).replace("{fresh}", &fresh_id());
    let request = match body.split_once(':') {
        _ if body.is_empty() => request,
        Some(("form", fields)) => {
            request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(fields.to_owned())
        }
        Some(("file", fields)) => {
            let fields: Vec<_> = fields.split('&').filter_map(|field| field.split_once('=')).collect();
            let (kind, bytes) = multipart(&fields, "a.png", &png(8, 8, [1, 2, 3]));
            request.header(CONTENT_TYPE, kind).body(bytes)
        }
        _ => request.header(CONTENT_TYPE, "application/json").body(body),
    };
    if ENDLESS.contains(&plain(row.path).as_str()) {
        // An endless answer: its status is enough, as what it says is shown elsewhere.
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        return Answer { status, headers, body: String::new(), json: serde_json::Value::Null };
    }
    Answer::to(request).await
}
