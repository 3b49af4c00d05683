//! What makes the client an app that can be installed: its manifest, its service worker, and the page that the worker shows where
//! there is no network.

use actix_web::{
    HttpResponse,
    http::header,
    web::{self, Data},
};
use serde_json::json;

use crate::{
    error::{AppError, AppResult},
    setting::Live,
    web::{
        assets,
        mark::{self, Mark},
        pages::{Pages, View},
    },
};

/// The worker asks the server for the shell and nobody else for anything.
const WORKER_POLICY: &str = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'";

/// `GET /manifest.webmanifest`, `GET /sw.js` and `GET /offline/`.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/manifest.webmanifest", web::get().to(manifest))
        .route("/sw.js", web::get().to(worker))
        .route("/offline/", web::get().to(offline));
}

async fn manifest(live: Data<Live>) -> HttpResponse {
    let icon = |src: String, sizes: &str, purpose: &str| json!({ "src": src, "sizes": sizes, "type": "image/png", "purpose": purpose });
    let values = live.get();
    let (name, mark) = (&values.site_name, Mark::of(&values));
    let mut icons = vec![icon(mark.icon, "192x192", "any"), icon(mark.large, "512x512", "any")];
    icons.extend(mark.maskable.map(|src| icon(src, "512x512", "maskable")));
    let manifest = json!({
        "id": "/",
        "name": name,
        "short_name": name,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": "#2f5bd0",
        "background_color": "#ffffff",
        "icons": icons,
    });
    HttpResponse::Ok()
        .content_type("application/manifest+json")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(manifest.to_string())
}

/// The worker's text with the build, its files and the site's own mark above it, so that other ones are a new worker.
async fn worker(live: Data<Live>) -> AppResult<HttpResponse> {
    let text = assets::text("sw.js").ok_or(AppError::NotFound)?;
    let build = json!(assets::prefix());
    let shell = json!(assets::shell());
    let own = json!(mark::own(&live.get()).map(|[_, small]| small));
    Ok(HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, WORKER_POLICY))
        .body(format!("const BUILD = {build}\nconst SHELL = {shell}\nconst MARK = {own}\n{text}")))
}

async fn offline(pages: Data<Pages>, view: View) -> AppResult<HttpResponse> {
    pages.render(&view, "offline.html", &json!({}))
}
