//! The fuzzing client of the Autobahn test suite against our guard, the codec and what puts their frames together. `PARLOR_WSTEST`
//! names its program (`wstest`), which wants Python 2.7; `./check` installs it where that is found. `docs/autobahn.md` has the results.

mod echo;

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use self::echo::EchoServer;

const RESULTS: &str = include_str!("../../../../docs/autobahn.md");

/// What each chapter of the cases is about. The others are about compression, which we do not offer, so that nothing unfolds.
const CHAPTERS: [(u32, &str); 9] = [
    (1, "Framing"),
    (2, "Pings and pongs"),
    (3, "Reserved bits"),
    (4, "Opcodes"),
    (5, "Fragmentation"),
    (6, "UTF-8"),
    (7, "Closing"),
    (9, "Limits and performance"),
    (10, "Automatic fragmentation"),
];

/// The behaviours that a case may end with and be no fault.
const GOOD: [&str; 3] = ["OK", "NON-STRICT", "INFORMATIONAL"];

/// The cases in which text that is not UTF-8 is noticed at its end rather than in its middle.
const LATE: [&str; 4] = ["6.4.1", "6.4.2", "6.4.3", "6.4.4"];

#[tokio::test]
async fn the_fuzzing_client_finds_no_fault() {
    let Ok(wstest) = std::env::var("PARLOR_WSTEST") else {
        // Not eprintln: cargo would keep that line to itself.
        let _ = writeln!(std::io::stderr(), "left out: the Autobahn test suite, for PARLOR_WSTEST is not set");
        return;
    };
    let server = EchoServer::start();
    let folder = tempfile::tempdir().unwrap();
    let address = server.address;
    let path = folder.path().to_owned();
    let run = tokio::task::spawn_blocking(move || fuzz(&wstest, &format!("ws://{address}"), &path));
    let index = run.await.unwrap();
    server.stop().await;
    let cases = index.as_object().unwrap().values().next().expect("one server was tested").as_object().unwrap();
    assert_eq!(cases.len(), 301, "the core cases");
    let is_wrong = |name: &str, case: &Value| {
        let behaviors = [&case["behavior"], &case["behaviorClose"]].map(|value| value.as_str().unwrap_or_default());
        let is_late = behaviors.contains(&"NON-STRICT") && !LATE.contains(&name);
        behaviors.iter().any(|behavior| !GOOD.contains(behavior)) || is_late
    };
    let wrong: Vec<_> = cases.iter().filter(|(name, case)| is_wrong(name, case)).collect();
    assert!(wrong.is_empty(), "{} cases: {wrong:#?}", wrong.len());
    let table = table(cases);
    assert!(RESULTS.contains(&table), "docs/autobahn.md says otherwise than\n{table}");
}

/// Runs the client; its index of results.
fn fuzz(wstest: &str, url: &str, folder: &Path) -> Value {
    let cases: Vec<_> = CHAPTERS.iter().map(|(chapter, _)| format!("{chapter}.*")).collect();
    let reports = folder.join("reports");
    let spec = json!({
        "outdir": reports, "servers": [{"agent": "parlor", "url": url}],
        "cases": cases, "exclude-cases": [], "exclude-agent-cases": {},
    });
    let file = folder.join("spec.json");
    std::fs::write(&file, spec.to_string()).unwrap();
    let run = Command::new(wstest).args(["-m", "fuzzingclient", "-s"]).arg(&file).stdin(Stdio::null()).output();
    let output = run.unwrap_or_else(|error| panic!("{wstest}: {error}"));
    let index = std::fs::read_to_string(reports.join("index.json"));
    let index = index.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    serde_json::from_str(&index).unwrap()
}

/// How many cases of each chapter ended how, as the document says it.
fn table(cases: &serde_json::Map<String, Value>) -> String {
    let mut counts: BTreeMap<u32, BTreeMap<&str, u32>> = BTreeMap::new();
    for (name, case) in cases {
        let chapter = name.split('.').next().unwrap().parse().unwrap();
        *counts.entry(chapter).or_default().entry(case["behavior"].as_str().unwrap()).or_default() += 1;
    }
    let mut table =
        "| chapter | cases | OK | NON-STRICT | INFORMATIONAL | FAILED |\n| --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
    let mut line = |title: &str, of: &dyn Fn(&str) -> u32| {
        let all: u32 = GOOD.iter().map(|behavior| of(behavior)).sum();
        let cells = GOOD.map(|behavior| of(behavior).to_string()).join(" | ");
        table += &format!("| {title} | {all} | {cells} | {} |\n", of("FAILED"));
    };
    for (chapter, title) in CHAPTERS {
        line(&format!("{chapter} {title}"), &|behavior| counts[&chapter].get(behavior).copied().unwrap_or_default());
    }
    line("all", &|behavior| counts.values().filter_map(|chapter| chapter.get(behavior)).sum());
    table
}
