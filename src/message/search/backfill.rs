//! Indexing what was there before the index was, or before its tokens changed: in the background, the newest messages first.
//!
//! The tokens are made outside of the writer; a job only stores them, so no send waits for long. Where it stopped, it goes on after
//! a restart.

use std::{collections::HashMap, time::Duration};

use crate::{
    db::{connection::AnyConnection, lane::Stored, pool::Db},
    error::{AppError, AppResult},
    id::MessageId,
    message::search::{
        store::{self, Entry, Progress, Source},
        tokens::VERSION,
    },
};

/// Messages in one job at most.
const STEP: i64 = 500;

/// Tokens in one job at most, unless one message has more.
const TOKENS: usize = 20_000;

/// How long to wait after an error.
const PAUSE: Duration = Duration::from_secs(10);

/// Makes the index ready for this version's tokens; to be called before the first message is sent.
///
/// # Errors
/// When the database fails.
pub async fn prepare(db: &Db) -> AppResult<()> {
    db.ordered(|conn| {
        if store::progress(conn)?.is_none_or(|progress| progress.version != VERSION) {
            store::clear(conn)?;
            let since_id = store::last_id(conn)? + 1;
            store::set_progress(conn, Progress { version: VERSION, since_id })?;
        }
        Ok(Stored::quiet(()))
    })
    .await
}

/// Runs until everything is indexed.
pub async fn run(db: Db) {
    loop {
        match step(&db).await {
            Ok(true) => {}
            Ok(false) | Err(AppError::ShuttingDown) => return,
            Err(error) => {
                error.log();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Indexes some messages; false when none are left.
async fn step(db: &Db) -> AppResult<bool> {
    let Some(page) = db.read(Page::read).await? else { return Ok(false) };
    db.ordered(move |conn| {
        page.store(conn)?;
        Ok(Stored::quiet(()))
    })
    .await?;
    Ok(true)
}

/// Messages with their tokens, made while they may still change.
struct Page {
    progress: Progress,
    /// The lowest id that was looked at.
    upto: i64,
    entries: HashMap<MessageId, (i64, Entry)>,
}

impl Page {
    fn read(conn: &mut AnyConnection) -> AppResult<Option<Self>> {
        let Some(progress) = store::progress(conn)?.filter(|progress| progress.since_id > 1) else { return Ok(None) };
        let (mut entries, mut tokens, mut upto) = (HashMap::new(), 0, 0);
        let sources = store::sources_below(conn, progress.since_id, STEP)?;
        for source in sources {
            upto = source.id.0;
            let entry = source.entry();
            tokens += entry.tokens.count();
            entries.insert(source.id, (source.rev, entry));
            if tokens >= TOKENS {
                break;
            }
        }
        Ok(Some(Self { progress, upto, entries }))
    }

    /// Stores the entries of what is still there, made anew where it changed meanwhile.
    fn store(&self, conn: &mut AnyConnection) -> AppResult<()> {
        let ids: Vec<MessageId> = self.entries.keys().copied().collect();
        let entry = |source: &Source| match self.entries.get(&source.id) {
            Some((rev, entry)) if *rev == source.rev => entry.clone(),
            _ => source.entry(),
        };
        let entries: Vec<Entry> = store::sources(conn, &ids)?.iter().map(entry).collect();
        store::insert(conn, &entries)?;
        Ok(store::set_progress(conn, Progress { since_id: self.upto, ..self.progress })?)
    }
}
