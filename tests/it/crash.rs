//! The promise itself: what was acknowledged is stored, once, in one order for everybody, whatever happens to lines and process.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{task::JoinSet, time::sleep};

use crate::support::{
    chatter::{Chatter, Outcome, check_history, history},
    client::Member,
    server::Server,
};

const CLIENTS: usize = 50;
const MESSAGES: usize = 20;

/// Fifty people in one room, a count of their acknowledgements, and the seed of their misfortunes.
struct Crowd {
    people: Vec<Member>,
    room: i64,
    acked: Arc<AtomicUsize>,
    seed: u64,
}

impl Crowd {
    async fn on(server: &Server) -> Self {
        let mut people = Vec::new();
        for number in 0..CLIENTS {
            people.push(server.member(&format!("person_{number:02}")).await);
        }
        let room = people[0].lobby().await;
        Self { people, room, acked: Arc::default(), seed: rand::rng().random() }
    }

    fn chatter(&self, number: usize) -> Chatter {
        Chatter::new(self.people[number].clone(), self.room, Arc::clone(&self.acked))
    }

    /// All of them send all they have; every second one loses its line again and again. The clients as they end.
    async fn talk(&self, during: impl AsyncFnOnce()) -> Vec<Chatter> {
        let mut tasks = JoinSet::new();
        for number in 0..CLIENTS {
            let (mut chatter, seed) = (self.chatter(number), self.seed);
            tasks.spawn(async move {
                let mut dice = StdRng::seed_from_u64(seed ^ number as u64);
                for message in 0..MESSAGES {
                    let unlucky = (number % 2 == 0).then_some(&mut dice);
                    chatter.say(&client_id(number, message), unlucky).await;
                }
                chatter.settle((CLIENTS * MESSAGES) as i64).await;
                chatter
            });
        }
        during().await;
        tasks.join_all().await
    }

    /// Waits until so many messages are acknowledged.
    async fn reach(&self, count: usize) {
        while self.acked.load(Ordering::Relaxed) < count {
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Demands that everybody ends with the same thousand messages, and that every acknowledgement was true.
    async fn check(&self, chatters: &[Chatter]) {
        let history = history(&self.people[0], self.room).await;
        let expected =
            (0..CLIENTS).flat_map(|number| (0..MESSAGES).map(move |message| client_id(number, message))).collect();
        check_history(&history, &expected);
        for chatter in chatters {
            assert_eq!(chatter.view(), history, "{} (seed {})", chatter.member.username, self.seed);
            for (client_id, (id, seq)) in &chatter.acked {
                assert!(history.contains(&(*seq, *id, client_id.clone())), "{client_id} (seed {})", self.seed);
            }
        }
    }
}

fn client_id(number: usize, message: usize) -> String {
    format!("p{number}-m{message}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_messages_over_dropping_lines_are_the_same_for_all_fifty() {
    let server = Server::start();
    let crowd = Crowd::on(&server).await;
    let chatters = crowd.talk(async || {}).await;
    crowd.check(&chatters).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killing_the_server_in_the_middle_loses_and_doubles_nothing() {
    let mut server = Server::start();
    let crowd = Crowd::on(&server).await;
    let chatters = crowd
        .talk(async || {
            for count in [200, 500, 800] {
                crowd.reach(count).await;
                server.kill();
                server.restart();
            }
        })
        .await;
    crowd.check(&chatters).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_told_to_end_keeps_its_word() {
    let mut server = Server::start();
    let crowd = Crowd::on(&server).await;
    let mut tasks = JoinSet::new();
    for number in 0..CLIENTS {
        let mut chatter = crowd.chatter(number);
        tasks.spawn(async move {
            let mut outcomes = Vec::new();
            for message in 0.. {
                let id = client_id(number, message);
                let outcome = chatter.try_say(&id).await;
                let over = outcome == Outcome::Unknown;
                outcomes.push((id, outcome));
                if over {
                    break;
                }
            }
            (chatter, outcomes)
        });
    }
    crowd.reach(300).await;
    server.stop();
    let results = tasks.join_all().await;
    server.restart();

    let before = history(&crowd.people[0], crowd.room).await;
    let stored: BTreeSet<_> = before.iter().map(|(.., client_id)| client_id.as_str()).collect();
    assert_eq!(stored.len(), before.len(), "each once");
    let mut expected: BTreeSet<_> = stored.iter().map(ToString::to_string).collect();
    for (mut chatter, outcomes) in results {
        for (id, outcome) in outcomes {
            match outcome {
                Outcome::Acked => assert!(stored.contains(id.as_str()), "{id} was acknowledged and is lost"),
                Outcome::Refused => assert!(!stored.contains(id.as_str()), "{id} was refused and is stored"),
                Outcome::Unknown => {
                    chatter.say(&id, None).await;
                    expected.insert(id);
                }
            }
        }
    }
    check_history(&history(&crowd.people[0], crowd.room).await, &expected);
}
