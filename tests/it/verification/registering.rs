//! Registering with an address that was confirmed first.

use serde_json::json;

use super::{ADDRESS, ask, expire, mailing, newcomer, other_than, own, ticket, with_both, with_mail};
use crate::support::{
    PASSWORD, eventually,
    outside::{PostOffice, code_in},
    server::Server,
};

#[tokio::test]
async fn where_an_address_is_needed_nobody_registers_without_its_code() {
    let (server, office) = with_mail().await;
    let admin = server.admin("founder").await;
    admin.patch("admin/settings", json!({"verify_email": "required"})).await.is(200);
    let guest = server.guest();
    let bare = json!({"username": "ann", "password": PASSWORD});
    let refused = guest.post("register", bare).await.refuses(422, "invalid");
    assert_eq!(refused["codes"], json!({"email": "required"}));
    let unproven = json!({"username": "ann", "password": PASSWORD, "email": ADDRESS});
    let refused = guest.post("register", unproven).await.refuses(422, "invalid");
    assert_eq!(refused["codes"], json!({"email_code": "required"}));

    let ticket = ask(&guest, " Ann@EXAMPLE.org ").await;
    assert_eq!(ticket.len(), 43, "256 bits");
    let mail = office.next("Ann@example.org").await;
    let code = mail.code();
    assert_eq!((mail.from.as_str(), mail.header("From").as_str()), ("chat@example.org", "Parlor <chat@example.org>"));
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert!(!mail.header("Subject").contains(&code), "a locked screen shows subjects");
    for secret in [&ticket, &code] {
        assert_eq!(server.database().places_of(&server.data(), secret), Vec::<String>::new(), "only hashes are stored");
        assert!(!server.log().contains(secret));
    }
    let wrong = newcomer("ann", ADDRESS, &ticket, &other_than(&code));
    let refused = guest.post("register", wrong).await.refuses(422, "invalid");
    assert_eq!(refused["codes"], json!({"email_code": "wrong_code"}));
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    guest.post("register", newcomer("ann", ADDRESS, &ticket, &spaced)).await.is(201);
    let me = guest.get("me").await.is(200);
    let written = "Ann@example.org";
    assert_eq!((&me["user"]["email"], &me["user"]["email_confirmed"]), (&json!(written), &json!(true)));
    let twice = newcomer("ann2", ADDRESS, &ticket, &code);
    assert_eq!(
        server.guest().post("register", twice).await.refuses(422, "invalid")["codes"]["email_code"],
        "wrong_code"
    );
}

#[tokio::test]
async fn a_name_that_is_taken_does_not_use_up_the_code() {
    let (server, office) = with_mail().await;
    server.member("taken").await;
    let guest = server.guest();
    let ticket = ask(&guest, ADDRESS).await;
    let code = office.next(ADDRESS).await.code();
    for _ in 0..7 {
        guest.post("register", newcomer("taken", ADDRESS, &ticket, &code)).await.refuses(409, "taken");
    }
    guest.post("register", newcomer("ann", ADDRESS, &ticket, &code)).await.is(201);
}

#[tokio::test]
async fn a_code_is_good_for_its_ticket_its_address_and_five_minutes() {
    let (server, office) = with_mail().await;
    let guest = server.guest();
    let (ticket, other) = (ask(&guest, ADDRESS).await, ask(&guest, "bob@example.org").await);
    let code = office.next(ADDRESS).await.code();
    let refused = async |email: &str, ticket: &str, code: &str, why: &str| {
        let answer = guest.post("register", newcomer("ann", email, ticket, code)).await;
        assert_eq!((answer.status, &answer["codes"]), (422, &json!({"email_code": "wrong_code"})), "{why}");
    };
    refused("bob@example.org", &ticket, &code, "another address").await;
    refused(ADDRESS, &other, &code, "the ticket of another").await;
    refused(ADDRESS, "", &code, "no ticket").await;
    refused(ADDRESS, "nonsense\0", &code, "no ticket of ours").await;
    for nonsense in ["12345", "1234567", "abcdef", "\u{0}", &"1".repeat(5_000)] {
        refused(ADDRESS, &ticket, nonsense, "no code").await;
    }
    let claim = json!({"ticket": ticket, "code": code, "password": PASSWORD});
    let elsewhere = guest.post("recovery/password", claim).await.refuses(422, "invalid");
    assert_eq!(elsewhere["codes"]["code"], "wrong_code", "another purpose");
    expire(&server);
    refused(ADDRESS, &ticket, &code, "too old").await;
    guest.get("me").await.is(401);
}

#[tokio::test]
async fn a_code_lives_five_minutes_and_old_ones_are_swept() {
    let (mut server, office) = with_mail().await;
    let answer = server.guest().post("register/code", json!({"email": ADDRESS})).await.is(202);
    let end: chrono::DateTime<chrono::Utc> = answer["expires_at"].as_str().unwrap().parse().unwrap();
    let left = (end - chrono::Utc::now()).num_seconds();
    assert!((270..=300).contains(&left), "{left}");
    office.next(ADDRESS).await;
    let count = || server.database().number(&server.data(), "SELECT count(*) AS number FROM verifications");
    assert_eq!(count(), 1);
    expire(&server);
    server.stop();
    server.restart();
    let count = || server.database().number(&server.data(), "SELECT count(*) AS number FROM verifications");
    eventually("it is gone", async || count() == 0).await;
}

#[tokio::test]
async fn five_tries_and_then_not_even_the_right_code() {
    let (server, office) = with_mail().await;
    let guest = server.guest();
    let tickets = [ask(&guest, ADDRESS).await, ask(&guest, ADDRESS).await];
    for (ticket, wrong, status) in [(&tickets[0], 5, 422), (&tickets[1], 4, 201)] {
        let code = office.next(ADDRESS).await.code();
        let tries = (0..wrong).map(|_| guest.post("register", newcomer("ann", ADDRESS, ticket, &other_than(&code))));
        for answer in futures_util::future::join_all(tries).await {
            answer.is(422);
        }
        guest.post("register", newcomer("ann", ADDRESS, ticket, &code)).await.is(status);
    }
}

#[tokio::test]
async fn of_many_who_register_with_a_code_at_once_one_does() {
    let (server, office) = with_mail().await;
    let ticket = ask(&server.guest(), ADDRESS).await;
    let code = office.next(ADDRESS).await.code();
    let tries = (0..4).map(|number| {
        let (guest, body) = (server.guest(), newcomer(&format!("ann{number}"), ADDRESS, &ticket, &code));
        async move { guest.post("register", body).await.status }
    });
    let mut answers = futures_util::future::join_all(tries).await;
    answers.sort_unstable();
    assert_eq!(answers[0], 201);
    assert!(answers[1..].iter().all(|status| [409, 422].contains(status)), "{answers:?}");
}

#[tokio::test]
async fn an_address_that_somebody_has_gets_the_same_answer_and_a_letter_without_a_code() {
    let (server, office) = with_mail().await;
    let ann = server.member("ann").await;
    own(&ann, &office, ADDRESS).await;
    let guest = server.guest();
    let known = guest.post("register/code", json!({"email": "ANN@example.org"})).await.is(202);
    let fresh = guest.post("register/code", json!({"email": "bob@example.org"})).await.is(202);
    assert_eq!(known.fields(), fresh.fields());
    assert_eq!(known.body.len(), fresh.body.len());
    let letter = office.next(ADDRESS).await;
    assert!(letter.text().contains("your account ann") && code_in(&letter.text()).is_none(), "{}", letter.text());
    office.next("bob@example.org").await.code();
    let body = newcomer("mallory", ADDRESS, &ticket(&known.json), "000000");
    guest.post("register", body).await.refuses(422, "invalid");
}

#[tokio::test]
async fn the_pages_take_the_address_first_and_work_without_a_script() {
    let (server, office) = with_mail().await;
    let admin = server.admin("founder").await;
    admin.patch("admin/settings", json!({"verify_email": "required"})).await.is(200);
    let guest = server.guest();
    let first = guest.get("/register/").await.is(200).body;
    assert!(first.contains("action=\"/register/code\"") && !first.contains("name=\"username\""), "{first}");
    let wrong = guest.submit("/register/code", &[("email", "nobody")]).await.is(422).body;
    assert!(wrong.contains("value=\"nobody\"") && wrong.contains("aria-invalid"), "{wrong}");
    let sent = guest.submit("/register/code", &[("email", ADDRESS)]).await.is(303);
    assert_eq!(sent.header("location"), "/register/");
    let code = office.next(ADDRESS).await.code();
    let second = guest.get("/register/").await.is(200).body;
    assert!(second.contains(&format!("value=\"{ADDRESS}\" readonly")) && second.contains("one-time-code"), "{second}");
    let ticket = second.split("name=\"email_ticket\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(guest.get("/register/?again=1").await.is(200).body.contains("action=\"/register/code\""));
    assert!(
        server.guest().get("/register/").await.is(200).body.contains("action=\"/register/code\""),
        "another browser"
    );
    let with = |code| {
        [
            ("username", "ann"),
            ("password", PASSWORD),
            ("email", ADDRESS),
            ("email_ticket", ticket),
            ("email_code", code),
        ]
    };
    let refused = guest.submit("/register/", &with("12")).await.is(422).body;
    assert!(
        refused.contains("wrong, used or too old") && refused.contains(ticket) && refused.contains("value=\"ann\"")
    );
    let done = guest.submit("/register/", &with(&code)).await.is(303);
    assert_eq!(done.header("location"), "/");
    assert!(done.set_cookie("code").unwrap().starts_with(';'), "the ticket is forgotten");
    assert_eq!(guest.get("me").await.is(200)["user"]["email_confirmed"], true);
}

#[tokio::test]
async fn both_addresses_may_be_needed() {
    let (server, office, gateway) = with_both().await;
    let admin = server.admin("founder").await;
    admin.patch("admin/settings", json!({"verify_email": "required", "verify_phone": "required"})).await.is(200);
    let guest = server.guest();
    let half = guest.submit("/register/code", &[("email", ADDRESS), ("phone", "123")]).await.is(422);
    assert!(half.set_cookie("code").is_none());
    guest.submit("/register/code", &[("email", ADDRESS), ("phone", "138 0013 8000")]).await.is(303);
    let letter = office.next(ADDRESS).await;
    assert!(office.left().is_empty(), "nothing is sent while one of two is wrong");
    let message = gateway.next().await.json();
    assert_eq!(message["phone"], "+8613800138000");
    let page = guest.get("/register/").await.is(200).body;
    let hidden = |name: &str| {
        page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let (email_code, phone_code) = (letter.code(), code_in(message["text"].as_str().unwrap()).unwrap());
    let proof = |ticket: String, code: &str| json!({"ticket": ticket, "code": code});
    let body = |phone_code: &str| {
        json!({
            "username": "ann", "password": PASSWORD, "email": ADDRESS, "phone": "+8613800138000",
            "email_proof": proof(hidden("email_ticket"), &email_code), "phone_proof": proof(hidden("phone_ticket"), phone_code),
        })
    };
    let refused = guest.post("register", body(&other_than(&phone_code))).await.refuses(422, "invalid");
    assert_eq!(refused["codes"], json!({"phone_code": "wrong_code"}));
    let me = guest.post("register", body(&phone_code)).await.is(201);
    assert_eq!((&me["user"]["email_confirmed"], &me["user"]["phone_confirmed"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn whoever_may_not_register_has_no_letters_sent() {
    let (server, office) = with_mail().await;
    let admin = server.admin("founder").await;
    let guest = server.guest();
    admin.patch("admin/settings", json!({"registration": "closed"})).await.is(200);
    guest.post("register/code", json!({"email": "a@example.org"})).await.refuses(403, "registration_closed");
    admin.patch("admin/settings", json!({"registration": "invite"})).await.is(200);
    guest.post("register/code", json!({"email": "b@example.org"})).await.refuses(403, "invite_needed");
    let bad = json!({"email": "c@example.org", "invite": "nonsense"});
    guest.post("register/code", bad).await.refuses(403, "invite_invalid");
    let invite = admin.post("admin/invites", json!({})).await.is(201);
    let token = invite["token"].as_str().unwrap();
    guest.post("register/code", json!({"email": "d@example.org", "invite": token})).await.is(202);
    office.next("d@example.org").await.code();
    assert!(office.left().is_empty());
    // On the pages, the invitation travels along.
    admin.patch("admin/settings", json!({"verify_email": "required"})).await.is(200);
    let first = guest.get(&format!("/register/?invite={token}")).await.is(200).body;
    assert!(first.contains(token), "{first}");
    guest.submit("/register/code", &[("email", "e@example.org"), ("invite", token)]).await.is(303);
    assert!(guest.get("/register/").await.is(200).body.contains(token));
}

#[tokio::test]
async fn nobody_adds_to_the_header_of_a_letter() {
    let (server, office) = with_mail().await;
    let admin = server.admin("founder").await;
    let guest = server.guest();
    for email in [
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org\nX: y",
        "a@example.org,b@example.org",
        "<a@example.org>",
        "a\0@example.org",
    ] {
        let refused = guest.post("register/code", json!({"email": email})).await.refuses(422, "invalid");
        assert_eq!(refused["codes"], json!({"email": "invalid"}), "{email:?}");
    }
    for phone in ["+49301234567\r\nX: y", "+4930\"}", "abc"] {
        guest.post("register/code", json!({"phone": phone})).await.any_of(&[403, 422]);
    }
    for body in [
        json!({}),
        json!({"email": "a@example.org", "phone": "+4930123456"}),
        json!({"email": 1}),
        json!({"mail": "x"}),
    ] {
        guest.post("register/code", body).await.refuses(422, "invalid");
    }
    for (name, value) in
        [("mail_sender", "A\r\nBcc: x@y.zz"), ("mail_from", "a@example.org\r\nX: y"), ("mail_from", "nobody")]
    {
        let refused = admin.patch("admin/settings", json!({name: value})).await.refuses(422, "invalid");
        assert!(["invalid", "fixed"].contains(&refused["codes"][name].as_str().unwrap()), "{}", refused.body);
    }
    admin.patch("admin/settings", json!({"mail_sender": "Bob <x@y.zz>, \"青禾\"", "site_name": "青禾"})).await.is(200);
    ask(&guest, ADDRESS).await;
    let mail = office.next(ADDRESS).await;
    assert!(mail.header("From").ends_with("<chat@example.org>"), "{}", mail.raw);
    assert!(!mail.raw.contains("<x@y.zz>"), "{}", mail.raw);
    assert!(office.left().is_empty());
}

#[tokio::test]
async fn letters_are_limited_by_address_and_by_where_they_are_asked_from() {
    let office = PostOffice::open().await;
    let server = mailing(Server::setup().limits(), &office).start();
    let guest = server.guest();
    for email in [ADDRESS, "ANN@example.org", "Ann@EXAMPLE.ORG"] {
        guest.post("register/code", json!({"email": email})).await.is(202);
    }
    let refused = guest.post("register/code", json!({"email": ADDRESS})).await.refuses(429, "rate_limited");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((200..=300).contains(&wait), "one every five minutes: {wait}");
    for number in 0..16 {
        guest.post("register/code", json!({"email": format!("a{number}@example.org")})).await.is(202);
    }
    let refused = guest.post("register/code", json!({"email": "last@example.org"})).await.refuses(429, "rate_limited");
    assert_ne!(refused.header("retry-after"), "");
    let page = guest.submit("/forgot/", &[("account", "ann")]).await.is(429);
    assert!(page.body.contains("Too many tries"), "{}", page.body);
    assert_ne!(page.header("retry-after"), "");
}

#[tokio::test]
async fn guesses_are_limited_by_where_they_come_from() {
    let office = PostOffice::open().await;
    let server = mailing(Server::setup().limits(), &office).start();
    let guest = server.guest();
    let guess = json!({"ticket": "x", "code": "123456", "password": PASSWORD});
    for _ in 0..30 {
        guest.post("recovery/password", guess.clone()).await.refuses(422, "invalid");
    }
    let refused = guest.post("recovery/password", guess).await.refuses(429, "rate_limited");
    assert!((1..=20).contains(&refused.header("retry-after").parse().unwrap()));
}
