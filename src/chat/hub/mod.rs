//! One a worker thread: delivers to the sockets of that thread, many frames in one message, and watches over them.
//!
//! A socket's actor that waits for a slow reader is not polled, so its own timers stop: every deadline lives here. A hub runs one
//! flush at a time and yields within it, so that a large room never holds the thread.

#[cfg(test)]
mod tests;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    hint::black_box,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use bytestring::ByteString;
use futures_util::FutureExt as _;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    chat::{
        doors::reduce::Reducer,
        line::Line,
        mailbox::{Mailbox, Op},
        parcel::Parcel,
        protocol::{Closing, Gone, ServerFrame, raw},
        server::Hubs,
    },
    error::AppError,
    id::{RoomId, SocketKey, UserId},
    vital::give_up,
};

/// Sockets served before the thread's other work gets a turn.
const TURN: usize = 128;

/// Sockets whose places in memory are read before the first of them is written to. A write drives so much out of the processor's cache
/// that what is known of the next socket is not there; waiting for it costs less where several are waited for together.
const AHEAD: usize = 16;

/// A flush of more deliveries than this is followed by a pause, in which the next ones gather: a write costs the same for one frame
/// as for ten.
const BUSY: usize = 256;

/// The pause is as long as the flush took, so that the thread's other work gets as much time; no less than this, and no more.
const GATHER: (Duration, Duration) = (Duration::from_millis(4), Duration::from_millis(20));

/// How often deadlines are looked at.
const TICK: Duration = Duration::from_secs(1);

/// After so much quiet a socket is told the heads of rooms that changed.
const QUIET: Duration = Duration::from_secs(5);

/// And after so much in any case, so that silence means a dead line.
const SILENCE: Duration = Duration::from_secs(20);

struct Slot {
    /// Nobody, where it is a guest's.
    user: Option<UserId>,
    line: Line,
    rooms: FxHashSet<RoomId>,
    watch: Arc<[UserId]>,
    entered: bool,
    out: Vec<Parcel>,
    last_sent: Instant,
    heads_at: Instant,
    closing: Option<Instant>,
}

#[derive(Default)]
struct Room {
    listeners: Vec<Listener>,
    head: Option<(i64, Instant)>,
}

/// A socket that hears a room.
#[derive(Clone, Copy)]
struct Listener {
    socket: u64,
    /// What it had already when it came in.
    from_rev: i64,
}

#[derive(Default)]
struct State {
    slots: FxHashMap<u64, Slot>,
    rooms: FxHashMap<RoomId, Room>,
    touched: Vec<u64>,
}

/// The hub of this thread.
pub struct Hub {
    /// What guests of this thread hear.
    pub reducer: Rc<Reducer>,
    hubs: Hubs,
    index: usize,
    mailbox: Mailbox,
    next: Cell<u64>,
    state: RefCell<State>,
}

impl Hub {
    /// Starts one on this thread.
    pub fn start(hubs: &Hubs) -> Rc<Self> {
        let mailbox = Mailbox::default();
        let index = hubs.register(mailbox.clone());
        let (reducer, next, state) = (Rc::default(), Cell::new(1), RefCell::default());
        let hub = Rc::new(Self { reducer, hubs: hubs.clone(), index, mailbox, next, state });
        let (deliver, watch) = (hub.clone(), hub.clone());
        actix_web::rt::spawn(must_not_end(async move { deliver.deliver().await }));
        actix_web::rt::spawn(must_not_end(async move { watch.watch().await }));
        hub
    }

    /// Is there room for one more guest?
    pub fn has_room_for_guests(&self) -> bool {
        self.hubs.has_room_for_guests()
    }

    /// Notes an error that a socket of this thread is told.
    pub fn note_error(&self, error: &AppError) {
        self.hubs.meter().error("socket", error.code());
    }

    /// A key for a socket about to open.
    pub fn key(&self) -> SocketKey {
        let number = self.next.replace(self.next.get() + 1);
        SocketKey { hub: self.index, number }
    }

    /// A socket opened on this thread.
    pub fn attach(&self, key: SocketKey, user: Option<UserId>, line: Line) {
        let now = Instant::now();
        let slot = Slot {
            user,
            line,
            rooms: FxHashSet::default(),
            watch: Arc::new([]),
            entered: false,
            out: Vec::new(),
            last_sent: now,
            heads_at: now,
            closing: None,
        };
        self.hubs.opened(slot.line.kind());
        slot.line.count_cut(&self.hubs.meter().slow_cuts);
        self.state.borrow_mut().slots.insert(key.number, slot);
    }

    /// A socket of this thread closed.
    pub fn detach(&self, key: SocketKey) {
        let mut state = self.state.borrow_mut();
        let Some(slot) = state.slots.remove(&key.number) else { return };
        self.hubs.closed(slot.line.kind());
        for room in &slot.rooms {
            state.forget(*room, key.number);
        }
    }

    async fn deliver(&self) {
        loop {
            let ops = self.mailbox.take().await;
            let (begun, mut delivered) = (Instant::now(), 0);
            for run in runs(ops) {
                delivered += match run {
                    Run::Deliveries(rooms) => self.deliver_run(rooms).await,
                    Run::One(op) => {
                        self.state.borrow_mut().apply(op);
                        1
                    }
                };
            }
            self.flush().await;
            if delivered > BUSY {
                tokio::time::sleep(begun.elapsed().clamp(GATHER.0, GATHER.1)).await;
            }
        }
    }

    /// Deliveries of several rooms, room by room. Between turns sockets may come and go: the list of a room is taken once, and a
    /// socket that is gone is passed over.
    async fn deliver_run(&self, rooms: BTreeMap<RoomId, Vec<(i64, ByteString)>>) -> usize {
        let mut delivered = 0;
        for (room, frames) in rooms {
            let news = News::of(room, frames);
            let listeners = self.state.borrow_mut().listeners_of(&news);
            for turn in listeners.chunks(TURN) {
                self.state.borrow_mut().queue(turn, &news);
                delivered += turn.len() * news.frames.len();
                if listeners.len() > TURN {
                    tokio::task::yield_now().await;
                }
            }
        }
        delivered
    }

    /// All that is pending for a socket at once.
    async fn flush(&self) {
        let touched = std::mem::take(&mut self.state.borrow_mut().touched);
        for turn in touched.chunks(TURN) {
            let sent = self.state.borrow_mut().send(turn);
            self.hubs.meter().delivered(sent);
            if touched.len() > TURN {
                tokio::task::yield_now().await;
            }
        }
    }

    async fn watch(&self) {
        let mut tick = tokio::time::interval(TICK);
        loop {
            tick.tick().await;
            let is_crowded = self.hubs.is_crowded();
            self.state.borrow_mut().watch(is_crowded);
            self.flush().await;
        }
    }
}

/// The hub's loops end only by a panic, and then the process must not go on.
async fn must_not_end(work: impl Future<Output = ()>) {
    let _ = std::panic::AssertUnwindSafe(work).catch_unwind().await;
    give_up("a hub panicked");
}

/// A piece of a list of operations whose order within does not matter to any socket.
enum Run {
    Deliveries(BTreeMap<RoomId, Vec<(i64, ByteString)>>),
    One(Op),
}

/// Gathers deliveries by room until somebody joins or leaves. What has no number may pass them: the protocol orders only the
/// changes of one room.
fn runs(ops: Vec<Op>) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut gathered: BTreeMap<RoomId, Vec<(i64, ByteString)>> = BTreeMap::new();
    for op in ops {
        match op {
            Op::Deliver { room, rev, frame } => gathered.entry(room).or_default().push((rev, frame)),
            op @ (Op::Direct { .. } | Op::Tell { .. } | Op::Everyone { .. } | Op::Crowd { .. }) => {
                runs.push(Run::One(op))
            }
            op @ (Op::Join { .. } | Op::Leave { .. } | Op::Watch { .. } | Op::Overflow { .. } | Op::Close { .. }) => {
                if !gathered.is_empty() {
                    runs.push(Run::Deliveries(std::mem::take(&mut gathered)));
                }
                runs.push(Run::One(op));
            }
        }
    }
    if !gathered.is_empty() {
        runs.push(Run::Deliveries(gathered));
    }
    runs
}

/// Changes of one room, in one parcel for whoever is to hear them all.
struct News {
    room: RoomId,
    frames: Vec<(i64, ByteString)>,
    whole: Parcel,
    /// The first of them, and the last.
    revs: (i64, i64),
}

impl News {
    fn of(room: RoomId, frames: Vec<(i64, ByteString)>) -> Self {
        let whole = frames.iter().map(|(_, frame)| frame.clone()).collect();
        let revs = frames.iter().map(|(rev, _)| *rev);
        let revs = (revs.clone().min().unwrap_or_default(), revs.max().unwrap_or_default());
        Self { room, frames, whole, revs }
    }

    /// What somebody is to hear who has what came up to `rev`.
    fn after(&self, rev: i64) -> Option<Parcel> {
        let (first, last) = self.revs;
        match rev {
            rev if rev < first => Some(self.whole.clone()),
            rev if rev >= last => None,
            rev => Some(self.frames.iter().filter(|(new, _)| *new > rev).map(|(_, frame)| frame.clone()).collect()),
        }
    }
}

impl Slot {
    /// Is it somebody's who is to hear what everybody hears?
    fn is_member(&self) -> bool {
        self.entered && self.user.is_some()
    }
}

impl State {
    fn apply(&mut self, op: Op) {
        match op {
            Op::Join { socket, room, from_rev } => self.join(socket, room, from_rev),
            Op::Leave { socket, room } => self.leave(socket, room),
            Op::Watch { socket, people } => {
                if let Some(slot) = self.slots.get_mut(&socket) {
                    slot.watch = people;
                    slot.entered = true;
                }
            }
            Op::Overflow { room, rev } => {
                if let Some(known) = self.rooms.get_mut(&room) {
                    known.head = Some((rev, Instant::now()));
                }
                let heads = ServerFrame::Heads { rooms: BTreeMap::from([(room, rev)]) }.encode();
                self.tell(room, heads, None);
            }
            Op::Tell { room, frame, except } => self.tell(room, frame, except),
            Op::Direct { socket, frame } => self.push(socket, frame.into()),
            Op::Everyone { frame } => {
                let all: Vec<u64> = self.slots.iter().filter(|(_, slot)| slot.is_member()).map(|(id, _)| *id).collect();
                let frame = Parcel::from(frame);
                all.into_iter().for_each(|socket| self.push(socket, frame.clone()));
            }
            Op::Crowd { came, went, online_count } => self.crowd(&came, &went, online_count),
            Op::Close { socket, why } => self.close(socket, why),
            // Gathered before, never single.
            Op::Deliver { .. } => {}
        }
    }

    fn join(&mut self, socket: u64, room: RoomId, from_rev: i64) {
        let Some(slot) = self.slots.get_mut(&socket) else { return };
        if slot.closing.is_none() && slot.rooms.insert(room) {
            self.rooms.entry(room).or_default().listeners.push(Listener { socket, from_rev });
        }
    }

    fn leave(&mut self, socket: u64, room: RoomId) {
        if let Some(slot) = self.slots.get_mut(&socket)
            && slot.rooms.remove(&room)
        {
            self.forget(room, socket);
        }
    }

    fn forget(&mut self, id: RoomId, socket: u64) {
        if let Some(room) = self.rooms.get_mut(&id) {
            if let Some(place) = room.listeners.iter().position(|other| other.socket == socket) {
                room.listeners.swap_remove(place);
            }
            if room.listeners.is_empty() {
                self.rooms.remove(&id);
            }
        }
    }

    fn listeners_of(&mut self, news: &News) -> Vec<Listener> {
        let Some(room) = self.rooms.get_mut(&news.room) else { return Vec::new() };
        room.head = Some((news.revs.1, Instant::now()));
        room.listeners.clone()
    }

    /// Adds a room's news to what is pending for its listeners.
    fn queue(&mut self, listeners: &[Listener], news: &News) {
        for Listener { socket, from_rev } in listeners {
            if let Some(parcel) = news.after(*from_rev) {
                self.push(*socket, parcel);
            }
        }
    }

    fn push(&mut self, socket: u64, frame: Parcel) {
        if let Some(slot) = self.slots.get_mut(&socket).filter(|slot| slot.closing.is_none()) {
            if slot.out.is_empty() {
                self.touched.push(socket);
            }
            slot.out.push(frame);
        }
    }

    fn tell(&mut self, room: RoomId, frame: ByteString, except: Option<UserId>) {
        let frame = Parcel::from(frame);
        let listeners = self.rooms.get(&room).map_or(Vec::new(), |room| room.listeners.clone());
        for Listener { socket, .. } in listeners {
            if self.slots.get(&socket).is_some_and(|slot| except.is_none() || slot.user != except) {
                self.push(socket, frame.clone());
            }
        }
    }

    /// Tells each socket of the people it watches, and the count.
    fn crowd(&mut self, came: &[(UserId, ByteString)], went: &[Gone], online_count: usize) {
        let came: HashMap<UserId, &ByteString> = came.iter().map(|(user, card)| (*user, card)).collect();
        let went: HashMap<UserId, &Gone> = went.iter().map(|gone| (gone.user, gone)).collect();
        let plain =
            Parcel::from(ServerFrame::Presence { online: Vec::new(), offline: Vec::new(), online_count }.encode());
        let frames: Vec<(u64, Parcel)> = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.is_member())
            .map(|(id, slot)| {
                let online: Vec<_> =
                    slot.watch.iter().filter_map(|user| came.get(user)).map(|card| raw(card)).collect();
                let offline: Vec<_> = slot.watch.iter().filter_map(|user| went.get(user)).copied().cloned().collect();
                let quiet = online.is_empty() && offline.is_empty();
                let named = || ServerFrame::Presence { online, offline, online_count }.encode().into();
                (*id, if quiet { plain.clone() } else { named() })
            })
            .collect();
        frames.into_iter().for_each(|(socket, frame)| self.push(socket, frame));
    }

    /// Hears nothing more from now on, is told why, and is cut if it does not go.
    fn close(&mut self, socket: u64, why: Closing) {
        let Some(slot) = self.slots.get_mut(&socket) else { return };
        if slot.closing.is_some() {
            return;
        }
        slot.closing = Some(Instant::now());
        slot.entered = false;
        slot.line.deliver(&std::mem::take(&mut slot.out));
        slot.line.close(why);
        let rooms: Vec<RoomId> = std::mem::take(&mut slot.rooms).into_iter().collect();
        rooms.into_iter().for_each(|room| self.forget(room, socket));
    }

    /// Hands over what is pending; how many frames that are.
    fn send(&mut self, sockets: &[u64]) -> usize {
        let (now, mut sent) = (Instant::now(), 0);
        for some in sockets.chunks(AHEAD) {
            self.look_ahead(some);
            for socket in some {
                let Some(slot) = self.slots.get_mut(socket) else { continue };
                if slot.out.is_empty() || slot.closing.is_some() {
                    continue;
                }
                slot.last_sent = now;
                sent += slot.out.iter().map(|parcel| parcel.texts().len()).sum::<usize>();
                slot.line.deliver(&slot.out);
                slot.out.clear();
            }
        }
        sent
    }

    /// Reads what delivering to these will read, and nothing else.
    fn look_ahead(&self, sockets: &[u64]) {
        let slots = sockets.iter().filter_map(|socket| self.slots.get(socket));
        let parcels = slots.filter(|slot| slot.line.is_clear()).filter_map(|slot| slot.out.first());
        black_box(parcels.map(|parcel| parcel.texts().len()).sum::<usize>());
    }

    /// Cuts sockets that are past a deadline, pings the silent, tells heads to the quiet.
    fn watch(&mut self, is_crowded: bool) {
        let now = Instant::now();
        let (mut quiet, mut shed) = (Vec::new(), Vec::new());
        for (socket, slot) in &mut self.slots {
            slot.line.tend(now, slot.closing);
            let due = now.duration_since(slot.last_sent.max(slot.heads_at)) >= QUIET;
            if slot.entered && slot.closing.is_none() && due && slot.line.wants_heads() {
                quiet.push(*socket);
            }
            if is_crowded && slot.user.is_none() {
                shed.push(*socket);
            }
        }
        shed.into_iter().for_each(|socket| self.close(socket, Closing::TooMany));
        for socket in quiet {
            self.tell_heads(socket, now);
        }
    }

    fn tell_heads(&mut self, socket: u64, now: Instant) {
        let Some(slot) = self.slots.get_mut(&socket) else { return };
        let since = std::mem::replace(&mut slot.heads_at, now);
        let heads = slot.rooms.iter().filter_map(|id| {
            let (rev, at) = self.rooms.get(id)?.head?;
            (at >= since).then_some((*id, rev))
        });
        let rooms: BTreeMap<RoomId, i64> = heads.collect();
        if !rooms.is_empty() || now.duration_since(slot.last_sent) >= SILENCE {
            let frame = ServerFrame::Heads { rooms }.encode();
            self.push(socket, frame.into());
        }
    }
}
