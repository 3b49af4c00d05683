//! The ways out of a hub. Every client of the chat is one of these, and nothing above a hub knows which.

use std::{rc::Rc, sync::Arc, time::Instant};

use actix::Addr;
use bytestring::ByteString;
use prometheus_client::metrics::counter::Counter;

use crate::chat::{
    doors::{pipe::Pipe, watch::Watch},
    outbox::Outbox,
    parcel::Parcel,
    patience::Verdict,
    protocol::Closing,
    session::{Ping, Session, Shut},
};

/// Where frames for one client go.
pub enum Line {
    /// A WebSocket.
    Socket {
        /// Its actor.
        addr: Addr<Session>,
        /// Where what it is told goes.
        outbox: Rc<Outbox>,
    },
    /// A stream of events.
    Stream(Rc<Pipe>),
    /// Somebody who asks again and again.
    Watch(Arc<Watch>),
}

/// Kinds of lines, to be counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A WebSocket.
    Socket,
    /// A stream of events.
    Stream,
    /// Somebody who asks.
    Watch,
}

impl Kind {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Socket, Self::Stream, Self::Watch];

    /// As metrics call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Stream => "stream",
            Self::Watch => "watch",
        }
    }
}

impl Line {
    /// What it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Socket { .. } => Kind::Socket,
            Self::Stream(_) => Kind::Stream,
            Self::Watch(_) => Kind::Watch,
        }
    }

    /// Where it is to be counted that it was cut.
    pub fn count_cut(&self, cuts: &Counter) {
        match self {
            Self::Socket { outbox, .. } => outbox.pulse.count_cut(cuts.clone()),
            Self::Stream(pipe) => pipe.count_cut(cuts.clone()),
            Self::Watch(_) => {}
        }
    }

    /// Hands parcels over. Who lags too far is cut.
    pub fn deliver(&self, parcels: &[Parcel]) {
        match self {
            Self::Socket { outbox, .. } => outbox.send(parcels),
            Self::Stream(pipe) => pipe.deliver(texts(parcels).cloned().collect()),
            Self::Watch(watch) => watch.hear(texts(parcels)),
        }
    }

    /// Would what is delivered now be written at once?
    pub fn is_clear(&self) -> bool {
        match self {
            Self::Socket { outbox, .. } => outbox.is_clear(),
            Self::Stream(_) | Self::Watch(_) => false,
        }
    }

    /// Tells why there is nothing more, behind all that was handed over.
    pub fn close(&self, why: Closing) {
        match self {
            Self::Socket { addr, outbox } => {
                if addr.try_send(Shut(why)).is_err() {
                    outbox.pulse.cut();
                }
            }
            Self::Stream(pipe) => pipe.end(why),
            Self::Watch(watch) => watch.end(why),
        }
    }

    /// Looks after it, once a second. `closing` is when it was closed.
    pub fn tend(&self, now: Instant, closing: Option<Instant>) {
        match self {
            Self::Socket { addr, outbox } => match outbox.pulse.judge(now, closing) {
                Verdict::Cut => outbox.pulse.cut(),
                Verdict::Ping if addr.try_send(Ping).is_err() => outbox.pulse.cut(),
                _ => {}
            },
            Self::Stream(pipe) => pipe.tend(now, closing),
            // Its own life looks after it.
            Self::Watch(_) => {}
        }
    }

    /// Is it to be told the heads when it is quiet? Who asks finds them out by asking.
    pub fn wants_heads(&self) -> bool {
        !matches!(self, Self::Watch(_))
    }
}

fn texts(parcels: &[Parcel]) -> impl Iterator<Item = &ByteString> {
    parcels.iter().flat_map(Parcel::texts)
}
