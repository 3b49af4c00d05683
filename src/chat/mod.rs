//! The live chat: sockets, who hears what, who is online.
//!
//! The `ChatServer` actor owns who is in which room and who is online; a `Session` actor is one WebSocket, and beside it stand the
//! other `doors`; a hub a worker thread delivers to all of them. Nothing here touches SQL but the state a socket begins with and the requests it forwards.

pub mod api;
pub mod composer;
pub mod crowd;
pub mod doors;
pub mod fragments;
pub mod guard;
pub mod guests;
pub mod hub;
pub mod incoming;
pub mod line;
pub mod mailbox;
pub mod opening;
pub mod outbox;
pub mod pages;
pub mod parcel;
pub mod patience;
pub mod presence;
pub mod pressing;
pub mod protocol;
pub mod ring;
pub mod rooms;
pub mod server;
pub mod session;
pub mod socket;

use actix::Addr;

use crate::{
    account::{Accounts, presence::Presence},
    chat::{doors::Doors, server::ChatServer},
    command::CommandDesk,
    message::{self, MessageDesk, history::Epoch},
    room::RoomDesk,
    setting::values::Values,
    upload::UploadDesk,
    web::limiter::{HOUR, MINUTE},
};

/// Everything a socket works with. Cheap to clone.
#[derive(Clone)]
pub struct Chat {
    /// Who is in which room.
    pub server: Addr<ChatServer>,
    /// What the other doors share.
    pub doors: Doors,
    /// People.
    pub accounts: Accounts,
    /// Rooms.
    pub rooms: RoomDesk,
    /// Messages.
    pub messages: MessageDesk,
    /// Images.
    pub uploads: UploadDesk,
    /// What is done for those who write a slash.
    pub commands: CommandDesk,
    /// Who is online.
    pub presence: Presence,
    /// The database's life.
    pub epoch: Epoch,
    /// Frames that a socket may send in a second, where rate limits apply.
    pub frames: Option<u32>,
}

impl Chat {
    /// Has the limits follow the settings.
    pub fn obey(&self, values: &Values) {
        let (burst, refill) = message::pace(values);
        self.messages.pace.set(burst, refill);
        self.rooms.creations.set(values.rooms_per_hour, HOUR);
        self.messages.searches.set(values.search_per_minute, MINUTE);
        self.accounts.throttle.obey(values);
        self.doors.obey(values);
        self.uploads.turnstile.obey(values);
        self.rooms.pruner.notify_one();
    }
}
