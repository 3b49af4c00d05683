//! Building the server from its parts, running it, and ending it without losing what was accepted.

mod ending;

use std::{
    fs::File,
    io,
    net::{SocketAddr, TcpListener},
    num::NonZeroU32,
    sync::Arc,
    thread,
    time::Duration,
};

use actix::{Actor as _, Arbiter, AsyncContext as _};
use actix_session::{
    SessionMiddleware,
    config::{CookieContentSecurity, PersistentSession},
};
use actix_web::{
    App as ActixApp,
    cookie::{SameSite, time::Duration as CookieDuration},
    dev::{Extensions, Server},
    middleware::from_fn,
    web::Data,
};
use futures_util::stream;
use tokio::sync::mpsc;

use self::ending::Ending;
use crate::{
    account::{
        Accounts, access::tokens::Tokens, bars::Bars, hasher::Hasher, people::People, presence::Presence,
        session_store, session_store::Sessions, setup, throttle::Throttle, verification::Codes,
    },
    admin::overview::tally::Gauges,
    backup,
    chat::{
        Chat,
        crowd::{self, Crowd},
        doors::Doors,
        hub::Hub,
        server::{ChatServer, Hubs},
    },
    command::{
        CommandDesk,
        weather::{OpenMeteo, Weather},
    },
    config::{Settings, Target},
    contact::ContactDesk,
    control,
    courier::Couriers,
    db::{
        checkpoint,
        claim::Claim,
        connection::{Access, connect, warn_of_language},
        lane::lane,
        migrate,
        pen::Pen,
        pool::Db,
        space::Space,
        turn::Turn,
        worker::Worker,
    },
    event::{self, Events, Publisher},
    folder, housekeeping,
    limit::Limit,
    message::{
        self, MessageDesk,
        batch::slow::LastSends,
        history::Epoch,
        post::Fingerprint,
        reaction::gather::Reactions,
        reader::Reader,
        scribe::{Inbox, Scribe},
        words::Words,
    },
    meter::Meter,
    monitor::{Monitor, responses},
    preset::{PresetDesk, countdown, seed},
    report::ReportDesk,
    room::{RoomDesk, lobby, read_marks::ReadMarks},
    routes,
    secrets::Secrets,
    setting::Live,
    upload::{UploadDesk, sweeper},
    web::{
        body::{self, Bodies},
        connection, error_page, gate, headers,
        limiter::{HOUR, Limiter},
        outbound::Outbound,
        pages::Pages,
        readiness::Readiness,
        server::{Bounds, serve},
        site::Site,
        tcp::Tcp,
    },
};

/// Jobs that wait in a lane at most.
const LANE: usize = 1_024;

/// How long a connection may stay idle between requests.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long a closed connection may linger. actix-http reckons it from a clock that it reads every 500 ms, and waits for ever when
/// the deadline has passed already: so no less than that.
const LINGER: Duration = Duration::from_secs(1);

/// Connections a worker holds at most, where no more are asked for.
const CONNECTIONS: usize = 25_000;

/// The parts below the web: what the command line needs, and what the server is built on.
pub struct Core {
    /// Accounts.
    pub accounts: Accounts,
    db: Db,
    marks: ReadMarks,
    inbox: Inbox,
    scribe: Worker,
    turn: Turn,
    publisher: Publisher,
    events: Events,
    secrets: Secrets,
    epoch: String,
    live: Live,
    meter: Meter,
    /// Held as long as the process works on the data folder.
    _lock: File,
}

impl Core {
    /// Opens the data folder and the database, brings it to this version's schema and starts the writer.
    ///
    /// # Errors
    /// A folder in use, a database that is newer, damaged or out of reach.
    pub async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let data = settings.data_dir();
        folder::make_private(&data)?;
        let lock = folder::lock(&data)?;
        backup::restore::refuse_half(&data)?;
        let secrets = Secrets::load(&data)?;
        let target = settings.target();
        migrate::inspect(&target)?;
        let mut conn = connect(&target, Access::Write)?;
        let claim = Claim::new(secrets.folder());
        claim.take_at_start(&mut conn)?;
        warn_of_language(&mut conn)?;
        if !settings.no_migration_backup {
            backup::before::upgrade(settings, &mut conn)?;
        }
        let epoch = migrate::migrate(&mut conn)?;
        let mark = match &target {
            Target::Sqlite(path) => path.with_file_name("mark"),
            Target::Postgres(_) => data.join("mark.postgres"),
        };
        let (epoch, mark) = migrate::check(&mut conn, &claim, &mark, epoch, settings.accept_loss)?;
        let (publisher, events) = event::channel();
        let (ordered, ordered_jobs) = lane(LANE);
        let (second, second_jobs) = lane(LANE);
        let (turn, marks, meter) = (Turn::default(), ReadMarks::default(), Meter::default());
        let scribe = Scribe {
            pen: Pen::new(target.clone(), conn, claim, mark, turn.clone())?,
            ordered: ordered_jobs,
            second: second_jobs,
            publisher: publisher.clone(),
            marks: marks.clone(),
            slow: LastSends::default(),
            meter: meter.clone(),
            space: match &target {
                Target::Sqlite(_) => Space::below(data.clone()),
                // Its disk is elsewhere.
                Target::Postgres(_) => Space::default(),
            },
        };
        let (inbox, scribe) = scribe.start()?;
        let db = Db::new(&target, settings.database_pool, ordered, second, publisher.clone(), meter.clone())?;
        lobby::ensure(&db).await?;
        let live = Live::load(&db, settings).await?;
        let outbound = Outbound::default();
        let accounts = Accounts {
            db: db.clone(),
            codes: Arc::new(Codes::new(secrets.codes(), !settings.no_limits)),
            couriers: Couriers::open(settings, &live, &outbound)?,
            hasher: Hasher::new()?,
            sessions: Sessions::new(db.clone()),
            tokens: Tokens::new(db.clone()),
            people: People::new(db.clone()),
            bars: Bars::default(),
            throttle: Arc::new(Throttle::new(!settings.no_limits)),
            live: live.clone(),
            welcome: lobby::welcome,
            first_admin: seed::plant,
        };
        Ok(Self {
            accounts,
            db,
            marks,
            inbox,
            scribe,
            turn,
            publisher,
            events,
            secrets,
            epoch,
            live,
            meter,
            _lock: lock,
        })
    }

    /// Has everything queued stored, for a command that runs without a server.
    pub fn close(self) {
        drop(self.events);
        self.scribe.finish();
    }
}

/// A server that listens.
pub struct App {
    server: Server,
    address: SocketAddr,
    link: Option<String>,
    url: String,
    ending: Ending,
}

impl App {
    /// Binds the listener and builds everything behind it.
    ///
    /// # Errors
    /// What [`Core::open`] says; an address in use.
    pub async fn build(settings: &Settings) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(settings.listen)
            .map_err(|error| anyhow::anyhow!("--listen {}: {error}", settings.listen))?;
        let core = Core::open(settings).await?;
        folder::make_private(&settings.media_dir())?;
        let site = Site::new(settings);
        let address = listener.local_addr()?;
        let url = site.url(address);
        let link = setup::open(&core.accounts).await?.map(|token| format!("{url}/setup/#{token}"));
        let Core { accounts, db, marks, inbox, scribe, turn, publisher, events, secrets, epoch, live, meter, _lock } =
            core;
        message::search::backfill::prepare(&db).await?;
        let uploads = UploadDesk::open(settings, accounts.clone(), live.clone(), &epoch)?;
        let workers = settings.workers.map_or_else(cores, usize::from);
        let most = settings.max_sockets.map_or_else(|| connections(workers), |most| most as usize);
        let crowd = Crowd::new(if site.limits { settings.sockets_per_address as usize } else { usize::MAX }, most);
        let hubs = Hubs::new(most, meter);
        let presence = Presence::default();
        let (seen, seen_by) = mpsc::unbounded_channel();
        let reader = Reader::start(db.clone(), publisher.clone())?;
        let server = ChatServer::new(hubs.clone(), presence.clone(), marks.clone(), reader, seen, live.clone());
        let messages = MessageDesk {
            db: db.clone(),
            inbox: inbox.clone(),
            marks: marks.clone(),
            pace: Arc::new(Limiter::new(site.limits, NonZeroU32::MIN, HOUR).named(Limit::Sends)),
            live: live.clone(),
            words: Words::new(live.clone()),
            searches: Arc::new(message::search::pace(site.limits)),
            fingerprint: Arc::new(Fingerprint::new(secrets.fingerprint())),
            reactions: Reactions::new(db.clone()),
            sweeper: uploads.sweeper.clone(),
        };
        let chat = Chat {
            server: start_chat_server(server, events),
            presence,
            rooms: RoomDesk::new(db.clone(), marks.clone(), live.clone()),
            commands: CommandDesk::new(accounts.clone(), messages.clone(), weather(settings), site.limits),
            doors: Doors::new(site.limits),
            messages,
            epoch: Epoch(epoch),
            frames: site.limits.then_some(settings.frames_per_second),
            uploads,
            accounts,
        };
        chat.obey(&live.get());
        let checkpoints = checkpoint::start(&settings.target(), turn)?;
        control::listen(&settings.data_dir(), chat.accounts.clone())?;
        housekeeping::start(&chat, publisher.clone(), seen_by);
        actix_web::rt::spawn(sweeper::run(chat.uploads.clone()));
        let presets = PresetDesk {
            db: db.clone(),
            marks: marks.clone(),
            fingerprint: chat.messages.fingerprint.clone(),
            clock: Arc::default(),
            sweeper: chat.uploads.sweeper.clone(),
        };
        actix_web::rt::spawn(countdown::run(presets.clone()));
        let gauges = Gauges::new(settings.data_dir());
        let readiness = Readiness::default();
        let contacts = ContactDesk::new(db.clone(), site.limits);
        let reports = ReportDesk::new(db.clone(), site.limits);
        let monitor = Monitor::new(settings, chat.clone(), hubs.clone(), publisher.clone(), readiness.clone());
        let (listeners, events) = (hubs.clone(), publisher.clone());
        let web = Web { monitor, site, live, contacts, reports, presets, chat, gauges, hubs, publisher: events, crowd };
        let server = web.start(settings, listener, &secrets)?;
        let handle = server.handle();
        let ending =
            Ending { readiness, inbox, marks, db, publisher, hubs: listeners, scribe, handle, checkpoints, _lock };
        Ok(Self { server, address, link, url, ending })
    }

    /// Where it listens; the port that was chosen where none was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address to tell people.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The one-time link that makes the first admin, while there is none.
    pub fn setup_link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// Serves until the future resolves, then ends: nothing that was accepted is lost or refused.
    ///
    /// # Errors
    /// When the server breaks down.
    pub async fn run_until(self, stop: impl Future<Output = ()> + 'static) -> io::Result<()> {
        let ending = self.ending;
        let end = actix_web::rt::spawn(async move {
            stop.await;
            ending.end().await;
        });
        self.server.await?;
        // Whoever stopped the server is still holding the writer.
        end.await.map_err(io::Error::other)
    }
}

/// Who tells the weather. With places of its own: a slow gateway for text messages must not keep the weather waiting.
fn weather(settings: &Settings) -> Weather {
    Weather::new(OpenMeteo {
        geocoding: settings.weather_geocoding_url.clone(),
        forecast: settings.weather_forecast_url.clone(),
        out: Outbound::default(),
    })
}

/// The actor has a thread of its own, and hears every event in order.
fn start_chat_server(server: ChatServer, mut events: Events) -> actix::Addr<ChatServer> {
    ChatServer::start_in_arbiter(&Arbiter::new().handle(), move |ctx| {
        ctx.add_stream(stream::poll_fn(move |cx| events.poll_recv(cx)));
        server
    })
}

/// What every worker's application is made of.
#[derive(Clone)]
struct Web {
    monitor: Data<Monitor>,
    site: Site,
    live: Live,
    contacts: ContactDesk,
    reports: ReportDesk,
    presets: PresetDesk,
    chat: Chat,
    gauges: Gauges,
    hubs: Hubs,
    publisher: Publisher,
    crowd: Crowd,
}

impl Web {
    fn start(self, settings: &Settings, listener: TcpListener, secrets: &Secrets) -> anyhow::Result<Server> {
        let pages = Pages::new(self.live.clone()).map_err(|error| anyhow::anyhow!("a template is wrong: {error:?}"))?;
        let key = secrets.cookie();
        let head = Duration::from_secs(settings.head_seconds.into());
        let time = Duration::from_secs(settings.body_seconds.into());
        let bodies = Bodies { bytes: settings.body_max_bytes as usize, time };
        let factory = move || {
            let Self { monitor, site, live, contacts, reports, presets, chat, gauges, hubs, publisher, crowd } =
                self.clone();
            let sessions = chat.accounts.sessions.clone();
            ActixApp::new()
                .app_data(Data::new(pages.clone()))
                .app_data(Data::new(chat.accounts.clone()))
                .app_data(Data::new(live))
                .app_data(Data::new(contacts))
                .app_data(Data::new(reports))
                .app_data(Data::new(presets))
                .app_data(Data::new(chat.rooms.clone()))
                .app_data(Data::new(chat.messages.clone()))
                .app_data(Data::new(chat.presence.clone()))
                .app_data(Data::new(chat.epoch.clone()))
                .app_data(Data::new(chat.uploads.clone()))
                .app_data(Data::new(chat.commands.clone()))
                .app_data(Data::new(chat))
                .app_data(Data::new(gauges))
                .app_data(Data::new(publisher))
                .app_data(Data::new(crowd))
                .app_data(monitor)
                .app_data(Data::new(Hub::start(&hubs)))
                .configure(|cfg| body::configure(cfg, bodies))
                .configure(routes::configure)
                .wrap(from_fn(responses::count_errors))
                .wrap(session_middleware(sessions, key.clone(), &site))
                .wrap(from_fn(crowd::admit))
                .wrap(from_fn(gate::gate))
                .wrap(from_fn(error_page::readable))
                .wrap(headers::security(&site))
                .wrap(from_fn(responses::count))
                .wrap(from_fn(connection::answering))
                .app_data(Data::new(site))
        };
        let bounds = Bounds {
            workers: settings.workers.map_or_else(cores, usize::from),
            connections: settings.max_sockets.map_or(CONNECTIONS, |most| CONNECTIONS.max(most as usize)),
            keep_alive: KEEP_ALIVE,
            head,
            linger: LINGER,
            shutdown: Duration::from_secs(2),
        };
        let on_connect = move |tcp: &Tcp, data: &mut Extensions| connection::on_connect(tcp, data, KEEP_ALIVE + head);
        Ok(serve(factory, listener, bounds, on_connect)?)
    }
}

/// Connections at once: each is a file.
fn connections(workers: usize) -> usize {
    let files = rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(1_024, |(soft, _)| soft);
    usize::try_from(files).unwrap_or(usize::MAX).min(workers * CONNECTIONS)
}

fn cores() -> usize {
    thread::available_parallelism().map_or(2, std::num::NonZeroUsize::get)
}

fn session_middleware(sessions: Sessions, key: actix_web::cookie::Key, site: &Site) -> SessionMiddleware<Sessions> {
    let lifetime = PersistentSession::default().session_ttl(CookieDuration::days(session_store::ABSOLUTE_DAYS));
    SessionMiddleware::builder(sessions, key)
        .cookie_name(site.cookie_name().to_owned())
        .cookie_secure(site.is_secure())
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".to_owned())
        .cookie_content_security(CookieContentSecurity::Private)
        .session_lifecycle(lifetime)
        .build()
}
