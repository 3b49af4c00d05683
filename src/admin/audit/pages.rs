//! The page of the audit log.

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::{
    admin::{
        audit::{AuditQuery, USUAL, Who, handlers, store, words::Shown},
        console::Console,
        table::links::Links,
    },
    audit::{Act, KINDS},
    error::AppResult,
};

/// `GET /admin/audit/`
pub async fn list(console: Console, query: web::Query<AuditQuery>) -> AppResult<HttpResponse> {
    let page = query.page()?;
    let also = match query.filter()?.actor {
        Some(Who::Person(id)) => Some(id.0),
        _ => None,
    };
    let slice = handlers::page(&console.accounts, &query).await?;
    let actors = console.accounts.db.read(move |conn| Ok(store::actors(conn, also)?)).await?;
    let links = Links::new(query.filters(), &page, USUAL, &slice, store::Row::place);
    let locale = console.view.locale;
    let entries: Vec<Shown> = slice.rows.into_iter().map(|row| Shown::new(row, locale)).collect();
    let acts: Vec<_> = Act::ALL.iter().map(|act| [act.as_str().to_owned(), act.as_str().replace('.', "-")]).collect();
    let context = json!({ "entries": entries, "links": links, "actors": actors, "acts": acts, "kinds": KINDS });
    console.render("audit", "audit", context).await
}
