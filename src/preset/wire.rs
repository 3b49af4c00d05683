//! Presets in JSON; see `docs/protocol.md`.

use bytestring::ByteString;
use chrono::NaiveDateTime;
use serde::Serialize;

use crate::{db::time, id::PresetId, message::wire::MessageView, preset::content::Content, room::countdown::Countdown};

/// The picture of a preset.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = PresetPicture)]
pub struct Picture {
    /// The picture, for admins.
    pub url: String,
    /// A small one.
    pub thumb_url: String,
    /// In pixels.
    pub width: i64,
    /// In pixels.
    pub height: i64,
}

/// A preset as admins see it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Preset)]
pub struct PresetView {
    /// Its id.
    pub id: PresetId,
    /// The words on its chip.
    pub label: String,
    /// What it says; may be empty where there is a picture.
    pub text: String,
    /// What it shows.
    #[schema(required)]
    pub image: Option<Picture>,
    /// Seconds to count down after it was sent.
    #[schema(required)]
    pub countdown_seconds: Option<i64>,
    /// What is sent then.
    #[schema(required)]
    pub next: Option<PresetId>,
    /// When it was changed last.
    #[serde(serialize_with = "time::serialize")]
    pub updated_at: NaiveDateTime,
    /// By whom, as they are called now.
    #[schema(required)]
    pub updated_by: Option<String>,
    /// Which blob the picture is.
    #[serde(skip)]
    pub blob: Option<Blob>,
}

/// Of a preset's picture, what is not told.
#[derive(Debug, Clone)]
pub struct Blob {
    /// Its row.
    pub id: i64,
    /// Of its file.
    pub ext: String,
}

impl PresetView {
    /// What can be changed of it.
    pub fn content(&self) -> Content {
        Content {
            label: self.label.clone(),
            text: self.text.clone(),
            blob: self.blob.as_ref().map(|blob| blob.id),
            countdown_seconds: self.countdown_seconds,
            next: self.next,
        }
    }
}

/// Where a preset's picture is served.
pub fn picture(id: PresetId, width: i64, height: i64) -> Picture {
    let url = format!("/api/v1/admin/presets/{id}/image");
    Picture { thumb_url: format!("{url}?small=1"), url, width, height }
}

/// A preset as it stands above the composer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = PresetChip)]
pub struct Chip {
    /// Of the preset.
    pub id: PresetId,
    /// Its words.
    pub label: String,
    /// The icon before them.
    pub icon: &'static str,
    /// Seconds to count down after it was sent.
    #[schema(required)]
    pub countdown_seconds: Option<i64>,
}

/// The chips of presets, in their order.
pub fn chips(presets: &[PresetView]) -> Vec<Chip> {
    let chip = |preset: &PresetView| Chip {
        id: preset.id,
        label: preset.label.clone(),
        icon: icon(preset, presets),
        countdown_seconds: preset.countdown_seconds,
    };
    presets.iter().map(chip).collect()
}

fn icon(preset: &PresetView, all: &[PresetView]) -> &'static str {
    match (preset.countdown_seconds, preset.next) {
        (Some(_), Some(_)) => "play",
        (Some(_), None) => "timer",
        (None, _) if all.iter().any(|other| other.next == Some(preset.id)) => "stop",
        (None, _) if preset.blob.is_some() => "image",
        (None, _) => "message",
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "presets")]
struct Presets<'a> {
    presets: &'a [Chip],
}

/// The `presets` frame, for admins.
pub fn frame(chips: &[Chip]) -> ByteString {
    serde_json::to_string(&Presets { presets: chips }).expect("chips have only strings and numbers").into()
}

/// Presets, and what stands of them above the composer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PresetsBody {
    /// In their order.
    pub presets: Vec<PresetView>,
    /// As in the frame.
    pub chips: Vec<Chip>,
}

/// Presets in their order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PresetOrder {
    /// All of them.
    pub presets: Vec<PresetView>,
}

/// Body of an answer about one preset.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PresetBody {
    /// The preset.
    pub preset: PresetView,
}

/// What became of a press.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = SentPreset)]
pub struct Pressed {
    /// The message.
    pub message: MessageView,
    /// The countdown that it started.
    #[schema(required)]
    pub countdown: Option<Countdown>,
    /// Stored by this press, not by an earlier one with the same `client_id`.
    #[serde(skip)]
    pub fresh: bool,
}
