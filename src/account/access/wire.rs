//! Tokens in JSON; see `docs/protocol.md`.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use crate::{
    account::access::{Issued, Scope, Wanted, store::TokenRow},
    db::time,
    error::{AppError, AppResult},
    id::TokenId,
};

/// A token as its owner sees it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Token)]
pub struct TokenView {
    /// To revoke it by.
    pub id: TokenId,
    /// As its owner calls it.
    pub name: String,
    /// Its first characters, to know it by.
    pub start: String,
    /// What it is good for.
    pub scope: Scope,
    /// When it was made.
    #[serde(serialize_with = "time::serialize")]
    pub created_at: NaiveDateTime,
    /// It is dead from then on; null for no end.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub expires_at: Option<NaiveDateTime>,
    /// Is it dead already?
    pub expired: bool,
    /// Last use, to a minute; null as long as it was not used.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub last_used_at: Option<NaiveDateTime>,
    /// From where; empty as long as it was not used.
    pub last_ip: String,
}

impl TokenView {
    /// Of a row.
    pub fn new(row: TokenRow) -> Self {
        Self {
            id: row.id,
            expired: !row.is_alive(),
            name: row.name,
            start: row.start,
            scope: row.scope,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            last_ip: row.last_ip,
        }
    }
}

/// Somebody's tokens.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TokensBody {
    /// The newest first.
    pub tokens: Vec<TokenView>,
}

/// A token that was just made.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = IssuedToken)]
pub struct IssuedBody {
    /// As lists show it.
    pub token: TokenView,
    /// The token itself: it is told this once.
    pub secret: String,
}

impl IssuedBody {
    /// Of one that was just made.
    pub fn new(issued: Issued) -> Self {
        Self { secret: issued.secret.as_str().to_owned(), token: issued.token }
    }
}

/// A token to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// At most 60 characters.
    pub name: String,
    /// What it is to be good for.
    pub scope: Scope,
    /// RFC 3339; absent or null for no end.
    #[serde(default)]
    pub expires_at: Option<String>,
}

impl NewToken {
    /// What is wanted.
    ///
    /// # Errors
    /// [`AppError::Fields`] for a time that is none.
    pub fn wanted(self) -> AppResult<Wanted> {
        let parse = |text: String| {
            time::parse(&text).ok_or_else(|| AppError::field("expires_at", "invalid", "A time as in RFC 3339."))
        };
        Ok(Wanted { name: self.name, scope: self.scope, expires_at: self.expires_at.map(parse).transpose()? })
    }
}
