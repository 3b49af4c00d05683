//! Many clients who send, edit and recall at once, and the judgement over what is left of it at the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    book::{Book, Entries, State},
    player::{Line, Player, Speaks},
};
use crate::support::{
    client::Member,
    database::StoredMessage,
    server::{Server, Site},
};

/// Nothing in here lasts so long: only against hanging for ever.
const FOR_EVER: Duration = Duration::from_secs(180);

/// How large a load is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Clients that send by their sockets.
    pub sockets: usize,
    /// Clients that send by requests.
    pub requests: usize,
    /// Rooms beside the lobby.
    pub rooms: usize,
    /// How often a client hangs up before the answer.
    pub drops: f64,
}

/// A load that is running.
pub struct Load {
    /// What its clients know.
    pub book: Arc<Book>,
    /// What chance is made of.
    pub seed: u64,
    players: JoinSet<Player>,
    first: Member,
    admin: Member,
}

/// What was found at the end. Messages that are lost or doubled fail the test before.
pub struct Verdict {
    /// Sends that were acknowledged.
    pub acked: usize,
    /// Edits and recalls that were.
    pub changes: usize,
    /// Requests that were not answered.
    pub unanswered: usize,
    /// What was refused, how often.
    pub refusals: BTreeMap<String, usize>,
    /// Holes between live frames, after which a client asks.
    pub jumps: usize,
}

impl Load {
    /// Registers everybody and lets them begin.
    pub async fn on(server: &Server, size: Size) -> Self {
        Self::through(server.site(), server, size).await
    }

    /// The same, with clients that reach the server by another way.
    pub async fn through(site: &Site, server: &Server, size: Size) -> Self {
        let seed = std::env::var("PARLOR_FAULTS_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| rand::rng().random());
        let admin = server.admin("founder").await;
        admin.patch("admin/settings", json!({"recall_seconds": 86_400})).await.is(200);
        let people = server.members("person", size.sockets + size.requests).await;
        let rooms = rooms(&people, size.rooms).await;
        let book = Arc::<Book>::default();
        let first = people[0].clone();
        let mut players = JoinSet::new();
        for (number, member) in people.into_iter().enumerate() {
            let own = rooms.iter().filter(|(_, members)| members.contains(&number)).map(|(room, _)| *room).collect();
            let speaks = if number < size.sockets { Speaks::Frames } else { Speaks::Requests };
            let dice = StdRng::seed_from_u64(seed ^ number as u64);
            let mut player = Player::new(member.at_site(site), own, speaks, Arc::clone(&book), dice, size.drops);
            players.spawn(async move {
                player.play().await;
                player
            });
        }
        Self { book, seed, players, first, admin }
    }

    /// Somebody of the load.
    pub fn member(&self) -> &Member {
        &self.first
    }

    /// Sockets that the server counts.
    pub async fn sockets(&self) -> u64 {
        self.admin.get("admin/overview").await.is(200)["sockets"].as_u64().unwrap()
    }

    /// Waits for so many more acknowledgements.
    pub async fn goes_on(&self, count: usize) {
        let goal = self.book.acks() + count;
        self.until("more is acknowledged", || self.book.acks() >= goal).await;
    }

    /// Waits until something is so.
    pub async fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let end = Instant::now() + FOR_EVER;
        while !is_so() {
            assert!(Instant::now() < end, "in vain: {what} (seed {}); refused {:?}", self.seed, self.book.refusals());
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Ends it, has everybody hear what they missed, and judges: what was acknowledged is there, once, in one order for everybody.
    pub async fn finish(self, server: &Server) -> Verdict {
        let Self { book, seed, players, first, .. } = self;
        book.end();
        let mut players = players.join_all().await;
        let heads = server.database().heads(&server.data());
        let revs: BTreeMap<i64, i64> = heads.iter().map(|head| (head.room, head.rev)).collect();
        join_all(players.iter_mut().map(|player| player.settle(&revs))).await;
        // Where the database is asked what became of a COMMIT, the server may have to leave a hole, and says so by the jump.
        let is_sqlite = server.database().url().is_none();
        assert!(!is_sqlite || book.jumps() == 0, "{} holes between live frames (seed {seed})", book.jumps());
        let stored = server.database().messages(&server.data());
        let wrong = judge(&stored, &book.entries());
        assert!(wrong.is_empty(), "{} wrong (seed {seed}):\n{}", wrong.len(), wrong.join("\n"));
        let mut found: BTreeMap<i64, Vec<Line>> = BTreeMap::new();
        for row in stored {
            let StoredMessage { id, room, seq, client_id, text, recalled, .. } = row;
            found.entry(room).or_default().push(Line { seq, id, client_id, text, recalled: recalled == 1 });
        }
        for head in &heads {
            let stored = found.get(&head.room).cloned().unwrap_or_default();
            assert_eq!(stored.len() as i64, head.last_seq, "room {} counts its messages (seed {seed})", head.room);
            let numbers: Vec<_> = stored.iter().map(|line| line.seq).collect();
            assert_eq!(numbers, (1..=head.last_seq).collect::<Vec<_>>(), "numbers are dense (seed {seed})");
            let members = players.iter().filter(|player| player.rooms.contains(&head.room));
            for player in members {
                same(&player.view(head.room), &stored, &format!("{} (seed {seed})", player.member.username));
            }
            let reader = players.iter().find(|player| player.rooms.contains(&head.room));
            let reader = reader.map_or(&first, |player| &player.member);
            same(&history(reader, head.room).await, &stored, &format!("the history (seed {seed})"));
        }
        let acked = book.entries().values().filter(|entry| entry.state == State::Acked).count();
        let changes = book.acks() - acked;
        Verdict { acked, changes, unanswered: book.unanswered(), refusals: book.refusals(), jumps: book.jumps() }
    }
}

/// Compares what is stored with what the clients know: what is wrong, a line each.
fn judge(stored: &[StoredMessage], entries: &Entries) -> Vec<String> {
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for row in stored {
        if !seen.insert(&row.client_id) {
            wrong.push(format!("doubled: {row:?}"));
        }
        match entries.get(&row.client_id) {
            None => wrong.push(format!("never sent: {row:?}")),
            Some(entry) => {
                let is_in_place = (entry.room, entry.author) == (row.room, row.sender)
                    && entry.place.is_none_or(|place| place == (row.id, row.seq));
                if !is_in_place || (&entry.text, entry.recalled) != (&row.text, row.recalled == 1) {
                    wrong.push(format!("wrong: {row:?} should be {entry:?}"));
                }
            }
        }
    }
    let lost = entries.iter().filter(|(client_id, entry)| entry.state == State::Acked && !seen.contains(client_id));
    wrong.extend(lost.map(|(client_id, entry)| format!("lost: {client_id} {entry:?}")));
    wrong
}

/// Demands that two lists are the same, and names the first difference alone.
#[track_caller]
fn same(found: &[Line], stored: &[Line], whose: &str) {
    if found != stored {
        let differs = found.iter().zip(stored).find(|(one, other)| one != other);
        panic!("{whose} has {} lines of {}; first difference {differs:?}", found.len(), stored.len());
    }
}

/// The whole history of a room as requests tell it.
async fn history(member: &Member, room: i64) -> Vec<Line> {
    let (mut lines, mut after) = (Vec::new(), 0);
    loop {
        let page = member.page(room, &format!("after={after}&limit=100")).await.is(200);
        lines.extend(page.messages().iter().map(Line::of));
        if page["more_after"] == false {
            return lines;
        }
        after = lines.last().expect("more is to come").seq;
    }
}

/// The lobby, and rooms each of which a part of the people is in; with the numbers of their members.
async fn rooms(people: &[Member], count: usize) -> Vec<(i64, BTreeSet<usize>)> {
    let mut rooms = vec![(people[0].lobby().await, (0..people.len()).collect())];
    for room in 0..count {
        let is_in = |number: usize| number % count == room || (number + 1) % count == room;
        let members: BTreeSet<usize> = (0..people.len()).filter(|number| is_in(*number)).collect();
        let mut members_of = members.iter().map(|number| &people[*number]);
        let owner = members_of.next().expect("more people than rooms");
        let others: Vec<_> = members_of.collect();
        rooms.push((owner.private_room(&format!("room {room}"), &others).await, members));
    }
    rooms
}

/// Two messages of one person, of which the second was edited; as they should lie in the database.
fn two() -> (Book, Vec<StoredMessage>) {
    let book = Book::default();
    let row = |seq: i64, text: &str| StoredMessage {
        id: 10 + seq,
        room: 1,
        seq,
        sender: 5,
        client_id: format!("m{seq}"),
        text: text.to_owned(),
        recalled: 0,
    };
    for seq in [1, 2] {
        let name = format!("m{seq}");
        book.invent(&name, 1, 5);
        let mut entries = book.entries();
        let entry = entries.get_mut(&name).unwrap();
        (entry.state, entry.place) = (State::Acked, Some((10 + seq, seq)));
    }
    book.entries().get_mut("m2").unwrap().text = "edited".to_owned();
    (book, vec![row(1, "m1"), row(2, "edited")])
}

#[test]
fn the_judge_finds_what_is_lost_doubled_moved_or_stale() {
    let (book, whole) = two();
    let after = |change: &dyn Fn(&mut Vec<StoredMessage>)| {
        let (_, mut stored) = two();
        change(&mut stored);
        let wrong = judge(&stored, &book.entries());
        wrong.iter().map(|line| line.split(':').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(judge(&whole, &book.entries()), Vec::<String>::new());
    assert_eq!(after(&|stored| drop(stored.remove(0))), ["lost"]);
    assert_eq!(after(&|stored| stored.extend(two().1.pop())), ["doubled"]);
    assert_eq!(after(&|stored| stored[0].seq = 3), ["wrong"]);
    assert_eq!(after(&|stored| stored[1].text = "m2".to_owned()), ["wrong"]);
    assert_eq!(after(&|stored| stored[0].recalled = 1), ["wrong"]);
    assert_eq!(after(&|stored| stored[0].client_id = "m9".to_owned()), ["never sent", "lost"]);
}
