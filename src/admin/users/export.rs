//! The table of people as a file.

use actix_web::{HttpResponse, web};
use chrono::NaiveDateTime;

use crate::{
    account::{Accounts, current_user::Admin, presence::Presence},
    admin::{
        audit::handlers::note_export,
        csv,
        table::Page,
        users::{By, UsersQuery, store},
    },
    db::time,
    error::AppResult,
};

const HEAD: [&str; 10] = [
    "id",
    "username",
    "nickname",
    "email",
    "role",
    "status",
    "status_reason",
    "silenced_until",
    "last_seen_at",
    "created_at",
];

/// `GET /admin/users.csv`: the people of the table as it is filtered and sorted.
pub async fn export(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    admin: Admin,
    query: web::Query<UsersQuery>,
) -> AppResult<HttpResponse> {
    let (filter, order) = (query.filter(&presence)?, query.page()?);
    note_export(&accounts, &admin, "users", query.filters()).await?;
    let first = Page::first(order.column, order.descending, csv::ROWS);
    Ok(csv::file("users.csv", &HEAD, first, move |page: Page<By>| {
        let (accounts, filter) = (accounts.clone(), filter.clone());
        async move {
            let slice = accounts.db.read(move |conn| Ok((page.cut(store::page(conn, &filter, &page)?), page))).await;
            let (slice, page) = slice?;
            let next = slice.rows.last().filter(|_| slice.later).map(|row| row.place(page.column));
            let next = next.map(|place| page.behind(place));
            Ok((slice.rows.iter().map(line).collect(), next))
        }
    }))
}

fn line(row: &store::Row) -> String {
    let moment = |at: Option<NaiveDateTime>| at.as_ref().map(time::rfc3339).unwrap_or_default();
    csv::line([
        row.card.id.to_string().as_str(),
        &row.card.username,
        &row.card.nickname,
        row.email.as_deref().unwrap_or_default(),
        row.card.role.as_str(),
        row.status.as_str(),
        &row.reason,
        &moment(row.silenced_until),
        &moment(row.last_seen_at),
        &moment(Some(row.created_at)),
    ])
}
