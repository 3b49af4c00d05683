//! Invitations as the console lists them, in SQL.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::{
    account::store::{CARD, CardRow, card},
    account::wire::Card,
    admin::{
        invites::By,
        table::{Page, cursor::Cursor},
    },
    db::{
        connection::AnyConnection,
        schema::{invites, users},
        time::now,
    },
    id::InviteId,
    keyset,
};

/// An invitation.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number.
    pub id: InviteId,
    /// For whom or what it is.
    pub note: String,
    /// Who made it.
    pub by: Card,
    /// When.
    pub created_at: NaiveDateTime,
    /// Good until then.
    pub expires_at: Option<NaiveDateTime>,
    /// For so many.
    pub max_uses: Option<i64>,
    /// So many came by it.
    pub uses: i64,
    /// It was ended then.
    pub revoked_at: Option<NaiveDateTime>,
}

impl Row {
    /// Its place in the table.
    pub fn place(&self, by: By) -> Cursor {
        match by {
            By::Made => Cursor::number(self.id.0, self.id.0),
            By::Uses => Cursor::number(self.uses, self.id.0),
        }
    }

    /// `valid`, or why it is not any more: `revoked`, `expired` or `used_up`.
    pub fn state(&self) -> &'static str {
        if self.revoked_at.is_some() {
            "revoked"
        } else if self.expires_at.is_some_and(|at| at <= now()) {
            "expired"
        } else if self.max_uses.is_some_and(|most| self.uses >= most) {
            "used_up"
        } else {
            "valid"
        }
    }
}

type Columns = (i64, String, CardRow, NaiveDateTime, Option<NaiveDateTime>, Option<i64>, i64, Option<NaiveDateTime>);

fn row((id, note, by, created_at, expires_at, max_uses, uses, revoked_at): Columns) -> Row {
    Row { id: InviteId(id), note, by: card(by), created_at, expires_at, max_uses, uses, revoked_at }
}

/// What to select for a [`Row`].
macro_rules! columns {
    () => {
        (
            invites::id,
            invites::note,
            CARD,
            invites::created_at,
            invites::expires_at,
            invites::max_uses,
            invites::uses,
            invites::revoked_at,
        )
    };
}

/// A page of invitations, and one more if there is more.
pub fn page(conn: &mut AnyConnection, only_valid: bool, page: &Page<By>) -> QueryResult<Vec<Row>> {
    let mut query = invites::table
        .inner_join(users::table.on(users::id.eq(invites::created_by)))
        .select(columns!())
        .limit(page.reads())
        .into_boxed();
    if only_valid {
        query = query.filter(
            invites::revoked_at
                .is_null()
                .and(invites::expires_at.is_null().or(invites::expires_at.gt(now())))
                .and(invites::max_uses.is_null().or(invites::max_uses.gt(invites::uses.nullable()))),
        );
    }
    let rows: Vec<Columns> = match page.column {
        By::Made => keyset!(query, invites::id, invites::id, page, as_number).load(conn)?,
        By::Uses => keyset!(query, invites::uses, invites::id, page, as_number).load(conn)?,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// One of them.
pub fn find(conn: &mut AnyConnection, id: InviteId) -> QueryResult<Option<Row>> {
    let found: Option<Columns> = invites::table
        .inner_join(users::table.on(users::id.eq(invites::created_by)))
        .filter(invites::id.eq(id.0))
        .select(columns!())
        .first(conn)
        .optional()?;
    Ok(found.map(row))
}
