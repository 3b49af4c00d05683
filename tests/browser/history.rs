//! Reading back, and staying where one reads.

use serde_json::{Value, json};

use crate::{
    support::{client::Member, frame::id_of, server::Server},
    tab::{DESKTOP, Tab},
};

/// Says `count` things, without waiting for each answer; some are long and some have lines, so that rows differ in height.
async fn fill(member: &Member, room: i64, count: usize) {
    let mut socket = member.connect().await;
    let texts = ["short", "a line\nand another\nand a third", "words that go on and on and on "];
    for number in 1..=count {
        let text = format!("message {number:05} {}", texts[number % 3].repeat(1 + number % 7));
        let id = format!("history-{number}");
        socket.send(json!({"type": "send", "client_id": id, "room": room, "text": text.trim()})).await;
        if number % 100 == 0 {
            while socket.recv().await.unwrap()["ref"] != *id {}
        }
    }
}

/// Scrolls up by so many windows, then watches the first row in sight for ten frames, while older rows arrive: how far it
/// moved by itself at most, how many rows there are, and the number of that row.
const STEP: &str = r"
const [windows, done] = arguments;
const timeline = document.querySelector('#timeline');
timeline.scrollTop -= timeline.clientHeight * windows;
const edge = timeline.getBoundingClientRect().top;
let moved = 0, frames = 0, anchor, top;
requestAnimationFrame(function look() {
    const rows = [...timeline.querySelectorAll('.message')];
    if (!anchor) {
        anchor = rows.find((row) => row.getBoundingClientRect().bottom > edge + 1);
        top = anchor.getBoundingClientRect().top;
    }
    moved = anchor.isConnected ? Math.max(moved, Math.abs(anchor.getBoundingClientRect().top - top)) : Infinity;
    if (++frames < 10) return requestAnimationFrame(look);
    const number = /message (\d+)/.exec(anchor.textContent)?.[1];
    done({moved: Math.min(moved, 1e9), rows: rows.length, number: Number(number), at: timeline.scrollTop});
});";

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_messages_scroll_by_without_a_jump() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    fill(&ann, lobby, 10_000).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("message 10000").await;

    let mut number = 10_000;
    let mut still = 0;
    let mut windows = 1_000;
    while number > 1 {
        // Now as one reads, and now to the very top of what is there.
        windows = if windows == 2 { 1_000 } else { 2 };
        let step = tab.run_async(STEP, &[json!(windows)]).await;
        let moved = step["moved"].as_f64().unwrap();
        assert!(moved < 1.0, "the row in sight moved by {moved} px near message {number}");
        let rows = step["rows"].as_u64().unwrap();
        assert!(rows <= 300, "{rows} rows in the page");
        let reached = step["number"].as_u64().unwrap();
        still = if reached < number { 0 } else { still + 1 };
        assert!(reached <= number && still < 100, "stuck at message {number}: {step}");
        number = reached;
    }
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_unread_line_stays_where_it_was() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let read = bob.say(lobby, "read already").await;
    ann.post(&format!("rooms/{lobby}/read"), json!({"seq": read["seq"]})).await.is(200);
    bob.say(lobby, "first news").await;
    bob.say(lobby, "second news").await;

    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("second news").await;
    let below = "const line = document.querySelector('.unread-line');\
        return line && body([...document.querySelectorAll('#timeline .message, #timeline .unread-line')]\
            .find((row) => line.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_FOLLOWING) ?? line)";
    let next = tab.until_rows(below, &[]).await;
    assert_eq!(next.as_str().map(str::trim), Some("first news"));
    bob.say(lobby, "third news").await;
    tab.hears("third news").await;
    let next = tab.rows(below, &[]).await;
    assert_eq!(next.as_str().map(str::trim), Some("first news"), "the line moved");
    tab.say("my answer").await;
    tab.hears("my answer").await;
    tab.until("return document.querySelector('.unread-line-gone')", &[]).await; // it fades and keeps its height
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pill_leads_back_to_the_newest_message() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    fill(&ann, lobby, 400).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("message 00400").await;
    tab.see_gone("#jump").await;
    while !sees_fewer_than(&tab.run_async(STEP, &[json!(2)]).await, 50) {}

    let before = tab.rows("return document.querySelector('#timeline').scrollTop", &[]).await;
    bob.say(lobby, "news from below").await;
    tab.read("#jump", "1").await;
    assert_eq!(tab.rows("return document.querySelector('#timeline').scrollTop", &[]).await, before, "the page moved");
    tab.click("#jump").await;
    tab.hears("news from below").await;
    let at_end = "const box = document.querySelector('#timeline'); return box.scrollHeight - box.scrollTop - box.clientHeight < 2";
    tab.until(at_end, &[]).await;
    tab.see_gone("#jump").await;
    tab.close().await;
}

fn sees_fewer_than(step: &Value, number: u64) -> bool {
    step["number"].as_u64().unwrap() < number
}

/// Seconds since noon so many days ago, and that day as a date field has it, where the browser is.
const NOON: &str = "const now = new Date(); const noon = new Date(now.getFullYear(), now.getMonth(), now.getDate() - arguments[0], 12);\
    const two = (number) => String(number).padStart(2, '0');\
    return [Math.round((now - noon) / 1000), `${noon.getFullYear()}-${two(noon.getMonth() + 1)}-${two(noon.getDate())}`]";

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_is_chosen_begins_with_its_first_message() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    server.database().execute(&server.data(), "UPDATE rooms SET created_at = '2020-01-01 00:00:00.000000'");
    let mut day = Value::Null;
    for days in [5, 4, 3] {
        let noon = tab.run_with(NOON, &[json!(days)]).await;
        for number in 1..=60 {
            let message = ann.say(lobby, &format!("{days} days ago, number {number:02}")).await;
            server.age(id_of(&message), noon[0].as_i64().unwrap() - number);
        }
        if days == 4 {
            day = noon[1].clone();
        }
    }
    ann.say(lobby, "what is said today").await;
    tab.reload().await;
    tab.hears("what is said today").await;
    tab.pick(".day-line button", "Today").await;
    tab.see("#dialog-date #date").await;
    tab.run_with("document.querySelector('#date').value = arguments[0]", &[day]).await;
    tab.click("#dialog-date button[type=submit]").await;
    let found = "const row = withText('4 days ago, number 01')[0]; if (!row?.matches('.message-found')) return false;\
        const [box, view] = [row.getBoundingClientRect(), document.querySelector('#timeline').getBoundingClientRect()];\
        return box.top >= view.top && box.bottom <= view.bottom";
    tab.until_rows(found, &[]).await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_that_cannot_be_fetched_is_asked_for_again_a_little_later() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let club = bob.private_room("club", &[&ann]).await;
    let far = bob.say(club, "the original").await;
    fill(&bob, club, 100).await;
    let answer = json!({"client_id": "an-answer-to-it", "text": "the answer", "reply_to": far["id"]});
    let answer = bob.post(&format!("rooms/{club}/messages"), answer).await.is(201);
    ann.post(&format!("rooms/{club}/read"), json!({"seq": answer["message"]["seq"]})).await.is(200);
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    let busy = "globalThis.asked = 0; globalThis.busy = true; const ask = fetch; globalThis.fetch = (...words) => {\
        if (!`${words[0]}`.includes('messages?ids') || !busy) return ask(...words);\
        asked += 1; return Promise.resolve(new Response('{}', {status: 503})) }";
    tab.run(busy).await;
    tab.enter("club").await;
    tab.hears("the answer").await;
    tab.until("return asked", &[]).await;
    let frames = "const [done] = arguments; let left = 30; requestAnimationFrame(function look() { if (left--) requestAnimationFrame(look); else done() })";
    tab.run_async(frames, &[]).await;
    assert_eq!(tab.run("return asked").await, 1, "it was asked for at every drawing");
    tab.run("busy = false").await;
    tab.read(".message-quote", "the original").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_a_blocked_person_are_not_repeated_elsewhere() {
    let server = Server::start();
    let (ann, bob, eve) = (server.member("ann").await, server.member("bob").await, server.member("eve").await);
    let lobby = ann.lobby().await;
    let insult = bob.say(lobby, "an insult").await;
    let answer = json!({"client_id": "an-answer-to-it", "text": "be nice", "reply_to": insult["id"]});
    eve.post(&format!("rooms/{lobby}/messages"), answer).await.is(201);
    ann.put(&format!("contacts/{}", bob.id), json!({"state": "blocked"})).await.is(200);
    let club = eve.private_room("club", &[&ann, &bob]).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("be nice").await;
    tab.read(".message-quote", "blocked").await;

    bob.say(club, "@ann another insult").await;
    let preview =
        "return document.querySelector(`.room[href='/r/${arguments[0]}'] .room-text`).textContent.includes('blocked')";
    tab.until(preview, &[json!(club)]).await;
    tab.see_gone(&format!(".room[href='/r/{club}'] .badge")).await;
    tab.click("#search-open").await;
    tab.fill("#search input[type=search]", "insult").await;
    tab.read("#search .empty-title", "Nothing found").await;
    let page = tab.run("return document.body.innerText").await;
    assert!(!page.as_str().unwrap().contains("insult"), "{page}");
    tab.click(".fold-line button").await;
    tab.hears("an insult").await;
    tab.read(".message-quote", "an insult").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_menu_stays_while_others_write() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    fill(&ann, lobby, 100).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("message 00100").await;
    tab.open_menu("message 00100").await;
    bob.say(lobby, "and another").await;
    tab.hears("and another").await;
    tab.click("[role=menuitem]").await;
    tab.read("#reply-strip", "message 00100").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_above_a_message_leads_to_its_author() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    bob.say(ann.lobby().await, "who am I?").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("who am I?").await;
    tab.click("#timeline .message-author").await;
    tab.read("#profile .profile-handle", "@bob").await;
    tab.click("#profile [data-close]").await;
    tab.open_menu("who am I?").await;
    tab.pick("[role=menuitem]", "Profile").await;
    tab.read("#profile .profile-handle", "@bob").await;
    tab.close().await;
}

/// The answer to what was asked for first comes last.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_places_the_one_asked_for_last_is_shown() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    fill(&ann, lobby, 600).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("message 00600").await;
    let slow = "const ask = fetch; globalThis.fetch = async (...words) => { const answer = await ask(...words);\
        if (`${words[0]}`.includes('around=50&')) await new Promise((resolve) => { globalThis.deliver = resolve }); return answer }";
    tab.run(slow).await;
    let go = "const link = Object.assign(document.createElement('a'), {href: arguments[0]}); document.body.append(link); link.click(); link.remove()";
    tab.run_with(go, &[json!(format!("/r/{lobby}/m/50"))]).await;
    tab.until("return globalThis.deliver", &[]).await;
    tab.run_with(go, &[json!(format!("/r/{lobby}/m/300"))]).await;
    tab.until_rows("return withText('message 00300')[0]?.matches('.message-found')", &[]).await;
    tab.run("deliver()").await;
    tab.run_async("setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(arguments[0])))", &[]).await;
    tab.has_once("message 00300").await;
    assert_eq!(tab.path().await, format!("/r/{lobby}/m/300"));
    tab.close().await;
}
