//! Bodies with files: streamed to disk as they come, in time, within limits.

use std::{
    collections::HashMap,
    fs::File,
    io::Write as _,
    mem,
    time::{Duration, Instant},
};

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{HttpRequest, http::header, web};
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};

use crate::{
    error::{AppError, AppResult},
    limit::Limit,
    upload::files::{Files, Temporary, is_storage},
    web::body::{Bodies, is_packed},
};

/// Bytes a second it must bring, reckoned from [`GRACE`] on: 64 kbit/s, so that a phone at the edge of its net gets the largest picture
/// through, and nobody holds a line for nothing.
const RATE: u64 = 8 * 1024;
const GRACE: Duration = Duration::from_secs(10);

/// Bytes written at once.
const BLOCK: usize = 256 * 1024;

/// Bytes beyond the limit that are read and thrown away: a client that is cut off while it sends may never see the answer.
const OVERRUN: u64 = 32 * 1024 * 1024;

/// Most fields beside the files; all together they have as many bytes as a body without files.
const FIELDS: usize = 16;

/// Most files that are looked at, wanted or not.
const FILES: usize = 256;

/// What a body of another type is answered.
const WANTED: AppError = AppError::UnsupportedMedia("Send the picture as multipart/form-data.");

/// What a field with a file is called; other chats' clients say `image`.
const FILE_FIELDS: [&str; 2] = ["file", "image"];

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

/// A form with files. What is wrong with a file does not lose what else was written, as far as it came.
#[derive(Debug, Default)]
pub struct Form {
    /// The fields `file` or `image`, but for those that are empty and without a name, as browsers send one that nobody filled.
    pub files: Vec<Received>,
    /// The other fields.
    pub texts: HashMap<String, String>,
    /// What the first file that is above the limit, or came too slowly, is called, and what is wrong with it; its bytes are gone.
    pub refused: Option<(String, AppError)>,
    /// There were more files than wanted; their bytes are gone.
    pub surplus: bool,
}

impl Form {
    /// Takes the file of a form that has one field for it.
    ///
    /// # Errors
    /// [`AppError::TooLarge`], [`AppError::TooSlow`], [`AppError::Malformed`] for several.
    pub fn take_file(&mut self) -> AppResult<Option<Received>> {
        match (self.surplus, self.refused.take()) {
            (true, _) => Err(AppError::Malformed("Send one field \"file\".".into())),
            (false, Some((_, error))) => Err(error),
            (false, None) => Ok(self.files.pop()),
        }
    }
}

/// Receives the file of a request that has nothing else.
///
/// # Errors
/// As for [`form`] and [`Form::take_file`]; [`AppError::Invalid`] without a file.
pub async fn file(files: &Files, limit: u64, req: &HttpRequest, payload: web::Payload) -> AppResult<Received> {
    let file = form(files, limit, 1, req, payload).await?.take_file()?;
    file.ok_or_else(|| AppError::Invalid("Send the picture as the field \"file\".".into()))
}

/// Receives a form of type `multipart/form-data` with at most so many files of at most `limit` bytes each.
///
/// # Errors
/// [`AppError::TooLarge`] and [`AppError::TooSlow`] for what is no file, [`AppError::UnsupportedMedia`] for other types,
/// [`AppError::Malformed`]; [`AppError::Storage`] where the disk is nearly full.
pub async fn form(files: &Files, limit: u64, most: usize, req: &HttpRequest, payload: web::Payload) -> AppResult<Form> {
    if is_packed(req) {
        return Err(WANTED);
    }
    files.check_space()?;
    let declared = req.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let wanted = limit.saturating_mul(most as u64);
    let hopeless = declared.is_some_and(|length| length > wanted.saturating_add(OVERRUN));
    let (bodies, began) = (Bodies::of(req), Instant::now());
    let body = Body { files, limit, most, wanted, hopeless, bodies, began, taken: 0, form: Form::default() };
    body.read(Multipart::new(req.headers(), payload)).await
}

struct Body<'a> {
    files: &'a Files,
    /// Most bytes of a file, most files, and most bytes of them all.
    limit: u64,
    most: usize,
    wanted: u64,
    /// It is so large that its files are not waited for.
    hopeless: bool,
    bodies: Bodies,
    began: Instant,
    /// Bytes of fields so far.
    taken: u64,
    form: Form,
}

impl Body<'_> {
    async fn read(mut self, mut parts: Multipart) -> AppResult<Form> {
        let (mut files, mut texts) = (0, 0);
        while let Some(field) = self.in_time(parts.next()).await? {
            let mut field = field.map_err(refused)?;
            let name = field.name().map(ToOwned::to_owned);
            let name = name.ok_or_else(|| AppError::Malformed("A field has no name.".into()))?;
            let is_file = FILE_FIELDS.contains(&name.as_str());
            *(if is_file { &mut files } else { &mut texts }) += 1;
            if files > FILES || texts > FIELDS {
                return Err(AppError::Malformed("The form has too many fields.".into()));
            }
            if !is_file {
                self.text(name, &mut field).await?;
                continue;
            }
            let name =
                field.content_disposition().and_then(|given| given.get_filename()).unwrap_or_default().to_owned();
            match self.file(&name, &mut field).await {
                Ok(()) => {}
                Err(error @ (AppError::TooLarge(..) | AppError::TooSlow)) => {
                    // What comes after it is not waited for.
                    self.form.refused.get_or_insert((name, error));
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(self.form)
    }

    /// Reads a file to its end, be it too large or one too many: a client that is cut off never sees the answer.
    async fn file(&mut self, name: &str, field: &mut Field) -> AppResult<()> {
        if self.hopeless {
            return Err(AppError::TooLarge(Limit::File, self.limit));
        }
        let is_wanted = self.form.files.len() < self.most;
        let file = self.files.temporary();
        let mut sink = Sink::create(file.path().to_owned()).await?;
        let mut length = 0u64;
        while let Some(chunk) = self.chunk(field).await? {
            length += chunk.len() as u64;
            if self.taken > self.wanted.saturating_add(OVERRUN) {
                return Err(AppError::TooLarge(Limit::File, self.limit));
            }
            if is_wanted && length <= self.limit {
                sink.push(&chunk).await?;
            }
        }
        let hash = sink.finish().await?;
        match (length, is_wanted) {
            (0, _) if name.is_empty() => {}
            (_, false) => self.form.surplus = true,
            (length, true) if length > self.limit => {
                self.form.refused.get_or_insert((name.to_owned(), AppError::TooLarge(Limit::File, self.limit)));
            }
            (_, true) => self.form.files.push(Received { file, name: name.to_owned(), hash }),
        }
        Ok(())
    }

    async fn text(&mut self, name: String, field: &mut Field) -> AppResult<()> {
        let mut bytes = Vec::new();
        let others: usize = self.form.texts.values().map(String::len).sum();
        while let Some(chunk) = self.chunk(field).await? {
            bytes.extend_from_slice(&chunk);
            if others + bytes.len() > self.bodies.bytes {
                return Err(AppError::TooLarge(Limit::Body, self.bodies.bytes as u64));
            }
        }
        let text = String::from_utf8(bytes).map_err(|_| AppError::Malformed("A field is not UTF-8.".into()))?;
        self.form.texts.insert(name, text);
        Ok(())
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
        let left = longest(self.wanted).saturating_sub(self.began.elapsed());
        tokio::time::timeout(self.bodies.time.min(left), next).await.map_err(|_| AppError::TooSlow)
    }
}

/// Has a body brought too little in this time?
fn is_behind(taken: u64, after: Duration) -> bool {
    taken < after.saturating_sub(GRACE).as_secs() * RATE
}

/// How long a body with so many bytes of files may take, whatever it brings.
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
        kind if is_storage(kind) => AppError::Storage,
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
