//! How long messages are kept. A room loses a prefix of its messages and nothing else: first its floor rises, and from then on nobody is
//! shown what lies beneath; then the rows, files and index entries beneath it are erased, a little at a time, in the lane that no send
//! waits for.

pub mod store;

use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};

use crate::{
    db::{connection::AnyConnection, lane::Stored, time::now},
    error::{AppError, AppResult},
    event::Event,
    id::RoomId,
    message::{MessageDesk, store as messages},
    room::{RoomDesk, eraser::Forget, store as rooms, wire::shared_room_frame},
    setting::values::{Retention, Values},
};

/// How often floors are looked after.
const TICK: Duration = Duration::from_secs(60);

/// Messages erased in one transaction; as many as the eraser of rooms takes.
const STEP: i64 = 50;

/// Names of pruned sends are kept so long: clients give a send up after 30 days.
const KEYS_DAYS: i64 = 90;

/// What a room keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// What was sent since.
    Since(NaiveDateTime),
    /// So many of the newest.
    Newest(i64),
}

/// What a room keeps by its own rule (`default`, `forever`, `days` or `count`) or the site's; `None` for all of it.
pub fn keep(rule: &str, value: i64, values: &Values, now: NaiveDateTime) -> Option<Keep> {
    let of = |retention, value| match retention {
        Retention::Forever => None,
        Retention::Days => Some(Keep::Since(now - TimeDelta::try_days(value)?)),
        Retention::Count => Some(Keep::Newest(value)),
    };
    match rule {
        "forever" => None,
        "days" => of(Retention::Days, value),
        "count" => of(Retention::Count, value),
        _ => of(values.retention, values.retention_value),
    }
}

/// Runs for as long as the process: every minute, and whenever it is woken because a rule changed.
pub async fn run(rooms: RoomDesk, messages: MessageDesk, forget: Forget) {
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = rooms.pruner.notified() => {}
        }
        prune(&messages, forget).await.unwrap_or_else(|error| error.log());
    }
}

async fn prune(desk: &MessageDesk, forget: Forget) -> AppResult<()> {
    let values = desk.live.get();
    let by_default = values.retention != Retention::Forever;
    let ruled = desk.db.read(move |conn| Ok(store::ruled(conn, by_default)?)).await?;
    for room in ruled {
        let values = values.clone();
        let floor = desk.db.read(move |conn| floor(conn, room, &values)).await?;
        if let Some(floor) = floor {
            desk.db.ordered(move |conn| raise(conn, room, floor)).await?;
        }
    }
    let mut erased = false;
    while let Some(room) = desk.db.read(|conn| Ok(store::beneath(conn)?)).await? {
        desk.db.write(move |conn| Ok(Stored::quiet(store::erase_some(conn, room, STEP, forget)?))).await?;
        erased = true;
    }
    if erased {
        desk.sweeper.notify_one();
    }
    let oldest = now() - TimeDelta::days(KEYS_DAYS);
    if desk.db.read(move |conn| Ok(store::has_old_keys(conn, oldest)?)).await? {
        desk.db.write(move |conn| Ok(Stored::quiet(store::delete_old_keys(conn, oldest)?))).await?;
    }
    Ok(())
}

/// Where the floor of a room should be, if that is higher than it is.
fn floor(conn: &mut AnyConnection, room: RoomId, values: &Values) -> AppResult<Option<i64>> {
    let (rule, value) = store::rule(conn, room)?;
    let head = messages::head(conn, room)?;
    let floor = match keep(&rule, value, values, now()) {
        None => return Ok(None),
        Some(Keep::Newest(count)) => head.last_seq - count,
        // Most rooms have nothing to lose, which their oldest message says.
        Some(Keep::Since(time)) if store::oldest(conn, room, head.floor_seq)?.is_none_or(|at| at >= time) => {
            return Ok(None);
        }
        Some(Keep::Since(time)) => messages::first_since(conn, room, time, head.last_seq)? - 1,
    };
    Ok((floor > head.floor_seq).then_some(floor))
}

fn raise(conn: &mut AnyConnection, room: RoomId, floor: i64) -> AppResult<Stored<()>> {
    store::set_floor(conn, room, floor)?;
    let info = rooms::find(conn, room)?.ok_or(AppError::NotFound)?;
    Ok(Stored::telling((), vec![Event::RoomChanged { room, frame: shared_room_frame(&info) }]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rooms_own_rule_stands_above_the_sites() {
        let now = now();
        let site = Values { retention: Retention::Count, retention_value: 10, ..Values::default() };
        assert_eq!(keep("default", 0, &site, now), Some(Keep::Newest(10)));
        assert_eq!(keep("default", 0, &Values::default(), now), None);
        assert_eq!(keep("forever", 7, &site, now), None);
        assert_eq!(keep("count", 3, &site, now), Some(Keep::Newest(3)));
        assert_eq!(keep("days", 2, &site, now), Some(Keep::Since(now - TimeDelta::days(2))));
        assert_eq!(keep("days", i64::MAX, &site, now), None, "longer than time is for ever");
    }
}
