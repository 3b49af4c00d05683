//! Invitations over the console's API; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use crate::{
    account::{
        Accounts,
        current_user::Admin,
        invite::{self, Wanted},
        wire::Card,
    },
    admin::{
        invites::{InvitesQuery, store},
        table::{Beside, PageQuery, Slice},
    },
    db::time,
    error::{AppError, AppResult},
    id::InviteId,
    web::{body::Json, site::Origin},
};

/// An invitation in JSON; the templates are given the same.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Invite {
    /// To revoke it by.
    id: InviteId,
    /// For whom or what it is.
    note: String,
    /// `valid`, `used_up`, `expired` or `revoked`.
    state: &'static str,
    /// Who made it.
    created_by: Card,
    /// When.
    #[serde(serialize_with = "time::serialize")]
    created_at: NaiveDateTime,
    /// Good until then; null for no end.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    expires_at: Option<NaiveDateTime>,
    /// For so many accounts; null for any number.
    #[schema(required)]
    max_uses: Option<i64>,
    /// So many came by it.
    uses: i64,
    /// It was ended then.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
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

/// A page of invitations.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct InvitesPage {
    /// In the table's order.
    invites: Vec<Invite>,
    /// The pages beside it.
    #[serde(flatten)]
    beside: Beside,
}

/// An invitation that was just made.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MadeInvite {
    /// As lists show it.
    invite: Invite,
    /// It is told this once.
    token: String,
    /// The link with it.
    url: String,
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
#[utoipa::path(
    get, path = "/api/v1/admin/invites", tag = "console: people",
    summary = "Invitations",
    params(InvitesQuery, PageQuery),
    responses(
        (status = 200, body = InvitesPage),
    ),
)]
pub async fn list(accounts: web::Data<Accounts>, _: Admin, query: web::Query<InvitesQuery>) -> AppResult<HttpResponse> {
    let by = query.page()?.column;
    let slice = page(&accounts, &query).await?;
    let beside = Beside::of(&slice, |row| row.place(by));
    Ok(HttpResponse::Ok().json(InvitesPage { invites: slice.map(Invite::new).rows, beside }))
}

/// What an invitation is to be.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewInvite {
    /// For whom or what it is; at most 100 characters.
    note: String,
    /// For so many accounts, at most 10,000; null for any number.
    max_uses: Option<i64>,
    /// RFC 3339; null for no end.
    expires_at: Option<String>,
}

/// `POST admin/invites`
#[utoipa::path(
    post, path = "/api/v1/admin/invites", tag = "console: people",
    summary = "Make an invitation",
    request_body = NewInvite,
    responses(
        (status = 201, body = MadeInvite, description = "The token is told this once."),
    ),
)]
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
    Ok(HttpResponse::Created().json(MadeInvite { invite: Invite::new(row), token, url }))
}

/// Where an invitation leads.
pub fn url(origin: &Origin, token: &str) -> String {
    format!("{origin}/register/?invite={token}")
}

/// `DELETE admin/invites/{id}`
#[utoipa::path(
    delete, path = "/api/v1/admin/invites/{id}", tag = "console: people",
    summary = "Revoke an invitation",
    params(("id" = InviteId, Path)),
    responses(
        (status = 204),
        (status = 404),
    ),
)]
pub async fn revoke(accounts: web::Data<Accounts>, admin: Admin, id: web::Path<InviteId>) -> AppResult<HttpResponse> {
    invite::revoke(&accounts, &admin.actor(), *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
