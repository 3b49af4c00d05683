//! The hub as it runs, with real streams behind it: whatever comes when, and wherever it pauses, each client hears of a room exactly what
//! follows its joining, up to its leaving, in order.

use std::{collections::btree_map::Entry, pin::Pin, task::Context};

use actix_web::body::MessageBody as _;
use proptest::prelude::*;

use super::*;
use crate::{
    chat::doors::pipe::{Audience, Outflow, Pipe},
    meter::Meter,
};

/// Clients that are looked at, and others that make the hub pause within a room.
const LOOKED_AT: usize = 4;
const CROWD: usize = 2 * TURN;

const ROOMS: i64 = 2;

#[derive(Debug, Clone)]
enum Step {
    /// The room's next change.
    Deliver(i64),
    /// A client enters, and has read so many changes beyond the newest that was delivered.
    Join(usize, i64, i64),
    Leave(usize, i64),
    /// The client hangs up; another comes in its place.
    Renew(usize),
    /// The hub gets a turn of the thread.
    Yield,
}

fn step() -> impl Strategy<Value = Step> {
    let (client, room) = (0..LOOKED_AT, 1..=ROOMS);
    prop_oneof![
        4 => room.clone().prop_map(Step::Deliver),
        2 => (client.clone(), room.clone(), 0..3i64).prop_map(|(client, room, ahead)| Step::Join(client, room, ahead)),
        1 => (client.clone(), room).prop_map(|(client, room)| Step::Leave(client, room)),
        1 => client.prop_map(Step::Renew),
        4 => Just(Step::Yield),
    ]
}

/// A client, what it heard, and what it must hear.
struct Client {
    key: SocketKey,
    body: Outflow<()>,
    heard: Vec<(i64, i64)>,
    due: Vec<(i64, i64)>,
    rooms: BTreeMap<i64, i64>,
}

impl Client {
    fn of(hub: &Hub) -> Self {
        let (key, pipe) = (hub.key(), Pipe::new(None, Audience::Member, "epoch"));
        hub.attach(key, Some(UserId(1)), Line::Stream(pipe.clone()));
        let body = Outflow::new(pipe, ());
        Self { key, body, heard: Vec::new(), due: Vec::new(), rooms: BTreeMap::new() }
    }

    fn listen(&mut self) {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        while let std::task::Poll::Ready(Some(Ok(bytes))) = Pin::new(&mut self.body).poll_next(&mut cx) {
            let text = String::from_utf8(bytes.to_vec()).expect("text");
            let frames = text.lines().filter_map(|line| line.strip_prefix("data: ")?.split_once(' '));
            let number = |text: &str| text.parse::<i64>().expect("a number");
            self.heard.extend(frames.map(|(room, rev)| (number(room), number(rev))));
        }
    }

    /// The rooms are told apart: only the order within one is promised.
    fn check(&self, is_whole: bool) -> Result<(), TestCaseError> {
        for room in 1..=ROOMS {
            let of =
                |all: &[(i64, i64)]| all.iter().filter(|(id, _)| *id == room).map(|(_, rev)| *rev).collect::<Vec<_>>();
            let (heard, due) = (of(&self.heard), of(&self.due));
            prop_assert!(due.starts_with(&heard), "room {room}: heard {heard:?}, due {due:?}");
            prop_assert!(!is_whole || heard.len() == due.len(), "room {room}: heard {heard:?}, due {due:?}");
        }
        Ok(())
    }
}

async fn play(steps: &[Step]) -> Result<(), TestCaseError> {
    let hub = Hub::start(&Hubs::new(10_000, Meter::default()));
    let crowd: Vec<Client> = (0..CROWD).map(|_| Client::of(&hub)).collect();
    let room = RoomId(1);
    hub.mailbox.push(crowd.iter().map(|client| Op::Join { socket: client.key.number, room, from_rev: 0 }));
    let mut clients: Vec<Client> = (0..LOOKED_AT).map(|_| Client::of(&hub)).collect();
    let mut heads: BTreeMap<i64, i64> = (1..=ROOMS).map(|room| (room, 0)).collect();
    for step in steps {
        match *step {
            Step::Deliver(room) => {
                let rev = heads[&room] + 1;
                heads.insert(room, rev);
                hub.mailbox.push([Op::Deliver { room: RoomId(room), rev, frame: format!("{room} {rev}").into() }]);
                for client in &mut clients {
                    if client.rooms.get(&room).is_some_and(|from| rev > *from) {
                        client.due.push((room, rev));
                    }
                }
            }
            Step::Join(client, room, ahead) => {
                let (client, from_rev) = (&mut clients[client], heads[&room] + ahead);
                if let Entry::Vacant(place) = client.rooms.entry(room) {
                    place.insert(from_rev);
                    hub.mailbox.push([Op::Join { socket: client.key.number, room: RoomId(room), from_rev }]);
                }
            }
            Step::Leave(client, room) => {
                clients[client].rooms.remove(&room);
                hub.mailbox.push([Op::Leave { socket: clients[client].key.number, room: RoomId(room) }]);
            }
            Step::Renew(client) => {
                let mut gone = std::mem::replace(&mut clients[client], Client::of(&hub));
                hub.detach(gone.key);
                gone.listen();
                gone.check(false)?;
            }
            Step::Yield => tokio::task::yield_now().await,
        }
        clients.iter_mut().for_each(Client::listen);
    }
    // The hub pauses after much work; what is missing then is missing.
    let end = Instant::now() + Duration::from_secs(10);
    while clients.iter().any(|client| client.heard.len() < client.due.len()) && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(1)).await;
        clients.iter_mut().for_each(Client::listen);
    }
    clients.iter().try_for_each(|client| client.check(true))?;
    let numbers: Vec<u64> = clients.iter().chain(&crowd).map(|client| client.key.number).collect();
    prop_assert_eq!(hub.state.borrow().slots.len(), numbers.len());
    let known =
        hub.state.borrow().rooms.values().all(|room| room.listeners.iter().all(|one| numbers.contains(&one.socket)));
    prop_assert!(known, "nobody who is gone is in a room");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn each_client_hears_a_run_whatever_comes_while_the_hub_pauses(steps in prop::collection::vec(step(), 1..100)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        tokio::task::LocalSet::new().block_on(&runtime, play(&steps))?;
    }
}
