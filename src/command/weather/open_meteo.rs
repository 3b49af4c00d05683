//! Open-Meteo: a geocoder and a forecast, free of keys (<https://open-meteo.com/en/docs>, CC BY 4.0).

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::{
    command::weather::{Asked, Day, PATIENCE, Provider, Report, Sky, Trouble},
    web::{
        locale::Locale,
        outbound::{Outbound, Outgoing},
    },
};

/// Most bytes of an answer.
const SIZE: u64 = 64 * 1024;

/// Its two services.
pub struct OpenMeteo {
    /// Finds places.
    pub geocoding: Url,
    /// Knows their weather.
    pub forecast: Url,
    /// The way there.
    pub out: Outbound,
}

impl Provider for OpenMeteo {
    fn report<'a>(&'a self, place: &'a str, locale: Locale) -> Asked<'a> {
        Box::pin(async move {
            let place = self.find(place, locale).await?;
            let name = match &place.country {
                Some(country) if *country != place.name => format!("{}, {country}", place.name),
                _ => place.name.clone(),
            };
            self.at(&place).await?.into_report(name)
        })
    }
}

impl OpenMeteo {
    async fn find(&self, place: &str, locale: Locale) -> Result<Place, Trouble> {
        let language = if locale == Locale::ZhCn { "zh" } else { "en" };
        let mut url = self.geocoding.clone();
        url.query_pairs_mut().extend_pairs([
            ("name", place),
            ("count", "1"),
            ("language", language),
            ("format", "json"),
        ]);
        let found: Places = self.ask(&url).await?;
        found.results.into_iter().next().ok_or(Trouble::NoPlace)
    }

    async fn at(&self, place: &Place) -> Result<Forecast, Trouble> {
        let (latitude, longitude) = (place.latitude.to_string(), place.longitude.to_string());
        let mut url = self.forecast.clone();
        url.query_pairs_mut().extend_pairs([
            ("latitude", latitude.as_str()),
            ("longitude", longitude.as_str()),
            ("current", "temperature_2m,apparent_temperature,relative_humidity_2m,weather_code,wind_speed_10m"),
            ("daily", "weather_code,temperature_2m_min,temperature_2m_max"),
            ("timezone", "auto"),
            ("forecast_days", "3"),
        ]);
        self.ask(&url).await
    }

    async fn ask<T: DeserializeOwned>(&self, url: &Url) -> Result<T, Trouble> {
        let outgoing = Outgoing::get(url.as_str()).within(PATIENCE).at_most(SIZE);
        let answer = self.out.send(outgoing).await.map_err(|error| Trouble::Unreachable(error.to_string()))?;
        if !answer.is_success() {
            return Err(Trouble::Unreachable(format!("status {}", answer.status)));
        }
        serde_json::from_slice(&answer.body).map_err(|error| Trouble::Unreachable(error.to_string()))
    }
}

#[derive(Deserialize)]
struct Places {
    #[serde(default)]
    results: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    name: String,
    country: Option<String>,
    latitude: f64,
    longitude: f64,
}

#[derive(Deserialize)]
struct Forecast {
    current: Current,
    daily: Daily,
}

#[derive(Deserialize)]
struct Current {
    temperature_2m: f64,
    apparent_temperature: f64,
    relative_humidity_2m: f64,
    weather_code: u8,
    wind_speed_10m: f64,
}

#[derive(Deserialize)]
struct Daily {
    weather_code: Vec<u8>,
    temperature_2m_min: Vec<f64>,
    temperature_2m_max: Vec<f64>,
}

impl Forecast {
    fn into_report(self, place: String) -> Result<Report, Trouble> {
        let Self { current, daily } = self;
        let days = daily.weather_code.iter().zip(daily.temperature_2m_min).zip(daily.temperature_2m_max);
        let day = |((code, least), most): ((&u8, f64), f64)| Some(Day { sky: sky(*code)?, least, most });
        let days: Option<Vec<Day>> = days.map(day).collect();
        let (Some(sky), Some(days)) = (sky(current.weather_code), days) else {
            return Err(Trouble::Unreachable("a weather code that WMO does not know".to_owned()));
        };
        Ok(Report {
            place,
            sky,
            temperature: current.temperature_2m,
            feels: current.apparent_temperature,
            humidity: current.relative_humidity_2m,
            wind: current.wind_speed_10m,
            days,
        })
    }
}

/// The codes of WMO's table 4677 that the service uses.
fn sky(code: u8) -> Option<Sky> {
    Some(match code {
        0 | 1 => Sky::Clear,
        2 => Sky::Cloudy,
        3 => Sky::Overcast,
        45 | 48 => Sky::Fog,
        51..=57 => Sky::Drizzle,
        61..=67 => Sky::Rain,
        71..=77 | 85 | 86 => Sky::Snow,
        80..=82 => Sky::Showers,
        95..=99 => Sky::Thunder,
        _ => return None,
    })
}
