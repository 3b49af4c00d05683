//! Bodies, queries and paths of requests: of the right type, small, in time, or a clear error.

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    error::{JsonPayloadError, UrlencodedError},
    http::header,
    web,
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::error::Category;

use crate::{
    config::{BODY_MAX_BYTES, BODY_SECONDS},
    error::{AppError, AppResult},
    limit::Limit,
};

/// What bodies may be like; in the application's data.
#[derive(Debug, Clone, Copy)]
pub struct Bodies {
    /// The largest of JSON or a form, in bytes.
    pub bytes: usize,
    /// How long one may take to arrive (actix itself waits for ever), and one with a file may stand still.
    pub time: Duration,
}

impl Default for Bodies {
    fn default() -> Self {
        Self { bytes: BODY_MAX_BYTES as usize, time: Duration::from_secs(BODY_SECONDS.into()) }
    }
}

impl Bodies {
    /// What holds for a request.
    pub fn of(req: &HttpRequest) -> Self {
        req.app_data().copied().unwrap_or_default()
    }
}

/// For `#[serde(default, deserialize_with = …)]` on a field that may be absent, null or a value.
///
/// # Errors
/// What the value's type says.
pub fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = AppResult<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (packed, time) = (is_packed(req), Bodies::of(req).time);
        let body = web::Json::<T>::from_request(req, payload);
        Box::pin(in_time(packed, time, async move { body.await.map(|json| Self(json.into_inner())).map_err(refused) }))
    }
}

/// A form body (`application/x-www-form-urlencoded`).
pub struct Form<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = AppResult<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (packed, time) = (is_packed(req), Bodies::of(req).time);
        let body = web::Form::<T>::from_request(req, payload);
        Box::pin(in_time(packed, time, async move { body.await.map(|form| Self(form.into_inner())).map_err(refused) }))
    }
}

/// A compressed body: small on the wire, and as large as it likes in memory. No client of ours sends one.
pub fn is_packed(req: &HttpRequest) -> bool {
    req.headers().get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity")
}

async fn in_time<T>(packed: bool, time: Duration, body: impl Future<Output = AppResult<T>>) -> AppResult<T> {
    if packed {
        return Err(AppError::UnsupportedMedia("Send the body without Content-Encoding."));
    }
    tokio::time::timeout(time, body).await.map_err(|_| AppError::TooSlow)?
}

/// Extractor errors that the settings below already turned into ours keep their meaning.
fn refused(error: actix_web::Error) -> AppError {
    match error.as_error::<AppError>() {
        Some(AppError::UnsupportedMedia(wanted)) => AppError::UnsupportedMedia(wanted),
        Some(AppError::TooLarge(limit, most)) => AppError::TooLarge(*limit, *most),
        Some(AppError::Invalid(text)) => AppError::Invalid(text.clone()),
        Some(other) => AppError::Malformed(other.to_string()),
        None => AppError::Malformed("The body cannot be read.".into()),
    }
}

/// Limits and error words of all extractors.
pub fn configure(cfg: &mut web::ServiceConfig, bodies: Bodies) {
    let (limit, most) = (bodies.bytes, bodies.bytes as u64);
    cfg.app_data(bodies)
        .app_data(
            web::JsonConfig::default().limit(limit).error_handler(move |error, _| json_error(&error, most).into()),
        )
        .app_data(
            web::FormConfig::default().limit(limit).error_handler(move |error, _| form_error(&error, most).into()),
        )
        .app_data(web::PathConfig::default().error_handler(|_, _| AppError::NotFound.into()))
        .app_data(web::QueryConfig::default().error_handler(|error, _| AppError::Invalid(error.to_string()).into()));
}

fn json_error(error: &JsonPayloadError, most: u64) -> AppError {
    match error {
        JsonPayloadError::ContentType => AppError::UnsupportedMedia("Send the body as application/json."),
        JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
            AppError::TooLarge(Limit::Body, most)
        }
        JsonPayloadError::Deserialize(error) if error.classify() == Category::Data => {
            AppError::Invalid(error.to_string())
        }
        JsonPayloadError::Deserialize(error) => AppError::Malformed(error.to_string()),
        _ => AppError::Malformed("The body cannot be read.".into()),
    }
}

fn form_error(error: &UrlencodedError, most: u64) -> AppError {
    match error {
        UrlencodedError::ContentType => {
            AppError::UnsupportedMedia("Send the form as application/x-www-form-urlencoded.")
        }
        UrlencodedError::Overflow { .. } => AppError::TooLarge(Limit::Body, most),
        _ => AppError::Malformed("The form cannot be read.".into()),
    }
}
