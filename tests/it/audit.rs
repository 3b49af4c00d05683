//! The audit log: what it says, who reads it, how it is filtered, and the file it is exported as.

use serde_json::{Value, json};

use crate::support::{PASSWORD, client::Member, server::Server};

async fn entries(admin: &Member, query: &str) -> Vec<Value> {
    let log = admin.get(&format!("admin/audit?{query}")).await.is(200).json;
    log["entries"].as_array().unwrap().clone()
}

/// Writes entries behind the server's back.
fn fill(server: &Server, count: usize) {
    let rows: Vec<String> = (0..count)
        .map(|number| {
            let act = if number % 2 == 0 { "user.ban" } else { "room.update" };
            format!(
                "('2026-03-{:02} 12:00:00', NULL, 'parlor', '{act}', 'room', {number}, 'room {number}', '{{}}', '')",
                1 + number % 28
            )
        })
        .collect();
    let columns = "at, actor_id, actor_name, act, target_kind, target_id, target_name, detail, ip";
    let all = format!("INSERT INTO audit_log ({columns}) VALUES {}", rows.join(", "));
    server.database().execute(&server.data(), &all);
}

#[tokio::test]
async fn an_entry_says_who_did_what_to_whom_when_and_from_where() {
    let server = Server::start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    admin.put(&format!("admin/users/{}/ban", ann.id), json!({"reason": "spam <b>"})).await.is(200);
    let entry = &entries(&admin, "").await[0];
    assert_eq!(entry["actor"], json!({"id": admin.id, "name": "founder"}));
    assert_eq!(entry["act"], "user.ban");
    assert_eq!(entry["target"], json!({"kind": "user", "id": ann.id, "name": "ann"}));
    assert_eq!(entry["detail"], json!({"reason": "spam <b>"}));
    assert_eq!(entry["ip"], "127.0.0.1");
    assert!(entry["at"].as_str().unwrap().ends_with('Z'));
    let page = admin.get("/admin/audit/").await.is(200).body;
    for words in ["founder", "Banned", "ann", "Reason", "spam &lt;b&gt;", "127.0.0.1"] {
        assert!(page.contains(words), "{words} in {page}");
    }
    let chinese = admin
        .request(reqwest::Method::GET, "/admin/audit/")
        .header("cookie", format!("{}; locale=zh-CN", admin.cookies()));
    let page = crate::support::client::Answer::to(chinese).await.is(200).body;
    assert!(page.contains("封禁") && page.contains("理由"), "{page}");
}

#[tokio::test]
async fn what_is_refused_or_changes_nothing_is_not_noted() {
    let server = Server::start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    let place = format!("admin/users/{}", ann.id);
    admin.put(&format!("{place}/ban"), json!({"reason": "x".repeat(501)})).await.refuses(422, "invalid");
    admin.delete(&format!("{place}/ban")).await.is(200);
    admin.delete(&format!("{place}/silence")).await.is(200);
    admin.delete(&format!("{place}/reset")).await.is(204);
    admin.patch(&place, json!({"role": "member"})).await.is(200);
    admin.put(&format!("admin/users/{}/ban", admin.id), json!({})).await.refuses(409, "self");
    assert_eq!(entries(&admin, "").await, Vec::<Value>::new());
}

#[tokio::test]
async fn filters_and_pages_of_the_log_fit_together() {
    let server = Server::start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    fill(&server, 130);
    admin.put(&format!("admin/users/{}/ban", ann.id), json!({"reason": "rude"})).await.is(200);
    assert_eq!(entries(&admin, &format!("actor={}", admin.id)).await.len(), 1);
    assert_eq!(entries(&admin, "actor=parlor&limit=100").await.len(), 100);
    assert_eq!(entries(&admin, "act=user.ban&target=user").await.len(), 1);
    assert_eq!(entries(&admin, &format!("target=user:{}", ann.id)).await.len(), 1);
    assert_eq!(entries(&admin, "target=room:7").await.len(), 1);
    assert_eq!(entries(&admin, "q=RUDE").await.len(), 1);
    assert_eq!(entries(&admin, "q=room+77").await.len(), 1);
    assert_eq!(entries(&admin, "from=2026-03-02&to=2026-03-03").await.len(), 10);
    assert_eq!(entries(&admin, "from=2026-03-28&to=2026-03-27").await.len(), 0);

    for sort in ["time", "-time"] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = admin.get(&format!("admin/audit?limit=33&sort={sort}{after}")).await.is(200).json;
            seen.extend(page["entries"].as_array().unwrap().iter().map(|entry| entry["id"].as_i64().unwrap()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(seen.len(), 131);
        assert!(seen.is_sorted_by(|a, b| if sort == "time" { a < b } else { a > b }), "{sort}");
    }
    for query in [
        "sort=name",
        "after=x",
        "actor=ann",
        "act=user.eat",
        "target=shoe",
        "target=user:x",
        "from=yesterday",
        "from=2026-13-01",
        "to=2026-1-1",
        "q=%00",
    ] {
        admin.get(&format!("admin/audit?{query}")).await.refuses(422, "invalid");
        admin.get(&format!("/admin/audit/?{query}")).await.is(422);
        admin.get(&format!("/admin/audit.csv?{query}")).await.is(422);
    }
    let page = admin.get("/admin/audit/?act=user.ban&sort=time").await.is(200).body;
    assert!(page.contains("/admin/audit.csv?act=user.ban&amp;sort=time"), "the file has the same filters");
    assert!(page.contains("rel=\"next\"") && page.contains("?act=user.ban&amp;sort=time&amp;after="), "{page}");
}

#[tokio::test]
async fn the_log_is_exported_whole_and_harmless_and_that_is_noted() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    fill(&server, 2_345);
    let evil = "=cmd|'' /C calc''!A0, \"q\"";
    server.database().execute(
        &server.data(),
        &format!(
            "INSERT INTO audit_log (at, actor_id, actor_name, act, target_kind, target_id, target_name, detail, ip) VALUES \
             ('2026-04-01 00:00:00', 1, '@evil', 'user.ban', 'user', 1, '{evil}', '{{}}', '')"
        ),
    );
    let file = admin.get("/admin/audit.csv?sort=time").await.is(200);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"audit.csv\"");
    assert!(file.body.starts_with("\u{feff}id,at,actor,actor_id,act,target_kind,target_id,target,detail,ip\r\n"));
    let lines: Vec<&str> = file.body.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 1 + 2_345 + 1 + 1, "the head, what was there, the evil one, and the note of this export");
    let ids: Vec<i64> = lines[1..].iter().map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "each once, over three queries");
    let line = lines[1 + 2_345];
    assert!(line.contains(",'@evil,1,user.ban,user,1,\"'=cmd|' /C calc'!A0, \"\"q\"\"\",{},"), "{line}");

    let some = admin.get("/admin/audit.csv?target=room:7").await.is(200).body;
    assert_eq!(some.split_terminator("\r\n").count(), 2);
    let noted = entries(&admin, "act=export").await;
    let details: Vec<_> = noted.iter().map(|entry| entry["detail"].clone()).collect();
    assert_eq!(
        details,
        [json!({"table": "audit", "filters": "?target=room%3A7"}), json!({"table": "audit", "filters": ""})]
    );
}

#[tokio::test]
async fn neither_passwords_nor_tokens_get_into_the_log() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let added = admin.post("admin/users", json!({"username": "ann", "password": PASSWORD})).await.is(201);
    let id = added["user"]["id"].as_i64().unwrap();
    let link = admin.post(&format!("admin/users/{id}/reset"), Value::Null).await.is(201);
    let token = link["reset"]["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let invite = admin.post("admin/invites", json!({})).await.is(201)["token"].as_str().unwrap().to_owned();
    let log = admin.get("admin/audit").await.is(200).body;
    for secret in [PASSWORD, token.as_str(), invite.as_str()] {
        assert!(!log.contains(secret), "{log}");
    }
    assert_eq!(entries(&admin, "").await.len(), 3);
}
