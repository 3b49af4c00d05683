//! Archived rooms: read by everybody, written by nobody.

use serde_json::json;

use super::{says, words};
use crate::support::{
    doors::{Act, DOORS, Door},
    workshop::Workshop,
};

#[tokio::test]
async fn an_archived_room_is_only_read() {
    let mut shop = Workshop::open().await;
    let room = shop.room;
    let path = format!("rooms/{room}");
    let mine = says(&mut shop.ann, Door::Socket, room, "before").await;
    let gone = says(&mut shop.ann, Door::Socket, room, "to be recalled").await;
    let archived = shop.owner.patch(&path, json!({"archived": true})).await.is(200);
    assert!(archived["room"]["archived_at"].is_string());
    shop.bob.tab.take("the archive", |frame| frame["room"]["archived_at"].is_string()).await;
    for door in DOORS {
        for person in [&mut shop.ann, &mut shop.moderator, &mut shop.owner, &mut shop.admin] {
            person.is_refused(door, Act::Send(room, words("hear me")), "archived").await;
            person.is_refused(door, Act::React(mine, "👍"), "archived").await;
        }
        shop.ann.is_refused(door, Act::Edit(mine, "after"), "archived").await;
    }
    assert_eq!(shop.bob.page(room, "").await.is(200).messages().len(), 2);
    shop.ann.does(Door::Socket, Act::Recall(gone)).await;
    shop.ann.does(Door::Socket, Act::Delete(gone)).await;
    let again = shop.owner.patch(&path, json!({"archived": true})).await.is(200);
    assert_eq!(again["room"]["archived_at"], archived["room"]["archived_at"], "since the first time");
    shop.owner.patch(&path, json!({"archived": false})).await.is(200);
    says(&mut shop.ann, Door::Socket, room, "open again").await;
}

#[tokio::test]
async fn the_lobby_is_not_archived() {
    let shop = Workshop::open().await;
    let lobby = shop.admin.lobby().await;
    shop.admin.patch(&format!("rooms/{lobby}"), json!({"archived": true})).await.refuses(409, "lobby");
    shop.admin.patch(&format!("rooms/{lobby}"), json!({"archived": false})).await.is(200);
}
