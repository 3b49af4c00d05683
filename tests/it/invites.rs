//! Invitations: who may register when, the last use of a link, and what an invitation that is over says.

use serde_json::{Value, json};

use crate::support::{
    PASSWORD,
    client::{Answer, Guest, Member},
    server::Server,
};

async fn house(registration: &str) -> (Server, Member) {
    let server = Server::start();
    let admin = server.admin("founder").await;
    admin.patch("admin/settings", json!({"registration": registration})).await.is(200);
    (server, admin)
}

async fn invite(admin: &Member, body: Value) -> (i64, String) {
    let made = admin.post("admin/invites", body).await.is(201);
    let token = made["token"].as_str().unwrap().to_owned();
    assert_eq!(made["url"], format!("{}/register/?invite={token}", admin.site().origin()));
    (made["invite"]["id"].as_i64().unwrap(), token)
}

async fn register(guest: &Guest, username: &str, token: &str) -> Answer {
    guest.post("register", json!({"username": username, "password": PASSWORD, "invite": token})).await
}

async fn only(admin: &Member) -> Value {
    let list = admin.get("admin/invites").await.is(200).json;
    assert_eq!(list["invites"].as_array().unwrap().len(), 1);
    list["invites"][0].clone()
}

#[tokio::test]
async fn a_closed_house_lets_nobody_in_by_any_door() {
    let (server, admin) = house("closed").await;
    let (_, token) = invite(&admin, json!({})).await;
    let guest = server.guest();
    let plain = json!({"username": "ann", "password": PASSWORD});
    guest.post("register", plain).await.refuses(403, "registration_closed");
    register(&guest, "ann", &token).await.refuses(403, "registration_closed");
    let page = guest.get("/register/").await.is(200).body;
    assert!(page.contains("Nobody can register here at the moment") && !page.contains("name=\"username\""));
    let form = [("username", "ann"), ("password", PASSWORD), ("invite", token.as_str())];
    let refused = guest.submit("/register/", &form).await.is(403).body;
    assert!(refused.contains("Nobody can register here at the moment"));
    guest.submit_files("/register/", &form, &[]).await.is(403);
    assert!(!guest.get("/login/").await.is(200).body.contains("/register/"), "the login does not lead there");
    assert_eq!(only(&admin).await["uses"], 0);
    let added = admin.post("admin/users", json!({"username": "ann", "password": PASSWORD})).await;
    added.is(201);
}

#[tokio::test]
async fn a_house_for_guests_wants_an_invitation_and_counts_its_uses() {
    let (server, admin) = house("invite").await;
    let (id, token) = invite(&admin, json!({"note": "the office", "max_uses": 3})).await;
    let guest = server.guest();
    let plain = json!({"username": "ann", "password": PASSWORD});
    guest.post("register", plain.clone()).await.refuses(403, "invite_needed");
    register(&guest, "ann", "").await.refuses(403, "invite_needed");
    register(&guest, "ann", "nonsense").await.refuses(403, "invite_invalid");
    assert!(guest.get("/register/").await.is(200).body.contains("You need an invitation to register."));
    assert!(guest.get("/register/?invite=nonsense").await.is(200).body.contains("not valid any more"));
    let page = guest.get(&format!("/register/?invite={token}")).await.is(200).body;
    assert!(page.contains("You are invited.") && page.contains(&format!("name=\"invite\" value=\"{token}\"")));
    assert!(page.contains(&format!("name=\"next\" value=\"/register/?invite={token}\"")), "another language keeps it");

    // What fails for another reason takes no use.
    register(&guest, "x", &token).await.refuses(422, "invalid");
    register(&guest, "founder", &token).await.refuses(409, "taken");
    assert_eq!(only(&admin).await["uses"], 0);

    register(&guest, "ann", &token).await.is(201);
    let form = [("username", "bob"), ("password", PASSWORD), ("invite", token.as_str())];
    server.guest().submit("/register/", &form).await.is(303);
    let form = [("username", "carol"), ("password", PASSWORD), ("invite", token.as_str())];
    server.guest().submit_files("/register/", &form, &[]).await.is(303);
    let used = only(&admin).await;
    assert_eq!((&used["uses"], &used["state"], &used["note"]), (&json!(3), &json!("used_up"), &json!("the office")));
    register(&server.guest(), "dora", &token).await.refuses(403, "invite_invalid");
    let invited = server
        .database()
        .number(&server.data(), &format!("SELECT count(*) AS number FROM users WHERE invite_id = {id}"));
    assert_eq!(invited, 3);
    let carol = admin.get("admin/users?q=carol").await.is(200).json["users"][0]["id"].as_i64().unwrap();
    let page = admin.get(&format!("/admin/users/{carol}/")).await.is(200).body;
    assert!(page.contains("Invited by") && page.contains("the office"));
}

#[tokio::test]
async fn whatever_ended_an_invitation_its_answer_is_the_same() {
    let (server, admin) = house("invite").await;
    let (_, used) = invite(&admin, json!({"max_uses": 1})).await;
    register(&server.guest(), "ann", &used).await.is(201);
    let (old_id, old) = invite(&admin, json!({"expires_at": "2030-01-01T00:00:00Z"})).await;
    let past = format!("UPDATE invites SET expires_at = '2020-01-01 00:00:00' WHERE id = {old_id}");
    server.database().execute(&server.data(), &past);
    let (revoked_id, revoked) = invite(&admin, json!({})).await;
    admin.delete(&format!("admin/invites/{revoked_id}")).await.is(204);
    admin.delete(&format!("admin/invites/{revoked_id}")).await.is(204);
    admin.delete("admin/invites/999").await.refuses(404, "not_found");
    let guest = server.guest();
    let unknown = register(&guest, "bob", "AAAAAAAAAAAAAAAAAAAAAA").await.refuses(403, "invite_invalid");
    for token in [used, old, revoked] {
        let answer = register(&guest, "bob", &token).await;
        assert_eq!(
            (answer.status, answer.fields(), answer.body),
            (unknown.status, unknown.fields(), unknown.body.clone())
        );
    }
    let states = admin.get("admin/invites").await.is(200).json;
    let states: Vec<_> = states["invites"].as_array().unwrap().iter().map(|invite| invite["state"].clone()).collect();
    assert_eq!(states, ["revoked", "expired", "used_up"]);
    assert_eq!(admin.get("admin/invites?state=valid").await.is(200)["invites"], json!([]));
}

#[tokio::test]
async fn an_open_house_counts_who_comes_by_an_invitation_and_turns_nobody_away() {
    let (server, admin) = house("open").await;
    let (_, token) = invite(&admin, json!({"max_uses": 1})).await;
    register(&server.guest(), "ann", &token).await.is(201);
    assert_eq!(only(&admin).await["uses"], 1);
    register(&server.guest(), "bob", &token).await.is(201);
    assert_eq!(only(&admin).await["uses"], 1);
}

#[tokio::test]
async fn twenty_who_race_for_the_last_use_make_one_account() {
    let (server, admin) = house("invite").await;
    let (_, token) = invite(&admin, json!({"max_uses": 1})).await;
    let racers = (0..20).map(|number| {
        let (guest, token) = (server.guest(), token.clone());
        async move { register(&guest, &format!("racer{number}"), &token).await.any_of(&[201, 403]) }
    });
    let answers = futures_util::future::join_all(racers).await;
    let won = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(won, 1);
    for lost in answers.into_iter().filter(|answer| answer.status != 201) {
        lost.refuses(403, "invite_invalid");
    }
    assert_eq!(only(&admin).await["uses"], 1);
    let people = server.database().number(&server.data(), "SELECT count(*) AS number FROM users");
    assert_eq!(people, 2);
}

#[tokio::test]
async fn invitations_are_made_and_revoked_by_form_and_kept_as_a_hash() {
    let (server, admin) = house("invite").await;
    let made =
        admin.submit("/admin/invites/", &[("note", "kitchen"), ("max_uses", ""), ("life", "week")]).await.is(200);
    let token = made.body.split_once("/register/?invite=").expect("the link is shown").1.split_once('"').unwrap().0;
    assert_eq!(token.len(), 22, "128 bits");
    assert!(!admin.get("/admin/invites/").await.is(200).body.contains(token), "it is shown once");
    assert_eq!(server.database().places_of(&server.data(), token), Vec::<String>::new());
    let invite = only(&admin).await;
    assert_eq!((&invite["max_uses"], &invite["note"]), (&Value::Null, &json!("kitchen")));
    for form in [
        [("note", "kitchen"), ("max_uses", "0"), ("life", "week")],
        [("note", "kitchen"), ("max_uses", "many"), ("life", "week")],
        [("note", "kitchen"), ("max_uses", "1"), ("life", "aeon")],
        [("note", &"x".repeat(101)), ("max_uses", "1"), ("life", "week")],
    ] {
        admin.submit("/admin/invites/", &form).await.is(422);
    }
    for body in [
        json!({"max_uses": 0}),
        json!({"max_uses": 10_001}),
        json!({"expires_at": "2020-01-01T00:00:00Z"}),
        json!({"expires_at": "tomorrow"}),
        json!({"note": "x".repeat(101)}),
        json!({"note": "a\u{0}b"}),
        json!({"colour": "red"}),
    ] {
        admin.post("admin/invites", body).await.refuses(422, "invalid");
    }
    let revoke = format!("/admin/invites/{}/revoke", invite["id"]);
    admin.submit(&revoke, &[]).await.is(303);
    assert!(admin.get("/admin/invites/").await.body.contains("The invitation is revoked."));
    assert_eq!(only(&admin).await["state"], "revoked");
    register(&server.guest(), "ann", token).await.refuses(403, "invite_invalid");
    let log = admin.get("admin/audit?target=invite").await.is(200).json;
    let acts: Vec<_> = log["entries"].as_array().unwrap().iter().map(|entry| entry["act"].clone()).collect();
    assert_eq!(acts, ["invite.revoke", "invite.add"]);
}
