//! Reported messages over REST; see `docs/protocol.md`.

use actix_web::{
    HttpResponse,
    web::{self, Data},
};
use serde::{Deserialize, Serialize};

use crate::{
    account::{
        current_user::Admin,
        standing::{self, check_reason},
    },
    admin::{
        messages::look::oversight,
        reports::case::{self, Cases},
        table,
    },
    chat::Chat,
    error::{AppError, AppResult},
    id::MessageId,
    report::queue::{self, Settled, Tab, Verdict},
    setting::Live,
    web::body::Json,
};

/// Messages on a page when nothing else is said.
pub const PAGE: i64 = 20;

/// Longest silence as a verdict: a month.
const LONGEST: i64 = 31 * 86_400;

/// Query of the queue.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct QueueQuery {
    /// `open`, `settled` or `mine`; empty for `open`.
    pub state: String,
    /// Where the page before ended.
    pub before: String,
    /// Messages at most.
    pub limit: String,
}

impl QueueQuery {
    /// The tab and the page of it.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for what does not exist.
    pub fn check(&self, admin: &Admin) -> AppResult<(Tab, Option<i64>, i64)> {
        let tab = match self.state.as_str() {
            "" | "open" => Tab::Open,
            "settled" => Tab::Settled,
            "mine" => Tab::Mine(admin.id()),
            _ => return Err(table::invalid("state", "is open, settled or mine")),
        };
        let before = match self.before.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| table::invalid("before", "is where a page ended"))?),
        };
        let limit = match self.limit.as_str() {
            "" => PAGE,
            text => text
                .parse()
                .ok()
                .filter(|limit| (1..=table::MOST).contains(limit))
                .ok_or_else(|| table::invalid("limit", "is a number from 1 to 100"))?,
        };
        Ok((tab, before, limit))
    }
}

/// `GET admin/reports`
#[utoipa::path(
    get, path = "/api/v1/admin/reports", tag = "console: rooms and messages",
    summary = "Reported messages",
    params(QueueQuery),
    responses(
        (status = 200, body = Cases),
    ),
)]
pub async fn list(
    chat: Data<Chat>,
    live: Data<Live>,
    admin: Admin,
    query: web::Query<QueueQuery>,
) -> AppResult<HttpResponse> {
    let (tab, before, limit) = query.check(&admin)?;
    let cases = case::page(&chat.rooms.db, &admin, oversight(&admin, &live), tab, before, limit).await?;
    Ok(HttpResponse::Ok().json(cases))
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[schema(as = Verdict)]
#[serde(rename_all = "lowercase")]
pub enum Deed {
    /// Nothing.
    Dismiss,
    /// The message is deleted.
    Delete,
    /// And its author silenced.
    Silence,
    /// And its author banned.
    Ban,
}

/// Body of `POST admin/reports/{message}`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// What is done.
    act: Deed,
    /// With `silence`.
    seconds: Option<i64>,
    /// For the audit log; who is banned reads it.
    #[serde(default)]
    reason: String,
}

impl Judgement {
    fn check(&self) -> AppResult<Verdict> {
        let wrong = || AppError::field("seconds", "invalid", "Seconds from 60 to 2,678,400, with silence alone.");
        match (self.act, self.seconds) {
            (Deed::Silence, Some(seconds)) if (60..=LONGEST).contains(&seconds) => Ok(Verdict::Silence(seconds)),
            (Deed::Silence, _) | (_, Some(_)) => Err(wrong()),
            (Deed::Dismiss, None) => Ok(Verdict::Dismiss),
            (Deed::Delete, None) => Ok(Verdict::Delete),
            (Deed::Ban, None) => Ok(Verdict::Ban),
        }
    }
}

/// What became of a reported message.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SettledReports)]
pub struct SettledBody {
    /// `dismissed`, `deleted`, `silenced` or `banned`.
    outcome: &'static str,
    /// How many reports that settled.
    reports: i64,
}

/// `POST admin/reports/{message}`
#[utoipa::path(
    post, path = "/api/v1/admin/reports/{message}", tag = "console: rooms and messages",
    summary = "Settle what was reported of a message",
    params(("message" = MessageId, Path)),
    request_body = Judgement,
    responses(
        (status = 200, body = SettledBody),
        (status = 404),
        (status = 409, description = "`self`, `last_admin`"),
    ),
)]
pub async fn settle(
    chat: Data<Chat>,
    admin: Admin,
    message: web::Path<MessageId>,
    body: Json<Judgement>,
) -> AppResult<HttpResponse> {
    let verdict = body.0.check()?;
    let settled = done(&chat, &admin, *message, verdict, &body.0.reason).await?;
    Ok(HttpResponse::Ok().json(SettledBody { outcome: verdict.outcome(), reports: settled.reports }))
}

/// Does it, for REST and pages alike.
///
/// # Errors
/// As for [`queue::settle`].
pub async fn done(
    chat: &Chat,
    admin: &Admin,
    message: MessageId,
    verdict: Verdict,
    reason: &str,
) -> AppResult<Settled> {
    let (actor, reason) = (admin.actor(), check_reason(reason)?);
    let settled = chat.rooms.db.ordered(move |conn| queue::settle(conn, &actor, message, verdict, &reason)).await?;
    if let Some(banned) = settled.banned {
        standing::shut(&chat.accounts, banned);
    }
    chat.messages.sweeper.notify_one();
    Ok(settled)
}
