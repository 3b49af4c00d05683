//! Requests for a socket.

use super::Scene;
use crate::support::raw::{Raw, first, frame, upgrade};

#[tokio::test]
async fn a_handshake_from_elsewhere_is_refused_before_it_begins() {
    let mut scene = Scene::new().await;
    let own = scene.server.site().origin();
    let address = scene.server.site().address();
    let port: u16 = address.rsplit(':').next().unwrap().parse().unwrap();
    let origins = [
        None,
        Some("https://evil.example".to_owned()),
        Some("null".to_owned()),
        Some(String::new()),
        Some(format!("http://127.0.0.1:{}", port ^ 1)),
        Some("http://127.0.0.1".to_owned()),
        Some(format!("https://{address}")),
        Some(format!("ws://{address}")),
        Some(format!("{own}.evil.example")),
        Some(format!("{own}@evil.example")),
        Some(format!("{own}/")),
        Some(format!("http://evil.example#{own}")),
    ];
    for origin in origins {
        let mut request = upgrade(&scene.mallory, "");
        let line = origin.as_ref().map(|origin| format!("Origin: {origin}\r\n")).unwrap_or_default();
        request = request.replace(&format!("Origin: {own}\r\n"), &line);
        assert_eq!(status_of(&scene, request).await, 403, "{origin:?}");
    }
    let cross = upgrade(&scene.mallory, "Sec-Fetch-Site: cross-site\r\n");
    assert_eq!(status_of(&scene, cross).await, 403, "our origin from another site");
    scene.others_are_served().await;
}

#[tokio::test]
async fn a_handshake_must_be_one() {
    let mut scene = Scene::new().await;
    let good = upgrade(&scene.mallory, "");
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let cookie = format!("Cookie: {}\r\n", scene.mallory.cookies());
    let table = [
        (good.replace(&cookie, ""), 401),
        (good.replace("Version: 13", "Version: 8"), 426),
        (good.replace("Version: 13", "Version: 25"), 426),
        (good.replace("Sec-WebSocket-Version: 13\r\n", ""), 426),
        (good.replace(key, "Sec-WebSocket-Key: c2hvcnQ="), 400),
        (good.replace(key, "Sec-WebSocket-Key: not base64 at all!!"), 400),
        (good.replace(&format!("{key}\r\n"), ""), 400),
        (good.replace("GET /ws", "POST /ws"), 405),
        (good.replace("HTTP/1.1", "HTTP/1.0"), 400),
        (upgrade(&scene.mallory, "Transfer-Encoding: chunked\r\n"), 400),
    ];
    for (request, expected) in table {
        let status = status_of(&scene, request.clone()).await;
        let close_enough =
            status == expected || (expected == 426 && status == 400) || (expected == 405 && status == 404);
        assert!(close_enough, "{status} instead of {expected} for\n{request}");
    }
    let plain = scene.mallory.get("/ws/chat/").await;
    assert!([400, 426].contains(&plain.status), "no upgrade at all: {}", plain.status);
    scene.others_are_served().await;
}

#[tokio::test]
async fn an_old_client_is_told_the_version_to_speak() {
    let scene = Scene::new().await;
    let mut raw = Raw::to(scene.server.site()).await;
    raw.send(upgrade(&scene.mallory, "").replace("Version: 13", "Version: 8")).await;
    let head = raw.head().await.to_ascii_lowercase();
    assert!(head.contains("sec-websocket-version: 13"), "{head}");
}

#[tokio::test]
async fn what_comes_before_and_behind_a_handshake_is_answered_in_its_turn() {
    let scene = Scene::new().await;
    let mut raw = Raw::to(scene.server.site()).await;
    let before = format!("HEAD /nowhere HTTP/1.1\r\nHost: {}\r\n\r\n", scene.server.site().address());
    let at_once =
        [before.into_bytes(), upgrade(&scene.mallory, "").into_bytes(), frame(first::PING, b"there?")].concat();
    raw.send(at_once).await;
    assert_eq!((raw.status().await, raw.status().await), (404, 101));
    raw.frame(first::CLOSE, &1000_u16.to_be_bytes()).await;
    let frames = raw.frames().await;
    assert!(frames.contains(&(first::PONG, b"there?".to_vec())), "{frames:?}");
    assert_eq!(frames.last().map(|(first, _)| *first), Some(first::CLOSE));
}

#[tokio::test]
async fn who_asks_for_a_socket_where_there_is_none_has_the_page_and_no_more() {
    let mut scene = Scene::new().await;
    let asked = upgrade(&scene.mallory, "").replace(&format!("Cookie: {}\r\n", scene.mallory.cookies()), "");
    let mut raw = Raw::to(scene.server.site()).await;
    raw.send(asked.replace("GET /ws/chat/", "GET /login/")).await;
    let head = raw.head().await.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200 ") && head.contains("connection: close"), "{head}");
    raw.send("GET /healthz HTTP/1.1\r\n\r\n").await;
    let rest = String::from_utf8(raw.rest().await).unwrap();
    assert!(rest.trim_end().ends_with("</html>") && !rest.contains("HTTP/1.1"), "{rest}");
    scene.others_are_served().await;
}

#[tokio::test]
async fn a_compressed_page_that_was_asked_for_with_an_upgrade_ends_with_its_connection() {
    let scene = Scene::new().await;
    let asked = upgrade(&scene.mallory, "Accept-Encoding: gzip\r\n");
    let mut raw = Raw::to(scene.server.site()).await;
    raw.send(asked.replace("GET /ws/chat/", "GET /api/")).await;
    let head = raw.head().await.to_ascii_lowercase();
    assert!(head.contains("content-encoding: gzip") && !head.contains("transfer-encoding"), "{head}");
    let body = raw.rest().await;
    assert!(body.starts_with(&[0x1f, 0x8b]) && body.len() > 1_000, "{} bytes", body.len());
}

#[tokio::test]
async fn a_body_beside_an_upgrade_ends_where_its_length_says() {
    let scene = Scene::new().await;
    let body = r#"{"client_id": "1", "text": "hello"}"#;
    let length = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    let path = format!("POST /api/v1/rooms/{}/messages", scene.mallory.lobby().await);
    let asked = upgrade(&scene.mallory, &length).replace("GET /ws/chat/", &path);
    assert_eq!(status_of(&scene, asked + body).await, 201);
}

async fn status_of(scene: &Scene, request: String) -> u16 {
    let mut raw = Raw::to(scene.server.site()).await;
    raw.send(request).await;
    raw.status().await
}
