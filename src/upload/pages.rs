//! The registration form with a picture.

use actix_session::Session;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    account::{
        login,
        register::{
            self,
            pages::{RegisterForm, refused, registered},
        },
        wire::Card,
    },
    error::{AppError, AppResult},
    upload::{
        UploadDesk, avatar,
        receive::{self, Received},
        turnstile::Uploader,
    },
    web::{
        client::Client,
        pages::{Pages, View},
    },
};

/// `POST /register/` as `multipart/form-data`: the account is made only if its picture is one, so that one form has one outcome.
pub async fn register(
    desk: web::Data<UploadDesk>,
    pages: web::Data<Pages>,
    view: View,
    session: Session,
    client: Client,
    req: HttpRequest,
    payload: web::Payload,
) -> AppResult<HttpResponse> {
    let turn = desk.turnstile.enter(Uploader::Network(client.network()));
    // Who has to wait gets back what they typed; their picture is not taken, and they have no more time than for a form without one.
    let limit = if turn.is_ok() { desk.rules().upload_bytes } else { 0 };
    let mut received = receive::form(&desk.files, limit, 1, &req, payload).await?;
    let file = match received.take_file() {
        Err(error @ AppError::Malformed(_)) => return Err(error),
        file => file,
    };
    let mut take = |name: &str| received.texts.remove(name).unwrap_or_default();
    let form = RegisterForm {
        username: take("username"),
        password: take("password"),
        nickname: take("nickname"),
        email: take("email"),
        email_ticket: take("email_ticket"),
        email_code: take("email_code"),
        phone: take("phone"),
        phone_ticket: take("phone_ticket"),
        phone_code: take("phone_code"),
        invite: take("invite"),
    };
    let accounts = desk.accounts.clone();
    let made = match turn {
        Ok(turn) => turn.to_the_end(make_account(desk, view.clone(), session, client, form.clone(), file)).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(card) => Ok(registered(&card)),
        Err(error) => refused(&accounts, &pages, &view, &form, error),
    }
}

async fn make_account(
    desk: web::Data<UploadDesk>,
    view: View,
    session: Session,
    client: Client,
    form: RegisterForm,
    picture: AppResult<Option<Received>>,
) -> AppResult<Card> {
    let picture = picture.map_err(about_picture)?;
    let locale = Some(view.locale.tag().to_owned());
    let registration = form.into_registration();
    // Before the picture: reading one is work, and this is asked by strangers.
    let (checked, door) = register::public_door(&desk.accounts, &client, registration, locale).await?;
    let picture = match picture {
        Some(received) => Some(avatar::make(&desk, received).await.map_err(about_picture)?),
        None => None,
    };
    let card = register::create(&desk.accounts, checked, door).await?;
    login::begin(&session, card.id, &client)?;
    if let Some(picture) = picture {
        // The account stands; a disk that is full now must not hide that.
        avatar::set(&desk, card.id, picture).await.map(drop).unwrap_or_else(|error| error.log());
    }
    Ok(card)
}

/// What is wrong with the picture belongs to its field.
fn about_picture(error: AppError) -> AppError {
    match error {
        AppError::NotAPicture | AppError::BadImage(_) | AppError::TooLarge(..) | AppError::TooSlow => {
            AppError::field("file", error.code(), &error.to_string())
        }
        error => error,
    }
}
