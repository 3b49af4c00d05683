//! What admins set while the server runs: typed, with defaults, stored in the database, and known to every part at once.
//!
//! Flags and the environment win: what they say is fixed and cannot be set here. Secrets and whatever is needed to open the database
//! stay with them.

pub mod catalog;
pub mod store;
pub mod values;

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    config,
    db::{connection::AnyConnection, pool::Db},
    error::{AppError, AppResult, FieldError, FieldErrors},
    id::UserId,
    setting::{
        catalog::{CATALOG, Kind},
        values::Values,
    },
};

/// Settings by name, as JSON.
pub type Raw = BTreeMap<String, Value>;

/// The settings in force. Cheap to clone; every clone sees a change at once.
#[derive(Clone, Default)]
pub struct Live(Arc<Inner>);

#[derive(Default)]
struct Inner {
    values: RwLock<Arc<Values>>,
    /// Held from reading to putting in force: else the older of two changes could be put last.
    turn: Mutex<()>,
    /// What flags or the environment say.
    fixed: Raw,
    /// Neither rates nor quotas count.
    unlimited: bool,
}

impl Live {
    /// Reads what is stored.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load(db: &Db, settings: &config::Settings) -> AppResult<Self> {
        let stored = db.read(|conn| Ok(store::all(conn)?)).await?;
        let fixed = fixed(settings);
        let values = in_force(&stored, &fixed);
        let (values, turn, unlimited) = (RwLock::new(Arc::new(values)), Mutex::default(), settings.no_limits);
        Ok(Self(Arc::new(Inner { values, turn, fixed, unlimited })))
    }

    /// The values in force.
    pub fn get(&self) -> Arc<Values> {
        self.0.values.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Do neither rates nor quotas count?
    pub fn is_unlimited(&self) -> bool {
        self.0.unlimited
    }

    /// The variable that fixes this setting, if one does.
    pub fn fixed_by(&self, name: &str) -> Option<String> {
        self.0.fixed.contains_key(name).then(|| format!("PARLOR_{}", name.to_uppercase()))
    }

    /// What would be in force with this stored.
    pub fn with(&self, stored: &Raw) -> Values {
        in_force(stored, &self.0.fixed)
    }

    /// Waits for the turn to change settings; to be kept until [`Live::put`] was called.
    pub async fn turn(&self) -> MutexGuard<'_, ()> {
        self.0.turn.lock().await
    }

    /// Puts what is stored now in force; to be called after a commit.
    pub fn put(&self, stored: &Raw) {
        let values = Arc::new(self.with(stored));
        *self.0.values.write().unwrap_or_else(PoisonError::into_inner) = values;
    }

    /// Checks changes: each must be known, not fixed and of its type; null means the default.
    ///
    /// # Errors
    /// [`AppError::Fields`] with all that is wrong.
    pub fn check(&self, changes: &Raw) -> AppResult<()> {
        let mut errors = FieldErrors::new();
        for (name, value) in changes {
            let Some(setting) = CATALOG.iter().find(|setting| setting.name == name) else {
                return Err(AppError::Invalid(format!("There is no setting {name}.")));
            };
            if self.fixed_by(name).is_some() {
                errors.insert(setting.name, FieldError::new("fixed", "A flag or the environment sets this."));
            } else if setting.kind == Kind::Picture && !value.is_null() {
                errors.insert(setting.name, FieldError::new("upload", "A picture is uploaded; null takes it away."));
            } else if !value.is_null()
                && let Err(text) = setting.kind.check(value)
            {
                errors.insert(setting.name, FieldError::new("invalid", text));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(AppError::Fields(errors)) }
    }
}

/// Stores checked changes and returns all that is stored afterwards.
///
/// # Errors
/// When the database fails.
pub fn change(conn: &mut AnyConnection, by: UserId, changes: &Raw) -> AppResult<Raw> {
    for (name, value) in changes {
        match value {
            Value::Null => store::delete(conn, name)?,
            value => store::set(conn, name, value, by)?,
        };
    }
    Ok(store::all(conn)?)
}

/// Defaults, below what is stored, below what is fixed. A stored value that this version does not take counts for nothing.
fn in_force(stored: &Raw, fixed: &Raw) -> Values {
    let mut all = match serde_json::to_value(Values::default()) {
        Ok(Value::Object(all)) => all,
        _ => return Values::default(),
    };
    let takes = |name: &str, value: &Value| {
        CATALOG.iter().any(|setting| setting.name == name && setting.kind.check(value).is_ok())
    };
    for (name, value) in stored.iter().filter(|(name, value)| takes(name, value)) {
        all.insert(name.clone(), value.clone());
    }
    for (name, value) in fixed {
        all.insert(name.clone(), value.clone());
    }
    serde_json::from_value(Value::Object(all)).unwrap_or_default()
}

fn fixed(settings: &config::Settings) -> Raw {
    let given = [
        ("site_name", settings.site_name.as_ref().map(|name| Value::from(name.as_str()))),
        ("mail_from", settings.mail_from.as_ref().map(|address| Value::from(address.as_str()))),
        ("upload_max_bytes", settings.upload_max_bytes.map(Value::from)),
        ("image_budget", settings.image_budget.map(Value::from)),
        ("original_max_bytes", settings.original_max_bytes.map(Value::from)),
    ];
    given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_catalog_names_every_value_and_every_default_is_allowed() {
        let Ok(Value::Object(values)) = serde_json::to_value(Values::default()) else { panic!("values are an object") };
        let named: BTreeSet<&str> = CATALOG.iter().map(|setting| setting.name).collect();
        assert_eq!(named, values.keys().map(String::as_str).collect());
        for setting in CATALOG {
            assert_eq!(setting.kind.check(&values[setting.name]), Ok(()), "{}", setting.name);
        }
    }

    #[test]
    fn what_is_fixed_stands_above_what_is_stored_and_nonsense_below_the_default() {
        let stored = Raw::from([
            ("site_name".to_owned(), "Stored".into()),
            ("text_max".to_owned(), "many".into()),
            ("gone".to_owned(), 1.into()),
        ]);
        assert_eq!(in_force(&stored, &Raw::new()).site_name, "Stored");
        assert_eq!(in_force(&stored, &Raw::new()).text_max, Values::default().text_max);
        let fixed = Raw::from([("site_name".to_owned(), "Fixed".into())]);
        assert_eq!(in_force(&stored, &fixed).site_name, "Fixed");
    }
}
