//! Bodies with files: streamed to disk as they come, in time, within limits.

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

/// How long a body may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// How long it may stand still.
const PAUSE: Duration = Duration::from_secs(10);

/// Bytes a second it must bring, reckoned from [`GRACE`] on.
const RATE: u64 = 8 * 1024;
const GRACE: Duration = Duration::from_secs(5);

/// Bytes written at once.
const BLOCK: usize = 256 * 1024;

/// Bytes beyond the limit that are read and thrown away: a client that is cut off while it sends may never see the answer.
const OVERRUN: u64 = 32 * 1024 * 1024;

/// Most bytes of all other fields together, and most of them.
const TEXT: usize = 64 * 1024;
const FIELDS: usize = 16;

/// Most files that are looked at, wanted or not.
const FILES: usize = 256;

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

/// A form with files. What is wrong with a file does not lose what else was written.
#[derive(Debug, Default)]
pub struct Form {
    /// The fields `file`, but for those that are empty and without a name, as browsers send one that nobody filled.
    pub files: Vec<Received>,
    /// The other fields.
    pub texts: HashMap<String, String>,
    /// What the first file above the limit is called; its bytes are gone.
    pub too_large: Option<String>,
    /// There were more files than wanted; their bytes are gone.
    pub surplus: bool,
}

impl Form {
    /// Takes the file of a form that has one field for it.
    ///
    /// # Errors
    /// [`AppError::TooLarge`], [`AppError::Malformed`] for several.
    pub fn take_file(&mut self) -> AppResult<Option<Received>> {
        match (self.surplus, &self.too_large) {
            (true, _) => Err(AppError::Malformed("Send one field \"file\".".into())),
            (false, Some(_)) => Err(AppError::TooLarge),
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
/// [`AppError::TooLarge`] for what is not even read to its end, [`AppError::TooSlow`], [`AppError::UnsupportedMedia`] for other
/// types, [`AppError::Malformed`].
pub async fn form(files: &Files, limit: u64, most: usize, req: &HttpRequest, payload: web::Payload) -> AppResult<Form> {
    let declared = req.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if is_packed(req) {
        return Err(AppError::UnsupportedMedia);
    }
    let all = limit.saturating_mul(most as u64).saturating_add(OVERRUN);
    if declared.is_some_and(|length| length > all) {
        return Err(AppError::TooLarge);
    }
    let body = Body { files, limit, most, all, began: Instant::now(), taken: 0, form: Form::default() };
    let parts = Multipart::new(req.headers(), payload);
    tokio::time::timeout(DEADLINE, body.read(parts)).await.map_err(|_| AppError::TooSlow)?
}

struct Body<'a> {
    files: &'a Files,
    /// Most bytes of a file, most files, and most bytes of everything.
    limit: u64,
    most: usize,
    all: u64,
    began: Instant,
    /// Bytes of fields so far.
    taken: u64,
    form: Form,
}

impl Body<'_> {
    async fn read(mut self, mut parts: Multipart) -> AppResult<Form> {
        let (mut files, mut texts) = (0, 0);
        while let Some(field) = in_time(parts.next()).await? {
            let mut field = field.map_err(refused)?;
            let name = field.name().map(ToOwned::to_owned);
            let name = name.ok_or_else(|| AppError::Malformed("A field has no name.".into()))?;
            let is_file = name == "file";
            *(if is_file { &mut files } else { &mut texts }) += 1;
            if files > FILES || texts > FIELDS {
                return Err(AppError::Malformed("The form has too many fields.".into()));
            }
            match is_file {
                true => self.file(&mut field).await?,
                false => self.text(name, &mut field).await?,
            }
        }
        Ok(self.form)
    }

    /// Reads a file to its end, be it too large or one too many: a client that is cut off never sees the answer.
    async fn file(&mut self, field: &mut Field) -> AppResult<()> {
        let disposition = field.content_disposition();
        let name = disposition.and_then(|given| given.get_filename()).unwrap_or_default().to_owned();
        let is_wanted = self.form.files.len() < self.most;
        let file = self.files.temporary();
        let mut sink = Sink::create(file.path().to_owned()).await?;
        let mut length = 0u64;
        while let Some(chunk) = self.chunk(field).await? {
            length += chunk.len() as u64;
            if is_wanted && length <= self.limit {
                sink.push(&chunk).await?;
            }
        }
        let hash = sink.finish().await?;
        match (length, is_wanted) {
            (0, _) if name.is_empty() => {}
            (_, false) => self.form.surplus = true,
            (length, true) if length > self.limit => {
                self.form.too_large.get_or_insert(name);
            }
            (_, true) => self.form.files.push(Received { file, name, hash }),
        }
        Ok(())
    }

    async fn text(&mut self, name: String, field: &mut Field) -> AppResult<()> {
        let mut bytes = Vec::new();
        let others: usize = self.form.texts.values().map(String::len).sum();
        while let Some(chunk) = self.chunk(field).await? {
            bytes.extend_from_slice(&chunk);
            if others + bytes.len() > TEXT {
                return Err(AppError::TooLarge);
            }
        }
        let text = String::from_utf8(bytes).map_err(|_| AppError::Malformed("A field is not UTF-8.".into()))?;
        self.form.texts.insert(name, text);
        Ok(())
    }

    async fn chunk(&mut self, field: &mut Field) -> AppResult<Option<web::Bytes>> {
        let Some(chunk) = in_time(field.next()).await? else { return Ok(None) };
        let chunk = chunk.map_err(refused)?;
        self.taken += chunk.len() as u64;
        if self.taken > self.all {
            return Err(AppError::TooLarge);
        }
        let late = self.began.elapsed().saturating_sub(GRACE);
        if self.taken < late.as_secs() * RATE {
            return Err(AppError::TooSlow);
        }
        Ok(Some(chunk))
    }
}

async fn in_time<T>(next: impl Future<Output = T>) -> AppResult<T> {
    tokio::time::timeout(PAUSE, next).await.map_err(|_| AppError::TooSlow)
}

fn refused(error: MultipartError) -> AppError {
    match error {
        MultipartError::ContentTypeMissing
        | MultipartError::ContentTypeParse
        | MultipartError::ContentTypeIncompatible => AppError::UnsupportedMedia,
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
