//! Sessions in our own table, behind actix-session: revocable, listed, and stored so that a stolen database logs nobody in.

use std::{collections::HashMap, sync::Arc};

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration as CookieDuration;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use rand::Rng as _;
use sha2::{Digest as _, Sha256};

use crate::{
    account::{
        memory::Memory,
        store::{self, SessionRow},
    },
    db::{connection::AnyConnection, lane::Stored, pool::Db, time::now},
    error::{AppError, AppResult},
    event::{Ended, Event, Farewell},
    id::{Pass, SessionId, UserId},
};

/// Keys of the state that handlers and this store share.
pub mod key {
    /// The person's id.
    pub const USER: &str = "user";
    /// The session's id; there once the session is stored.
    pub const SESSION: &str = "session";
    /// What the browser calls itself.
    pub const AGENT: &str = "agent";
    /// From where.
    pub const IP: &str = "ip";
    /// Set when the database did not answer: then nobody knows whether there is a session.
    pub const FAULT: &str = "fault";
}

/// A session that nobody used for so long is over.
pub const IDLE_DAYS: i64 = 14;

/// A session is over after so long in any case.
pub const ABSOLUTE_DAYS: i64 = 30;

/// Uses are noted this often.
const TOUCH_MINUTES: i64 = 10;

/// A person's sessions beyond these end, the least used first.
const PER_USER: usize = 20;

type TokenHash = [u8; 32];

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    db: Db,
    rows: Memory<TokenHash, SessionRow>,
}

impl Sessions {
    /// Over a database.
    pub fn new(db: Db) -> Self {
        Self { db, rows: Memory::new(50_000) }
    }

    async fn find(&self, hash: TokenHash) -> AppResult<Option<Arc<SessionRow>>> {
        self.rows.get_or_read(hash, async || self.read(hash).await).await
    }

    async fn read(&self, hash: TokenHash) -> AppResult<Option<SessionRow>> {
        let found = self.db.read(move |conn| Ok(store::find_session(conn, &hash)?)).await?;
        let Some(row) = found.filter(is_alive) else { return Ok(None) };
        if row.last_seen_at < now() - TimeDelta::minutes(TOUCH_MINUTES) {
            let id = row.id;
            let noted = self.db.write(move |conn| Ok(Stored::quiet(store::touch_session(conn, id)?))).await;
            // A full disk must not keep anybody from reading.
            noted.map_or_else(|error| error.log(), drop);
        }
        Ok(Some(row))
    }

    async fn begin(&self, user: UserId, agent: String, ip: String) -> AppResult<String> {
        let mut token = [0u8; 32];
        rand::rng().fill_bytes(&mut token);
        let token = URL_SAFE_NO_PAD.encode(token);
        let hash = hash(&token);
        let over = self
            .db
            .write(move |conn| {
                if !store::is_active(conn, user)? {
                    // Banned since the password was checked: a token that nobody stored is as good as a session ended at once.
                    return Ok(Stored::quiet(Vec::new()));
                }
                store::insert_session(conn, &hash, user, &agent, &ip)?;
                let over: Vec<_> =
                    store::sessions_of(conn, user)?.into_iter().skip(PER_USER).map(|row| row.id).collect();
                for session in &over {
                    store::delete_session(conn, user, *session)?;
                }
                let ended = over.iter().map(|id| ended_one(user, *id)).collect();
                Ok(Stored::telling(over, ended))
            })
            .await?;
        if !over.is_empty() {
            self.forget(user, move |id| over.contains(&id));
        }
        Ok(token)
    }

    async fn end(&self, hash: TokenHash) -> AppResult<()> {
        let end = move |conn: &mut AnyConnection| {
            let ended = store::delete_session_by_hash(conn, &hash)?;
            let event = ended.map(|(id, user)| ended_one(user, id));
            Ok(Stored::telling((), event.into_iter().collect()))
        };
        let ended = self.db.write(end).await;
        self.rows.forget(&hash);
        ended
    }

    /// Ends one session of a person, and its sockets.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not theirs.
    pub async fn end_one(&self, user: UserId, session: SessionId) -> AppResult<()> {
        let end = move |conn: &mut AnyConnection| match store::delete_session(conn, user, session)? {
            0 => Err(AppError::NotFound),
            _ => Ok(Stored::telling((), vec![ended_one(user, session)])),
        };
        let ended = self.db.write(end).await;
        self.forget(user, move |id| id == session);
        ended
    }

    /// Ends every session of a person but one, and their sockets.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_others(&self, user: UserId, keep: SessionId) -> AppResult<()> {
        let end = move |conn: &mut AnyConnection| {
            store::delete_other_sessions(conn, user, keep)?;
            let event = Event::SessionsEnded { user, which: Ended::AllBut(keep), why: Farewell::Ended };
            Ok(Stored::telling((), vec![event]))
        };
        let ended = self.db.write(end).await;
        self.forget(user, move |id| id != keep);
        ended
    }

    /// To be called when sessions of a person ended elsewhere in a transaction, also in one that failed: where the answer to its COMMIT was
    /// lost, it may stand.
    pub fn forget(&self, user: UserId, which: impl Fn(SessionId) -> bool + Send + Sync + 'static) {
        self.rows.forget_if(move |row| row.user_id == user && which(row.id));
    }
}

/// The event of one session that is over.
pub fn ended_one(user: UserId, session: SessionId) -> Event {
    Event::SessionsEnded { user, which: Ended::One(Pass::Session(session)), why: Farewell::Ended }
}

/// Neither unused for too long nor too old.
fn is_alive(row: &SessionRow) -> bool {
    row.last_seen_at > now() - TimeDelta::days(IDLE_DAYS) && row.created_at > now() - TimeDelta::days(ABSOLUTE_DAYS)
}

fn hash(token: &str) -> TokenHash {
    Sha256::digest(token).into()
}

/// The state's values are JSON.
fn json<T: serde::de::DeserializeOwned>(state: &HashMap<String, String>, key: &str) -> Option<T> {
    serde_json::from_str(state.get(key)?).ok()
}

impl SessionStore for Sessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        let row = match self.find(hash(key.as_ref())).await {
            Ok(row) => row,
            // A database that does not answer must not look like a logout.
            Err(_) => return Ok(Some(HashMap::from([(key::FAULT.to_owned(), "true".to_owned())]))),
        };
        Ok(row.map(|row| {
            let text = |value: &str| serde_json::Value::from(value).to_string();
            HashMap::from([
                (key::USER.to_owned(), row.user_id.to_string()),
                (key::SESSION.to_owned(), row.id.to_string()),
                (key::AGENT.to_owned(), text(&row.agent)),
                (key::IP.to_owned(), text(&row.ip)),
            ])
        }))
    }

    async fn save(&self, state: HashMap<String, String>, _: &CookieDuration) -> Result<SessionKey, SaveError> {
        let Some(user) = json(&state, key::USER) else {
            return Err(SaveError::Other(anyhow::anyhow!("a session without a person")));
        };
        let agent = json(&state, key::AGENT).unwrap_or_default();
        let ip = json(&state, key::IP).unwrap_or_default();
        let token = self.begin(user, agent, ip).await.map_err(|error| SaveError::Other(error.into()))?;
        token.try_into().map_err(|_| SaveError::Other(anyhow::anyhow!("the token is no session key")))
    }

    /// Everything a session holds is settled when it begins.
    async fn update(
        &self,
        key: SessionKey,
        _: HashMap<String, String>,
        _: &CookieDuration,
    ) -> Result<SessionKey, UpdateError> {
        Ok(key)
    }

    /// Uses are noted when a session is read.
    async fn update_ttl(&self, _: &SessionKey, _: &CookieDuration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        Ok(self.end(hash(key.as_ref())).await?)
    }
}
