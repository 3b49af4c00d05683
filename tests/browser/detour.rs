//! The chat page where no socket can be opened: it goes on by a stream of events, or by asking, says so, and climbs back.

use serde_json::{Value, json};

use crate::{
    support::{client::Member, server::Server},
    tab::{DESKTOP, Look, Tab},
};

/// A socket that a proxy on the way refuses.
const NO_SOCKET: &str = "window.RealSocket = window.WebSocket;\
    window.WebSocket = function () {\
        const socket = { close() {}, send() {}, readyState: 3 };\
        setTimeout(() => socket.onclose?.({ code: 1006 }), 0);\
        return socket;\
    };";

/// A stream that a proxy on the way refuses.
pub const NO_EVENTS: &str = "window.EventSource = class extends EventTarget {\
        constructor() { super(); setTimeout(() => this.onerror?.(new Event('error')), 0); }\
        close() {}\
    };";

/// Two people and a room of theirs; one of them at a page without some of its ways to the server.
struct Scene {
    server: Server,
    ann: Member,
    bob: Member,
    room: i64,
    tab: Tab,
}

impl Scene {
    async fn build(blocks: &[&str], look: Look) -> Self {
        let server = Server::start();
        let (ann, bob) = (server.member("ann").await, server.member("bob").await);
        let room = ann.private_room("crew", &[&bob]).await;
        bob.say(room, "before").await;
        let tab = Tab::open(&server, look).await;
        tab.cdp("Page.enable", json!({})).await;
        for source in blocks {
            tab.cdp("Page.addScriptToEvaluateOnNewDocument", json!({"source": source})).await;
        }
        tab.log_in(&ann).await;
        tab.goto(&format!("/r/{room}")).await;
        tab.hears("before").await;
        Self { server, ann, bob, room, tab }
    }

    /// What is said and done on both sides arrives on both sides, once.
    async fn chat_on(&self) {
        let Self { ann, bob, room, tab, .. } = self;
        let mut bobs = bob.connect().await;
        bobs.hears_of(ann.id).await;
        tab.say("from the detour").await;
        tab.hears("from the detour").await;
        let mine = bobs.message("from the detour").await["message"].clone();
        let theirs = bob.say(*room, "I hear you").await;
        tab.hears("I hear you").await;
        bobs.take("her read mark", |frame| {
            frame["type"] == "read" && frame["user"] == ann.id && frame["seq"] == theirs["seq"]
        })
        .await;
        bob.patch(&format!("messages/{}", theirs["id"]), json!({"text": "I hear you well"})).await.is(200);
        tab.hears("I hear you well").await;
        bob.put(&format!("messages/{}/reactions/%F0%9F%91%8D", mine["id"]), Value::Null).await.is(200);
        tab.read(".reaction", "👍").await;
        bob.post(&format!("messages/{}/recall", theirs["id"]), Value::Null).await.is(200);
        tab.until_rows("return withText('I hear you well').length === 0", &[]).await;
        tab.open_menu("from the detour").await;
        tab.pick("[role=menuitem]", "Recall").await;
        bobs.take("her recall", |frame| {
            frame["message"]["id"] == mine["id"] && !frame["message"]["recalled_at"].is_null()
        })
        .await;
        tab.until_rows("return withText('from the detour').length === 0", &[]).await;
        ann.patch(&format!("rooms/{room}"), json!({"name": "staff"})).await.is(200);
        tab.read("#room-title", "staff").await;
        for text in ["one", "two", "three"] {
            tab.say(text).await;
        }
        for text in ["one", "two", "three"] {
            tab.hears(text).await;
            tab.has_once(text).await;
        }
        let said = bob.page(*room, "").await.is(200);
        let texts: Vec<_> = said.messages().iter().map(|message| message["text"].as_str().unwrap()).collect();
        assert_eq!(texts[3..], ["one", "two", "three"]);
    }

    /// What is written while the line is cut is sent when it is whole again.
    async fn survive_a_tunnel(&self) {
        let Self { bob, room, tab, .. } = self;
        tab.go_offline().await;
        tab.say("in the tunnel").await;
        tab.sees_in_state("in the tunnel", "pending").await;
        bob.say(*room, "meanwhile").await;
        tab.go_online().await;
        for text in ["in the tunnel", "meanwhile"] {
            tab.hears(text).await;
            tab.has_once(text).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_socket_one_chats_on_by_a_stream() {
    let scene = Scene::build(&[NO_SOCKET], DESKTOP).await;
    scene.tab.read("#room-about", "backup connection").await;
    scene.chat_on().await;
    scene.survive_a_tunnel().await;
    scene.tab.picture("detour/events").await;
    // The next page does not try in vain first.
    scene.tab.goto(&format!("/r/{}", scene.room)).await;
    scene.tab.read("#room-about", "backup connection").await;
    scene.tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_stream_either_one_chats_on_by_asking() {
    let scene = Scene::build(&[NO_SOCKET, NO_EVENTS], DESKTOP).await;
    scene.tab.read("#room-about", "slow connection").await;
    scene.chat_on().await;
    scene.survive_a_tunnel().await;
    // What has no number comes, too.
    let founder = scene.server.admin("founder").await;
    founder.patch("admin/settings", json!({"text_max": 300})).await.is(200);
    scene.ann.post("directs", json!({"user": founder.id})).await.is(201);
    scene
        .tab
        .until(
            "return [...document.querySelectorAll('.room-name')].some((name) => name.textContent === 'founder')",
            &[],
        )
        .await;
    scene.tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_climbs_back_to_the_socket_when_it_can() {
    let scene = Scene::build(&[NO_SOCKET, NO_EVENTS], Look { language: "zh-CN", ..DESKTOP }).await;
    let Scene { bob, room, tab, .. } = &scene;
    tab.read("#room-about", "慢速连接").await;
    tab.picture("detour/asking-zh").await;
    tab.run("window.WebSocket = window.RealSocket; dispatchEvent(new Event('online'))").await;
    tab.until("return !document.querySelector('#room-about').textContent.includes('慢速连接')", &[]).await;
    tab.say("还在吗？").await;
    tab.hears("还在吗？").await;
    let mut bobs = bob.connect().await;
    // Typing comes by sockets alone.
    bobs.send(json!({"type": "typing", "room": room})).await;
    tab.read("#typing", "bob").await;
    bobs.say(*room, "在的").await;
    tab.hears("在的").await;
    tab.has_once("在的").await;
    scene.tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_leads_to_the_login_by_every_way() {
    for blocks in [&[NO_SOCKET][..], &[NO_SOCKET, NO_EVENTS]] {
        let scene = Scene::build(blocks, DESKTOP).await;
        scene.tab.read("#room-about", "connection").await;
        scene.ann.other_device().await.delete("me/sessions").await.is(204);
        scene.tab.see("form[action='/login/']").await;
        scene.tab.close().await;
    }
}
