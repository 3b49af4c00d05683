//! Taking back what was said: as long as the room allows, and by those who keep order in it.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::{
    support::server::Server,
    tab::{DESKTOP, Tab},
};

/// What the menu says of the time left, as a number.
const SECONDS: &str = "const item = [...document.querySelectorAll('[role=menuitem]')].find((item) => item.textContent.startsWith('Recall'));\
    return item?.checkVisibility() ? parseInt(item.querySelector('kbd').textContent) : null";

#[tokio::test(flavor = "multi_thread")]
async fn recalling_counts_down_and_gives_way_to_deleting() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("kitchen", &[&bob]).await;
    ann.patch(&format!("rooms/{room}"), json!({"recall_seconds": 10})).await.is(200);
    let tab = Tab::of(&server, &bob, DESKTOP).await;
    tab.enter("kitchen").await;
    tab.say("quick").await;
    tab.hears("quick").await;
    tab.open_menu("quick").await;
    let first = tab.until(SECONDS, &[]).await.as_u64().unwrap();
    assert!((1..=10).contains(&first), "{first} s");
    tab.see_gone(".menu-item-danger:last-child").await; // deleting waits behind it
    let less = format!("const now = (() => {{ {SECONDS} }})(); return now === null || now < arguments[0]");
    tab.until(&less, &[json!(first)]).await;
    tab.until(&format!("return (() => {{ {SECONDS} }})() === null"), &[]).await;
    tab.read(".menu-item-danger", "Delete").await;
    tab.press(Key::Escape + "").await;
    tab.see_gone("[role=menu]").await;
    tab.open_menu("quick").await;
    tab.read(".menu-item-danger", "Delete").await;
    assert_eq!(tab.run(SECONDS).await, json!(null), "it is not offered again");
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_for_recalling_is_set_in_the_room_and_holds_for_all_at_once() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    ann.private_room("kitchen", &[&bob]).await;
    let (owner, tab) = (Tab::of(&server, &ann, DESKTOP).await, Tab::of(&server, &bob, DESKTOP).await);
    owner.enter("kitchen").await;
    tab.enter("kitchen").await;
    for (choice, at_least) in [("10 minutes", Some(500)), ("Never", None)] {
        owner.click("#room-settings").await;
        let option = format!(".//option[.='{choice}']");
        owner.see("#settings-recall").await.find(By::XPath(option)).await.unwrap().click().await.unwrap();
        owner.click("#settings-save").await;
        owner.read("#toast", "Saved").await;
        owner.see_gone("#dialog-settings").await;

        let seconds = json!(at_least.map_or(0, |_| 600));
        let told = "return document.querySelector('#settings-recall option:checked')?.value === String(arguments[0])";
        tab.click("#room-settings").await;
        tab.until(told, &[seconds]).await;
        tab.click("#dialog-settings [data-close]").await;
        tab.say(choice).await;
        tab.hears(choice).await;
        tab.open_menu(choice).await;
        match at_least {
            Some(least) => {
                let left = tab.until(SECONDS, &[]).await.as_u64().unwrap();
                assert!(left > least, "{left} s of {choice}");
            }
            None => {
                tab.read(".menu-item-danger", "Delete").await;
                assert_eq!(tab.run(SECONDS).await, json!(null));
            }
        }
        tab.press(Key::Escape + "").await;
        tab.see_gone("[role=menu]").await;
    }
    owner.close().await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moderator_recalls_what_another_said() {
    let server = Server::start();
    let (ann, bob, cyd) = (server.member("ann").await, server.member("bob").await, server.member("cyd").await);
    let room = ann.private_room("kitchen", &[&bob, &cyd]).await;
    ann.patch(&format!("rooms/{room}/members/{}", bob.id), json!({"role": "moderator"})).await.is(200);
    ann.patch(&format!("rooms/{room}"), json!({"recall_seconds": 0})).await.is(200);
    cyd.say(room, "an advertisement").await;
    let (keeper, tab) = (Tab::of(&server, &bob, DESKTOP).await, Tab::of(&server, &cyd, DESKTOP).await);
    for tab in [&keeper, &tab] {
        tab.enter("kitchen").await;
        tab.hears("an advertisement").await;
    }
    tab.open_menu("an advertisement").await;
    assert_eq!(tab.run(SECONDS).await, json!(null), "its author may not, any longer");
    keeper.open_menu("an advertisement").await;
    keeper.pick(".menu-item-danger", "Recall").await;
    for tab in [&keeper, &tab] {
        tab.read(".message-gone", "Message recalled").await;
        tab.until_rows("return !withText('an advertisement').length", &[]).await;
        tab.see_gone(".message-gone button").await; // not their words to take up again
    }
    keeper.close().await;
    tab.close().await;
}
