//! Text frames that are no frames of the protocol.

use serde_json::{Value, json};

use super::Scene;

#[tokio::test]
async fn frames_that_make_no_sense_are_answered_and_survived_ten_times() {
    let mut scene = Scene::new().await;
    let room = scene.lobby;
    let deep = format!("{{\"type\":\"send\",\"x\":{}{}}}", "[".repeat(1000), "]".repeat(1000));
    let bottomless = "[".repeat(60_000);
    let bad = [
        "".to_owned(),
        " ".to_owned(),
        "hello".to_owned(),
        "{".to_owned(),
        "null".to_owned(),
        "7".to_owned(),
        "[]".to_owned(),
        "\"typing\"".to_owned(),
        "{}".to_owned(),
        "{\"type\":7}".to_owned(),
        "{\"type\":null}".to_owned(),
        "{\"type\":[\"send\"]}".to_owned(),
        "{\"type\":\"send\"}".to_owned(),
        format!("{{\"type\":\"send\",\"client_id\":\"x\",\"room\":\"{room}\",\"text\":\"hello\"}}"),
        format!("{{\"type\":\"send\",\"client_id\":\"x\",\"room\":{room}.5,\"text\":\"hello\"}}"),
        "{\"type\":\"send\",\"client_id\":\"x\",\"room\":1e400,\"text\":\"hello\"}".to_owned(),
        "{\"type\":\"send\",\"client_id\":\"x\",\"room\":18446744073709551616,\"text\":\"hello\"}".to_owned(),
        format!("{{\"type\":\"send\",\"client_id\":\"x\",\"room\":{room},\"text\":7}}"),
        format!("{{\"type\":\"send\",\"client_id\":\"x\",\"room\":{room},\"text\":null}}"),
        format!("{{\"type\":\"send\",\"client_id\":\"x\",\"room\":{room},\"text\":\"\\ud800\"}}"),
        format!("{{\"type\":\"send\",\"client_id\":{{}},\"room\":{room},\"text\":\"hello\"}}"),
        format!("{{\"type\":\"send\",\"client_id\":\"x\",\"room\":{room},\"text\":\"hello\"}} and more"),
        "{\"type\":\"read\",\"ref\":\"x\",\"room\":1,\"seq\":\"1\"}".to_owned(),
        "{\"type\":\"resume\",\"ref\":\"x\",\"rooms\":[1,2]}".to_owned(),
        "{\"type\":\"resume\",\"ref\":\"x\",\"rooms\":{\"one\":1}}".to_owned(),
        "{\"type\":\"edit\",\"ref\":\"x\",\"id\":true,\"text\":\"hello\"}".to_owned(),
        "{\"type\":\"delete\",\"ref\":\"x\"}".to_owned(),
        "{\"type\":\"typing\"}".to_owned(),
        deep,
        bottomless,
        "\u{feff}{\"type\":\"typing\",\"room\":1}".to_owned(),
        "{\"type\":\"se\u{0}nd\"}".to_owned(),
    ];
    for chunk in bad.chunks(10) {
        let mut tab = scene.mallory.connect().await;
        for text in chunk {
            tab.send_text(text).await;
            let error = tab.next("error").await;
            let shown: String = text.chars().take(80).collect();
            assert!(["bad_frame", "unknown_type"].contains(&error["code"].as_str().unwrap()), "{shown} got {error}");
            assert_eq!(error["retry"], "never", "{shown}");
        }
        tab.say(room, "still here").await;
    }
    scene.others_are_served().await;
}

#[tokio::test]
async fn values_out_of_range_are_answered_as_such() {
    let mut scene = Scene::new().await;
    let room = scene.lobby;
    let mut tab = scene.mallory.connect().await;
    let invalid = [
        json!({"type": "send", "room": room, "text": "nul \u{0}"}),
        json!({"type": "send", "room": room, "text": ""}),
        json!({"type": "edit", "id": 1, "text": "\u{0}"}),
    ];
    for frame in invalid {
        tab.refuses(frame, "invalid").await;
    }
    for id in [json!(-1), json!(0), json!(i64::MAX)] {
        for mut frame in [json!({"type": "send", "text": "hello"}), json!({"type": "read", "seq": 1})] {
            frame["room"] = id.clone();
            let answer = tab.ask(frame).await;
            assert!(["not_found", "invalid"].contains(&answer["code"].as_str().unwrap()), "{answer}");
        }
    }
    for seq in [json!(-1), json!(i64::MAX), json!(i64::MIN)] {
        let answer = tab.ask(json!({"type": "read", "room": room, "seq": seq})).await;
        assert!(answer["type"] == "ack" || answer["code"] == "invalid", "{answer}");
    }
    scene.others_are_served().await;
}

#[tokio::test]
async fn the_eleventh_bad_frame_closes_with_1008() {
    let mut scene = Scene::new().await;
    let mut tab = scene.mallory.connect().await;
    for _ in 0..10 {
        tab.send_text("nonsense").await;
        assert_eq!(tab.next("error").await["code"], "bad_frame");
    }
    tab.say(scene.lobby, "still here").await;
    tab.send_text("nonsense").await;
    tab.expect_close(1008).await;
    scene.others_are_served().await;
}

#[tokio::test]
async fn a_ref_that_is_none_is_refused_without_being_repeated() {
    let mut scene = Scene::new().await;
    let mut tab = scene.mallory.connect().await;
    for id in ["", "a b", "<script>", &"x".repeat(65), "\u{0}"] {
        tab.send(json!({"type": "read", "ref": id, "room": scene.lobby, "seq": 1})).await;
        let error = tab.next("error").await;
        assert!(["invalid", "bad_frame"].contains(&error["code"].as_str().unwrap()), "{error}");
        assert!(error.get("ref").is_none_or(Value::is_null), "{error}");
    }
    scene.others_are_served().await;
}
