//! A reaction sends the whole message to everybody in the room. When a crowd reacts at once, the first is stored at once, and the rest
//! of each half second together, as one change.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::oneshot;

use crate::{
    account::{
        store::{self as accounts, Sender},
        wire::SiteRole,
    },
    db::{connection::AnyConnection, lane::Stored, pool::Db, time::now},
    error::{AppError, AppResult},
    event::Event,
    id::{MessageId, RoomId, UserId},
    message::{
        reaction::{
            Emoji, KINDS,
            store::{delete, insert},
        },
        revise,
        rules::{self, Terms, Writer},
        store::{self as messages, Member},
        wire::MessageView,
    },
    room::store as rooms,
};

/// How long the reactions to one message are gathered.
const GATHER: Duration = Duration::from_millis(500);

/// Reactions to one message that wait at most.
const WAITING: usize = 1_000;

/// What somebody wants.
#[derive(Debug, Clone)]
struct Act {
    user: UserId,
    emoji: Emoji,
    on: bool,
}

type Answer = oneshot::Sender<AppResult<MessageView>>;

type Waiting = Arc<Mutex<HashMap<MessageId, Vec<(Act, Answer)>>>>;

/// Messages that are being reacted to. Cheap to clone.
#[derive(Clone)]
pub struct Reactions {
    db: Db,
    waiting: Waiting,
}

impl Reactions {
    /// None yet.
    pub fn new(db: Db) -> Self {
        Self { db, waiting: Arc::default() }
    }

    /// Puts a person's reaction on a message, or takes it back; returns the message once that is stored.
    ///
    /// # Errors
    /// Not found, gone, a kind too many, or the database.
    pub async fn react(&self, user: UserId, id: MessageId, emoji: Emoji, on: bool) -> AppResult<MessageView> {
        // Who may not see the message waits for nobody, and takes nobody's place.
        self.db.read(move |conn| revise::visible(conn, user, id)).await?;
        let (answer, stored) = oneshot::channel();
        if self.queue(id, (Act { user, emoji, on }, answer))? {
            actix_web::rt::spawn(self.clone().work(id));
        }
        stored.await.map_err(|_| AppError::ShuttingDown)?
    }

    /// True if nobody is working on this message yet.
    fn queue(&self, id: MessageId, item: (Act, Answer)) -> AppResult<bool> {
        match self.lock().entry(id) {
            Entry::Occupied(waiting) if waiting.get().len() >= WAITING => Err(AppError::Busy),
            Entry::Occupied(mut waiting) => {
                waiting.get_mut().push(item);
                Ok(false)
            }
            Entry::Vacant(place) => {
                place.insert(vec![item]);
                Ok(true)
            }
        }
    }

    /// Works on a message until half a second passes in which nobody reacts to it.
    async fn work(self, id: MessageId) {
        while let Some(items) = self.take(id) {
            let (acts, answers): (Vec<Act>, Vec<Answer>) = items.into_iter().unzip();
            let outcome = self.db.ordered(move |conn| apply(conn, id, &acts)).await;
            tell(answers, outcome);
            tokio::time::sleep(GATHER).await;
        }
    }

    fn take(&self, id: MessageId) -> Option<Vec<(Act, Answer)>> {
        let mut waiting = self.lock();
        let items = std::mem::take(waiting.get_mut(&id)?);
        if items.is_empty() {
            waiting.remove(&id);
            return None;
        }
        Some(items)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MessageId, Vec<(Act, Answer)>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of each act, and the message after all of them.
type Applied = (Vec<AppResult<()>>, Option<MessageView>);

fn tell(answers: Vec<Answer>, outcome: AppResult<Applied>) {
    match outcome {
        Ok((verdicts, message)) => {
            for (answer, verdict) in answers.into_iter().zip(verdicts) {
                // Whoever asked may be gone.
                let _ = answer.send(verdict.and_then(|()| message.clone().ok_or(AppError::NotFound)));
            }
        }
        Err(error) => {
            error.log();
            for answer in answers {
                let _ = answer.send(Err(match error {
                    AppError::ShuttingDown => AppError::ShuttingDown,
                    AppError::Storage => AppError::Storage,
                    _ => AppError::Busy,
                }));
            }
        }
    }
}

/// Judges each act by itself; all that change something take one `rev` together.
fn apply(conn: &mut AnyConnection, id: MessageId, acts: &[Act]) -> AppResult<Stored<Applied>> {
    let Some(mut table) = Table::lay(conn, id, acts)? else {
        return Ok(Stored::quiet((acts.iter().map(|_| Err(AppError::NotFound)).collect(), None)));
    };
    let room = table.message.room;
    // The room's row is locked first, as in every transaction.
    messages::lock_counters(conn, &[room])?;
    let mut changed = false;
    let mut verdicts = Vec::with_capacity(acts.len());
    for act in acts {
        verdicts.push(match table.admit(act) {
            Ok(()) => {
                changed |= table.put(conn, act)?;
                Ok(())
            }
            refusal => refusal,
        });
    }
    if !changed {
        return Ok(Stored::quiet((verdicts, Some(table.message))));
    }
    let rev = messages::take_rev(conn, room)?;
    messages::set_rev(conn, id, rev)?;
    let message = messages::find(conn, id)?.ok_or(AppError::NotFound)?;
    let event = Event::Change(message.to_change());
    Ok(Stored::telling((verdicts, Some(message)), vec![event]))
}

/// The members among these people who were not banned meanwhile.
fn readers(
    conn: &mut AnyConnection,
    people: &[UserId],
    members: &HashMap<(RoomId, UserId), Member>,
) -> AppResult<HashMap<UserId, Writer>> {
    let senders: HashMap<UserId, Sender> =
        accounts::senders(conn, people)?.into_iter().map(|sender| (sender.card.id, sender)).collect();
    let writer = |((_, user), member): (&(RoomId, UserId), &Member)| {
        let sender = senders.get(user).filter(|sender| sender.active)?;
        let is_admin = sender.card.role == SiteRole::Admin;
        let silenced_until = member.silenced_until.max(sender.silenced_until);
        Some((*user, Writer { role: member.role, is_admin, silenced_until }))
    };
    Ok(members.iter().filter_map(writer).collect())
}

/// A message, and what all acts on it are judged by: read once, so that a crowd costs hardly more than one.
struct Table {
    message: MessageView,
    /// Those of the crowd who may see it.
    readers: HashMap<UserId, Writer>,
    /// What its room says.
    terms: Terms,
    /// Does a block stand between the two of a private chat?
    is_blocked: bool,
    /// How many people stand by each kind.
    kinds: HashMap<String, i64>,
}

impl Table {
    /// `None` for a message that is nowhere.
    fn lay(conn: &mut AnyConnection, id: MessageId, acts: &[Act]) -> AppResult<Option<Self>> {
        let Some(message) = messages::find(conn, id)? else { return Ok(None) };
        let Some(room) = rooms::find(conn, message.room)? else { return Ok(None) };
        let people: Vec<UserId> = acts.iter().map(|act| act.user).collect();
        let pairs: Vec<_> = people.iter().map(|user| (room.id, *user)).collect();
        let members = messages::memberships_among(conn, &pairs)?;
        Ok(Some(Self {
            readers: readers(conn, &people, &members)?,
            terms: revise::terms(&room),
            is_blocked: revise::is_blocked(conn, &room)?,
            kinds: message.reactions.iter().map(|kind| (kind.emoji.clone(), kind.count)).collect(),
            message,
        }))
    }

    fn admit(&self, Act { user, emoji, on }: &Act) -> AppResult<()> {
        let Some(writer) = self.readers.get(user) else { return Err(AppError::NotFound) };
        if self.is_blocked {
            return Err(AppError::Blocked);
        }
        if self.message.is_gone() {
            return Err(AppError::Gone);
        }
        // Taking back is free to who is silenced.
        let writer = if *on { *writer } else { Writer { silenced_until: None, ..*writer } };
        rules::may_react(&writer, &self.terms, now())?;
        if *on && self.kinds.len() >= KINDS && !self.kinds.contains_key(emoji.as_str()) {
            return Err(AppError::Conflict("too_many", "A message takes 20 kinds of reactions."));
        }
        Ok(())
    }

    /// True if something changed.
    fn put(&mut self, conn: &mut AnyConnection, Act { user, emoji, on }: &Act) -> AppResult<bool> {
        let id = self.message.id;
        let changed = if *on { insert(conn, id, *user, emoji)? } else { delete(conn, id, *user, emoji)? };
        if changed {
            let people = self.kinds.entry(emoji.as_str().to_owned()).or_default();
            *people += if *on { 1 } else { -1 };
            self.kinds.retain(|_, people| *people > 0);
        }
        Ok(changed)
    }
}
