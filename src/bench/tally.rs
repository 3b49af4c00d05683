//! What every socket heard of its room: was anything lost, doubled, out of order, and how late was it?

use std::{
    collections::HashMap,
    io,
    time::{Duration, Instant},
};

use crate::bench::{
    crowd::Ear,
    net::link::Link,
    report::Times,
    wire::{self, Heard, Hello},
};

/// What one socket follows.
struct Listener {
    room: i64,
    /// The last change it heard of, once it has its `hello`.
    rev: Option<i64>,
    /// Those that it should have heard of before that.
    missing: Vec<i64>,
}

/// The listener for all sockets of a load.
pub struct Tally {
    listeners: Vec<Listener>,
    /// The highest change of each room that was acknowledged.
    heads: HashMap<i64, i64>,
    begin: Instant,
    warm: u64,
    /// Sockets that are where they should be.
    pub ready: usize,
    /// Sockets that are gone.
    pub gone: usize,
    /// Messages that were acknowledged, after warming up and in all.
    pub acked: (u64, u64),
    /// Messages that were refused.
    pub refused: u64,
    /// Messages that reached a socket, after warming up and in all.
    pub delivered: (u64, u64),
    /// Those that reached one twice.
    pub doubled: u64,
    /// Those that came after a later one.
    pub out_of_order: u64,
    /// How late deliveries were.
    pub deliveries: Times,
    /// How late acknowledgements were.
    pub acks: Times,
}

impl Tally {
    /// For sockets that follow these rooms.
    pub fn of(rooms: impl Iterator<Item = i64>) -> Self {
        let listeners = rooms.map(|room| Listener { room, rev: None, missing: Vec::new() }).collect();
        Self {
            listeners,
            heads: HashMap::new(),
            begin: Instant::now(),
            warm: 0,
            ready: 0,
            gone: 0,
            acked: (0, 0),
            refused: 0,
            delivered: (0, 0),
            doubled: 0,
            out_of_order: 0,
            deliveries: Times::default(),
            acks: Times::default(),
        }
    }

    /// Times count from here; what is due within the warming up is not measured.
    pub fn start(&mut self, begin: Instant, warm: Duration) {
        (self.begin, self.warm) = (begin, nanoseconds(warm));
    }

    /// The room that a socket follows.
    pub fn room(&self, socket: usize) -> i64 {
        self.listeners[socket].room
    }

    /// What is acknowledged and has not reached every socket of its room.
    pub fn lost(&self) -> u64 {
        let late = |listener: &Listener| {
            let head = self.heads.get(&listener.room).copied().unwrap_or_default();
            let behind = u64::try_from(head - listener.rev.unwrap_or(head)).unwrap_or_default();
            behind + listener.missing.len() as u64
        };
        self.listeners.iter().map(late).sum()
    }

    fn age(&self, due: u64) -> u64 {
        nanoseconds(self.begin.elapsed()).saturating_sub(due)
    }
}

/// A time in nanoseconds; 584 years are enough.
pub fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Listener {
    /// Hears of a change: was it the next one, one that was missing, or one that it knew?
    fn hear(&mut self, rev: i64) -> Order {
        let Some(known) = self.rev else { return Order::Next };
        if rev > known {
            self.missing.extend(known + 1..rev);
            self.rev = Some(rev);
            return Order::Next;
        }
        match self.missing.iter().position(|missing| *missing == rev) {
            Some(place) => {
                self.missing.swap_remove(place);
                Order::Late
            }
            None => Order::Again,
        }
    }
}

enum Order {
    Next,
    Late,
    Again,
}

impl Ear for Tally {
    fn hear(&mut self, socket: usize, text: &[u8], _: &mut Link) -> io::Result<()> {
        let listener = &mut self.listeners[socket];
        match wire::read(text) {
            Heard::Message(room, rev, due) if room == listener.room => {
                match listener.hear(rev) {
                    Order::Next => {}
                    Order::Late => self.out_of_order += 1,
                    Order::Again => {
                        self.doubled += 1;
                        return Ok(());
                    }
                }
                let Some(due) = due else { return Ok(()) };
                self.delivered.1 += 1;
                if due >= self.warm {
                    self.delivered.0 += 1;
                    let age = self.age(due);
                    self.deliveries.note(age);
                }
            }
            Heard::Ack(rev, due) => {
                let head = self.heads.entry(listener.room).or_default();
                *head = rev.max(*head);
                self.acked.1 += 1;
                if due >= self.warm {
                    self.acked.0 += 1;
                    let age = self.age(due);
                    self.acks.note(age);
                }
            }
            Heard::Refused => self.refused += 1,
            Heard::Message(..) => {}
            Heard::Other => {
                if let Some(hello) = Hello::of(text) {
                    let rev = hello.rev(listener.room).ok_or_else(|| io::Error::other("not a member of its room"))?;
                    listener.rev = Some(rev);
                    self.ready += 1;
                }
            }
        }
        Ok(())
    }

    fn lose(&mut self, _: usize) {
        self.gone += 1;
    }
}
