//! Bytes on an open socket that are no frames, or too many.

use serde_json::json;

use super::Scene;
use crate::support::{
    eventually,
    frame::has,
    raw::{Raw, first, frame, header},
    server::Server,
};

#[tokio::test]
async fn a_frame_that_declares_a_tebibyte_costs_no_memory() {
    let mut scene = Scene::new().await;
    let mut short = scene.socket().await;
    short.send(header(first::TEXT, 1 << 40)).await;
    assert_eq!(short.close_code().await, Some(1009));
    let before = scene.server.memory();
    let mut long = scene.socket().await;
    long.send(header(first::TEXT, 1 << 40)).await;
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..64 {
        if !long.pour(&chunk).await {
            break;
        }
    }
    let grown = scene.server.memory().saturating_sub(before);
    assert!(grown < 16 << 20, "it kept {grown} bytes");
    scene.others_are_served().await;
}

#[tokio::test]
async fn what_is_too_large_closes_with_1009() {
    let mut scene = Scene::new().await;
    let limit = 64 * 1024;
    let spaces = vec![b' '; limit + 1];
    let mut whole = scene.socket().await;
    whole.frame(first::TEXT, &spaces).await;
    assert_eq!(whole.close_code().await, Some(1009), "one frame");
    let mut parts = scene.socket().await;
    parts.frame(first::TEXT_BEGIN, &spaces[..limit / 2]).await;
    parts.frame(first::MORE, &spaces[..limit / 2]).await;
    parts.frame(first::LAST, b" ").await;
    assert_eq!(parts.close_code().await, Some(1009), "three parts");
    let mut crumbs = scene.socket().await;
    let crumb = frame(first::MORE, &[b' '; 10]);
    crumbs.frame(first::TEXT_BEGIN, b" ").await;
    crumbs.send(crumb.repeat(10_000)).await;
    assert!([Some(1009), Some(1008)].contains(&crumbs.close_code().await), "ten thousand parts");
    for length in [1_u64 << 63, u64::MAX] {
        let mut raw = scene.socket().await;
        raw.send(header(first::TEXT, length)).await;
        let code = raw.close_code().await;
        assert!([Some(1009), Some(1002)].contains(&code), "{length}: {code:?}");
    }
    scene.others_are_served().await;
}

#[tokio::test]
async fn the_largest_frame_is_still_read() {
    let mut scene = Scene::new().await;
    let mut tab = scene.mallory.connect().await;
    let frame =
        json!({"type": "send", "client_id": "large", "room": scene.lobby, "text": "hello", "padding": ""}).to_string();
    let padding = " ".repeat(64 * 1024 - frame.len());
    let frame = frame.replace("\"padding\":\"\"", &format!("\"padding\":\"{padding}\""));
    assert_eq!(frame.len(), 64 * 1024);
    tab.send_text(&frame).await;
    tab.expect_ack("large").await;
    scene.others_are_served().await;
}

#[tokio::test]
async fn endless_empty_fragments_are_cut_off() {
    let mut scene = Scene::new().await;
    let mut raw = scene.socket().await;
    raw.frame(first::TEXT_BEGIN, b"").await;
    let empty = frame(first::MORE, b"").repeat(100_000);
    raw.pour(&empty).await;
    let code = raw.close_code().await;
    assert!([Some(1008), Some(1009), None].contains(&code), "{code:?}");
    scene.others_are_served().await;
}

#[tokio::test]
async fn text_that_is_not_utf8_closes_with_1007() {
    let mut scene = Scene::new().await;
    let table: [(&str, &[u8]); 6] = [
        ("a lone byte", b"\xff"),
        ("a cut sign", b"\"\xe5\xad"),
        ("overlong", b"\xc0\xaf"),
        ("a surrogate", b"\xed\xa0\x80"),
        ("above the last sign", b"\xf4\x90\x80\x80"),
        ("in the middle", b"{\"type\":\"\x80\"}"),
    ];
    for (what, bytes) in table {
        let mut raw = scene.socket().await;
        raw.frame(first::TEXT, bytes).await;
        assert_eq!(raw.close_code().await, Some(1007), "{what}");
        let mut parts = scene.socket().await;
        parts.frame(first::TEXT_BEGIN, &bytes[..1]).await;
        parts.frame(first::LAST, &bytes[1..]).await;
        assert_eq!(parts.close_code().await, Some(1007), "{what}, in two parts");
    }
    scene.others_are_served().await;
}

#[tokio::test]
async fn a_sign_may_be_split_between_fragments_and_a_ping_may_stand_there() {
    let mut scene = Scene::new().await;
    let text = json!({"type": "send", "client_id": "split", "room": scene.lobby, "text": "字🎉"}).to_string();
    let at = text.find('字').unwrap() + 1;
    let mut raw = scene.socket().await;
    raw.frame(first::TEXT_BEGIN, &text.as_bytes()[..at]).await;
    raw.frame(first::PING, b"still there?").await;
    raw.frame(first::MORE, &text.as_bytes()[at..=at]).await;
    raw.frame(first::LAST, &text.as_bytes()[at + 1..]).await;
    scene.bystander.message("字🎉").await;
    raw.frame(first::CLOSE, &1000_u16.to_be_bytes()).await;
    assert_eq!(raw.close_code().await, Some(1000));
    scene.others_are_served().await;
}

#[tokio::test]
async fn broken_framing_closes_with_1002() {
    let mut scene = Scene::new().await;
    let mut unmasked = frame(first::TEXT, b"{}");
    unmasked[1] &= 0x7f;
    unmasked.drain(2..6);
    let table = [
        ("a reserved bit", frame(0xC1, b"{}")),
        ("another reserved bit", frame(0xA1, b"{}")),
        ("a third reserved bit", frame(0x91, b"{}")),
        ("a reserved opcode", frame(0x83, b"{}")),
        ("a reserved control opcode", frame(0x8B, b"{}")),
        ("no mask", unmasked),
        ("a continuation of nothing", frame(first::LAST, b"{}")),
        ("a text within a text", [frame(first::TEXT_BEGIN, b"{"), frame(first::TEXT, b"{}")].concat()),
        ("a ping of 126 bytes", frame(first::PING, &[b'x'; 126])),
        ("a ping in parts", frame(0x09, b"x")),
        ("a close of one byte", frame(first::CLOSE, &[3])),
        ("a close with 0", frame(first::CLOSE, &0_u16.to_be_bytes())),
        ("a close with 999", frame(first::CLOSE, &999_u16.to_be_bytes())),
        ("a close with 1005", frame(first::CLOSE, &1005_u16.to_be_bytes())),
        ("a close with 1006", frame(first::CLOSE, &1006_u16.to_be_bytes())),
        ("a close with 1016", frame(first::CLOSE, &1016_u16.to_be_bytes())),
        ("a close with 5000", frame(first::CLOSE, &5000_u16.to_be_bytes())),
    ];
    for (what, bytes) in table {
        let mut raw = scene.socket().await;
        raw.send(bytes).await;
        assert_eq!(raw.close_code().await, Some(1002), "{what}");
    }
    let mut reason = scene.socket().await;
    reason.frame(first::CLOSE, b"\x03\xe8\xff\xff").await;
    let code = reason.close_code().await;
    assert!([Some(1002), Some(1007)].contains(&code), "a reason that is not UTF-8: {code:?}");
    scene.others_are_served().await;
}

#[tokio::test]
async fn bytes_close_with_1003() {
    let mut scene = Scene::new().await;
    let mut raw = scene.socket().await;
    raw.frame(first::BINARY, b"{\"type\":\"typing\",\"room\":1}").await;
    assert_eq!(raw.close_code().await, Some(1003));
    scene.others_are_served().await;
}

#[tokio::test]
async fn after_a_close_the_line_is_dropped_whether_the_peer_answers_or_not() {
    let mut scene = Scene::new().await;
    let (mut polite, mut rude) = (scene.socket().await, scene.socket().await);
    polite.frame(first::CLOSE, &1000_u16.to_be_bytes()).await;
    rude.frame(first::BINARY, b"x").await;
    tokio::join!(polite.rest(), rude.rest());
    scene.others_are_served().await;
}

#[tokio::test]
async fn a_flood_closes_with_1008() {
    let mut scene = Scene::on(Server::setup().limits()).await;
    let mut pings = scene.socket().await;
    pings.pour(&frame(first::PING, b"x").repeat(50_000)).await;
    assert!([Some(1008), None].contains(&pings.close_code().await), "pings");
    scene.others_are_served().await;
}

#[tokio::test]
async fn who_says_more_than_is_heard_fills_no_memory_and_is_held_off() {
    let mut scene = Scene::new().await;
    let typing = frame(first::TEXT, format!(r#"{{"type":"typing","room":{}}}"#, scene.lobby).as_bytes());
    let (mut eager, before) = (scene.socket().await, scene.server.memory());
    assert!(eager.pour(&typing.repeat((16 << 20) / typing.len())).await);
    let grown = scene.server.memory().saturating_sub(before);
    assert!(grown < 4 << 20, "it kept {grown} bytes");
    eager.frame(first::CLOSE, &1000_u16.to_be_bytes()).await;
    assert_eq!(eager.close_code().await, Some(1000), "it heard all of it");
    scene.others_are_served().await;
}

/// Says something long: thirty of these (8 KB each) are more than the kernel takes for a client that reads nothing, and less than it may be
/// behind.
async fn wall(scene: &mut Scene, number: u8) {
    let text = format!("{number} {}", "wall of text ".repeat(300));
    scene.bystander.say(scene.lobby, &text).await;
    scene.bystander.message(&text).await;
}

#[tokio::test]
async fn who_says_goodbye_and_does_not_read_what_is_left_is_gone_all_the_same() {
    let mut scene = Scene::new().await;
    let mut deaf = Raw::with_small_buffer(scene.server.site()).await.upgraded(&scene.mallory).await;
    for number in 0..30 {
        wall(&mut scene, number).await;
    }
    assert!(deaf.is_held());
    deaf.frame(first::CLOSE, &1000_u16.to_be_bytes()).await;
    eventually("the server lets it go", async || !deaf.is_held()).await;
    scene.others_are_served().await;
}

#[tokio::test]
async fn who_reads_late_hears_everything_once_whole_and_in_order() {
    let mut scene = Scene::new().await;
    let mut late = Raw::with_small_buffer(scene.server.site()).await.upgraded(&scene.mallory).await;
    // What was said before it counts among what is told, and is not said again.
    let (_, hello) = late.one_frame().await;
    assert!(hello.starts_with(br#"{"type":"hello""#));
    for number in 0..30 {
        wall(&mut scene, number).await;
        if number % 10 == 0 {
            late.frame(first::PING, &[number]).await;
        }
    }
    late.frame(first::CLOSE, &1000_u16.to_be_bytes()).await;
    let frames = late.frames().await;
    let kinds = |kind| frames.iter().filter(move |(first, _)| *first == kind).map(|(_, payload)| payload);
    assert!(kinds(first::PONG).eq([[0], [10], [20]].iter()), "each ping is answered");
    let texts: Vec<serde_json::Value> =
        kinds(first::TEXT).map(|payload| serde_json::from_slice(payload).expect("a whole frame")).collect();
    let said =
        texts.iter().filter(|frame| frame["type"] == "message").filter_map(|frame| frame["message"]["text"].as_str());
    let numbers: Vec<u8> = said.filter_map(|text| text.split(' ').next()?.parse().ok()).collect();
    assert!(numbers.iter().copied().eq(0..30), "{numbers:?}");
    assert_eq!(frames.last(), Some(&(first::CLOSE, 1000_u16.to_be_bytes().to_vec())));
    assert_eq!(frames.len(), texts.len() + 4, "and nothing else");
    scene.others_are_served().await;
}

#[tokio::test]
async fn a_peer_that_never_reads_is_cut_and_nobody_waits_for_it() {
    let mut scene = Scene::new().await;
    let deaf = Raw::with_small_buffer(scene.server.site()).await.upgraded(&scene.mallory).await;
    scene.bystander.hears_of(scene.mallory.id).await;
    let before = scene.server.memory();
    // More than it may be behind.
    for number in 0..100 {
        wall(&mut scene, number).await;
    }
    eventually("it is cut", async || !deaf.is_held()).await;
    let grown = scene.server.memory().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes were kept for it");
    let id = scene.mallory.id;
    scene.bystander.take("her going", |frame| has(&frame["offline"], "user", id)).await;
}
