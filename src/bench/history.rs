//! `history` and `search`: long rooms, filled through a socket as anybody fills them, and questions about them.

use std::{
    io, thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;

use crate::bench::{
    api::Api,
    args::Questions,
    crowd::{Crowd, Ear},
    net::link::Link,
    questions,
    report::Outcome,
    server::Server,
    wire::{self, Heard, Hello},
    words::Words,
};

/// Messages of the room that long ones are compared with.
pub const SHORT: usize = 1_000;

/// Sends that wait for their acknowledgement. Each is heard twice, as that and as a message, and who is 256 frames behind is cut.
const UNDER_WAY: u64 = 64;

/// How long a server is left alone that refuses a message, and how often: another takes its place.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSES: usize = 100;

/// Length of a text in bytes.
const LENGTH: usize = 100;

/// A room with many messages.
pub struct Archive {
    cookie: String,
    room: i64,
    messages: usize,
    /// A time between its first and its last message.
    middle: String,
    words: Words,
}

/// Counts acknowledgements.
#[derive(Default)]
struct Clerk {
    greeted: usize,
    acked: u64,
    refused: u64,
    /// What the last refusal said.
    why: String,
    gone: bool,
}

impl Ear for Clerk {
    fn hear(&mut self, _: usize, text: &[u8], _: &mut Link) -> io::Result<()> {
        match wire::read(text) {
            Heard::Ack(..) => self.acked += 1,
            Heard::Refused => {
                self.refused += 1;
                self.why = String::from_utf8_lossy(text).into_owned();
            }
            _ => self.greeted += usize::from(Hello::is_one(text)),
        }
        Ok(())
    }

    fn lose(&mut self, _: usize) {
        self.gone = true;
    }
}

impl Archive {
    /// Makes a room and fills it.
    ///
    /// # Errors
    /// What the server refuses.
    pub fn of(server: &Server, messages: usize) -> anyhow::Result<Self> {
        let api = Api::of(server);
        let cookies = api.people(server, 1)?;
        let room = api.room(&cookies)?;
        let mut words = Words::new(1);
        let mut crowd = Crowd::of(server, cookies.iter())?;
        let mut clerk = Clerk::default();
        crowd.gather(1, &mut clerk, |clerk| clerk.greeted)?;
        let (run, mut sent, mut pauses) = (u32::from_ne_bytes(rand::random()), 0, 0);
        while clerk.acked < messages as u64 {
            let (acked, refused) = (clerk.acked, clerk.refused);
            while sent - refused < messages as u64 && sent - refused - clerk.acked < UNDER_WAY {
                let text = words.text(LENGTH);
                crowd.send(0, wire::send(room, 0, sent, run, &text).as_bytes(), &mut clerk);
                sent += 1;
            }
            crowd.turn(Instant::now() + Duration::from_secs(1), &mut clerk)?;
            anyhow::ensure!(!clerk.gone, "the server hung up");
            if clerk.refused > refused {
                pauses = if clerk.acked > acked { 0 } else { pauses + 1 };
                anyhow::ensure!(pauses < PAUSES, "the server refuses a message again and again: {}", clerk.why);
                thread::sleep(PAUSE);
            }
        }
        let [cookie] = cookies.try_into().map_err(|_| anyhow::anyhow!("one person was asked for"))?;
        let page = api.get(&cookie, &format!("rooms/{room}/messages?around={}&limit=1", messages / 2))?;
        let middle = page["messages"][0]["created_at"].as_str().context("a message without a time")?.to_owned();
        Ok(Self { cookie, room, messages, middle, words })
    }
}

/// Asks each room for its newest page, its oldest, one by time, and for changes.
///
/// # Errors
/// A server that cannot be reached.
pub fn measure(server: &Server, rooms: &[Archive], questions: &Questions) -> anyhow::Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for archive in rooms {
        let Archive { room, messages, middle, .. } = archive;
        let asked = [
            ("newest", "messages".to_owned()),
            ("oldest", "messages?after=0".to_owned()),
            ("a day", format!("messages?at={middle}")),
            ("changes", format!("changes?after={}&limit=50", messages / 2)),
        ];
        for (what, path) in asked {
            let (what, path) = (format!("{what}, {messages}"), format!("rooms/{room}/{path}"));
            outcomes.push(questions::repeat(server, "history", what, &archive.cookie, &path, questions)?);
        }
    }
    Ok(outcomes)
}

/// Searches a room for words of different kinds.
///
/// # Errors
/// A server that cannot be reached.
pub fn search(server: &Server, archive: &Archive, questions: &Questions) -> anyhow::Result<Vec<Outcome>> {
    let asked = [
        ("rare", archive.words.rare().to_owned()),
        ("common", archive.words.common().to_owned()),
        ("Chinese", "下单".to_owned()),
        ("both", format!("{} {}", archive.words.common(), archive.words.rare())),
        ("none", "xylophone".to_owned()),
    ];
    let ask = |(what, word): (&str, String)| {
        let word: String = url::form_urlencoded::byte_serialize(word.as_bytes()).collect();
        let path = format!("search?q={word}&room={}", archive.room);
        questions::repeat(server, "search", what.to_owned(), &archive.cookie, &path, questions)
    };
    asked.into_iter().map(ask).collect()
}
