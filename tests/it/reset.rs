//! One-time links to a new password: good once, for a day, for who is active, and known to nobody but who holds them.

use serde_json::{Value, json};

use crate::support::{PASSWORD, client::Member, server::Server};

const NEW: &str = "another horse 8 电池";

async fn issue(admin: &Member, whom: &Member) -> String {
    let made = admin.post(&format!("admin/users/{}/reset", whom.id), Value::Null).await.is(201);
    let url = made["reset"]["url"].as_str().unwrap();
    let token = url.strip_prefix(&format!("{}/reset/#", admin.site().origin())).expect("it stands in the fragment");
    token.to_owned()
}

fn body(token: &str, password: &str) -> Value {
    json!({"token": token, "password": password})
}

#[tokio::test]
async fn a_link_sets_a_password_once_and_ends_every_session() {
    let server = Server::start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    let mut tab = ann.connect().await;
    let token = issue(&admin, &ann).await;
    assert_eq!(token.len(), 43, "256 bits");
    assert_eq!(server.database().places_of(&server.data(), &token), Vec::<String>::new(), "only its hash is stored");
    assert!(!server.log().contains(&token));
    let guest = server.guest();
    let weak = guest.post("reset", body(&token, "short")).await.refuses(422, "invalid");
    assert_eq!(weak["codes"]["password"], "too_short");
    guest.post("reset", body(&token, "ann")).await.refuses(422, "invalid");
    guest.post("reset", body(&token, NEW)).await.is(204);
    tab.expect_close(4001).await;
    ann.get("me").await.is(401);
    guest.try_login("ann", PASSWORD).await.is(401);
    guest.try_login("ann", NEW).await.is(200);
    guest.post("reset", body(&token, PASSWORD)).await.refuses(403, "reset_invalid");
    guest.try_login("ann", NEW).await.is(200);
}

#[tokio::test]
async fn the_form_does_the_same_and_leads_to_the_login() {
    let server = Server::start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    let shown = admin.submit(&format!("/admin/users/{}/reset", ann.id), &[]).await.is(200).body;
    let token = shown.split_once("/reset/#").expect("the link is shown").1.split_once('"').unwrap().0;
    let page = format!("/admin/users/{}/", ann.id);
    let later = admin.get(&page).await.is(200).body;
    assert!(!later.contains(token) && later.contains("A link is out"), "it is shown once");
    let guest = server.guest();
    assert!(
        guest.get("/reset/").await.is(200).body.contains("name=\"token\""),
        "there is a field for who runs no scripts"
    );
    let refused = guest.submit("/reset/", &[("token", token), ("password", "short")]).await.is(422).body;
    assert!(refused.contains(token), "what was typed is kept");
    guest.submit("/reset/", &[("token", "nonsense"), ("password", NEW)]).await.is(403);
    let done = guest.submit("/reset/", &[("token", token), ("password", NEW)]).await.is(303);
    let login = guest.get(done.header("location")).await.is(200).body;
    assert!(login.contains("Your new password is set"), "{login}");
    guest.try_login("ann", NEW).await.is(200);
}

#[tokio::test]
async fn a_link_that_is_over_helps_nobody() {
    let server = Server::start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    let guest = server.guest();
    let refused = async |token: &str, why: &str| {
        let answer = guest.post("reset", body(token, NEW)).await;
        assert_eq!((answer.status, &answer["code"]), (403, &json!("reset_invalid")), "{why}");
    };
    let first = issue(&admin, &ann).await;
    let second = issue(&admin, &ann).await;
    refused(&first, "a newer one voids it").await;

    ann.put("me/password", json!({"current": PASSWORD, "new": NEW})).await.is(204);
    refused(&second, "the password was changed").await;

    let third = issue(&admin, &ann).await;
    admin.delete(&format!("admin/users/{}/reset", ann.id)).await.is(204);
    refused(&third, "an admin voided it").await;

    let fourth = issue(&admin, &ann).await;
    server.database().execute(&server.data(), "UPDATE password_resets SET expires_at = '2020-01-01 00:00:00'");
    refused(&fourth, "it is too old").await;

    let fifth = issue(&admin, &ann).await;
    admin.put(&format!("admin/users/{}/ban", ann.id), json!({})).await.is(200);
    refused(&fifth, "she is banned").await;
    admin.post(&format!("admin/users/{}/reset", ann.id), Value::Null).await.refuses(409, "banned");
    admin.delete(&format!("admin/users/{}/ban", ann.id)).await.is(200);
    admin.put(&format!("admin/users/{}/deactivation", ann.id), json!({})).await.is(200);
    refused(&fifth, "she is deactivated").await;
    admin.post(&format!("admin/users/{}/reset", ann.id), Value::Null).await.refuses(409, "deactivated");
    for nonsense in ["", "x", "\u{0}", &"x".repeat(5_000)] {
        refused(nonsense, "it never was one").await;
    }
    admin.post("admin/users/999/reset", Value::Null).await.refuses(404, "not_found");
    guest.try_login("ann", PASSWORD).await.is(401);
}

#[tokio::test]
async fn of_many_who_use_a_link_at_once_one_sets_the_password() {
    let server = Server::start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    let token = issue(&admin, &ann).await;
    let tries = (0..8).map(|number| {
        let (guest, token) = (server.guest(), token.clone());
        async move { (number, guest.post("reset", body(&token, &format!("{NEW} {number}"))).await) }
    });
    let answers = futures_util::future::join_all(tries).await;
    let won: Vec<_> = answers.iter().filter(|(_, answer)| answer.status == 204).map(|(number, _)| *number).collect();
    assert_eq!(won.len(), 1, "{:?}", answers.iter().map(|(_, answer)| answer.status).collect::<Vec<_>>());
    server.guest().try_login("ann", &format!("{NEW} {}", won[0])).await.is(200);
}

#[tokio::test]
async fn guessing_at_links_is_slowed_down() {
    let server = Server::setup().limits().start();
    let guest = server.guest();
    for _ in 0..10 {
        guest.post("reset", body("guess", NEW)).await.refuses(403, "reset_invalid");
    }
    guest.post("reset", body("guess", NEW)).await.refuses(429, "rate_limited");
}
