//! Bodies and heads: how large, and in what time.

use serde_json::json;

use crate::support::{
    client::Member,
    fresh_id,
    raw::Raw,
    server::{Server, parlor},
};

#[tokio::test]
async fn a_body_has_so_many_bytes() {
    let server = Server::setup().flag(&["--body-max-bytes", "65536"]).start();
    let admin = server.admin("founder").await;
    admin.patch("admin/settings", json!({"text_max": 10_000})).await.is(200);
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    // The longest text there can be; each of its letters has four bytes.
    ann.say(lobby, &"𠮷".repeat(10_000)).await;
    let refused = ann.send(lobby, &fresh_id(), &"x".repeat(65_536)).await.refuses(413, "too_large");
    assert_eq!(refused["limit"], "body_max_bytes");
    assert!(refused["detail"].as_str().unwrap().contains("65536"), "{}", refused.body);
    ann.submit(&format!("/r/{lobby}"), &[("text", &"x".repeat(65_536))]).await.is(413);
    assert_eq!(ann.page(lobby, "").await.is(200).messages().len(), 1, "nothing of them is stored");
    ann.say(lobby, "calm").await;
}

#[test]
fn no_body_may_be_kept_smaller_than_what_the_longest_message_needs() {
    let folder = tempfile::tempdir().unwrap();
    let refused = parlor(folder.path(), &["serve", "--body-max-bytes", "65535"], &[]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("--body-max-bytes") && said.contains("65536"), "{said}");
}

#[tokio::test]
async fn the_largest_body_may_be_larger() {
    let server = Server::setup().flag(&["--body-max-bytes", "200000"]).start();
    let ann = server.member("ann").await;
    let long = json!({"bio": "x".repeat(100_000)});
    ann.patch("me", long).await.refuses(422, "invalid");
    ann.patch("me", json!({"bio": "x".repeat(200_000)})).await.refuses(413, "too_large");
}

/// A request in two parts, of which the second comes once a server that has less time for the first is done with it: what that one
/// says, and what the other one does.
async fn dawdled([hasty, patient]: [&Member; 2], first: impl Fn(&Member) -> String, second: &str) -> [String; 2] {
    let mut raws = [Raw::to(hasty.site()).await, Raw::to(patient.site()).await];
    raws[1].send(first(patient)).await;
    raws[0].send(first(hasty)).await;
    let given_up = raws[0].rest().await;
    raws[1].send(second).await;
    let served = raws[1].rest().await;
    [given_up, served].map(|said| String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test]
async fn a_head_and_a_body_arrive_in_time() {
    let servers = [("1", "1"), ("60", "300")]
        .map(|(head, body)| Server::setup().flag(&["--head-seconds", head, "--body-seconds", body]).start());
    let (ann, bob) = (servers[0].member("ann").await, servers[1].member("bob").await);
    let head = |member: &Member| {
        let site = member.site();
        let about = format!("Host: {}\r\nOrigin: {}\r\nCookie: {}", site.address(), site.origin(), member.cookies());
        format!("PATCH /api/v1/me HTTP/1.1\r\nConnection: close\r\n{about}\r\n")
    };
    let (length, body) = ("Content-Type: application/json\r\nContent-Length: 14\r\n\r\n", r#"{"bio":"slow"}"#);
    let [given_up, served] = dawdled([&ann, &bob], head, &format!("{length}{body}")).await;
    assert!(given_up.is_empty() || given_up.starts_with("HTTP/1.1 408"), "{given_up}");
    assert!(served.starts_with("HTTP/1.1 200") && served.contains("slow"), "{served}");
    let (begin, end) = body.split_at(1);
    let [given_up, served] = dawdled([&ann, &bob], |member| format!("{}{length}{begin}", head(member)), end).await;
    assert!(given_up.starts_with("HTTP/1.1 408") && given_up.contains(r#""timeout""#), "{given_up}");
    assert!(given_up.contains(r#""body_seconds""#), "{given_up}");
    assert!(served.starts_with("HTTP/1.1 200") && served.contains("slow"), "{served}");
    ann.patch("me", json!({"bio": "quick"})).await.is(200);
}
