//! Which rooms are listed, as the query string says it.

use serde::Deserialize;

use crate::{
    account::needle::needle,
    admin::table::{self, Column, Page, PageQuery, cursor::Kind, links::Filters},
    error::AppResult,
    room::wire::RoomKind,
};

/// What rooms are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Name.
    Name,
    /// How many members.
    Members,
    /// How many messages there ever were.
    Messages,
    /// The newest message, or the beginning.
    Last,
}

impl Column for By {
    const ALL: &'static [Self] = &[Self::Name, Self::Members, Self::Messages, Self::Last];

    fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Members => "members",
            Self::Messages => "messages",
            Self::Last => "last",
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Name => Kind::Text,
            Self::Members | Self::Messages => Kind::Number,
            Self::Last => Kind::Time,
        }
    }
}

/// The order without `?sort=`: what was said last stands first.
pub const USUAL: (By, bool) = (By::Last, true);

/// The query string.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RoomsQuery {
    /// Part of the name.
    #[serde(default)]
    pub q: String,
    /// `public` or `private`; `direct` while admins may read private chats.
    #[serde(default)]
    pub kind: String,
    /// `used` or `archived`.
    #[serde(default)]
    pub state: String,
    /// `1` for rooms that guests may read.
    #[serde(default)]
    pub public_read: String,
    /// Order and place.
    #[serde(flatten)]
    #[param(ignore)]
    pub page: PageQuery,
}

/// Which rooms are listed.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Part of the name, folded.
    pub needle: String,
    /// Of this kind; without one, all but private chats.
    pub kind: Option<RoomKind>,
    /// Archived, or not.
    pub archived: Option<bool>,
    /// Only what guests may read.
    pub public_read: bool,
}

impl RoomsQuery {
    /// Checks the filters. `private` says whether private chats may be listed.
    ///
    /// # Errors
    /// [`crate::error::AppError::Invalid`].
    pub fn filter(&self, private: bool) -> AppResult<Filter> {
        let kind = match self.kind.as_str() {
            "" => None,
            given => match given.parse() {
                Ok(RoomKind::Direct) if !private => return Err(table::invalid("kind", "is public or private")),
                Ok(kind) => Some(kind),
                Err(_) => return Err(table::invalid("kind", "is public or private")),
            },
        };
        let archived = match self.state.as_str() {
            "" => None,
            "used" => Some(false),
            "archived" => Some(true),
            _ => return Err(table::invalid("state", "is used or archived")),
        };
        let public_read = match self.public_read.as_str() {
            "" => false,
            "1" => true,
            _ => return Err(table::invalid("public_read", "is 1, or absent")),
        };
        Ok(Filter { needle: needle(&self.q)?, kind, archived, public_read })
    }

    /// Checks order and place.
    ///
    /// # Errors
    /// [`crate::error::AppError::Invalid`].
    pub fn page(&self) -> AppResult<Page<By>> {
        self.page.check(USUAL.0, USUAL.1, table::ROWS)
    }

    /// As they stand in the query string.
    pub fn filters(&self) -> Filters {
        let given = [("q", &self.q), ("kind", &self.kind), ("state", &self.state), ("public_read", &self.public_read)];
        given.map(|(name, value)| (name, value.clone())).into()
    }
}
