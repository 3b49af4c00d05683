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
            Beside, Page, PageQuery, Slice,
            links::{self, Filters},
        },
    },
    audit::{self, Act, Entry, Target},
    db::{lane::Stored, time},
    error::AppResult,
    id::UserId,
};

/// An entry in JSON.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditEntry)]
pub struct EntryBody {
    /// Its number.
    id: i64,
    /// When.
    #[serde(serialize_with = "time::serialize")]
    at: NaiveDateTime,
    /// Who.
    actor: ActorBody,
    /// What was done, such as `user.ban`.
    act: String,
    /// To what; null for the site as a whole.
    #[schema(required)]
    target: Option<TargetBody>,
    /// More about it.
    #[schema(value_type = Object)]
    detail: Value,
    /// Null for the command line.
    #[schema(required)]
    ip: Option<String>,
}

/// Who acted, as they were called then.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditActor)]
pub struct ActorBody {
    /// Null for the command line.
    #[schema(required)]
    id: Option<UserId>,
    /// The user name.
    name: String,
}

/// What something was done to, as it was called then.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditTarget)]
pub struct TargetBody {
    /// Such as `user`.
    kind: String,
    /// Where it has one.
    #[schema(required)]
    id: Option<i64>,
    /// Its name.
    name: String,
}

/// A page of the log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditPage)]
pub struct EntriesPage {
    /// In the table's order.
    entries: Vec<EntryBody>,
    /// The pages beside it.
    #[serde(flatten)]
    beside: Beside,
}

impl EntryBody {
    fn new(row: store::Row) -> Self {
        let target = TargetBody { kind: row.target_kind, id: row.target_id, name: row.target_name };
        Self {
            id: row.id,
            at: row.at,
            actor: ActorBody { id: row.actor_id.map(UserId), name: row.actor_name },
            act: row.act,
            target: Some(target).filter(|target| !target.kind.is_empty()),
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
#[utoipa::path(
    get, path = "/api/v1/admin/audit", tag = "console: people",
    summary = "The audit log",
    params(AuditQuery, PageQuery),
    responses(
        (status = 200, body = EntriesPage),
    ),
)]
pub async fn list(accounts: web::Data<Accounts>, _: Admin, query: web::Query<AuditQuery>) -> AppResult<HttpResponse> {
    let slice = page(&accounts, &query).await?;
    let beside = Beside::of(&slice, store::Row::place);
    Ok(HttpResponse::Ok().json(EntriesPage { entries: slice.map(EntryBody::new).rows, beside }))
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
