//! What the OpenAPI document says of the classic routes.

use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::reference::{background, messages, presets, recent, sending};

/// Their routes; the types they name come along.
#[derive(OpenApi)]
#[openapi(paths(
    sending::nothing,
    sending::post,
    recent::recent,
    recent::counted,
    presets::refuse,
    presets::send,
    presets::send_image,
    presets::send_image_too,
    background::form,
    background::upload,
    messages::delete,
    messages::recall,
))]
pub struct Api;

/// A message or a picture with words.
#[derive(ToSchema)]
pub struct PictureForm {
    /// The picture.
    #[schema(value_type = Option<String>, format = Binary)]
    pub image: (),
    /// The words.
    pub text: Option<String>,
}

/// How it went: `ok`, `error`, `not found`.
#[derive(Serialize, ToSchema)]
#[schema(as = ClassicStatus)]
pub struct Status {
    /// In a word.
    pub status: &'static str,
}

/// What was posted.
#[derive(Serialize, ToSchema)]
#[schema(as = ClassicPosted)]
pub struct Posted {
    /// `ok`.
    pub status: &'static str,
    /// The message; absent where a command posted none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// What a command said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

/// A recall.
#[derive(Serialize, ToSchema)]
#[schema(as = ClassicRecalled)]
pub struct Recalled {
    /// True.
    pub success: bool,
}

/// A message in a few words.
#[derive(Serialize, ToSchema)]
#[schema(as = ClassicRecent)]
pub struct Recent {
    /// The user name.
    pub user: String,
    /// What was said.
    pub text: String,
}

/// Messages in a few words.
#[derive(Serialize, ToSchema)]
#[schema(as = ClassicRecentPage)]
pub struct RecentPage {
    /// Newest first.
    pub messages: Vec<Recent>,
}

/// A message with when it came.
#[derive(Serialize, ToSchema)]
#[schema(as = ClassicCounted)]
pub struct Counted {
    /// The user name.
    pub user: String,
    /// What was said; `[消息已撤回]` where it was recalled.
    pub text: String,
    /// `YYYY-MM-DD HH:MM:SS` by the server's clock.
    pub timestamp: String,
    /// Where its first picture is, or nothing.
    pub image: String,
}

/// Messages with when they came.
#[derive(Serialize, ToSchema)]
#[schema(as = ClassicCountedPage)]
pub struct CountedPage {
    /// Oldest first.
    pub messages: Vec<Counted>,
}
