//! One's own tokens over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};

use crate::{
    account::{
        Accounts,
        access::{
            self,
            wire::{IssuedBody, NewToken, TokensBody},
        },
        current_user::SessionUser,
    },
    error::AppResult,
    id::TokenId,
    web::body::Json,
};

/// `GET me/tokens`
#[utoipa::path(
    get, path = "/api/v1/me/tokens", tag = "tokens",
    summary = "My access tokens",
    responses(
        (status = 200, body = TokensBody),
    ),
    security(("session" = [])),
)]
pub async fn list(accounts: web::Data<Accounts>, user: SessionUser) -> AppResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(TokensBody { tokens: access::list(&accounts, user.id()).await? }))
}

/// `POST me/tokens`
#[utoipa::path(
    post, path = "/api/v1/me/tokens", tag = "tokens",
    summary = "Make an access token",
    request_body = NewToken,
    responses(
        (status = 201, body = IssuedBody, description = "The secret is told this once."),
        (status = 409, description = "`too_many`: 50 are the most"),
    ),
    security(("session" = [])),
)]
pub async fn create(accounts: web::Data<Accounts>, user: SessionUser, body: Json<NewToken>) -> AppResult<HttpResponse> {
    let issued = access::make(&accounts, user.id(), body.0.wanted()?).await?;
    Ok(HttpResponse::Created().json(IssuedBody::new(issued)))
}

/// `DELETE me/tokens/{id}`
#[utoipa::path(
    delete, path = "/api/v1/me/tokens/{id}", tag = "tokens",
    summary = "Revoke one of my access tokens",
    params(("id" = TokenId, Path)),
    responses(
        (status = 204, description = "It is dead, and what it opened is closed."),
        (status = 404),
    ),
    security(("session" = [])),
)]
pub async fn revoke(
    accounts: web::Data<Accounts>,
    user: SessionUser,
    id: web::Path<TokenId>,
) -> AppResult<HttpResponse> {
    access::revoke(&accounts, user.id(), *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
