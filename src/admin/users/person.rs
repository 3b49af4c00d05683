//! One person's page: what there is to know, and every act.

use actix_web::{HttpResponse, http::StatusCode, web};
use serde_json::{Value, json};

use crate::{
    account::{
        Accounts,
        access::pages::{self as access_pages, Tried},
        endings,
        handlers::sessions_of,
        presence::Presence,
        reset, store as accounts_store,
    },
    admin::{
        audit::{self, words::Shown},
        console::Console,
        flash::{self, Flash},
        table::{Page, fields::Fields},
        users::{
            acts::{TERMS, What},
            handlers, store,
        },
    },
    error::{AppError, AppResult},
    id::{SessionId, UserId},
    web::site::Origin,
};

/// Entries of the log that the page shows.
const ENTRIES: i64 = 6;

/// Where somebody's page is.
pub fn address(id: UserId) -> String {
    format!("/admin/users/{id}/")
}

/// `GET /admin/users/{id}/`
pub async fn show(console: Console, presence: web::Data<Presence>, id: web::Path<UserId>) -> AppResult<HttpResponse> {
    page(&console, &presence, *id, Shape::default()).await
}

/// What the page shows besides what is stored.
#[derive(Default)]
struct Shape {
    status: Option<StatusCode>,
    /// A link that was just made: it is shown this once.
    link: Option<String>,
    /// What a refused form said, and what is wrong with it.
    refused: Option<(Value, Value)>,
    /// What became of the form that makes a token.
    tokens: Tried,
}

/// The page of a bot whose token was just made, or not.
///
/// # Errors
/// When the database does not answer.
pub async fn with_token(
    console: &Console,
    presence: &Presence,
    id: UserId,
    status: StatusCode,
    tokens: Tried,
) -> AppResult<HttpResponse> {
    page(console, presence, id, Shape { status: Some(status), tokens, ..Shape::default() }).await
}

async fn page(console: &Console, presence: &Presence, id: UserId, shape: Shape) -> AppResult<HttpResponse> {
    let person = handlers::person(&console.accounts, presence, id).await?;
    let sessions = sessions_of(&console.accounts, id, console.admin.user.session()).await?;
    let tokens = access_pages::section(&console.accounts, &person.card, shape.tokens).await?;
    let (values, codes) = shape.refused.unwrap_or_else(|| (json!({}), json!({})));
    let context = json!({
        "person": person,
        "silenced_for_ever": person.silenced_until == Some(store::for_ever()),
        "is_me": id == console.admin.id(),
        "sessions": sessions,
        "tokens": tokens,
        "more": more(&console.accounts, id).await?,
        "entries": entries(console, id).await?,
        "terms": TERMS.map(|(name, _)| name),
        "link": shape.link,
        "values": values,
        "codes": codes,
    });
    console.render_as(shape.status.unwrap_or_default(), "users", "user", context).await
}

async fn more(accounts: &Accounts, id: UserId) -> AppResult<Value> {
    accounts
        .db
        .read(move |conn| {
            let (phone, locale, invite) = store::more(conn, id)?;
            let invite = match invite {
                Some((invite, note, by)) => {
                    let by = accounts_store::find(conn, by)?.map(|card| card.nickname);
                    json!({ "id": invite, "note": note, "by": by })
                }
                None => Value::Null,
            };
            let open = reset::store::open_until(conn, id)?.map(|until| crate::db::time::rfc3339(&until));
            Ok(json!({ "phone": phone, "locale": locale, "invite": invite, "reset_until": open }))
        })
        .await
}

/// The newest that was done to them.
async fn entries(console: &Console, id: UserId) -> AppResult<Vec<Shown>> {
    let filter = audit::Filter { target: Some(("user", Some(id.0))), ..audit::Filter::default() };
    let page = Page::first(audit::USUAL.0, audit::USUAL.1, ENTRIES);
    let rows =
        console.accounts.db.read(move |conn| Ok(page.cut(audit::store::page(conn, &filter, &page)?).rows)).await?;
    Ok(rows.into_iter().map(|row| Shown::new(row, console.view.locale)).collect())
}

/// The page with a link that was just made for its person. It answers the form itself, because a redirect could only carry the link
/// in an address or a cookie.
///
/// # Errors
/// When the database does not answer.
pub async fn with_link(
    console: &Console,
    presence: &Presence,
    origin: &Origin,
    id: UserId,
    link: &reset::Issued,
) -> AppResult<HttpResponse> {
    let link = Some(handlers::reset_url(origin, link));
    page(console, presence, id, Shape { link, ..Shape::default() }).await
}

/// `POST /admin/users/{id}/act`: the forms of the page, told apart by their field `act`.
pub async fn act(
    console: Console,
    presence: web::Data<Presence>,
    id: web::Path<UserId>,
    fields: Fields,
) -> AppResult<HttpResponse> {
    let what = What::of(fields.get("act"))?;
    let card = handlers::person(&console.accounts, &presence, *id).await?.card;
    let done = what.carry_out(&console.accounts, &console.admin.actor(), *id, &fields).await;
    match done {
        Ok(()) => Ok(flash::see_other(&address(*id), &Flash::done(what.key()).name(card.nickname).count(1))),
        Err(error) if error.is_fault() => Err(error),
        Err(error) => match error.fields() {
            Some(wrong) => {
                let codes: serde_json::Map<String, Value> =
                    wrong.iter().map(|(name, error)| ((*name).to_owned(), error.code.into())).collect();
                let values =
                    json!({ "act": fields.get("act"), "term": fields.get("term"), "reason": fields.get("reason") });
                let refused = Some((values, Value::Object(codes)));
                let status = Some(StatusCode::UNPROCESSABLE_ENTITY);
                page(&console, &presence, *id, Shape { status, refused, ..Shape::default() }).await
            }
            None => Ok(flash::see_other(&address(*id), &refusal(&error, &card.nickname))),
        },
    }
}

fn refusal(error: &AppError, name: &str) -> Flash {
    Flash::wrong(error.code()).name(name)
}

/// `POST /admin/users/{id}/sessions/{session}/end`
pub async fn end_session(console: Console, path: web::Path<(UserId, SessionId)>) -> AppResult<HttpResponse> {
    let (id, session) = path.into_inner();
    match endings::end_one(&console.accounts, &console.admin.actor(), id, session).await {
        Ok(()) => Ok(flash::see_other(&address(id), &Flash::done("user-session"))),
        Err(error @ AppError::NotFound) => Ok(flash::see_other(&address(id), &Flash::wrong(error.code()))),
        Err(error) => Err(error),
    }
}

/// `POST /admin/users/{id}/reset`
pub async fn issue_reset(
    console: Console,
    presence: web::Data<Presence>,
    origin: Origin,
    id: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    match reset::issue(&console.accounts, &console.admin.actor(), *id).await {
        Ok(link) => with_link(&console, &presence, &origin, *id, &link).await,
        Err(error @ AppError::Conflict(..)) => Ok(flash::see_other(&address(*id), &refusal(&error, ""))),
        Err(error) => Err(error),
    }
}

/// `POST /admin/users/{id}/reset/void`
pub async fn void_reset(console: Console, id: web::Path<UserId>) -> AppResult<HttpResponse> {
    reset::void(&console.accounts, &console.admin.actor(), *id).await?;
    Ok(flash::see_other(&address(*id), &Flash::done("user-reset-void")))
}
