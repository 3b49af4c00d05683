//! The actor that owns room membership and presence. One a process; it never waits, and its logic is [`Rooms`].

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use actix::{Actor, AsyncContext, Context, Handler, Message, MessageResult, StreamHandler};
use tokio::sync::mpsc;

use crate::{
    account::presence::Presence,
    chat::{
        line::Kind,
        mailbox::{Mailbox, Op},
        rooms::{Entered, Entering, Head, Newcomer, Online, Rooms, Watched},
    },
    db::time,
    event::{Event, LastSeen},
    id::{Pass, RoomId, SocketKey, UserId},
    message::reader::{Fetch, Reader},
    meter::Meter,
    room::read_marks::ReadMarks,
    setting::Live,
    vital::vital,
};

/// Presence is told this often, and idle rooms are looked at.
const TICK: Duration = Duration::from_secs(1);

/// How long a change that came early waits for the ones before it.
const PATIENCE: Duration = Duration::from_millis(50);

/// The hubs there are, by index, and how many connections they have together. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Hubs {
    mailboxes: Arc<Mutex<Vec<Mailbox>>>,
    /// By [`Kind`].
    open: Arc<[AtomicUsize; 3]>,
    most: usize,
    meter: Meter,
}

impl Hubs {
    /// None yet; they will have at most so many connections.
    pub fn new(most: usize, meter: Meter) -> Self {
        Self { mailboxes: Arc::default(), open: Arc::default(), most, meter }
    }

    pub(super) fn opened(&self, kind: Kind) {
        self.open[kind as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn closed(&self, kind: Kind) {
        self.open[kind as usize].fetch_sub(1, Ordering::Relaxed);
    }

    /// Connections there are, by kind.
    pub fn connections(&self) -> [(Kind, usize); 3] {
        Kind::ALL.map(|kind| (kind, self.open[kind as usize].load(Ordering::Relaxed)))
    }

    /// Is anybody connected?
    pub fn has_connections(&self) -> bool {
        self.open() > 0
    }

    /// Operations that wait for the hubs.
    pub fn waiting(&self) -> usize {
        let hubs = self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner);
        hubs.iter().map(Mailbox::waiting).sum()
    }

    /// Where deliveries are counted.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    fn open(&self) -> usize {
        self.open.iter().map(|open| open.load(Ordering::Relaxed)).sum()
    }

    /// Is there room for guests? The last quarter is for members.
    pub fn has_room_for_guests(&self) -> bool {
        self.open() < self.most - self.most.div_ceil(4)
    }

    /// Are there so many that guests have to go?
    pub fn is_crowded(&self) -> bool {
        self.open() >= self.most - self.most / 10
    }

    /// Adds a hub's mailbox and returns its index.
    pub fn register(&self, mailbox: Mailbox) -> usize {
        let mut hubs = self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner);
        hubs.push(mailbox);
        hubs.len() - 1
    }

    fn send(&self, ops: Vec<(usize, Op)>) {
        let hubs = self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut by_hub: BTreeMap<usize, Vec<Op>> = BTreeMap::new();
        for (hub, op) in ops {
            by_hub.entry(hub).or_default().push(op);
        }
        for (hub, ops) in by_hub {
            if let Some(mailbox) = hubs.get(hub) {
                mailbox.push(ops);
            }
        }
    }
}

/// A socket opened.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Connect(pub Newcomer);

/// A socket has read its state.
#[derive(Debug, Message)]
#[rtype(result = "Option<Entered>")]
pub struct Enter {
    /// The socket.
    pub socket: SocketKey,
    /// Its rooms.
    pub rooms: Vec<Entering>,
    /// Whose coming and going it is always told.
    pub watched: Watched,
}

/// A socket closed; sent once in its life.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Disconnect(pub SocketKey);

/// A socket's person types.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Typing {
    /// The socket.
    pub socket: SocketKey,
    /// Where.
    pub room: RoomId,
}

/// A socket's person has read; the answer is how far, `None` when they are not in the room.
#[derive(Debug, Message)]
#[rtype(result = "Option<i64>")]
pub struct ReadUpTo {
    /// The socket.
    pub socket: SocketKey,
    /// Where.
    pub room: RoomId,
    /// Up to which message.
    pub seq: i64,
}

/// A socket says its cursors; the answer are the rooms it must ask for.
#[derive(Debug, Message)]
#[rtype(result = "Vec<RoomId>")]
pub struct Resume {
    /// The socket.
    pub socket: SocketKey,
    /// `rev` by room.
    pub cursors: BTreeMap<RoomId, i64>,
}

/// How do the rooms of a client stand? `None` when it is closed.
#[derive(Debug, Message)]
#[rtype(result = "Option<Vec<Head>>")]
pub struct Heads(pub SocketKey);

/// Who is online?
#[derive(Debug, Message)]
#[rtype(result = "Online")]
pub struct WhoIsOnline;

/// Which sessions and tokens have sockets?
#[derive(Debug, Message)]
#[rtype(result = "Vec<(UserId, Pass)>")]
pub struct LivePasses;

/// Looks again for changes that are missing.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct FetchGaps;

/// The actor.
pub struct ChatServer {
    rooms: Rooms,
    hubs: Hubs,
    presence: Presence,
    marks: ReadMarks,
    reader: Reader,
    seen: mpsc::UnboundedSender<LastSeen>,
    live: Live,
    presence_told: Option<Instant>,
}

impl ChatServer {
    /// What it works with; `seen` takes who went offline, to be stored; `live` says how many sockets a person has.
    pub fn new(
        hubs: Hubs,
        presence: Presence,
        marks: ReadMarks,
        reader: Reader,
        seen: mpsc::UnboundedSender<LastSeen>,
        live: Live,
    ) -> Self {
        Self { rooms: Rooms::default(), hubs, presence, marks, reader, seen, live, presence_told: None }
    }

    /// Runs the logic and carries out what it says.
    fn act<T>(&mut self, ctx: &mut Context<Self>, work: impl FnOnce(&mut Rooms) -> T) -> T {
        let value = vital("chat server", || work(&mut self.rooms));
        let out = std::mem::take(&mut self.rooms.out);
        self.hubs.send(out.ops);
        if out.gap {
            ctx.notify_later(FetchGaps, PATIENCE);
        }
        if !(out.came.is_empty() && out.gone.is_empty()) {
            self.presence.update(out.came, out.gone.iter().copied());
        }
        if !out.gone.is_empty() {
            let now = time::now();
            // The receiver ends with the process.
            let _ = self.seen.send(out.gone.into_iter().map(|user| (user, now)).collect());
        }
        value
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        let now = Instant::now();
        self.tell_presence(now, ctx);
        self.act(ctx, |rooms| rooms.forget_idle(now));
        self.fetch_gaps(now);
    }

    fn tell_presence(&mut self, now: Instant, ctx: &mut Context<Self>) {
        if self.act(ctx, |rooms| rooms.tell_presence(now, time::now())) {
            self.presence_told = Some(now);
        }
    }

    fn fetch_gaps(&mut self, now: Instant) {
        for (room, after) in self.rooms.gaps(now, PATIENCE) {
            self.reader.fetch(Fetch { room, after });
        }
    }
}

impl Actor for ChatServer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(4_096);
        ctx.run_interval(TICK, Self::tick);
    }
}

impl StreamHandler<Vec<Event>> for ChatServer {
    fn handle(&mut self, events: Vec<Event>, ctx: &mut Self::Context) {
        let now = Instant::now();
        self.act(ctx, |rooms| events.into_iter().for_each(|event| rooms.event(event, now)));
    }
}

impl Handler<Connect> for ChatServer {
    type Result = ();

    fn handle(&mut self, Connect(newcomer): Connect, ctx: &mut Self::Context) {
        let now = Instant::now();
        let most = self.live.get().sockets_per_person as usize;
        self.act(ctx, |rooms| rooms.connect(newcomer, most));
        // The first of a quiet second is told at once, a crowd once a second.
        if self.presence_told.is_none_or(|told| now.duration_since(told) >= TICK) {
            self.tell_presence(now, ctx);
        }
    }
}

impl Handler<Enter> for ChatServer {
    type Result = Option<Entered>;

    fn handle(&mut self, Enter { socket, rooms: entering, watched }: Enter, ctx: &mut Self::Context) -> Self::Result {
        self.act(ctx, |rooms| rooms.enter(socket, &entering, watched))
    }
}

impl Handler<Disconnect> for ChatServer {
    type Result = ();

    fn handle(&mut self, Disconnect(socket): Disconnect, ctx: &mut Self::Context) {
        self.act(ctx, |rooms| rooms.disconnect(socket, Instant::now()));
    }
}

impl Handler<Typing> for ChatServer {
    type Result = ();

    fn handle(&mut self, Typing { socket, room }: Typing, ctx: &mut Self::Context) {
        self.act(ctx, |rooms| rooms.typing(socket, room, Instant::now()));
    }
}

impl Handler<ReadUpTo> for ChatServer {
    type Result = Option<i64>;

    fn handle(&mut self, ReadUpTo { socket, room, seq }: ReadUpTo, ctx: &mut Self::Context) -> Self::Result {
        let (user, seq) = self.act(ctx, |rooms| rooms.read(socket, room, seq))?;
        self.marks.note(user, room, seq);
        Some(seq)
    }
}

impl Handler<Resume> for ChatServer {
    type Result = Vec<RoomId>;

    fn handle(&mut self, Resume { socket, cursors }: Resume, ctx: &mut Self::Context) -> Self::Result {
        self.act(ctx, |rooms| rooms.resume(socket, &cursors))
    }
}

impl Handler<Heads> for ChatServer {
    type Result = Option<Vec<Head>>;

    fn handle(&mut self, Heads(socket): Heads, _: &mut Self::Context) -> Self::Result {
        vital("chat server", || self.rooms.heads(socket))
    }
}

impl Handler<WhoIsOnline> for ChatServer {
    type Result = MessageResult<WhoIsOnline>;

    fn handle(&mut self, _: WhoIsOnline, _: &mut Self::Context) -> Self::Result {
        MessageResult(vital("chat server", || self.rooms.online()))
    }
}

impl Handler<LivePasses> for ChatServer {
    type Result = MessageResult<LivePasses>;

    fn handle(&mut self, _: LivePasses, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.rooms.live_passes())
    }
}

impl Handler<FetchGaps> for ChatServer {
    type Result = ();

    fn handle(&mut self, _: FetchGaps, _: &mut Self::Context) {
        self.fetch_gaps(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_connections_run_short_guests_stay_out_and_then_go() {
        let hubs = Hubs::new(100, Meter::default());
        let open = |upto: usize| (hubs.open()..upto).for_each(|number| hubs.opened(Kind::ALL[number % 3]));
        open(74);
        assert!(hubs.has_room_for_guests() && !hubs.is_crowded());
        open(75);
        assert!(!hubs.has_room_for_guests() && !hubs.is_crowded());
        open(90);
        assert!(hubs.is_crowded());
        hubs.closed(Kind::Socket);
        assert!(!hubs.is_crowded());
    }

    #[test]
    fn nobody_is_let_in_to_be_sent_away_however_few_there_may_be() {
        for most in 1..40 {
            let hubs = Hubs::new(most, Meter::default());
            while hubs.has_room_for_guests() {
                hubs.opened(Kind::Stream);
            }
            assert!(!hubs.is_crowded(), "{} of {most}", hubs.open());
        }
    }
}
