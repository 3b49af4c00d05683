//! Shutting people out: at once, everywhere they are, with the reason for them alone, and never so that nobody is left to run the site.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{
    PASSWORD,
    client::Member,
    doors::{Act, DOORS, Person},
    eventually, fresh_id,
    picture::{multipart, png},
    raw::Raw,
    server::Server,
    socket::Socket,
};

struct Court {
    server: Server,
    admin: Member,
    ann: Member,
    bob: Member,
    lobby: i64,
}

impl Court {
    async fn open() -> Self {
        let server = Server::start();
        let admin = server.admin("founder").await;
        let (ann, bob) = (server.member("ann").await, server.member("bob").await);
        let lobby = ann.lobby().await;
        Self { server, admin, ann, bob, lobby }
    }

    async fn bans(&self, whom: &Member, reason: &str) {
        self.admin.put(&format!("admin/users/{}/ban", whom.id), json!({ "reason": reason })).await.is(200);
    }
}

fn said(text: &str) -> Value {
    json!({"client_id": fresh_id(), "text": text})
}

#[tokio::test]
async fn a_banned_person_is_out_of_everything_at_once() {
    let court = Court::open().await;
    let (desk, phone) = (&court.ann, court.ann.other_device().await);
    let (mut one, mut two) = (desk.connect().await, phone.connect().await);
    let mut bobs = court.bob.connect().await;
    desk.get("me").await.is(200);
    court.bans(desk, "spam").await;
    one.expect_close(4003).await;
    two.expect_close(4003).await;
    for device in [desk, &phone] {
        device.get("me").await.refuses(401, "session_ended");
        device.changes(court.lobby, "after=0").await.refuses(401, "session_ended");
        device.post(&format!("rooms/{}/messages", court.lobby), said("hear me")).await.refuses(401, "session_ended");
        device.upload("a.png", &png(8, 8, [1, 2, 3])).await.refuses(401, "session_ended");
        assert!(Socket::open(device).await.is_err_and(|status| status == 401));
        device.get("/account/").await.is(303);
    }
    bobs.say(court.lobby, "we others go on").await;
    assert_eq!(court.bob.room(court.lobby).await["last_seq"], 1);
}

#[tokio::test]
async fn a_login_is_refused_with_the_reason_but_only_after_the_right_password() {
    let court = Court::open().await;
    court.bans(&court.ann, "  spam, again and again\n").await;
    let guest = court.server.guest();
    let refusal = guest.try_login("ann", PASSWORD).await.refuses(403, "banned");
    assert_eq!(refusal["reason"], "spam, again and again");
    assert!(
        refusal.set_cookie("parlor").is_none_or(|cookie| cookie.contains("Max-Age=0")),
        "{:?}",
        refusal.set_cookie("parlor")
    );
    let wrong = guest.try_login("ann", "something else 7").await.refuses(401, "bad_credentials");
    let nobody = guest.try_login("nobody", "something else 7").await.refuses(401, "bad_credentials");
    assert_eq!(wrong.body, nobody.body, "nobody else learns of it");
    let page = guest.submit("/login/", &[("username", "ann"), ("password", PASSWORD)]).await.is(403);
    assert!(
        page.body.contains("This account is banned") && page.body.contains("spam, again and again"),
        "{}",
        page.body
    );
    let page = guest.submit("/login/", &[("username", "ann"), ("password", "something else 7")]).await.is(401);
    assert!(!page.body.contains("banned"), "{}", page.body);
    let body = json!({"username": "ann", "password": PASSWORD});
    guest.post("register", body).await.refuses(409, "taken");

    court.admin.delete(&format!("admin/users/{}/ban", court.ann.id)).await.is(200);
    guest.try_login("ann", PASSWORD).await.is(200);
    court.ann.get("me").await.refuses(401, "session_ended");
}

#[tokio::test]
async fn a_deactivated_account_is_out_of_use_until_it_is_reactivated() {
    let court = Court::open().await;
    let place = format!("admin/users/{}/deactivation", court.ann.id);
    let mut tab = court.ann.connect().await;
    court.admin.put(&place, json!({})).await.is(200);
    tab.expect_close(4003).await;
    let refusal = court.server.guest().try_login("ann", PASSWORD).await.refuses(403, "deactivated");
    assert_eq!(refusal["reason"], Value::Null);
    court.admin.delete(&format!("admin/users/{}/ban", court.ann.id)).await.refuses(409, "deactivated");
    court.admin.delete(&place).await.is(200);
    court.ann.other_device().await.get("me").await.is(200);
    court.bans(&court.ann, "").await;
    court.admin.delete(&place).await.refuses(409, "banned");
    court.admin.put(&place, json!({})).await.refuses(409, "banned");
}

#[tokio::test]
async fn an_upload_that_is_under_way_is_broken_off() {
    let court = Court::open().await;
    let (kind, body) = multipart(&[], "a.png", &png(64, 64, [1, 2, 3]));
    let mut raw = Raw::to(court.server.site()).await;
    let head = format!(
        "POST /api/v1/uploads HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        court.server.site().address(),
        court.server.site().origin(),
        court.ann.cookies(),
        body.len(),
    );
    raw.send(head).await;
    raw.send(&body[..body.len() / 2]).await;
    let arrives =
        async || std::fs::read_dir(court.server.data().join("media/tmp")).is_ok_and(|files| files.count() > 0);
    eventually("the upload begins", arrives).await;
    court.bans(&court.ann, "").await;
    assert_eq!(raw.status().await, 401, "nobody waits for the rest of it");
    let gone = async || !arrives().await;
    eventually("its file is deleted", gone).await;
    let stored = court.server.database().number(&court.server.data(), "SELECT count(*) AS number FROM uploads");
    assert_eq!(stored, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_outlives_a_ban_however_it_was_begun() {
    let court = Court::open().await;
    for _ in 0..10 {
        let mut logins = JoinSet::new();
        for _ in 0..4 {
            let guest = court.server.guest();
            logins.spawn(async move {
                let status = guest.try_login("ann", PASSWORD).await.status;
                (guest, status)
            });
        }
        court.bans(&court.ann, "").await;
        for (guest, status) in logins.join_all().await {
            assert!([200, 403].contains(&status), "{status}");
            guest.get("me").await.refuses(401, "session_ended");
        }
        court.admin.delete(&format!("admin/users/{}/ban", court.ann.id)).await.is(200);
        let sessions = format!("SELECT count(*) AS number FROM sessions WHERE user_id = {}", court.ann.id);
        assert_eq!(court.server.database().number(&court.server.data(), &sessions), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_word_follows_a_ban_that_was_answered() {
    let court = Court::open().await;
    let mut ann = Person::of(court.ann.clone()).await;
    let sender = tokio::spawn(async move {
        let mut stored = 0;
        loop {
            ann.tab.send(json!({"type": "send", "client_id": fresh_id(), "room": court.lobby, "text": "and"})).await;
            match ann.tab.recv().await {
                Ok(frame) if frame["type"] == "ack" => stored += 1,
                Ok(frame) if frame["type"] == "error" => assert_eq!(frame["code"], "session_ended", "{frame}"),
                Ok(_) => {}
                Err(_) => return stored,
            }
        }
    });
    eventually("she writes", async || court.bob.room(court.lobby).await["last_seq"].as_i64() > Some(5)).await;
    court.bans(&court.ann, "").await;
    let last = court.bob.room(court.lobby).await["last_seq"].clone();
    sender.await.unwrap();
    assert_eq!(court.bob.room(court.lobby).await["last_seq"], last);
}

#[tokio::test]
async fn the_last_active_admin_stays_and_nobody_shuts_themselves_out() {
    let court = Court::open().await;
    let founder = format!("admin/users/{}", court.admin.id);
    for path in ["ban", "deactivation"] {
        court.admin.put(&format!("{founder}/{path}"), json!({})).await.refuses(409, "self");
    }
    court.admin.patch(&founder, json!({"role": "member"})).await.refuses(409, "last_admin");
    court.admin.patch(&format!("admin/users/{}", court.ann.id), json!({"role": "admin"})).await.is(200);
    let second = court.ann.other_device().await;
    court.admin.put(&format!("admin/users/{}/deactivation", second.id), json!({})).await.is(200);
    court.admin.patch(&founder, json!({"role": "member"})).await.refuses(409, "last_admin");
    court.admin.delete(&format!("admin/users/{}/deactivation", second.id)).await.is(200);
    let second = court.ann.other_device().await;
    second.put(&format!("{founder}/ban"), json!({})).await.is(200);
    court.admin.get("me").await.refuses(401, "session_ended");
    second.patch(&format!("admin/users/{}", second.id), json!({"role": "member"})).await.refuses(409, "last_admin");
    let output = court.server.command(&["user", "role", "ann", "member"], "");
    assert!(!output.status.success(), "nor by the command line: {output:?}");
    second.get("admin/users").await.is(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_admins_who_ban_each_other_one_is_left() {
    let court = Court::open().await;
    court.admin.patch(&format!("admin/users/{}", court.ann.id), json!({"role": "admin"})).await.is(200);
    for _ in 0..5 {
        let (first, second) = (court.server.guest(), court.server.guest());
        first.try_login("founder", PASSWORD).await.is(200);
        second.try_login("ann", PASSWORD).await.is(200);
        let (one, two) = (format!("admin/users/{}/ban", court.ann.id), format!("admin/users/{}/ban", court.admin.id));
        let (one, two) = tokio::join!(first.put(&one, json!({})), second.put(&two, json!({})));
        let done = [one.status, two.status].iter().filter(|status| **status == 200).count();
        assert_eq!(done, 1, "{} {}, {} {}", one.status, one.body, two.status, two.body);
        let (left, gone) = if one.status == 200 { (&first, court.ann.id) } else { (&second, court.admin.id) };
        left.delete(&format!("admin/users/{gone}/ban")).await.is(200);
    }
}

#[tokio::test]
async fn each_act_stands_in_the_audit_log_once() {
    let court = Court::open().await;
    let id = court.ann.id;
    court.bans(&court.ann, "spam").await;
    court.bans(&court.ann, "spam").await;
    court.bans(&court.ann, "spam and worse").await;
    for _ in 0..2 {
        court.admin.delete(&format!("admin/users/{id}/ban")).await.is(200);
    }
    let until = "2099-01-01T00:00:00Z";
    court.admin.put(&format!("admin/users/{id}/silence"), json!({ "until": until })).await.is(200);
    for _ in 0..2 {
        court.admin.delete(&format!("admin/users/{id}/silence")).await.is(200);
    }
    let counts = |act: &str| {
        let sql = format!(
            "SELECT count(*) AS number FROM audit_log WHERE act = '{act}' AND target_id = {id} AND actor_id = {}",
            court.admin.id
        );
        court.server.database().number(&court.server.data(), &sql)
    };
    assert_eq!(["user.ban", "user.unban", "user.silence", "user.unsilence"].map(counts), [2, 1, 1, 1]);
}

#[tokio::test]
async fn a_silence_by_an_admin_is_heard_at_once_and_holds_everywhere() {
    let court = Court::open().await;
    let mut ann = Person::of(court.ann.clone()).await;
    let direct = ann.post("directs", json!({"user": court.bob.id})).await.is(201).room_id();
    let place = format!("admin/users/{}/silence", ann.id);
    court.admin.put(&place, json!({"until": "2099-01-01T00:00:00Z"})).await.is(200);
    let frame = ann.tab.next("silenced").await;
    assert_eq!(frame["until"], "2099-01-01T00:00:00.000000Z");
    for door in DOORS {
        for room in [court.lobby, direct] {
            ann.is_refused(door, Act::Send(room, json!({"text": "may I"})), "silenced").await;
        }
    }
    court.admin.delete(&place).await.is(200);
    assert_eq!(ann.tab.next("silenced").await["until"], Value::Null);
    for door in DOORS {
        ann.does(door, Act::Send(direct, json!({"text": "thank you"}))).await;
    }
    court
        .admin
        .put(&format!("admin/users/{}/silence", court.admin.id), json!({"until": "2099-01-01T00:00:00Z"}))
        .await
        .refuses(409, "self");
    court.admin.put(&place, json!({"until": "2001-01-01T00:00:00Z"})).await.refuses(422, "invalid");
}

#[tokio::test]
async fn the_form_for_browsers_without_script_stops_too() {
    let court = Court::open().await;
    court.bans(&court.ann, "").await;
    let form = [("text", "hear me"), ("client_id", "form-1")];
    court.ann.submit(&format!("/r/{}", court.lobby), &form).await.is(401);
    assert_eq!(court.bob.room(court.lobby).await["last_seq"], 0);
    court.ann.call(Method::GET, &format!("rooms/{}", court.lobby), Value::Null).await.refuses(401, "session_ended");
}
