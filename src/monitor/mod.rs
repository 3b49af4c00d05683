//! How the server is, for programs that watch over it: probes, and figures for Prometheus.
//!
//! `checks` judge whether it takes requests, `board` has every figure, `process` asks the system, `responses` counts answers. What
//! happens to messages is counted where it happens, in [`crate::meter`]; everything else is looked up when somebody asks.

pub mod api;
mod board;
mod checks;
pub mod handlers;
mod process;
pub mod responses;
mod store;

use std::path::PathBuf;

use actix_web::web::Data;

use crate::{
    chat::{Chat, server::Hubs},
    config::{Secret, Settings, Target},
    event::Publisher,
    monitor::{board::Board, checks::Probe},
    web::readiness::Readiness,
};

/// What probes and figures are made of.
pub struct Monitor {
    chat: Chat,
    hubs: Hubs,
    publisher: Publisher,
    readiness: Readiness,
    probe: Probe,
    board: Board,
    /// What Prometheus must show; nobody reads figures without it.
    token: Option<Secret>,
    /// Bytes of the disk that must be free.
    reserve: u64,
    /// The folders whose disks are looked at, and their names.
    folders: [(&'static str, PathBuf); 2],
    /// The SQLite file.
    file: Option<PathBuf>,
}

impl Monitor {
    /// Of a server that is made of these parts.
    pub fn new(settings: &Settings, chat: Chat, hubs: Hubs, publisher: Publisher, readiness: Readiness) -> Data<Self> {
        let target = settings.target();
        let kind = if matches!(target, Target::Sqlite(_)) { "sqlite" } else { "postgres" };
        Data::new(Self {
            probe: Probe::new(chat.rooms.db.clone()),
            board: Board::new(hubs.meter(), kind),
            token: settings.metrics_token.clone(),
            reserve: settings.disk_reserve,
            folders: [("data", settings.data_dir()), ("media", settings.media_dir())],
            file: if let Target::Sqlite(path) = target { Some(path) } else { None },
            chat,
            hubs,
            publisher,
            readiness,
        })
    }
}
