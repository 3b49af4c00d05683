//! Schemathesis against every operation of the OpenAPI document: requests that keep it and requests that do not.
//! `PARLOR_SCHEMATHESIS` names its program (`st`); `./check` installs it where Python 3 has pip.

use std::{io::Write as _, process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

use crate::support::server::Server;

/// What is asked of every answer. Not that whatever keeps the schema is accepted: a schema cannot say that a room must be there.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,missing_required_header,unsupported_method";

/// Not asked: what has no end, and what ends the session of who asks.
const LEFT_OUT: &str =
    r"^/api/v1/(events|logout|me/sessions/\{id\}|admin/users/\{id\}/(sessions(/\{session\})?|reset))$|^/ws/chat/$";

/// It never takes so long: only against hanging.
const FOR_EVER: Duration = Duration::from_secs(1_200);

#[tokio::test]
async fn no_request_by_the_document_or_against_it_gets_another_answer_than_it_says() {
    let Ok(schemathesis) = std::env::var("PARLOR_SCHEMATHESIS") else {
        // Not eprintln: cargo would keep that line to itself.
        let _ = writeln!(std::io::stderr(), "left out: Schemathesis, for PARLOR_SCHEMATHESIS is not set");
        return;
    };
    let server = Server::start();
    let (founder, ann) = (server.admin("founder").await, server.member("ann").await);
    let lobby = ann.lobby().await;
    for text in ["so that something is there", "to be found"] {
        ann.say(lobby, text).await;
    }
    ann.private_room("crew", &[&founder]).await;
    let (origin, cookies) = (server.site().origin(), founder.cookies());
    // It keeps what it found where it runs.
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(schemathesis);
    command.current_dir(&folder).stdin(Stdio::null()).env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    command.arg("run").arg(format!("{origin}/api/openapi.json"));
    command.args(["--header", &format!("Cookie: {cookies}"), "--header", &format!("Origin: {origin}")]);
    command.args(["--phases", "coverage,fuzzing", "--max-examples", "10", "--generation-deterministic"]);
    command.args(["--checks", CHECKS, "--exclude-path-regex", LEFT_OUT, "--request-timeout", "60"]);
    command.args(["--continue-on-failure", "--no-color"]).kill_on_drop(true);
    let output = timeout(FOR_EVER, command.output()).await.expect("it comes to an end").expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    founder.get("me").await.is(200);
    server.guest().get("/readyz").await.is(200);
}
