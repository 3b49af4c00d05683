//! Whose token is this? Remembered for a minute at most, and forgotten at once where it is revoked.

use std::{net::IpAddr, sync::Arc};

use chrono::TimeDelta;

use crate::{
    account::{
        access::{
            secret::{Secret, SecretHash},
            store::{self, TokenRow},
        },
        memory::Memory,
    },
    db::{lane::Stored, pool::Db, time::now},
    error::{AppError, AppResult},
    id::{TokenId, UserId},
};

/// Uses are noted this often.
const TOUCH: TimeDelta = TimeDelta::minutes(1);

/// The tokens in use. Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    db: Db,
    rows: Memory<SecretHash, TokenRow>,
}

impl Tokens {
    /// Over a database.
    pub fn new(db: Db) -> Self {
        Self { db, rows: Memory::new(20_000) }
    }

    /// The token that a request from this address shows.
    ///
    /// # Errors
    /// [`AppError::BadToken`] for one that is unknown, revoked or expired; a database that does not answer.
    pub async fn find(&self, text: &str, ip: IpAddr) -> AppResult<Arc<TokenRow>> {
        let hash = Secret::parse(text).ok_or(AppError::BadToken)?.hash();
        let found = self.rows.get_or_read(hash, async || self.read(hash, ip).await).await?;
        // It may have expired while it was remembered.
        found.filter(|row| row.is_alive()).ok_or(AppError::BadToken)
    }

    async fn read(&self, hash: SecretHash, ip: IpAddr) -> AppResult<Option<TokenRow>> {
        // Before the question: what is remembered for a minute is read again when this minute is over.
        let at = now();
        let found = self.db.read(move |conn| Ok(store::find(conn, &hash)?)).await?;
        let Some(row) = found.filter(TokenRow::is_alive) else { return Ok(None) };
        if row.last_used_at.is_none_or(|last| last <= at - TOUCH) {
            let (id, ip) = (row.id, ip.to_string());
            let noted = self.db.write(move |conn| Ok(Stored::quiet(store::touch(conn, id, at, &ip)?))).await;
            // A full disk must not keep anybody from reading.
            noted.map_or_else(|error| error.log(), drop);
        }
        Ok(Some(row))
    }

    /// To be called when tokens of a person ended in a transaction.
    pub fn forget(&self, owner: UserId, which: impl Fn(TokenId) -> bool + Send + Sync + 'static) {
        self.rows.forget_if(move |row| row.user_id == owner && which(row.id));
    }
}
