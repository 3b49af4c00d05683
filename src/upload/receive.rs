//! Bodies with a file: streamed to disk as they come, in time, within limits.

use std::{
    collections::HashMap,
    fs::File,
    io::{ErrorKind, Write as _},
    mem,
    time::{Duration, Instant},
};

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{HttpRequest, http::header, web};
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};

use crate::{
    error::{AppError, AppResult},
    upload::files::{Files, Temporary},
    web::body::is_packed,
};

/// How long a body may stand still.
const PAUSE: Duration = Duration::from_secs(10);

/// Bytes a second it must bring, reckoned from [`GRACE`] on: 64 kbit/s, so that a phone at the edge of its net gets the largest picture
/// through, and nobody holds a line for nothing.
const RATE: u64 = 8 * 1024;
const GRACE: Duration = Duration::from_secs(10);

/// Bytes written at once.
const BLOCK: usize = 256 * 1024;

/// Bytes beyond the limit that are read and thrown away: a client that is cut off while it sends may never see the answer.
const OVERRUN: u64 = 32 * 1024 * 1024;

/// Most bytes of another field, and most fields.
const TEXT: usize = 16 * 1024;
const FIELDS: usize = 16;

/// What a body of another type is answered.
const WANTED: AppError = AppError::UnsupportedMedia("Send the picture as multipart/form-data.");

/// A file that was received.
#[derive(Debug)]
pub struct Received {
    /// On the disk, as long as this lives.
    pub file: Temporary,
    /// What the client calls it.
    pub name: String,
    /// SHA-256 of its bytes.
    pub hash: Vec<u8>,
}

/// A form with a file.
#[derive(Debug)]
pub struct Form {
    /// The field `file`, unless it is empty and without a name, as browsers send one that nobody filled; or what is wrong with it.
    pub file: AppResult<Option<Received>>,
    /// The other fields; where the file was given up, those that came before it.
    pub texts: HashMap<String, String>,
}

/// Receives the file of a request that has nothing else.
///
/// # Errors
/// As for [`form`] and its file; [`AppError::Invalid`] without one.
pub async fn file(files: &Files, limit: u64, req: &HttpRequest, payload: web::Payload) -> AppResult<Received> {
    let form = form(files, limit, req, payload).await?;
    form.file?.ok_or_else(|| AppError::Invalid("Send the picture as the field \"file\".".into()))
}

/// Receives a form of type `multipart/form-data`. A file that is above the limit, or too slow, spoils only itself.
///
/// # Errors
/// [`AppError::TooLarge`], [`AppError::TooSlow`], [`AppError::UnsupportedMedia`] for other types, [`AppError::Malformed`].
pub async fn form(files: &Files, limit: u64, req: &HttpRequest, payload: web::Payload) -> AppResult<Form> {
    if is_packed(req) {
        return Err(WANTED);
    }
    let declared = req.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let hopeless = declared.is_some_and(|length| length > limit + OVERRUN);
    let body = Body { files, limit, hopeless, began: Instant::now(), taken: 0 };
    body.read(Multipart::new(req.headers(), payload)).await
}

struct Body<'a> {
    files: &'a Files,
    limit: u64,
    /// Its file is so large that it is not waited for.
    hopeless: bool,
    began: Instant,
    /// Bytes of fields so far.
    taken: u64,
}

impl Body<'_> {
    async fn read(mut self, mut parts: Multipart) -> AppResult<Form> {
        let mut form = Form { file: Ok(None), texts: HashMap::new() };
        let (mut count, mut has_file) = (0, false);
        while let Some(field) = self.in_time(parts.next()).await? {
            let mut field = field.map_err(refused)?;
            count += 1;
            if count > FIELDS {
                return Err(AppError::Malformed("The form has too many fields.".into()));
            }
            match field.name().map(ToOwned::to_owned).as_deref() {
                Some("file") if !has_file => {
                    has_file = true;
                    form.file = self.file(&mut field).await;
                    let is_read = matches!(form.file, Ok(_) | Err(AppError::TooLarge)) && !self.hopeless;
                    if !is_read {
                        return Ok(form);
                    }
                }
                Some("file") | None => return Err(AppError::Malformed("Send one field \"file\".".into())),
                Some(name) => {
                    let text = self.text(&mut field).await?;
                    form.texts.insert(name.to_owned(), text);
                }
            }
        }
        Ok(form)
    }

    async fn file(&mut self, field: &mut Field) -> AppResult<Option<Received>> {
        if self.hopeless {
            return Err(AppError::TooLarge);
        }
        let disposition = field.content_disposition();
        let name = disposition.and_then(|given| given.get_filename()).unwrap_or_default().to_owned();
        let file = self.files.temporary();
        let mut sink = Sink::create(file.path().to_owned()).await?;
        let mut length = 0u64;
        while let Some(chunk) = self.chunk(field).await? {
            length += chunk.len() as u64;
            if length > self.limit + OVERRUN {
                self.hopeless = true;
                return Err(AppError::TooLarge);
            }
            if length <= self.limit {
                sink.push(&chunk).await?;
            }
        }
        if length > self.limit {
            return Err(AppError::TooLarge);
        }
        let hash = sink.finish().await?;
        Ok((length > 0 || !name.is_empty()).then_some(Received { file, name, hash }))
    }

    async fn text(&mut self, field: &mut Field) -> AppResult<String> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk(field).await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > TEXT {
                return Err(AppError::TooLarge);
            }
        }
        String::from_utf8(bytes).map_err(|_| AppError::Malformed("A field is not UTF-8.".into()))
    }

    async fn chunk(&mut self, field: &mut Field) -> AppResult<Option<web::Bytes>> {
        let Some(chunk) = self.in_time(field.next()).await? else { return Ok(None) };
        let chunk = chunk.map_err(refused)?;
        self.taken += chunk.len() as u64;
        if is_behind(self.taken, self.began.elapsed()) {
            return Err(AppError::TooSlow);
        }
        Ok(Some(chunk))
    }

    async fn in_time<T>(&self, next: impl Future<Output = T>) -> AppResult<T> {
        let left = longest(self.limit).saturating_sub(self.began.elapsed());
        tokio::time::timeout(PAUSE.min(left), next).await.map_err(|_| AppError::TooSlow)
    }
}

/// Has a body brought too little in this time?
fn is_behind(taken: u64, after: Duration) -> bool {
    taken < after.saturating_sub(GRACE).as_secs() * RATE
}

/// How long a body with a file of so many bytes may take, whatever it brings.
fn longest(limit: u64) -> Duration {
    GRACE + Duration::from_secs(limit / RATE)
}

fn refused(error: MultipartError) -> AppError {
    match error {
        MultipartError::ContentTypeMissing
        | MultipartError::ContentTypeParse
        | MultipartError::ContentTypeIncompatible => WANTED,
        _ => AppError::Malformed("The form cannot be read.".into()),
    }
}

/// Writes and hashes in blocks, off the event thread.
struct Sink {
    state: Option<(File, Sha256)>,
    block: Vec<u8>,
}

impl Sink {
    async fn create(path: std::path::PathBuf) -> AppResult<Self> {
        let file = blocking(move || File::create_new(path)).await?;
        Ok(Self { state: Some((file, Sha256::new())), block: Vec::with_capacity(BLOCK) })
    }

    async fn push(&mut self, bytes: &[u8]) -> AppResult<()> {
        self.block.extend_from_slice(bytes);
        if self.block.len() >= BLOCK { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> AppResult<()> {
        let mut block = mem::take(&mut self.block);
        let (mut file, mut hasher) = self.state.take().ok_or_else(|| AppError::internal("a broken sink"))?;
        let write = move || {
            file.write_all(&block)?;
            hasher.update(&block);
            block.clear();
            Ok((file, hasher, block))
        };
        let (file, hasher, block) = blocking(write).await?;
        self.block = block;
        self.state = Some((file, hasher));
        Ok(())
    }

    async fn finish(mut self) -> AppResult<Vec<u8>> {
        self.flush().await?;
        let (_, hasher) = self.state.take().ok_or_else(|| AppError::internal("a broken sink"))?;
        Ok(hasher.finalize().to_vec())
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> AppResult<T> {
    web::block(work).await.map_err(AppError::internal)?.map_err(|error| match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => AppError::Storage,
        _ => AppError::internal(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Is a body of so many bytes, at this many a second, received to its end?
    fn arrives(bytes: u64, a_second: u64) -> bool {
        let seconds = bytes / a_second;
        let on_time = (0..=seconds).all(|second| !is_behind(second * a_second, Duration::from_secs(second)));
        on_time && Duration::from_secs(seconds) < longest(bytes)
    }

    #[test]
    fn a_slow_phone_gets_every_picture_through_and_a_trickle_none() {
        for bytes in [10_000, 500_000, 20_000_000, 100_000_000] {
            assert!(arrives(bytes, 12_500), "{bytes} bytes at 100 kbit/s");
        }
        for bytes in [500_000, 20_000_000] {
            assert!(!arrives(bytes, 1_000), "{bytes} bytes at 8 kbit/s");
        }
        assert!(longest(20_000_000) < Duration::from_secs(3600), "nobody holds a line for ever");
    }
}
