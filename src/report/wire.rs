//! Reports in JSON; see `docs/protocol.md`.

use std::str::FromStr;

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use crate::{
    db::time,
    id::{MessageId, ReportId},
};

/// Why a message is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ReportReason)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// Advertising, floods.
    Spam,
    /// Insults, threats.
    Abuse,
    /// Against the law.
    Illegal,
    /// As the note says.
    Other,
}

impl Reason {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Abuse => "abuse",
            Self::Illegal => "illegal",
            Self::Other => "other",
        }
    }
}

impl FromStr for Reason {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "spam" => Ok(Self::Spam),
            "abuse" => Ok(Self::Abuse),
            "illegal" => Ok(Self::Illegal),
            "other" => Ok(Self::Other),
            _ => Err(format!("{text} is no reason")),
        }
    }
}

/// A report as its author sees it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Report)]
pub struct ReportView {
    /// Its id.
    pub id: ReportId,
    /// About which message.
    pub message: MessageId,
    /// Why.
    pub reason: Reason,
    /// In their own words; may be empty.
    pub note: String,
    /// When.
    #[serde(serialize_with = "time::serialize")]
    pub created_at: NaiveDateTime,
}

/// Body of an answer about one report.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReportBody {
    /// The report.
    pub report: ReportView,
}
