//! `GET sync`: how my rooms stand, for those who ask again and again. Where nothing changed the answer is a 304 out of memory.

use std::{
    fmt::Write as _,
    net::IpAddr,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Query},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    coarse::Seen,
    cursor::Cursor,
    events::room_of_guest,
    places::Place,
    watch::{Answer, Counts, Watch},
    watches::Asker,
};
use crate::{
    account::reader::Reader,
    chat::{Chat, hub::Hub, rooms::Head, server::Heads},
    error::{AppError, AppResult},
    id::{RoomId, UserId},
    room::store as rooms,
    web::{client::Client, tcp::Handle},
};

/// Longest wait, in seconds: proxies give up after 30 or 60.
const LONGEST: u64 = 30;

/// Who waits is looked after this often: have they gone, has presence changed?
const GLANCE: Duration = Duration::from_secs(2);

/// Query of `GET sync`.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SyncQuery {
    /// Which room, for guests.
    room: Option<RoomId>,
    /// Seconds to wait for something new.
    wait: Option<u64>,
    /// Who is online, too?
    presence: Option<u8>,
    /// The word for everything else, too?
    state: Option<u8>,
}

/// A short name for a content.
pub fn tag_of(content: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(content)[..9])
}

/// `GET sync`
#[utoipa::path(
    get, path = "/api/v1/sync", tag = "socket",
    summary = "How my rooms stand",
    description = "For those who ask again and again; the answer has an `ETag`. With `presence` and `state` it has the fields \
        `online`, `online_count` and `state`, too.",
    params(SyncQuery),
    responses(
        (status = 200, body = Body),
        (status = 304, description = "Nothing changed since the one in `If-None-Match`."),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`busy`"),
    ),
    security((), ("session" = []), ("token" = ["read"])),
)]
pub async fn sync(
    req: HttpRequest,
    reader: Reader,
    chat: Data<Chat>,
    hub: Data<Rc<Hub>>,
    query: Query<SyncQuery>,
) -> AppResult<HttpResponse> {
    let asker = match reader {
        Reader::Person(user) => Asker::Member(user),
        Reader::Guest => Asker::Guest(room_of_guest(query.room)?),
    };
    let known = req.headers().get(header::IF_NONE_MATCH).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    let until = Instant::now() + Duration::from_secs(query.wait.unwrap_or_default().min(LONGEST));
    let question = Question { req: &req, chat: &chat, query: &query, asker: &asker, known, until };
    loop {
        let watch = chat.doors.watches.of(&chat, &hub, &asker).await?;
        // A watch that ended because nobody had asked for a while: there is another one in a moment.
        if let Some(answer) = question.ask(&watch).await? {
            return Ok(answer);
        }
    }
}

/// One question, and how long it may wait for its answer.
struct Question<'a> {
    req: &'a HttpRequest,
    chat: &'a Chat,
    query: &'a SyncQuery,
    asker: &'a Asker,
    known: &'a str,
    until: Instant,
}

/// A place among those who wait.
enum Waiting {
    Member { _place: Place<UserId> },
    Guest { _place: Place<IpAddr> },
}

impl Question<'_> {
    /// The answer; `None` where the watch went to sleep before there was one.
    async fn ask(&self, watch: &Arc<Watch>) -> AppResult<Option<HttpResponse>> {
        let _asking = watch.ask();
        let connection = Handle::of(self.req);
        let mut place = None;
        loop {
            let news = watch.news();
            tokio::pin!(news);
            news.as_mut().enable();
            if watch.is_asleep() {
                return Ok(None);
            }
            watch.check()?;
            self.still_welcome()?;
            let answer = match watch.answer() {
                Some(answer) => answer,
                None => match self.make(watch).await? {
                    Some(answer) => answer,
                    // Closed while it was asked: the next look says why.
                    None => continue,
                },
            };
            let presence = self.presence().await?;
            let tag = self.tag(watch, &answer, presence.as_deref());
            let is_new = !self.known.contains(&tag);
            let left = self.until.saturating_duration_since(Instant::now());
            if is_new || left.is_zero() || connection.as_ref().is_some_and(Handle::is_gone) {
                return Ok(Some(self.respond(watch, &answer, presence.as_deref(), tag, is_new)));
            }
            if place.is_none() {
                place = Some(self.place()?);
            }
            let _ = tokio::time::timeout(left.min(GLANCE), news).await;
        }
    }

    /// The site may have shut guests out while one waited.
    fn still_welcome(&self) -> AppResult<()> {
        match self.asker {
            Asker::Guest(_) if !self.chat.messages.live.get().guests => Err(AppError::Unauthenticated),
            _ => Ok(()),
        }
    }

    fn place(&self) -> AppResult<Waiting> {
        let doors = &self.chat.doors;
        Ok(match self.asker {
            Asker::Member(user) => Waiting::Member { _place: doors.waits.take(user.id())? },
            Asker::Guest(_) => Waiting::Guest { _place: doors.guests.take(Client::of(self.req).network())? },
        })
    }

    async fn presence(&self) -> AppResult<Option<Arc<Seen>>> {
        match (self.query.presence, self.asker) {
            (Some(1..), Asker::Member(_)) => self.chat.doors.coarse.look(self.chat).await.map(Some),
            _ => Ok(None),
        }
    }

    fn state(&self, watch: &Watch) -> Option<u64> {
        matches!((self.query.state, self.asker), (Some(1..), Asker::Member(_))).then(|| watch.state())
    }

    /// The validators of all that was asked for, one behind the other.
    fn tag(&self, watch: &Watch, answer: &Answer, presence: Option<&Seen>) -> String {
        let mut tag = format!("\"{}", answer.tag);
        // Writing to a string cannot fail.
        let _ = self.state(watch).map(|state| write!(tag, ".{state:x}"));
        let _ = presence.map(|seen| write!(tag, ".{}", seen.tag));
        tag.push('"');
        tag
    }

    fn respond(
        &self,
        watch: &Watch,
        answer: &Answer,
        presence: Option<&Seen>,
        tag: String,
        is_new: bool,
    ) -> HttpResponse {
        let mut response = if is_new { HttpResponse::Ok() } else { HttpResponse::NotModified() };
        response.insert_header((header::ETAG, tag)).insert_header((header::CACHE_CONTROL, "private, no-cache"));
        if !is_new {
            return response.finish();
        }
        let mut body = format!("{{{}", answer.fields);
        let _ = self.state(watch).map(|state| write!(body, ",\"state\":\"{state:x}\""));
        let _ = presence.map(|seen| write!(body, ",{}", seen.fields));
        body.push('}');
        response.content_type("application/json").body(body)
    }

    /// Makes the answer, once for all who ask at the same time.
    async fn make(&self, watch: &Watch) -> AppResult<Option<Arc<Answer>>> {
        let mut counts = watch.counts.lock().await;
        if let Some(answer) = watch.answer() {
            return Ok(Some(answer));
        }
        let version = watch.version();
        let stale = watch.staleness();
        let heads = self.chat.server.send(Heads(watch.key)).await.map_err(AppError::internal)?;
        let Some(heads) = heads else {
            watch.check()?;
            return Ok(None);
        };
        if let Some(user) = watch.user.filter(|_| counts.of != stale) {
            let marks = heads.iter().map(|head| (head.room, head.read_seq)).collect();
            let fresh = self.chat.rooms.db.read(move |conn| Ok(rooms::heads(conn, user, &marks)?)).await?;
            *counts = Counts { of: stale, rooms: fresh.into_iter().map(super::watches::count).collect() };
        }
        let views: Vec<HeadView> = heads
            .iter()
            .map(|head| match watch.user {
                Some(_) => HeadView::of_member(head, counts.rooms.get(&head.room).copied().unwrap_or_default()),
                None => HeadView::of_guest(head),
            })
            .collect();
        let revs = heads.iter().map(|head| (head.room, head.rev)).collect();
        let body = Body {
            epoch: &self.chat.epoch.0,
            cursor: Cursor::encode(&self.chat.epoch.0, &revs),
            unread: views.iter().filter_map(|view| view.unread).reduce(|a, b| a + b),
            mentions: views.iter().filter_map(|view| view.mentions).reduce(|a, b| a + b),
            rooms: views,
        };
        let json = serde_json::to_string(&body).map_err(AppError::internal)?;
        let fields = json.get(1..json.len() - 1).unwrap_or_default().to_owned();
        Ok(Some(watch.keep(version, tag_of(&fields), fields)))
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Sync)]
struct Body<'a> {
    epoch: &'a str,
    cursor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mentions: Option<i64>,
    rooms: Vec<HeadView>,
}

/// How a room stands; a guest has read nothing.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RoomHead)]
struct HeadView {
    id: RoomId,
    seq: i64,
    rev: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_seq: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mentions: Option<i64>,
}

impl HeadView {
    fn of_guest(head: &Head) -> Self {
        Self { id: head.room, seq: head.last_seq, rev: head.rev, read_seq: None, unread: None, mentions: None }
    }

    fn of_member(head: &Head, count: super::watch::Count) -> Self {
        // What is gone is not unread.
        let read_seq = head.read_seq.max(count.floor_seq);
        let unread = (head.last_seq - read_seq).max(0);
        let mentions = count.mentions.min(unread);
        Self { read_seq: Some(read_seq), unread: Some(unread), mentions: Some(mentions), ..Self::of_guest(head) }
    }
}
