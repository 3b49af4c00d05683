//! Everything the overview says, gathered for the page and the API alike; see `docs/protocol.md`.

use std::collections::HashMap;

use actix_web::web::Data;
use chrono::{Days, NaiveDate, NaiveDateTime};
use serde::Serialize;

use crate::{
    account::presence::Presence,
    admin::overview::{
        store,
        tally::{self, Gauges},
    },
    chat::{Chat, server::LivePasses},
    db::{
        connection::{AnyConnection, at_one_moment},
        lane::Depth,
        time::{self, now},
    },
    error::{AppError, AppResult},
    id::RoomId,
    report,
};

/// Days shown.
pub const DAYS: u64 = 30;

/// Rooms named among the busiest.
const BUSIEST: usize = 6;

/// A day, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = OverviewDay)]
pub struct Day {
    /// Which.
    pub day: NaiveDate,
    /// Messages sent.
    pub messages: i64,
    /// Most people online at once.
    pub peak_online: i64,
}

/// Bytes and where they are.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = OverviewStorage)]
pub struct Storage {
    /// Pictures of messages.
    pub pictures: u64,
    /// The database.
    pub database: u64,
    /// The disk, where the system tells.
    #[schema(required)]
    pub disk: Option<Disk>,
}

/// The disk below the data folder, in bytes.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[schema(as = OverviewDisk)]
pub struct Disk {
    /// All of it.
    pub total: u64,
    /// What may still be written.
    pub free: u64,
}

/// A queue of the server.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[schema(as = OverviewQueue)]
pub struct Queue {
    /// One of a closed list, such as `sends`.
    pub name: &'static str,
    /// How many wait.
    pub waiting: usize,
    /// How many may.
    pub limit: usize,
}

/// A room and what was said in it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = OverviewRoom)]
pub struct Busy {
    /// Its id.
    pub id: RoomId,
    /// Its name.
    pub name: String,
    /// Messages of today.
    pub messages: i64,
}

/// Reported messages that wait.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = OverviewReports)]
pub struct Open {
    /// How many.
    pub open: i64,
    /// Since when the oldest does.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub oldest: Option<NaiveDateTime>,
}

/// The overview.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Overview)]
pub struct Facts {
    /// As of.
    #[serde(serialize_with = "time::serialize")]
    pub at: NaiveDateTime,
    /// People connected.
    pub online: i64,
    /// Their sockets.
    pub sockets: usize,
    /// Accounts.
    pub people: i64,
    /// The last 30 days, today last, none left out.
    pub days: Vec<Day>,
    /// The rooms with the most messages of today.
    pub busiest: Vec<Busy>,
    /// Where bytes are.
    pub storage: Storage,
    /// Queues of the server.
    pub queues: Vec<Queue>,
    /// Pictures that come in now.
    pub uploads: u32,
    /// Reported messages.
    pub reports: Open,
    /// Seconds since the start.
    pub uptime: u64,
    /// Of Parlor.
    pub version: &'static str,
    /// `sqlite` or `postgres`.
    pub database: &'static str,
}

/// Gathers everything.
///
/// # Errors
/// When the database or the chat does not answer.
pub async fn gather(chat: &Data<Chat>, gauges: &Data<Gauges>) -> AppResult<Facts> {
    let sockets = chat.server.send(LivePasses).await.map_err(AppError::internal)?.len();
    let (queues, uploads) = (queues(chat), chat.uploads.turnstile.inside());
    let (gauges, online) = (Gauges::clone(gauges), online(&chat.presence));
    // Messages move from what is counted here to what is counted already, and out of the rooms that are erased.
    let read = move |conn: &mut AnyConnection| read(conn, &gauges, online, sockets, queues, uploads);
    chat.rooms.db.read(move |conn| at_one_moment(conn, read)).await
}

fn online(presence: &Presence) -> i64 {
    i64::try_from(presence.count()).unwrap_or(i64::MAX)
}

/// The queues of the server and how full they are.
pub fn queues(chat: &Chat) -> Vec<Queue> {
    let queue = |name, Depth { waiting, limit }| Queue { name, waiting, limit };
    let (ordered, second) = chat.rooms.db.depths();
    let known = [
        Some(queue("sends", chat.messages.inbox.depth())),
        Some(queue("changes", ordered)),
        second.map(|depth| queue("writes", depth)),
        Some(queue("pictures", chat.uploads.pool.depth())),
    ];
    known.into_iter().flatten().collect()
}

fn read(
    conn: &mut AnyConnection,
    gauges: &Gauges,
    online: i64,
    sockets: usize,
    queues: Vec<Queue>,
    uploads: u32,
) -> AppResult<Facts> {
    let busiest = gauges.busiest(conn)?;
    let disk = gauges.disk().map(|(total, free)| Disk { total, free });
    Ok(Facts {
        at: now(),
        online,
        sockets,
        people: store::people(conn)?,
        days: days(conn, now().date(), online)?,
        busiest: named(conn, busiest)?,
        storage: Storage { pictures: store::picture_bytes(conn)?, database: store::database_bytes(conn)?, disk },
        queues,
        uploads,
        reports: Open { open: report::store::count_open(conn)?, oldest: report::queue::store::oldest_open(conn)? },
        uptime: gauges.uptime().as_secs(),
        version: env!("CARGO_PKG_VERSION"),
        database: store::kind(conn),
    })
}

/// The days up to today: what is stored, and what the next minute will store.
fn days(conn: &mut AnyConnection, today: NaiveDate, online: i64) -> AppResult<Vec<Day>> {
    let first = today.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(today);
    let uncounted = tally::uncounted(conn)?;
    let stored: HashMap<String, (i64, i64)> = store::days(conn, &first.to_string())?
        .into_iter()
        .map(|(day, messages, peak)| (day, (messages, peak)))
        .collect();
    let day = |day: NaiveDate| {
        let name = day.to_string();
        let (messages, peak) = stored.get(&name).copied().unwrap_or_default();
        let more = uncounted.iter().find(|count| count.day == name).map_or(0, |count| count.messages);
        let now = if day == today { online } else { 0 };
        Day { day, messages: messages + more, peak_online: peak.max(now) }
    };
    Ok(first.iter_days().take_while(|other| *other <= today).map(day).collect())
}

/// The first of these rooms that are listed.
fn named(conn: &mut AnyConnection, rooms: Vec<(RoomId, i64)>) -> AppResult<Vec<Busy>> {
    let mut busiest = Vec::new();
    // Private chats stand among them and are left out, so a few more are looked at than shown.
    for some in rooms.chunks(100) {
        let ids: Vec<RoomId> = some.iter().map(|(id, _)| *id).collect();
        let names: HashMap<RoomId, String> = store::listed(conn, &ids)?.into_iter().collect();
        let busy = |(id, messages): &(RoomId, i64)| {
            let name = names.get(id)?.clone();
            Some(Busy { id: *id, name, messages: *messages })
        };
        busiest.extend(some.iter().filter_map(busy));
        if busiest.len() >= BUSIEST {
            break;
        }
    }
    busiest.truncate(BUSIEST);
    Ok(busiest)
}
