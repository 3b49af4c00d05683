//! Who may ask for what guests may read, too.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};

use crate::{
    account::{Accounts, current_user::CurrentUser},
    error::{AppError, AppResult},
    setting::Live,
    web::client::Client,
};

/// Somebody who reads: a person with a session, or a guest where the site allows guests. Which rooms a guest may read is one rule:
/// `room::store::readable_by_guest`.
#[derive(Debug, Clone)]
pub enum Reader {
    /// A person with a session.
    Person(CurrentUser),
    /// Anybody.
    Guest,
}

impl FromRequest for Reader {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = AppResult<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let user = CurrentUser::from_request(req, payload);
        let client = Client::of(req);
        let accounts = req.app_data::<web::Data<Accounts>>().cloned();
        let guests = req.app_data::<web::Data<Live>>().is_some_and(|live| live.get().guests);
        let is_media = req.path().starts_with("/media/");
        Box::pin(async move {
            match user.await {
                Ok(user) => Ok(Self::Person(user)),
                Err(AppError::Unauthenticated) if guests => {
                    let accounts = accounts.ok_or_else(|| AppError::internal("no accounts in the application"))?;
                    let throttle = &accounts.throttle;
                    // A page has dozens of pictures, which count by themselves.
                    let within = if is_media {
                        throttle.guest_media(client.network())
                    } else {
                        throttle.guest(client.network())
                    };
                    within.map(|()| Self::Guest)
                }
                Err(error) => Err(error),
            }
        })
    }
}
