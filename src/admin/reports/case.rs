//! A reported message as admins see it, with its reports, its surroundings and its author; see `docs/protocol.md`.
//!
//! The message itself is shown wherever it is: that is what a report is for. What stands before it is shown only in rooms that the admin
//! may read, and noted where they may only because of the setting.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDateTime;
use serde::Serialize;
use serde_json::json;

use crate::{
    account::{
        current_user::Admin,
        store::{self as people, Facts},
        wire::{Card, Status},
    },
    admin::messages::store as chats,
    audit::{self, Act, Entry, Target},
    db::{connection::AnyConnection, lane::Stored, page, pool::Db, time},
    error::AppResult,
    id::{MessageId, ReportId, RoomId, UserId},
    message::{store as messages, wire::MessageView},
    report::{
        queue::{
            Tab,
            store::{self, Filed, Place, Record},
        },
        wire::Reason,
    },
    room::{oversight::Oversight, store as rooms, wire::RoomKind},
};

/// Where a reported message is.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = CasePlace)]
pub struct Where {
    /// The room.
    pub id: RoomId,
    /// Who may enter it.
    pub kind: RoomKind,
    /// Empty for a private chat.
    pub name: String,
    /// The two of a private chat.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Card>,
    /// May the admin read it?
    pub seen: bool,
}

/// Who wrote it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = CaseAuthor)]
pub struct Author {
    /// Who.
    pub user: Card,
    /// Since when they have an account.
    #[serde(serialize_with = "time::serialize")]
    pub created_at: NaiveDateTime,
    /// `active`, `banned` or `deactivated`.
    pub status: Status,
    /// Until then they write nowhere.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub silenced_until: Option<NaiveDateTime>,
    /// How many of their messages were reported.
    pub reported: i64,
    /// For how many something was done.
    pub upheld: i64,
}

/// One report.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = CaseReport)]
pub struct Complaint {
    /// Its id.
    pub id: ReportId,
    /// Who reports.
    pub reporter: Card,
    /// Why.
    pub reason: Reason,
    /// In their own words; may be empty.
    pub note: String,
    /// When.
    #[serde(serialize_with = "time::serialize")]
    pub created_at: NaiveDateTime,
    /// When it was settled.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub settled_at: Option<NaiveDateTime>,
    /// By whom.
    #[schema(required)]
    pub settled_by: Option<Card>,
    /// How: `dismissed`, `deleted`, `silenced` or `banned`.
    #[schema(required)]
    pub outcome: Option<String>,
}

/// A reported message.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Case {
    /// Its id.
    pub id: MessageId,
    /// The message; null where it is there no more at all.
    #[schema(required)]
    pub message: Option<MessageView>,
    /// The one before it.
    #[schema(required)]
    pub before: Option<MessageView>,
    /// Where; null for a room that was deleted.
    #[schema(required)]
    pub room: Option<Where>,
    /// Who wrote it.
    #[schema(required)]
    pub author: Option<Author>,
    /// Its reports, the oldest first.
    pub reports: Vec<Complaint>,
    /// The reason that most of them give.
    pub reason: Reason,
}

/// A page of the queue.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Cases {
    /// The newest first.
    pub cases: Vec<Case>,
    /// Where to go on; null at the end.
    #[schema(required)]
    pub before: Option<i64>,
    /// How many messages wait.
    pub open: i64,
    /// How many were settled.
    pub settled: i64,
}

/// A page of a tab.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    db: &Db,
    admin: &Admin,
    oversight: Oversight,
    tab: Tab,
    before: Option<i64>,
    limit: i64,
) -> AppResult<Cases> {
    let (places, filed, rooms) = db.read(move |conn| queued(conn, oversight, tab, before, limit + 1)).await?;
    let looked: Vec<RoomId> = rooms.values().filter(|room| room.intrudes).map(|room| room.place.id).collect();
    if !looked.is_empty() {
        let actor = admin.actor();
        let entry = Entry::new(Act::PrivateRead, Target::site()).with(json!({ "reports": true, "rooms": looked }));
        db.write(move |conn| Ok(Stored::quiet(audit::note(conn, &actor, &entry)?))).await?;
    }
    db.read(move |conn| told(conn, places, filed, rooms, limit)).await
}

/// A room, and whether it is seen only because of the setting.
struct Known {
    place: Where,
    intrudes: bool,
}

type Queued = (Vec<Place>, Vec<Filed>, BTreeMap<RoomId, Known>);

fn queued(
    conn: &mut AnyConnection,
    oversight: Oversight,
    tab: Tab,
    before: Option<i64>,
    limit: i64,
) -> AppResult<Queued> {
    let places = store::places(conn, tab, before, limit)?;
    let ids: Vec<MessageId> = places.iter().map(|place| place.message).collect();
    let filed = store::filed(conn, tab, &ids)?;
    let mut known = BTreeMap::new();
    for room in filed.iter().map(|report| report.room).collect::<BTreeSet<_>>() {
        let Some(info) = rooms::find(conn, room)? else { continue };
        let seen = oversight.sees(conn, room)?;
        let people = match info.kind {
            RoomKind::Direct => chats::pairs(conn, &[room])?.remove(&room).unwrap_or_default(),
            _ => Vec::new(),
        };
        let place = Where { id: room, kind: info.kind, name: info.name, people, seen: seen.is_some() };
        known.insert(room, Known { place, intrudes: seen.is_some_and(|seen| seen.intrudes) });
    }
    Ok((places, filed, known))
}

fn told(
    conn: &mut AnyConnection,
    mut places: Vec<Place>,
    filed: Vec<Filed>,
    rooms: BTreeMap<RoomId, Known>,
    limit: i64,
) -> AppResult<Cases> {
    let more = page::cut(&mut places, limit);
    let ids: Vec<MessageId> = places.iter().map(|place| place.message).collect();
    let mut found: HashMap<MessageId, MessageView> =
        messages::among(conn, &ids)?.into_iter().map(|message| (message.id, message)).collect();
    let authors = authors(conn, found.values().map(|message| &message.sender))?;
    let judges = judges(conn, &filed)?;
    let mut by_message: HashMap<MessageId, Vec<Filed>> = HashMap::new();
    for report in filed {
        by_message.entry(report.message).or_default().push(report);
    }
    let mut cases = Vec::with_capacity(places.len());
    for id in ids {
        let reports = by_message.remove(&id).unwrap_or_default();
        let message = found.remove(&id);
        let room = reports.first().and_then(|report| rooms.get(&report.room)).map(|room| room.place.clone());
        let before = match (&message, &room) {
            (Some(message), Some(room)) if room.seen => preceding(conn, message)?,
            _ => None,
        };
        let author = message.as_ref().and_then(|message| authors.get(&message.sender.id).cloned());
        let reason = commonest(&reports);
        let reports = reports.into_iter().map(|report| complaint(report, &judges)).collect();
        cases.push(Case { id, message, before, room, author, reports, reason });
    }
    let before = places.last().filter(|_| more).map(|place| place.newest);
    let (open, settled) = (crate::report::store::count_open(conn)?, store::count_settled(conn)?);
    Ok(Cases { cases, before, open, settled })
}

fn preceding(conn: &mut AnyConnection, message: &MessageView) -> AppResult<Option<MessageView>> {
    let floor = messages::head(conn, message.room)?.floor_seq;
    Ok(messages::page_before(conn, message.room, floor, message.seq, 1)?.pop())
}

fn authors<'a>(conn: &mut AnyConnection, cards: impl Iterator<Item = &'a Card>) -> AppResult<HashMap<UserId, Author>> {
    let cards: BTreeMap<UserId, Card> = cards.map(|card| (card.id, card.clone())).collect();
    let ids: Vec<UserId> = cards.keys().copied().collect();
    let mut records = store::records(conn, &ids)?;
    let facts = people::facts(conn, &ids)?;
    let author = |(id, Facts { created_at, status, silenced_until }): (UserId, Facts)| {
        let Record { reported, upheld } = records.remove(&id).unwrap_or_default();
        let user = cards.get(&id)?.clone();
        Some((id, Author { user, created_at, status, silenced_until, reported, upheld }))
    };
    Ok(facts.into_iter().filter_map(author).collect())
}

fn judges(conn: &mut AnyConnection, filed: &[Filed]) -> AppResult<HashMap<UserId, Card>> {
    let ids: BTreeSet<UserId> = filed.iter().filter_map(|report| report.settled_by).collect();
    let cards = people::find_all(conn, &ids.into_iter().collect::<Vec<_>>())?;
    Ok(cards.into_iter().map(|card| (card.id, card)).collect())
}

fn complaint(report: Filed, judges: &HashMap<UserId, Card>) -> Complaint {
    let Filed { id, reporter, reason, note, created_at, settled_at, settled_by, outcome, .. } = report;
    let settled_by = settled_by.and_then(|id| judges.get(&id).cloned());
    Complaint { id, reporter, reason, note, created_at, settled_at, settled_by, outcome }
}

/// The reason that most give, the first of two that as many do.
fn commonest(reports: &[Filed]) -> Reason {
    let count = |reason: Reason| reports.iter().filter(|report| report.reason == reason).count();
    let reasons = reports.iter().rev().map(|report| report.reason);
    reasons.max_by_key(|reason| count(*reason)).unwrap_or(Reason::Other)
}
