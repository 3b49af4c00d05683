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
pub async fn list(accounts: web::Data<Accounts>, user: SessionUser) -> AppResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(TokensBody { tokens: access::list(&accounts, user.id()).await? }))
}

/// `POST me/tokens`
pub async fn create(accounts: web::Data<Accounts>, user: SessionUser, body: Json<NewToken>) -> AppResult<HttpResponse> {
    let issued = access::make(&accounts, user.id(), body.0.wanted()?).await?;
    Ok(HttpResponse::Created().json(IssuedBody::new(issued)))
}

/// `DELETE me/tokens/{id}`
pub async fn revoke(
    accounts: web::Data<Accounts>,
    user: SessionUser,
    id: web::Path<TokenId>,
) -> AppResult<HttpResponse> {
    access::revoke(&accounts, user.id(), *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
