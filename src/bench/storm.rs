//! `storm`: everybody is cut off at once, messages go on, and everybody comes back at once, as after a restart of a proxy.

use std::{
    io,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::bench::{
    api::Api,
    crowd::{Crowd, Ear, GENTLY},
    net::{frame, link::Link},
    report::{Outcome, Times, amount},
    server::Server,
    tally::nanoseconds,
    wire::{self, Heard, Hello},
    words::Words,
};

/// One who comes back: how far they are whole.
#[derive(Debug, Clone, Copy, Default)]
struct Returner {
    rev: i64,
    whole: bool,
}

/// Resumes everybody who comes back where they were.
struct Repair {
    room: i64,
    people: Vec<Returner>,
    /// The change at which one is whole; none at first, when nobody has anything to repair.
    head: Option<i64>,
    began: Instant,
    ready: usize,
    doubled: u64,
    gone: u64,
    /// Answers to `resume` that sent somebody to the REST API.
    fetches: u64,
    hellos: Times,
    wholes: Times,
}

impl Repair {
    fn settle(&mut self, socket: usize) {
        let (person, Some(head)) = (&mut self.people[socket], self.head) else { return };
        if person.rev >= head && !std::mem::replace(&mut person.whole, true) {
            self.ready += 1;
            self.wholes.note(nanoseconds(self.began.elapsed()));
        }
    }
}

impl Ear for Repair {
    fn hear(&mut self, socket: usize, text: &[u8], link: &mut Link) -> io::Result<()> {
        if let Some(hello) = Hello::of(text) {
            let rev = hello.rev(self.room).ok_or_else(|| io::Error::other("not a member of its room"))?;
            if self.head.is_none() {
                self.people[socket].rev = rev;
                self.ready += 1;
                return Ok(());
            }
            self.hellos.note(nanoseconds(self.began.elapsed()));
            let resume =
                json!({"type": "resume", "ref": "r", "rooms": {self.room.to_string(): self.people[socket].rev}});
            let mut out = Vec::new();
            frame::text(&mut out, resume.to_string().as_bytes());
            return link.send(&out);
        }
        match wire::read(text) {
            Heard::Message(room, rev, _) if room == self.room => {
                let known = &mut self.people[socket].rev;
                match rev - *known {
                    1 => *known = rev,
                    ..=0 => self.doubled += 1,
                    // A hole: whoever listens would ask the REST API now.
                    _ => self.fetches += 1,
                }
                self.settle(socket);
            }
            Heard::Other if text.starts_with(br#"{"type":"ack","ref":"r""#) && !text.ends_with(br#""fetch":[]}"#) => {
                self.fetches += 1;
            }
            _ => {}
        }
        Ok(())
    }

    fn lose(&mut self, _: usize) {
        self.gone += 1;
    }
}

/// Cuts everybody, sends messages, and tells how long it takes until everybody is back and whole.
///
/// # Errors
/// A server that refuses somebody, or leaves them without a message.
pub fn measure(server: &Server, sockets: usize, people: usize, messages: usize) -> anyhow::Result<Outcome> {
    let api = Api::of(server);
    let cookies = api.people(server, people)?;
    let room = api.room(&cookies)?;
    let mut crowd = Crowd::of(server, cookies.iter().cycle().take(sockets))?;
    let mut repair = Repair {
        room,
        people: vec![Returner::default(); sockets],
        head: None,
        began: Instant::now(),
        ready: 0,
        doubled: 0,
        gone: 0,
        fetches: 0,
        hellos: Times::default(),
        wholes: Times::default(),
    };
    crowd.gather(GENTLY, &mut repair, |repair| repair.ready)?;
    let settled = Instant::now() + Duration::from_secs(3);
    while Instant::now() < settled {
        crowd.turn(settled, &mut repair)?;
    }
    crowd.cut();
    let mut words = Words::new(1);
    let (run, mut head) = (u32::from_ne_bytes(rand::random()), 0);
    for number in 0..messages {
        let body = json!({"client_id": format!("storm-{run:08x}-{number}"), "text": words.text(100)});
        let sent = api.post(&cookies[0], &format!("rooms/{room}/messages"), &body)?;
        head = sent["message"]["rev"].as_i64().unwrap_or_default();
    }
    let before = server.cost();
    (repair.head, repair.began, repair.ready) = (Some(head), Instant::now(), 0);
    crowd.gather(sockets, &mut repair, |repair| repair.ready)?;
    let (took, after) = (repair.began.elapsed(), server.cost());
    let lost: i64 = repair.people.iter().map(|person| head - person.rev).sum();
    Ok(Outcome::of("storm", format!("{sockets} sockets of {people} people, {messages} messages missed"))
        .count("back", repair.ready)
        .count("lost", lost)
        .count("doubled", repair.doubled)
        .count("sent_to_rest", repair.fetches)
        .count("cut", repair.gone)
        .amount("hello_p50_ms", repair.hellos.percentile(50.0))
        .amount("hello_p99_ms", repair.hellos.percentile(99.0))
        .times(&repair.wholes)
        .amount("back_per_s", Some(amount(sockets as u64) / took.as_secs_f64()))
        .amount("cpu_s", (after.cpu > 0.0).then_some(after.cpu - before.cpu))
        .memory(&after))
}
