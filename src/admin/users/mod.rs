//! People, as those who run the site see them: the table, one person, and what is done to them.
//!
//! Nothing here deletes an account: names stay taken for good, and what was said stays said.

pub mod acts;
pub mod export;
pub mod handlers;
pub mod pages;
pub mod person;
pub mod store;
pub mod tokens;
pub mod wire;

use serde::Deserialize;

use crate::{
    account::{
        needle::needle,
        presence::Presence,
        wire::{SiteRole, Status},
    },
    admin::table::{self, Column, Page, PageQuery, cursor::Kind, links::Filters},
    error::{AppError, AppResult},
    id::UserId,
};

/// What the table of people is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The user name, folded.
    Name,
    /// The role on the site.
    Role,
    /// When they were last connected; who is connected now stands above all.
    Seen,
    /// When they registered.
    Joined,
}

impl Column for By {
    const ALL: &'static [Self] = &[Self::Name, Self::Role, Self::Seen, Self::Joined];

    fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Role => "role",
            Self::Seen => "seen",
            Self::Joined => "joined",
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Name | Self::Role => Kind::Text,
            Self::Seen | Self::Joined => Kind::Time,
        }
    }
}

/// The order where nobody asks for another one: who was here last stands above.
pub const USUAL: (By, bool) = (By::Seen, true);

/// What is asked for of an account's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Active, and not silenced.
    Normal,
    /// Silenced everywhere at this moment.
    Silenced,
    /// Banned or deactivated.
    Out(Status),
}

/// What is asked for of the last time somebody was here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Connected now.
    Now,
    /// Now, or within seven days.
    Week,
    /// Longer ago, or never.
    Earlier,
}

/// Which people are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Words of names or the e-mail address, folded; empty for everybody.
    pub needle: String,
    /// On the site.
    pub role: Option<SiteRole>,
    /// Of the account.
    pub state: Option<State>,
    /// Here last.
    pub seen: Option<Seen>,
    /// Who is connected at this moment.
    pub online: Vec<UserId>,
}

/// The query string of the table of people, for pages, API and export alike.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsersQuery {
    /// Part of a name or of the e-mail address.
    #[serde(default)]
    q: String,
    /// `member`, `admin` or `bot`.
    #[serde(default)]
    role: String,
    /// `active`, `silenced`, `banned` or `deactivated`.
    #[serde(default)]
    state: String,
    /// `now`, `week` or `earlier`.
    #[serde(default)]
    seen: String,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageQuery,
}

impl UsersQuery {
    /// Which people.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a filter that does not exist.
    pub fn filter(&self, presence: &Presence) -> AppResult<Filter> {
        Ok(Filter {
            needle: needle(&self.q)?,
            role: choice("role", &self.role, |text| text.parse().ok())?,
            state: choice("state", &self.state, |text| match text {
                "active" => Some(State::Normal),
                "silenced" => Some(State::Silenced),
                text => text.parse().ok().map(State::Out),
            })?,
            seen: choice("seen", &self.seen, |text| match text {
                "now" => Some(Seen::Now),
                "week" => Some(Seen::Week),
                "earlier" => Some(Seen::Earlier),
                _ => None,
            })?,
            online: presence.online(),
        })
    }

    /// Which page of them.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for an order or a place that does not exist.
    pub fn page(&self) -> AppResult<Page<By>> {
        self.page.check(USUAL.0, USUAL.1, table::ROWS)
    }

    /// As they stand in the query string.
    pub fn filters(&self) -> Filters {
        let Self { q, role, state, seen, .. } = self;
        Filters::from([("q", q.clone()), ("role", role.clone()), ("state", state.clone()), ("seen", seen.clone())])
    }
}

/// A choice of a filter; empty for none.
fn choice<T>(name: &str, text: &str, read: impl FnOnce(&str) -> Option<T>) -> AppResult<Option<T>> {
    match text {
        "" => Ok(None),
        text => read(text).map(Some).ok_or_else(|| table::invalid(name, "has no such choice")),
    }
}

/// The role of a form or a body.
///
/// # Errors
/// [`AppError::Fields`] for one that does not exist.
pub fn role(text: &str) -> AppResult<SiteRole> {
    text.parse().map_err(|error: String| AppError::field("role", "invalid", &error))
}
