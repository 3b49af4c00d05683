//! The audit log in SQL, to be read.

use chrono::NaiveDateTime;
use diesel::{prelude::*, sql_types::Text};

use crate::{
    account::store::escape_like,
    admin::{
        audit::{By, Filter, Who},
        table::{Page, cursor::Cursor},
    },
    db::{
        connection::AnyConnection,
        schema::{audit_log, users},
    },
    keyset,
};

diesel::define_sql_function! {
    /// In lower case, as far as the database knows letters.
    fn lower(text: Text) -> Text;
}

/// An entry as stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = audit_log)]
pub struct Row {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: NaiveDateTime,
    /// Who; `None` for the command line.
    pub actor_id: Option<i64>,
    /// As they were called then.
    pub actor_name: String,
    /// What was done.
    pub act: String,
    /// What it was done to; empty for the site.
    pub target_kind: String,
    /// Its id, where it has one.
    pub target_id: Option<i64>,
    /// As it was called then.
    pub target_name: String,
    /// More about it, a JSON object.
    pub detail: String,
    /// From where; empty for the command line.
    pub ip: String,
}

impl Row {
    /// Its place in the table.
    pub fn place(&self) -> Cursor {
        Cursor::number(self.id, self.id)
    }
}

/// A page of the log, and one entry more if there is more.
pub fn page(conn: &mut AnyConnection, filter: &Filter, page: &Page<By>) -> QueryResult<Vec<Row>> {
    let mut query = audit_log::table
        .select((
            audit_log::id,
            audit_log::at,
            audit_log::actor_id,
            audit_log::actor_name,
            audit_log::act,
            audit_log::target_kind,
            audit_log::target_id,
            audit_log::target_name,
            audit_log::detail,
            audit_log::ip,
        ))
        .limit(page.reads())
        .into_boxed();
    if !filter.words.is_empty() {
        let pattern = format!("%{}%", escape_like(&filter.words));
        query = query.filter(
            lower(audit_log::target_name)
                .like(pattern.clone())
                .escape('\\')
                .or(lower(audit_log::actor_name).like(pattern.clone()).escape('\\'))
                .or(lower(audit_log::detail).like(pattern).escape('\\')),
        );
    }
    query = match filter.actor {
        None => query,
        Some(Who::Person(id)) => query.filter(audit_log::actor_id.eq(Some(id.0))),
        Some(Who::CommandLine) => query.filter(audit_log::actor_id.is_null()),
    };
    if let Some(act) = filter.act {
        query = query.filter(audit_log::act.eq(act.as_str()));
    }
    if let Some((kind, id)) = filter.target {
        query = query.filter(audit_log::target_kind.eq(kind));
        if let Some(id) = id {
            query = query.filter(audit_log::target_id.eq(Some(id)));
        }
    }
    if let Some(since) = filter.since {
        query = query.filter(audit_log::at.ge(since));
    }
    if let Some(until) = filter.until {
        query = query.filter(audit_log::at.lt(until));
    }
    keyset!(query, audit_log::id, audit_log::id, page, as_number).load(conn)
}

/// The admins there are, and whoever else has this id: to choose from.
pub fn actors(conn: &mut AnyConnection, also: Option<i64>) -> QueryResult<Vec<(i64, String)>> {
    users::table
        .filter(users::role.eq("admin").or(users::id.eq(also.unwrap_or(0))))
        .order(users::username_key)
        .select((users::id, users::username))
        .limit(200)
        .load::<(i64, String)>(conn)
}
