//! Judging each send of a batch, and numbering those that stand.

use std::collections::HashMap;

use chrono::NaiveDateTime;

use crate::{
    account::wire::Card,
    error::{AppError, AppResult},
    id::{MessageId, UserId},
    message::{
        batch::{known::Known, slow::LastSends, spans_json},
        body::Body,
        mentions::Calling,
        post::{Origin, Post, Posted},
        search,
        store::Before,
        wire::ReplyTo,
    },
    upload::wire::Upload,
};

/// A post that will be stored.
pub struct Entry<'a> {
    pub post: &'a Post,
    pub sender: Card,
    pub body: Body,
    pub spans: String,
    pub uploads: Vec<Upload>,
    pub reply_to: Option<ReplyTo>,
    pub seq: i64,
    pub rev: i64,
    pub created_at: NaiveDateTime,
}

impl Entry<'_> {
    /// As stored.
    pub fn kind(&self) -> &'static str {
        match (self.post.origin, self.uploads.is_empty()) {
            (Origin::Preset, _) => "preset",
            (Origin::Written, true) => "text",
            (Origin::Written, false) => "image",
        }
    }

    /// What it is found by.
    pub fn to_index(&self, id: MessageId) -> search::store::Entry {
        let (image, tokens) = (!self.uploads.is_empty(), self.post.tokens.clone());
        search::store::Entry { id, room: self.post.room, sender: self.sender.id, image, tokens }
    }

    /// Whom it mentions.
    pub fn calling(&self) -> Calling<'_> {
        Calling { author: self.sender.id, room: self.post.room, seq: self.seq, body: &self.body }
    }
}

/// What will become of a post.
pub enum Fate<'a> {
    Decided(Box<AppResult<Posted>>),
    Fresh(Box<Entry<'a>>),
    /// The same send as an earlier one of this batch, which was fresh.
    Repeats(usize),
}

impl<'a> Fate<'a> {
    /// What is to be stored, if anything.
    pub fn entry(&self) -> Option<&Entry<'a>> {
        match self {
            Self::Fresh(entry) => Some(entry),
            _ => None,
        }
    }
}

/// Judges the posts in their order.
pub fn plan<'a>(posts: &[&'a Post], known: &mut Known, slow: &LastSends, created_at: NaiveDateTime) -> Vec<Fate<'a>> {
    let mut first: HashMap<(UserId, &str), usize> = HashMap::new();
    let mut plan = Vec::with_capacity(posts.len());
    for (index, post) in posts.iter().enumerate() {
        let name = (post.author.id, post.client_id.as_str());
        let fate = match first.get(&name) {
            Some(earlier) if posts[*earlier].body_hash == post.body_hash => Ok(Fate::Repeats(*earlier)),
            Some(_) => Err(AppError::ClientIdReused),
            None => judge(post, known, slow, created_at),
        };
        if matches!(fate, Ok(Fate::Fresh(_))) {
            known.just.insert((post.room, post.author.id));
            first.insert(name, index);
        }
        plan.push(fate.unwrap_or_else(|refusal| Fate::Decided(Box::new(Err(refusal)))));
    }
    plan
}

fn judge<'a>(post: &'a Post, known: &mut Known, slow: &LastSends, created_at: NaiveDateTime) -> AppResult<Fate<'a>> {
    known.check_active(post)?;
    known.check_member(post)?;
    if let Some(before) = known.before.get(&(post.author.id, post.client_id.as_str().to_owned())) {
        return Ok(Fate::Decided(Box::new(repeated(post, before))));
    }
    if let Some(hash) = known.pruned.get(&(post.author.id, post.client_id.as_str().to_owned())) {
        return Err(if *hash == post.body_hash { AppError::Gone } else { AppError::ClientIdReused });
    }
    known.check_blocks(post)?;
    if post.origin == Origin::Written {
        known.check_rules(post, slow, created_at)?;
    }
    if post.unwanted {
        return Err(AppError::Words);
    }
    let reply_to = known.reply_to(post)?;
    let uploads = known.take_uploads(post)?;
    let sender = known.sender(post);
    let body = known.resolve(post);
    let spans = spans_json(&body);
    let room = known.counters.get_mut(&post.room).ok_or(AppError::NotFound)?;
    room.last_seq += 1;
    room.rev += 1;
    let (seq, rev) = (room.last_seq, room.rev);
    Ok(Fate::Fresh(Box::new(Entry { post, sender, body, spans, uploads, reply_to, seq, rev, created_at })))
}

/// A send whose `client_id` is stored already: the same content gets the same message, other content a refusal.
fn repeated(post: &Post, before: &Before) -> AppResult<Posted> {
    match before.hash == post.body_hash {
        true if before.pruned => Err(AppError::Gone),
        true => Ok(Posted { message: before.message.clone(), fresh: false }),
        false => Err(AppError::ClientIdReused),
    }
}
