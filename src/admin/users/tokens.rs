//! Tokens of bots, which admins make, and of everybody, which admins see and revoke.

use actix_web::{HttpResponse, ResponseError as _, http::StatusCode, web};

use crate::{
    account::{
        Accounts,
        access::{
            self,
            pages::{TokenForm, Tried},
            wire::{IssuedBody, NewToken, TokensBody},
        },
        current_user::{Admin, SessionAdmin},
        presence::Presence,
    },
    admin::{
        console::Console,
        flash::{self, Flash},
        users::{handlers, person},
    },
    error::{AppError, AppResult},
    id::{TokenId, UserId},
    web::body::{Form, Json},
};

/// `GET admin/users/{id}/tokens`
#[utoipa::path(
    get, path = "/api/v1/admin/users/{id}/tokens", tag = "console: people",
    summary = "Somebody’s access tokens",
    params(("id" = UserId, Path)),
    responses(
        (status = 200, body = TokensBody),
        (status = 404),
    ),
)]
pub async fn list(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    _: Admin,
    id: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    handlers::person(&accounts, &presence, *id).await?;
    Ok(HttpResponse::Ok().json(TokensBody { tokens: access::list(&accounts, *id).await? }))
}

/// `POST admin/users/{id}/tokens`
#[utoipa::path(
    post, path = "/api/v1/admin/users/{id}/tokens", tag = "console: people",
    summary = "Make an access token for a bot",
    params(("id" = UserId, Path)),
    request_body = NewToken,
    responses(
        (status = 201, body = IssuedBody, description = "The secret is told this once."),
        (status = 404),
        (status = 409, description = "`not_a_bot`, `banned`, `deactivated`, `too_many`"),
    ),
    security(("session" = [])),
)]
pub async fn create(
    accounts: web::Data<Accounts>,
    admin: SessionAdmin,
    id: web::Path<UserId>,
    body: Json<NewToken>,
) -> AppResult<HttpResponse> {
    let issued = access::make_for_bot(&accounts, &admin.actor(), *id, body.0.wanted()?).await?;
    Ok(HttpResponse::Created().json(IssuedBody::new(issued)))
}

/// `DELETE admin/users/{id}/tokens/{token}`
#[utoipa::path(
    delete, path = "/api/v1/admin/users/{id}/tokens/{token}", tag = "console: people",
    summary = "Revoke somebody’s access token",
    params(("id" = UserId, Path), ("token" = TokenId, Path)),
    responses(
        (status = 204),
        (status = 404),
    ),
    security(("session" = [])),
)]
pub async fn revoke(
    accounts: web::Data<Accounts>,
    admin: SessionAdmin,
    path: web::Path<(UserId, TokenId)>,
) -> AppResult<HttpResponse> {
    let (owner, token) = path.into_inner();
    access::revoke_by(&accounts, &admin.actor(), owner, token).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /admin/users/{id}/tokens`: answers with the token, because a redirect could only carry it in an address or a cookie.
pub async fn create_page(
    console: Console,
    presence: web::Data<Presence>,
    id: web::Path<UserId>,
    form: Form<TokenForm>,
) -> AppResult<HttpResponse> {
    let made = match form.0.wanted() {
        Ok(wanted) => access::make_for_bot(&console.accounts, &console.admin.actor(), *id, wanted).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(issued) => person::with_token(&console, &presence, *id, StatusCode::OK, Tried::done(&issued)).await,
        Err(error) if error.fields().is_some() => {
            let tried = Tried::refused(&form.0, &error);
            person::with_token(&console, &presence, *id, error.status_code(), tried).await
        }
        Err(error @ AppError::Conflict(..)) => Ok(flash::see_other(&person::address(*id), &Flash::wrong(error.code()))),
        Err(error) => Err(error),
    }
}

/// `POST /admin/users/{id}/tokens/{token}/revoke`
pub async fn revoke_page(console: Console, path: web::Path<(UserId, TokenId)>) -> AppResult<HttpResponse> {
    let (owner, token) = path.into_inner();
    match access::revoke_by(&console.accounts, &console.admin.actor(), owner, token).await {
        Ok(()) => Ok(flash::see_other(&person::address(owner), &Flash::done("token-revoked"))),
        Err(error @ AppError::NotFound) => Ok(flash::see_other(&person::address(owner), &Flash::wrong(error.code()))),
        Err(error) => Err(error),
    }
}
