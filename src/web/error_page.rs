//! Errors as their reader understands them: `application/problem+json` for programs, a page for people, a login for guests.

use actix_web::{
    HttpResponse, ResponseError as _,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{Method, StatusCode, header, header::HeaderValue},
    middleware::Next,
    web,
};
use serde_json::json;

use crate::{
    error::{AppError, problem::Met},
    web::pages::{Pages, View},
};

/// In the extensions of an answer whose body is what its caller expects, however bad its status.
pub struct AsItIs;

/// The middleware: turns an error that a browser navigated into, and any error without a body of ours, into a readable one.
///
/// # Errors
/// Those of the middlewares below it, in words.
pub async fn readable(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let view = req.extract::<View>().await.unwrap_or_else(|never| match never {});
    let pages = req.app_data::<web::Data<Pages>>().cloned();
    let is_page = accepts_html(&req) && !sends_json(&req) && !req.path().starts_with("/api/");
    let login = (is_page && req.method() == Method::GET).then(|| login_address(&req));
    let response = match next.call(req).await {
        Ok(response) => response.map_into_boxed_body(),
        Err(error) => return Err(unanswered(error, pages.filter(|_| is_page), &view)),
    };
    let status = response.status();
    let is_as_meant = response.response().extensions().contains::<AsItIs>();
    if is_as_meant || !(status.is_client_error() || status.is_server_error()) {
        return Ok(response);
    }
    match (pages, login) {
        (_, Some(login)) if status == StatusCode::UNAUTHORIZED => {
            let redirect = HttpResponse::SeeOther().insert_header((header::LOCATION, login)).finish();
            Ok(response.into_response(redirect))
        }
        (Some(pages), _) if is_page && !is_html(&response) => {
            let limit = response.response().extensions().get::<Met>().map(|Met(limit)| *limit);
            let context = json!({
                "status": status.as_u16(), "code": code_of(status), "limit": limit, "seconds": seconds(&response),
            });
            match pages.render_as(status, &view, "error.html", &context) {
                Ok(page) => Ok(keep_advice(response, page)),
                Err(error) => {
                    tracing::error!(?error, "the error page cannot be rendered");
                    Ok(response)
                }
            }
        }
        _ if !is_problem(&response) && !is_html(&response) => Ok(with_problem(response, status)),
        _ => Ok(response),
    }
}

/// An error that no handler made an answer of: the middleware of sessions makes such where the database does not store one. Said in words, and
/// as what it is: it passes.
fn unanswered(error: actix_web::Error, pages: Option<web::Data<Pages>>, view: &View) -> actix_web::Error {
    tracing::error!(%error, "a session could not be read or stored");
    let (status, code) = (AppError::Busy.status_code(), AppError::Busy.code());
    let context = json!({ "status": status.as_u16(), "code": code, "limit": null, "seconds": null });
    let page = pages.and_then(|pages| pages.render_as(status, view, "error.html", &context).ok());
    InternalError::from_response(error, page.unwrap_or_else(|| AppError::Busy.error_response())).into()
}

/// The same answer with a body that says what it is.
fn with_problem(response: ServiceResponse<BoxBody>, status: StatusCode) -> ServiceResponse<BoxBody> {
    let title = status.canonical_reason().unwrap_or("Error");
    let problem = json!({
        "type": "about:blank", "title": title, "status": status.as_u16(), "code": code_of(status), "detail": title,
    });
    let mut response = response.map_body(|_, _| BoxBody::new(problem.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// When to try again.
fn seconds(response: &ServiceResponse<BoxBody>) -> Option<u64> {
    response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

/// A page that is an error keeps the word on when to try again, and by which methods.
fn keep_advice(response: ServiceResponse<BoxBody>, mut page: HttpResponse) -> ServiceResponse<BoxBody> {
    for name in [header::RETRY_AFTER, header::ALLOW] {
        if let Some(advice) = response.headers().get(&name) {
            page.headers_mut().insert(name, advice.clone());
        }
    }
    response.into_response(page)
}

fn code_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::MISDIRECTED_REQUEST => "misdirected",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::UNAUTHORIZED => "session_ended",
        StatusCode::TOO_MANY_REQUESTS => "rate_limited",
        StatusCode::SERVICE_UNAVAILABLE => "busy",
        StatusCode::UPGRADE_REQUIRED => "upgrade_required",
        status if status.is_server_error() => "internal",
        _ => "malformed",
    }
}

fn accepts_html(req: &ServiceRequest) -> bool {
    let accept = req.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// No page sends JSON but by a script.
fn sends_json(req: &ServiceRequest) -> bool {
    req.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

fn login_address(req: &ServiceRequest) -> String {
    let place = req.uri().path_and_query().map_or("/", |place| place.as_str());
    match place {
        "/" => "/login/".to_owned(),
        place => format!("/login/?next={}", url::form_urlencoded::byte_serialize(place.as_bytes()).collect::<String>()),
    }
}

fn content_type(response: &ServiceResponse<BoxBody>) -> &str {
    response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn is_html(response: &ServiceResponse<BoxBody>) -> bool {
    content_type(response).starts_with("text/html")
}

fn is_problem(response: &ServiceResponse<BoxBody>) -> bool {
    content_type(response).starts_with("application/problem+json")
}
