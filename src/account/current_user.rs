//! Who may call a handler, visible in its signature.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_session::SessionExt as _;
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};

use crate::{
    account::{
        Accounts,
        session_store::key,
        wire::{Card, SiteRole},
    },
    audit::Actor,
    error::{AppError, AppResult},
    id::{SessionId, UserId},
    web::client::Client,
};

/// A person with a session.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    /// What others see of them.
    pub card: Arc<Card>,
    /// The session that asks.
    pub session: SessionId,
}

impl CurrentUser {
    /// Their id.
    pub fn id(&self) -> UserId {
        self.card.id
    }
}

impl FromRequest for CurrentUser {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = AppResult<Self>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = req.get_session();
        let accounts = req.app_data::<web::Data<Accounts>>().cloned();
        let is_safe = req.method().is_safe();
        Box::pin(async move {
            let accounts = accounts.ok_or_else(|| AppError::internal("no accounts in the application"))?;
            if session.contains_key(key::FAULT) {
                return Err(AppError::Busy);
            }
            let user: Option<UserId> = session.get(key::USER).unwrap_or_default();
            let number: Option<SessionId> = session.get(key::SESSION).unwrap_or_default();
            let (Some(user), Some(session)) = (user, number) else { return Err(AppError::Unauthenticated) };
            if !is_safe {
                accounts.throttle.write(user)?;
            }
            let card = accounts.people.find(user).await?.ok_or(AppError::Unauthenticated)?;
            Ok(Self { card, session })
        })
    }
}

/// Somebody with a session who runs the site.
#[derive(Debug, Clone)]
pub struct Admin {
    /// Who.
    pub user: CurrentUser,
    /// From where.
    pub client: Client,
}

impl Admin {
    /// Their id.
    pub fn id(&self) -> UserId {
        self.user.id()
    }

    /// As the audit log names them.
    pub fn actor(&self) -> Actor {
        let card = &self.user.card;
        Actor { id: Some(card.id), name: card.username.clone(), ip: Some(self.client.ip) }
    }
}

impl FromRequest for Admin {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = AppResult<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (user, client) = (CurrentUser::from_request(req, payload), Client::of(req));
        Box::pin(async move {
            let user = user.await?;
            match user.card.role {
                SiteRole::Admin => Ok(Self { user, client }),
                _ => Err(AppError::Forbidden("Only an admin of the site may do this.")),
            }
        })
    }
}
