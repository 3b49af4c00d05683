//! Reported messages in the console: the queue, and settling it.

use serde_json::{Value, json};

use crate::support::{
    client::{Guest, Member},
    frame::with_id,
    server::Server,
    socket::Ended,
};

/// A site with an admin and three people; ann has said something in the lobby, and bob has reported it.
struct Court {
    server: Server,
    admin: Member,
    ann: Member,
    bob: Member,
    dan: Member,
    lobby: i64,
    message: i64,
}

impl Court {
    async fn sits() -> Self {
        let server = Server::start();
        let admin = server.admin("founder").await;
        let (ann, bob, dan) = (server.member("ann").await, server.member("bob").await, server.member("dan").await);
        let lobby = admin.lobby().await;
        dan.say(lobby, "what came before").await;
        let message = ann.say(lobby, "buy now").await["id"].as_i64().unwrap();
        let court = Self { server, admin, ann, bob, dan, lobby, message };
        court.report(&court.bob, message, "spam", "again and again").await;
        court
    }

    async fn report(&self, by: &Member, message: i64, reason: &str, note: &str) {
        by.post(&format!("messages/{message}/reports"), json!({"reason": reason, "note": note})).await.is(201);
    }

    async fn queue(&self, query: &str) -> Value {
        self.admin.get(&format!("admin/reports?{query}")).await.is(200).json
    }

    async fn judge(&self, message: i64, body: Value) -> Value {
        self.admin.post(&format!("admin/reports/{message}"), body).await.is(200).json
    }

    fn audited(&self, act: &str) -> i64 {
        let sql = format!("SELECT count(*) AS number FROM audit_log WHERE act = '{act}'");
        self.server.database().number(&self.server.data(), &sql)
    }

    async fn is_gone(&self, message: i64) -> bool {
        self.bob.get(&format!("messages/{message}")).await.is(200)["message"]["deleted_at"].is_string()
    }
}

#[tokio::test]
async fn only_an_admin_sees_and_settles_reports() {
    let court = Court::sits().await;
    let path = format!("admin/reports/{}", court.message);
    let moderated = court.ann.make_room("public", "hers").await;
    court.bob.post(&format!("rooms/{moderated}/join"), Value::Null).await.is(200);
    let strangers: [(&Guest, u16, &str); 3] =
        [(&court.server.guest(), 401, "session_ended"), (&court.bob, 403, "forbidden"), (&court.ann, 403, "forbidden")];
    for (stranger, status, code) in strangers {
        stranger.get("admin/reports").await.refuses(status, code);
        stranger.post(&path, json!({"act": "dismiss"})).await.refuses(status, code);
        stranger.get("/admin/reports/").await.any_of(&[303, 403]);
        stranger.submit(&format!("/{path}"), &[("act", "delete")]).await.any_of(&[303, 401, 403]);
    }
    assert!(!court.is_gone(court.message).await);
    assert_eq!(court.queue("").await["open"], 1);
}

#[tokio::test]
async fn reports_of_a_message_stand_together_with_what_came_before_it_and_who_wrote_it() {
    let court = Court::sits().await;
    court.report(&court.dan, court.message, "abuse", "").await;
    let other = court.ann.say(court.lobby, "buy more").await["id"].as_i64().unwrap();
    court.report(&court.dan, other, "spam", "").await;
    let queue = court.queue("").await;
    assert_eq!((&queue["open"], &queue["settled"], &queue["before"]), (&json!(2), &json!(0), &Value::Null));
    let ids: Vec<_> = queue["cases"].as_array().unwrap().iter().map(|case| &case["id"]).collect();
    assert_eq!(ids, [other, court.message], "the newest first");
    let case = with_id(&queue["cases"], court.message);
    assert_eq!((&case["message"]["text"], &case["before"]["text"]), (&json!("buy now"), &json!("what came before")));
    assert_eq!((&case["room"]["id"], &case["room"]["seen"]), (&json!(court.lobby), &json!(true)));
    let reports = case["reports"].as_array().unwrap();
    let told: Vec<_> =
        reports.iter().map(|report| (&report["reporter"]["username"], &report["reason"], &report["note"])).collect();
    let expected = [("bob", "spam", "again and again"), ("dan", "abuse", "")]
        .map(|(who, why, note)| (json!(who), json!(why), json!(note)));
    assert_eq!(told, expected.iter().map(|(who, why, note)| (who, why, note)).collect::<Vec<_>>());
    let author = &case["author"];
    assert_eq!(
        (&author["user"]["username"], &author["reported"], &author["upheld"]),
        (&json!("ann"), &json!(2), &json!(0))
    );
    assert_eq!((&author["status"], &author["silenced_until"]), (&json!("active"), &Value::Null));
    let first = court.queue("limit=1").await;
    let rest = court.queue(&format!("limit=1&before={}", first["before"])).await;
    assert_eq!((&first["cases"][0]["id"], &rest["cases"][0]["id"]), (&json!(other), &json!(court.message)));
    assert_eq!(rest["before"], Value::Null);
    let page = court.admin.get("/admin/reports/").await.is(200).body;
    for said in ["buy now", "what came before", "again and again", "@ann"] {
        assert!(page.contains(said), "{said}");
    }
    assert!(page.contains("aria-label=\"2 waiting\""), "the navigation counts messages");
    for wrong in ["state=closed", "before=x", "limit=0", "limit=101"] {
        court.admin.get(&format!("admin/reports?{wrong}")).await.refuses(422, "invalid");
    }
}

#[tokio::test]
async fn dismissing_settles_every_report_and_leaves_the_message() {
    let court = Court::sits().await;
    court.report(&court.dan, court.message, "abuse", "").await;
    let answer = court.judge(court.message, json!({"act": "dismiss"})).await;
    assert_eq!(answer, json!({"outcome": "dismissed", "reports": 2}));
    assert!(!court.is_gone(court.message).await);
    let queue = court.queue("").await;
    assert_eq!((&queue["open"], &queue["settled"], &queue["cases"]), (&json!(0), &json!(1), &json!([])));
    for state in ["settled", "mine"] {
        let queue = court.queue(&format!("state={state}")).await;
        let reports = queue["cases"][0]["reports"].as_array().unwrap();
        assert_eq!(reports.len(), 2);
        for report in reports {
            assert_eq!(
                (&report["outcome"], &report["settled_by"]["username"]),
                (&json!("dismissed"), &json!("founder"))
            );
        }
        assert_eq!(queue["cases"][0]["author"]["upheld"], 0, "nothing was done about it");
    }
    let path = format!("admin/reports/{}", court.message);
    court.admin.post(&path, json!({"act": "delete"})).await.refuses(404, "not_found");
    assert_eq!((court.audited("report.settle"), court.audited("message.delete")), (1, 0));
    court.report(&court.admin, court.message, "other", "once more").await;
    assert_eq!(court.queue("").await["cases"][0]["reports"].as_array().unwrap().len(), 1, "only what waits");
}

#[tokio::test]
async fn deleting_and_silencing_reach_open_pages_at_once() {
    let court = Court::sits().await;
    let (mut bobs, mut anns) = (court.bob.connect().await, court.ann.connect().await);
    let answer = court.judge(court.message, json!({"act": "silence", "seconds": 3600, "reason": "advertising"})).await;
    assert_eq!(answer["outcome"], "silenced");
    for tab in [&mut bobs, &mut anns] {
        let frame = tab.take("the tombstone", |frame| frame["message"]["deleted_at"].is_string()).await;
        assert_eq!((&frame["message"]["id"], &frame["message"]["text"]), (&json!(court.message), &json!("")));
    }
    anns.take("her silence", |frame| frame["type"] == "silenced").await;
    court.ann.send(court.lobby, "client-1", "may I?").await.refuses(403, "silenced");
    assert_eq!((court.audited("report.settle"), court.audited("user.silence")), (1, 1));
    let other = court.dan.say(court.lobby, "rude").await["id"].as_i64().unwrap();
    court.report(&court.bob, other, "abuse", "").await;
    court.judge(other, json!({"act": "delete"})).await;
    assert!(court.is_gone(other).await);
    let settled = court.queue("state=settled").await;
    assert_eq!(with_id(&settled["cases"], court.message)["author"]["upheld"], 1);
    assert!(with_id(&settled["cases"], court.message)["author"]["silenced_until"].is_string());
}

#[tokio::test]
async fn banning_ends_every_session_and_a_refusal_changes_nothing() {
    let court = Court::sits().await;
    let mut tab = court.ann.connect().await;
    court.judge(court.message, json!({"act": "ban", "reason": "spam"})).await;
    assert!(matches!(tab.end().await, Ended::Closed(_)));
    court.ann.get("me").await.is(401);
    assert!(court.is_gone(court.message).await);
    assert_eq!((court.audited("report.settle"), court.audited("user.ban")), (1, 1));
    let own = court.admin.say(court.lobby, "from above").await["id"].as_i64().unwrap();
    court.report(&court.bob, own, "abuse", "").await;
    for body in [json!({"act": "ban"}), json!({"act": "silence", "seconds": 60})] {
        court.admin.post(&format!("admin/reports/{own}"), body).await.refuses(409, "self");
    }
    assert!(!court.is_gone(own).await, "all of it or nothing");
    assert_eq!(court.queue("").await["open"], 1);
    for body in [
        json!({"act": "silence"}),
        json!({"act": "silence", "seconds": 0}),
        json!({"act": "silence", "seconds": i64::MAX}),
        json!({"act": "delete", "seconds": 60}),
        json!({"act": "burn"}),
        json!({}),
    ] {
        court.admin.post(&format!("admin/reports/{own}"), body).await.any_of(&[400, 422]);
    }
    court.admin.post("admin/reports/99999", json!({"act": "dismiss"})).await.refuses(404, "not_found");
}

#[tokio::test]
async fn of_a_private_room_the_reported_message_is_shown_and_nothing_around_it() {
    let court = Court::sits().await;
    let room = court.ann.private_room("cellar", &[&court.bob]).await;
    court.bob.say(room, "a secret before").await;
    let message = court.ann.say(room, "a threat").await["id"].as_i64().unwrap();
    court.report(&court.bob, message, "abuse", "").await;
    let direct = court.ann.post("directs", json!({"user": court.bob.id})).await.is(201).room_id();
    court.bob.say(direct, "a whisper before").await;
    let whisper = court.ann.say(direct, "a threat too").await["id"].as_i64().unwrap();
    court.report(&court.bob, whisper, "abuse", "").await;
    let queue = court.queue("").await;
    for (id, text) in [(message, "a threat"), (whisper, "a threat too")] {
        let case = with_id(&queue["cases"], id);
        assert_eq!(
            (&case["message"]["text"], &case["before"], &case["room"]["seen"]),
            (&json!(text), &Value::Null, &json!(false))
        );
    }
    assert_eq!(with_id(&queue["cases"], whisper)["room"]["people"].as_array().unwrap().len(), 2);
    let page = court.admin.get("/admin/reports/").await.is(200).body;
    assert!(page.contains("a threat too") && !page.contains("secret") && !page.contains("whisper before"), "{page}");
    assert_eq!(court.audited("private.read"), 0);
    court.admin.patch("admin/settings", json!({"admins_read_private": true})).await.is(200);
    let queue = court.queue("").await;
    assert_eq!(with_id(&queue["cases"], message)["before"]["text"], "a secret before");
    assert_eq!(with_id(&queue["cases"], whisper)["before"]["text"], "a whisper before");
    assert_eq!(court.audited("private.read"), 1, "that look is noted");
    court.judge(message, json!({"act": "delete"})).await;
    assert!(court.is_gone(message).await, "deleted where the admin is no member");
}

#[tokio::test]
async fn what_its_author_took_back_can_still_be_settled() {
    let court = Court::sits().await;
    court.ann.delete(&format!("messages/{}", court.message)).await.is(200);
    let case = court.queue("").await["cases"][0].clone();
    assert!(case["message"]["deleted_at"].is_string(), "{case}");
    court.judge(court.message, json!({"act": "delete"})).await;
    assert_eq!(court.queue("").await["open"], 0);
    let room = court.ann.make_room("public", "short-lived").await;
    court.bob.post(&format!("rooms/{room}/join"), Value::Null).await.is(200);
    let message = court.ann.say(room, "gone soon").await["id"].as_i64().unwrap();
    court.report(&court.bob, message, "other", "").await;
    court.ann.delete(&format!("rooms/{room}")).await.is(204);
    court.admin.get("admin/reports").await.is(200);
    court.admin.get("/admin/reports/").await.is(200);
}

#[tokio::test]
async fn without_a_script_a_button_settles_and_a_ban_is_asked_about() {
    let court = Court::sits().await;
    let path = format!("/admin/reports/{}", court.message);
    let question = court.admin.submit(&path, &[("act", "ban")]).await.is(200).body;
    assert!(question.contains("ann") && question.contains("name=\"sure\""), "{question}");
    assert!(!court.is_gone(court.message).await, "asking does nothing");
    let done = court.admin.submit(&path, &[("act", "silence-day")]).await.is(303);
    assert_eq!(done.header("location"), "/admin/reports/");
    let page = court.admin.get("/admin/reports/").await.is(200).body;
    assert!(page.contains("role=\"status\"") && page.contains("silenced"), "{page}");
    assert!(court.is_gone(court.message).await);
    let again = court.admin.submit(&path, &[("act", "dismiss")]).await.is(303);
    assert_eq!(again.header("location"), "/admin/reports/");
    let page = court.admin.get("/admin/reports/").await.is(200).body;
    assert!(page.contains("role=\"alert\""), "it was settled already: {page}");
    let settled = court.admin.get("/admin/reports/?state=settled").await.is(200).body;
    assert!(settled.contains("author silenced"), "{settled}");
    court.admin.submit(&path, &[("act", "burn")]).await.is(422);
    let next = court.dan.say(court.lobby, "spam spam").await["id"].as_i64().unwrap();
    court.report(&court.bob, next, "spam", "").await;
    court.admin.submit(&format!("/admin/reports/{next}"), &[("act", "ban"), ("sure", "yes")]).await.is(303);
    court.dan.get("me").await.is(401);
}
