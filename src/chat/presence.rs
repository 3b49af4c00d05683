//! Who is online: several sockets are one person, and a short absence is none. Pure: the clock is handed in.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use bytestring::ByteString;

use crate::id::{SocketKey, UserId};

/// Going is told so long after the last socket closed: a reload or a tunnel is no departure.
pub const GRACE: Duration = Duration::from_secs(10);

/// People named in one frame at most.
pub const NAMED: usize = 200;

/// A connected person.
#[derive(Debug)]
pub struct Person {
    /// Their card, as JSON.
    pub card: ByteString,
    /// Their sockets, the oldest first.
    pub sockets: Vec<SocketKey>,
    left: Option<Instant>,
}

/// Who came and went since the last look.
#[derive(Debug, Default)]
pub struct Diff {
    /// Cards of those who came.
    pub came: Vec<(UserId, ByteString)>,
    /// Those who went.
    pub went: Vec<UserId>,
}

impl Diff {
    /// Did nobody come or go?
    pub fn is_empty(&self) -> bool {
        self.came.is_empty() && self.went.is_empty()
    }
}

/// Everybody who is connected, or was a moment ago.
#[derive(Debug, Default)]
pub struct People {
    people: HashMap<UserId, Person>,
    announced: HashSet<UserId>,
    touched: HashSet<UserId>,
    named: Option<ByteString>,
}

impl People {
    /// A socket opened.
    pub fn connect(&mut self, user: UserId, card: ByteString, socket: SocketKey) {
        let person =
            self.people.entry(user).or_insert_with(|| Person { card: card.clone(), sockets: Vec::new(), left: None });
        person.card = card;
        person.left = None;
        person.sockets.push(socket);
        self.touched.insert(user);
    }

    /// A socket closed.
    pub fn disconnect(&mut self, user: UserId, socket: SocketKey, now: Instant) {
        if let Some(person) = self.people.get_mut(&user) {
            person.sockets.retain(|open| *open != socket);
            if person.sockets.is_empty() {
                person.left = Some(now);
                self.touched.insert(user);
            }
        }
    }

    /// A person's sockets, the oldest first.
    pub fn sockets(&self, user: UserId) -> &[SocketKey] {
        self.people.get(&user).map_or(&[], |person| &person.sockets)
    }

    /// A person shows another name.
    pub fn rename(&mut self, user: UserId, card: ByteString) {
        if let Some(person) = self.people.get_mut(&user) {
            person.card = card;
            self.named = None;
        }
    }

    /// How many have been told of.
    pub fn count(&self) -> usize {
        self.announced.len()
    }

    /// Who came and went since the last call, to be told now.
    pub fn diff(&mut self, now: Instant) -> Diff {
        let mut diff = Diff::default();
        for user in std::mem::take(&mut self.touched) {
            let Some(person) = self.people.get(&user) else { continue };
            match person.left {
                None if self.announced.insert(user) => diff.came.push((user, person.card.clone())),
                None => {}
                Some(left) if now.duration_since(left) < GRACE => {
                    self.touched.insert(user);
                }
                Some(_) => {
                    self.people.remove(&user);
                    if self.announced.remove(&user) {
                        diff.went.push(user);
                    }
                }
            }
        }
        if !diff.is_empty() {
            self.named = None;
        }
        diff
    }

    /// At most [`NAMED`] of those told of, as a JSON list; made once for many sockets.
    pub fn named(&mut self) -> ByteString {
        if let Some(named) = &self.named {
            return named.clone();
        }
        let cards: Vec<&str> = self
            .announced
            .iter()
            .filter_map(|user| self.people.get(user))
            .take(NAMED)
            .map(|person| &*person.card)
            .collect();
        let named = ByteString::from(format!("[{}]", cards.join(",")));
        self.named = Some(named.clone());
        named
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> SocketKey {
        SocketKey { hub: 0, number }
    }

    #[test]
    fn two_tabs_are_one_person_and_a_reload_is_no_departure() {
        let (mut people, start, ann) = (People::default(), Instant::now(), UserId(1));
        people.connect(ann, "{}".into(), key(1));
        people.connect(ann, "{}".into(), key(2));
        assert_eq!(people.diff(start).came.len(), 1);
        people.disconnect(ann, key(1), start);
        people.disconnect(ann, key(2), start);
        assert!(people.diff(start + GRACE / 2).is_empty());
        people.connect(ann, "{}".into(), key(3));
        assert!(people.diff(start + GRACE * 2).is_empty());
        people.disconnect(ann, key(3), start + GRACE * 2);
        assert_eq!(people.diff(start + GRACE * 3).went, [ann]);
        assert_eq!(people.count(), 0);
    }

    #[test]
    fn whoever_came_and_went_unseen_is_never_told_of() {
        let (mut people, start, ann) = (People::default(), Instant::now(), UserId(1));
        people.connect(ann, "{}".into(), key(1));
        people.disconnect(ann, key(1), start);
        assert!(people.diff(start + GRACE).is_empty());
        assert_eq!(people.sockets(ann), []);
    }
}
