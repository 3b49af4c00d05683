//! What of an error goes to the log.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::AppError;

/// How often it is said of a code that requests are put off, however many there are: a flooded log hides what it is for, and takes the
/// time that is wanting.
const PAUSE: Duration = Duration::from_secs(1);

impl AppError {
    /// Writes what the public text hides to the log.
    pub fn log(&self) {
        match self {
            Self::Internal(cause) => tracing::error!(cause, "a request failed"),
            Self::Busy | Self::Storage => note_put_off(self.code()),
            _ => {}
        }
    }
}

static PUT_OFF: Mutex<PutOff> = Mutex::new(PutOff { by_code: BTreeMap::new() });

fn note_put_off(code: &'static str) {
    let count = PUT_OFF.lock().unwrap_or_else(PoisonError::into_inner).note(code, Instant::now());
    if let Some(count) = count {
        tracing::warn!(code, count, "requests were put off");
    }
}

/// Requests that were put off, by code.
struct PutOff {
    by_code: BTreeMap<&'static str, Noted>,
}

/// When it was last said, and how many there were since.
#[derive(Default)]
struct Noted {
    said: Option<Instant>,
    count: u64,
}

impl PutOff {
    /// Counts one more; how many there are, if that is to be said now.
    fn note(&mut self, code: &'static str, now: Instant) -> Option<u64> {
        let noted = self.by_code.entry(code).or_default();
        noted.count += 1;
        if noted.said.is_some_and(|said| now.duration_since(said) < PAUSE) {
            return None;
        }
        noted.said = Some(now);
        Some(std::mem::take(&mut noted.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_said_once_a_second_with_what_was_put_off_under_it() {
        let (mut put_off, begin) = (PutOff { by_code: BTreeMap::new() }, Instant::now());
        assert_eq!(put_off.note("busy", begin), Some(1));
        assert_eq!(put_off.note("storage", begin), Some(1), "of another code nothing was said yet");
        assert_eq!(put_off.note("busy", begin), None);
        assert_eq!(put_off.note("busy", begin), None);
        assert_eq!(put_off.note("storage", begin), None);
        assert_eq!(put_off.note("busy", begin + PAUSE), Some(3));
        assert_eq!(put_off.note("storage", begin + PAUSE), Some(2));
    }
}
