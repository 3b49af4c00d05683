//! What people do to each other's lists. Each is one transaction in the ordered lane, so that of two that cross the second one
//! sees what the first one stored.

use crate::{
    account::{store as people, wire::Card},
    contact::{
        store,
        wire::{Contact, ContactState, contact_frame},
    },
    db::{connection::AnyConnection, lane::Stored},
    error::{AppError, AppResult},
    event::Event,
    id::UserId,
};

/// Friends, requests and blocks a person may have; and so many requests may wait for one.
const CONTACTS: i64 = 1_000;

const TOO_MANY: AppError = AppError::Conflict("too_many", "You have 1,000 friends, requests and blocks.");

/// Two people, and what each is to the other.
struct Pair {
    me: Card,
    them: Card,
    /// What they are to me.
    mine: ContactState,
    /// What I am to them.
    theirs: ContactState,
}

impl Pair {
    fn read(conn: &mut AnyConnection, me: UserId, them: UserId) -> AppResult<Self> {
        if me == them {
            return Err(AppError::Invalid("A contact is somebody else.".into()));
        }
        let mine = store::find(conn, me, them)?;
        let theirs = store::find(conn, them, me)?;
        let [me, them] = [me, them].map(|user| people::find(conn, user));
        Ok(Self { me: me?.ok_or(AppError::NotFound)?, them: them?.ok_or(AppError::NotFound)?, mine, theirs })
    }

    /// Stores what has changed for either, and tells it to them.
    fn settle(self, conn: &mut AnyConnection, mine: ContactState, theirs: ContactState) -> AppResult<Stored<Contact>> {
        let (me, them) = (self.me.id, self.them.id);
        let contact = Contact { user: self.them, state: mine };
        let mut events = Vec::new();
        if mine != self.mine {
            store::set(conn, me, them, mine)?;
            events.push(changed(me, &contact));
        }
        if theirs != self.theirs {
            store::set(conn, them, me, theirs)?;
            events.push(changed(them, &Contact { user: self.me, state: theirs }));
        }
        Ok(Stored::telling(contact, events))
    }
}

fn changed(user: UserId, contact: &Contact) -> Event {
    Event::ContactChanged {
        user,
        peer: contact.user.id,
        is_friend: contact.state == ContactState::Friend,
        frame: contact_frame(contact),
    }
}

/// What is left of me in the list of somebody whom I leave: their block, if there is one.
fn after_parting(theirs: ContactState) -> ContactState {
    match theirs {
        ContactState::Blocked => ContactState::Blocked,
        _ => ContactState::None,
    }
}

/// Asks somebody to be friends, or accepts where they asked. Who was blocked by them, or asks somebody for whom a thousand
/// requests wait, gets the same answer as anybody, and only their own row is stored; asking again tries again.
///
/// # Errors
/// Myself, nobody of that id, somebody whom I blocked, or too many contacts.
pub fn befriend(conn: &mut AnyConnection, me: UserId, them: UserId) -> AppResult<Stored<Contact>> {
    use ContactState::{Blocked, Friend, Incoming, None, Requested};
    let pair = Pair::read(conn, me, them)?;
    if matches!(pair.mine, None | Incoming) && store::count(conn, me)? >= CONTACTS {
        return Err(TOO_MANY);
    }
    let (mine, theirs) = match (pair.mine, pair.theirs) {
        (Blocked, _) => return Err(AppError::Blocked),
        (Friend, theirs) => (Friend, theirs),
        (_, Requested) => (Friend, Friend),
        (_, None) if store::count_incoming(conn, them)? < CONTACTS => (Requested, Incoming),
        (_, theirs) => (Requested, theirs),
    };
    pair.settle(conn, mine, theirs)
}

/// Blocks somebody: friendship and requests end for both.
///
/// # Errors
/// Myself, nobody of that id, or too many contacts.
pub fn block(conn: &mut AnyConnection, me: UserId, them: UserId) -> AppResult<Stored<Contact>> {
    let pair = Pair::read(conn, me, them)?;
    if pair.mine == ContactState::Blocked {
        let theirs = pair.theirs;
        return pair.settle(conn, ContactState::Blocked, theirs);
    }
    if matches!(pair.mine, ContactState::None | ContactState::Incoming) && store::count(conn, me)? >= CONTACTS {
        return Err(TOO_MANY);
    }
    let theirs = after_parting(pair.theirs);
    pair.settle(conn, ContactState::Blocked, theirs)
}

/// Takes back, declines, ends a friendship or lifts a block.
///
/// # Errors
/// Myself, or nobody of that id.
pub fn part(conn: &mut AnyConnection, me: UserId, them: UserId) -> AppResult<Stored<Contact>> {
    let pair = Pair::read(conn, me, them)?;
    let theirs = match pair.mine {
        // A request that never reached me is still theirs.
        ContactState::None | ContactState::Blocked => pair.theirs,
        _ => after_parting(pair.theirs),
    };
    pair.settle(conn, ContactState::None, theirs)
}
