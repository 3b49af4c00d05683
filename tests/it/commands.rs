//! Slash commands: what each does, for whom, in both languages, and what is said where one is wrong.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use futures_util::future::join_all;
use reqwest::{Method, header::ACCEPT_LANGUAGE};
use serde_json::{Value, json};

use crate::support::{
    client::{Answer, Guest, Member},
    fresh_id,
    server::{Server, Setup},
};

/// Stands in for Open-Meteo: knows one city, counts what it is asked, and may be slow.
struct Skies {
    address: String,
    asked: Arc<AtomicUsize>,
}

impl Skies {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = [0u8; 4096];
                let length = stream.read(&mut head).unwrap_or_default();
                count.fetch_add(1, Ordering::SeqCst);
                let body = Self::answer(&String::from_utf8_lossy(&head[..length])).to_string();
                let length = body.len();
                let _ =
                    write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
            }
        });
        Self { address, asked }
    }

    fn answer(head: &str) -> Value {
        let chinese = head.contains("language=zh");
        match head.split(' ').nth(1).unwrap_or_default() {
            path if path.starts_with("/search")
                && (path.contains("Beijing") || path.contains("%E5%8C%97%E4%BA%AC")) =>
            {
                let (name, country) = if chinese { ("北京", "中国") } else { ("Beijing", "China") };
                json!({"results": [{"name": name, "country": country, "latitude": 39.9075, "longitude": 116.39723}]})
            }
            path if path.starts_with("/search") => json!({"generationtime_ms": 0.4}),
            path if path.contains("latitude=39.9075&longitude=116.39723") => json!({
                "current": {"temperature_2m": 11.6, "apparent_temperature": 9.4, "relative_humidity_2m": 41, "weather_code": 2, "wind_speed_10m": 14.8},
                "daily": {"weather_code": [2, 61, 0], "temperature_2m_min": [3.4, 2.0, -1.2], "temperature_2m_max": [12.5, 8.0, 6.6]}
            }),
            _ => json!({"error": true}),
        }
    }

    fn under(&self, setup: Setup) -> Setup {
        let (find, ask) = (format!("http://{}/search", self.address), format!("http://{}/forecast", self.address));
        setup.flag(&["--weather-geocoding-url", &find]).flag(&["--weather-forecast-url", &ask])
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn give(member: &Member, room: i64, text: &str) -> Answer {
    member.post(&format!("rooms/{room}/commands"), json!({"text": text})).await
}

async fn give_in_chinese(member: &Guest, room: i64, text: &str) -> Answer {
    let request = member.request(Method::POST, &format!("rooms/{room}/commands")).header(ACCEPT_LANGUAGE, "zh-CN");
    Answer::to(request.json(&json!({"text": text}))).await
}

#[track_caller]
fn notice(answer: Answer) -> String {
    let answer = answer.is(200);
    assert_eq!(answer["message"], Value::Null);
    answer["notice"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_weather_is_told_in_the_callers_language_and_asked_for_once_in_ten_minutes() {
    let skies = Skies::open();
    let server = skies.under(Server::setup()).start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let told = notice(give(&ann, lobby, "/weather Beijing").await);
    assert_eq!(
        told,
        "Beijing, China: partly cloudy, 12 °C (feels like 9 °C), humidity 41 %, wind 15 km/h\n\
         Today: partly cloudy, 3 to 13 °C\nTomorrow: rain, 2 to 8 °C\nThe day after: clear, -1 to 7 °C"
    );
    assert_eq!(skies.asked(), 2);
    assert_eq!(notice(give(&ann, lobby, "/WEATHER beijing").await), told);
    assert_eq!(skies.asked(), 2);
    let told = notice(give_in_chinese(&ann, lobby, "/天气 北京").await);
    assert!(told.starts_with("北京, 中国：多云，12 °C（体感 9 °C）"), "{told}");
    assert!(told.ends_with("后天：晴，-1 到 7 °C"), "{told}");
    give(&ann, lobby, "/weather Nowhere").await.refuses(422, "weather_no_place");
    give(&ann, lobby, "/weather").await.refuses(422, "command_usage");
    give(&ann, lobby, &format!("/weather {}", "x".repeat(81))).await.refuses(422, "weather_no_place");
    assert_eq!(ann.page(lobby, "").await.messages().len(), 0);
}

#[tokio::test]
async fn many_who_ask_at_once_are_told_by_one_question() {
    let skies = Skies::open();
    let server = skies.under(Server::setup()).start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let told = join_all((0..40).map(|_| give(&ann, lobby, "/weather Beijing"))).await;
    assert!(told.into_iter().all(|answer| notice(answer).starts_with("Beijing, China")));
    assert_eq!(skies.asked(), 2);
}

#[tokio::test]
async fn weather_that_nobody_tells_is_not_waited_for() {
    // Connections are taken, by the system, and nothing is said on them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/search", silent.local_addr().unwrap());
    let server = Server::setup().flag(&["--weather-geocoding-url", &url]).start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    give(&ann, lobby, "/weather Beijing").await.refuses(503, "unreachable");
    assert!(server.log().contains("no answer in time"), "{}", server.log());
}

#[tokio::test]
async fn weather_that_cannot_be_reached_says_so_and_what_is_off_is_no_command() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{gone}/search");
    let server = Server::setup().flag(&["--weather-geocoding-url", &url]).start();
    let admin = server.admin("founder").await;
    let lobby = admin.lobby().await;
    let answer = give(&admin, lobby, "/weather Beijing").await.refuses(503, "unreachable");
    assert_eq!(answer["detail"], "The weather cannot be reached just now. Try again in a moment.");
    assert!(admin.get("commands").await.is(200).body.contains("\"weather\""));
    admin.patch("admin/settings", json!({"weather": false})).await.is(200);
    give(&admin, lobby, "/weather Beijing").await.refuses(422, "command_unknown");
    assert!(!admin.get("commands").await.is(200).body.contains("\"weather\""));
}

#[tokio::test]
async fn a_joke_is_a_message_of_whoever_tells_it_and_stays_the_same_when_it_is_told_again() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let mut bobs = bob.connect().await;
    let tell = || {
        let body = json!({"text": "/joke zh", "client_id": "joke-1"});
        async { ann.post(&format!("rooms/{lobby}/commands"), body).await.is(200)["message"].clone() }
    };
    let told = tell().await;
    assert_eq!(told["sender"]["username"], "ann");
    assert!(told["text"].as_str().unwrap().chars().any(|c| c > '\u{4e00}'), "{told}");
    let heard = bobs.next("message").await;
    assert_eq!(heard["message"]["text"], told["text"]);
    assert_eq!(tell().await["id"], told["id"]);
    assert_eq!(ann.page(lobby, "").await.messages().len(), 1);
}

#[tokio::test]
async fn what_somebody_does_is_told_of_them_through_every_door() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let said = ann.say(lobby, "/me waves *a lot*").await;
    assert_eq!(said["text"], "/me waves *a lot*");
    let doing = json!([{"type": "action", "spans": ["waves ", {"type": "italic", "spans": ["a lot"]}]}]);
    assert_eq!(said["spans"], doing);
    let changed = ann.patch(&format!("messages/{}", said["id"]), json!({"text": "waves"})).await.is(200);
    assert_eq!(changed["message"]["spans"], json!(["waves"]));
    for text in ["/我 挥手", "/我　挥手", "/ME\t挥手"] {
        assert_eq!(ann.say(lobby, text).await["spans"], json!([{"type": "action", "spans": ["挥手"]}]), "{text}");
    }
    assert_eq!(ann.say(lobby, "/me").await["spans"], json!(["/me"]));
    assert!(ann.get(&format!("/r/{lobby}")).await.is(200).body.contains("<bdi class=\"message-actor\">ann</bdi> <em"));
    give(&ann, lobby, "/me").await.refuses(422, "command_usage");
    give(&ann, lobby, "/me waves").await.refuses(422, "invalid");
}

#[tokio::test]
async fn names_topics_and_members_change_under_the_rules_of_their_routes() {
    let server = Server::start();
    let (ann, bob, eve) = (server.member("ann").await, server.member("bob").await, server.member("eve").await);
    let room = ann.private_room("kitchen", &[&bob]).await;
    assert_eq!(notice(give(&bob, room, "/nick Bobby Tables").await), "You are Bobby Tables now.");
    assert_eq!(bob.get("me").await["user"]["nickname"], "Bobby Tables");
    give(&bob, room, &format!("/nick {}", "x".repeat(60))).await.refuses(422, "command_usage");
    assert_eq!(notice(give(&bob, room, "/topic").await), "This room has no topic.");
    give(&bob, room, "/topic mine").await.refuses(403, "forbidden");
    assert_eq!(notice(give(&ann, room, "/topic What we eat").await), "The topic is now: What we eat");
    assert_eq!(notice(give_in_chinese(&bob, room, "/话题").await), "当前话题：What we eat");
    give(&bob, room, "/invite @eve").await.refuses(403, "forbidden");
    give(&ann, room, "/invite @nobody").await.refuses(422, "command_nobody");
    give(&ann, room, "/invite @eve @nobody").await.refuses(422, "command_nobody");
    eve.get(&format!("rooms/{room}")).await.refuses(404, "not_found");
    assert_eq!(notice(give(&ann, room, "/invite @eve bob").await), "eve can read and write here now.");
    assert_eq!(notice(give(&ann, room, "/invite eve").await), "They are here already.");
    eve.say(room, "hello").await;
    give(&bob, room, "/mute @eve").await.refuses(403, "forbidden");
    assert_eq!(notice(give(&ann, room, "/mute @eve 2h").await), "eve can read here, and write again in 120 min.");
    eve.send(room, &fresh_id(), "x").await.refuses(403, "silenced");
    assert_eq!(notice(give(&ann, room, "/mute eve off").await), "eve can write here again.");
    eve.say(room, "again").await;
    for wrong in ["/mute", "/mute @eve long", "/mute @eve 1h now", "/invite", "/nick"] {
        give(&ann, room, wrong).await.refuses(422, "command_usage");
    }
}

#[tokio::test]
async fn who_is_away_is_shown_so_to_everybody_at_once() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let mut bobs = bob.connect().await;
    give(&ann, lobby, "/away gone fishing").await.is(200);
    let frame = bobs.next("user").await;
    assert_eq!(frame["user"]["away"], "gone fishing");
    assert_eq!(bob.get(&format!("users/{}", ann.id)).await.is(200)["user"]["away"], "gone fishing");
    assert_eq!(notice(give(&ann, lobby, "/away").await), "You are shown as here again.");
    let frame = bobs.next("user").await;
    assert_eq!(frame["user"]["away"], Value::Null);
    give(&ann, lobby, "/离开").await.is(200);
    assert_eq!(bobs.next("user").await["user"]["away"], "");
    give(&ann, lobby, &format!("/away {}", "x".repeat(101))).await.refuses(422, "command_usage");
}

#[tokio::test]
async fn a_command_that_is_wrong_says_what_would_be_right() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let answer = give(&ann, lobby, "/wether Beijing").await.refuses(422, "command_unknown");
    assert_eq!(answer["detail"], "There is no command /wether. Did you mean /weather?");
    let answer = give_in_chinese(&ann, lobby, "/笑活").await.refuses(422, "command_unknown");
    assert_eq!(answer["detail"], "没有 /笑活 这个命令，是不是想用 /笑话？");
    let answer = give(&ann, lobby, "/frobnicate").await.refuses(422, "command_unknown");
    assert_eq!(answer["detail"], "There is no command /frobnicate. /help lists all.");
    for said in ["hello", "//help", "/usr/bin", ""] {
        give(&ann, lobby, said).await.refuses(422, "invalid");
    }
    let help = notice(give(&ann, lobby, "/help").await);
    assert!(help.contains("/mute @name 10m – Lets somebody read here"), "{help}");
    assert_eq!(notice(give(&ann, lobby, "/help joke").await), "/joke – Tells a joke to everybody here");
    let offered = ann.get("commands").await.is(200);
    assert_eq!(offered["commands"][1]["usage"], "city");
    assert_eq!(
        offered["commands"][2],
        json!({"name": "joke", "chinese": "笑话", "usage": "", "about": "Tells a joke to everybody here", "posts": true})
    );
}

#[tokio::test]
async fn commands_are_for_members_of_the_room_and_not_for_ever() {
    let server = Server::setup().limits().start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("kitchen", &[]).await;
    server
        .guest()
        .post(&format!("rooms/{room}/commands"), json!({"text": "/help"}))
        .await
        .refuses(401, "session_ended");
    server.guest().get("commands").await.refuses(401, "session_ended");
    give(&bob, room, "/topic").await.refuses(404, "not_found");
    give(&bob, 9_999, "/help").await.refuses(404, "not_found");
    for _ in 0..10 {
        give(&ann, room, "/help").await.is(200);
    }
    give(&ann, room, "/help").await.refuses(429, "rate_limited");
}

#[tokio::test]
async fn commands_work_in_the_form_without_a_script() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let place = format!("/r/{lobby}");
    let page = ann.submit(&place, &[("text", "/help")]).await.is(200).body;
    assert!(page.contains("Only you see this") && page.contains("/topic words – Shows the topic"), "{page}");
    let page = ann.submit_files(&place, &[("text", "/topik")], &[("", b"")]).await.is(200).body;
    assert!(page.contains("Did you mean /topic?") && page.contains("\n/topik</textarea>"), "{page}");
    let told = ann.submit(&place, &[("text", "/joke")]).await.is(303);
    assert_eq!(told.header("location"), format!("/r/{lobby}#m-1"));
    ann.submit(&place, &[("text", "//help")]).await.is(303);
    assert_eq!(ann.page(lobby, "").await.messages()[1]["text"], "//help");
}
