//! Invitations as those who run the site see them.

pub mod handlers;
pub mod pages;
pub mod store;

use serde::Deserialize;

use crate::{
    admin::table::{self, Column, Page, PageQuery, cursor::Kind, links::Filters},
    error::AppResult,
};

/// What invitations are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// When they were made, which is the order of the ids.
    Made,
    /// How many came by them.
    Uses,
}

impl Column for By {
    const ALL: &'static [Self] = &[Self::Made, Self::Uses];

    fn as_str(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Uses => "uses",
        }
    }

    fn kind(self) -> Kind {
        Kind::Number
    }
}

/// The order where nobody asks for another one: the newest first.
pub const USUAL: (By, bool) = (By::Made, true);

/// The query string of the table.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InvitesQuery {
    /// `valid` for those that let somebody in now.
    #[serde(default)]
    state: String,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageQuery,
}

impl InvitesQuery {
    /// Only those that let somebody in now?
    ///
    /// # Errors
    /// [`AppError::Invalid`](crate::error::AppError::Invalid) for a state that does not exist.
    pub fn only_valid(&self) -> AppResult<bool> {
        match self.state.as_str() {
            "" => Ok(false),
            "valid" => Ok(true),
            _ => Err(table::invalid("state", "has no such choice")),
        }
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
        Filters::from([("state", self.state.clone())])
    }
}
