//! Announcements in SQL. What changes them runs in the ordered lane.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::{dsl::count_star, prelude::*};

use crate::{
    account::{
        store::{CARD, CardRow, card},
        wire::Card,
    },
    announcement::{
        content::Words,
        wire::{Announcement, Image},
    },
    db::{
        connection::AnyConnection,
        schema::{announcement_reads, announcements, blobs, users},
        time::now,
    },
    id::{AnnouncementId, UserId},
    on_each,
    upload::sweeper::store::delete_unused,
};

/// The picture of a version.
#[derive(Debug, Clone, Queryable)]
pub struct Picture {
    /// Its blob.
    pub blob: i64,
    /// Of the image.
    pub ext: String,
    /// Of the small one.
    pub thumb_ext: String,
    /// Of the image, as stored.
    pub bytes: i64,
    /// In pixels.
    pub width: i64,
    /// In pixels.
    pub height: i64,
    /// `#rrggbb`
    pub color: String,
}

/// A version as stored.
#[derive(Debug, Clone)]
pub struct Version {
    /// Its id.
    pub id: AnnouncementId,
    /// What was written.
    pub words: Words,
    /// What it shows.
    pub picture: Option<Picture>,
    /// Who made it.
    pub author: Card,
    /// When.
    pub created_at: NaiveDateTime,
    /// `None` while it is a draft.
    pub published_at: Option<NaiveDateTime>,
    /// Since then it is not in force.
    pub withdrawn_at: Option<NaiveDateTime>,
}

impl Version {
    /// As everybody may see it.
    pub fn to_wire(&self) -> Announcement {
        let Self { id, words, author, published_at, .. } = self;
        let Words { title, text, alt, background } = words.clone();
        let image = self.picture.as_ref().map(|picture| Image {
            url: format!("/media/announcements/{id}.{}", picture.ext),
            thumb_url: format!("/media/announcements/{id}-t.{}", picture.thumb_ext),
            width: picture.width,
            height: picture.height,
            color: picture.color.clone(),
        });
        let background = background && image.is_some();
        Announcement {
            id: *id,
            title,
            text,
            alt,
            image,
            background,
            author: author.clone(),
            published_at: *published_at,
        }
    }
}

type Row = (
    AnnouncementId,
    String,
    String,
    String,
    bool,
    NaiveDateTime,
    Option<NaiveDateTime>,
    Option<NaiveDateTime>,
    CardRow,
    Option<Picture>,
);

fn version(row: Row) -> Version {
    let (id, title, text, alt, background, created_at, published_at, withdrawn_at, author, picture) = row;
    let words = Words { title, text, alt, background };
    Version { id, words, picture, author: card(author), created_at, published_at, withdrawn_at }
}

/// All versions, or one; the newest first. There are few: see [`super::KEPT`].
fn versions(conn: &mut AnyConnection, only: Option<AnnouncementId>) -> QueryResult<Vec<Version>> {
    let mut query = announcements::table
        .inner_join(users::table)
        .left_join(blobs::table)
        .order((announcements::published_at.desc(), announcements::id.desc()))
        .select((
            announcements::id,
            announcements::title,
            announcements::text,
            announcements::alt,
            announcements::background,
            announcements::created_at,
            announcements::published_at,
            announcements::withdrawn_at,
            CARD,
            (blobs::id, blobs::ext, blobs::thumb_ext, blobs::bytes, blobs::width, blobs::height, blobs::color)
                .nullable(),
        ))
        .into_boxed();
    if let Some(id) = only {
        query = query.filter(announcements::id.eq(id));
    }
    Ok(query.load::<Row>(conn)?.into_iter().map(version).collect())
}

/// The drafts, the newest first.
pub fn drafts(conn: &mut AnyConnection) -> QueryResult<Vec<Version>> {
    let mut all = versions(conn, None)?;
    all.retain(|version| version.published_at.is_none());
    Ok(all)
}

/// What was published, the newest first.
pub fn history(conn: &mut AnyConnection) -> QueryResult<Vec<Version>> {
    let mut all = versions(conn, None)?;
    all.retain(|version| version.published_at.is_some());
    Ok(all)
}

/// One version.
pub fn find(conn: &mut AnyConnection, id: AnnouncementId) -> QueryResult<Option<Version>> {
    Ok(versions(conn, Some(id))?.pop())
}

/// The version in force.
pub fn current(conn: &mut AnyConnection) -> QueryResult<Option<Version>> {
    match current_id(conn)? {
        Some(id) => find(conn, id),
        None => Ok(None),
    }
}

/// The id of the version in force.
pub fn current_id(conn: &mut AnyConnection) -> QueryResult<Option<AnnouncementId>> {
    announcements::table
        .filter(announcements::published_at.is_not_null().and(announcements::withdrawn_at.is_null()))
        .order((announcements::published_at.desc(), announcements::id.desc()))
        .select(announcements::id)
        .first(conn)
        .optional()
}

/// Stores a draft, with a blob that stays as long as it is named.
pub fn insert(
    conn: &mut AnyConnection,
    author: UserId,
    words: &Words,
    blob: Option<i64>,
) -> QueryResult<AnnouncementId> {
    diesel::insert_into(announcements::table)
        .values((
            announcements::title.eq(&words.title),
            announcements::text.eq(&words.text),
            announcements::alt.eq(&words.alt),
            announcements::blob_id.eq(blob),
            announcements::background.eq(words.background),
            announcements::author_id.eq(author),
            announcements::created_at.eq(now()),
        ))
        .returning(announcements::id)
        .get_result(conn)
}

/// Changes the words of a draft.
pub fn set_words(conn: &mut AnyConnection, id: AnnouncementId, words: &Words) -> QueryResult<usize> {
    diesel::update(announcements::table.find(id))
        .set((
            announcements::title.eq(&words.title),
            announcements::text.eq(&words.text),
            announcements::alt.eq(&words.alt),
            announcements::background.eq(words.background),
        ))
        .execute(conn)
}

/// Gives a draft another picture, or none.
pub fn set_blob(conn: &mut AnyConnection, id: AnnouncementId, blob: Option<i64>) -> QueryResult<()> {
    let old: Option<i64> = announcements::table.find(id).select(announcements::blob_id).first(conn)?;
    diesel::update(announcements::table.find(id)).set(announcements::blob_id.eq(blob)).execute(conn)?;
    delete_unused(conn, &old.into_iter().collect::<Vec<_>>())
}

/// Publishes a draft in the name of this person.
pub fn publish(conn: &mut AnyConnection, id: AnnouncementId, author: UserId) -> QueryResult<usize> {
    diesel::update(announcements::table.find(id))
        .set((announcements::published_at.eq(Some(now())), announcements::author_id.eq(author)))
        .execute(conn)
}

/// Leaves nothing in force: also what an older version would be, once the newest is gone.
pub fn withdraw_all(conn: &mut AnyConnection) -> QueryResult<usize> {
    let standing = announcements::published_at.is_not_null().and(announcements::withdrawn_at.is_null());
    diesel::update(announcements::table.filter(standing)).set(announcements::withdrawn_at.eq(Some(now()))).execute(conn)
}

/// Deletes versions with the pictures that nothing else names. The sweeper should then be woken.
pub fn delete(conn: &mut AnyConnection, ids: &[AnnouncementId]) -> QueryResult<()> {
    let these = announcements::table.filter(announcements::id.eq_any(ids));
    let blobs: Vec<Option<i64>> = these.select(announcements::blob_id).load(conn)?;
    diesel::delete(announcements::table.filter(announcements::id.eq_any(ids))).execute(conn)?;
    delete_unused(conn, &blobs.into_iter().flatten().collect::<Vec<_>>())
}

/// Did this person close this version?
pub fn is_seen(conn: &mut AnyConnection, id: AnnouncementId, user: UserId) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(announcement_reads::table.find((id, user)))).get_result(conn)
}

/// Notes that a person closed a version. `None` where it was never published, else whether that is new.
pub fn mark_seen(conn: &mut AnyConnection, id: AnnouncementId, user: UserId) -> QueryResult<Option<bool>> {
    let published = announcements::table
        .filter(announcements::id.eq(id).and(announcements::published_at.is_not_null()))
        .select(announcements::id);
    // It stays to the end of the transaction: old versions are deleted beside it.
    let found: Option<AnnouncementId> = match conn {
        AnyConnection::Pg(conn) => published.for_key_share().first(conn).optional()?,
        AnyConnection::Sqlite(conn) => published.first(conn).optional()?,
    };
    if found.is_none() {
        return Ok(None);
    }
    let values = (
        announcement_reads::announcement_id.eq(id),
        announcement_reads::user_id.eq(user),
        announcement_reads::read_at.eq(now()),
    );
    let inserted = on_each!(conn, |conn| diesel::insert_into(announcement_reads::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(conn)?);
    Ok(Some(inserted > 0))
}

/// How many people closed each version; versions that nobody closed are absent.
pub fn seen_counts(conn: &mut AnyConnection) -> QueryResult<HashMap<AnnouncementId, i64>> {
    let counts: Vec<(AnnouncementId, i64)> = announcement_reads::table
        .group_by(announcement_reads::announcement_id)
        .select((announcement_reads::announcement_id, count_star()))
        .load(conn)?;
    Ok(counts.into_iter().collect())
}

/// How many people there are to see it.
pub fn people(conn: &mut AnyConnection) -> QueryResult<i64> {
    users::table.filter(users::status.eq("active").and(users::role.ne("bot"))).select(count_star()).first(conn)
}
