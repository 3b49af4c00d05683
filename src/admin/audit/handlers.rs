//! The audit log over the console's API, and as a file.

use actix_web::{HttpResponse, web};
use chrono::NaiveDateTime;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    account::{Accounts, current_user::Admin},
    admin::{
        audit::{AuditQuery, By, USUAL, store},
        csv,
        table::{
            Page, Slice,
            links::{self, Filters},
        },
        users::handlers::places,
    },
    audit::{self, Act, Entry, Target},
    db::{lane::Stored, time},
    error::AppResult,
};

/// An entry in JSON.
#[derive(Debug, Serialize)]
struct EntryBody {
    id: i64,
    #[serde(serialize_with = "time::serialize")]
    at: NaiveDateTime,
    /// The id is null for the command line.
    actor: Value,
    act: String,
    /// Null for the site as a whole.
    target: Value,
    detail: Value,
    /// Null for the command line.
    ip: Option<String>,
}

impl EntryBody {
    fn new(row: store::Row) -> Self {
        let target = match row.target_kind.as_str() {
            "" => Value::Null,
            kind => json!({ "kind": kind, "id": row.target_id, "name": row.target_name }),
        };
        Self {
            id: row.id,
            at: row.at,
            actor: json!({ "id": row.actor_id, "name": row.actor_name }),
            act: row.act,
            target,
            detail: serde_json::from_str(&row.detail).unwrap_or(Value::Null),
            ip: Some(row.ip).filter(|ip| !ip.is_empty()),
        }
    }
}

/// A page of the log for a query string.
///
/// # Errors
/// A query that says nonsense; a database that does not answer.
pub async fn page(accounts: &Accounts, query: &AuditQuery) -> AppResult<Slice<store::Row>> {
    let (filter, page) = (query.filter()?, query.page()?);
    accounts.db.read(move |conn| Ok(page.cut(store::page(conn, &filter, &page)?))).await
}

/// `GET admin/audit`
pub async fn list(accounts: web::Data<Accounts>, _: Admin, query: web::Query<AuditQuery>) -> AppResult<HttpResponse> {
    let slice = page(&accounts, &query).await?;
    let body = json!({ "entries": slice.clone().map(EntryBody::new).rows });
    Ok(HttpResponse::Ok().json(places(body, &slice, store::Row::place)))
}

const HEAD: [&str; 10] = ["id", "at", "actor", "actor_id", "act", "target_kind", "target_id", "target", "detail", "ip"];

/// `GET /admin/audit.csv`
pub async fn export(
    accounts: web::Data<Accounts>,
    admin: Admin,
    query: web::Query<AuditQuery>,
) -> AppResult<HttpResponse> {
    let (filter, order) = (query.filter()?, query.page()?);
    note_export(&accounts, &admin, "audit", query.filters()).await?;
    let first = Page::first(USUAL.0, order.descending, csv::ROWS);
    Ok(csv::file("audit.csv", &HEAD, first, move |page: Page<By>| {
        let (accounts, filter) = (accounts.clone(), filter.clone());
        async move {
            let slice = accounts.db.read(move |conn| Ok((page.cut(store::page(conn, &filter, &page)?), page))).await;
            let (slice, page) = slice?;
            let next = slice.rows.last().filter(|_| slice.later).map(|row| page.behind(row.place()));
            Ok((slice.rows.iter().map(line).collect(), next))
        }
    }))
}

fn line(row: &store::Row) -> String {
    let number = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
    let (id, at, actor, target) =
        (row.id.to_string(), time::rfc3339(&row.at), number(row.actor_id), number(row.target_id));
    csv::line(
        [
            &id,
            &at,
            &row.actor_name,
            &actor,
            &row.act,
            &row.target_kind,
            &target,
            &row.target_name,
            &row.detail,
            &row.ip,
        ]
        .map(String::as_str),
    )
}

/// Writes down that a table was taken out of the house, before a line of it is.
///
/// # Errors
/// When the database does not answer.
pub async fn note_export(accounts: &Accounts, admin: &Admin, table: &'static str, filters: Filters) -> AppResult<()> {
    let pairs: Vec<(&str, &str)> = filters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let detail = json!({ "table": table, "filters": links::query(&pairs) });
    let (actor, entry) = (admin.actor(), Entry::new(Act::Export, Target::site()).with(detail));
    accounts
        .db
        .write(move |conn| {
            audit::note(conn, &actor, &entry)?;
            Ok(Stored::quiet(()))
        })
        .await
}
