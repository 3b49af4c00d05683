//! What the console changes of a room, checked once for the API and the form.

use actix_web::web::Data;
use serde::Deserialize;

use crate::{
    account::current_user::Admin,
    chat::Chat,
    db::lane::Stored,
    error::{AppError, AppResult, FieldError, FieldErrors},
    id::RoomId,
    room::{
        charge,
        handlers::RoomPatch,
        store::RoomChange,
        wire::{Keeping, PostPolicy},
    },
    web::body::nullable,
};

/// Most days that can be asked for: a century.
const DAYS: i64 = 36_500;

/// Most messages that can be asked for.
const COUNT: i64 = 1_000_000;

/// Longest window, in hours, and the largest, in messages; as in the site's settings.
const WINDOW: (i64, i64) = (87_600, 100_000);

/// Body of `PATCH admin/rooms/{id}`.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = ConsoleRoomPatch)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// As for the room's own route.
    pub name: Option<String>,
    /// As for the room's own route.
    pub topic: Option<String>,
    /// As for the room's own route.
    #[serde(default, deserialize_with = "nullable")]
    pub recall_seconds: Option<Option<i64>>,
    /// As for the room's own route.
    pub slow_seconds: Option<i64>,
    /// As for the room's own route.
    pub post_policy: Option<PostPolicy>,
    /// As for the room's own route.
    pub public_read: Option<bool>,
    /// As for the room's own route.
    pub archived: Option<bool>,
    /// `default`, `forever`, `days` or `count`.
    pub retention: Option<String>,
    /// With `days` and `count`.
    pub retention_value: Option<i64>,
    /// Hours that are shown; null as the site's settings say, 0 for all.
    #[serde(default, deserialize_with = "nullable")]
    pub window_hours: Option<Option<i64>>,
    /// Messages that are shown.
    #[serde(default, deserialize_with = "nullable")]
    pub window_count: Option<Option<i64>>,
}

impl Patch {
    /// What it changes, apart from archiving, which is an act of its own.
    ///
    /// # Errors
    /// [`AppError::Fields`] with all that is wrong.
    pub fn check(self) -> AppResult<(RoomChange, Option<bool>)> {
        let mut errors = FieldErrors::new();
        let keeping = keeping(self.retention.as_deref(), self.retention_value, &mut errors);
        window("window_hours", self.window_hours, WINDOW.0, &mut errors);
        window("window_count", self.window_count, WINDOW.1, &mut errors);
        let Self { name, topic, recall_seconds, slow_seconds, post_policy, public_read, .. } = self;
        let own = RoomPatch { name, topic, recall_seconds, slow_seconds, post_policy, public_read, archived: None };
        match own.check() {
            Ok(change) if errors.is_empty() => {
                let (window_hours, window_count) = (self.window_hours, self.window_count);
                Ok((RoomChange { keeping, window_hours, window_count, ..change }, self.archived))
            }
            Ok(_) => Err(AppError::Fields(errors)),
            Err(AppError::Fields(mut wrong)) => {
                wrong.append(&mut errors);
                Err(AppError::Fields(wrong))
            }
            Err(error) => Err(error),
        }
    }
}

fn keeping(rule: Option<&str>, value: Option<i64>, errors: &mut FieldErrors) -> Option<Keeping> {
    let within = |most: i64| value.filter(|value| (1..=most).contains(value));
    let kept = match (rule, value) {
        (None, None) => return None,
        // A number beside a rule that takes none is what a form sends.
        (Some("default"), _) => Ok(Keeping::Default),
        (Some("forever"), _) => Ok(Keeping::Forever),
        (Some("days"), _) => within(DAYS).map(Keeping::Days).ok_or(("retention_value", "From 1 to 36,500 days.")),
        (Some("count"), _) => {
            within(COUNT).map(Keeping::Count).ok_or(("retention_value", "From 1 to 1,000,000 messages."))
        }
        _ => Err(("retention", "One of default, forever, days, count.")),
    };
    kept.map_err(|(field, text)| errors.insert(field, FieldError::new("invalid", text))).ok()
}

fn window(field: &'static str, value: Option<Option<i64>>, most: i64, errors: &mut FieldErrors) {
    if value.flatten().is_some_and(|value| !(0..=most).contains(&value)) {
        errors.insert(field, FieldError::new("invalid", format!("From 0 to {most}, or null.")));
    }
}

/// Does it, in one transaction: archiving and the rest each have their entry in the log.
///
/// # Errors
/// As for [`charge::update`] and [`charge::archive`].
pub async fn apply(chat: &Data<Chat>, admin: &Admin, room: RoomId, patch: Patch) -> AppResult<()> {
    let (change, archived) = patch.check()?;
    let (actor, keeps) = (admin.actor(), change.keeping.is_some());
    let changed = chat.rooms.db.ordered(move |conn| {
        let mut events = Vec::new();
        if let Some(on) = archived {
            events.extend(charge::archive(conn, &actor, room, on)?.events);
        }
        if change != RoomChange::default() || archived.is_none() {
            events.extend(charge::update(conn, &actor, room, &change)?.events);
        }
        Ok(Stored::telling((), events))
    });
    changed.await?;
    if keeps {
        chat.rooms.pruner.notify_one();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(body: Value) -> Result<RoomChange, Vec<&'static str>> {
        let patch: Patch = serde_json::from_value(body).expect("a body");
        patch.check().map(|(change, _)| change).map_err(|error| match error {
            AppError::Fields(fields) => fields.into_keys().collect(),
            error => panic!("{error}"),
        })
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let body =
            json!({"name": "", "retention": "days", "retention_value": 0, "window_hours": -1, "window_count": 100_001});
        assert_eq!(check(body), Err(vec!["name", "retention_value", "window_count", "window_hours"]));
        assert_eq!(check(json!({"retention": "never"})), Err(vec!["retention"]));
        assert_eq!(check(json!({"retention_value": 3})), Err(vec!["retention"]));
        assert_eq!(check(json!({"retention": "count"})), Err(vec!["retention_value"]));
    }

    #[test]
    fn rules_and_windows_are_read() {
        let body = json!({"retention": "days", "retention_value": 90, "window_hours": null, "window_count": 0});
        let change = check(body).expect("sense");
        assert_eq!(
            (change.keeping, change.window_hours, change.window_count),
            (Some(Keeping::Days(90)), Some(None), Some(Some(0)))
        );
        assert_eq!(
            check(json!({"retention": "forever", "retention_value": 7})).expect("sense").keeping,
            Some(Keeping::Forever)
        );
        assert_eq!(check(json!({})), Ok(RoomChange::default()));
    }
}
