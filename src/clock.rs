//! The one wall clock. It may jump: whatever must not, such as a deadline or a limit, reckons with [`std::time::Instant`].

use std::fmt;

use chrono::{DateTime, Datelike as _, NaiveDateTime, TimeDelta, Timelike as _, Utc};

/// Now, as far as the machine knows.
pub fn now() -> DateTime<Utc> {
    Utc::now() + shift()
}

#[cfg(not(debug_assertions))]
fn shift() -> TimeDelta {
    TimeDelta::zero()
}

/// In builds for tests, and in no other, the file that `PARLOR_TEST_CLOCK` names says how many seconds the clock is wrong.
#[cfg(debug_assertions)]
fn shift() -> TimeDelta {
    static FILE: std::sync::OnceLock<Option<std::ffi::OsString>> = std::sync::OnceLock::new();
    let file = FILE.get_or_init(|| std::env::var_os("PARLOR_TEST_CLOCK")).as_ref();
    let text = file.and_then(|file| std::fs::read_to_string(file).ok());
    TimeDelta::seconds(text.and_then(|text| text.trim().parse().ok()).unwrap_or(0))
}

/// A time in UTC as RFC 3339 writes it, with microseconds. Written by hand: chrono reads its format anew for every time, and every
/// message has one.
pub struct Rfc3339<'a>(pub &'a NaiveDateTime);

impl fmt::Display for Rfc3339<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = (self.0.year(), self.0.month(), self.0.day());
        let (hour, minute, second) = (self.0.hour(), self.0.minute(), self.0.second());
        // A leap second is the 60th of its minute, as chrono counts it.
        let (micros, second) = (self.0.nanosecond() / 1_000, second + self.0.nanosecond() / 1_000_000_000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:06}Z", micros % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn a_time_is_written_as_chrono_would() {
        let days = [(2026, 1, 2), (1970, 12, 31), (2024, 2, 29), (999, 10, 10)];
        let times = [(3, 4, 5, 6), (23, 59, 59, 999_999), (0, 0, 0, 0), (23, 59, 59, 1_500_000)];
        for ((year, month, day), (hour, minute, second, micros)) in
            days.into_iter().flat_map(|day| times.map(|time| (day, time)))
        {
            let date = NaiveDate::from_ymd_opt(year, month, day).expect("is a day");
            let time = date.and_hms_micro_opt(hour, minute, second, micros).expect("is a time");
            assert_eq!(Rfc3339(&time).to_string(), time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
        }
    }
}
