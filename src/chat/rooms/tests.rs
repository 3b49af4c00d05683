//! Tests of the logic, without actors: sockets are played by a model that does what a hub does.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::{
    event::Change,
    id::{SessionId, TokenId},
};

const ROOM: RoomId = RoomId(1);

fn key(number: u64) -> SocketKey {
    SocketKey { hub: 0, number }
}

fn plain(rev: i64) -> Change {
    Change { room: ROOM, rev, seq: rev, sender: Some(UserId(9)), frame: format!("{rev}").into(), ends: false }
}

fn change(rev: i64) -> Event {
    Event::Change(plain(rev))
}

fn connect(rooms: &mut Rooms, socket: u64, user: i64) {
    let person =
        Person { user: UserId(user), pass: Pass::Session(SessionId(user)), nickname: "ann".into(), card: "{}".into() };
    rooms.connect(Newcomer { socket: key(socket), person: Some(person) }, 16);
}

fn entering(rev: i64) -> Entering {
    Entering { room: ROOM, rev, last_seq: rev, read_seq: 0, member_count: 3 }
}

fn enter(rooms: &mut Rooms, socket: u64, rev: i64) -> Option<Entered> {
    rooms.enter(key(socket), &[entering(rev)], Watched::default())
}

fn left(user: i64) -> Event {
    Event::Left { room: ROOM, user: UserId(user), member_count: 2, to_others: "left".into() }
}

/// What a socket heard of the room, in order.
#[derive(Debug, Default, Clone)]
struct Ear {
    joined: Option<i64>,
    heard: Vec<i64>,
    closed: Option<Closing>,
}

/// Does what hubs do.
#[derive(Debug, Default)]
struct Hubs(HashMap<u64, Ear>);

impl Hubs {
    fn apply(&mut self, rooms: &mut Rooms) {
        for (_, op) in std::mem::take(&mut rooms.out.ops) {
            match op {
                Op::Join { socket, from_rev, .. } => self.0.entry(socket).or_default().joined = Some(from_rev),
                Op::Leave { socket, .. } => self.0.entry(socket).or_default().joined = None,
                Op::Deliver { rev, .. } => {
                    for ear in self.0.values_mut().filter(|ear| ear.joined.is_some_and(|from| rev > from)) {
                        ear.heard.push(rev);
                    }
                }
                Op::Direct { socket, frame } => {
                    let heard: Option<i64> = frame.parse().ok();
                    self.0.entry(socket).or_default().heard.extend(heard);
                }
                Op::Close { socket, why } => self.0.entry(socket).or_default().closed = Some(why),
                _ => {}
            }
        }
    }

    fn heard(&self, socket: u64) -> &[i64] {
        self.0.get(&socket).map_or(&[], |ear| &ear.heard)
    }
}

#[test]
fn a_change_that_comes_early_waits_for_the_one_before_it() {
    let (mut rooms, mut hubs, now) = (Rooms::default(), Hubs::default(), Instant::now());
    connect(&mut rooms, 1, 1);
    enter(&mut rooms, 1, 5);
    for rev in [6, 8, 9] {
        rooms.event(change(rev), now);
    }
    hubs.apply(&mut rooms);
    assert_eq!(hubs.heard(1), [6]);
    assert!(std::mem::take(&mut rooms.out.gap));
    let patience = Duration::from_millis(50);
    assert_eq!(rooms.gaps(now, patience), []);
    assert_eq!(rooms.gaps(now + patience, patience), [(ROOM, 6)]);
    rooms.event(change(7), now);
    rooms.event(change(8), now);
    hubs.apply(&mut rooms);
    assert_eq!(hubs.heard(1), [6, 7, 8, 9]);
    assert_eq!(rooms.gaps(now + patience, patience), []);
}

#[test]
fn a_guest_hears_a_room_and_is_nobody_to_the_others() {
    let (mut rooms, mut hubs, now) = (Rooms::default(), Hubs::default(), Instant::now());
    rooms.connect(Newcomer { socket: key(7), person: None }, 16);
    enter(&mut rooms, 7, 5).expect("it is connected");
    rooms.event(change(6), now);
    rooms.typing(key(7), ROOM, now);
    assert_eq!(rooms.read(key(7), ROOM, 6), None);
    hubs.apply(&mut rooms);
    assert_eq!(hubs.heard(7), [6]);
    assert_eq!((rooms.live_passes(), rooms.online().count), (Vec::new(), 0));
    assert!(!rooms.tell_presence(now, chrono::NaiveDateTime::default()));
    rooms.event(Event::RoomGone { room: ROOM }, now);
    assert_eq!(rooms.heads(key(7)).map(|heads| heads.len()), Some(0));
    rooms.disconnect(key(7), now);
    assert!(rooms.heads(key(7)).is_none());
}

#[test]
fn what_was_fetched_fills_the_gap() {
    let (mut rooms, mut hubs, now) = (Rooms::default(), Hubs::default(), Instant::now());
    connect(&mut rooms, 1, 1);
    enter(&mut rooms, 1, 0);
    rooms.event(change(4), now);
    // Change 1 was changed again and stands in the list as number 3.
    let changes = [2, 3].map(plain);
    rooms.event(Event::Fetched { room: ROOM, upto: 3, changes: changes.into() }, now);
    hubs.apply(&mut rooms);
    assert_eq!(hubs.heard(1), [2, 3, 4]);
}

#[test]
fn who_was_removed_while_entering_never_hears_the_room() {
    let (mut rooms, mut hubs, now) = (Rooms::default(), Hubs::default(), Instant::now());
    connect(&mut rooms, 1, 1);
    rooms.event(left(1), now);
    let entered = enter(&mut rooms, 1, 5).expect("it is connected");
    rooms.event(change(6), now);
    hubs.apply(&mut rooms);
    assert_eq!(entered.lost, [ROOM]);
    assert_eq!(hubs.heard(1), [] as [i64; 0]);
}

#[test]
fn the_seventeenth_socket_of_a_person_closes_the_first() {
    let (mut rooms, mut hubs) = (Rooms::default(), Hubs::default());
    (1..=17).for_each(|socket| connect(&mut rooms, socket, 1));
    hubs.apply(&mut rooms);
    assert_eq!(hubs.0[&1].closed, Some(Closing::TooMany));
    assert_eq!(hubs.0.len(), 1);
}

#[test]
fn an_ended_session_or_token_closes_its_own_sockets_alone() {
    let (mut rooms, mut hubs, now) = (Rooms::default(), Hubs::default(), Instant::now());
    let session = |number| Pass::Session(SessionId(number));
    let token = Pass::Token(TokenId(10));
    for (socket, pass) in [(1, session(10)), (2, session(11)), (3, session(11)), (4, token)] {
        let (socket, user) = (key(socket), UserId(1));
        let person = Person { user, pass, nickname: "ann".into(), card: "{}".into() };
        rooms.connect(Newcomer { socket, person: Some(person) }, 16);
    }
    for (which, gone) in [
        (Ended::AllBut(SessionId(10)), vec![2, 3]),
        (Ended::One(token), vec![4]),
        (Ended::Sessions, vec![1, 2, 3]),
        (Ended::All, vec![1, 2, 3, 4]),
    ] {
        rooms.event(Event::SessionsEnded { user: UserId(1), which, why: Farewell::Ended }, now);
        hubs.0.clear();
        hubs.apply(&mut rooms);
        let mut closed: Vec<u64> = hubs.0.keys().copied().collect();
        closed.sort_unstable();
        assert_eq!(closed, gone, "{which:?}");
    }
}

/// Whom the socket watches, if it was told anew.
fn watched(rooms: &mut Rooms) -> Option<Vec<i64>> {
    let ops = std::mem::take(&mut rooms.out.ops);
    let people = ops.into_iter().filter_map(|(_, op)| match op {
        Op::Watch { people, .. } => Some(people.iter().map(|user| user.0).collect()),
        _ => None,
    });
    people.last()
}

fn contact(peer: i64, is_friend: bool) -> Event {
    Event::ContactChanged { user: UserId(1), peer: UserId(peer), is_friend, frame: "contact".into() }
}

#[test]
fn a_socket_watches_friends_from_the_moment_they_are_and_no_longer() {
    let (mut rooms, now) = (Rooms::default(), Instant::now());
    connect(&mut rooms, 1, 1);
    rooms.event(contact(7, true), now);
    rooms.event(contact(8, false), now);
    assert_eq!(watched(&mut rooms), None, "it has not said whom it knows");
    let known = Watched { peers: vec![UserId(6), UserId(9)], friends: vec![UserId(8), UserId(9)] };
    rooms.enter(key(1), &[entering(0)], known);
    assert_eq!(watched(&mut rooms), Some(vec![6, 9, 9, 7]));
    rooms.event(contact(7, true), now);
    rooms.event(contact(5, false), now);
    assert_eq!(watched(&mut rooms), None, "nothing changed");
    rooms.event(contact(9, false), now);
    assert_eq!(watched(&mut rooms), Some(vec![6, 9, 7]), "still the other one of a private chat");
    rooms.event(contact(5, true), now);
    assert_eq!(watched(&mut rooms), Some(vec![6, 9, 7, 5]));
}

#[test]
fn who_wrote_a_message_has_read_it() {
    let (mut rooms, now) = (Rooms::default(), Instant::now());
    connect(&mut rooms, 1, 9);
    enter(&mut rooms, 1, 0);
    (1..=3).for_each(|rev| rooms.event(change(rev), now));
    assert_eq!(rooms.read(key(1), ROOM, 1), Some((UserId(9), 3)));
}

/// The frames that a socket alone is told.
fn told(rooms: &mut Rooms, number: u64) -> Vec<String> {
    let ops = std::mem::take(&mut rooms.out.ops);
    let frames = ops.into_iter().filter_map(|(_, op)| match op {
        Op::Direct { socket, frame } if socket == number => Some(frame.to_string()),
        _ => None,
    });
    frames.collect()
}

const HEADS: &str = r#"{"type":"heads","rooms":{"1":6}}"#;

#[test]
fn who_enters_knows_of_the_newest_change_though_an_older_one_was_told_again() {
    let (mut rooms, now) = (Rooms::default(), Instant::now());
    connect(&mut rooms, 1, 1);
    rooms.event(change(6), now);
    rooms.event(change(4), now);
    enter(&mut rooms, 1, 5);
    assert_eq!(told(&mut rooms, 1), [HEADS]);
}

#[test]
fn who_enters_knows_of_a_change_that_came_long_after_the_last_one_left() {
    let (mut rooms, now) = (Rooms::default(), Instant::now());
    connect(&mut rooms, 1, 1);
    enter(&mut rooms, 1, 5);
    rooms.disconnect(key(1), now);
    connect(&mut rooms, 2, 1);
    rooms.event(change(6), now + delivery::IDLE);
    rooms.forget_idle(now + delivery::IDLE + Duration::from_secs(1));
    enter(&mut rooms, 2, 5);
    assert_eq!(told(&mut rooms, 2), [HEADS]);
}

#[test]
fn who_enters_may_read_what_came_while_nobody_heard_the_room() {
    let (mut rooms, now) = (Rooms::default(), Instant::now());
    connect(&mut rooms, 1, 1);
    connect(&mut rooms, 2, 9);
    rooms.event(change(6), now);
    enter(&mut rooms, 1, 5);
    enter(&mut rooms, 2, 5);
    let heads = |rooms: &Rooms, socket| {
        let heads = rooms.heads(key(socket)).into_iter().flatten();
        heads.map(|Head { rev, last_seq, read_seq, .. }| (rev, last_seq, read_seq)).collect::<Vec<_>>()
    };
    assert_eq!(heads(&rooms, 1), [(6, 6, 0)]);
    assert_eq!(heads(&rooms, 2), [(6, 6, 6)], "they wrote it");
    assert_eq!(rooms.read(key(1), ROOM, 6), Some((UserId(1), 6)));
}

#[test]
fn where_nobody_hears_a_room_nothing_that_is_missing_is_waited_for() {
    let (mut rooms, now) = (Rooms::default(), Instant::now());
    connect(&mut rooms, 1, 1);
    // An old one is told again, and then comes a new one.
    rooms.event(change(3), now);
    rooms.event(change(6), now);
    assert!(!rooms.out.gap);
    enter(&mut rooms, 1, 5);
    assert_eq!(told(&mut rooms, 1), [HEADS]);
    // It waits for the one before it, and its only hearer leaves.
    rooms.event(change(8), now);
    assert!(std::mem::take(&mut rooms.out.gap));
    rooms.disconnect(key(1), now);
    assert_eq!(rooms.gaps(now + delivery::IDLE, Duration::ZERO), []);
    connect(&mut rooms, 2, 1);
    enter(&mut rooms, 2, 6);
    assert_eq!(told(&mut rooms, 2), [HEADS.replace('6', "8")]);
}

#[test]
fn what_nobody_hears_and_nothing_comes_into_is_forgotten() {
    let (mut rooms, now) = (Rooms::default(), Instant::now());
    connect(&mut rooms, 1, 1);
    enter(&mut rooms, 1, 5);
    rooms.event(change(6), now);
    let later = now + delivery::IDLE + Duration::from_secs(1);
    rooms.forget_idle(later);
    assert_eq!(rooms.rooms.len(), 1, "somebody hears it");
    rooms.disconnect(key(1), later);
    rooms.forget_idle(later + delivery::IDLE);
    assert_eq!(rooms.rooms.len(), 1, "they may come back");
    rooms.forget_idle(later + delivery::IDLE + Duration::from_secs(1));
    assert_eq!(rooms.rooms.len(), 0);
}

#[test]
fn who_enters_hears_who_came_into_the_room_meanwhile() {
    let (mut rooms, now) = (Rooms::default(), Instant::now());
    connect(&mut rooms, 1, 1);
    rooms.event(left(2), now);
    enter(&mut rooms, 1, 5);
    assert_eq!(told(&mut rooms, 1), ["left"]);
}

/// One step of a random life of one room and four people with a socket each.
#[derive(Debug, Clone)]
enum Step {
    Store,
    Publish,
    /// The event behind the next one comes before it.
    Overtake,
    /// What is missing is read.
    Fetch,
    Connect(u64),
    Read(u64),
    Enter(u64),
    Disconnect(u64),
    Remove(u64),
    Return(u64),
    /// A change that was told before is told again.
    Repeat(prop::sample::Index),
    /// What nobody heard for long is forgotten.
    Forget,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Store),
        4 => Just(Step::Publish),
        1 => Just(Step::Overtake),
        1 => Just(Step::Fetch),
        2 => (1u64..=4).prop_map(Step::Connect),
        2 => (1u64..=4).prop_map(Step::Read),
        2 => (1u64..=4).prop_map(Step::Enter),
        1 => (1u64..=4).prop_map(Step::Disconnect),
        1 => (1u64..=4).prop_map(Step::Remove),
        1 => (1u64..=4).prop_map(Step::Return),
        1 => any::<prop::sample::Index>().prop_map(Step::Repeat),
        1 => Just(Step::Forget),
    ]
}

/// The stored room, the events on their way, and what each socket read of it.
#[derive(Debug, Default)]
struct World {
    head: i64,
    /// The newest change that was told.
    told: i64,
    queue: std::collections::VecDeque<Event>,
    members: std::collections::BTreeSet<u64>,
    /// The head it read, or that it was no member then; taken when it enters.
    read: HashMap<u64, Option<Option<i64>>>,
    open: std::collections::BTreeSet<u64>,
}

impl World {
    fn tell(&mut self, event: Event, rooms: &mut Rooms, now: Instant) {
        if let Event::Change(change) = &event {
            self.told = change.rev.max(self.told);
        }
        rooms.event(event, now);
    }

    fn take(&mut self, step: &Step, rooms: &mut Rooms, hubs: &mut Hubs, now: Instant) {
        match *step {
            Step::Store => {
                self.head += 1;
                self.queue.push_back(change(self.head));
            }
            Step::Publish => {
                if let Some(event) = self.queue.pop_front() {
                    self.tell(event, rooms, now);
                }
            }
            // Nothing overtakes who comes or goes.
            Step::Overtake if self.queue.iter().take(2).all(|event| matches!(event, Event::Change(_))) => {
                if let Some(event) = self.queue.remove(1) {
                    self.tell(event, rooms, now);
                }
            }
            Step::Fetch => {
                // Nothing is stored behind a coming or going that was not told yet.
                let next = self.queue.iter().map_while(|event| match event {
                    Event::Change(change) => Some(change.rev),
                    _ => None,
                });
                let upto = next.last().unwrap_or_default().max(self.told);
                for (room, after) in rooms.gaps(now, Duration::ZERO) {
                    let changes = (after + 1..=upto).map(plain).collect();
                    rooms.event(Event::Fetched { room, upto, changes }, now);
                }
            }
            Step::Repeat(which) if self.told > 0 => {
                rooms.event(change(1 + which.index(self.told as usize) as i64), now)
            }
            // Nobody takes that long from reading to entering.
            Step::Forget if self.read.values().all(Option::is_none) => rooms.forget_idle(now + 2 * delivery::IDLE),
            Step::Connect(id) if self.open.insert(id) => {
                self.read.remove(&id);
                hubs.0.remove(&id);
                connect(rooms, id, id as i64);
            }
            Step::Read(id) if self.open.contains(&id) && !self.read.contains_key(&id) => {
                self.read.insert(id, Some(self.members.contains(&id).then_some(self.head)));
            }
            Step::Enter(id) => {
                // Once in a life.
                if let Some(Some(read)) = self.read.get_mut(&id).filter(|_| self.open.contains(&id)).map(Option::take) {
                    let known: Vec<_> = read.map(entering).into_iter().collect();
                    rooms.enter(key(id), &known, Watched::default());
                }
            }
            Step::Disconnect(id) if self.open.remove(&id) => {
                rooms.disconnect(key(id), now);
                hubs.0.remove(&id);
            }
            Step::Remove(id) if self.members.remove(&id) => self.queue.push_back(left(id as i64)),
            Step::Return(id) if self.members.insert(id) => self.queue.push_back(Event::Joined {
                room: ROOM,
                user: UserId(id as i64),
                rev: self.head,
                last_seq: self.head,
                member_count: 3,
                to_them: "joined".into(),
                to_others: "member".into(),
            }),
            _ => {}
        }
        hubs.apply(rooms);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn every_socket_hears_a_run_without_holes_whatever_happens_when(steps in prop::collection::vec(step(), 1..120)) {
        let (mut rooms, mut hubs, now) = (Rooms::default(), Hubs::default(), Instant::now());
        let mut world = World { members: (1..=4).collect(), ..World::default() };
        for step in &steps {
            world.take(step, &mut rooms, &mut hubs, now);
            let is_heard = rooms.rooms.get(&ROOM).is_some_and(|room| !room.hubs.is_empty());
            prop_assert!(is_heard || rooms.gaps(now, Duration::ZERO).is_empty(), "nobody waits");
        }
        while !world.queue.is_empty() {
            world.take(&Step::Publish, &mut rooms, &mut hubs, now);
        }
        prop_assert_eq!(rooms.gaps(now, Duration::ZERO), [], "nothing is missing any more");
        for (socket, ear) in &hubs.0 {
            // A return begins a new run; within one nothing is left out, told twice or turned round.
            for pair in ear.heard.windows(2) {
                prop_assert!(pair[1] > pair[0], "socket {socket} heard {:?}", ear.heard);
            }
            let inside = ear.joined.is_some() && world.open.contains(socket) && world.members.contains(socket);
            // What was there when it joined is history, which it reads by pages.
            if inside && !ear.heard.is_empty() {
                prop_assert_eq!(ear.heard.last().copied().max(ear.joined), Some(world.head), "{:?}", ear);
            }
            let holes = ear.heard.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
            let returns = steps.iter().filter(|step| matches!(step, Step::Return(id) if id == socket)).count();
            prop_assert!(holes <= returns, "socket {socket} heard {:?}", ear.heard);
        }
    }
}
