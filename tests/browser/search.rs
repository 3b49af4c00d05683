//! Finding what was said.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::{
    support::{client::Member, server::Server},
    tab::{DESKTOP, PHONE, Tab},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_word_is_found_while_it_is_typed_and_marked() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    bob.say(lobby, "招牌牛肉面一份，少辣").await;
    bob.say(lobby, "nothing of the kind").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("牛肉面").await;

    tab.press(Key::Control + Key::Shift + "f").await;
    tab.fill("#search input[type=search]", "牛肉面").await;
    tab.read(".hit mark", "牛肉面").await;
    tab.read("#search-count", "1 result").await;
    tab.fill("#search input[type=search]", "caviar").await;
    tab.read("#search .empty-title", "Nothing found").await;
    tab.see_gone(".hit").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_narrow_the_search_down() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    ann.say(lobby, "lunch is mine").await;
    bob.say(lobby, "lunch is ours").await;
    let room = ann.make_room("public", "kitchen").await;
    ann.say(room, "lunch in the kitchen").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;

    tab.click("#search-open").await;
    tab.fill("#search input[type=search]", "lunch").await;
    tab.read("#search-count", "3 results").await;
    tab.click("#search-from").await;
    tab.pick("#search-found [role=option]", "bob").await;
    tab.read("#search-count", "1 result").await;
    tab.read(".hit", "ours").await;
    tab.click("#search-from").await;
    tab.read("#search-count", "3 results").await;
    tab.run_with(
        "const room = document.querySelector('#search-room'); room.value = arguments[0]; room.dispatchEvent(new Event('change'))",
        &[json!(room)],
    )
    .await;
    tab.read("#search-count", "1 result").await;
    tab.read(".hit", "kitchen").await;
    tab.click("#search-image").await;
    tab.read("#search .empty-title", "Nothing found").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_a_person_is_found_without_a_word() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    ann.say(ann.lobby().await, "mine").await;
    bob.say(ann.lobby().await, "theirs").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    tab.click("#search-open").await;
    tab.click("#search-from").await;
    tab.pick("#search-found [role=option]", "bob").await;
    tab.read("#search-count", "1 result").await;
    tab.read(".hit", "theirs").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_leads_to_its_message_and_back_to_the_hits_on_a_phone() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let club = ann.private_room("club", &[&bob]).await;
    bob.say(club, "the password is swordfish").await;
    let tab = Tab::of(&server, &ann, PHONE).await;
    tab.enter("Lobby").await;

    tab.click("#search-open").await;
    tab.fill("#search input[type=search]", "swordfish").await;
    tab.click(".hit").await;
    tab.read("#room-title", "club").await;
    tab.hears("swordfish").await;
    tab.see_gone("#search").await;
    tab.browser().back().await.unwrap();
    tab.see(".hit").await;
    let query = tab.see("#search input[type=search]").await.prop("value").await.unwrap();
    assert_eq!(query.as_deref(), Some("swordfish"), "what was asked stays");
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_is_still_composed_is_not_searched_for() {
    let server = Server::start();
    let ann = server.member("ann").await;
    ann.say(ann.lobby().await, "niurou").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    tab.click("#search-open").await;
    tab.see("#search input[type=search]").await;
    tab.run("globalThis.asked = 0; const ask = fetch; globalThis.fetch = (...words) => { if (`${words[0]}`.includes('/search')) asked += 1; return ask(...words) }")
        .await;

    tab.cdp("Input.imeSetComposition", json!({"text": "niurou", "selectionStart": 6, "selectionEnd": 6})).await;
    tab.run_async("setTimeout(arguments[0], 500)", &[]).await;
    assert_eq!(tab.run("return asked").await, 0, "a word on its way was searched for");
    tab.cdp("Input.insertText", json!({"text": "niurou"})).await;
    tab.see(".hit").await;
    tab.close().await;
}

/// Says so many things that the first of them is far above the end.
async fn talk(member: &Member, room: i64) {
    for number in 0..40 {
        member.say(room, &format!("line {number}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn back_from_a_hit_in_the_open_room_leads_to_the_hits() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    ann.say(lobby, "the password is swordfish").await;
    talk(&ann, lobby).await;
    let tab = Tab::of(&server, &ann, PHONE).await;
    tab.enter("Lobby").await;
    tab.hears("line 39").await;

    tab.click("#search-open").await;
    tab.fill("#search input[type=search]", "swordfish").await;
    tab.click(".hit").await;
    tab.see_gone("#search").await;
    tab.until_rows("return withText('swordfish')[0]?.matches('.message-found')", &[]).await;
    tab.browser().back().await.unwrap();
    tab.see(".hit").await;
    tab.read("#room-title", "Lobby").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_the_search_leaves_the_reader_where_they_were() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    talk(&ann, lobby).await;
    let tab = Tab::of(&server, &ann, PHONE).await;
    tab.enter("Lobby").await;
    tab.hears("line 39").await;
    tab.run("document.querySelector('#timeline').scrollTop = 200").await;
    tab.see("#jump").await;

    tab.click("#search-open").await;
    tab.click("#search-back").await;
    tab.see_gone("#search").await;
    tab.until("return history.state?.panel !== 'search'", &[]).await;
    tab.run_async("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))", &[]).await;
    assert_eq!(tab.run("return document.querySelector('#timeline').scrollTop").await, 200);
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_changes_and_goes_with_its_message() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let message = bob.say(ann.lobby().await, "lunch at noon").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    tab.click("#search-open").await;
    tab.fill("#search input[type=search]", "lunch").await;
    tab.read(".hit", "lunch at noon").await;

    bob.patch(&format!("messages/{}", message["id"]), json!({"text": "lunch at one"})).await.is(200);
    tab.read(".hit", "lunch at one").await;
    bob.post(&format!("messages/{}/recall", message["id"]), json!(null)).await.is(200);
    tab.read("#search .empty-title", "Nothing found").await;
    tab.see_gone(".hit").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_hits_is_not_the_end() {
    let server = Server::start();
    let ann = server.member("ann").await;
    ann.say(ann.lobby().await, "far back").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("far back").await;
    tab.click("#search-open").await;
    // The server looks at so much at a time.
    let short = "const ask = fetch; let first = true; globalThis.fetch = (...words) => {\
        if (!first || !`${words[0]}`.includes('/search')) return ask(...words); first = false;\
        return Promise.resolve(new Response(JSON.stringify({hits: [], more: true, before: 1000000}))) }";
    tab.run(short).await;
    tab.fill("#search input[type=search]", "far").await;
    tab.read(".hit", "far back").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_composed_finds_its_person() {
    let server = Server::start();
    let (ann, xu) = (server.member("ann").await, server.member("xu_an").await);
    xu.patch("me", json!({"nickname": "许安"})).await.is(200);
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    tab.click("#search-open").await;
    tab.click("#search-from").await;
    tab.read("#search-found", "ann").await;

    tab.cdp("Input.imeSetComposition", json!({"text": "xu", "selectionStart": 2, "selectionEnd": 2})).await;
    tab.cdp("Input.insertText", json!({"text": "许"})).await;
    tab.until("const [found, more] = document.querySelectorAll('#search-found [role=option]'); return found?.textContent.includes('许安') && !more", &[])
        .await;
    tab.close().await;
}
