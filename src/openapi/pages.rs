//! The document as a page, for people.

use std::sync::LazyLock;

use actix_web::{HttpResponse, web::Data};
use serde_json::json;

use crate::{
    error::AppResult,
    openapi::{DOCUMENT, view::Reference},
    web::{
        pages::{Pages, View},
        site::Origin,
    },
};

static REFERENCE: LazyLock<Reference> = LazyLock::new(|| Reference::of(&DOCUMENT));

/// `GET /api/`
pub async fn page(pages: Data<Pages>, view: View, origin: Origin) -> AppResult<HttpResponse> {
    let context = json!({ "reference": *REFERENCE, "origin": origin.to_string() });
    pages.render(&view, "api.html", &context)
}
