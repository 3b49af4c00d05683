//! Whom messages mention: who can be, who is, and the rows by which each person's count is right.

use std::collections::{HashMap, HashSet};

use crate::{
    account::wire::Card,
    contact::store as contacts,
    db::connection::AnyConnection,
    error::AppResult,
    id::{RoomId, UserId},
    message::{
        body::{
            Body,
            mention::{Called, EVERYBODY, Lookup},
        },
        store::{self, Mention},
    },
};

/// Names looked up in one statement; SQLite takes 32,766 parameters.
const NAMES: usize = 10_000;

/// Members of a room who can be mentioned, by folded name.
pub type Mentionable = Lookup;

/// Who can be mentioned in which room, of all the names that may be meant.
///
/// # Errors
/// When the database fails.
pub fn mentionable<'n>(
    conn: &mut AnyConnection,
    rooms: &[RoomId],
    names: impl Iterator<Item = &'n String>,
) -> AppResult<HashMap<RoomId, Mentionable>> {
    let names: Vec<String> = names.collect::<HashSet<_>>().into_iter().cloned().collect();
    let mut by_room: HashMap<RoomId, Mentionable> = HashMap::new();
    for some in names.chunks(NAMES) {
        for (room, key, Card { id, username, .. }) in store::members_by_key(conn, rooms, some)? {
            by_room.entry(room).or_default().insert(key, Called::Person(id.0, username));
        }
    }
    Ok(by_room)
}

/// The body with its mentions found; `candidates` are the names it may mean, so that no neighbour in a batch lends it one.
pub fn resolve(body: &Body, candidates: &[String], mentionable: Option<&Mentionable>, may_call_all: bool) -> Body {
    let called = |key: &String| match EVERYBODY.contains(&key.as_str()) {
        true => may_call_all.then_some(Called::Everybody),
        false => mentionable?.get(key).cloned(),
    };
    let lookup: Lookup = candidates.iter().filter_map(|key| Some((key.clone(), called(key)?))).collect();
    let mut body = body.clone();
    body.resolve(&lookup);
    body
}

/// A message and whom it may mention.
pub struct Calling<'a> {
    /// Who calls.
    pub author: UserId,
    /// Where.
    pub room: RoomId,
    /// In which message.
    pub seq: i64,
    /// With the mentions found.
    pub body: &'a Body,
}

impl Calling<'_> {
    fn people(&self) -> impl Iterator<Item = (UserId, Mention)> {
        let mention = |user| Mention { user_id: UserId(user), room_id: self.room, seq: self.seq };
        self.body.mentioned().into_iter().map(move |user| (self.author, mention(user)))
    }
}

/// Stores who is mentioned; who has blocked the author is not.
///
/// # Errors
/// When the database fails.
pub fn insert(conn: &mut AnyConnection, callings: &[Calling<'_>]) -> AppResult<()> {
    let called: Vec<(UserId, Mention)> = callings.iter().flat_map(Calling::people).collect();
    if !called.is_empty() {
        let (authors, people): (HashSet<_>, HashSet<_>) =
            called.iter().map(|(author, mention)| (*author, mention.user_id)).unzip();
        let [people, authors] = [people, authors].map(Vec::from_iter);
        let blocks = contacts::blocks_among(conn, &people, &authors)?;
        let heard = called.into_iter().filter(|(author, mention)| !blocks.contains(&(mention.user_id, *author)));
        let rows: HashSet<Mention> = heard.map(|(_, mention)| mention).collect();
        store::insert_mentions(conn, &rows.into_iter().collect::<Vec<_>>())?;
    }
    for calling in callings.iter().filter(|calling| calling.body.mentions_all()) {
        store::insert_mentions_of_all(conn, calling.author, calling.room, calling.seq)?;
    }
    Ok(())
}
