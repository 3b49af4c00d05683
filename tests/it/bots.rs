//! Bots: accounts for programs, made by admins.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{PASSWORD, client::Member, program::Program, server::Server};

async fn bot(admin: &Member, name: &str) -> i64 {
    let body = json!({"username": name, "nickname": "Menu", "role": "bot"});
    let made = admin.post("admin/users", body).await.is(201);
    assert_eq!((&made["user"]["role"], &made["reset"]), (&json!("bot"), &Value::Null));
    made["user"]["id"].as_i64().unwrap()
}

#[tokio::test]
async fn a_bot_joins_rooms_like_a_member_and_is_marked_everywhere() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    let id = bot(&admin, "menubot").await;
    let program = Program::of_bot(&admin, id, "write").await;
    let me = program.get("me").await.is(200);
    assert_eq!((&me["user"]["role"], &me["user"]["username"]), (&json!("bot"), &json!("menubot")));

    let room = ann.make_room("private", "kitchen").await;
    program.get(&format!("rooms/{room}")).await.is(404);
    ann.post(&format!("rooms/{room}/members"), json!({"user": id})).await.is(201);
    let mut tab = ann.connect().await;
    let said = json!({"client_id": "menu-1", "text": "Rice, tofu"});
    program.post(&format!("rooms/{room}/messages"), said).await.is(201);
    let heard = tab.message("Rice, tofu").await;
    assert_eq!(heard["message"]["sender"]["role"], "bot");
    let members = ann.get(&format!("rooms/{room}/members")).await.is(200);
    let marked = members["members"].as_array().unwrap().iter().filter(|member| member["user"]["role"] == "bot");
    assert_eq!(marked.count(), 1);
    assert_eq!(ann.get(&format!("users/{id}")).await.is(200)["user"]["role"], "bot");
    let page = ann.get(&format!("/r/{room}")).await.is(200);
    assert!(page.body.contains("<span class=\"chip\">bot</span>"), "the page marks its messages");

    let public = ann.make_room("public", "notices").await;
    program.post(&format!("rooms/{public}/join"), Value::Null).await.is(200);
    let mut line = program.connect().await.unwrap();
    line.say(public, "by socket").await;
    tab.message("by socket").await;
}

#[tokio::test]
async fn guests_see_that_a_bot_is_one_and_nobody_elses_role() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    admin.patch("admin/settings", json!({"guests": true})).await.is(200);
    let id = bot(&admin, "menubot").await;
    let program = Program::of_bot(&admin, id, "write").await;
    let room = admin.make_room("public", "notices").await;
    admin.patch(&format!("rooms/{room}"), json!({"public_read": true})).await.is(200);
    program.post(&format!("rooms/{room}/join"), Value::Null).await.is(200);
    program.post(&format!("rooms/{room}/messages"), json!({"client_id": "n-1", "text": "beep"})).await.is(201);
    admin.say(room, "hello").await;
    let page = server.guest().get(&format!("rooms/{room}/messages")).await.is(200);
    let roles: Vec<_> = page.messages().iter().map(|message| message["sender"]["role"].clone()).collect();
    assert_eq!(roles, [json!("bot"), Value::Null]);
}

#[tokio::test]
async fn a_bot_has_no_password_and_no_way_to_one() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let body = json!({"username": "menubot", "role": "bot", "password": PASSWORD});
    admin.post("admin/users", body).await.refuses(422, "invalid");
    let id = bot(&admin, "menubot").await;
    for password in ["", "!", PASSWORD] {
        server.guest().try_login("menubot", password).await.refuses(401, "bad_credentials");
    }
    admin.post(&format!("admin/users/{id}/reset"), Value::Null).await.refuses(409, "bot");
    assert!(!server.command(&["user", "passwd", "menubot"], &format!("{PASSWORD}\n")).status.success());
    assert!(!server.command(&["user", "add", "botty1", "--role", "bot"], &format!("{PASSWORD}\n")).status.success());
    server.guest().try_login("menubot", PASSWORD).await.refuses(401, "bad_credentials");
}

#[tokio::test]
async fn a_bot_stays_a_bot_and_a_person_does_not_become_one() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    let id = bot(&admin, "menubot").await;
    for role in ["admin", "member"] {
        admin.patch(&format!("admin/users/{id}"), json!({"role": role})).await.refuses(409, "bot");
    }
    admin.patch(&format!("admin/users/{}", ann.id), json!({"role": "bot"})).await.refuses(409, "bot");
    let form = [("user", id.to_string()), ("role", "admin".to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    admin.submit("/admin/users/acts/role", &form).await.is(303);
    assert_eq!(admin.get(&format!("users/{id}")).await["user"]["role"], "bot");
    let place = format!("admin/users/{id}/tokens");
    admin.post(&place, json!({"name": "x", "scope": "admin"})).await.refuses(422, "invalid");
    let program = Program::of_bot(&admin, id, "write").await;
    program.get("admin/users").await.refuses(403, "forbidden");
    program.get("me/tokens").await.refuses(403, "session_needed");
}

#[tokio::test]
async fn a_bot_ends_with_its_account_and_gets_no_token_meanwhile() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let id = bot(&admin, "menubot").await;
    let program = Program::of_bot(&admin, id, "write").await;
    let mut line = program.connect().await.unwrap();
    admin.put(&format!("admin/users/{id}/deactivation"), json!({"reason": "not needed"})).await.is(200);
    line.expect_close(4003).await;
    program.get("me").await.refuses(401, "bad_token");
    let place = format!("admin/users/{id}/tokens");
    let token = json!({"name": "x", "scope": "read"});
    admin.post(&place, token.clone()).await.refuses(409, "deactivated");
    admin.delete(&format!("admin/users/{id}/deactivation")).await.is(200);
    program.get("me").await.refuses(401, "bad_token");
    admin.post(&place, token).await.is(201);
}

#[tokio::test]
async fn the_console_makes_a_bot_and_its_tokens_without_a_script_and_notes_all_of_it() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let form = admin.get("/admin/users/new?role=bot").await.is(200);
    assert!(!form.body.contains("type=\"password\"") && form.body.contains("name=\"role\" value=\"bot\""));
    let made = admin.submit("/admin/users/new", &[("username", "menubot"), ("role", "bot")]).await.is(303);
    let place = made.header("location").to_owned();
    let page = admin.get(&place).await.is(200);
    assert!(!page.body.contains("id=\"reset\""), "no link to a password");
    let form = [("name", "kitchen"), ("scope", "write"), ("life", "year")];
    let page = admin.submit(&format!("{place}tokens"), &form).await.is(200);
    let at = page.body.find("value=\"parlor_").expect("the token is shown") + 7;
    let program = Program::showing(server.site(), &page.body[at..at + 49]);
    assert_eq!(program.get("me").await.is(200)["user"]["username"], "menubot");
    admin.submit(&format!("{place}tokens"), &[("name", ""), ("scope", "write"), ("life", "year")]).await.is(422);
    let id = program.get("me").await["user"]["id"].clone();
    let token = admin.get(&format!("admin/users/{id}/tokens")).await["tokens"][0]["id"].clone();
    admin.submit(&format!("{place}tokens/{token}/revoke"), &[]).await.is(303);
    program.get("me").await.refuses(401, "bad_token");
    let log = admin.get("admin/audit").await.is(200);
    let acts: Vec<_> = log["entries"].as_array().unwrap().iter().map(|entry| entry["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["token.revoke", "token.add", "user.add"]);
    let words = admin.get("/admin/audit/").await.is(200);
    assert!(words.body.contains("Made a token") && words.body.contains("kitchen"));
    program.call(Method::GET, "me", Value::Null).await.is(401);
}
