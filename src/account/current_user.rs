//! Who may call a handler, visible in its signature.

use std::{future::Future, net::IpAddr, ops::Deref, pin::Pin, sync::Arc};

use actix_session::{Session, SessionExt as _};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};

use crate::{
    account::{
        Accounts,
        access::Scope,
        session_store::key,
        throttle::Class,
        wire::{Card, SiteRole},
    },
    audit::Actor,
    error::{AppError, AppResult},
    id::{Pass, SessionId, UserId},
    web::{bearer, client::Client},
};

/// A person who is let in, by a session or by a token.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    /// What others see of them.
    pub card: Arc<Card>,
    /// By what they are let in.
    pub pass: Pass,
    /// How far that goes; a session goes all the way.
    pub scope: Scope,
}

impl CurrentUser {
    /// Their id.
    pub fn id(&self) -> UserId {
        self.card.id
    }

    /// The session that asks, if it is one.
    pub fn session(&self) -> Option<SessionId> {
        match self.pass {
            Pass::Session(session) => Some(session),
            Pass::Token(_) => None,
        }
    }
}

impl FromRequest for CurrentUser {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = AppResult<Self>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = req.get_session();
        let accounts = req.app_data::<web::Data<Accounts>>().cloned();
        let shown = bearer::token(req.path(), req.headers()).map(|token| (token.to_owned(), Client::of(req).ip));
        let class = Class::of(req.method(), req.path());
        Box::pin(async move {
            let accounts = accounts.ok_or_else(|| AppError::internal("no accounts in the application"))?;
            // A request that says who it is means that, whatever cookies a browser adds.
            let (user, pass, scope) = match shown {
                Some((token, ip)) => by_token(&accounts, &token, ip).await?,
                None => by_session(&session)?,
            };
            if class == Class::Changing {
                scope.covers(Scope::Write)?;
            }
            accounts.throttle.request(user, class)?;
            let card = accounts.people.find(user).await?.ok_or(AppError::Unauthenticated)?;
            Ok(Self { card, pass, scope })
        })
    }
}

async fn by_token(accounts: &Accounts, token: &str, ip: IpAddr) -> AppResult<(UserId, Pass, Scope)> {
    let row = accounts.tokens.find(token, ip).await?;
    Ok((row.user_id, Pass::Token(row.id), row.scope))
}

fn by_session(session: &Session) -> AppResult<(UserId, Pass, Scope)> {
    if session.contains_key(key::FAULT) {
        return Err(AppError::Busy);
    }
    let user: Option<UserId> = session.get(key::USER).unwrap_or_default();
    let number: Option<SessionId> = session.get(key::SESSION).unwrap_or_default();
    let (user, number) = user.zip(number).ok_or(AppError::Unauthenticated)?;
    Ok((user, Pass::Session(number), Scope::Admin))
}

/// A person who logged in: for what decides who is let in, which no token may touch.
#[derive(Debug, Clone)]
pub struct SessionUser {
    user: CurrentUser,
    /// The session that asks.
    pub session: SessionId,
}

impl Deref for SessionUser {
    type Target = CurrentUser;

    fn deref(&self) -> &CurrentUser {
        &self.user
    }
}

impl FromRequest for SessionUser {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = AppResult<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let user = CurrentUser::from_request(req, payload);
        Box::pin(async move {
            let user = user.await?;
            let session = user.session().ok_or(AppError::SessionNeeded)?;
            Ok(Self { user, session })
        })
    }
}

/// Somebody who runs the site; with a token, only where its scope says so.
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
                SiteRole::Admin => user.scope.covers(Scope::Admin).map(|()| Self { user, client }),
                _ => Err(AppError::Forbidden("Only an admin of the site may do this.")),
            }
        })
    }
}

/// An admin who logged in: for what decides who else is let in.
#[derive(Debug, Clone)]
pub struct SessionAdmin(Admin);

impl Deref for SessionAdmin {
    type Target = Admin;

    fn deref(&self) -> &Admin {
        &self.0
    }
}

impl FromRequest for SessionAdmin {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = AppResult<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let admin = Admin::from_request(req, payload);
        Box::pin(async move {
            let admin = admin.await?;
            if admin.user.session().is_some() { Ok(Self(admin)) } else { Err(AppError::SessionNeeded) }
        })
    }
}
