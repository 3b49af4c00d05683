//! `idle`: what a socket costs that is open and does nothing.

use std::{
    io,
    time::{Duration, Instant},
};

use crate::bench::{
    api::Api,
    crowd::{Crowd, Ear, GENTLY},
    net::link::Link,
    report::{Outcome, amount},
    server::Server,
    wire::Hello,
};

/// Counts who is greeted and who is lost.
#[derive(Default)]
struct Doorkeeper {
    greeted: usize,
    gone: usize,
}

impl Ear for Doorkeeper {
    fn hear(&mut self, _: usize, text: &[u8], _: &mut Link) -> io::Result<()> {
        self.greeted += usize::from(Hello::is_one(text));
        Ok(())
    }

    fn lose(&mut self, _: usize) {
        self.gone += 1;
    }
}

/// Opens the sockets, waits until memory has settled, and tells what a socket added.
///
/// # Errors
/// A server that refuses some of them.
pub fn measure(server: &Server, sockets: usize, people: usize, settle: u32) -> anyhow::Result<Outcome> {
    let cookies = Api::of(server).people(server, people)?;
    let before = server.cost();
    let mut crowd = Crowd::of(server, cookies.iter().cycle().take(sockets))?;
    let mut keeper = Doorkeeper::default();
    let began = Instant::now();
    crowd.gather(GENTLY, &mut keeper, |keeper| keeper.greeted)?;
    let took = began.elapsed();
    let (settled, busy) = (Instant::now() + Duration::from_secs(settle.into()), server.cost().cpu);
    while Instant::now() < settled {
        crowd.turn(settled, &mut keeper)?;
    }
    let after = server.cost();
    let grown = amount(after.rss.saturating_sub(before.rss)) / 1_024.0;
    let idle = (after.cpu - busy) / f64::from(settle.max(1));
    Ok(Outcome::of("idle", format!("{sockets} sockets of {people} people"))
        .count("sockets", crowd.connected())
        .count("cut", keeper.gone)
        .amount("opened_per_s", Some(amount(sockets as u64) / took.as_secs_f64()))
        .amount("rss_kib_per_socket", (after.rss > 0).then(|| grown / amount(sockets as u64)))
        .amount("cpu_percent_idle", (after.cpu > 0.0).then_some(idle * 100.0))
        .memory(&after))
}
