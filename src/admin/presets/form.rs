//! The form of a preset, with its picture.

use actix_web::{HttpRequest, web};
use serde::Serialize;

use crate::{
    account::current_user::Admin,
    error::{AppError, AppResult},
    id::PresetId,
    preset::{content::Change, wire::PresetView},
    upload::{
        UploadDesk,
        image::process::Mode,
        intake,
        receive::{self, Received},
        turnstile::Uploader,
    },
};

/// What stands in the fields.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Values {
    /// The words on its chip.
    pub label: String,
    /// What it says.
    pub text: String,
    /// Is its picture to be taken away?
    pub remove: bool,
    /// Does it count down?
    pub counts: bool,
    /// For so many seconds, as typed.
    pub seconds: String,
    /// What is sent then, as the id in the list, or empty.
    pub next: String,
}

impl From<&PresetView> for Values {
    fn from(preset: &PresetView) -> Self {
        Self {
            label: preset.label.clone(),
            text: preset.text.clone(),
            remove: false,
            counts: preset.countdown_seconds.is_some(),
            seconds: preset.countdown_seconds.map(|seconds| seconds.to_string()).unwrap_or_default(),
            next: preset.next.map(|next| next.to_string()).unwrap_or_default(),
        }
    }
}

/// A form that came.
pub struct Filled {
    /// Its fields.
    pub values: Values,
    /// Its picture, if there is one, or why it cannot be taken.
    pub file: AppResult<Option<Received>>,
}

/// Receives the form.
///
/// # Errors
/// What [`receive::form`] says.
pub async fn receive(desk: &UploadDesk, req: &HttpRequest, payload: web::Payload) -> AppResult<Filled> {
    let mut form = receive::form(&desk.files, desk.rules().upload_bytes, 1, req, payload).await?;
    let file = form.take_file();
    let mut take = |name: &str| form.texts.remove(name).unwrap_or_default();
    let values = Values {
        label: take("label"),
        text: take("text"),
        remove: !take("remove").is_empty(),
        counts: !take("counts").is_empty(),
        seconds: take("seconds").trim().to_owned(),
        next: take("next"),
    };
    Ok(Filled { values, file })
}

impl Filled {
    /// What the form wants to be different; its picture is an upload of the admin's then, to be taken back if nothing comes of it.
    ///
    /// # Errors
    /// Whatever is wrong with the picture, or with a number.
    pub async fn into_change(self, desk: &UploadDesk, admin: &Admin) -> AppResult<Change> {
        let Values { label, text, remove, counts, seconds, next } = self.values;
        let (countdown_seconds, next) = match counts {
            true => (Some(whole(&seconds)?), following(&next)?),
            false => (None, None),
        };
        let upload = match self.file.map_err(about_picture)? {
            Some(received) => Some(Some(take_in(desk, admin, received).await.map_err(about_picture)?)),
            None => remove.then_some(None),
        };
        Ok(Change {
            label: Some(label),
            text: Some(text),
            upload,
            countdown_seconds: Some(countdown_seconds),
            next: Some(next),
        })
    }
}

fn whole(seconds: &str) -> AppResult<i64> {
    seconds.parse().map_err(|_| AppError::field("countdown_seconds", "invalid", "Give a number of seconds."))
}

fn following(next: &str) -> AppResult<Option<PresetId>> {
    match next {
        "" => Ok(None),
        id => match id.parse() {
            Ok(id) => Ok(Some(PresetId(id))),
            Err(_) => Err(AppError::field("next", "invalid", "There is no such preset.")),
        },
    }
}

/// The id of the upload.
async fn take_in(desk: &UploadDesk, admin: &Admin, received: Received) -> AppResult<String> {
    let owner = admin.id();
    let turn = desk.turnstile.enter(Uploader::Person(owner))?;
    let (mode, desk) = (Mode::Budget(desk.rules().image_budget), desk.clone());
    let upload = turn.to_the_end(async move { intake::take_in(&desk, owner, received, mode).await }).await?;
    Ok(upload.id)
}

/// What is wrong with the picture belongs to its field.
fn about_picture(error: AppError) -> AppError {
    match error {
        AppError::NotAPicture
        | AppError::BadImage(_)
        | AppError::TooLarge(..)
        | AppError::TooSlow
        | AppError::Full(..) => AppError::field("file", error.code(), &error.to_string()),
        error => error,
    }
}
