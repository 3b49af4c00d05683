//! `/post/`.

use std::rc::Rc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use crate::{
    chat::{
        composer::{PostForm, Sent, answer_with, send_form, send_form_with_images},
        pages::Visit,
    },
    error::{AppError, AppResult, problem::Problem},
    id::RoomId,
    reference::{
        api::{PictureForm, Posted},
        home, lobby, plainly, wants_json,
    },
    web::body::{Form, Json},
};

/// `GET /post/`
#[utoipa::path(
    get, path = "/post/", tag = "classic",
    summary = "To the chat",
    responses(
        (status = 302, description = "To the chat."),
    ),
    security(()),
)]
pub async fn nothing() -> HttpResponse {
    home()
}

/// `POST /post/`, in each of three shapes
#[utoipa::path(
    post, path = "/post/", tag = "classic",
    summary = "Send to the lobby",
    request_body(content(
        (PostForm = "application/json"), (PostForm = "application/x-www-form-urlencoded"), (PictureForm = "multipart/form-data"),
    )),
    responses(
        (status = 200, body = Posted, description = "To who sends or accepts JSON and no page."),
        (status = 302, description = "To the chat."),
        (status = 422, content((Problem = "application/problem+json"), (String = "text/html")), description = "To a page as a page."),
    ),
)]
pub async fn post(visit: Visit, req: HttpRequest, form: Form<PostForm>) -> AppResult<HttpResponse> {
    let room = lobby(visit.db()).await?;
    let sent = send_form(&visit, room, form.0).await?;
    answer(&visit, &req, room, sent).await
}

/// `POST /post/` as JSON
pub async fn post_json(visit: Visit, req: HttpRequest, body: Json<PostForm>) -> AppResult<HttpResponse> {
    let room = lobby(visit.db()).await?;
    let sent = send_form(&visit, room, body.0).await?;
    answer(&visit, &req, room, sent).await
}

/// `POST /post/` as `multipart/form-data`
pub async fn post_with_images(visit: Visit, req: HttpRequest, payload: web::Payload) -> AppResult<HttpResponse> {
    let visit = Rc::new(visit);
    let room = lobby(visit.db()).await?;
    let sent = send_form_with_images(&visit, room, &req, payload).await?;
    answer(&visit, &req, room, sent).await
}

/// A form is led back to the chat; one that is refused shows the room with what was written, which a redirect would lose.
async fn answer(visit: &Visit, req: &HttpRequest, room: RoomId, sent: Sent) -> AppResult<HttpResponse> {
    if !wants_json(req) {
        return answer_with(visit, room, sent, |_| home()).await;
    }
    match sent {
        Sent::Message(message) => {
            Ok(plainly(StatusCode::OK, &Posted { status: "ok", id: Some(message.id.0), notice: None }))
        }
        Sent::Noticed(words) if words.text.is_empty() => {
            Ok(plainly(StatusCode::OK, &Posted { status: "ok", id: None, notice: Some(words.notice) }))
        }
        Sent::Noticed(words) => Err(AppError::Invalid(words.notice)),
        Sent::Unsent(_, error) => Err(error),
    }
}
