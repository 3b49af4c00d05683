//! `/metrics`: for whom, and whether the numbers are true.

use std::{collections::BTreeSet, fs, path::Path};

use futures_util::future::join_all;
use reqwest::{
    Client, RequestBuilder,
    header::{ACCEPT, COOKIE, HOST},
};
use serde_json::{Value, json};

use crate::support::{
    client::Answer,
    eventually, fresh_id,
    raw::Raw,
    server::{Server, Setup, Site},
};

const TOKEN: &str = "0123456789abcdef-secret";

fn measured() -> Setup {
    Server::setup().flag(&["--metrics-token", TOKEN])
}

/// As Prometheus asks.
fn asking(site: &Site) -> RequestBuilder {
    let http = Client::builder().no_proxy().build().unwrap();
    http.get(format!("{}/metrics", site.origin()))
        .header(ACCEPT, "application/openmetrics-text;version=1.0.0,*/*;q=0.1")
}

async fn shown(server: &Server, token: &str) -> Answer {
    Answer::to(asking(server.site()).bearer_auth(token)).await
}

async fn figures(server: &Server) -> Figures {
    Figures(shown(server, TOKEN).await.is(200).body)
}

struct Figures(String);

impl Figures {
    /// The number behind a name with these labels; 0 where it is not there.
    fn of(&self, name: &str) -> f64 {
        let line = self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |number| number.parse().unwrap())
    }

    /// Names without labels.
    fn names(&self) -> BTreeSet<&str> {
        let lines = self.0.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.split(['{', ' ']).next().unwrap()).collect()
    }
}

#[tokio::test]
async fn without_a_configured_token_there_is_no_such_page() {
    let server = Server::start();
    shown(&server, "").await.refuses(404, "not_found");
    shown(&server, TOKEN).await.refuses(404, "not_found");
}

#[tokio::test]
async fn who_does_not_show_the_token_reads_no_figures() {
    let server = measured().start();
    let admin = server.admin("founder").await;
    let longer = format!("{TOKEN}x");
    for wrong in ["", "x", &TOKEN[1..], &longer, &TOKEN.to_uppercase()] {
        shown(&server, wrong).await.refuses(401, "bad_token");
    }
    Answer::to(asking(server.site())).await.refuses(401, "bad_token");
    Answer::to(asking(server.site()).header(COOKIE, admin.cookies())).await.refuses(401, "bad_token");
    let answer = shown(&server, TOKEN).await.is(200);
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    assert!(answer.body.ends_with("# EOF\n"), "{}", answer.body);
    // Prometheus calls the server by whatever name it knows it by.
    Answer::to(asking(server.site()).header(HOST, "parlor.internal:8080").bearer_auth(TOKEN)).await.is(200);
}

#[tokio::test]
async fn what_was_done_is_what_the_figures_say() {
    let server = measured().start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let (mut tab, mut other) = (ann.connect().await, bob.connect().await);
    let before = figures(&server).await;
    for number in 0..3 {
        tab.say(lobby, &format!("message {number}")).await;
        other.message(&format!("message {number}")).await;
    }
    ann.say(lobby, "a fourth, by request").await;
    other.message("a fourth, by request").await;
    ann.get("rooms/999999").await.refuses(404, "not_found");
    tab.refuses(json!({"type": "send", "client_id": fresh_id(), "room": lobby, "text": ""}), "invalid").await;
    let after = figures(&server).await;
    let grew = |name: &str| after.of(name) - before.of(name);
    assert_eq!(grew("parlor_messages_total"), 4.0);
    assert_eq!(grew("parlor_commit_messages_sum"), 4.0);
    assert_eq!(grew("parlor_commit_seconds_count"), grew("parlor_commit_messages_count"));
    assert!((1.0..=4.0).contains(&grew("parlor_commit_messages_count")));
    assert!(after.of("parlor_commit_seconds_sum") > before.of("parlor_commit_seconds_sum"));
    assert!(grew("parlor_deliveries_total") >= 8.0, "two sockets heard four messages each");
    assert_eq!(grew("parlor_errors_total{door=\"http\",code=\"not_found\"}"), 1.0);
    assert_eq!(grew("parlor_errors_total{door=\"socket\",code=\"invalid\"}"), 1.0);
    assert_eq!(grew("parlor_http_responses_total{class=\"4xx\"}"), 1.0);
    assert_eq!(after.of("parlor_connections{kind=\"socket\"}"), 2.0);
    eventually("they are known", async || figures(&server).await.of("parlor_people_online") == 2.0).await;
    assert_eq!(after.of("parlor_queue_limit{queue=\"sends\"}"), 4096.0);
    assert_eq!(after.of("parlor_slow_cuts_total"), 0.0);
    assert!(after.of("parlor_disk_free_bytes{folder=\"data\"}") > 0.0);
    assert!(after.of("process_resident_memory_bytes") > 1e6);
    let kind = if server.database().url().is_some() { "postgres" } else { "sqlite" };
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(after.of(&format!("parlor_build_info{{version=\"{version}\",database=\"{kind}\"}}")), 1.0);
    other.close().await;
    eventually("one is left", async || figures(&server).await.of("parlor_connections{kind=\"socket\"}") == 1.0).await;
}

#[tokio::test]
async fn a_reader_that_reads_nothing_counts_as_a_slow_cut() {
    let server = measured().start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("crew", &[&bob]).await;
    let mut deaf = Raw::with_small_buffer(server.site()).await;
    let (host, cookies) = (bob.site().address(), bob.cookies());
    deaf.send(format!("GET /api/v1/events HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\r\n")).await;
    let open = "parlor_connections{kind=\"stream\"}";
    eventually("the stream is open", async || figures(&server).await.of(open) == 1.0).await;
    let text = "字".repeat(3_900);
    eventually("it is cut", async || {
        join_all((0..20).map(|_| ann.say(room, &text))).await;
        figures(&server).await.of("parlor_slow_cuts_total") == 1.0
    })
    .await;
    eventually("it is gone", async || figures(&server).await.of(open) == 0.0).await;
}

#[tokio::test]
async fn who_waits_for_a_connection_to_the_database_is_counted() {
    let server = measured().flag(&["--database-pool", "1"]).start();
    let ann = server.member("ann").await;
    let (waits, seconds) = ("parlor_pool_waits_total", "parlor_pool_wait_seconds_total");
    let before = figures(&server).await;
    eventually("somebody waits", async || {
        join_all((0..50).map(|_| ann.get("rooms"))).await.into_iter().for_each(|answer| drop(answer.is(200)));
        figures(&server).await.of(waits) > before.of(waits)
    })
    .await;
    let after = figures(&server).await;
    assert!(after.of(seconds) > before.of(seconds), "{}", after.0);
    assert_eq!(after.of("parlor_pool_timeouts_total"), 0.0, "each had its turn");
    let connections = |state: &str| after.of(&format!("parlor_pool_connections{{state=\"{state}\"}}"));
    assert_eq!(connections("idle") + connections("used"), 1.0);
}

/// Names of figures in a text of PromQL.
fn mentioned(text: &str, names: &mut BTreeSet<String>) {
    let words = text.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
    names.extend(words.filter(|word| word.starts_with("parlor_") || word.starts_with("process_")).map(str::to_owned));
}

fn expressions(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| match value.as_str() {
            Some(text) if ["expr", "query"].contains(&key.as_str()) => mentioned(text, names),
            _ => expressions(value, names),
        }),
        Value::Array(values) => values.iter().for_each(|value| expressions(value, names)),
        _ => {}
    }
}

#[tokio::test]
async fn every_figure_on_the_dashboard_and_in_the_alerts_exists() {
    let server = measured().start();
    let ann = server.member("ann").await;
    ann.say(ann.lobby().await, "so that something is counted").await;
    ann.get("rooms/999999").await.is(404);
    let figures = figures(&server).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(root.join("grafana.json")).unwrap()).unwrap();
    let mut wanted = BTreeSet::new();
    expressions(&dashboard, &mut wanted);
    assert!(wanted.len() > 12, "the dashboard is read: {wanted:?}");
    mentioned(&fs::read_to_string(root.join("alerts.yml")).unwrap(), &mut wanted);
    let there = figures.names();
    let missing: Vec<_> = wanted.iter().filter(|name| !there.contains(name.as_str())).collect();
    // An SQLite file is there where SQLite is.
    let missing: Vec<_> = missing
        .into_iter()
        .filter(|name| !(name.as_str() == "parlor_database_bytes" && server.database().url().is_some()))
        .collect();
    assert!(missing.is_empty(), "{missing:?} are not among {there:?}");
}
