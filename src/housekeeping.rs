//! What is done over and over while the server runs.

use std::{collections::HashSet, time::Duration};

use chrono::TimeDelta;
use tokio::sync::mpsc;

use crate::{
    account::{access, session_store, store, verification},
    admin::overview::tally,
    chat::{Chat, server::LivePasses},
    db::{connection::AnyConnection, lane::Stored, time::now},
    error::{AppError, AppResult},
    event::{Ended, Event, Farewell, LastSeen, Publisher},
    id::MessageId,
    message::{retention, search},
    upload,
};

/// Starts all of it.
pub fn start(chat: &Chat, publisher: Publisher, seen: mpsc::UnboundedReceiver<LastSeen>) {
    actix_web::rt::spawn(store_marks(chat.clone()));
    actix_web::rt::spawn(store_last_seen(chat.clone(), seen));
    actix_web::rt::spawn(end_sessions(chat.clone(), publisher));
    actix_web::rt::spawn(crate::room::eraser::run(chat.rooms.clone(), forget));
    actix_web::rt::spawn(retention::run(chat.rooms.clone(), chat.messages.clone(), forget));
    actix_web::rt::spawn(verification::sweep(chat.accounts.clone()));
    actix_web::rt::spawn(count(chat.clone()));
    actix_web::rt::spawn(search::backfill::run(chat.messages.db.clone()));
}

/// What is made of messages elsewhere goes with them when their room is erased. The sweeper finds their files within a minute.
fn forget(conn: &mut AnyConnection, ids: &[MessageId]) -> AppResult<()> {
    tally::keep(conn, ids)?;
    search::index::remove(conn, ids)?;
    Ok(upload::store::unlink_all(conn, ids)?)
}

/// Read marks, once a second.
async fn store_marks(chat: Chat) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tick.tick().await;
        let flushed = chat.rooms.marks.flush(&chat.rooms.db).await;
        flushed.unwrap_or_else(|error| error.log());
    }
}

/// Messages and people of each day, once a minute.
async fn count(chat: Chat) {
    let mut tick = tokio::time::interval(Duration::from_secs(60));
    loop {
        tick.tick().await;
        tally::count(&chat.rooms.db, &chat.presence).await.unwrap_or_else(|error| error.log());
    }
}

/// When people were last connected.
async fn store_last_seen(chat: Chat, mut seen: mpsc::UnboundedReceiver<LastSeen>) {
    while let Some(people) = seen.recv().await {
        let stored = chat.rooms.db.write(move |conn| {
            for (user, at) in &people {
                store::set_last_seen(conn, *user, *at)?;
            }
            Ok(Stored::quiet(()))
        });
        stored.await.unwrap_or_else(|error| error.log());
    }
}

/// Sessions and tokens that are over, once a minute; and the net below all revocations: sockets whose session or token is gone close.
async fn end_sessions(chat: Chat, publisher: Publisher) {
    let mut tick = tokio::time::interval(Duration::from_secs(60));
    loop {
        tick.tick().await;
        match ended_sessions(&chat).await {
            Ok(ended) => publisher.publish(ended).await,
            Err(error) => error.log(),
        }
    }
}

async fn ended_sessions(chat: &Chat) -> AppResult<Vec<Event>> {
    let live = chat.server.send(LivePasses).await.map_err(AppError::internal)?;
    let idle = now() - TimeDelta::days(session_store::IDLE_DAYS);
    let oldest = now() - TimeDelta::days(session_store::ABSOLUTE_DAYS);
    let shown = now() - TimeDelta::days(access::SHOWN_DAYS);
    chat.rooms
        .db
        .write(move |conn| {
            access::store::delete_expired(conn, shown)?;
            Ok(Stored::quiet(store::delete_expired(conn, idle, oldest)?))
        })
        .await?;
    let mut ended = Vec::new();
    for some in live.chunks(500) {
        let passes: Vec<_> = some.iter().map(|(_, pass)| *pass).collect();
        let standing: HashSet<_> =
            chat.rooms.db.read(move |conn| access::still_standing(conn, &passes)).await?.into_iter().collect();
        let gone = some.iter().filter(|(_, pass)| !standing.contains(pass));
        let event = |(user, pass): &(_, _)| Event::SessionsEnded {
            user: *user,
            which: Ended::One(*pass),
            why: Farewell::Ended,
        };
        ended.extend(gone.map(event));
    }
    Ok(ended)
}
