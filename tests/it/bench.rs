//! The load generator as somebody runs it, on a server that it starts by itself: each scenario says what came out, and that nothing is
//! missing.

use serde_json::Value;

use crate::support::{database::is_seen_on_sqlite, server::parlor};

/// What `parlor bench` says with these words, a measurement a line.
fn measured(words: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let words: Vec<&str> = ["bench"].into_iter().chain(words.split(' ')).chain(["--json"]).collect();
    let output = parlor(folder.path(), &words, &[]);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn count(outcome: &Value, name: &str) -> u64 {
    outcome[name].as_u64().unwrap_or_else(|| panic!("no {name} in {outcome}"))
}

#[test]
fn every_message_of_a_load_reaches_every_member_once() {
    if is_seen_on_sqlite() {
        return;
    }
    for (words, members) in [
        ("fanout --members 4 --senders 2 --rate 20 --seconds 1", 4),
        ("rooms --rooms 3 --members 2 --rate 20 --seconds 1", 2),
    ] {
        let [outcome] = &measured(words)[..] else { panic!("{words} is one measurement") };
        let offered = count(outcome, "offered");
        assert!(offered >= 20, "{outcome}");
        assert_eq!(count(outcome, "acknowledged"), offered, "{outcome}");
        assert_eq!(count(outcome, "delivered"), offered * members, "{outcome}");
        for none in ["refused", "lost", "doubled", "out_of_order", "cut"] {
            assert_eq!(count(outcome, none), 0, "{none} of {outcome}");
        }
        for figure in ["p50_ms", "p99_ms", "ack_p99_ms", "rss_mib"] {
            assert!(outcome[figure].as_f64().is_some_and(|figure| figure > 0.0), "{figure} of {outcome}");
        }
    }
}

#[test]
fn all_sockets_stay_and_come_back_whole() {
    if is_seen_on_sqlite() {
        return;
    }
    let idle = &measured("idle --sockets 6 --people 3 --settle 0")[0];
    assert_eq!((count(idle, "sockets"), count(idle, "cut")), (6, 0), "{idle}");
    let storm = &measured("storm --sockets 6 --people 3 --messages 5")[0];
    assert_eq!((count(storm, "back"), count(storm, "lost"), count(storm, "doubled")), (6, 0, 0), "{storm}");
}

#[test]
fn every_question_is_answered() {
    if is_seen_on_sqlite() {
        return;
    }
    for (words, measurements) in [
        ("poll --clients 3 --every 200 --seconds 1", 1),
        ("history --messages 120 --rate 10 --seconds 1", 8),
        ("search --messages 120 --rate 10 --seconds 1", 5),
    ] {
        let outcomes = measured(words);
        assert_eq!(outcomes.len(), measurements, "{words}: {outcomes:?}");
        for outcome in outcomes {
            assert!(count(&outcome, "offered") > 0, "{words}: {outcome}");
            assert_eq!(count(&outcome, "answered"), count(&outcome, "offered"), "{words}: {outcome}");
        }
    }
}
