//! From a received file to an upload: made once for identical files, counted, stored file first and row after.

mod quota;
mod store;

use sha2::{Digest as _, Sha256};

use crate::{
    account::store as people,
    db::{connection::AnyConnection, lane::Stored, time::now},
    error::{AppError, AppResult},
    id::UserId,
    upload::{
        UploadDesk,
        image::{
            Refused,
            process::{Mode, Processed, process},
        },
        intake::{
            quota::Quotas,
            store::{Known, NewBlob},
        },
        key::Key,
        name,
        paths::{image_path, thumb_path},
        receive::Received,
        store as uploads,
        wire::Upload,
    },
};

/// What a file takes of a disk at least; the small one counts too.
const DISK_BLOCK: usize = 4_096;

impl From<Refused> for AppError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotAPicture => Self::NotAPicture,
            Refused::OriginalTooLarge => Self::OriginalTooLarge,
            Refused::Bad(text) => Self::BadImage(text),
            Refused::TooSlow => Self::BadImage("This picture takes too long to read."),
            Refused::Io(error) => Self::internal(error),
        }
    }
}

/// Makes an upload of a received file.
///
/// # Errors
/// Whatever is wrong with the picture; [`AppError::Full`]; a disk or database that fails.
pub async fn take_in(desk: &UploadDesk, owner: UserId, received: Received, mode: Mode) -> AppResult<Upload> {
    let hash = source_hash(&received.hash, mode);
    let shown = received.name;
    if let Some(upload) = reuse(desk, owner, hash.clone(), shown.clone()).await? {
        return Ok(upload);
    }
    quota::check(desk, owner).await?;
    let made = desk.pool.make(received.file, move |path| process(path, mode)).await?;
    let (blob, files) = blob(owner, hash, made);
    let paths = desk.files.put_all(files).await?;
    let stored = insert(desk, blob, shown).await;
    // After any other error the row may be there all the same: the answer to a COMMIT can be lost.
    if matches!(stored, Ok((_, Fate::Superfluous)) | Err(AppError::Full(..) | AppError::Unauthenticated)) {
        desk.files.discard(&paths).await;
    }
    stored.map(|(upload, _)| upload)
}

/// Takes back uploads of a person that no message has; false where there is none.
///
/// # Errors
/// A database that fails.
pub async fn take_back(desk: &UploadDesk, owner: UserId, ids: &[String]) -> AppResult<bool> {
    let keys: Vec<Key> = ids.iter().filter_map(|id| Key::parse(id)).collect();
    if keys.is_empty() {
        return Ok(false);
    }
    let work = move |conn: &mut AnyConnection| {
        let mut found = false;
        for key in &keys {
            found |= uploads::delete_free(conn, owner, key)?;
        }
        Ok(Stored::quiet(found))
    };
    let found = desk.accounts.db.ordered(work).await?;
    desk.sweeper.notify_one();
    Ok(found)
}

/// The same bytes, kept in the same way.
fn source_hash(file: &[u8], mode: Mode) -> Vec<u8> {
    let mode = match mode {
        Mode::Budget(budget) => format!("budget {budget}"),
        Mode::Original(_) => "original".to_owned(),
    };
    Sha256::new().chain_update(file).chain_update(mode).finalize().to_vec()
}

/// Another use of a picture that this person has uploaded before.
async fn reuse(desk: &UploadDesk, owner: UserId, hash: Vec<u8>, shown: String) -> AppResult<Option<Upload>> {
    let db = &desk.accounts.db;
    let known = hash.clone();
    if !db.read(move |conn| Ok(store::is_known(conn, owner, &known)?)).await? {
        return Ok(None);
    }
    let limits = Quotas::of(desk);
    let work = move |conn: &mut AnyConnection| {
        check_active(conn, owner)?;
        let Some(known) = store::known(conn, owner, &hash)? else { return Ok(Stored::quiet(None)) };
        quota::spend(conn, owner, 0, limits)?;
        Ok(Stored::quiet(Some(use_again(conn, owner, &known, &shown)?)))
    };
    db.ordered(work).await
}

fn use_again(conn: &mut AnyConnection, owner: UserId, known: &Known, shown: &str) -> AppResult<Upload> {
    Ok(uploads::insert(conn, owner, known.id, &name::clean(shown, &known.ext))?)
}

/// The row and the files of a picture.
fn blob(owner: UserId, source_hash: Vec<u8>, made: Processed) -> (NewBlob, [(String, Vec<u8>); 2]) {
    let key = Key::random();
    let (ext, thumb_ext) = (made.kind.extension(), made.thumb_kind.extension());
    let on_disk = |length: usize| length.next_multiple_of(DISK_BLOCK);
    let blob = NewBlob {
        owner_id: owner,
        source_hash,
        key: key.as_str().to_owned(),
        ext,
        thumb_ext,
        mime: made.kind.mime(),
        stored_bytes: number(on_disk(made.bytes.len()) + on_disk(made.thumb.len())),
        bytes: number(made.bytes.len()),
        width: made.width.into(),
        height: made.height.into(),
        color: made.color,
        animated: made.animated,
        created_at: now(),
    };
    (blob, [(image_path(&key, ext), made.bytes), (thumb_path(&key, thumb_ext), made.thumb)])
}

fn number(length: usize) -> i64 {
    i64::try_from(length).expect("it fits into memory")
}

/// What becomes of files whose upload is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Its blob names them.
    Named,
    /// Its blob has others: somebody sent the same file twice at once.
    Superfluous,
}

async fn insert(desk: &UploadDesk, blob: NewBlob, shown: String) -> AppResult<(Upload, Fate)> {
    let limits = Quotas::of(desk);
    let work = move |conn: &mut AnyConnection| {
        check_active(conn, blob.owner_id)?;
        if let Some(known) = store::known(conn, blob.owner_id, &blob.source_hash)? {
            // Our own, where this was done before and only the answer was lost.
            let fate = if known.key == blob.key { Fate::Named } else { Fate::Superfluous };
            if fate == Fate::Superfluous {
                quota::spend(conn, blob.owner_id, 0, limits)?;
            }
            return Ok(Stored::quiet((use_again(conn, blob.owner_id, &known, &shown)?, fate)));
        }
        quota::spend(conn, blob.owner_id, blob.stored_bytes, limits)?;
        let id = store::insert_blob(conn, &blob)?;
        let upload = uploads::insert(conn, blob.owner_id, id, &name::clean(&shown, blob.ext))?;
        // Last: the row is everybody's, and on PostgreSQL locked from here to the commit.
        uploads::add_to_storage(conn, blob.stored_bytes)?;
        Ok(Stored::quiet((upload, Fate::Named)))
    };
    desk.accounts.db.ordered(work).await
}

/// Nothing is stored for somebody who was shut out while it came.
fn check_active(conn: &mut AnyConnection, owner: UserId) -> AppResult<()> {
    if people::is_active(conn, owner)? { Ok(()) } else { Err(AppError::Unauthenticated) }
}
