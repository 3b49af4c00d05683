//! Pages: Tera templates from the binary, rendered in the reader's language and appearance.
//!
//! Every template knows `locale`, `theme`, `nonce`, `path`, `assets`, `site_name`, `mark` and `registration`, the function
//! `t(key="…", …)`, and the filters that draw what the client draws too: `hue`, `initial`, `clock`, `moment`, `big_emoji`,
//! `boxed`; `grouped` and `bytes` write numbers.

use std::{convert::Infallible, future, sync::Arc};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, ResponseError as _,
    dev::Payload,
    http::{StatusCode, header},
    web::Data,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use fluent_bundle::{FluentArgs, FluentValue};
use rust_embed::Embed;
use serde::{Serialize, Serializer};
use tera::{Context, Kwargs, State, Tera, TeraResult, Value};
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    error::{AppError, AppResult},
    setting::{Live, values::Language},
    web::{assets, locale::Locale, mark::Mark},
};

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/templates"]
struct Files;

/// How a page looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system does.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The name in the cookie and in the templates.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark].into_iter().find(|theme| theme.name() == name)
    }
}

impl Serialize for Theme {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What a request says about how its page should look.
#[derive(Debug, Clone, Serialize)]
pub struct View {
    /// The cookie's language, else the site's, else the browser's, else English.
    pub locale: Locale,
    /// The cookie's theme, else the system's.
    pub theme: Theme,
    /// Names this one response's scripts to the browser: 128 random bits.
    pub nonce: String,
    /// The request's path, where the preference forms lead back to.
    pub path: String,
}

impl FromRequest for View {
    type Error = Infallible;
    type Future = future::Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let cookie = |name: &str| req.cookie(name);
        let accepted = req.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        future::ready(Ok(Self {
            locale: cookie("locale")
                .and_then(|cookie| Locale::from_tag(cookie.value()))
                .or_else(|| site_language(req))
                .unwrap_or_else(|| Locale::negotiate(accepted.unwrap_or_default())),
            theme: cookie("theme").and_then(|cookie| Theme::from_name(cookie.value())).unwrap_or_default(),
            nonce: STANDARD.encode(rand::random::<[u8; 16]>()),
            path: req.path().to_owned(),
        }))
    }
}

fn site_language(req: &HttpRequest) -> Option<Locale> {
    match req.app_data::<Data<Live>>()?.get().language {
        Language::Browser => None,
        Language::English => Some(Locale::En),
        Language::Chinese => Some(Locale::ZhCn),
    }
}

/// All templates, parsed once.
#[derive(Clone)]
pub struct Pages {
    tera: Arc<Tera>,
    live: Live,
}

impl Pages {
    /// Parses the templates.
    ///
    /// # Errors
    /// A template that is wrong, with its name and line.
    pub fn new(live: Live) -> TeraResult<Self> {
        let mut tera = Tera::new();
        tera.register_function("t", translate);
        tera.register_function("client_strings", client_strings);
        tera.register_filter("hue", |id: i64, _: Kwargs, _: &State| id.rem_euclid(12));
        tera.register_filter("initial", |name: &str, _: Kwargs, _: &State| initial(name));
        tera.register_filter("clock", |time: &str, _: Kwargs, _: &State| time.get(11..16).unwrap_or(time).to_owned());
        tera.register_filter("moment", |time: &str, _: Kwargs, _: &State| moment(time));
        tera.register_filter("big_emoji", |spans: &[Value], _: Kwargs, _: &State| is_big_emoji(spans));
        tera.register_filter("acts", |spans: &[Value], _: Kwargs, _: &State| acts(spans));
        tera.register_filter("boxed", boxed);
        tera.register_filter("grouped", |number: i64, _: Kwargs, _: &State| grouped(number));
        tera.register_filter("bytes", |bytes: u64, _: Kwargs, _: &State| bytes_text(bytes));
        tera.global_context().insert("assets", assets::prefix());
        let files = Files::iter().filter_map(|name| {
            let text = String::from_utf8_lossy(&Files::get(&name)?.data).into_owned();
            Some((name.into_owned(), text))
        });
        tera.add_raw_templates(files)?;
        Ok(Self { tera: Arc::new(tera), live })
    }

    /// The page of this template.
    ///
    /// # Errors
    /// [`AppError::Internal`] when the template asks for what the context lacks.
    pub fn render(&self, view: &View, template: &str, context: &impl Serialize) -> AppResult<HttpResponse> {
        self.render_as(StatusCode::OK, view, template, context)
    }

    /// The page that says why something was refused, with the status of the refusal and, where that is known, when to try again
    /// (RFC 9110, §10.2.3); a page like any other where nothing was.
    ///
    /// # Errors
    /// As for [`Self::render`].
    pub fn render_refusal(
        &self,
        refusal: Option<&AppError>,
        view: &View,
        template: &str,
        context: &impl Serialize,
    ) -> AppResult<HttpResponse> {
        let Some(error) = refusal else { return self.render(view, template, context) };
        let mut page = self.render_as(error.status_code(), view, template, context)?;
        error.say_when(page.headers_mut());
        Ok(page)
    }

    /// The page with any status.
    ///
    /// # Errors
    /// As for [`Self::render`].
    pub fn render_as(
        &self,
        status: StatusCode,
        view: &View,
        template: &str,
        context: &impl Serialize,
    ) -> AppResult<HttpResponse> {
        let body = self.text(view, template, context).map_err(|error| AppError::internal(format!("{error:?}")))?;
        Ok(HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::CONTENT_SECURITY_POLICY, content_security_policy(&view.nonce)))
            .body(body))
    }

    fn text(&self, view: &View, template: &str, context: &impl Serialize) -> TeraResult<String> {
        let mut full = Context::from_serialize(context)?;
        full.extend(Context::from_serialize(view)?);
        let live = self.live.get();
        full.insert("site_name", &live.site_name);
        full.insert("mark", &Mark::of(&live));
        full.insert("registration", &live.registration);
        self.tera.render(template, &full)
    }
}

/// Scripts by nonce alone, everything else from here alone, no strings turned into markup or code; the one policy of Trusted Types
/// lets through the service worker's address (`static/js/lib/worker.js`).
fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; img-src 'self' blob: data:; \
         connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; worker-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types chat"
    )
}

/// `t(key="…", name=value, …)`
fn translate(kwargs: Kwargs, state: &State) -> TeraResult<String> {
    let mut args = FluentArgs::new();
    for (name, value) in kwargs.iter() {
        let name = name.to_string();
        match value.as_f64() {
            Some(number) => args.set(name, FluentValue::from(number)),
            None => args.set(name, FluentValue::from(value.to_string())),
        }
    }
    Ok(locale_of(state)?.text(kwargs.must_get::<&str>("key")?, &args))
}

/// `client_strings()`: the client's words as JSON.
fn client_strings(_: Kwargs, state: &State) -> TeraResult<Value> {
    Ok(Value::safe_string(locale_of(state)?.client_strings()))
}

fn locale_of(state: &State) -> TeraResult<Locale> {
    let tag = state.get::<String>("locale")?;
    tag.as_deref()
        .and_then(Locale::from_tag)
        .ok_or_else(|| tera::Error::message("a component that has words to say needs the argument @locale"))
}

/// The sign in an avatar: the first character as people see it, in upper case.
fn initial(name: &str) -> String {
    name.trim().graphemes(true).next().unwrap_or("?").to_uppercase()
}

/// `2026-11-20 10:00 UTC`
fn moment(time: &str) -> String {
    match (time.get(..10), time.get(11..16)) {
        (Some(date), Some(clock)) => format!("{date} {clock} UTC"),
        _ => time.to_owned(),
    }
}

/// `1,284`, as both languages write it.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `12.6 GB`
fn bytes_text(bytes: u64) -> String {
    let mut size = bytes as f64;
    let mut units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    // What would be rounded to 1,000 is one of the next unit.
    while size >= 999.5
        && let Some(next) = units.next()
    {
        (size, unit) = (size / 1_000.0, next);
    }
    if unit == "B" || size >= 99.95 { format!("{size:.0} {unit}") } else { format!("{size:.1} {unit}") }
}

/// The size at which an image is drawn in the stream: as it is if it stands beside others, which are cut to the same shape, else
/// within the box of `static/js/views/message.js`.
fn boxed(upload: &Value, kwargs: Kwargs, _: &State) -> TeraResult<Value> {
    let side = |name| upload.get_from_path(name).and_then(|side| side.as_f64()).unwrap_or(1.0).max(1.0);
    let (width, height) = (side("width"), side("height"));
    let shown =
        if kwargs.get::<bool>("alone")?.unwrap_or(true) { width.min(420.0).min(360.0 * width / height) } else { width };
    let size = |length: f64| length.round().max(1.0);
    Ok(Value::from_serializable(&serde_json::json!({
        "width": size(shown) as i64,
        "height": size(size(shown) * height / width) as i64,
    })))
}

/// Does the message tell what its author does?
fn acts(spans: &[Value]) -> bool {
    spans.first().and_then(|span| span.get_from_path("type")).is_some_and(|kind| kind.as_str() == Some("action"))
}

/// One to six emoji and nothing else but blanks.
fn is_big_emoji(spans: &[Value]) -> bool {
    let emoji = |span: &Value| span.get_from_path("type").is_some_and(|kind| kind.as_str() == Some("emoji"));
    let blank = |span: &Value| span.as_str().is_some_and(|text| text.trim().is_empty());
    let count = spans.iter().filter(|span| emoji(span)).count();
    (1..=6).contains(&count) && spans.iter().all(|span| emoji(span) || blank(span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_parse() {
        if let Err(error) = Pages::new(Live::default()) {
            panic!("{error}");
        }
    }

    #[test]
    fn an_avatar_shows_the_first_character_as_people_see_it() {
        assert_eq!(initial("ann"), "A");
        assert_eq!(initial("许安"), "许");
        assert_eq!(initial("👩‍🚀 Eva"), "👩‍🚀");
        assert_eq!(initial(" "), "?");
    }

    #[test]
    fn numbers_are_written_in_groups_and_bytes_in_units() {
        for (number, text) in [(0, "0"), (999, "999"), (1_284, "1,284"), (-12_345_678, "-12,345,678")] {
            assert_eq!(grouped(number), text);
        }
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (999_499, "999 kB"),
            (999_999, "1.0 MB"),
            (12_600_000_000, "12.6 GB"),
        ] {
            assert_eq!(bytes_text(bytes), text);
        }
    }

    #[test]
    fn only_a_few_emoji_alone_are_big() {
        let emoji = serde_json::json!({"type": "emoji", "text": "🎉"});
        let spans = |list: Vec<serde_json::Value>| list.iter().map(Value::from_serializable).collect::<Vec<_>>();
        assert!(is_big_emoji(&spans(vec![emoji.clone(), " ".into(), emoji.clone()])));
        assert!(!is_big_emoji(&spans(vec![emoji.clone(), "yes".into()])));
        assert!(!is_big_emoji(&spans(vec![emoji; 7])));
        assert!(!is_big_emoji(&[]));
    }
}
