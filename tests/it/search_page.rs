//! The search page, for browsers without JavaScript.

use chrono::{TimeDelta, Utc};
use reqwest::Method;
use serde_json::json;
use url::form_urlencoded;

use crate::support::{
    PASSWORD,
    client::{Answer, Member},
    fresh_id,
    server::Server,
};

/// Fields of the form and what stands in them.
type Query<'a> = &'a [(&'a str, &'a str)];

async fn search(member: &Member, fields: &[(&str, &str)]) -> Answer {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    member.get(&format!("/search?{query}")).await
}

/// The addresses of the hits, in the page's order.
fn hits(page: &str) -> Vec<String> {
    let links = page.split("class=\"hit\" href=\"").skip(1);
    links.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

fn permalink(message: &serde_json::Value) -> String {
    format!("/r/{}/m/{}", message["room"], message["seq"])
}

#[tokio::test]
async fn a_hit_says_who_where_and_when_and_leads_to_the_message() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    bob.patch("me", json!({"nickname": "B <i>ob"})).await.is(200);
    let first = bob.say(lobby, "<b>Noodles</b> & soup").await;
    let direct = bob.post("directs", json!({"user": ann.id})).await.is(201).room_id();
    let second = bob.say(direct, "more noodles").await;
    bob.say(lobby, "nothing of the kind").await;
    let page = search(&ann, &[("q", "noodles")]).await.is(200).body;
    assert_eq!(hits(&page), [permalink(&second), permalink(&first)], "newest first: {page}");
    assert!(page.contains("&lt;b&gt;<mark>Noodles</mark>&lt;/b&gt; &amp; soup"), "{page}");
    assert!(page.contains("more <mark>noodles</mark>") && page.contains("2 results"), "{page}");
    assert!(page.contains("<bdi>B &lt;i&gt;ob</bdi>") && page.contains("<bdi>Lobby</bdi>"), "{page}");
    let sent = first["created_at"].as_str().unwrap();
    assert!(page.contains(&format!("datetime=\"{sent}\"")), "{sent} in {page}");
    assert!(page.contains(&format!("{} {} UTC", &sent[..10], &sent[11..16])), "{page}");
    let there = ann.get(&hits(&page)[1]).await.is(200).body;
    assert!(there.contains("message-found"), "{there}");
}

#[tokio::test]
async fn the_form_narrows_the_search_down_and_stays_filled() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let kitchen = ann.private_room("kitchen", &[&bob]).await;
    let old = ann.say(lobby, "lunch long ago").await;
    server.age(old["id"].as_i64().unwrap(), 3 * 86_400);
    let anns = ann.say(kitchen, "lunch by ann").await;
    let body = json!({"client_id": fresh_id(), "text": "lunch by bob", "uploads": [bob.picture().await["id"]]});
    let bobs = bob.post(&format!("rooms/{kitchen}/messages"), body).await.is(201)["message"].clone();
    let [old, anns, bobs] = [&old, &anns, &bobs].map(permalink);
    let (room, id) = (kitchen.to_string(), bob.id.to_string());
    let day = |days: i64| (Utc::now() - TimeDelta::days(days)).format("%Y-%m-%d").to_string();
    let (long_ago, two_days_ago) = (day(3), day(2));
    let all = vec![bobs.clone(), anns.clone(), old.clone()];
    let table: [(Query<'_>, Vec<String>); 12] = [
        (&[("room", ""), ("from", ""), ("since", ""), ("until", ""), ("before", "")], all.clone()),
        (&[("room", &room)], vec![bobs.clone(), anns.clone()]),
        (&[("from", "bob")], vec![bobs.clone()]),
        (&[("from", "@Bob ")], vec![bobs.clone()]),
        (&[("from", &id)], vec![bobs.clone()]),
        (&[("has", "image")], vec![bobs.clone()]),
        (&[("since", &two_days_ago)], vec![bobs.clone(), anns.clone()]),
        (&[("until", &long_ago)], vec![old.clone()]),
        (&[("until", &two_days_ago), ("since", &long_ago)], vec![old.clone()]),
        (&[("until", "9999-12-31"), ("since", "0001-01-01")], all.clone()),
        (&[("until", "2999-01-01T00:00:00+08:00"), ("since", "2020-01-01T00:00:00Z")], all.clone()),
        (&[("from", "ann"), ("has", "image")], vec![]),
    ];
    for (fields, expected) in table {
        let page = search(&ann, &[&[("q", "lunch")], fields].concat()).await.is(200).body;
        assert_eq!(hits(&page), expected, "{fields:?}");
    }
    let fields = [("q", "lu\"nch"), ("room", &room), ("from", "bob"), ("since", &two_days_ago), ("has", "image")];
    let page = search(&ann, &fields).await.is(200).body;
    for filled in [
        "value=\"lu&quot;nch\"",
        &format!("<option value=\"{room}\" selected>kitchen"),
        "name=\"from\" value=\"bob\"",
        &format!("type=\"date\" value=\"{two_days_ago}\""),
        "value=\"image\" checked",
    ] {
        assert!(page.contains(filled), "{filled} in {page}");
    }
    assert!(page.contains("Nothing found"), "{page}");
}

#[tokio::test]
async fn a_link_leads_to_older_results_until_all_are_seen() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let mut expected = Vec::new();
    for number in 0..45 {
        expected.insert(0, permalink(&ann.say(lobby, &format!("soup & bread {number}")).await));
    }
    let (mut seen, mut pages) = (Vec::new(), 0);
    let mut next = Some("/search?q=soup+%26+bread&from=ann&has=".to_owned());
    while let Some(address) = next {
        let page = ann.get(&address).await.is(200).body;
        seen.extend(hits(&page));
        pages += 1;
        let link =
            page.split_once("class=\"button button-wide\" href=\"").map(|(_, rest)| rest.split('"').next().unwrap());
        next = link.map(|link| link.replace("&amp;", "&"));
    }
    assert_eq!((seen, pages), (expected, 3));
}

#[tokio::test]
async fn a_search_that_cannot_be_done_says_why_and_keeps_what_was_typed() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let hidden = bob.make_room("private", "hidden").await.to_string();
    let public = bob.make_room("public", "open").await.to_string();
    let long = "x".repeat(201);
    let table: [(Query<'_>, u16, &str); 17] = [
        (&[("q", "%_")], 422, "punctuation alone finds nothing"),
        (&[("q", "\0")], 422, "punctuation alone finds nothing"),
        (&[("q", &long)], 422, "at most 200 characters"),
        (&[("q", "ink"), ("room", "abc")], 404, "There is no such room"),
        (&[("q", "ink"), ("room", "99999999999999999999")], 404, "There is no such room"),
        (&[("q", "ink"), ("room", &hidden)], 404, "There is no such room"),
        (&[("q", "ink"), ("room", &public)], 403, "There is no such room"),
        (&[("q", "ink"), ("from", "nobody_here")], 422, "Nobody of this name."),
        (&[("q", "ink"), ("from", "a\0b")], 422, "Nobody of this name."),
        (&[("q", "ink"), ("from", "999999")], 422, "Nobody of this name."),
        (&[("q", "ink"), ("from", "1e9")], 422, "Nobody of this name."),
        (&[("q", "ink"), ("from", "' OR 1=1 --")], 422, "Nobody of this name."),
        (&[("q", "ink"), ("since", "yesterday")], 422, "Write a day as 2026-11-20."),
        (&[("q", "ink"), ("until", "2026-02-30")], 422, "Write a day as 2026-11-20."),
        (&[("q", "ink"), ("until", "275760-09-13")], 422, "Write a day as 2026-11-20."),
        (&[("q", "ink"), ("has", "video")], 422, "This is not right."),
        (&[("q", "ink"), ("before", "x")], 422, "This is not right."),
    ];
    for (fields, status, words) in table {
        let page = search(&ann, fields).await.is(status);
        assert!(page.header("content-type").starts_with("text/html"), "{fields:?}");
        assert!(page.body.contains(words), "{fields:?}: {}", page.body);
        assert!(fields[0].1.contains('\0') || page.body.contains(&format!("value=\"{}\"", fields[0].1)), "{fields:?}");
    }
    for query in ["q=%ff", "q=%", "q=a&q=b", "q[]=a", "nonsense", "q=a%00b", "q=%F0%9F%8E%89&before=-5", "limit=0&q=a"]
    {
        ann.get(&format!("/search?{query}")).await.any_of(&[200, 422]);
    }
}

#[tokio::test]
async fn without_words_the_page_says_what_to_do() {
    let server = Server::start();
    let ann = server.member("ann").await;
    for query in ["", "?q=", "?q=%20%E3%80%80", "?room=1&since=2020-01-01"] {
        let page = ann.get(&format!("/search{query}")).await.is(200).body;
        assert!(page.contains("Search all your rooms") && hits(&page).is_empty(), "{page}");
    }
    let request = ann.request(Method::GET, "/search?q=ink").header("accept-language", "zh-CN");
    let page = Answer::to(request).await.is(200).body;
    assert!(page.contains("lang=\"zh-CN\"") && page.contains("没有找到") && page.contains("只看有图的消息"), "{page}");
    assert!(page.contains("name=\"next\" value=\"/search?q=ink\""), "another language leads back here: {page}");
    let chat = ann.get("/").await.is(200).body;
    for link in chat.split("<a ").filter(|link| link.contains("href=\"/search\"")) {
        assert!(!link.split('>').next().unwrap().contains("needs-script"), "{link}");
    }
}

#[tokio::test]
async fn a_stranger_logs_in_first_and_is_led_back() {
    let server = Server::start();
    server.member("ann").await;
    let guest = server.guest();
    let answer = guest.get("/search?q=noodles&has=image").await.is(303);
    assert_eq!(answer.header("location"), "/login/?next=%2Fsearch%3Fq%3Dnoodles%26has%3Dimage");
    let form = guest.get(answer.header("location")).await.is(200).body;
    assert!(form.contains("value=\"/search?q=noodles&amp;has=image\""), "{form}");
    let login = [("username", "ann"), ("password", PASSWORD), ("next", "/search?q=noodles&has=image")];
    assert_eq!(guest.submit("/login/", &login).await.is(303).header("location"), "/search?q=noodles&has=image");
}

#[tokio::test]
async fn searching_too_often_is_told_on_the_page() {
    let server = Server::setup().limits().start();
    let ann = server.member("ann").await;
    let mut answer = search(&ann, &[("q", "noodles")]).await;
    for _ in 0..60 {
        if answer.status != 200 {
            break;
        }
        answer = search(&ann, &[("q", "noodles")]).await;
    }
    let answer = answer.is(429);
    assert!(answer.body.contains("Too many tries.") && answer.body.contains("value=\"noodles\""), "{}", answer.body);
    assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1));
}
