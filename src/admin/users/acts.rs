//! What is done to people from the table: asked first, on a page that names them, and done to each.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use chrono::{NaiveDateTime, TimeDelta};
use serde_json::{Value, json};

use crate::{
    account::{Accounts, endings, standing},
    admin::{
        console::Console,
        flash::{self, Flash},
        table::{
            self,
            confirm::{Confirm, Item},
            fields::Fields,
        },
        users::{person, role, store},
    },
    audit::Actor,
    db::time,
    error::{AppError, AppResult},
    id::UserId,
};

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// They read and do not write, for a while.
    Silence,
    /// They write again.
    Unsilence,
    /// They are shut out.
    Ban,
    /// They come in again.
    Unban,
    /// Their account is put out of use.
    Deactivate,
    /// Their account is put into use again.
    Reactivate,
    /// Their sessions end.
    Sessions,
    /// They have another role.
    Role,
}

impl What {
    const ALL: [Self; 8] = [
        Self::Silence,
        Self::Unsilence,
        Self::Ban,
        Self::Unban,
        Self::Deactivate,
        Self::Reactivate,
        Self::Sessions,
        Self::Role,
    ];

    /// In addresses.
    fn as_str(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Unsilence => "unsilence",
            Self::Ban => "ban",
            Self::Unban => "unban",
            Self::Deactivate => "deactivate",
            Self::Reactivate => "reactivate",
            Self::Sessions => "sessions",
            Self::Role => "role",
        }
    }

    /// In the words of the question.
    pub fn key(self) -> &'static str {
        match self {
            Self::Silence => "user-silence",
            Self::Unsilence => "user-unsilence",
            Self::Ban => "user-ban",
            Self::Unban => "user-unban",
            Self::Deactivate => "user-deactivate",
            Self::Reactivate => "user-reactivate",
            Self::Sessions => "user-sessions",
            Self::Role => "user-role",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Silence => "bell-off",
            Self::Unsilence | Self::Unban | Self::Reactivate => "circle-check",
            Self::Ban => "block",
            Self::Deactivate => "person-minus",
            Self::Sessions => "logout",
            Self::Role => "shield",
        }
    }

    /// By its name in addresses.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub fn of(name: &str) -> AppResult<Self> {
        Self::ALL.into_iter().find(|what| what.as_str() == name).ok_or(AppError::NotFound)
    }

    /// Does it to one person, as the form says.
    ///
    /// # Errors
    /// What the act itself says; fields that are wrong.
    pub async fn carry_out(self, accounts: &Accounts, actor: &Actor, whom: UserId, fields: &Fields) -> AppResult<()> {
        let reason = fields.get("reason");
        match self {
            Self::Silence => {
                let until = until(fields.get("term"))?;
                standing::silence(accounts, actor, whom, until, reason).await
            }
            Self::Unsilence => standing::unsilence(accounts, actor, whom).await,
            Self::Ban => standing::ban(accounts, actor, whom, reason).await,
            Self::Unban => standing::unban(accounts, actor, whom).await,
            Self::Deactivate => standing::deactivate(accounts, actor, whom, reason).await,
            Self::Reactivate => standing::reactivate(accounts, actor, whom).await,
            Self::Sessions => endings::end_all(accounts, actor, whom).await,
            Self::Role => standing::set_role(accounts, actor, whom, role(fields.get("role"))?).await.map(drop),
        }
    }
}

/// How long somebody can be silenced from a form: `user-term-<name>` in words, and so many hours; 0 for until it is lifted.
pub const TERMS: [(&str, i64); 5] = [("hour", 1), ("day", 24), ("week", 24 * 7), ("month", 24 * 30), ("ever", 0)];

fn until(term: &str) -> AppResult<NaiveDateTime> {
    let term = TERMS.iter().find(|(name, _)| *name == term);
    let (_, hours) = term.ok_or_else(|| AppError::field("term", "invalid", "There is no such term."))?;
    Ok(if *hours == 0 { store::for_ever() } else { time::now() + TimeDelta::hours(*hours) })
}

/// `GET /admin/users/acts/{what}?user=…&user=…`: really?
pub async fn ask(console: Console, what: web::Path<String>, req: HttpRequest) -> AppResult<HttpResponse> {
    let what = What::of(&what)?;
    question(&console, what, &Fields::of_query(&req)?, StatusCode::OK, None).await
}

/// `POST /admin/users/acts/{what}`: yes.
pub async fn act(console: Console, what: web::Path<String>, fields: Fields) -> AppResult<HttpResponse> {
    let what = What::of(&what)?;
    let ids = fields.ids("user")?;
    if !fields.confirms(ids.len()) {
        return question(&console, what, &fields, StatusCode::UNPROCESSABLE_ENTITY, None).await;
    }
    let people = people(&console, &ids).await?;
    let mut outcome = Outcome::default();
    for row in &people {
        let done = what.carry_out(&console.accounts, &console.admin.actor(), row.card.id, &fields).await;
        match done {
            Ok(()) => outcome.done += 1,
            // The form is wrong, and so it is for everybody.
            Err(error) if error.fields().is_some() && outcome.done == 0 => {
                return question(&console, what, &fields, StatusCode::UNPROCESSABLE_ENTITY, Some(&error)).await;
            }
            Err(error) if error.is_fault() => return Err(error),
            Err(error) => {
                outcome.refused.get_or_insert((error.code(), row.card.nickname.clone()));
            }
        }
    }
    let name = people.first().map(|row| row.card.nickname.clone()).unwrap_or_default();
    Ok(flash::see_other(&back(&people), &outcome.flash(what, name)))
}

#[derive(Default)]
struct Outcome {
    done: i64,
    /// Why, and whom first.
    refused: Option<(&'static str, String)>,
}

impl Outcome {
    fn flash(self, what: What, name: String) -> Flash {
        match self.refused {
            None => Flash::done(what.key()).name(name).count(self.done),
            Some((code, whom)) => Flash::wrong(code).name(whom).count(self.done),
        }
    }
}

/// One person's page, or the table.
fn back(people: &[store::Row]) -> String {
    match people {
        [only] => person::address(only.card.id),
        _ => "/admin/users/".to_owned(),
    }
}

async fn people(console: &Console, ids: &[i64]) -> AppResult<Vec<store::Row>> {
    let ids: Vec<UserId> = ids.iter().copied().map(UserId).collect();
    let wanted = ids.len();
    let rows = console.accounts.db.read(move |conn| Ok(store::many(conn, &ids)?)).await?;
    if rows.len() == wanted { Ok(rows) } else { Err(table::invalid("user", "names somebody who does not exist")) }
}

async fn question(
    console: &Console,
    what: What,
    fields: &Fields,
    status: StatusCode,
    error: Option<&AppError>,
) -> AppResult<HttpResponse> {
    let rows = people(console, &fields.ids("user")?).await?;
    let things: Vec<(i64, Item)> = rows.iter().map(item).collect();
    let answered = status != StatusCode::OK && error.is_none();
    let mut confirm = Confirm::new(what.key(), what.icon(), "user", &things);
    confirm.danger = matches!(what, What::Ban | What::Deactivate);
    confirm.action = format!("/admin/users/acts/{}", what.as_str());
    confirm.back = back(&rows);
    if answered {
        confirm = confirm.again(fields);
    }
    let wrong: serde_json::Map<String, Value> = error
        .and_then(AppError::fields)
        .into_iter()
        .flatten()
        .map(|(name, error)| ((*name).to_owned(), error.code.into()))
        .collect();
    let context = json!({
        "confirm": confirm,
        "what": what.as_str(),
        "terms": TERMS.map(|(name, _)| name),
        "values": { "term": fields.get("term"), "reason": fields.get("reason"), "role": fields.get("role") },
        "codes": wrong,
    });
    console.render_as(status, "users", "user_confirm", context).await
}

fn item(row: &store::Row) -> (i64, Item) {
    (row.card.id.0, Item { name: row.card.nickname.clone(), note: format!("@{}", row.card.username) })
}
