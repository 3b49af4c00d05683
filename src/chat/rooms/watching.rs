//! Whose coming and going a socket is always told, however many come and go.

use bytestring::ByteString;

use super::{Missed, Rooms};
use crate::{
    chat::mailbox::Op,
    id::{SocketKey, UserId},
};

/// The people a socket's person talks to privately, and their friends.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    /// Of direct rooms.
    pub peers: Vec<UserId>,
    /// Friends, who may share no room.
    pub friends: Vec<UserId>,
}

impl Watched {
    pub(super) fn befriend(&mut self, peer: UserId, is_friend: bool) {
        self.friends.retain(|friend| *friend != peer);
        if is_friend {
            self.friends.push(peer);
        }
    }
}

impl Rooms {
    /// What somebody is to a person changed: all their sockets hear it, and watch a friend.
    pub(super) fn contact_changed(&mut self, user: UserId, peer: UserId, is_friend: bool, frame: &ByteString) {
        for key in self.people.sockets(user).to_vec() {
            self.direct(key, frame.clone());
            let Some(socket) = self.sockets.get_mut(&key) else { continue };
            if !socket.entered {
                socket.missed.push(Missed::Contact { peer, is_friend });
            } else if socket.watched.friends.contains(&peer) != is_friend {
                socket.watched.befriend(peer, is_friend);
                self.watch(key);
            }
        }
    }

    /// Tells the hub whom the socket watches.
    pub(super) fn watch(&mut self, key: SocketKey) {
        let Some(socket) = self.sockets.get(&key) else { return };
        let people = socket.watched.peers.iter().chain(&socket.watched.friends).copied().collect();
        self.out.ops.push((key.hub, Op::Watch { socket: key.number, people }));
    }
}
