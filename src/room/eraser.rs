//! Erasing what a deleted room held, a little at a time, so that no send waits for it.

use crate::{
    db::{connection::AnyConnection, lane::Stored},
    error::AppResult,
    id::MessageId,
    room::{RoomDesk, store},
};

/// Messages erased in one transaction; taking one out of SQLite's search index, so that nothing of it stays in the file, takes a
/// millisecond.
const STEP: i64 = 50;

/// Forgets messages wherever else something is made of them, in the transaction that erases them.
pub type Forget = fn(&mut AnyConnection, &[MessageId]) -> AppResult<()>;

/// Runs for as long as the process: erases what an earlier run left, then waits to be woken.
pub async fn run(desk: RoomDesk, forget: Forget) {
    loop {
        match step(&desk, forget).await {
            Ok(true) => {}
            Ok(false) => desk.eraser.notified().await,
            Err(error) => {
                error.log();
                tokio::time::sleep(std::time::Duration::from_secs(10)).await;
            }
        }
    }
}

async fn step(desk: &RoomDesk, forget: Forget) -> AppResult<bool> {
    let Some(room) = desk.db.read(|conn| Ok(store::deleted(conn)?)).await? else { return Ok(false) };
    desk.db.write(move |conn| Ok(Stored::quiet(store::erase_some(conn, room, STEP, forget)?))).await?;
    Ok(true)
}
