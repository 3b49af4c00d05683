//! A chat in which something was said, for pictures and for those who look for barriers.

use serde_json::json;

use crate::support::{client::Member, server::Server, socket::Socket};

/// Some rooms with people and messages of every kind, seen by `me`.
pub struct Village {
    /// The server.
    pub server: Server,
    /// The person who looks.
    pub me: Member,
    /// The room with messages of every kind, some of them unread.
    pub room: i64,
    /// Keeps somebody online.
    _company: Socket,
}

impl Village {
    /// Builds it.
    pub async fn build() -> Self {
        let server = Server::setup().flag(&["--site-name", "清河 Qinghe"]).start();
        let (me, ann, ben) = (server.member("许安").await, server.member("ann").await, server.member("ben").await);
        ann.patch("me", json!({"nickname": "Alice Martín", "bio": "Design, and too much coffee."})).await.is(200);
        ben.patch("me", json!({"nickname": "陈晓"})).await.is(200);

        let lobby = me.lobby().await;
        ann.say(lobby, "Welcome, everybody.").await;
        ben.say(lobby, "大家好").await;
        let body = json!({"kind": "public", "name": "lunch 午餐拼单", "topic": "Orders close at 11:40"});
        let room = ben.post("rooms", body).await.is(201).room_id();
        // What can still be recalled need not be deleted.
        ben.patch(&format!("rooms/{room}"), json!({"recall_seconds": 0})).await.is(200);
        for member in [&me, &ann] {
            member.post(&format!("rooms/{room}/join"), json!(null)).await.is(200);
        }
        me.private_room("purchasing", &[&ann]).await;
        ann.make_room("public", "hiking").await;
        let direct = ann.post("directs", json!({"user": me.id})).await.is(201).room_id();
        ann.say(direct, "Can you check the 11:10 window?").await;

        ben.say(room, "今天的菜单来了，想吃什么自己挑 🍜").await;
        ben.say(room, "Prices:\n\n- beef noodles **28**\n- `tofu` ~~22~~ 20\n\n> ask for *less salt* if you like")
            .await;
        ann.say(
            room,
            "The list is at https://example.org/menu\n\n```rust\nlet lunch = menu.choose(\"noodles\")?;\n```",
        )
        .await;
        let edited = me.say(room, "One tofu for me").await;
        me.patch(&format!("messages/{}", edited["id"]), json!({"text": "Two tofu for me"})).await.is(200);
        let deleted = ann.say(room, "oops").await;
        ann.delete(&format!("messages/{}", deleted["id"])).await.is(200);
        me.say(room, "🎉").await;
        ann.say(room, "@许安 could you bring one more? I am in a call until noon.").await;
        ben.say(room, "那我也要一份").await;
        let company = ann.connect().await;
        Self { server, me, room, _company: company }
    }
}
