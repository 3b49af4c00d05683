//! Invitations over the console's API; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    account::{
        Accounts,
        current_user::Admin,
        invite::{self, Wanted},
        wire::Card,
    },
    admin::{
        invites::{InvitesQuery, store},
        table::Slice,
        users::handlers::places,
    },
    db::time,
    error::{AppError, AppResult},
    id::InviteId,
    web::{body::Json, site::Origin},
};

/// An invitation in JSON; the templates are given the same.
#[derive(Debug, Clone, Serialize)]
pub struct Invite {
    id: InviteId,
    note: String,
    state: &'static str,
    created_by: Card,
    #[serde(serialize_with = "time::serialize")]
    created_at: NaiveDateTime,
    #[serde(serialize_with = "time::serialize_option")]
    expires_at: Option<NaiveDateTime>,
    max_uses: Option<i64>,
    uses: i64,
    #[serde(serialize_with = "time::serialize_option")]
    revoked_at: Option<NaiveDateTime>,
}

impl Invite {
    /// Of a row.
    pub fn new(row: store::Row) -> Self {
        Self {
            id: row.id,
            state: row.state(),
            note: row.note,
            created_by: row.by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            max_uses: row.max_uses,
            uses: row.uses,
            revoked_at: row.revoked_at,
        }
    }
}

/// A page of invitations for a query string.
///
/// # Errors
/// A query that says nonsense; a database that does not answer.
pub async fn page(accounts: &Accounts, query: &InvitesQuery) -> AppResult<Slice<store::Row>> {
    let (only_valid, page) = (query.only_valid()?, query.page()?);
    accounts.db.read(move |conn| Ok(page.cut(store::page(conn, only_valid, &page)?))).await
}

/// `GET admin/invites`
pub async fn list(accounts: web::Data<Accounts>, _: Admin, query: web::Query<InvitesQuery>) -> AppResult<HttpResponse> {
    let by = query.page()?.column;
    let slice = page(&accounts, &query).await?;
    let body = json!({ "invites": slice.clone().map(Invite::new).rows });
    Ok(HttpResponse::Ok().json(places(body, &slice, |row| row.place(by))))
}

/// What an invitation is to be.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NewInvite {
    note: String,
    max_uses: Option<i64>,
    expires_at: Option<String>,
}

/// `POST admin/invites`
pub async fn create(
    accounts: web::Data<Accounts>,
    admin: Admin,
    origin: Origin,
    body: Json<NewInvite>,
) -> AppResult<HttpResponse> {
    let NewInvite { note, max_uses, expires_at } = body.0;
    let parse = |text: String| {
        time::parse(&text).ok_or_else(|| AppError::field("expires_at", "invalid", "A time as in RFC 3339."))
    };
    let wanted = Wanted { note, max_uses, expires_at: expires_at.map(parse).transpose()? };
    let (id, token) = invite::make(&accounts, &admin.actor(), wanted).await?;
    let row = accounts.db.read(move |conn| store::find(conn, id)?.ok_or(AppError::NotFound)).await?;
    let url = url(&origin, &token);
    Ok(HttpResponse::Created().json(json!({ "invite": Invite::new(row), "token": token, "url": url })))
}

/// Where an invitation leads.
pub fn url(origin: &Origin, token: &str) -> String {
    format!("{origin}/register/?invite={token}")
}

/// `DELETE admin/invites/{id}`
pub async fn revoke(accounts: web::Data<Accounts>, admin: Admin, id: web::Path<InviteId>) -> AppResult<HttpResponse> {
    invite::revoke(&accounts, &admin.actor(), *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
