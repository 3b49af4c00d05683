//! Uploads in JSON; see `docs/protocol.md`.

use serde::Serialize;

/// What an upload sends. It is read as a stream and never as a whole: this is for the OpenAPI document alone.
#[derive(Debug, utoipa::ToSchema)]
pub struct FileForm {
    /// A JPEG, PNG, GIF or WebP picture.
    pub file: Picture,
}

/// The bytes of a picture.
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = PictureFile, value_type = String, format = Binary)]
pub struct Picture(pub Vec<u8>);

/// An image, as it stands in a message and in the answer to its upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Upload {
    /// 22 characters, random.
    pub id: String,
    /// The image.
    pub url: String,
    /// A small one, for the stream.
    pub thumb_url: String,
    /// Of the image.
    pub mime: String,
    /// Of the image, as stored.
    pub bytes: i64,
    /// In pixels.
    pub width: i64,
    /// In pixels.
    pub height: i64,
    /// Dominant colour, `#rrggbb`.
    pub color: String,
    /// Does it move?
    pub animated: bool,
    /// What its sender called it; only to be shown.
    pub name: String,
}
