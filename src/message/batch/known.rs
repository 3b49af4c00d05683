//! What must be known to judge a batch of sends, read in a few queries for all of them.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;

use crate::{
    account::{
        store::{self as people, Sender},
        wire::{Card, SiteRole},
    },
    contact::store as contacts,
    db::connection::AnyConnection,
    error::{AppError, AppResult},
    id::{MessageId, RoomId, UserId},
    message::{
        batch::slow::LastSends,
        body::Body,
        mentions::{self, Mentionable},
        post::Post,
        retention::{self, store::Pruned},
        rules::{self, Writer},
        store::{self, Counters, Member, Quoted, SentBefore},
        wire::ReplyTo,
    },
    room::wire::{RoomKind, RoomRole},
    upload::{
        store::{self as uploads, Free},
        wire::Upload,
    },
};

/// What the database says of the rooms, people, messages and uploads that a batch names.
pub struct Known {
    /// Of the rooms there are; counted up by the plan.
    pub counters: HashMap<RoomId, Counters>,
    /// Sends stored before under the same names.
    pub before: SentBefore,
    /// Sends that were stored and pruned since, by the hash of what was sent.
    pub pruned: Pruned,
    members: HashMap<(RoomId, UserId), Member>,
    senders: HashMap<UserId, Sender>,
    mentionable: HashMap<RoomId, Mentionable>,
    /// Who blocked whom, within the private chats of the batch.
    blocks: HashSet<(UserId, UserId)>,
    quoted: HashMap<MessageId, Quoted>,
    /// Those that may be sent; taken out by the first who does.
    uploads: Free,
    /// Whose sends of this batch stand, by room; added to by the plan.
    pub just: HashSet<(RoomId, UserId)>,
}

impl Known {
    /// Reads it; on PostgreSQL the rooms are locked first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn read(conn: &mut AnyConnection, posts: &[&Post]) -> AppResult<Self> {
        let rooms = distinct(posts.iter().map(|post| post.room));
        let authors = distinct(posts.iter().map(|post| post.author.id));
        let writers = distinct(posts.iter().map(|post| (post.room, post.author.id)));
        let counters = store::lock_counters(conn, &rooms)?;
        let keys: Vec<_> = posts.iter().map(|post| (post.author.id, post.client_id.as_str())).collect();
        Ok(Self {
            before: store::sent_before(conn, &keys)?,
            pruned: retention::store::pruned_before(conn, &keys)?,
            members: store::memberships_among(conn, &writers)?,
            // As they are called now: what a socket remembers of its person may be old.
            senders: people::senders(conn, &authors)?.into_iter().map(|sender| (sender.card.id, sender)).collect(),
            mentionable: mentions::mentionable(conn, &rooms, posts.iter().flat_map(|post| &post.candidates))?,
            blocks: blocks(conn, &counters)?,
            quoted: quoted(conn, posts)?,
            uploads: free(conn, posts)?,
            just: HashSet::new(),
            counters,
        })
    }

    /// The author as they are now.
    pub fn sender(&self, post: &Post) -> Card {
        self.senders.get(&post.author.id).map_or(&*post.author, |sender| &sender.card).clone()
    }

    /// Is the author still somebody who may be here at all?
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] for who was banned while the post was on its way.
    pub fn check_active(&self, post: &Post) -> AppResult<()> {
        match self.senders.get(&post.author.id) {
            Some(sender) if sender.active => Ok(()),
            _ => Err(AppError::Unauthenticated),
        }
    }

    /// Do room and admins let the author write now?
    ///
    /// # Errors
    /// What [`rules::may_write`] says; [`AppError::SlowMode`].
    pub fn check_rules(&self, post: &Post, slow: &LastSends, now: NaiveDateTime) -> AppResult<()> {
        let room = self.counters.get(&post.room).ok_or(AppError::NotFound)?;
        let writer = self.writer(post);
        rules::may_write(&writer, &room.terms, now)?;
        match room.slow_seconds > 0 && !writer.keeps_order() {
            true => slow.check(post.room, post.author.id, &self.just, now),
            false => Ok(()),
        }
    }

    fn writer(&self, post: &Post) -> Writer {
        let member = self.members.get(&(post.room, post.author.id));
        let sender = self.senders.get(&post.author.id);
        Writer {
            role: member.map_or(RoomRole::Member, |member| member.role),
            is_admin: sender.is_some_and(|sender| sender.card.role == SiteRole::Admin),
            silenced_until: member
                .and_then(|member| member.silenced_until)
                .max(sender.and_then(|sender| sender.silenced_until)),
        }
    }

    /// May the author write into this room at all?
    ///
    /// # Errors
    /// Why not.
    pub fn check_member(&self, post: &Post) -> AppResult<()> {
        let room = self.counters.get(&post.room).ok_or(AppError::NotFound)?;
        match (self.members.contains_key(&(post.room, post.author.id)), room.kind) {
            (true, _) => Ok(()),
            (false, RoomKind::Public) => Err(AppError::Forbidden("Join the room first.")),
            (false, _) => Err(AppError::NotFound),
        }
    }

    /// Does a block between the two stand against a private message?
    ///
    /// # Errors
    /// [`AppError::Blocked`], the same for either of them.
    pub fn check_blocks(&self, post: &Post) -> AppResult<()> {
        match self.counters.get(&post.room).and_then(|room| room.pair) {
            Some((a, b)) if self.blocks.contains(&(a, b)) || self.blocks.contains(&(b, a)) => Err(AppError::Blocked),
            _ => Ok(()),
        }
    }

    /// The message that a post answers.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for one of another room and one that does not exist alike; [`AppError::Gone`].
    pub fn reply_to(&self, post: &Post) -> AppResult<Option<ReplyTo>> {
        let Some(id) = post.reply_to else { return Ok(None) };
        match self.quoted.get(&id).filter(|quoted| quoted.room == post.room) {
            None => Err(AppError::Invalid("reply_to is no message of this room.".into())),
            Some(quoted) if quoted.gone => Err(AppError::Gone),
            Some(quoted) => Ok(Some(ReplyTo { id, seq: quoted.seq })),
        }
    }

    /// Gives a post its uploads, which are then nobody else's.
    ///
    /// # Errors
    /// [`AppError::BadUpload`], and then none was taken.
    pub fn take_uploads(&mut self, post: &Post) -> AppResult<Vec<Upload>> {
        let key = |id: &String| (post.author.id, id.clone());
        if !post.uploads.iter().all(|id| self.uploads.contains_key(&key(id))) {
            return Err(AppError::BadUpload);
        }
        Ok(post.uploads.iter().filter_map(|id| self.uploads.remove(&key(id))).collect())
    }

    /// The post's body with its mentions found.
    pub fn resolve(&self, post: &Post) -> Body {
        let mentionable = self.mentionable.get(&post.room);
        mentions::resolve(&post.body, &post.candidates, mentionable, self.writer(post).keeps_order())
    }
}

/// The blocks between the people of private chats.
fn blocks(conn: &mut AnyConnection, counters: &HashMap<RoomId, Counters>) -> AppResult<HashSet<(UserId, UserId)>> {
    let people = distinct(counters.values().filter_map(|room| room.pair).flat_map(|(a, b)| [a, b]));
    match people.is_empty() {
        true => Ok(HashSet::new()),
        false => Ok(contacts::blocks_among(conn, &people, &people)?),
    }
}

fn quoted(conn: &mut AnyConnection, posts: &[&Post]) -> AppResult<HashMap<MessageId, Quoted>> {
    let ids = distinct(posts.iter().filter_map(|post| post.reply_to));
    Ok(if ids.is_empty() { HashMap::new() } else { store::quoted(conn, &ids)? })
}

fn free(conn: &mut AnyConnection, posts: &[&Post]) -> AppResult<Free> {
    let wanted: Vec<(UserId, &str)> =
        posts.iter().flat_map(|post| post.uploads.iter().map(|key| (post.author.id, key.as_str()))).collect();
    Ok(if wanted.is_empty() { Free::new() } else { uploads::free(conn, &wanted)? })
}

fn distinct<T: std::hash::Hash + Eq + Clone>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    items.filter(|item| seen.insert(item.clone())).collect()
}
