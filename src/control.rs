//! The command line beside a running server: acts go through a Unix socket in the data folder, so that live sessions learn them.
//!
//! The folder belongs to the server's user alone, and so does the socket: whoever may open it could read the database too. One act a
//! connection, a line of JSON each way.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::{fs::PermissionsExt as _, net::UnixStream},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader as AsyncBufReader},
    net::{UnixListener, UnixStream as AsyncUnixStream},
};

use crate::account::{
    Accounts,
    act::{Act, carry_out},
};

/// Where the socket is.
pub fn path(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// Listens until the process ends. The data folder's lock is held, so a socket found there is an old one.
///
/// # Errors
/// When the socket cannot be made.
pub fn listen(data: &Path, accounts: Accounts) -> io::Result<()> {
    let path = path(data);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    actix_web::rt::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let accounts = accounts.clone();
                    actix_web::rt::spawn(async move {
                        let served = serve(stream, &accounts).await;
                        served.unwrap_or_else(|error| tracing::warn!(%error, "a command broke off"));
                    });
                }
                Err(error) => {
                    // Out of file descriptors, most likely: some will be given back.
                    tracing::warn!(%error, "the control socket takes nobody");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    });
    Ok(())
}

async fn serve(stream: AsyncUnixStream, accounts: &Accounts) -> io::Result<()> {
    let mut stream = AsyncBufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let outcome = match serde_json::from_str::<Act>(&line) {
        Ok(act) => carry_out(accounts, act).await,
        Err(error) => Err(error.to_string()),
    };
    let mut answer = serde_json::to_vec(&outcome)?;
    answer.push(b'\n');
    stream.write_all(&answer).await
}

/// Has a running server carry an act out. `None` when none runs.
///
/// # Errors
/// When the server breaks off.
pub fn ask(data: &Path, act: &Act) -> io::Result<Option<Result<String, String>>> {
    let mut stream = match UnixStream::connect(path(data)) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut line = serde_json::to_vec(act)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(Some(serde_json::from_str(&answer)?))
}
