//! How letters leave the server, and what an admin sees of it.

use serde_json::{Value, json};

use super::{ADDRESS, ask, mailing, newcomer, own, with_both, with_mail};
use crate::support::{
    PASSWORD, eventually,
    outside::{Gateway, PostOffice},
    server::Server,
};

#[tokio::test]
async fn without_configuration_nothing_is_offered_and_everything_says_so() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let guest = server.guest();
    guest.post("register/code", json!({"email": ADDRESS})).await.refuses(403, "verification_off");
    guest.post("recovery", json!({"account": "founder"})).await.refuses(403, "recovery_off");
    let body = json!({"address": ADDRESS, "password": PASSWORD});
    admin.post("me/email/code", body).await.refuses(403, "verification_off");
    assert!(!guest.get("/login/").await.is(200).body.contains("/forgot/"));
    let forgot = guest.get("/forgot/").await.is(200).body;
    assert!(forgot.contains("An admin can give you a one-time link") && !forgot.contains("<input class=\"input\""));
    guest.submit("/forgot/", &[("account", "founder")]).await.is(403);
    let account = admin.get("/account/").await.is(200).body;
    assert!(account.contains("name=\"email\"") && !account.contains("/account/email/"));
    assert!(admin.get("/account/email/").await.is(200).body.contains("sends no codes"));
    let refused = admin.patch("admin/settings", json!({"verify_email": "required"})).await.refuses(422, "invalid");
    assert_eq!(refused["codes"], json!({"verify_email": "mail_off"}));
    assert_eq!(admin.get("admin/mail").await.is(200)["mail"], json!({"email": null, "phone": null}));
    admin.post("admin/mail/email/test", Value::Null).await.refuses(409, "mail_off");
    assert!(admin.get("/admin/settings/").await.is(200).body.contains("PARLOR_SMTP_URL"));
    server.member("ann").await;
}

#[tokio::test]
async fn a_door_that_needs_codes_stays_shut_when_none_can_be_sent() {
    let (office, mut flags) = (PostOffice::open().await, Vec::new());
    let url = office.url("");
    flags.extend(["--smtp-url", url.as_str()]);
    let server = Server::setup().flag(&flags).start();
    let admin = server.admin("founder").await;
    admin.patch("admin/settings", json!({"verify_email": "required"})).await.refuses(422, "invalid");
    assert!(admin.get("/admin/settings/").await.is(200).body.contains("no sender’s address yet"));
    admin.patch("admin/settings", json!({"mail_from": "chat@example.org", "verify_email": "optional"})).await.is(200);
    admin.patch("admin/settings", json!({"verify_email": "required"})).await.is(200);
    admin.patch("admin/settings", json!({"mail_from": null})).await.is(200);
    let guest = server.guest();
    let body = json!({"username": "ann", "password": PASSWORD, "email": ADDRESS});
    guest.post("register", body).await.refuses(403, "verification_off");
    let page = guest.get("/register/").await.is(200).body;
    assert!(page.contains("cannot send codes at the moment") && !page.contains("name=\"email\""), "{page}");
}

#[tokio::test]
async fn what_the_mail_server_refuses_for_now_is_tried_again() {
    let (server, office) = with_mail().await;
    let admin = server.admin("founder").await;
    office.refuse("451 4.7.1 come back later");
    ask(&server.guest(), ADDRESS).await;
    office.next(ADDRESS).await.code();
    let record = async || admin.get("admin/mail").await.is(200)["mail"]["email"].clone();
    eventually("it is noted", async || record().await["delivered"] == 1).await;
    let record = record().await;
    assert_eq!((&record["failed"], &record["waiting"]), (&json!(0), &json!(0)));
    assert!(record["failure"]["text"].as_str().unwrap().contains("come back later"), "{record}");
}

#[tokio::test]
async fn what_it_refuses_for_good_is_shown_to_the_admin_without_the_addressee() {
    let (server, office) = with_mail().await;
    let admin = server.admin("founder").await;
    office.refuse(&format!("550 5.1.1 no {ADDRESS} here"));
    ask(&server.guest(), ADDRESS).await;
    let record = async || admin.get("admin/mail").await.is(200)["mail"]["email"].clone();
    eventually("it is noted", async || record().await["failed"] == 1).await;
    let text = record().await["failure"]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("5.1.1 no … here"), "{text}");
    let page = admin.get("/admin/settings/").await.is(200).body;
    assert!(page.contains("5.1.1 no … here") && page.contains("1 given up"), "{page}");
    assert!(server.log().contains("a letter was not delivered") && !server.log().contains(ADDRESS));
    assert!(office.left().is_empty());
}

#[tokio::test]
async fn a_test_says_what_came_of_it_on_the_spot() {
    let (server, office, gateway) = with_both().await;
    let admin = server.admin("founder").await;
    admin.post("admin/mail/email/test", Value::Null).await.refuses(409, "no_address");
    own(&admin, &office, ADDRESS).await;
    let answer = admin.post("admin/mail/email/test", Value::Null).await.is(200);
    assert_eq!(answer.json, json!({"delivered": true, "error": null}));
    assert!(office.next(ADDRESS).await.text().contains("can send mail"));
    office.refuse("554 5.7.1 not from you");
    let answer = admin.post("admin/mail/email/test", Value::Null).await.is(200);
    assert_eq!(answer["delivered"], false);
    assert!(answer["error"].as_str().unwrap().contains("5.7.1 not from you"), "{}", answer.body);
    let done = admin.submit("/admin/mail/email/test", &[("site_name", "ignored")]).await.is(303);
    assert!(admin.get(done.header("location")).await.is(200).body.contains("Look whether it arrives"));
    office.refuse("554 5.7.1 not from you");
    let done = admin.submit("/admin/mail/email/test", &[]).await.is(303);
    assert!(admin.get(done.header("location")).await.is(200).body.contains("Not handed over: "));
    admin.patch("me", json!({"phone": "+4930123456"})).await.is(200);
    gateway.answer("500 Down", "ask +4930123456 later");
    let answer = admin.post("admin/mail/phone/test", Value::Null).await.is(200);
    assert_eq!(answer["error"], "500 ask … later");
    admin.post("admin/mail/pigeon/test", Value::Null).await.refuses(404, "not_found");
    let log = admin.get("admin/audit?act=mail.test").await.is(200);
    assert_eq!(log["entries"].as_array().unwrap().len(), 5);
    assert_eq!(admin.get("admin/settings").await.is(200)["settings"][0]["value"], "Parlor", "the form was not saved");
}

#[tokio::test]
async fn tests_are_limited() {
    let office = PostOffice::open().await;
    let server = mailing(Server::setup().limits(), &office).start();
    let admin = server.admin("founder").await;
    own(&admin, &office, ADDRESS).await;
    for _ in 0..3 {
        assert_eq!(admin.post("admin/mail/email/test", Value::Null).await.is(200)["delivered"], true);
    }
    admin.post("admin/mail/email/test", Value::Null).await.refuses(429, "rate_limited");
}

#[tokio::test]
async fn a_mail_server_that_is_down_holds_nobody_up() {
    let flags = ["--smtp-url", "smtp://127.0.0.1:1?tls=none", "--mail-from", "chat@example.org"];
    let server = Server::setup().flag(&flags).start();
    let admin = server.admin("founder").await;
    admin.patch("me", json!({"email": ADDRESS})).await.is(200);
    let answer = admin.post("admin/mail/email/test", Value::Null).await.is(200);
    assert_eq!(answer["delivered"], false);
    assert!(answer["error"].as_str().unwrap().to_lowercase().contains("refused"), "{}", answer.body);
    ask(&server.guest(), ADDRESS).await;
    ask(&server.guest(), ADDRESS).await;
}

#[tokio::test]
async fn passwords_of_the_mail_server_are_used_and_never_shown() {
    let office = PostOffice::open().await;
    let url = office.url("chat%40example.org:s3cr%2Fet@");
    let server = Server::setup().flag(&["--smtp-url", &url, "--log", "debug"]).start();
    let admin = server.admin("founder").await;
    own(&admin, &office, ADDRESS).await;
    admin.post("admin/mail/email/test", Value::Null).await.is(200);
    let mail = office.next(ADDRESS).await;
    assert_eq!((mail.login.as_str(), mail.from.as_str()), ("chat@example.org s3cr/et", "chat@example.org"));
    let shown = admin.get("admin/mail").await.is(200).body + &admin.get("/admin/settings/").await.is(200).body;
    assert!(shown.contains("smtp://chat%40example.org@127.0.0.1") && !shown.contains("s3cr"), "{shown}");
    assert!(!server.log().contains("s3cr") && !server.log().contains("czNjci"));
}

#[tokio::test]
async fn in_development_codes_go_to_the_log_at_level_debug() {
    let server = Server::setup().flag(&["--dev", "--log", "info,parlor=debug"]).start();
    let guest = server.guest();
    let ticket = ask(&guest, ADDRESS).await;
    let code = || {
        let log = server.log();
        let line = log.lines().find(|line| line.contains("because of --dev"))?.to_owned();
        assert!(line.contains("DEBUG") && line.contains(ADDRESS), "{line}");
        line.split("code=\"").nth(1)?.get(..6).map(str::to_owned)
    };
    eventually("the code is logged", async || code().is_some()).await;
    guest.post("register", newcomer("ann", ADDRESS, &ticket, &code().unwrap())).await.is(201);

    let quiet = Server::setup().flag(&["--dev"]).start();
    let admin = quiet.admin("founder").await;
    ask(&quiet.guest(), ADDRESS).await;
    eventually("it was let go", async || admin.get("admin/mail").await["mail"]["email"]["delivered"] == 1).await;
    assert!(!quiet.log().contains("--dev"));
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_at_the_start_without_their_secrets() {
    let mut server = Server::start();
    server.stop();
    for (flags, named) in [
        (["--smtp-url", "mail.example.org:s3cret"], "--smtp-url"),
        (["--smtp-url", "smtps://a:s3cret@mail.example.org?tls=maybe"], "--smtp-url"),
        (["--mail-from", "nobody"], "--mail-from"),
        (["--sms-url", "ftp://s3cret@sms.example.org"], "--sms-url"),
        (["--dev", "--trusted-proxies=10.0.0.1"], "--dev"),
    ] {
        let said = server.refuses_to_start(&flags);
        assert!(said.contains(named) && !said.contains("s3cret"), "{said}");
    }
    let url = ["--sms-url", "https://sms.example.org", "--sms-headers", "Authorization: s3cret"];
    let said = server.refuses_to_start(&url);
    assert!(said.contains("--sms-headers") && !said.contains("s3cret"), "{said}");
}

#[tokio::test]
async fn a_gateway_that_says_no_is_noted_and_one_that_is_busy_is_asked_again() {
    let gateway = Gateway::open().await;
    let server = Server::setup().flag(&["--sms-url", &gateway.url("/")]).start();
    let admin = server.admin("founder").await;
    gateway.answer("503 Busy", "");
    gateway.answer("400 No", "no credit");
    server.guest().post("register/code", json!({"phone": "+4930123456"})).await.is(202);
    let record = async || admin.get("admin/mail").await.is(200)["mail"]["phone"].clone();
    eventually("it was given up", async || record().await["failed"] == 1).await;
    assert_eq!(record().await["failure"]["text"], "400 no credit");
    assert_eq!((gateway.next().await.line, gateway.next().await.line), ("POST /".to_owned(), "POST /".to_owned()));
}

#[tokio::test]
async fn addresses_of_the_programs_before_lead_on() {
    let server = Server::start();
    let guest = server.guest();
    for (old, new) in [
        ("/verify/signup", "/register/"),
        ("/verify/signin", "/login/"),
        ("/verify/pwd_reset", "/forgot/"),
        ("/im", "/"),
        ("/im/", "/"),
    ] {
        assert_eq!(guest.get(old).await.is(303).header("location"), new);
    }
}
