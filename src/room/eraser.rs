//! Erasing what a deleted room held, a little at a time, so that no send waits for it.

use crate::{
    db::lane::Stored,
    room::{RoomDesk, store},
};

/// Messages erased in one transaction.
const STEP: i64 = 500;

/// Runs for as long as the process: erases what an earlier run left, then waits to be woken.
pub async fn run(desk: RoomDesk) {
    loop {
        match step(&desk).await {
            Ok(true) => {}
            Ok(false) => desk.eraser.notified().await,
            Err(error) => {
                error.log();
                tokio::time::sleep(std::time::Duration::from_secs(10)).await;
            }
        }
    }
}

async fn step(desk: &RoomDesk) -> crate::error::AppResult<bool> {
    let Some(room) = desk.db.read(|conn| Ok(store::deleted(conn)?)).await? else { return Ok(false) };
    desk.db.write(move |conn| Ok(Stored::quiet(store::erase_some(conn, room, STEP)?))).await?;
    Ok(true)
}
