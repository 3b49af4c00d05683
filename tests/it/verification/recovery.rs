//! A forgotten password, and what nobody learns by asking for one.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{ADDRESS, ask_for, expire, mailing, other_than, own, ticket, with_both, with_mail};
use crate::support::{
    PASSWORD,
    client::{Guest, Member},
    outside::{PostOffice, code_in},
    program::Program,
    server::Server,
};

const NEW: &str = "another horse 8 电池";

async fn forget(guest: &Guest, account: &str) -> String {
    ticket(&guest.post("recovery", json!({"account": account})).await.is(202).json)
}

fn claim(ticket: &str, code: &str, password: &str) -> Value {
    json!({"ticket": ticket, "code": code, "password": password})
}

/// A server with somebody on it who confirmed their address.
async fn with_ann() -> (Server, PostOffice, Member) {
    let (server, office) = with_mail().await;
    let ann = server.member("ann").await;
    own(&ann, &office, ADDRESS).await;
    (server, office, ann)
}

#[tokio::test]
async fn a_code_sets_a_password_once_ends_every_session_and_tells_the_owner() {
    let (server, office, ann) = with_ann().await;
    let mut tab = ann.connect().await;
    let program = Program::of(&ann, "write").await;
    program.get("me").await.is(200);
    let guest = server.guest();
    let ticket = forget(&guest, "ann").await;
    let letter = office.next(ADDRESS).await;
    let code = letter.code();
    assert!(letter.text().contains("Hello ann") && !letter.header("Subject").contains(&code), "{}", letter.text());
    let weak = guest.post("recovery/password", claim(&ticket, &code, "short")).await.refuses(422, "invalid");
    assert_eq!(weak["codes"], json!({"password": "too_short"}));
    let wrong = guest.post("recovery/password", claim(&ticket, &other_than(&code), NEW)).await.refuses(422, "invalid");
    assert_eq!(wrong["codes"], json!({"code": "wrong_code"}));
    ann.get("me").await.is(200);
    guest.post("recovery/password", claim(&ticket, &code, NEW)).await.is(204);
    tab.expect_close(4001).await;
    ann.get("me").await.is(401);
    program.get("me").await.refuses(401, "bad_token");
    guest.try_login("ann", PASSWORD).await.is(401);
    guest.try_login("ann", NEW).await.is(200);
    assert!(office.next(ADDRESS).await.text().contains("a new password was set"));
    guest.post("recovery/password", claim(&ticket, &code, PASSWORD)).await.refuses(422, "invalid");
    guest.try_login("ann", NEW).await.is(200);
    assert!(!server.log().contains(&code) && !server.log().contains(ADDRESS), "logs name no one");
}

#[tokio::test]
async fn by_name_by_address_and_by_number() {
    let (server, office, gateway) = with_both().await;
    let ann = server.member("ann").await;
    own(&ann, &office, ADDRESS).await;
    let ticket = ask_for(&ann, "phone", "13800138000").await;
    let code = code_in(gateway.next().await.json()["text"].as_str().unwrap()).unwrap();
    ann.put("me/phone", json!({"ticket": ticket, "code": code})).await.is(200);
    let guest = server.guest();
    for account in [" ANN ", "ann@EXAMPLE.org", "Ann@example.org"] {
        forget(&guest, account).await;
        office.next(ADDRESS).await.code();
    }
    for account in ["138 0013 8000", "+86 13800138000"] {
        let ticket = forget(&guest, account).await;
        let request = gateway.next().await.json();
        assert_eq!(request["phone"], "+8613800138000");
        let code = code_in(request["text"].as_str().unwrap()).unwrap();
        guest.post("recovery/password", claim(&ticket, &code, NEW)).await.is(204);
        assert_eq!(gateway.next().await.json()["phone"], "+8613800138000", "all addresses are told");
        office.next(ADDRESS).await;
    }
}

#[tokio::test]
async fn whoever_is_asked_for_the_answers_are_the_same() {
    let (server, office, _ann) = with_ann().await;
    let admin = server.admin("founder").await;
    admin.patch("me", json!({"email": "unconfirmed@example.org"})).await.is(200);
    let eve = server.member("eve").await;
    own(&eve, &office, "eve@example.org").await;
    admin.put(&format!("admin/users/{}/ban", eve.id), json!({})).await.is(200);
    let guest = server.guest();
    let long = "x".repeat(5_000);
    let known = guest.post("recovery", json!({"account": "ann"})).await.is(202);
    let strangers = [
        "nobody",
        "nobody@example.org",
        "+4930123456",
        "unconfirmed@example.org",
        "founder",
        "eve",
        "eve@example.org",
        "",
        "\u{0}",
        "a\u{0}b@example.org",
        "' OR 1=1 --",
        &long,
    ];
    for account in strangers {
        let unknown = guest.post("recovery", json!({"account": account})).await;
        assert_eq!(
            (unknown.status, unknown.fields(), unknown.body.len()),
            (known.status, known.fields(), known.body.len()),
            "{account:?}"
        );
        let (known, unknown) = (ticket(&known.json), ticket(&unknown.json));
        let tries = [claim(&known, "abcdef", NEW), claim(&unknown, "abcdef", NEW), claim(&unknown, "000000", NEW)];
        let mut bodies = Vec::new();
        for body in tries {
            bodies.push(guest.post("recovery/password", body).await.refuses(422, "invalid").body);
        }
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    }
    // Letters go out in their order: had any of those been written to, it would lie before this one.
    office.next(ADDRESS).await.code();
    forget(&guest, "ann").await;
    office.next(ADDRESS).await.code();
    assert!(office.left().is_empty(), "{:?}", office.left());
    // And the pages.
    let pages =
        [guest.submit("/forgot/", &[("account", "ann")]).await, guest.submit("/forgot/", &[("account", "abc")]).await];
    assert_eq!(pages[0].header("location"), pages[1].header("location"));
    assert_eq!(pages[0].status, pages[1].status);
}

#[tokio::test]
async fn a_code_that_nobody_was_sent_is_good_for_nobody() {
    let office = PostOffice::open().await;
    let server = mailing(Server::setup().limits(), &office).start();
    let ann = server.member("ann").await;
    own(&ann, &office, ADDRESS).await;
    server.admin("founder").await;
    let good = || {
        server.database().number(
            &server.data(),
            "SELECT count(*) AS number FROM verifications WHERE purpose = 'recover' AND user_id IS NOT NULL",
        )
    };
    let guest = server.guest();
    forget(&guest, "founder").await;
    assert_eq!(good(), 0, "founder confirmed no address");
    for account in ["ann", ADDRESS, "ANN"] {
        forget(&guest, account).await;
        office.next(ADDRESS).await.code();
    }
    assert_eq!(good(), 3);
    // Two names of one account are one account, and only a code that is not sent may tell nobody so.
    forget(&guest, ADDRESS).await;
    assert_eq!(good(), 3);
    forget(&guest, "nobody").await;
    assert!(office.left().is_empty(), "{:?}", office.left());
}

#[tokio::test]
async fn the_time_of_an_answer_tells_nothing() {
    let (server, office, _ann) = with_ann().await;
    let guest = server.guest();
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..40 {
        for (times, account) in times.iter_mut().zip(["ann", "bob"]) {
            let start = Instant::now();
            forget(&guest, account).await;
            times.push(start.elapsed());
            // The mail server is on this machine too, and would slow down whoever comes next.
            if account == "ann" {
                office.next(ADDRESS).await;
            }
        }
    }
    let [known, unknown] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    let apart = known.abs_diff(unknown);
    assert!(apart < known.max(unknown) / 3 || apart < Duration::from_millis(1), "{known:?} and {unknown:?}");
}

#[tokio::test]
async fn a_code_that_is_over_helps_nobody() {
    let (server, office, ann) = with_ann().await;
    let admin = server.admin("founder").await;
    let guest = server.guest();
    let sent = async || {
        let ticket = forget(&guest, "ann").await;
        (ticket, office.next(ADDRESS).await.code())
    };
    let refused = async |sent: &(String, String), why: &str| {
        let answer = guest.post("recovery/password", claim(&sent.0, &sent.1, NEW)).await;
        assert_eq!((answer.status, &answer["codes"]), (422, &json!({"code": "wrong_code"})), "{why}");
    };
    let first = sent().await;
    for _ in 0..5 {
        guest.post("recovery/password", claim(&first.0, &other_than(&first.1), NEW)).await.is(422);
    }
    refused(&first, "five wrong tries").await;

    let second = sent().await;
    refused(&(first.0.clone(), second.1.clone()), "the ticket of another").await;
    let other = forget(&guest, "nobody").await;
    refused(&(other, second.1.clone()), "the ticket of nobody").await;
    expire(&server);
    refused(&second, "too old").await;

    let third = sent().await;
    ann.put("me/password", json!({"current": PASSWORD, "new": "a third horse 9 电池"})).await.is(204);
    refused(&third, "the password was changed").await;

    let fourth = sent().await;
    admin.put(&format!("admin/users/{}/ban", ann.id), json!({})).await.is(200);
    refused(&fourth, "banned").await;
    admin.delete(&format!("admin/users/{}/ban", ann.id)).await.is(200);
    guest.try_login("ann", NEW).await.is(401);
    guest.try_login("ann", "a third horse 9 电池").await.is(200);
}

#[tokio::test]
async fn a_recovery_voids_an_admins_link() {
    let (server, office, ann) = with_ann().await;
    let admin = server.admin("founder").await;
    let made = admin.post(&format!("admin/users/{}/reset", ann.id), Value::Null).await.is(201);
    let token = made["reset"]["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let guest = server.guest();
    let ticket = forget(&guest, ADDRESS).await;
    let code = office.next(ADDRESS).await.code();
    guest.post("recovery/password", claim(&ticket, &code, NEW)).await.is(204);
    guest.post("reset", json!({"token": token, "password": PASSWORD})).await.refuses(403, "reset_invalid");
}

#[tokio::test]
async fn a_changed_address_takes_its_codes_along() {
    let (server, office, ann) = with_ann().await;
    let guest = server.guest();
    let ticket = forget(&guest, "ann").await;
    let code = office.next(ADDRESS).await.code();
    own(&ann, &office, "new@example.org").await;
    guest.post("recovery/password", claim(&ticket, &code, NEW)).await.refuses(422, "invalid");
}

#[tokio::test]
async fn the_two_pages_work_without_a_script_and_in_one_browser_alone() {
    let (server, office, ann) = with_ann().await;
    let guest = server.guest();
    assert!(guest.get("/login/").await.is(200).body.contains("href=\"/forgot/\""));
    assert_eq!(guest.get("/forgot/code").await.is(303).header("location"), "/forgot/");
    assert!(guest.get("/forgot/").await.is(200).body.contains("name=\"account\""));
    let sent = guest.submit("/forgot/", &[("account", "ann")]).await.is(303);
    assert_eq!(sent.header("location"), "/forgot/code");
    let cookie = sent.set_cookie("code").unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/forgot/"),
        "{cookie}"
    );
    let code = office.next(ADDRESS).await.code();
    let page = guest.get("/forgot/code").await.is(200).body;
    assert!(page.contains("one-time-code") && !page.contains(ADDRESS), "{page}");
    let fields = [("code", code.as_str()), ("password", NEW)];
    server.guest().submit("/forgot/code", &fields).await.is(422);
    let weak = guest.submit("/forgot/code", &[("code", &code), ("password", "ann")]).await.is(422).body;
    assert!(weak.contains("At least 8 characters"), "{weak}");
    let done = guest.submit("/forgot/code", &fields).await.is(303);
    assert!(guest.get(done.header("location")).await.is(200).body.contains("Your new password is set"));
    assert_eq!(guest.get("/forgot/code").await.is(303).header("location"), "/forgot/");
    ann.get("me").await.is(401);
    guest.try_login("ann", NEW).await.is(200);
}

#[tokio::test]
async fn letters_speak_the_language_of_who_reads_them() {
    let (server, office, ann) = with_ann().await;
    ann.patch("me", json!({"locale": "zh-CN"})).await.is(200);
    forget(&server.guest(), "ann").await;
    let letter = office.next(ADDRESS).await;
    assert_eq!(letter.header("Subject"), "重设 Parlor 密码");
    assert!(letter.text().contains("ann，你好") && letter.text().contains(&letter.code()), "{}", letter.text());
}
