//! The one wall clock. It may jump: whatever must not, such as a deadline or a limit, reckons with [`std::time::Instant`].

use chrono::{DateTime, TimeDelta, Utc};

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
