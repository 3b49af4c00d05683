//! The command line.

use std::io::{IsTerminal as _, Read as _};

use parlor::{
    account::act::{Act, carry_out},
    app::{App, Core},
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
        Command::User { act } => user(&settings, act).await,
    }
}

async fn serve(settings: &Settings) -> anyhow::Result<()> {
    // Every socket is a file; most systems start a process with 1,024 of them and allow far more.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit on open files stays as it is");
    }
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
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of a command belongs on standard output")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "a command's failure belongs on standard error")]
fn say_error(error: &anyhow::Error) {
    eprintln!("parlor: {error:#}");
}
