//! Ending countdowns: at their time, by the server's clock, whoever is there; or before, by an admin.
//!
//! Nothing is kept in memory but how long to sleep. What runs stands in the database, so a restart finds it, and what should have
//! ended meanwhile ends at once.

use std::{sync::Arc, time::Duration};

use chrono::NaiveDateTime;
use serde_json::json;

use crate::{
    account::{store as people, wire::Card},
    audit::{self, Act, Entry, Target},
    db::{connection::AnyConnection, lane::Stored, time::now},
    error::{AppError, AppResult},
    event::Event,
    id::CountdownId,
    message::{
        client_id::ClientId,
        post::Fingerprint,
        wire::{AUTOMATIC, MessageView},
    },
    preset::{
        PresetDesk,
        acts::By,
        send,
        store::{self, Finished},
    },
    room::countdown::{End, ended_frame},
};

/// How often it looks, unless it is woken: the clock may be put forward while it sleeps.
const ROUND: Duration = Duration::from_secs(30);

/// How long it waits after a fault of the database.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs for as long as the process.
pub async fn run(desk: PresetDesk) {
    loop {
        let sleep = round(&desk).await.unwrap_or_else(|error| {
            error.log();
            PAUSE
        });
        let _ = tokio::time::timeout(sleep, desk.clock.notified()).await;
    }
}

/// Ends what is over; how long nothing else will be.
async fn round(desk: &PresetDesk) -> AppResult<Duration> {
    let then = now();
    let (due, next) = desk.db.read(move |conn| Ok((store::due(conn, then)?, store::next_end(conn, then)?))).await?;
    let mut failed = false;
    for id in due {
        let fingerprint = Arc::clone(&desk.fingerprint);
        let ended = desk.db.ordered(move |conn| finish(conn, &fingerprint, id)).await;
        failed |= ended.map_err(|error| error.log()).is_err();
    }
    Ok(if failed { PAUSE } else { next.map_or(ROUND, |at| until(at).min(ROUND)) })
}

/// From now to then; a millisecond more, so that it is over by then.
fn until(at: NaiveDateTime) -> Duration {
    (at - now()).to_std().unwrap_or_default() + Duration::from_millis(1)
}

fn finish(conn: &mut AnyConnection, fingerprint: &Fingerprint, id: CountdownId) -> AppResult<Stored<()>> {
    let Some(finished) = store::finish(conn, id)? else { return Ok(Stored::quiet(())) };
    let frame = ended_frame(finished.room, id, &End::Done(None));
    let ended = Event::RoomChanged { room: finished.room, frame };
    let message = match follow(conn, fingerprint, id, &finished) {
        Ok(message) => message,
        Err(error) if error.is_fault() => return Err(error),
        // They left, or the room is gone: there is nobody to say it, or nobody to hear it.
        Err(error) => {
            tracing::warn!(countdown.id = %id, room.id = %finished.room, %error, "a countdown ended without its message");
            None
        }
    };
    let change = message.map(|message| Event::Change(message.to_change()));
    Ok(Stored::telling((), change.into_iter().chain([ended]).collect()))
}

/// Sends what follows, in the name of who had started the countdown. Its own countdown, if it has one, is not started: two presets
/// that follow each other would go on for ever.
fn follow(
    conn: &mut AnyConnection,
    fingerprint: &Fingerprint,
    id: CountdownId,
    finished: &Finished,
) -> AppResult<Option<MessageView>> {
    let preset = match finished.next {
        Some(next) => store::find(conn, next)?,
        None => None,
    };
    let Some(preset) = preset else { return Ok(None) };
    let author = Arc::new(people::find(conn, finished.started_by)?.ok_or(AppError::NotFound)?);
    let client_id = ClientId::parse(&format!("{AUTOMATIC}{id}")).ok_or_else(|| AppError::internal("a long id"))?;
    send::post(conn, fingerprint, &preset, &author, finished.room, client_id).map(Some)
}

/// Stops a countdown before its time; what would have followed is not sent. False where it had ended.
///
/// # Errors
/// Not found.
pub async fn stop(desk: &PresetDesk, by: By, card: Arc<Card>, id: CountdownId) -> AppResult<bool> {
    desk.db.ordered(move |conn| store_stop(conn, &by, &card, id)).await
}

fn store_stop(conn: &mut AnyConnection, by: &By, card: &Card, id: CountdownId) -> AppResult<Stored<bool>> {
    let Some(stopped) = store::stop(conn, id, by.user)? else {
        return if store::was_started(conn, id)? { Ok(Stored::quiet(false)) } else { Err(AppError::NotFound) };
    };
    let target = Target::new("countdown", id.0, stopped.label);
    audit::note(conn, &by.actor, &Entry::new(Act::CountdownStop, target).with(json!({ "room": stopped.room })))?;
    let frame = ended_frame(stopped.room, id, &End::Stopped(card.clone()));
    Ok(Stored::telling(true, vec![Event::RoomChanged { room: stopped.room, frame }]))
}
