//! The client's files: styles, scripts, pictures. All are in the binary and stand below one prefix that names the build,
//! so a browser may keep them for ever and relative imports stay within their build.

use std::{
    collections::HashMap,
    io::Write,
    sync::{Arc, LazyLock, OnceLock},
};

use actix_web::{
    HttpRequest, HttpResponse,
    error::BlockingError,
    http::{StatusCode, header},
    web::{self, Bytes},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{Compression, write::GzEncoder};
use rust_embed::Embed;
use sha2::{Digest, Sha256};

use crate::{setting::Live, web::mark};

/// Tells a page of an older build which one serves now, so that it can offer to reload.
const BUILD_HEADER: &str = "x-parlor-build";

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/static"]
struct Files;

static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::load);

/// `GET /s/{build}/{path}` and `GET /favicon.ico`.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/s/{build}/{path:.*}", web::get().to(asset))
        .route("/s/{build}/{path:.*}", web::head().to(asset))
        .route("/favicon.ico", web::get().to(favicon));
}

/// What every asset's address begins with.
pub fn prefix() -> &'static str {
    &ASSETS.prefix
}

/// The text of one asset.
pub fn text(path: &str) -> Option<String> {
    ASSETS.files.get(path).map(|asset| String::from_utf8_lossy(&asset.body).into_owned())
}

/// The files a browser needs to draw the client, in order: styles, scripts, signs.
pub fn shell() -> Vec<&'static str> {
    let mut paths: Vec<_> = ASSETS.files.keys().map(String::as_str).filter(|path| is_shell(path)).collect();
    paths.sort_unstable();
    paths
}

fn is_shell(path: &str) -> bool {
    path.split_once('/').is_some_and(|(folder, _)| matches!(folder, "css" | "js" | "img"))
}

/// All files, read once at the start.
struct Assets {
    build: String,
    prefix: String,
    files: HashMap<String, Arc<Asset>>,
}

/// One file and its compressed forms, which are made when they are first asked for.
struct Asset {
    body: Bytes,
    content_type: String,
    etag: String,
    compressible: bool,
    brotli: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
}

/// How a body travels.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Coding {
    Identity,
    Brotli,
    Gzip,
}

impl Assets {
    fn load() -> Self {
        let mut paths: Vec<_> = Files::iter().collect();
        paths.sort();
        let mut digest = Sha256::new();
        let mut files = HashMap::new();
        for path in paths {
            let Some(file) = Files::get(&path) else { continue };
            digest.update(path.as_bytes());
            digest.update(file.metadata.sha256_hash());
            files.insert(path.to_string(), Arc::new(Asset::new(&path, file)));
        }
        let build = URL_SAFE_NO_PAD.encode(&digest.finalize()[..9]);
        let prefix = format!("/s/{build}");
        Self { build, prefix, files }
    }
}

impl Asset {
    fn new(path: &str, file: rust_embed::EmbeddedFile) -> Self {
        let mime = mime_guess::from_path(path).first_or_octet_stream();
        let text = mime.type_() == "text"
            || mime.suffix().is_some()
            || matches!(mime.subtype().as_str(), "json" | "javascript");
        let content_type = if text { format!("{mime}; charset=utf-8") } else { mime.to_string() };
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&file.metadata.sha256_hash()[..12]));
        let body = Bytes::from(file.data.into_owned());
        Self { body, content_type, etag, compressible: text, brotli: OnceLock::new(), gzip: OnceLock::new() }
    }

    /// The body in this coding. Compresses at first use, so not for the event threads.
    fn body(&self, coding: Coding) -> Bytes {
        match coding {
            Coding::Identity => self.body.clone(),
            Coding::Brotli => self.brotli.get_or_init(|| brotli(&self.body)).clone(),
            Coding::Gzip => self.gzip.get_or_init(|| gzip(&self.body)).clone(),
        }
    }

    /// The body, if it is at hand.
    fn ready(&self, coding: Coding) -> Option<Bytes> {
        match coding {
            Coding::Identity => Some(self.body.clone()),
            Coding::Brotli => self.brotli.get().cloned(),
            Coding::Gzip => self.gzip.get().cloned(),
        }
    }
}

impl Coding {
    fn choose(req: &HttpRequest, asset: &Asset) -> Self {
        let accepted = header_text(req, header::ACCEPT_ENCODING);
        let accepts = |name: &str| {
            accepted.split(',').any(|part| {
                let (coding, weight) = part.split_once(';').unwrap_or((part, ""));
                coding.trim().eq_ignore_ascii_case(name) && !matches!(weight.trim(), "q=0" | "q=0.0")
            })
        };
        match () {
            () if !asset.compressible => Self::Identity,
            () if accepts("br") => Self::Brotli,
            () if accepts("gzip") => Self::Gzip,
            () => Self::Identity,
        }
    }

    fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
        }
    }
}

async fn asset(req: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse, BlockingError> {
    let (build, path) = path.into_inner();
    let cache = if build == ASSETS.build { "public, max-age=31536000, immutable" } else { "no-store" };
    answer(&req, &path, cache).await
}

async fn favicon(live: web::Data<Live>, req: HttpRequest) -> Result<HttpResponse, BlockingError> {
    if let Some([_, small]) = mark::own(&live.get()) {
        let to = (header::LOCATION, small);
        return Ok(HttpResponse::Found().insert_header(to).insert_header((header::CACHE_CONTROL, "no-cache")).finish());
    }
    answer(&req, "img/logo.svg", "public, max-age=86400").await
}

async fn answer(req: &HttpRequest, path: &str, cache: &'static str) -> Result<HttpResponse, BlockingError> {
    let Some(asset) = ASSETS.files.get(path) else {
        return Ok(HttpResponse::NotFound().insert_header((header::CACHE_CONTROL, "no-store")).finish());
    };
    let coding = Coding::choose(req, asset);
    let known =
        header_text(req, header::IF_NONE_MATCH).split(',').any(|tag| tag.trim().trim_start_matches("W/") == asset.etag);
    let mut response = HttpResponse::build(if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    response
        .insert_header((header::CACHE_CONTROL, cache))
        // Weak: the same file in another coding has the same tag.
        .insert_header((header::ETAG, format!("W/{}", asset.etag)))
        .insert_header((header::VARY, "accept-encoding"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((BUILD_HEADER, ASSETS.build.as_str()));
    if known {
        return Ok(response.finish());
    }
    if let Some(name) = coding.name() {
        response.insert_header((header::CONTENT_ENCODING, name));
    }
    let body = match asset.ready(coding) {
        Some(body) => body,
        None => {
            let asset = Arc::clone(asset);
            web::block(move || asset.body(coding)).await?
        }
    };
    Ok(response.content_type(asset.content_type.as_str()).body(body))
}

fn header_text(req: &HttpRequest, name: header::HeaderName) -> &str {
    req.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn brotli(body: &[u8]) -> Bytes {
    // The best quality is worth its time in a release and takes seconds without optimization.
    let quality = if cfg!(debug_assertions) { 4 } else { 11 };
    let mut compressed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut compressed, 4_096, quality, 20);
    writer.write_all(body).expect("a Vec takes every write");
    drop(writer);
    Bytes::from(compressed)
}

fn gzip(body: &[u8]) -> Bytes {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(body).expect("a Vec takes every write");
    Bytes::from(writer.finish().expect("a Vec takes every write"))
}
