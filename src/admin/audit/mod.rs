//! The audit log as those who run the site read it: a table, an answer of the API, a file. Nothing here writes but the note that
//! it was exported.

pub mod handlers;
pub mod pages;
pub mod store;
pub mod words;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use serde::Deserialize;

use crate::{
    admin::table::{self, Column, Page, PageQuery, cursor::Kind, links::Filters},
    audit::{Act, KINDS},
    error::AppResult,
    id::UserId,
};

/// In the filter for who acted: whoever runs the server, at its command line.
pub const COMMAND_LINE: &str = "parlor";

/// Longest text that is looked for, in characters.
const LONGEST: usize = 100;

/// What the log is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The time, which is the order of the ids.
    Time,
}

impl Column for By {
    const ALL: &'static [Self] = &[Self::Time];

    fn as_str(self) -> &'static str {
        "time"
    }

    fn kind(self) -> Kind {
        Kind::Number
    }
}

/// The order where nobody asks for another one: the newest first.
pub const USUAL: (By, bool) = (By::Time, true);

/// Who acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A person.
    Person(UserId),
    /// The command line.
    CommandLine,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In names or details, in any case; empty for all.
    pub words: String,
    /// Who acted.
    pub actor: Option<Who>,
    /// What was done.
    pub act: Option<Act>,
    /// What it was done to: a kind, and one of that kind.
    pub target: Option<(&'static str, Option<i64>)>,
    /// Not before.
    pub since: Option<NaiveDateTime>,
    /// Before.
    pub until: Option<NaiveDateTime>,
}

/// The query string of the log, for page, API and export alike. Days are those of UTC.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// In names and details.
    #[serde(default)]
    q: String,
    /// An id, or `parlor` for the command line.
    #[serde(default)]
    actor: String,
    /// Such as `user.ban`.
    #[serde(default)]
    act: String,
    /// A kind such as `user`, or `user:5`.
    #[serde(default)]
    target: String,
    /// A day of UTC.
    #[serde(default)]
    from: String,
    /// A day of UTC, included.
    #[serde(default)]
    to: String,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageQuery,
}

impl AuditQuery {
    /// Which entries.
    ///
    /// # Errors
    /// [`AppError::Invalid`](crate::error::AppError::Invalid) for a filter that does not exist.
    pub fn filter(&self) -> AppResult<Filter> {
        let words = self.q.trim().to_lowercase();
        if words.chars().nth(LONGEST).is_some() || words.chars().any(char::is_control) {
            return Err(table::invalid("q", "has at most 100 characters, and no control characters"));
        }
        let day_after = |day: NaiveDateTime| day.checked_add_signed(TimeDelta::days(1));
        Ok(Filter {
            words,
            actor: given(&self.actor).map(actor).transpose()?,
            act: given(&self.act).map(act).transpose()?,
            target: given(&self.target).map(target).transpose()?,
            since: given(&self.from).map(|text| day("from", text)).transpose()?,
            until: given(&self.to).map(|text| day("to", text)).transpose()?.and_then(day_after),
        })
    }

    /// Which page of them.
    ///
    /// # Errors
    /// [`AppError::Invalid`](crate::error::AppError::Invalid) for an order or a place that does not exist.
    pub fn page(&self) -> AppResult<Page<By>> {
        self.page.check(USUAL.0, USUAL.1, table::ROWS)
    }

    /// As they stand in the query string.
    pub fn filters(&self) -> Filters {
        let Self { q, actor, act, target, from, to, .. } = self;
        let all = [("q", q), ("actor", actor), ("act", act), ("target", target), ("from", from), ("to", to)];
        all.into_iter().map(|(name, value)| (name, value.clone())).collect()
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn actor(text: &str) -> AppResult<Who> {
    match text {
        COMMAND_LINE => Ok(Who::CommandLine),
        text => match text.parse() {
            Ok(id) => Ok(Who::Person(UserId(id))),
            Err(_) => Err(table::invalid("actor", "is the id of a person, or parlor for the command line")),
        },
    }
}

fn act(text: &str) -> AppResult<Act> {
    let act = Act::ALL.iter().find(|act| act.as_str() == text);
    act.copied().ok_or_else(|| table::invalid("act", "is no act that is noted"))
}

/// `user`, or `user:5`.
fn target(text: &str) -> AppResult<(&'static str, Option<i64>)> {
    let (kind, id) = text.split_once(':').map_or((text, None), |(kind, id)| (kind, Some(id)));
    let kind = KINDS.iter().find(|known| **known == kind);
    match (kind, id.map(str::parse)) {
        (Some(kind), None) => Ok((kind, None)),
        (Some(kind), Some(Ok(id))) => Ok((kind, Some(id))),
        _ => Err(table::invalid("target", "is a kind such as user, or a kind and an id such as user:5")),
    }
}

/// The beginning of a day, `2026-11-20`.
fn day(name: &str, text: &str) -> AppResult<NaiveDateTime> {
    let day = (text.len() == 10).then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten();
    day.map(|day| day.and_time(chrono::NaiveTime::MIN))
        .ok_or_else(|| table::invalid(name, "is a day such as 2026-11-20"))
}
