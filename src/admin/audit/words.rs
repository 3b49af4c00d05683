//! Entries of the log in words: what was done, to what, and what there is to say about it.

use fluent_bundle::FluentArgs;
use serde::Serialize;
use serde_json::Value;

use crate::{admin::audit::store::Row, db::time, web::locale::Locale};

/// An entry as the page shows it.
#[derive(Debug, Serialize)]
pub struct Shown {
    id: i64,
    at: String,
    actor_id: Option<i64>,
    actor: String,
    act: String,
    /// The key of the act's words: `audit-user-ban`.
    words: String,
    icon: &'static str,
    kind: String,
    target_id: Option<i64>,
    target: String,
    details: Vec<Detail>,
    ip: String,
}

/// One thing there is to say about an act.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// Its name in words.
    label: String,
    /// What it was before, where that was noted.
    before: Option<String>,
    /// What it is, or was done with.
    text: String,
    /// It is a moment.
    is_time: bool,
}

impl Shown {
    /// In a language.
    pub fn new(row: Row, locale: Locale) -> Self {
        let details = match serde_json::from_str(&row.detail) {
            // One change, noted without a name around it.
            Ok(value @ Value::Object(_)) if value.get("from").is_some() && value.get("to").is_some() => {
                vec![detail("change", &value, locale)]
            }
            Ok(Value::Object(fields)) => fields
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| detail(name, value, locale))
                .collect(),
            _ => Vec::new(),
        };
        Self {
            id: row.id,
            at: time::rfc3339(&row.at),
            actor_id: row.actor_id,
            actor: row.actor_name,
            words: format!("audit-{}", row.act.replace('.', "-")),
            icon: icon(&row.act),
            act: row.act,
            kind: row.target_kind,
            target_id: row.target_id,
            target: row.target_name,
            details,
            ip: row.ip,
        }
    }
}

fn detail(name: &str, value: &Value, locale: Locale) -> Detail {
    let (before, after) = match (value.get("from"), value.get("to")) {
        (Some(before), Some(after)) => (Some(text(before, locale)), after),
        _ => (None, value),
    };
    let is_time = after.as_str().is_some_and(|text| text.len() == 27 && time::parse(text).is_some());
    Detail { label: label(name, locale), before, text: text(after, locale), is_time }
}

/// The words for a field; its own name where there are none, because other versions noted other fields.
fn label(name: &str, locale: Locale) -> String {
    known(&format!("audit-field-{}", name.replace('_', "-")), locale).unwrap_or_else(|| name.to_owned())
}

fn text(value: &Value, locale: Locale) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(on) => known(if *on { "audit-yes" } else { "audit-no" }, locale).unwrap_or_default(),
        Value::String(text) => known(&format!("audit-value-{text}"), locale).unwrap_or_else(|| text.clone()),
        Value::Array(list) => list.iter().map(|value| text(value, locale)).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn known(key: &str, locale: Locale) -> Option<String> {
    let words = locale.text(key, &FluentArgs::new());
    (words != key).then_some(words)
}

fn icon(act: &str) -> &'static str {
    match act {
        "user.add" => "person-plus",
        "user.role" => "shield",
        "user.ban" => "block",
        "user.deactivate" => "person-minus",
        "user.password" | "user.reset" => "key",
        "user.sessions" => "logout",
        "user.silence" | "room.silence" => "bell-off",
        "message.delete" | "room.delete" | "preset.delete" => "trash",
        "private.read" => "eye",
        "export" => "download",
        "invite.add" | "invite.revoke" => "link",
        act if act.starts_with("user.") => "person",
        act if act.starts_with("room.") => "hash",
        act if act.starts_with("report.") => "flag",
        act if act.starts_with("preset.") || act.starts_with("countdown.") => "timer",
        act if act.starts_with("announcement.") => "megaphone",
        _ => "settings",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::audit::{Act, KINDS};

    #[test]
    fn every_act_and_every_kind_of_target_has_words_in_both_languages() {
        for locale in Locale::ALL {
            for act in Act::ALL {
                let key = format!("audit-{}", act.as_str().replace('.', "-"));
                assert!(known(&key, locale).is_some(), "{key} in {}", locale.tag());
            }
            for kind in KINDS {
                assert!(known(&format!("audit-kind-{kind}"), locale).is_some(), "{kind} in {}", locale.tag());
            }
        }
    }

    #[test]
    fn details_are_told_in_words_and_unknown_ones_as_they_are() {
        let known = detail("role", &json!({"from": "member", "to": "admin"}), Locale::En);
        assert_eq!((known.before.as_deref(), known.text.as_str()), (Some("member"), "admin"));
        let until = detail("until", &json!("2026-11-20T10:00:00.000000Z"), Locale::En);
        assert!(until.is_time);
        let odd = detail("shoe_size", &json!(43), Locale::ZhCn);
        assert_eq!((odd.label.as_str(), odd.text.as_str(), odd.is_time), ("shoe_size", "43", false));
    }
}
