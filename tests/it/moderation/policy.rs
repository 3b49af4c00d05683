//! Rooms where only some may write.

use serde_json::json;

use super::{says, words};
use crate::support::{
    doors::{Act, DOORS, Door},
    workshop::Workshop,
};

#[tokio::test]
async fn a_room_says_who_may_write_in_it() {
    let mut shop = Workshop::open().await;
    let room = shop.room;
    let before = says(&mut shop.ann, Door::Socket, room, "while all may").await;
    let table = [("everyone", 0), ("moderators", 2), ("admins", 4)];
    for (policy, excluded) in table {
        shop.owner.patch(&format!("rooms/{room}"), json!({"post_policy": policy})).await.is(200);
        let people = [&mut shop.ann, &mut shop.bob, &mut shop.moderator, &mut shop.owner, &mut shop.admin];
        for (number, person) in people.into_iter().enumerate() {
            for door in DOORS {
                let act = Act::Send(room, words("hear me"));
                match number < excluded {
                    true => person.is_refused(door, act, "post_policy").await,
                    false => drop(person.does(door, act).await),
                }
            }
        }
    }
    for door in DOORS {
        shop.ann.is_refused(door, Act::Edit(before, "by an old message then"), "post_policy").await;
        shop.ann.does(door, Act::React(before, "👍")).await;
        shop.ann.does(door, Act::Unreact(before, "👍")).await;
    }
    shop.ann.does(Door::Socket, Act::Recall(before)).await;
    let form = [("text", "by the form then"), ("client_id", "form-1")];
    assert!(shop.ann.submit(&format!("/r/{room}"), &form).await.is(403).body.contains("by the form then"));
}

#[tokio::test]
async fn the_rules_of_a_room_are_told_at_once_and_to_who_comes_later() {
    let mut shop = Workshop::open().await;
    let path = format!("rooms/{}", shop.room);
    shop.moderator.patch(&path, json!({"post_policy": "moderators", "slow_seconds": 30})).await.is(200);
    let told = shop.bob.tab.take("the rules", |frame| frame["room"]["post_policy"] == "moderators").await;
    assert_eq!(told["room"]["slow_seconds"], 30);
    let rooms = shop.bob.member.connect().await.hello["rooms"].clone();
    let mine = crate::support::frame::with_id(&rooms, shop.room);
    assert_eq!((&mine["post_policy"], &mine["slow_seconds"]), (&json!("moderators"), &json!(30)));
    assert_eq!((&mine["public_read"], &mine["archived_at"]), (&json!(false), &json!(null)));
}

#[tokio::test]
async fn who_may_set_what() {
    let shop = Workshop::open().await;
    let path = format!("rooms/{}", shop.room);
    let changes = [
        (json!({"post_policy": "moderators"}), [403, 200, 200, 200]),
        (json!({"slow_seconds": 10}), [403, 200, 200, 200]),
        (json!({"public_read": false}), [403, 403, 200, 200]),
        (json!({"public_read": true}), [403, 403, 422, 422]),
        (json!({"archived": true}), [403, 403, 200, 200]),
        (json!({"archived": false}), [403, 403, 200, 200]),
        (json!({"post_policy": "nobody"}), [422; 4]),
        (json!({"archived_at": null}), [422; 4]),
    ];
    for (change, statuses) in changes {
        for (person, status) in [&shop.ann, &shop.moderator, &shop.owner, &shop.admin].into_iter().zip(statuses) {
            assert_eq!(person.patch(&path, change.clone()).await.status, status, "{} {change}", person.username);
        }
    }
    let public = shop.owner.make_room("public", "square").await;
    let open = shop.owner.patch(&format!("rooms/{public}"), json!({"public_read": true})).await.is(200);
    assert_eq!(open["room"]["public_read"], true);
    let direct = shop.ann.post("directs", json!({"user": shop.bob.id})).await.is(201).room_id();
    for change in [json!({"slow_seconds": 5}), json!({"post_policy": "admins"}), json!({"archived": true})] {
        shop.ann.patch(&format!("rooms/{direct}"), change).await.any_of(&[403, 409]);
    }
}
