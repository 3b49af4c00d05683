//! What the query string of the messages asks for, on the page and in the API alike.

use serde::{Deserialize, Serialize};

use crate::{
    admin::table::{self, links},
    error::{AppError, AppResult},
    id::{MessageId, RoomId},
    message::{
        MessageDesk,
        search::{
            find::{Filter, Kind},
            oversee::Looking,
            pages::{self as search, Day, Refusal},
            query::{Query, QueryError},
        },
    },
};

/// The filters; what was not filled in is empty. `from` is an id or a user name, `since` and `until` are times or days (UTC, `until`
/// included).
#[derive(Debug, Clone, Default, Deserialize, Serialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Asked {
    /// Words.
    pub q: String,
    /// A room's id.
    pub room: String,
    /// A person.
    pub from: String,
    /// A time or a day.
    pub since: String,
    /// A time or a day.
    pub until: String,
    /// `text`, `image` or `preset`.
    pub kind: String,
    /// Where the page before ended.
    pub before: String,
    /// Hits at most.
    pub limit: String,
}

impl Asked {
    /// Checks it.
    ///
    /// # Errors
    /// The page's word for what is wrong, and the error.
    pub async fn check(&self, desk: &MessageDesk) -> Result<Looking, Refusal> {
        let filter = Filter {
            room: search::number(&self.room, refusal("room"))?.map(RoomId),
            from: search::person(desk, self.from.trim()).await.map_err(worded)?,
            since: search::day(&self.since, Day::Beginning).map_err(worded)?,
            until: search::day(&self.until, Day::End).map_err(worded)?,
            kind: self.kind()?,
            before: search::number(&self.before, refusal("before"))?.map(MessageId),
        };
        // By a person or images the index finds messages; where nothing narrows that much, they are walked through.
        let has_words = !self.q.trim().is_empty() || filter.from.is_some() || filter.kind == Some(Kind::Image);
        let query = has_words.then(|| Query::within(&self.q, &filter)).transpose().map_err(|error| match error {
            QueryError::Blank => Refusal("blank", AppError::Invalid(error.to_string())),
            QueryError::TooLong => Refusal("too_long", AppError::Invalid(error.to_string())),
        })?;
        Ok(Looking { query, filter })
    }

    fn kind(&self) -> Result<Option<Kind>, Refusal> {
        match self.kind.as_str() {
            "" => Ok(None),
            given => Kind::ALL.into_iter().find(|kind| kind.as_str() == given).map(Some).ok_or_else(|| refusal("kind")),
        }
    }

    /// Hits wanted.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for what is no number from 1 to [`table::MOST`].
    pub fn limit(&self, usual: usize) -> AppResult<usize> {
        match self.limit.as_str() {
            "" => Ok(usual),
            text => text
                .parse()
                .ok()
                .filter(|limit| (1..=table::MOST as usize).contains(limit))
                .ok_or_else(|| table::invalid("limit", "is a number from 1 to 100")),
        }
    }

    /// Is anything asked for?
    pub fn is_filtered(&self) -> bool {
        let Self { q, room, from, since, until, kind, .. } = self;
        [q, room, from, since, until, kind].iter().any(|field| !field.trim().is_empty())
    }

    /// The query string without a place: `?q=…`, or nothing.
    pub fn query(&self) -> String {
        self.query_at("")
    }

    /// The query string of the page below a message.
    pub fn older(&self, before: MessageId) -> String {
        self.query_at(&before.to_string())
    }

    fn query_at(&self, before: &str) -> String {
        let Self { q, room, from, since, until, kind, .. } = self;
        links::query(&[
            ("q", q),
            ("room", room),
            ("from", from),
            ("since", since),
            ("until", until),
            ("kind", kind),
            ("before", before),
        ])
    }
}

fn refusal(code: &'static str) -> Refusal {
    worded(Refusal::invalid(code))
}

/// With a sentence for programs.
fn worded(Refusal(code, error): Refusal) -> Refusal {
    let text = match code {
        "room" => "room is the id of a room.",
        "person" => "from is the id or the name of a person.",
        "day" => "since and until are days such as 2026-11-20, or times such as 2026-11-20T10:00:00Z.",
        "kind" => "kind is text, image or preset.",
        "before" => "before is the id of a message.",
        _ => return Refusal(code, error),
    };
    Refusal(code, AppError::Invalid(text.into()))
}
