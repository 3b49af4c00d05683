//! The answer that an error is: its status, and a problem as JSON (RFC 9457).

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderValue},
    },
};
use serde::Serialize;

use super::AppError;
use crate::{clock::Rfc3339, limit::Limit};

/// In the extensions of a refusal, for who makes a page of it: the name of the limit that was met.
#[derive(Debug, Clone, Copy)]
pub struct Met(pub &'static str);

/// An error (RFC 9457).
#[derive(Serialize, utoipa::ToSchema)]
pub struct Problem<'a> {
    /// Always `about:blank`.
    r#type: &'static str,
    /// Of the status.
    title: &'static str,
    /// As of the answer.
    status: u16,
    /// Of a closed table.
    code: &'static str,
    /// English text.
    detail: String,
    /// What is wrong with each field, in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<BTreeMap<&'a str, &'a str>>,
    /// The same for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    codes: Option<BTreeMap<&'a str, &'a str>>,
    /// Seconds to wait before the next try.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<f64>,
    /// Until when waiting is of no use.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// What an admin wrote to explain it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// The limit that was met, by the name of the setting or flag that sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'static str>,
    /// What a token must be good for.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthenticated | Self::BadToken | Self::BadCredentials => StatusCode::UNAUTHORIZED,
            Self::Scope(_) | Self::SessionNeeded => StatusCode::FORBIDDEN,
            Self::WrongPassword | Self::SetupClosed | Self::Banned(_) | Self::Deactivated(_) => StatusCode::FORBIDDEN,
            Self::Refused(..) => StatusCode::FORBIDDEN,
            Self::Forbidden(_) | Self::Blocked | Self::Silenced(_) | Self::PostPolicy(_) | Self::Archived => {
                StatusCode::FORBIDDEN
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Malformed(_) | Self::BadFrame(_) => StatusCode::BAD_REQUEST,
            Self::UnsupportedMedia(_) | Self::NotAPicture => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge(..) | Self::OriginalTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Full(limit, _) => match limit.code() {
                "quota" => StatusCode::PAYLOAD_TOO_LARGE,
                "site_full" => StatusCode::INSUFFICIENT_STORAGE,
                "busy" => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::CONFLICT,
            },
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Command(..)
            | Self::Invalid(_)
            | Self::Fields(_)
            | Self::BadUpload
            | Self::BadImage(_)
            | Self::Words => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Taken(_) | Self::Conflict(..) | Self::Gone | Self::ClientIdReused => StatusCode::CONFLICT,
            Self::TooFast(..) | Self::SlowMode(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::ShuttingDown | Self::Unreachable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Storage => StatusCode::INSUFFICIENT_STORAGE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        self.log();
        let status = self.status_code();
        let fields = self.fields();
        let problem = Problem {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code: self.code(),
            detail: self.to_string(),
            errors: fields.map(|fields| fields.iter().map(|(name, error)| (*name, error.text.as_str())).collect()),
            codes: fields.map(|fields| fields.iter().map(|(name, error)| (*name, error.code)).collect()),
            retry_after: self.retry_after(),
            until: self.until().map(|until| Rfc3339(&until).to_string()),
            reason: self.reason(),
            limit: self.limit().map(Limit::as_str),
            scope: if let Self::Scope(needed) = self { Some(needed) } else { None },
        };
        let mut response = HttpResponse::build(status);
        if matches!(self, Self::TooLarge(..) | Self::TooSlow) {
            // What else the client has to say is not waited for.
            response.force_close();
        }
        if let Some(limit) = problem.limit {
            response.extensions_mut().insert(Met(limit));
        }
        if let Some(challenge) = self.challenge() {
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        let body = serde_json::to_string(&problem).expect("a problem has only strings and numbers");
        response.content_type("application/problem+json").insert_header((header::CACHE_CONTROL, "no-store"));
        let mut response = response.body(body);
        self.say_when(response.headers_mut());
        response
    }
}

impl AppError {
    /// Says in the head of an answer when to try again, where that is known (RFC 9110, §10.2.3).
    pub fn say_when(&self, head: &mut HeaderMap) {
        if let Some(seconds) = self.retry_after() {
            head.insert(header::RETRY_AFTER, HeaderValue::from(seconds.ceil() as u64));
        }
    }

    /// What the answer says of tokens (RFC 6750 §3), where it is about them.
    fn challenge(&self) -> Option<String> {
        match self {
            Self::Unauthenticated => Some("Bearer".to_owned()),
            Self::BadToken => Some(r#"Bearer error="invalid_token""#.to_owned()),
            Self::Scope(needed) => Some(format!(r#"Bearer error="insufficient_scope", scope="{needed}""#)),
            _ => None,
        }
    }
}
