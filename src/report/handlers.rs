//! Reporting a message over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::{
    account::current_user::CurrentUser,
    db::{connection::AnyConnection, lane::Stored},
    error::{AppError, AppResult},
    id::{MessageId, UserId},
    message::revise,
    report::{
        ReportDesk,
        store::{self, NewReport},
        wire::{Reason, ReportBody, ReportView},
    },
    web::body::Json,
};

/// Longest note, in characters.
const NOTE: usize = 500;

/// Body of `POST messages/{id}/reports`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = NewReport)]
#[serde(deny_unknown_fields)]
pub struct Complaint {
    /// Why.
    reason: Reason,
    /// In my own words, at most 500 characters.
    #[serde(default)]
    note: String,
}

impl Complaint {
    fn check(self) -> AppResult<Self> {
        let note = self.note.trim().replace("\r\n", "\n");
        if note.chars().count() > NOTE {
            return Err(AppError::field("note", "too_long", "At most 500 characters."));
        }
        if note.chars().any(|c| c.is_control() && c != '\n') {
            return Err(AppError::field("note", "bad_characters", "Control characters are not allowed."));
        }
        Ok(Self { note, ..self })
    }
}

/// `POST messages/{id}/reports`
#[utoipa::path(
    post, path = "/api/v1/messages/{id}/reports", tag = "messages",
    summary = "Report a message",
    params(("id" = MessageId, Path)),
    request_body = Complaint,
    responses(
        (status = 201, body = ReportBody),
        (status = 200, body = ReportBody, description = "I reported it before."),
        (status = 404),
        (status = 409, description = "`self`, `gone`"),
    ),
)]
pub async fn create(
    desk: web::Data<ReportDesk>,
    user: CurrentUser,
    message: web::Path<MessageId>,
    body: Json<Complaint>,
) -> AppResult<HttpResponse> {
    let (user, message, complaint) = (user.id(), *message, body.0.check()?);
    let before = desk.db.read(move |conn| earlier(conn, user, message)).await?;
    if let Some(report) = before {
        return Ok(HttpResponse::Ok().json(ReportBody { report }));
    }
    desk.pace.check(&user)?;
    let (report, fresh) = desk.db.ordered(move |conn| report(conn, user, message, &complaint)).await?;
    let mut response = if fresh { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(ReportBody { report }))
}

/// What this person said of a message before, which they may see.
fn earlier(conn: &mut AnyConnection, user: UserId, message: MessageId) -> AppResult<Option<ReportView>> {
    revise::visible(conn, user, message)?;
    Ok(store::find(conn, message, user)?)
}

fn report(
    conn: &mut AnyConnection,
    user: UserId,
    message: MessageId,
    complaint: &Complaint,
) -> AppResult<Stored<(ReportView, bool)>> {
    let message = revise::visible(conn, user, message)?;
    if message.sender.id == user {
        return Err(AppError::Conflict("self", "This message is your own: recall or delete it."));
    }
    if message.is_gone() {
        return Err(AppError::Gone);
    }
    let Complaint { reason, note } = complaint;
    let new = NewReport { message: message.id, room: message.room, reporter: user, reason: *reason, note };
    let fresh = store::insert(conn, &new)?;
    let report = store::find(conn, message.id, user)?.ok_or(AppError::NotFound)?;
    Ok(Stored::quiet((report, fresh)))
}
