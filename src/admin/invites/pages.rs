//! The page of invitations.

use actix_web::{HttpResponse, ResponseError as _, http::StatusCode, web};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    account::invite::{self, Wanted},
    admin::{
        console::Console,
        flash::{self, Flash},
        invites::{
            InvitesQuery, USUAL,
            handlers::{self, Invite},
        },
        table::{fields::Fields, links::Links},
    },
    db::time,
    error::{AppError, AppResult},
    id::InviteId,
    web::site::Origin,
};

/// Where the page is.
const PLACE: &str = "/admin/invites/";

/// How long an invitation can be good from the form: `invite-life-<name>` in words, and so many days; 0 for no end.
const LIVES: [(&str, i64); 4] = [("day", 1), ("week", 7), ("month", 30), ("ever", 0)];

/// What the page shows besides what is stored.
#[derive(Default)]
struct Shape {
    status: Option<StatusCode>,
    /// A link that was just made: it is shown this once.
    link: Option<String>,
    /// What a refused form said, and what is wrong with it.
    values: Value,
    codes: Value,
}

async fn page(console: &Console, query: &InvitesQuery, shape: Shape) -> AppResult<HttpResponse> {
    let page = query.page()?;
    let slice = handlers::page(&console.accounts, query).await?;
    let links = Links::new(query.filters(), &page, USUAL, &slice, |row| row.place(page.column));
    let invites: Vec<Invite> = slice.rows.into_iter().map(Invite::new).collect();
    let or_empty = |value: Value| if value.is_object() { value } else { json!({}) };
    let context = json!({
        "invites": invites,
        "links": links,
        "lives": LIVES.map(|(name, _)| name),
        "link": shape.link,
        "values": or_empty(shape.values),
        "codes": or_empty(shape.codes),
    });
    console.render_as(shape.status.unwrap_or_default(), "users", "invites", context).await
}

/// `GET /admin/invites/`
pub async fn list(console: Console, query: web::Query<InvitesQuery>) -> AppResult<HttpResponse> {
    page(&console, &query, Shape::default()).await
}

/// `POST /admin/invites/`: answers with the link, because a redirect could only carry it in an address or a cookie.
pub async fn create(console: Console, origin: Origin, fields: Fields) -> AppResult<HttpResponse> {
    let made = match wanted(&fields) {
        Ok(wanted) => invite::make(&console.accounts, &console.admin.actor(), wanted).await,
        Err(error) => Err(error),
    };
    let query = InvitesQuery::default();
    match made {
        Ok((_, token)) => {
            let link = Some(handlers::url(&origin, &token));
            page(&console, &query, Shape { link, ..Shape::default() }).await
        }
        Err(error) => {
            let Some(wrong) = error.fields() else { return Err(error) };
            let codes = wrong.iter().map(|(name, error)| ((*name).to_owned(), error.code.into())).collect();
            let values = json!({
                "note": fields.get("note"), "max_uses": fields.get("max_uses"), "life": fields.get("life"),
            });
            let status = Some(error.status_code());
            page(&console, &query, Shape { status, link: None, values, codes: Value::Object(codes) }).await
        }
    }
}

fn wanted(fields: &Fields) -> AppResult<Wanted> {
    let life = LIVES.iter().find(|(name, _)| *name == fields.get("life"));
    let (_, days) = life.ok_or_else(|| AppError::field("life", "invalid", "There is no such life."))?;
    let max_uses = match fields.get("max_uses") {
        "" => None,
        text => Some(text.parse().map_err(|_| AppError::field("max_uses", "invalid", "A whole number."))?),
    };
    let expires_at = (*days > 0).then(|| time::now() + TimeDelta::days(*days));
    Ok(Wanted { note: fields.get("note").to_owned(), max_uses, expires_at })
}

/// `POST /admin/invites/{id}/revoke`
pub async fn revoke(console: Console, id: web::Path<InviteId>) -> AppResult<HttpResponse> {
    match invite::revoke(&console.accounts, &console.admin.actor(), *id).await {
        Ok(()) => Ok(flash::see_other(PLACE, &Flash::done("invite-revoked"))),
        Err(error @ AppError::NotFound) => Ok(flash::see_other(PLACE, &Flash::wrong(error.code()))),
        Err(error) => Err(error),
    }
}
