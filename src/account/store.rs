//! People and sessions in SQL.

use chrono::NaiveDateTime;
use diesel::{prelude::*, result::DatabaseErrorKind, result::Error};

use crate::{
    account::wire::{Card, Me, SiteRole, Status, avatar_large_url, avatar_url},
    db::{
        connection::AnyConnection,
        kept::within,
        schema::{meta, sessions, users},
        time::now,
    },
    error::{AppError, AppResult},
    id::{InviteId, SessionId, UserId},
    on_each,
};

/// The columns of a [`Card`].
pub type CardRow = (UserId, String, String, String, Option<String>, Option<String>);

/// What to select for a [`CardRow`].
pub const CARD: (users::id, users::username, users::nickname, users::role, users::avatar, users::away) =
    (users::id, users::username, users::nickname, users::role, users::avatar, users::away);

/// A card from its columns.
pub fn card((id, username, nickname, role, avatar, away): CardRow) -> Card {
    // The column has a CHECK: another value cannot be stored.
    let role = role.parse().unwrap_or(SiteRole::Member);
    Card { id, username, nickname, role, avatar_url: avatar.as_deref().map(avatar_url), away }
}

/// A person to be stored.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = users)]
pub struct NewUser {
    /// As typed, NFC.
    pub username: String,
    /// Folded.
    pub username_key: String,
    /// UTS 39 skeleton.
    pub skeleton: String,
    /// Shown.
    pub nickname: String,
    /// Folded, to be looked for.
    pub nickname_key: String,
    /// Unchecked.
    pub email: Option<String>,
    /// E.164, unchecked.
    pub phone: Option<String>,
    /// The address, folded, if it is confirmed.
    pub email_key: Option<String>,
    /// The number, if it is confirmed.
    pub phone_key: Option<String>,
    /// A PHC string.
    pub password_hash: String,
    /// See [`SiteRole`].
    pub role: &'static str,
    /// Empty at first.
    pub bio: String,
    /// From the browser.
    pub locale: Option<String>,
    /// The link that brought them.
    pub invite_id: Option<InviteId>,
    /// Now.
    pub created_at: NaiveDateTime,
}

/// Stores a person.
///
/// # Errors
/// [`AppError::Taken`] with the field that somebody else has.
pub fn insert(conn: &mut AnyConnection, user: &NewUser) -> AppResult<Card> {
    let inserted = diesel::insert_into(users::table).values(user.clone()).returning(CARD).get_result(conn);
    inserted.map(card).map_err(taken)
}

pub(super) fn taken(error: Error) -> AppError {
    match &error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
            let place = info.constraint_name().unwrap_or_else(|| info.message()).to_owned();
            if place.contains("phone") {
                AppError::taken("phone", "Another account has this number.")
            } else if place.contains("email") {
                AppError::taken("email", "Another account has this address.")
            } else {
                AppError::taken("username", "This name, or one that looks like it, is taken.")
            }
        }
        _ => error.into(),
    }
}

/// What a login is checked against.
pub struct Credentials {
    /// Who.
    pub id: UserId,
    /// A PHC string.
    pub password_hash: String,
    /// May they come in?
    pub status: Status,
    /// Why not, for them to read.
    pub reason: String,
}

/// By folded name; a bot has none.
pub fn credentials_by_key(conn: &mut AnyConnection, key: &str) -> QueryResult<Option<Credentials>> {
    let row = users::table
        .filter(users::username_key.eq(key).and(users::role.ne("bot")))
        .select((users::id, users::password_hash, users::status, users::status_reason))
        .first::<(UserId, String, String, String)>(conn)
        .optional()?;
    Ok(row.map(|(id, password_hash, text, reason)| Credentials { id, password_hash, status: status(&text), reason }))
}

/// Of a person who is logged in.
pub fn password_hash(conn: &mut AnyConnection, user: UserId) -> QueryResult<String> {
    users::table.find(user).select(users::password_hash).first(conn)
}

/// Sets a password.
pub fn set_password(conn: &mut AnyConnection, user: UserId, hash: &str) -> QueryResult<usize> {
    diesel::update(users::table.find(user)).set(users::password_hash.eq(hash)).execute(conn)
}

/// Says that somebody is away, or here again.
pub fn set_away(conn: &mut AnyConnection, user: UserId, away: Option<&str>) -> QueryResult<usize> {
    diesel::update(users::table.find(user)).set(users::away.eq(away)).execute(conn)
}

/// By id.
pub fn find(conn: &mut AnyConnection, user: UserId) -> QueryResult<Option<Card>> {
    Ok(users::table.find(user).select(CARD).first(conn).optional()?.map(card))
}

/// By folded name.
pub fn find_by_key(conn: &mut AnyConnection, key: &str) -> QueryResult<Option<Card>> {
    Ok(users::table.filter(users::username_key.eq(key)).select(CARD).first(conn).optional()?.map(card))
}

/// Several at once.
pub fn find_all(conn: &mut AnyConnection, ids: &[UserId]) -> QueryResult<Vec<Card>> {
    Ok(users::table.filter(users::id.eq_any(ids)).select(CARD).load(conn)?.into_iter().map(card).collect())
}

/// Everybody, for the command line.
pub fn list(conn: &mut AnyConnection) -> QueryResult<Vec<Card>> {
    Ok(users::table.order(users::id).select(CARD).load(conn)?.into_iter().map(card).collect())
}

/// A page of people whose names begin with or contain `query` (already folded), by id.
pub fn page(conn: &mut AnyConnection, query: &str, after: UserId, limit: i64) -> QueryResult<Vec<Card>> {
    let mut people = users::table.filter(users::id.gt(after)).order(users::id).limit(limit).select(CARD).into_boxed();
    if !query.is_empty() {
        let pattern = format!("%{}%", escape_like(query));
        people = people.filter(
            users::username_key.like(pattern.clone()).escape('\\').or(users::nickname_key.like(pattern).escape('\\')),
        );
    }
    Ok(people.load(conn)?.into_iter().map(card).collect())
}

/// Text that LIKE takes literally, with `\` as the escape character.
pub fn escape_like(text: &str) -> String {
    text.chars().flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c])).collect()
}

/// My own row.
pub fn me(conn: &mut AnyConnection, user: UserId) -> QueryResult<Me> {
    let addresses = (users::email, users::email_key.is_not_null(), users::phone, users::phone_key.is_not_null());
    let (row, (email, email_confirmed, phone, phone_confirmed), bio, locale, created_at) =
        users::table.find(user).select((CARD, addresses, users::bio, users::locale, users::created_at)).first(conn)?;
    Ok(Me { card: card(row), email, email_confirmed, phone, phone_confirmed, bio, locale, created_at })
}

/// What a profile page shows.
pub struct About {
    /// Who.
    pub card: Card,
    /// The picture in the size of a profile.
    pub avatar_large_url: Option<String>,
    /// A few words about them.
    pub bio: String,
    /// When they were last connected.
    pub last_seen_at: Option<NaiveDateTime>,
    /// When they registered.
    pub created_at: NaiveDateTime,
}

/// By id, for a profile page.
pub fn about(conn: &mut AnyConnection, user: UserId) -> QueryResult<Option<About>> {
    let row = users::table
        .find(user)
        .select((CARD, users::bio, users::last_seen_at, users::created_at))
        .first::<(CardRow, String, Option<NaiveDateTime>, NaiveDateTime)>(conn)
        .optional()?;
    Ok(row.map(|(row, bio, last_seen_at, created_at)| {
        let avatar_large_url = row.4.as_deref().map(avatar_large_url);
        About { card: card(row), avatar_large_url, bio, last_seen_at, created_at }
    }))
}

/// What a person changes of themselves; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = users)]
pub struct ProfileChange {
    /// Shown name.
    pub nickname: Option<String>,
    /// The same, folded.
    pub nickname_key: Option<String>,
    /// `Some(None)` clears it.
    pub email: Option<Option<String>>,
    /// `Some(None)` clears it.
    pub phone: Option<Option<String>>,
    /// A few words.
    pub bio: Option<String>,
    /// `Some(None)` follows the browser.
    pub locale: Option<Option<String>>,
}

impl ProfileChange {
    fn is_empty(&self) -> bool {
        let Self { nickname, nickname_key: _, email, phone, bio, locale } = self;
        nickname.is_none() && email.is_none() && phone.is_none() && bio.is_none() && locale.is_none()
    }
}

/// Stores a changed profile.
///
/// # Errors
/// When the database fails.
pub fn update_profile(conn: &mut AnyConnection, user: UserId, change: &ProfileChange) -> QueryResult<()> {
    if !change.is_empty() {
        diesel::update(users::table.find(user)).set(change.clone()).execute(conn)?;
    }
    Ok(())
}

fn status(text: &str) -> Status {
    // The column has a CHECK: another value cannot be stored.
    text.parse().unwrap_or(Status::Active)
}

/// What became of an account: its card, whether it is active, why not.
pub fn standing_of(conn: &mut AnyConnection, user: UserId) -> QueryResult<Option<(Card, Status, String)>> {
    let found = users::table
        .find(user)
        .select((CARD, users::status, users::status_reason))
        .first::<(CardRow, String, String)>(conn)
        .optional()?;
    Ok(found.map(|(row, text, reason)| (card(row), status(&text), reason)))
}

/// May this person have a session? On PostgreSQL the answer holds to the end of the transaction.
pub fn is_active(conn: &mut AnyConnection, user: UserId) -> QueryResult<bool> {
    let active = users::table.filter(users::id.eq(user).and(users::status.eq("active"))).select(users::id);
    let found: Option<UserId> = match conn {
        AnyConnection::Pg(conn) => active.for_share().first(conn).optional()?,
        AnyConnection::Sqlite(conn) => active.first(conn).optional()?,
    };
    Ok(found.is_some())
}

/// Sets what became of an account, and why.
pub fn set_status(conn: &mut AnyConnection, user: UserId, status: Status, reason: &str) -> QueryResult<usize> {
    diesel::update(users::table.find(user))
        .set((users::status.eq(status.as_str()), users::status_reason.eq(reason)))
        .execute(conn)
}

/// Is there an active admin beside this person?
pub fn has_other_admin(conn: &mut AnyConnection, user: UserId) -> QueryResult<bool> {
    let others = users::table.filter(users::role.eq("admin").and(users::status.eq("active")).and(users::id.ne(user)));
    diesel::select(diesel::dsl::exists(others)).get_result(conn)
}

/// Until when this person may write nowhere, if that is not over.
pub fn silenced_until(conn: &mut AnyConnection, user: UserId) -> QueryResult<Option<NaiveDateTime>> {
    let until: Option<NaiveDateTime> = users::table.find(user).select(users::silenced_until).first(conn)?;
    Ok(until.filter(|until| *until > now()))
}

/// Sets it, or ends it.
pub fn set_silenced(conn: &mut AnyConnection, user: UserId, until: Option<NaiveDateTime>) -> QueryResult<usize> {
    diesel::update(users::table.find(user)).set(users::silenced_until.eq(until)).execute(conn)
}

/// People who send, as they are now.
pub struct Sender {
    /// What others see of them.
    pub card: Card,
    /// Nobody banned or deactivated them.
    pub active: bool,
    /// They write nowhere until then.
    pub silenced_until: Option<NaiveDateTime>,
}

/// Several who send.
pub fn senders(conn: &mut AnyConnection, ids: &[UserId]) -> QueryResult<Vec<Sender>> {
    let found = users::table.filter(within(users::id, ids.iter().map(|id| id.0)));
    let found = found.select((CARD, users::status, users::silenced_until));
    let rows: Vec<(CardRow, String, Option<NaiveDateTime>)> = on_each!(conn, |conn| found.load(conn)?);
    let sender = |(row, text, silenced_until): (CardRow, String, _)| Sender {
        card: card(row),
        active: status(&text) == Status::Active,
        silenced_until,
    };
    Ok(rows.into_iter().map(sender).collect())
}

/// Sets a role.
pub fn set_role(conn: &mut AnyConnection, user: UserId, role: SiteRole) -> QueryResult<usize> {
    diesel::update(users::table.find(user)).set(users::role.eq(role.as_str())).execute(conn)
}

/// Notes when people were last connected.
pub fn set_last_seen(conn: &mut AnyConnection, user: UserId, at: NaiveDateTime) -> QueryResult<usize> {
    diesel::update(users::table.find(user)).set(users::last_seen_at.eq(at)).execute(conn)
}

/// Is there an admin?
pub fn has_admin(conn: &mut AnyConnection) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(users::table.filter(users::role.eq("admin")))).get_result(conn)
}

/// Puts the hash of the first admin's token where it can be claimed, or nothing.
pub fn set_setup(conn: &mut AnyConnection, hash: Option<&Vec<u8>>) -> QueryResult<usize> {
    diesel::update(meta::table).set(meta::setup_hash.eq(hash)).execute(conn)
}

/// Claims the token: true for exactly one caller.
pub fn claim_setup(conn: &mut AnyConnection, hash: &[u8]) -> QueryResult<bool> {
    let none: Option<Vec<u8>> = None;
    let claimed = diesel::update(meta::table.filter(meta::setup_hash.eq(Some(hash))))
        .set(meta::setup_hash.eq(none))
        .execute(conn)?;
    Ok(claimed == 1)
}

/// Can a token be claimed?
pub fn is_setup_open(conn: &mut AnyConnection) -> QueryResult<bool> {
    let open = diesel::dsl::exists(meta::table.filter(meta::setup_hash.is_not_null()));
    Ok(diesel::select(open).get_result(conn)? && !has_admin(conn)?)
}

/// A session as stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub struct SessionRow {
    /// Its number.
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// Login.
    pub created_at: NaiveDateTime,
    /// Last use.
    pub last_seen_at: NaiveDateTime,
    /// The browser.
    pub agent: String,
    /// From where.
    pub ip: String,
}

type SessionColumns =
    (sessions::id, sessions::user_id, sessions::created_at, sessions::last_seen_at, sessions::agent, sessions::ip);

const SESSION: SessionColumns =
    (sessions::id, sessions::user_id, sessions::created_at, sessions::last_seen_at, sessions::agent, sessions::ip);

/// By the hash of the cookie's token.
pub fn find_session(conn: &mut AnyConnection, hash: &[u8]) -> QueryResult<Option<SessionRow>> {
    sessions::table.filter(sessions::token_hash.eq(hash)).select(SESSION).first(conn).optional()
}

/// Stores a session.
pub fn insert_session(
    conn: &mut AnyConnection,
    hash: &[u8],
    user: UserId,
    agent: &str,
    ip: &str,
) -> QueryResult<SessionId> {
    let at = now();
    diesel::insert_into(sessions::table)
        .values((
            sessions::token_hash.eq(hash),
            sessions::user_id.eq(user),
            sessions::created_at.eq(at),
            sessions::last_seen_at.eq(at),
            sessions::agent.eq(agent),
            sessions::ip.eq(ip),
        ))
        .returning(sessions::id)
        .get_result(conn)
}

/// All of a person, the last used first.
pub fn sessions_of(conn: &mut AnyConnection, user: UserId) -> QueryResult<Vec<SessionRow>> {
    sessions::table
        .filter(sessions::user_id.eq(user))
        .order((sessions::last_seen_at.desc(), sessions::id.desc()))
        .select(SESSION)
        .load(conn)
}

/// Notes a use.
pub fn touch_session(conn: &mut AnyConnection, session: SessionId) -> QueryResult<usize> {
    diesel::update(sessions::table.find(session)).set(sessions::last_seen_at.eq(now())).execute(conn)
}

/// Ends one by its token.
pub fn delete_session_by_hash(conn: &mut AnyConnection, hash: &[u8]) -> QueryResult<Option<(SessionId, UserId)>> {
    diesel::delete(sessions::table.filter(sessions::token_hash.eq(hash)))
        .returning((sessions::id, sessions::user_id))
        .get_result(conn)
        .optional()
}

/// Ends all of a person's.
pub fn delete_sessions(conn: &mut AnyConnection, user: UserId) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(user))).execute(conn)
}

/// Ends one of a person's.
pub fn delete_session(conn: &mut AnyConnection, user: UserId, session: SessionId) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(user).and(sessions::id.eq(session)))).execute(conn)
}

/// Ends all of a person's but one (or all, with an id nobody has).
pub fn delete_other_sessions(conn: &mut AnyConnection, user: UserId, keep: SessionId) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(user).and(sessions::id.ne(keep)))).execute(conn)
}

/// Ends those that nobody used since `idle`, or that began before `oldest`.
pub fn delete_expired(conn: &mut AnyConnection, idle: NaiveDateTime, oldest: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::last_seen_at.lt(idle).or(sessions::created_at.lt(oldest))))
        .execute(conn)
}

/// Which of these sessions still stand.
pub fn standing(conn: &mut AnyConnection, ids: &[SessionId]) -> QueryResult<Vec<SessionId>> {
    let standing = sessions::table.filter(within(sessions::id, ids.iter().map(|id| id.0))).select(sessions::id);
    Ok(on_each!(conn, |conn| standing.load(conn)?))
}

/// Has this person logged in from this address, as far as sessions remember?
pub fn is_known_address(conn: &mut AnyConnection, user: UserId, ip: &str) -> QueryResult<bool> {
    let known = sessions::table.filter(sessions::user_id.eq(user).and(sessions::ip.eq(ip)));
    diesel::select(diesel::dsl::exists(known)).get_result(conn)
}

/// What an admin reads of a person beside a reported message.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// Since when they have an account.
    pub created_at: NaiveDateTime,
    /// What an admin made of it.
    pub status: Status,
    /// Until then they write nowhere.
    pub silenced_until: Option<NaiveDateTime>,
}

/// That of these people.
pub fn facts(conn: &mut AnyConnection, people: &[UserId]) -> QueryResult<Vec<(UserId, Facts)>> {
    let rows: Vec<(UserId, NaiveDateTime, String, Option<NaiveDateTime>)> = users::table
        .filter(users::id.eq_any(people))
        .select((users::id, users::created_at, users::status, users::silenced_until))
        .load(conn)?;
    let facts = |(id, created_at, text, silenced): (_, _, String, Option<NaiveDateTime>)| {
        let silenced_until = silenced.filter(|until| *until > now());
        (id, Facts { created_at, status: status(&text), silenced_until })
    };
    Ok(rows.into_iter().map(facts).collect())
}
