//! The button of the settings page that sends a letter to oneself.

use actix_web::{HttpResponse, web};

use crate::{
    admin::{
        console::Console,
        flash::{Flash, see_other},
        mail,
    },
    courier::Channel,
    error::{AppError, AppResult},
};

/// Where the button is.
const PLACE: &str = "/admin/settings/#mail";

/// `POST /admin/mail/{channel}/test`
pub async fn test(console: Console, channel: web::Path<String>) -> AppResult<HttpResponse> {
    let channel = Channel::named(&channel).ok_or(AppError::NotFound)?;
    let flash = match mail::test(&console.accounts, &console.admin, console.view.locale, channel).await {
        Ok(Ok(())) => Flash::done("mail-sent"),
        Ok(Err(failure)) => Flash::wrong("mail-failed").name(failure.text),
        Err(error) if error.is_fault() => return Err(error),
        Err(error) => Flash::wrong(error.code()),
    };
    Ok(see_other(PLACE, &flash))
}
