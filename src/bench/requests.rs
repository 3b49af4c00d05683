//! Requests over HTTP at times fixed beforehand, on as many kept connections as that takes.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::bench::{
    net::{
        http::{self, Answer},
        link::{Link, Reading},
        poller::{Happening, Poller},
    },
    report::{Outcome, Times, amount},
    server::{Cost, Server},
    tally::nanoseconds,
};

/// Connections at most: what a few hundred browsers behind a proxy come to.
const CONNECTIONS: usize = 256;

/// How long nothing at all may be answered before the rest counts as lost.
const SILENCE: Duration = Duration::from_secs(10);

/// Who asks.
pub trait Asker {
    /// The request of that number.
    fn ask(&mut self, number: u64) -> Vec<u8>;

    /// Is the answer to it as it should be?
    fn judge(&mut self, number: u64, answer: &Answer<'_>) -> bool;
}

/// How fast, and how long.
#[derive(Debug, Clone, Copy)]
pub struct Timetable {
    /// Requests a second.
    pub rate: f64,
    /// What is asked before it is measured.
    pub warm: Duration,
    /// What is measured.
    pub time: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Due {
    number: u64,
    at: Duration,
}

#[derive(Default)]
struct Line {
    link: Option<Link>,
    under_way: Option<Due>,
}

struct Counter<'a> {
    poller: Poller,
    address: SocketAddr,
    lines: Vec<Line>,
    free: Vec<usize>,
    waiting: VecDeque<Due>,
    space: Vec<u8>,
    begin: Instant,
    /// When the newest answer came.
    newest: Instant,
    warm: Duration,
    times: Times,
    good: u64,
    measured: u64,
    bad: u64,
    asker: &'a mut dyn Asker,
}

/// Asks everything when it is due.
///
/// # Errors
/// A server that cannot be reached.
pub fn run(
    server: &Server,
    scenario: &'static str,
    what: String,
    table: Timetable,
    asker: &mut dyn Asker,
) -> anyhow::Result<Outcome> {
    let mut counter = Counter::new(server, table, asker)?;
    let (offered, before) = counter.offer(server, table)?;
    let after = server.cost();
    let took = counter.newest.duration_since(counter.begin).saturating_sub(table.warm).as_secs_f64();
    let cpu = (after.cpu > 0.0).then(|| (after.cpu - before.cpu) * 1e3 / amount(counter.measured));
    Ok(Outcome::of(scenario, what)
        .count("offered", offered)
        .count("answered", counter.good)
        .count("refused", counter.bad)
        .count("lost", offered - counter.good - counter.bad)
        .amount("answers_per_s", Some(amount(counter.measured) / took))
        .times(&counter.times)
        .amount("cpu_ms_per_answer", cpu)
        .memory(&after))
}

impl<'a> Counter<'a> {
    fn new(server: &Server, table: Timetable, asker: &'a mut dyn Asker) -> io::Result<Self> {
        let begin = Instant::now();
        Ok(Self {
            poller: Poller::new()?,
            address: server.address(),
            lines: Vec::new(),
            free: Vec::new(),
            waiting: VecDeque::new(),
            space: Vec::new(),
            begin,
            newest: begin,
            warm: table.warm,
            times: Times::default(),
            good: 0,
            measured: 0,
            bad: 0,
            asker,
        })
    }

    /// Asks what the timetable says, until all is answered or nothing is any more; how much that was, and what the server had used up
    /// when measuring began.
    fn offer(&mut self, server: &Server, table: Timetable) -> io::Result<(u64, Cost)> {
        let gap = Duration::from_secs_f64(1.0 / table.rate);
        let (end, mut number, mut at) = (table.warm + table.time, 0, Duration::ZERO);
        let (mut before, mut is_warm) = (server.cost(), false);
        loop {
            while at < end && self.begin + at <= Instant::now() {
                if at >= table.warm && !std::mem::replace(&mut is_warm, true) {
                    before = server.cost();
                }
                self.waiting.push_back(Due { number, at });
                number += 1;
                at = gap.mul_f64(amount(number));
            }
            self.serve()?;
            if at >= end && (self.good + self.bad == number || self.newest.elapsed() > SILENCE) {
                return Ok((number, before));
            }
            self.turn(if at < end { self.begin + at } else { Instant::now() + Duration::from_millis(20) })?;
        }
    }

    /// Sends what is due, as far as there are lines.
    fn serve(&mut self) -> io::Result<()> {
        while let Some(due) = self.waiting.front().copied() {
            let place = match self.free.pop() {
                Some(place) => place,
                None if self.lines.len() < CONNECTIONS => {
                    self.lines.push(Line::default());
                    self.lines.len() - 1
                }
                None => return Ok(()),
            };
            self.waiting.pop_front();
            let line = &mut self.lines[place];
            let link = match &mut line.link {
                Some(link) => link,
                none => {
                    let link = Link::open(self.address, self.poller.registry(), place)?;
                    link.hurry()?;
                    none.insert(link)
                }
            };
            line.under_way = Some(due);
            if link.send(&self.asker.ask(due.number)).is_err() {
                self.end(place);
            }
        }
        Ok(())
    }

    fn turn(&mut self, until: Instant) -> io::Result<()> {
        let happened: Vec<Happening> = self.poller.wait(until)?.collect();
        for Happening { token, readable, writable } in happened {
            let Some(link) = &mut self.lines[token].link else { continue };
            if writable && link.flush().is_err() || readable && !self.read(token) {
                self.end(token);
            }
        }
        Ok(())
    }

    /// Reads what is there; false when the connection is over.
    fn read(&mut self, place: usize) -> bool {
        loop {
            let Line { link: Some(link), under_way } = &mut self.lines[place] else { return true };
            let mut judged = None;
            let reading = link.read(&mut self.space, |bytes, _| {
                let (Some(answer), Some(due)) = (http::split(bytes)?, under_way.take()) else { return Ok(0) };
                judged = Some((due, self.asker.judge(due.number, &answer)));
                Ok(answer.length)
            });
            if let Some((due, good)) = judged {
                self.note(due, good);
                self.free.push(place);
            }
            match reading {
                Ok(Reading::More) => {}
                Ok(Reading::Drained) => return true,
                Ok(Reading::Ended) | Err(_) => return false,
            }
        }
    }

    fn note(&mut self, due: Due, good: bool) {
        self.newest = Instant::now();
        if !good {
            self.bad += 1;
            return;
        }
        self.good += 1;
        if due.at >= self.warm {
            self.measured += 1;
            self.times.note(nanoseconds(self.begin.elapsed().saturating_sub(due.at)));
        }
    }

    /// The connection is over: whoever waited for an answer gets none, and the next request opens another.
    fn end(&mut self, place: usize) {
        let line = &mut self.lines[place];
        line.link = None;
        if line.under_way.take().is_some() {
            self.newest = Instant::now();
            self.bad += 1;
            self.free.push(place);
        }
    }
}
