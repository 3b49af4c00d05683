//! Every figure, with its name and what it means. What is not counted as it happens is looked up when somebody asks.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use actix_web::web;
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use crate::{
    admin::overview::facts,
    error::{AppError, AppResult},
    folder,
    meter::Meter,
    monitor::{Monitor, process},
};

/// A figure for each of several names.
type Each = Family<[(&'static str, &'static str); 1], Gauge>;

/// A figure that is a fraction.
type Fraction = Gauge<f64, AtomicU64>;

/// All of them.
pub struct Board {
    registry: Registry,
    connections: Each,
    people: Gauge,
    receiving: Gauge,
    waiting: Each,
    limits: Each,
    pool: Each,
    disk_free: Each,
    disk_size: Each,
    database: Each,
    memory: Gauge,
    files: Gauge,
    processor: Counter<f64, AtomicU64>,
}

impl Board {
    /// With what is counted there, of a server on a database of this kind.
    pub fn new(meter: &Meter, database: &'static str) -> Self {
        let mut registry = Registry::default();
        counted(&mut registry, meter);
        constants(&mut registry, database);
        let board = Self {
            registry: Registry::default(),
            connections: Each::default(),
            people: Gauge::default(),
            receiving: Gauge::default(),
            waiting: Each::default(),
            limits: Each::default(),
            pool: Each::default(),
            disk_free: Each::default(),
            disk_size: Each::default(),
            database: Each::default(),
            memory: Gauge::default(),
            files: Gauge::default(),
            processor: Counter::default(),
        };
        board.looked_up(&mut registry);
        Self { registry, ..board }
    }

    fn looked_up(&self, to: &mut Registry) {
        to.register("parlor_connections", "Sockets, streams, and people who poll", self.connections.clone());
        to.register("parlor_people_online", "People with a connection", self.people.clone());
        to.register("parlor_uploads_receiving", "Pictures that come in", self.receiving.clone());
        to.register("parlor_queue_waiting", "What waits in a queue", self.waiting.clone());
        to.register("parlor_queue_limit", "What may wait in a queue", self.limits.clone());
        to.register("parlor_pool_connections", "Connections to the database", self.pool.clone());
        to.register("parlor_disk_free_bytes", "What may be written below a folder", self.disk_free.clone());
        to.register("parlor_disk_size_bytes", "Size of the disk below a folder", self.disk_size.clone());
        to.register("parlor_database_bytes", "Files of an SQLite database", self.database.clone());
        to.register("process_resident_memory_bytes", "Memory held", self.memory.clone());
        to.register("process_open_fds", "Open files, connections among them", self.files.clone());
        let used = self.processor.clone();
        to.register_with_unit("process_cpu", "Time of processors used", Unit::Seconds, used);
    }
}

fn counted(to: &mut Registry, meter: &Meter) {
    to.register("parlor_messages", "Messages stored", meter.messages.clone());
    to.register("parlor_commit_messages", "Messages in a commit", meter.commit_messages.clone());
    to.register_with_unit("parlor_commit", "Time of a commit", Unit::Seconds, meter.commit_seconds.clone());
    to.register("parlor_deliveries", "Frames handed to connections", meter.deliveries.clone());
    to.register("parlor_slow_cuts", "Connections cut because they lagged or fell silent", meter.slow_cuts.clone());
    to.register("parlor_errors", "Errors told, by door and code", meter.errors.clone());
    to.register("parlor_http_responses", "Answers to requests, by class of status", meter.responses.clone());
    to.register("parlor_pool_waits", "Waits for a connection to the database", meter.pool_waits.clone());
    let waited = meter.pool_wait_seconds.clone();
    to.register_with_unit("parlor_pool_wait", "Time of those waits", Unit::Seconds, waited);
    to.register("parlor_pool_timeouts", "Waits that were in vain", meter.pool_timeouts.clone());
}

fn constants(to: &mut Registry, database: &'static str) {
    let build = Family::<[(&'static str, &'static str); 2], Gauge>::default();
    build.get_or_create(&[("version", env!("CARGO_PKG_VERSION")), ("database", database)]).set(1);
    to.register("parlor_build_info", "What runs", build);
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let start = Fraction::default();
    start.set(started.as_secs_f64());
    to.register("process_start_time_seconds", "When it started", start);
}

fn figure(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

fn set(each: &Each, label: &'static str, name: &'static str, number: impl TryInto<i64>) {
    each.get_or_create(&[(label, name)]).set(figure(number));
}

/// All figures as text.
///
/// # Errors
/// When the blocking pool is gone.
pub async fn figures(monitor: web::Data<Monitor>) -> AppResult<String> {
    // Nothing here asks the database: figures are wanted most when it hangs.
    let written = web::block(move || {
        monitor.look_up();
        let mut text = String::new();
        encode(&mut text, &monitor.board.registry).map(|()| text)
    });
    written.await.map_err(AppError::internal)?.map_err(AppError::internal)
}

impl Monitor {
    fn look_up(&self) {
        let board = &self.board;
        for (kind, number) in self.hubs.connections() {
            set(&board.connections, "kind", kind.as_str(), number);
        }
        board.people.set(figure(self.chat.presence.count()));
        board.receiving.set(i64::from(self.chat.uploads.turnstile.inside()));
        self.look_up_queues();
        let pool = self.chat.rooms.db.state();
        set(&board.pool, "state", "idle", pool.idle_connections);
        set(&board.pool, "state", "used", pool.connections - pool.idle_connections);
        for (name, folder) in &self.folders {
            if let Some((size, free)) = folder::disk(folder) {
                set(&board.disk_size, "folder", name, size);
                set(&board.disk_free, "folder", name, free);
            }
        }
        if let Some(file) = &self.file {
            for (name, path) in [("main", file.clone()), ("log", file.with_extension("db-wal"))] {
                set(&board.database, "file", name, std::fs::metadata(path).map_or(0, |file| file.len()));
            }
        }
        board.memory.set(figure(process::memory().unwrap_or(0)));
        board.files.set(figure(process::files().unwrap_or(0)));
        let used = process::processor().unwrap_or(0.0);
        board.processor.inner().store(used.to_bits(), Ordering::Relaxed);
    }

    fn look_up_queues(&self) {
        for queue in facts::queues(&self.chat) {
            set(&self.board.waiting, "queue", queue.name, queue.waiting);
            set(&self.board.limits, "queue", queue.name, queue.limit);
        }
        let (waiting, limit) = self.publisher.depth();
        set(&self.board.waiting, "queue", "events", waiting);
        set(&self.board.limits, "queue", "events", limit);
        // Bounded by room, so that there is no number to compare it with.
        set(&self.board.waiting, "queue", "deliveries", self.hubs.waiting());
    }
}
