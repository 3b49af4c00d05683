//! Reported messages as pages.

use actix_web::{
    HttpResponse,
    web::{self, Data},
};
use serde_json::json;

use crate::{
    account::store as people,
    admin::{
        console::Console,
        flash::{Flash, see_other},
        messages::{look::oversight, store as chats},
        reports::{
            case,
            handlers::{self, QueueQuery},
        },
        table::{
            confirm::{Confirm, Item},
            fields::Fields,
        },
    },
    chat::Chat,
    error::{AppError, AppResult},
    id::{MessageId, RoomId},
    message::store as messages,
    report::queue::{Settled, Tab, Verdict},
    setting::Live,
};

/// Where the page is.
const PLACE: &str = "/admin/reports/";

/// `GET /admin/reports/`
pub async fn list(
    console: Console,
    chat: Data<Chat>,
    live: Data<Live>,
    query: web::Query<QueueQuery>,
) -> AppResult<HttpResponse> {
    let (tab, before, limit) = query.check(&console.admin)?;
    let db = &chat.rooms.db;
    let cases = case::page(db, &console.admin, oversight(&console.admin, &live), tab, before, limit).await?;
    let rooms: Vec<RoomId> = cases.cases.iter().filter_map(|case| case.room.as_ref()).map(|room| room.id).collect();
    let admin = console.admin.id();
    let mine = db.read(move |conn| Ok(chats::joined(conn, admin, &rooms)?)).await?;
    let state = match tab {
        Tab::Open => "open",
        Tab::Settled => "settled",
        Tab::Mine(_) => "mine",
    };
    let context = json!({
        "state": state,
        "older": cases.before.map(|before| format!("?state={state}&before={before}")),
        "is_first": before.is_none(),
        "cases": cases.cases,
        "open": cases.open,
        "settled": cases.settled,
        "mine": mine,
    });
    console.render("reports", "reports", context).await
}

/// `POST /admin/reports/{message}`
pub async fn settle(
    console: Console,
    chat: Data<Chat>,
    message: web::Path<MessageId>,
    fields: Fields,
) -> AppResult<HttpResponse> {
    let verdict = match fields.get("act") {
        "dismiss" => Verdict::Dismiss,
        "delete" => Verdict::Delete,
        "silence-hour" => Verdict::Silence(3_600),
        "silence-day" => Verdict::Silence(86_400),
        "ban" => Verdict::Ban,
        _ => return Err(AppError::Invalid("act is what is to be done.".into())),
    };
    if verdict == Verdict::Ban && fields.get("sure") != "yes" {
        return ask(&console, &chat, *message).await;
    }
    let settled = handlers::done(&chat, &console.admin, *message, verdict, fields.get("reason")).await;
    match settled {
        Ok(Settled { reports, .. }) => {
            let flash = Flash::done(&format!("report-{}", verdict.outcome())).count(reports);
            Ok(see_other(PLACE, &flash))
        }
        Err(error) if error.is_fault() => Err(error),
        Err(error) => Ok(see_other(PLACE, &Flash::wrong(word(&error)))),
    }
}

/// The page's word for a refusal.
fn word(error: &AppError) -> &'static str {
    match error.code() {
        "self" => "report-self",
        "last_admin" => "report-last-admin",
        "not_found" => "report-settled",
        _ => "invalid",
    }
}

/// A ban shuts somebody out of everything, so it is asked about.
async fn ask(console: &Console, chat: &Chat, message: MessageId) -> AppResult<HttpResponse> {
    let author = chat
        .rooms
        .db
        .read(move |conn| {
            let author = messages::sender_of(conn, message)?.ok_or(AppError::NotFound)?;
            people::find(conn, author)?.ok_or(AppError::NotFound)
        })
        .await?;
    let item = Item { name: author.nickname, note: format!("@{}", author.username) };
    let mut confirm = Confirm::new("report-ban", "block", "message", &[(message.0, item)]);
    confirm.hidden = [("act", "ban"), ("sure", "yes")].map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    confirm.danger = true;
    confirm.action = format!("{PLACE}{message}");
    confirm.back = PLACE.to_owned();
    let context = json!({ "confirm": confirm, "reason": "", "reason_wrong": false });
    console.render("reports", "messages_delete", context).await
}
