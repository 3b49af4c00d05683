//! Reactions: whose they are, how many kinds there may be, and mine in a crowd.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::{
    support::{client::Member, eventually, frame::id_of, server::Server},
    tab::{DESKTOP, Tab},
};

/// Puts a reaction on a message.
async fn react(person: &Member, message: i64, emoji: &str) {
    person.put(&format!("messages/{message}/reactions/{emoji}"), Value::Null).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reacted_is_told_to_the_pointer_and_to_the_focus() {
    let server = Server::start();
    let (ann, bob, cyd) = (server.member("ann").await, server.member("bob").await, server.member("cyd").await);
    let message = id_of(&ann.say(ann.lobby().await, "soup today").await);
    for (person, emoji) in [(&bob, "👍"), (&ann, "👍"), (&cyd, "🎉")] {
        react(person, message, emoji).await;
    }
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    let thumb = tab.see(".reaction[data-emoji='👍']").await;
    tab.browser().action_chain().move_to_element_center(&thumb).perform().await.unwrap();
    tab.see(".reaction[data-emoji='👍'][title='bob and me']").await;
    tab.see(".reaction[data-emoji='👍'][aria-label='👍 2 bob and me']").await;
    tab.run("document.querySelector(\".reaction[data-emoji='🎉']\").focus()").await;
    tab.see(".reaction[data-emoji='🎉'][aria-label='🎉 1 cyd']").await;

    // What was told is not told any longer once it is wrong.
    react(&cyd, message, "👍").await;
    tab.read(".reaction[data-emoji='👍']", "3").await;
    tab.see(".reaction[data-emoji='👍']:not([title])").await;
    tab.open_menu("soup today").await;
    tab.pick("[role=menuitem]", "Who reacted").await;
    for name in ["ann", "bob", "cyd"] {
        tab.read("#dialog-people-list ul:first-of-type .person-name", name).await;
    }
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_twenty_first_kind_is_refused_with_words() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let message = id_of(&ann.say(ann.lobby().await, "everything").await);
    let kinds = "😀😂🎉🚀👀🔥🙏💯😮😢😡🤔👏🍕🐱🐶🌍🌈🍎🍌";
    assert_eq!(kinds.chars().count(), 20);
    for emoji in kinds.chars() {
        react(&bob, message, &emoji.to_string()).await;
    }
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("everything").await;
    tab.point_at("everything").await;
    tab.click("#timeline #message-tools [data-act=react]").await;
    tab.read("#toast", "at most 20 kinds").await;
    tab.see_gone(".reaction[data-emoji='👍']").await;
    tab.click(".reaction[data-emoji='😀']").await; // one that is there can still be joined
    tab.read(".reaction[data-emoji='😀'][aria-pressed=true]", "2").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn my_reaction_is_pressed_in_a_crowd_too() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let message = id_of(&ann.say(ann.lobby().await, "who is in?").await);
    for number in 0..51 {
        react(&server.member(&format!("fan_{number:02}")).await, message, "👍").await;
    }
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.read(".reaction[data-emoji='👍'][aria-pressed=false]", "51").await;
    tab.click(".reaction[data-emoji='👍']").await;
    let stored =
        async || ann.get(&format!("messages/{message}")).await.is(200)["message"]["reactions"][0]["count"] == 52;
    eventually("it is stored", stored).await;
    tab.read(".reaction[data-emoji='👍'][aria-pressed=true]", "52").await;
    tab.reload().await;
    tab.read(".reaction[data-emoji='👍'][aria-pressed=true]", "52").await;
    tab.click(".reaction[data-emoji='👍']").await;
    tab.read(".reaction[data-emoji='👍'][aria-pressed=false]", "51").await;
    tab.reload().await;
    tab.read(".reaction[data-emoji='👍'][aria-pressed=false]", "51").await;
    let shown = ann.get(&format!("messages/{message}/reactions")).await.is(200);
    assert_eq!((&shown["reactions"][0]["count"], &shown["reactions"][0]["mine"]), (&json!(51), &json!(false)));
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_emoji_of_the_picker_is_a_reaction() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let room = ann.lobby().await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    tab.click("#smile").await;
    tab.see("#emoji-picker [role=row]").await;
    let mut unknown = Vec::new();
    let mut count = 0;
    for group in 1..=9 {
        tab.click(&format!("#emoji-picker .emoji-tabs button:nth-child({group})")).await;
        tab.see(&format!("#emoji-picker .emoji-tabs button:nth-child({group})[aria-pressed=true]")).await;
        for tone in [0, 5] {
            tab.click(&format!("#emoji-picker [data-tone='{tone}']")).await;
            let cells = "return [...document.querySelectorAll('#emoji-picker [role=row] button')].map((cell) => cell.textContent)";
            for emoji in tab.run(cells).await.as_array().unwrap() {
                let emoji = emoji.as_str().unwrap();
                count += 1;
                // The server stores the form that its table has; the page must know its own reaction again.
                if emojis::get(emoji).map(emojis::Emoji::as_str) != Some(emoji) {
                    unknown.push(emoji.escape_unicode().to_string());
                }
            }
        }
    }
    assert!(count > 3_000, "{count} emoji");
    assert_eq!(unknown, Vec::<String>::new());

    tab.press(Key::Escape + "").await;
    tab.say("take this").await;
    tab.hears("take this").await;
    tab.point_at("take this").await;
    tab.click("#timeline #message-tools [data-act=emoji]").await;
    tab.click("#emoji-picker [data-tone='0']").await;
    tab.fill("#emoji-picker input", "thumbs up").await;
    tab.click("#emoji-picker [data-emoji='👍']").await;
    tab.read(".reaction[aria-pressed=true]", "👍").await;
    let stored = async || {
        let page = ann.page(room, "").await.is(200);
        page.messages()[0]["reactions"] == json!([{"emoji": "👍", "count": 1, "users": [ann.id]}])
    };
    eventually("it is stored", stored).await;
    tab.close().await;
}
