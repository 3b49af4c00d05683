//! The weather of a place: asked of a provider, kept for ten minutes.

mod open_meteo;

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use fluent_bundle::FluentArgs;
use moka::future::Cache;

pub use open_meteo::OpenMeteo;

use crate::{
    error::{AppError, AppResult},
    web::locale::Locale,
};

/// An answer is good for so long.
const FRESH: Duration = Duration::from_secs(600);

/// Answers kept.
const KEPT: u64 = 1_000;

/// The whole of a question, however many requests it takes.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// Longest name of a place, in characters.
const LONGEST: usize = 80;

/// The weather somewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The place, as the provider calls it in the language of the question.
    pub place: String,
    /// Now.
    pub sky: Sky,
    /// °C.
    pub temperature: f64,
    /// As it feels, °C.
    pub feels: f64,
    /// Relative, per cent.
    pub humidity: f64,
    /// km/h.
    pub wind: f64,
    /// Today and the next days, oldest first.
    pub days: Vec<Day>,
}

/// A day of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    /// What prevails.
    pub sky: Sky,
    /// °C.
    pub least: f64,
    /// °C.
    pub most: f64,
}

/// What one sees above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "they say what they are")]
pub enum Sky {
    Clear,
    Cloudy,
    Overcast,
    Fog,
    Drizzle,
    Rain,
    Snow,
    Showers,
    Thunder,
}

impl Sky {
    /// In the keys of its words.
    fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Cloudy => "cloudy",
            Self::Overcast => "overcast",
            Self::Fog => "fog",
            Self::Drizzle => "drizzle",
            Self::Rain => "rain",
            Self::Snow => "snow",
            Self::Showers => "showers",
            Self::Thunder => "thunder",
        }
    }
}

/// Why there is no weather.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It knows no such place.
    NoPlace,
    /// It did not answer in time, or not in a way that is understood; for the log.
    Unreachable(String),
}

/// What a provider comes back with.
pub type Asked<'a> = Pin<Box<dyn Future<Output = Result<Report, Trouble>> + 'a>>;

/// Somebody who knows the weather.
pub trait Provider: Send + Sync {
    /// The weather at a place, named in any language; the answer's names are in this one.
    fn report<'a>(&'a self, place: &'a str, locale: Locale) -> Asked<'a>;
}

/// The weather, for commands. Cheap to clone.
#[derive(Clone)]
pub struct Weather {
    provider: Arc<dyn Provider>,
    /// None where there is no such place.
    known: Cache<(String, &'static str), Option<Arc<Report>>>,
}

impl Weather {
    /// From somebody.
    pub fn new(provider: impl Provider + 'static) -> Self {
        Self { provider: Arc::new(provider), known: Cache::builder().max_capacity(KEPT).time_to_live(FRESH).build() }
    }

    /// The weather in words.
    ///
    /// # Errors
    /// [`AppError::Command`] in the same language, for a place nobody knows; [`AppError::Unreachable`].
    pub async fn tell(&self, place: &str, locale: Locale) -> AppResult<String> {
        let place = place.trim();
        let unknown = || {
            let args = FluentArgs::from_iter([("place", place.to_owned())]);
            AppError::Command("weather_no_place", locale.text("weather-no-place", &args))
        };
        if place.chars().count() > LONGEST || place.chars().any(char::is_control) {
            return Err(unknown());
        }
        let key = (place.to_lowercase(), locale.tag());
        // Asked once for all who want to know it at the same time. Who is out of reach may be back in a second, so that is not kept.
        match self.known.try_get_with(key, self.ask(place, locale)).await {
            Ok(Some(report)) => Ok(in_words(&report, locale)),
            Ok(None) => Err(unknown()),
            Err(why) => {
                tracing::warn!(%why, "the weather is out of reach");
                Err(AppError::Unreachable(locale.text("weather-unreachable", &FluentArgs::new())))
            }
        }
    }

    /// What the provider says, or why it cannot be reached.
    async fn ask(&self, place: &str, locale: Locale) -> Result<Option<Arc<Report>>, String> {
        match tokio::time::timeout(PATIENCE, self.provider.report(place, locale)).await {
            Ok(Ok(report)) => Ok(Some(Arc::new(report))),
            Ok(Err(Trouble::NoPlace)) => Ok(None),
            Ok(Err(Trouble::Unreachable(why))) => Err(why),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }
}

fn in_words(report: &Report, locale: Locale) -> String {
    let sky = |sky: Sky| locale.text(&format!("weather-{}", sky.as_str()), &FluentArgs::new());
    let whole = |number: f64| format!("{}", number.round() as i64);
    let mut args = FluentArgs::new();
    args.set("place", report.place.clone());
    args.set("sky", sky(report.sky));
    for (name, value) in [
        ("temperature", report.temperature),
        ("feels", report.feels),
        ("humidity", report.humidity),
        ("wind", report.wind),
    ] {
        args.set(name, whole(value));
    }
    let mut lines = vec![locale.text("weather-now", &args)];
    for (day, key) in report.days.iter().zip(["weather-today", "weather-tomorrow", "weather-after"]) {
        let mut args = FluentArgs::new();
        args.set("sky", sky(day.sky));
        args.set("least", whole(day.least));
        args.set("most", whole(day.most));
        lines.push(locale.text(key, &args));
    }
    lines.join("\n")
}
