//! Storing many sends in one transaction: each is judged by itself, all that stand are numbered and inserted together.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;

use crate::{
    account::{store as people, wire::Card},
    db::{connection::AnyConnection, time::now},
    error::{AppError, AppResult},
    id::{MessageId, RoomId, UserId},
    message::{
        body::Body,
        post::{Post, Posted},
        search::{self, index},
        store::{self, Counters, Mention, NewMessage},
        wire::MessageView,
    },
};

/// Names looked up in one statement; SQLite takes 32,766 parameters.
const NAMES: usize = 10_000;

/// What became of each post, in their order.
pub type Verdicts = Vec<AppResult<Posted>>;

/// Stores what may be stored. Everything is checked before the first row is written, so a refused post never touches the others;
/// an error of the database concerns all of them, and then nothing is stored.
///
/// # Errors
/// When the database fails.
pub fn store(conn: &mut AnyConnection, posts: &[&Post]) -> AppResult<Verdicts> {
    let rooms = distinct(posts.iter().map(|post| post.room));
    let mut counters = store::lock_counters(conn, &rooms)?;
    let plan = plan(conn, posts, &rooms, &mut counters)?;
    let fresh: Vec<&Entry<'_>> = plan.iter().filter_map(Fate::entry).collect();
    let ids = match fresh.is_empty() {
        true => HashMap::new(),
        false => write(conn, &fresh, &counters)?,
    };
    Ok(conclude(plan, &ids))
}

/// A post that will be stored.
struct Entry<'a> {
    post: &'a Post,
    sender: Card,
    body: Body,
    spans: String,
    seq: i64,
    rev: i64,
    created_at: NaiveDateTime,
}

impl Entry<'_> {
    fn to_index(&self, ids: &HashMap<(RoomId, i64), MessageId>) -> search::store::Entry {
        let Post { author, room, tokens, .. } = self.post;
        let id = *ids.get(&(*room, self.seq)).expect("the insert returned every row");
        search::store::Entry { id, room: *room, sender: author.id, image: false, tokens: tokens.clone() }
    }
}

/// What will become of a post.
enum Fate<'a> {
    Decided(Box<AppResult<Posted>>),
    Fresh(Box<Entry<'a>>),
    /// The same send as an earlier one of this batch, which was fresh.
    Repeats(usize),
}

impl<'a> Fate<'a> {
    fn decided(verdict: AppResult<Posted>) -> Self {
        Self::Decided(Box::new(verdict))
    }

    fn entry(&self) -> Option<&Entry<'a>> {
        match self {
            Self::Fresh(entry) => Some(entry),
            _ => None,
        }
    }
}

fn plan<'a>(
    conn: &mut AnyConnection,
    posts: &[&'a Post],
    rooms: &[RoomId],
    counters: &mut HashMap<RoomId, Counters>,
) -> AppResult<Vec<Fate<'a>>> {
    let authors = distinct(posts.iter().map(|post| post.author.id));
    let members = store::memberships_among(conn, rooms, &authors)?;
    let keys: Vec<_> = posts.iter().map(|post| (post.author.id, post.client_id.as_str())).collect();
    let before = store::sent_before(conn, &keys)?;
    // As they are called now: what a socket remembers of its person may be old.
    let cards: HashMap<UserId, Card> =
        people::find_all(conn, &authors)?.into_iter().map(|card| (card.id, card)).collect();
    let mentionable = mentionable(conn, posts, rooms)?;
    let mut first: HashMap<(UserId, &str), usize> = HashMap::new();
    let created_at = now();
    let fate = |(index, post): (usize, &&'a Post)| {
        let (author, client_id) = (post.author.id, post.client_id.as_str());
        let Some(room) = counters.get_mut(&post.room) else { return Fate::decided(Err(AppError::NotFound)) };
        if !members.contains(&(post.room, author)) {
            return Fate::decided(Err(match room.public {
                true => AppError::Forbidden("Join the room first."),
                false => AppError::NotFound,
            }));
        }
        if let Some((hash, message)) = before.get(&(author, client_id.to_owned())) {
            return Fate::decided(repeated(post, hash, message));
        }
        if let Some(earlier) = first.get(&(author, client_id)) {
            return match posts[*earlier].body_hash == post.body_hash {
                true => Fate::Repeats(*earlier),
                false => Fate::decided(Err(AppError::ClientIdReused)),
            };
        }
        first.insert((author, client_id), index);
        room.last_seq += 1;
        room.rev += 1;
        let body = resolve(&post.body, &post.candidates, mentionable.get(&post.room));
        let spans = spans_json(&body);
        let sender = cards.get(&author).unwrap_or(&post.author).clone();
        Fate::Fresh(Box::new(Entry { post, sender, body, spans, seq: room.last_seq, rev: room.rev, created_at }))
    };
    Ok(posts.iter().enumerate().map(fate).collect())
}

/// A send whose `client_id` is stored already: the same content gets the same message, other content a refusal.
fn repeated(post: &Post, hash: &[u8], message: &MessageView) -> AppResult<Posted> {
    match hash == post.body_hash {
        true => Ok(Posted { message: message.clone(), fresh: false }),
        false => Err(AppError::ClientIdReused),
    }
}

/// Members by folded name.
pub(super) type Mentionable = HashMap<String, (i64, String)>;

/// Who can be mentioned in which room, of all the names that these posts may mean.
fn mentionable(conn: &mut AnyConnection, posts: &[&Post], rooms: &[RoomId]) -> AppResult<HashMap<RoomId, Mentionable>> {
    let names = distinct(posts.iter().flat_map(|post| post.candidates.iter().cloned()));
    let mut by_room: HashMap<RoomId, Mentionable> = HashMap::new();
    for some in names.chunks(NAMES) {
        for (room, key, Card { id, username, .. }) in store::members_by_key(conn, rooms, some)? {
            by_room.entry(room).or_default().insert(key, (id.0, username));
        }
    }
    Ok(by_room)
}

/// The body with its mentions found; `candidates` are the names it may mean, so that no neighbour in the batch lends it one.
pub(super) fn resolve(body: &Body, candidates: &[String], mentionable: Option<&Mentionable>) -> Body {
    let mut body = body.clone();
    if let Some(mentionable) = mentionable.filter(|_| !candidates.is_empty()) {
        let own = candidates.iter().filter_map(|key| Some((key.clone(), mentionable.get(key)?.clone())));
        body.resolve(&own.collect());
    }
    body
}

fn write(
    conn: &mut AnyConnection,
    fresh: &[&Entry<'_>],
    counters: &HashMap<RoomId, Counters>,
) -> AppResult<HashMap<(RoomId, i64), MessageId>> {
    let new: Vec<NewMessage<'_>> = fresh
        .iter()
        .map(|entry| NewMessage {
            room_id: entry.post.room,
            seq: entry.seq,
            rev: entry.rev,
            sender_id: entry.post.author.id,
            client_id: entry.post.client_id.as_str(),
            body_hash: &entry.post.body_hash,
            kind: "text",
            text: entry.body.text(),
            spans: &entry.spans,
            created_at: entry.created_at,
        })
        .collect();
    let ids = store::insert_all(conn, &new)?;
    index::insert_all(conn, fresh.iter().map(|entry| entry.to_index(&ids)).collect())?;
    store::store_counters(conn, counters.iter())?;
    let mentions = distinct(fresh.iter().flat_map(|entry| mentions(&entry.body, entry.post.room, entry.seq)));
    store::insert_mentions(conn, &mentions)?;
    Ok(ids)
}

/// Spans as they are stored and sent.
pub(super) fn spans_json(body: &Body) -> String {
    serde_json::to_string(body.spans()).expect("spans have only strings and numbers")
}

/// The rows for whom a body mentions.
pub(super) fn mentions(body: &Body, room: RoomId, seq: i64) -> Vec<Mention> {
    distinct(body.mentioned().into_iter().map(|user| Mention { user_id: UserId(user), room_id: room, seq }))
}

fn conclude(plan: Vec<Fate<'_>>, ids: &HashMap<(RoomId, i64), MessageId>) -> Verdicts {
    let mut verdicts: Verdicts = Vec::with_capacity(plan.len());
    for fate in plan {
        let verdict = match fate {
            Fate::Decided(verdict) => *verdict,
            Fate::Fresh(entry) => Ok(Posted { message: view(*entry, ids), fresh: true }),
            Fate::Repeats(earlier) => {
                let posted = verdicts[earlier].as_ref().expect("only a fresh post is repeated");
                Ok(Posted { message: posted.message.clone(), fresh: false })
            }
        };
        verdicts.push(verdict);
    }
    verdicts
}

fn view(entry: Entry<'_>, ids: &HashMap<(RoomId, i64), MessageId>) -> MessageView {
    let Entry { post, sender, body, spans, seq, rev, created_at } = entry;
    MessageView {
        id: *ids.get(&(post.room, seq)).expect("the insert returned every row"),
        room: post.room,
        seq,
        rev,
        kind: "text".to_owned(),
        sender,
        client_id: post.client_id.as_str().to_owned(),
        text: body.text().to_owned(),
        spans: store::raw(spans),
        uploads: Vec::new(),
        reply_to: None,
        reactions: Vec::new(),
        created_at,
        edited_at: None,
        recalled_at: None,
        deleted_at: None,
    }
}

fn distinct<T: std::hash::Hash + Eq + Clone>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    items.filter(|item| seen.insert(item.clone())).collect()
}
