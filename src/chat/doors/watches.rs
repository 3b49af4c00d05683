//! The watches there are: one a session that asks, and one a room that guests ask for.

use std::{
    collections::HashMap,
    rc::Rc,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::watch::{Count, Watch};
use crate::{
    account::{access, current_user::CurrentUser},
    chat::{
        Chat,
        hub::Hub,
        line::Line,
        protocol::Closing,
        rooms::{Entering, Newcomer, Person, Watched},
        server::{Connect, Disconnect, Enter},
    },
    error::{AppError, AppResult},
    id::{Pass, RoomId},
    room::store as rooms,
};

/// Whose watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Whose {
    Holder(Pass),
    Guests(RoomId),
}

/// Who asks.
#[derive(Debug, Clone)]
pub enum Asker {
    /// Somebody who is let in, for all their rooms.
    Member(CurrentUser),
    /// A guest, for one room that guests may read.
    Guest(RoomId),
}

impl Asker {
    fn whose(&self) -> Whose {
        match self {
            Self::Member(user) => Whose::Holder(user.pass),
            Self::Guest(room) => Whose::Guests(*room),
        }
    }
}

/// All of them, whichever thread they live on. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Watches(Arc<Mutex<HashMap<Whose, Arc<Watch>>>>);

impl Watches {
    /// The watch of who asks, open; made where there is none.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub async fn of(&self, chat: &Chat, hub: &Rc<Hub>, asker: &Asker) -> AppResult<Arc<Watch>> {
        let known = self.lock().get(&asker.whose()).filter(|watch| !watch.is_over()).cloned();
        let watch = match known {
            Some(watch) => watch,
            None => self.begin(chat, hub, asker)?,
        };
        watch.opened().await?;
        Ok(watch)
    }

    fn begin(&self, chat: &Chat, hub: &Rc<Hub>, asker: &Asker) -> AppResult<Arc<Watch>> {
        let user = match asker {
            Asker::Member(user) => {
                chat.doors.openings.check(&user.id())?;
                Some(user.id())
            }
            Asker::Guest(_) if !hub.has_room_for_guests() => return Err(AppError::Busy),
            Asker::Guest(_) => None,
        };
        let mut watches = self.lock();
        // Another thread may have been first.
        if let Some(watch) = watches.get(&asker.whose()).filter(|watch| !watch.is_over()) {
            return Ok(watch.clone());
        }
        let watch = Arc::new(Watch::new(hub.key(), user));
        watches.insert(asker.whose(), watch.clone());
        drop(watches);
        let life = live(self.clone(), chat.clone(), hub.clone(), asker.clone(), watch.clone());
        actix_web::rt::spawn(life);
        Ok(watch)
    }

    fn forget(&self, whose: Whose, over: &Arc<Watch>) {
        let mut watches = self.lock();
        if watches.get(&whose).is_some_and(|watch| Arc::ptr_eq(watch, over)) {
            watches.remove(&whose);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Whose, Arc<Watch>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From its opening to its end, on the thread of its hub.
async fn live(watches: Watches, chat: Chat, hub: Rc<Hub>, asker: Asker, watch: Arc<Watch>) {
    hub.attach(watch.key, watch.user, Line::Watch(watch.clone()));
    let opened = open(&chat, &asker, &watch).await;
    let outcome = opened.map_err(|error| {
        error.log();
        if matches!(error, AppError::Unauthenticated) { Closing::SessionEnded } else { Closing::TryAgain }
    });
    watch.open(outcome);
    watch.over().await;
    watches.forget(asker.whose(), &watch);
    watch.fall_asleep();
    hub.detach(watch.key);
    // The one message that must arrive.
    chat.server.do_send(Disconnect(watch.key));
}

/// Registers first and reads after, as a socket does.
async fn open(chat: &Chat, asker: &Asker, watch: &Watch) -> AppResult<()> {
    let entering = match asker {
        Asker::Member(user) => {
            let person = Some(Person::of(user));
            let newcomer = Newcomer { socket: watch.key, person };
            chat.server.send(Connect(newcomer)).await.map_err(AppError::internal)?;
            let (id, pass) = (user.id(), user.pass);
            let marks = chat.rooms.marks.of(id);
            let read = move |conn: &mut _| match access::still_standing(conn, &[pass])?.is_empty() {
                true => Err(AppError::Unauthenticated),
                false => Ok(rooms::heads(conn, id, &marks)?),
            };
            let heads = chat.rooms.db.read(read).await?;
            watch.counts.lock().await.rooms = heads.iter().copied().map(count).collect();
            heads.into_iter().map(entering_member).collect()
        }
        Asker::Guest(room) => {
            let newcomer = Newcomer { socket: watch.key, person: None };
            chat.server.send(Connect(newcomer)).await.map_err(AppError::internal)?;
            let room = *room;
            let info = chat.rooms.db.read(move |conn| rooms::readable_by_guest(conn, room)).await?;
            vec![Entering::as_guest(&info)]
        }
    };
    let enter = Enter { socket: watch.key, rooms: entering, watched: Watched::default() };
    match chat.server.send(enter).await.map_err(AppError::internal)? {
        Some(entered) if watch.user.is_none() && !entered.lost.is_empty() => Err(AppError::Unauthenticated),
        Some(_) => Ok(()),
        None => Err(AppError::Unauthenticated),
    }
}

pub(super) fn count(head: rooms::Head) -> (RoomId, Count) {
    (head.room, Count { floor_seq: head.floor_seq, mentions: head.mentions })
}

fn entering_member(head: rooms::Head) -> Entering {
    let rooms::Head { room, rev, last_seq, read_seq, member_count, .. } = head;
    Entering { room, rev, last_seq, read_seq, member_count }
}
