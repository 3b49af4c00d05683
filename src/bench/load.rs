//! `fanout` and `rooms`: messages sent at times fixed beforehand, and everybody who should hear them listening.
//!
//! The times do not wait for the server, and lateness is reckoned from them: a server that stalls is not asked less
//! (Gil Tene's "coordinated omission").

use std::time::{Duration, Instant};

use crate::bench::{
    api::Api,
    args::Load,
    crowd::{Crowd, GENTLY},
    report::{Outcome, amount},
    server::Server,
    tally::{Tally, nanoseconds},
    wire,
    words::Words,
};

/// What is not measured at first.
const WARM: Duration = Duration::from_secs(1);

/// How long nothing at all may come before what has not come counts as lost.
const SILENCE: Duration = Duration::from_secs(3);

/// A search for the highest rate stops when it is known so well.
const FINE: f64 = 1.08;

/// What counts as in time, in milliseconds.
const IN_TIME: f64 = 200.0;

/// Different texts.
const TEXTS: usize = 1_024;

/// Messages sent before it is listened again.
const BURST: usize = 64;

/// Rooms, who is in them, and how many of those send.
pub struct Stage {
    scenario: &'static str,
    what: String,
    cookies: Vec<String>,
    rooms: Vec<i64>,
    members: usize,
    senders: usize,
}

impl Stage {
    /// Registers and joins everybody.
    ///
    /// # Errors
    /// What the API refuses.
    pub fn set(
        scenario: &'static str,
        server: &Server,
        rooms: usize,
        members: usize,
        senders: usize,
    ) -> anyhow::Result<Self> {
        let api = Api::of(server);
        let cookies = api.people(server, rooms * members)?;
        let of_rooms: anyhow::Result<Vec<i64>> = cookies.chunks(members).map(|chunk| api.room(chunk)).collect();
        let senders = senders.min(cookies.len());
        let what = what(rooms, members, senders);
        Ok(Self { scenario, what, cookies, rooms: of_rooms?, members, senders })
    }

    /// Rooms of a server that knows no accounts: it is told by the cookie which room a socket is for.
    pub fn bare(scenario: &'static str, rooms: usize, members: usize, senders: usize) -> Self {
        let what = what(rooms, members, senders);
        let rooms: Vec<i64> = (1..).take(rooms).collect();
        let cookies = rooms.iter().flat_map(|room| vec![format!("room={room}"); members]).collect();
        Self { scenario, what, cookies, rooms, members, senders }
    }

    /// One measurement, or the search for the highest rate.
    ///
    /// # Errors
    /// A server that cannot be reached any more.
    pub fn measure(&self, server: &Server, load: &Load) -> anyhow::Result<Outcome> {
        if load.max { self.highest(server, load) } else { self.run(server, load) }
    }

    /// Doubles the rate as long as it is borne, then halves the gap. What is late is tried once more: one stall of a disk that others use is
    /// not the server's.
    fn highest(&self, server: &Server, load: &Load) -> anyhow::Result<Outcome> {
        let at = |rate: f64| self.run(server, &Load { rate, ..*load });
        let (mut borne, mut broken) = (None, None);
        let mut rate = load.rate;
        loop {
            let mut outcome = at(rate)?;
            if is_whole(&outcome) && !is_borne(&outcome) {
                outcome = at(rate)?;
            }
            if is_borne(&outcome) {
                borne = Some((rate, outcome));
            } else {
                broken = Some(rate);
            }
            rate = match (&borne, broken) {
                (Some((low, outcome)), Some(high)) if high / low <= FINE => return Ok(outcome.clone()),
                (Some((low, _)), Some(high)) => (low * high).sqrt(),
                (Some((low, _)), None) => low * 2.0,
                (None, _) if rate < 1.0 => anyhow::bail!("not even one message a second is borne"),
                (None, _) => rate / 4.0,
            };
        }
    }

    fn run(&self, server: &Server, load: &Load) -> anyhow::Result<Outcome> {
        let mut crowd = Crowd::of(server, self.cookies.iter())?;
        let mut tally = Tally::of((0..crowd.len()).map(|place| self.rooms[place / self.members]));
        crowd.gather(GENTLY, &mut tally, |tally| tally.ready)?;
        let (before, began) = (server.cost(), Instant::now());
        let offered = self.send(&mut crowd, &mut tally, load)?;
        let last = drain(&mut crowd, &mut tally, offered)?;
        let after = server.cost();
        let measured = last.duration_since(began).saturating_sub(WARM).as_secs_f64();
        let cpu = (after.cpu > 0.0).then(|| (after.cpu - before.cpu) * 1e6 / amount(tally.delivered.1));
        Ok(Outcome::of(self.scenario, format!("{}, {:.0}/s", self.what, load.rate))
            .count("offered", offered)
            .count("acknowledged", tally.acked.1)
            .count("refused", tally.refused)
            .count("delivered", tally.delivered.1)
            .count("lost", tally.lost() + (offered - tally.acked.1 - tally.refused))
            .count("doubled", tally.doubled)
            .count("out_of_order", tally.out_of_order)
            .count("cut", tally.gone)
            .amount("deliveries_per_s", Some(amount(tally.delivered.0) / measured))
            .times(&tally.deliveries)
            .amount("ack_p50_ms", tally.acks.percentile(50.0))
            .amount("ack_p99_ms", tally.acks.percentile(99.0))
            .amount("cpu_s_per_million", cpu)
            .memory(&after))
    }

    /// Sends everything when it is due, and says how many messages that were.
    fn send(&self, crowd: &mut Crowd, tally: &mut Tally, load: &Load) -> anyhow::Result<u64> {
        let run = u32::from_ne_bytes(rand::random());
        let mut words = Words::new(u64::from(run));
        let texts: Vec<String> = (0..TEXTS).map(|_| words.text(load.bytes)).collect();
        let gap = Duration::from_secs_f64(1.0 / load.rate);
        let time = WARM + Duration::from_secs(load.seconds.get().into());
        let begin = Instant::now();
        tally.start(begin, WARM);
        let (mut number, mut due) = (0_u64, Duration::ZERO);
        while due < time {
            let mut burst = 0;
            while due < time && begin + due <= Instant::now() && burst < BURST {
                let index = usize::try_from(number)?;
                let place = index % self.senders * (self.cookies.len() / self.senders);
                let text = wire::send(tally.room(place), nanoseconds(due), number, run, &texts[index % TEXTS]);
                crowd.send(place, text.as_bytes(), tally);
                (number, burst) = (number + 1, burst + 1);
                due = gap.mul_f64(amount(number));
            }
            crowd.turn(begin + due, tally)?;
        }
        Ok(number)
    }
}

fn what(rooms: usize, members: usize, senders: usize) -> String {
    match rooms {
        1 => format!("{members} members, {senders} send"),
        _ => format!("{rooms} rooms of {members}"),
    }
}

/// Listens until everything came, or nothing comes any more; when the last thing came.
fn drain(crowd: &mut Crowd, tally: &mut Tally, offered: u64) -> anyhow::Result<Instant> {
    let heard = |tally: &Tally| tally.delivered.1 + tally.acked.1 + tally.refused;
    let mut last = (heard(tally), Instant::now());
    while last.1.elapsed() < SILENCE && (tally.acked.1 + tally.refused < offered || tally.lost() > 0) {
        crowd.turn(Instant::now() + Duration::from_millis(20), tally)?;
        if heard(tally) > last.0 {
            last = (heard(tally), Instant::now());
        }
    }
    Ok(last.1)
}

/// Did everything come, once and in order?
fn is_whole(outcome: &Outcome) -> bool {
    ["lost", "refused", "cut", "doubled", "out_of_order"].iter().all(|name| outcome.get(name) == Some(0.0))
}

/// Did it, and 99 of 100 in time?
fn is_borne(outcome: &Outcome) -> bool {
    is_whole(outcome) && outcome.get("p99_ms").is_some_and(|late| late < IN_TIME)
}
