//! Looking into rooms: what an admin sees, and the note of it where they see what is private.

use serde_json::{Map, Value, json};

use crate::{
    account::current_user::Admin,
    audit::{self, Act, Actor, Entry, Target},
    db::{lane::Stored, time},
    error::{AppError, AppResult},
    id::MessageId,
    message::{
        MessageDesk, purge,
        search::{oversee, oversee::Looking, wire::SearchPage},
    },
    room::oversight::Oversight,
    setting::Live,
};

/// How far this admin sees now.
pub fn oversight(admin: &Admin, live: &Live) -> Oversight {
    Oversight { admin: admin.id(), private: live.get().admins_read_private }
}

/// A page of what is found.
///
/// # Errors
/// Too many searches, a room that is not seen.
pub async fn page(
    desk: &MessageDesk,
    admin: &Admin,
    oversight: Oversight,
    looking: Looking,
    limit: usize,
) -> AppResult<SearchPage> {
    note(desk, admin, oversight, &looking).await?;
    desk.db.read(move |conn| oversee::find(conn, oversight, &looking, limit)).await
}

/// All that is found, as far as it can be deleted at once.
///
/// # Errors
/// As for [`page`].
pub async fn all(
    desk: &MessageDesk,
    admin: &Admin,
    oversight: Oversight,
    looking: Looking,
) -> AppResult<Vec<MessageId>> {
    note(desk, admin, oversight, &looking).await?;
    desk.db.read(move |conn| oversee::ids(conn, oversight, &looking, purge::MOST)).await
}

/// Writes into the log, before anything is shown, that somebody looks where they may only because of the setting.
async fn note(desk: &MessageDesk, admin: &Admin, oversight: Oversight, looking: &Looking) -> AppResult<()> {
    if looking.query.is_some() {
        desk.searches.check(&admin.id())?;
    }
    if !oversight.private {
        return Ok(());
    }
    let room = looking.filter.room;
    let intrudes = match room {
        Some(room) => {
            let seen = desk.db.read(move |conn| oversight.sees(conn, room)).await?;
            seen.ok_or(AppError::NotFound)?.intrudes
        }
        None => true,
    };
    if intrudes {
        let (actor, entry): (Actor, Entry) = (admin.actor(), entry(looking));
        desk.db.write(move |conn| Ok(Stored::quiet(audit::note(conn, &actor, &entry)?))).await?;
    }
    Ok(())
}

/// By what was looked for; never the words, which may be those that were written.
fn entry(looking: &Looking) -> Entry {
    let filter = &looking.filter;
    let mut detail = Map::new();
    let given = [
        ("words", looking.query.is_some().then_some(json!(true))),
        ("room", filter.room.map(|room| json!(room))),
        ("from", filter.from.map(|user| json!(user))),
        ("since", filter.since.map(|time| json!(time::rfc3339(&time)))),
        ("until", filter.until.map(|time| json!(time::rfc3339(&time)))),
        ("kind", filter.kind.map(|kind| json!(kind.as_str()))),
        ("before", filter.before.map(|id| json!(id))),
    ];
    detail.extend(given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    let target = match filter.room {
        Some(room) => Target::new("room", room.0, ""),
        None => Target::site(),
    };
    Entry::new(Act::PrivateRead, target).with(Value::Object(detail))
}
