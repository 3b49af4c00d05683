//! `/delete_message/<id>/` and `/recall_message/<id>/`.

use actix_web::{HttpResponse, http::StatusCode, web};

use crate::{
    account::current_user::CurrentUser,
    error::{AppError, AppResult},
    id::{MessageId, UserId},
    message::{
        MessageDesk,
        handlers::{delete_message, recall_message},
        revise,
    },
    reference::{
        api::{Recalled, Status},
        in_words, lobby, plainly,
    },
    room::store as rooms,
};

/// `POST /delete_message/{id}/`: one's own.
#[utoipa::path(
    post, path = "/delete_message/{id}/", tag = "classic",
    summary = "Delete my message in the lobby",
    params(("id" = MessageId, Path)),
    responses(
        (status = 200, body = Status),
        (status = 404, content_type = "application/json", body = Status),
    ),
)]
pub async fn delete(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    id: Option<web::Path<MessageId>>,
) -> AppResult<HttpResponse> {
    let deleted = match in_lobby(&desk, user.id(), id).await {
        Ok(id) => delete_message(&desk, user.id(), id).await.map(drop),
        Err(error) => Err(error),
    };
    match deleted {
        Ok(()) => Ok(plainly(StatusCode::OK, &Status { status: "ok" })),
        Err(AppError::NotFound | AppError::Forbidden(_) | AppError::Gone) => {
            Ok(plainly(StatusCode::NOT_FOUND, &Status { status: "not found" }))
        }
        Err(error) => Err(error),
    }
}

/// `POST /recall_message/{id}/`: one's own within the lobby's time, anybody's for those who keep order there.
#[utoipa::path(
    post, path = "/recall_message/{id}/", tag = "classic",
    summary = "Recall a message in the lobby",
    params(("id" = MessageId, Path)),
    responses(
        (status = 200, body = Recalled),
        (status = 403, content_type = "text/plain", body = String),
        (status = 404, content_type = "text/plain", body = String),
    ),
)]
pub async fn recall(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    id: Option<web::Path<MessageId>>,
) -> AppResult<HttpResponse> {
    let recalled = match in_lobby(&desk, user.id(), id).await {
        Ok(id) => recall_message(&desk, user.id(), id).await.map(drop),
        Err(error) => Err(error),
    };
    match recalled {
        Ok(()) => Ok(plainly(StatusCode::OK, &Recalled { success: true })),
        Err(AppError::NotFound) => Ok(in_words(StatusCode::NOT_FOUND, "消息不存在".to_owned())),
        Err(AppError::Forbidden(_)) => Ok(in_words(StatusCode::FORBIDDEN, "不能撤回他人消息".to_owned())),
        Err(AppError::Conflict("too_late", _)) => Ok(in_words(StatusCode::FORBIDDEN, too_late(&desk).await?)),
        Err(error) => Err(error),
    }
}

/// The message of that number, if the path has one. These routes know no other room.
async fn in_lobby(desk: &MessageDesk, user: UserId, id: Option<web::Path<MessageId>>) -> AppResult<MessageId> {
    let id = id.ok_or(AppError::NotFound)?.into_inner();
    let room = lobby(&desk.db).await?;
    let message = desk.db.read(move |conn| revise::visible(conn, user, id)).await?;
    if message.room == room && message.deleted_at.is_none() { Ok(id) } else { Err(AppError::NotFound) }
}

async fn too_late(desk: &MessageDesk) -> AppResult<String> {
    let (room, default) = (lobby(&desk.db).await?, desk.live.get().recall_seconds);
    let info = desk.db.read(move |conn| rooms::find(conn, room)?.ok_or(AppError::NotFound)).await?;
    Ok(format!("撤回时间超过{}秒", info.recall_seconds.unwrap_or(default)))
}
