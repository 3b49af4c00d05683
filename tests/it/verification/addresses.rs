//! One's own addresses: added, confirmed, changed, removed.

use serde_json::json;

use super::{ADDRESS, ask_for, mailing, other_than, own, with_both, with_mail};
use crate::support::{
    PASSWORD,
    outside::{Gateway, PostOffice, code_in},
    server::Server,
};

#[tokio::test]
async fn an_address_is_confirmed_changed_and_removed_with_the_password() {
    let (server, office) = with_mail().await;
    let ann = server.member("ann").await;
    let wrong = json!({"address": ADDRESS, "password": "not the password"});
    ann.post("me/email/code", wrong.clone()).await.refuses(403, "wrong_password");
    server.guest().post("me/email/code", wrong).await.refuses(401, "session_ended");
    let ticket = ask_for(&ann, "email", ADDRESS).await;
    let code = office.next(ADDRESS).await.code();
    assert_eq!(ann.get("me").await["user"]["email"], json!(null), "not before it is confirmed");
    let wrong = json!({"ticket": ticket, "code": other_than(&code)});
    assert_eq!(ann.put("me/email", wrong).await.refuses(422, "invalid")["codes"], json!({"code": "wrong_code"}));
    let right = json!({"ticket": ticket, "code": code});
    assert_eq!(ann.put("me/email", right.clone()).await.is(200)["user"]["email_confirmed"], true);
    ann.put("me/email", right).await.refuses(422, "invalid");
    let again = json!({"address": "ANN@example.org", "password": PASSWORD});
    ann.post("me/email/code", again).await.refuses(409, "address_confirmed");

    // Whoever finds an open session cannot take it away.
    for email in [json!("eve@example.org"), json!(null)] {
        ann.patch("me", json!({"email": email})).await.refuses(409, "address_confirmed");
    }
    ann.patch("me", json!({"email": ADDRESS, "bio": "the same"})).await.is(200);
    own(&ann, &office, "ann@other.example").await;
    let told = office.next(ADDRESS).await.text();
    assert!(told.contains("another address now") && told.contains("ann") && !told.contains("other.example"), "{told}");

    ann.post("me/email/removal", json!({"password": "not the password"})).await.refuses(403, "wrong_password");
    let me = ann.post("me/email/removal", json!({"password": PASSWORD})).await.is(200);
    assert_eq!((&me["user"]["email"], &me["user"]["email_confirmed"]), (&json!(null), &json!(false)));
    assert!(office.next("ann@other.example").await.text().contains("was removed"));
    assert!(office.left().is_empty());
}

#[tokio::test]
async fn a_confirmed_address_is_one_accounts_alone_and_one_that_is_only_written_down_claims_nothing() {
    let (server, office) = with_mail().await;
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    for member in [&ann, &bob] {
        member.patch("me", json!({"email": ADDRESS, "phone": "+8613800138000"})).await.is(200);
    }
    let both = [ask_for(&ann, "email", ADDRESS).await, ask_for(&bob, "email", "Ann@example.org").await];
    let codes = [office.next(ADDRESS).await.code(), office.next("Ann@example.org").await.code()];
    ann.put("me/email", json!({"ticket": both[1], "code": codes[1]})).await.refuses(422, "invalid");
    ann.put("me/email", json!({"ticket": both[0], "code": codes[0]})).await.is(200);
    let late = bob.put("me/email", json!({"ticket": both[1], "code": codes[1]})).await.refuses(409, "taken");
    assert_eq!(late["codes"], json!({"email": "taken"}));
    let bob = bob.get("me").await.is(200);
    assert_eq!((&bob["user"]["email"], &bob["user"]["email_confirmed"]), (&json!(ADDRESS), &json!(false)));
}

#[tokio::test]
async fn a_code_for_one_kind_of_address_does_not_confirm_the_other() {
    let (server, office, gateway) = with_both().await;
    let ann = server.member("ann").await;
    let ticket = ask_for(&ann, "email", ADDRESS).await;
    let proof = json!({"ticket": ticket, "code": office.next(ADDRESS).await.code()});
    ann.put("me/phone", proof.clone()).await.refuses(422, "invalid");
    ann.put("me/email", proof).await.is(200);
    let ticket = ask_for(&ann, "phone", "13800138000").await;
    let message = gateway.next().await;
    let code = code_in(message.json()["text"].as_str().unwrap()).unwrap();
    let me = ann.put("me/phone", json!({"ticket": ticket, "code": code})).await.is(200);
    assert_eq!((&me["user"]["phone"], &me["user"]["phone_confirmed"]), (&json!("+8613800138000"), &json!(true)));
}

#[tokio::test]
async fn a_gateway_is_asked_as_it_wants_to_be() {
    let gateway = Gateway::open().await;
    let (headers, body) = (r#"{"X-Key":"k 1"}"#, "to={phone}&code={code}&say={text}");
    let url = gateway.url("/s?n={phone}");
    let flags = ["--sms-url", &url, "--sms-headers", headers, "--sms-body", body];
    let server = Server::setup().flag(&flags).start();
    let admin = server.admin("founder").await;
    admin.patch("admin/settings", json!({"site_name": "A&B \"{code}\""})).await.is(200);
    let ticket = ask_for(&admin, "phone", "+49 30 123456").await;
    let request = gateway.next().await;
    assert_eq!(request.line, "POST /s?n=%2B4930123456");
    assert!(request.head.contains("x-key: k 1") && request.head.contains("application/x-www-form-urlencoded"));
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
    let [to, code, say] = [0, 1, 2].map(|at| fields[at].1.clone());
    assert_eq!(to, "+4930123456");
    assert!(say.starts_with("A&B \"{code}\": ") && say.contains(&code), "{say}");
    admin.put("me/phone", json!({"ticket": ticket, "code": code})).await.is(200);
}

#[tokio::test]
async fn the_pages_of_an_address_work_without_a_script() {
    let (server, office) = with_mail().await;
    let ann = server.member("ann").await;
    let account = ann.get("/account/").await.is(200).body;
    assert!(account.contains("href=\"/account/email/\"") && !account.contains("name=\"email\""), "{account}");
    assert!(account.contains("name=\"phone\""), "numbers are not confirmed here");
    let wrong = ann.submit("/account/email/", &[("address", ADDRESS), ("password", "wrong password")]).await.is(403);
    assert!(wrong.body.contains(ADDRESS) && wrong.body.contains("not the current password"), "{}", wrong.body);
    let sent = ann.submit("/account/email/", &[("address", ADDRESS), ("password", PASSWORD)]).await.is(303);
    assert_eq!(sent.header("location"), "/account/email/code");
    let code = office.next(ADDRESS).await.code();
    assert!(ann.get("/account/email/code").await.is(200).body.contains(ADDRESS));
    ann.submit("/account/email/code", &[("code", "")]).await.is(422);
    let done = ann.submit("/account/email/code", &[("code", &code)]).await.is(303);
    let account = ann.get(done.header("location")).await.is(200).body;
    assert!(account.contains("Your address is confirmed.") && account.contains(ADDRESS), "{account}");
    assert_eq!(ann.get("/account/email/code").await.is(303).header("location"), "/account/email/");
    // The profile's form says nothing of it, and takes nothing away.
    ann.submit("/account/profile", &[("nickname", "Ann"), ("bio", ""), ("phone", ""), ("locale", "en")]).await.is(303);
    assert_eq!(ann.get("me").await["user"]["email"], ADDRESS);
    assert!(ann.get("/account/email/remove").await.is(200).body.contains("name=\"password\""));
    ann.submit("/account/email/remove", &[("password", "wrong password")]).await.is(403);
    ann.submit("/account/email/remove", &[("password", PASSWORD)]).await.is(303);
    assert_eq!(ann.get("me").await["user"]["email"], json!(null));
    ann.get("/account/shoe/").await.is(404);
    assert_eq!(
        server.guest().get("/account/email/").await.is(303).header("location"),
        "/login/?next=%2Faccount%2Femail%2F"
    );
}

#[tokio::test]
async fn where_an_address_is_needed_it_is_replaced_and_not_removed() {
    let (server, office) = with_mail().await;
    let admin = server.admin("founder").await;
    own(&admin, &office, ADDRESS).await;
    admin.patch("admin/settings", json!({"verify_email": "required"})).await.is(200);
    admin.post("me/email/removal", json!({"password": PASSWORD})).await.refuses(409, "address_needed");
    assert!(admin.get("/account/email/remove").await.is(200).body.contains("Change it instead"));
    admin.patch("admin/settings", json!({"verify_email": "off"})).await.is(200);
    let body = json!({"address": "b@example.org", "password": PASSWORD});
    admin.post("me/email/code", body).await.refuses(403, "verification_off");
    assert!(admin.get("/account/").await.is(200).body.contains("href=\"/account/email/\""), "a confirmed one is shown");
    admin.post("me/email/removal", json!({"password": PASSWORD})).await.is(200);
}

#[tokio::test]
async fn an_account_asks_for_four_codes_and_strangers_use_up_none_of_them() {
    let (office, gateway) = (PostOffice::open().await, Gateway::open().await);
    let server = mailing(Server::setup().limits(), &office).flag(&["--sms-url", &gateway.url("/")]).start();
    let ann = server.member("ann").await;
    own(&ann, &office, ADDRESS).await;
    let ticket = ask_for(&ann, "phone", "+4930123456").await;
    let code = code_in(gateway.next().await.json()["text"].as_str().unwrap()).unwrap();
    ann.put("me/phone", json!({"ticket": ticket, "code": code})).await.is(200);
    let guest = server.guest();
    for account in ["ann", "+4930123456", ADDRESS, ADDRESS] {
        guest.post("recovery", json!({"account": account})).await.is(202);
    }
    for number in 3..=4 {
        ask_for(&ann, "email", &format!("a{number}@example.org")).await;
    }
    let own = json!({"address": "new@example.org", "password": PASSWORD});
    let refused = ann.post("me/email/code", own).await.refuses(429, "rate_limited");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((4_000..=5_400).contains(&wait), "one every ninety minutes: {wait}");
}
