//! The chat page without JavaScript: its form sends images, and what it shows can be read and used.

use serde_json::{Value, json};

use crate::support::{
    client::Member,
    doors::{Act, reaction},
    fresh_id,
    picture::png,
    server::Server,
};

/// A picture of its own for each number.
fn picture(number: u8) -> Vec<u8> {
    png(24, 16, [number, 90, 200])
}

/// The address of the lobby's page.
async fn lobby_page(member: &Member) -> String {
    format!("/r/{}", member.lobby().await)
}

async fn messages(member: &Member) -> Vec<Value> {
    let lobby = member.lobby().await;
    member.page(lobby, "").await.is(200).messages().to_vec()
}

/// Nothing was sent, and nothing is kept for a message to come.
async fn nothing_was_sent(server: &Server, member: &Member, after: &str) {
    assert_eq!(messages(member).await, Vec::<Value>::new(), "after {after}");
    let uploads = server.database().number(&server.data(), "SELECT count(*) AS number FROM uploads");
    assert_eq!(uploads, 0, "uploads after {after}");
}

#[tokio::test]
async fn the_form_sends_images_in_order_with_a_caption() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let page = lobby_page(&ann).await;
    let form = ann.get(&page).await.is(200).body;
    assert!(form.contains("enctype=\"multipart/form-data\""), "{form}");
    assert!(form.contains("<input type=\"file\" name=\"file\""), "{form}");
    let files = [("one.png", &picture(1)[..]), ("two.png", &picture(2))];
    let fields = [("client_id", ""), ("text", "two\r\nof them")];
    let answer = ann.submit_files(&page, &fields, &files).await.is(303);
    assert_eq!(answer.header("location"), format!("{page}#m-1"));
    let message = &messages(&ann).await[0];
    assert_eq!((&message["kind"], &message["text"]), (&json!("image"), &json!("two\nof them")));
    let names: Vec<_> = message["uploads"].as_array().unwrap().iter().map(|upload| upload["name"].clone()).collect();
    assert_eq!(names, ["one.webp", "two.webp"], "in order, with the ending of what is stored");
    let read = ann.get(&page).await.is(200).body;
    for upload in message["uploads"].as_array().unwrap() {
        let (full, small) = (upload["url"].as_str().unwrap(), upload["thumb_url"].as_str().unwrap());
        assert!(read.contains(&format!("<a href=\"{full}\"")), "the album leads to the full image: {read}");
        assert!(read.contains(&format!("src=\"{small}\"")), "and shows the small one: {read}");
        for url in [full, small] {
            ann.get(url).await.is(200);
        }
    }
}

#[tokio::test]
async fn the_form_sends_an_image_without_words_and_words_without_an_image() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let page = lobby_page(&ann).await;
    ann.submit_files(&page, &[("text", " ")], &[("a.png", &picture(1))]).await.is(303);
    ann.submit_files(&page, &[("text", "only words")], &[("", b"")]).await.is(303);
    let messages = messages(&ann).await;
    assert_eq!((&messages[0]["text"], &messages[0]["kind"]), (&json!(""), &json!("image")));
    assert_eq!((&messages[1]["text"], &messages[1]["kind"]), (&json!("only words"), &json!("text")));
}

#[tokio::test]
async fn nine_images_are_sent_and_a_tenth_is_refused() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let page = lobby_page(&ann).await;
    let pictures: Vec<_> = (0..20).map(picture).collect();
    let files: Vec<_> = pictures.iter().map(|bytes| ("a.png", &bytes[..])).collect();
    for too_many in [10, 20] {
        let answer = ann.submit_files(&page, &[("text", "all of them")], &files[..too_many]).await.is(422);
        assert!(answer.body.contains("A message has at most 9 images."), "{}", answer.body);
        assert!(answer.body.contains("all of them</textarea>"), "{}", answer.body);
    }
    nothing_was_sent(&server, &ann, "too many images").await;
    ann.submit_files(&page, &[("text", "nine")], &files[..9]).await.is(303);
    assert_eq!(messages(&ann).await[0]["uploads"].as_array().unwrap().len(), 9);
}

#[tokio::test]
async fn a_refused_image_is_named_and_the_text_stays() {
    let server = Server::setup().flag(&["--upload-max-bytes", "4000"]).start();
    let ann = server.member("ann").await;
    let page = lobby_page(&ann).await;
    let (good, damaged, large) = (picture(1), picture(2)[..40].to_vec(), vec![0; 5_000]);
    let table: [(&[u8], u16, &str); 3] = [
        (b"<svg/>", 415, "This kind of image cannot be sent."),
        (&damaged, 422, "This image cannot be read."),
        (&large, 413, "This image is too large."),
    ];
    for (bytes, status, reason) in table {
        let text = "\na </textarea><b>caption</b>";
        let files = [("good.png", &good[..]), ("<i>bad.png", bytes)];
        let answer = ann.submit_files(&page, &[("text", text)], &files).await.is(status);
        assert!(answer.header("content-type").starts_with("text/html"));
        assert!(answer.body.contains(reason) && answer.body.contains("Choose the images again."), "{}", answer.body);
        assert!(answer.body.contains("<bdi>&lt;i&gt;bad.png</bdi>"), "{}", answer.body);
        let kept = answer.body.split_once("<textarea").unwrap().1.split_once('>').unwrap().1;
        // The parser drops the first line break of a textarea.
        assert!(kept.starts_with("\n\na &lt;"), "{kept}");
        assert!(!answer.body.contains("<b>caption"), "typed text is never markup");
        nothing_was_sent(&server, &ann, reason).await;
    }
}

#[tokio::test]
async fn a_text_that_is_no_message_comes_back_with_the_reason() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let page = lobby_page(&ann).await;
    let long = "长".repeat(6_000);
    for (text, reason) in
        [("", "Write something"), (" \r\n", "Write something"), (&long, "This is too long."), ("a\u{7}", "not allowed")]
    {
        for answer in
            [ann.submit(&page, &[("text", text)]).await, ann.submit_files(&page, &[("text", text)], &[]).await]
        {
            let answer = answer.is(422);
            assert!(answer.body.contains(reason), "{}", answer.body);
            assert!(answer.body.contains(&format!("{text}</textarea>")), "{}", answer.body);
        }
    }
    nothing_was_sent(&server, &ann, "texts that are none").await;
}

#[tokio::test]
async fn who_may_not_write_here_sends_no_image_here() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let hidden = ann.make_room("private", "hidden").await;
    let picture = picture(1);
    bob.submit_files(&format!("/r/{hidden}"), &[("text", "x")], &[("a.png", &picture)]).await.is(404);
    let direct = ann.post("directs", json!({"user": bob.id})).await.is(201).room_id();
    ann.put(&format!("contacts/{}", bob.id), json!({"state": "blocked"})).await.is(200);
    let answer =
        bob.submit_files(&format!("/r/{direct}"), &[("text", "hear me")], &[("a.png", &picture)]).await.is(403);
    assert!(
        answer.body.contains("That is not possible between the two of you.")
            && answer.body.contains("hear me</textarea>")
    );
    nothing_was_sent(&server, &bob, "images that nobody is to see").await;
}

#[tokio::test]
async fn the_pace_of_uploads_counts_the_images_of_a_form_and_no_text() {
    let server = Server::setup().limits().start();
    let ann = server.member("ann").await;
    let page = lobby_page(&ann).await;
    let pictures: Vec<_> = (0..9).map(picture).collect();
    let nine: Vec<_> = pictures.iter().map(|bytes| ("a.png", &bytes[..])).collect();
    for _ in 0..2 {
        ann.submit_files(&page, &[("text", "nine more")], &nine).await.is(303);
    }
    let answer = ann.submit_files(&page, &[("text", "and again")], &nine).await.is(429);
    assert!(answer.body.contains("Too fast") && answer.body.contains("and again</textarea>"), "{}", answer.body);
    assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1));
    ann.submit_files(&page, &[("text", "in words, then")], &[("", b"")]).await.is(303);
    assert_eq!(messages(&ann).await.len(), 3);
}

/// The list of messages in a page.
fn history(page: &str) -> &str {
    let list = page.split_once("id=\"timeline\"").unwrap().1;
    list.split_once("id=\"room-empty\"").unwrap().0
}

#[tokio::test]
async fn the_history_shows_quotes_reactions_and_what_is_gone_and_nothing_dead() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let page = lobby_page(&ann).await;
    let lobby = ann.lobby().await;
    let question = ann.say(lobby, "Who brings `soup`?\n\n```\nsoup();\n```").await;
    let answer = json!({"client_id": fresh_id(), "text": "I do", "reply_to": question["id"]});
    bob.post(&format!("rooms/{lobby}/messages"), answer).await.is(201);
    let recalled = bob.say(lobby, "nobody's business").await;
    bob.requests(&Act::Recall(recalled["id"].as_i64().unwrap())).await.unwrap();
    for person in [&ann, &bob] {
        person.put(&reaction(question["id"].as_i64().unwrap(), "👍"), Value::Null).await.is(200);
    }
    let read = ann.get(&page).await.is(200).body;
    let history = history(&read);
    assert!(history.contains(&format!("href=\"{page}/m/1\"")), "the quote leads to what it quotes: {history}");
    assert!(history.contains("<span>👍</span><span>2<span class=\"visually-hidden\">, you too"), "{history}");
    assert!(history.contains("Message recalled"), "{history}");
    assert!(!read.contains("business"), "not even in what the client reads");
    let dead: Vec<_> = history
        .split("<button")
        .skip(1)
        .filter(|rest| !rest.split('>').next().unwrap().contains("needs-script"))
        .collect();
    assert_eq!(dead, Vec::<&str>::new(), "buttons that do nothing");
}

#[tokio::test]
async fn links_lead_through_the_history() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let (page, lobby) = (lobby_page(&ann).await, ann.lobby().await);
    for number in 1..=90 {
        ann.say(lobby, &format!("number {number}.")).await;
    }
    let newest = ann.get(&page).await.is(200).body;
    assert!(newest.contains("number 51.") && !newest.contains("number 50."), "{newest}");
    assert!(newest.contains("Older messages") && !newest.contains("Newer messages"));
    let older = link(history(&newest), "Older messages");
    assert_eq!(older, format!("{page}/m/51"));
    let middle = ann.get(&older).await.is(200).body;
    assert!(middle.contains("number 11.") && middle.contains("number 90."), "{middle}");
    let oldest = ann.get(&link(history(&middle), "Older messages")).await.is(200).body;
    assert!(oldest.contains("number 1.") && !oldest.contains("Older messages"), "{oldest}");
    assert_eq!(link(history(&oldest), "Newer messages"), format!("{page}/m/50"));
}

/// Where a link with these words leads.
fn link(page: &str, words: &str) -> String {
    let before = page.split_once(&format!(">{words}</a>")).unwrap_or_else(|| panic!("no {words} in {page}")).0;
    before.rsplit_once("href=\"").unwrap().1.split('"').next().unwrap().to_owned()
}
