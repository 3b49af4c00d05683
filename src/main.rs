//! The command line.

use std::io::{IsTerminal as _, Read as _, Write as _};

use parlor::{
    account::act::{Act, carry_out},
    app::{App, Core},
    backup::{
        make::{What, make},
        restore::{Sessions, restore},
        verify::verify,
    },
    bench::{self, args::Place, report::table},
    config::{Cli, Command, LogFormat, Settings, UserAct},
    control,
};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[actix_web::main]
async fn main() -> std::process::ExitCode {
    match run().await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            say_error(&error);
            std::process::ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let Cli { command, settings, .. } = Cli::load()?;
    start_log(&settings)?;
    match command.unwrap_or(Command::Serve) {
        Command::Serve => serve(&settings).await,
        Command::Migrate => {
            Core::open(&settings).await?.close();
            say("The database is up to date.");
            Ok(())
        }
        Command::Bench(args) => {
            let place = Place { data: settings.data.clone(), database_url: settings.database_url.clone() };
            let outcomes = bench::run(&args, &place)?;
            if args.json {
                for outcome in &outcomes {
                    say(&serde_json::to_string(outcome)?);
                }
            } else {
                say(&table(&outcomes));
            }
            Ok(())
        }
        Command::Backup { folder, no_media } => {
            let what = if no_media { What::NoMedia } else { What::Everything };
            let made = make(&settings, &folder, what)?;
            say(&format!("Backup {}: {made}", folder.display()));
            Ok(())
        }
        Command::Verify { folder } => {
            say(&format!("{} is whole and undamaged: {}", folder.display(), verify(&folder)?));
            Ok(())
        }
        Command::Restore { folder, sign_out } => {
            let sessions = if sign_out { Sessions::End } else { Sessions::Keep };
            say(&format!("Restored: {}", restore(&settings, &folder, sessions)?));
            Ok(())
        }
        Command::User { act } => user(&settings, act).await,
    }
}

/// Has what is large (a password's nineteen megabytes, pixels) go back to the system at once. Left to itself, glibc puts it into the
/// heaps of its threads after the first time, each of which then keeps some sixty megabytes.
fn return_what_is_large() {
    #[cfg(target_env = "gnu")]
    {
        const LARGE: libc::c_int = 1024 * 1024;
        #[expect(unsafe_code, reason = "the allocator has no other way to be told")]
        // SAFETY: mallopt(3) changes numbers of the allocator and may be called at any time.
        let told = unsafe {
            // What is small comes and goes all the time: a heap keeps so much of its end.
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE) + libc::mallopt(libc::M_TRIM_THRESHOLD, 8 * LARGE)
        };
        if told != 2 {
            tracing::warn!("the allocator would not be told");
        }
    }
}

async fn serve(settings: &Settings) -> anyhow::Result<()> {
    return_what_is_large();
    // Every socket is a file; most systems start a process with 1,024 of them and allow far more.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit on open files stays as it is");
    }
    // A file at its limit (RLIMIT_FSIZE) is a failed write, as a full disk is, and no reason to die.
    let _at_limit = signal(SignalKind::from_raw(libc::SIGXFSZ))?;
    // Before anybody is told that it runs: whoever reads that may end it at once.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let app = App::build(settings).await?;
    say(&format!("Parlor listens on http://{}", app.address()));
    if settings.public_url.is_some() {
        say(&format!("People reach it at {}", app.url()));
    }
    if let Some(link) = app.setup_link() {
        say(&format!("First admin: {link}"));
    }
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    Ok(app.run_until(stop).await?)
}

async fn user(settings: &Settings, act: UserAct) -> anyhow::Result<()> {
    let act = match act {
        UserAct::Add { username, role } => {
            Act::Add { username, role: role.parse().map_err(anyhow::Error::msg)?, password: read_password()? }
        }
        UserAct::Passwd { username } => Act::Passwd { username, password: read_password()? },
        UserAct::Role { username, role } => Act::Role { username, role: role.parse().map_err(anyhow::Error::msg)? },
        UserAct::List => Act::List,
    };
    let outcome = match control::ask(&settings.data_dir(), &act)? {
        Some(outcome) => outcome,
        None => {
            let core = Core::open(settings).await?;
            let outcome = carry_out(&core.accounts, act).await;
            core.close();
            outcome
        }
    };
    say(&outcome.map_err(anyhow::Error::msg)?);
    Ok(())
}

/// From standard input, so that it stands neither in the shell's history nor in the list of processes.
fn read_password() -> anyhow::Result<String> {
    let mut password = String::new();
    if std::io::stdin().is_terminal() {
        eprintln!("Password (it will be shown as you type):");
        std::io::stdin().read_line(&mut password)?;
    } else {
        std::io::stdin().read_to_string(&mut password)?;
    }
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}

fn start_log(settings: &Settings) -> anyhow::Result<()> {
    let filter =
        EnvFilter::try_new(&settings.log).map_err(|error| anyhow::anyhow!("--log {}: {error}", settings.log))?;
    // It calls every request an error that makes no sense, so that anybody could fill the log.
    let filter = match settings.log.contains("actix_http") {
        true => filter,
        false => filter.add_directive("actix_http::h1::dispatcher=off".parse()?),
    };
    // What it would say is the address and the body of a request, with somebody's number and code in them.
    let filter = filter.add_directive("ureq=info".parse()?).add_directive("ureq_proto=info".parse()?);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

/// On standard output. Whoever reads the first line and goes away must not end a server by that.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[expect(clippy::print_stderr, reason = "a command's failure belongs on standard error")]
fn say_error(error: &anyhow::Error) {
    eprintln!("parlor: {error:#}");
}
