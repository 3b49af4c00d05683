//! Messages as guests read them: what is said, and of who said it no more than a name and a picture.

use std::collections::HashSet;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    account::wire::{Card, SiteRole},
    db::{connection::AnyConnection, time},
    error::AppResult,
    id::{MessageId, RoomId, UserId},
    message::{
        MessageDesk,
        body::span::Span,
        history::{Changes, MessagePage, PageQuery, Since, Window, read_changes, read_page},
        store,
        wire::{MessageView, ReplyTo},
    },
    room::store as rooms,
    upload::wire::Upload,
};

/// Somebody, as guests see them.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = GuestUser)]
pub struct GuestCard {
    id: UserId,
    username: String,
    nickname: String,
    /// `bot`, of one; nobody else's is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<SiteRole>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<String>,
}

impl From<Card> for GuestCard {
    fn from(Card { id, username, nickname, role, avatar_url, away: _ }: Card) -> Self {
        Self { id, username, nickname, role: Some(role).filter(|role| *role == SiteRole::Bot), avatar_url }
    }
}

/// A kind of reactions; whose they are is not said.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct GuestReaction {
    emoji: String,
    count: i64,
    #[schema(value_type = Vec<UserId>)]
    users: [UserId; 0],
}

/// A message as guests read it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct GuestMessage {
    /// Its id.
    pub id: MessageId,
    room: RoomId,
    /// The room's number of it.
    pub seq: i64,
    rev: i64,
    kind: String,
    sender: GuestCard,
    text: String,
    #[schema(value_type = Vec<Span>)]
    spans: Box<RawValue>,
    uploads: Vec<Upload>,
    /// The message it answers.
    #[schema(required)]
    pub reply_to: Option<ReplyTo>,
    reactions: Vec<GuestReaction>,
    #[serde(serialize_with = "time::serialize")]
    created_at: chrono::NaiveDateTime,
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    edited_at: Option<chrono::NaiveDateTime>,
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    recalled_at: Option<chrono::NaiveDateTime>,
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    deleted_at: Option<chrono::NaiveDateTime>,
}

impl From<MessageView> for GuestMessage {
    fn from(message: MessageView) -> Self {
        let reactions = message.reactions.into_iter();
        Self {
            id: message.id,
            room: message.room,
            seq: message.seq,
            rev: message.rev,
            kind: message.kind,
            sender: message.sender.into(),
            text: message.text,
            spans: message.spans,
            uploads: message.uploads,
            reply_to: message.reply_to,
            reactions: reactions.map(|one| GuestReaction { emoji: one.emoji, count: one.count, users: [] }).collect(),
            created_at: message.created_at,
            edited_at: message.edited_at,
            recalled_at: message.recalled_at,
            deleted_at: message.deleted_at,
        }
    }
}

/// A page of messages, with those beyond it that they quote: guests cannot ask for single ones.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct GuestPage {
    /// Oldest first.
    pub messages: Vec<GuestMessage>,
    /// In any order.
    pub quotes: Vec<GuestMessage>,
    /// The room's head before the page was read.
    pub rev: i64,
    /// Are there older ones?
    pub more_before: bool,
    /// Are there newer ones?
    pub more_after: bool,
    /// The room shows no more than this window of it.
    pub windowed: bool,
}

/// A page as whoever asks sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum MessagesAnswer {
    /// For people.
    Person(MessagePage),
    /// For guests.
    Guest(GuestPage),
}

/// What changed as whoever asks sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum ChangesAnswer {
    /// For people.
    Person(Changes),
    /// For guests.
    Guest(GuestChanges),
}

/// What changed in a room, for guests.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum GuestChanges {
    /// As for everybody.
    Reset(Changes),
    /// Messages in their newest state, in the order of their changes.
    Page {
        /// At most as many as were asked for.
        messages: Vec<GuestMessage>,
        /// Messages beyond them that they quote.
        quotes: Vec<GuestMessage>,
        /// The cursor to use next.
        rev: i64,
        /// Are there more?
        more: bool,
        /// Messages up to this one are gone.
        floor_seq: i64,
    },
}

/// Reads a page of a room that guests may read.
///
/// # Errors
/// [`crate::error::AppError::Unauthenticated`] where they may not.
pub fn page(conn: &mut AnyConnection, room: RoomId, window: Window, query: &PageQuery) -> AppResult<GuestPage> {
    rooms::readable_by_guest(conn, room)?;
    let page = read_page(conn, room, window, query)?;
    let quotes = quotes(conn, room, &page.messages)?;
    let messages = page.messages.into_iter().map(GuestMessage::from).collect();
    let (rev, more_before, more_after, windowed) = (page.rev, page.more_before, page.more_after, page.windowed);
    Ok(GuestPage { messages, quotes, rev, more_before, more_after, windowed })
}

fn quotes(conn: &mut AnyConnection, room: RoomId, messages: &[MessageView]) -> AppResult<Vec<GuestMessage>> {
    let here: HashSet<MessageId> = messages.iter().map(|message| message.id).collect();
    let quoted: HashSet<MessageId> = messages.iter().filter_map(|message| Some(message.reply_to?.id)).collect();
    let elsewhere: Vec<MessageId> = quoted.difference(&here).copied().collect();
    Ok(store::of_room(conn, room, &elsewhere)?.into_iter().map(GuestMessage::from).collect())
}

/// `GET rooms/{id}/changes` for a guest, who asks again and again: what they have is told by a tag, and costs one row.
///
/// # Errors
/// As for [`page()`].
pub async fn changes(desk: &MessageDesk, req: &HttpRequest, room: RoomId, since: Since) -> AppResult<HttpResponse> {
    let known = req.headers().get(header::IF_NONE_MATCH).and_then(|tag| tag.to_str().ok()).map(ToOwned::to_owned);
    let work = move |conn: &mut AnyConnection| {
        rooms::readable_by_guest(conn, room)?;
        let head = store::head(conn, room)?;
        let Since { after, limit, ref epoch, .. } = since;
        let tag = format!("\"{epoch}-{}-{}-{after}-{limit}\"", head.rev, head.floor_seq);
        // What begins anew is told again and again: it is small.
        if !since.other_life && known.as_ref().is_some_and(|known| known.contains(&tag)) {
            return Ok((tag, None));
        }
        let body = match read_changes(conn, room, head, &since)? {
            Changes::Page { messages, rev, more, floor_seq } => {
                let quotes = quotes(conn, room, &messages)?;
                let messages = messages.into_iter().map(GuestMessage::from).collect();
                GuestChanges::Page { messages, quotes, rev, more, floor_seq }
            }
            reset @ Changes::Reset { .. } => GuestChanges::Reset(reset),
        };
        Ok((tag, Some(body)))
    };
    let (tag, body) = desk.db.read(work).await?;
    let mut response = match body {
        Some(body) => HttpResponse::Ok().json(body),
        None => HttpResponse::NotModified().finish(),
    };
    let tag = HeaderValue::from_str(&tag).map_err(crate::error::AppError::internal)?;
    response.headers_mut().insert(header::ETAG, tag);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}
