//! Settings: how they are shown and changed.

pub mod handlers;
pub mod pages;

use serde_json::{Value, json};

use crate::{
    account::current_user::Admin,
    audit::{self, Act, Entry, Target},
    chat::{
        Chat,
        protocol::{Limits, ServerFrame},
    },
    courier::{Channel, Couriers},
    db::lane::Stored,
    error::{AppError, AppResult, FieldError, FieldErrors},
    event::Event,
    setting::{self, Live, Raw, catalog::CATALOG, values::Values},
};

/// Every setting with its value in force, its default, whether a flag fixes it and what it may be.
pub fn listed(live: &Live) -> AppResult<Vec<Value>> {
    let (now, defaults) = (object(&live.get())?, object(&Values::default())?);
    let shown = CATALOG.iter().map(|setting| {
        json!({
            "name": setting.name,
            "section": setting.section.as_str(),
            "value": now[setting.name],
            "default": defaults[setting.name],
            "fixed": live.fixed_by(setting.name),
            "kind": setting.kind.as_str(),
            "choices": setting.kind.choices(),
            "range": setting.kind.range(),
        })
    });
    Ok(shown.collect())
}

fn object(values: &Values) -> AppResult<Value> {
    serde_json::to_value(values).map_err(AppError::internal)
}

/// Stores changes (null for the default), puts them in force and tells every socket its new limits. What stays as it is, is left out
/// of the log.
///
/// # Errors
/// [`AppError::Fields`] for what may not be; a database that does not answer.
pub async fn change(chat: &Chat, live: &Live, admin: &Admin, mut changes: Raw) -> AppResult<()> {
    live.check(&changes)?;
    needs_couriers(&chat.accounts.couriers, &changes)?;
    let _turn = live.turn().await;
    let (now, defaults) = (object(&live.get())?, object(&Values::default())?);
    changes.retain(|name, value| now[name.as_str()] != meant(&defaults, name, value));
    if changes.is_empty() {
        return Ok(());
    }
    let (actor, by, ahead) = (admin.actor(), admin.id(), live.clone());
    let stored = chat.rooms.db.ordered(move |conn| {
        for (name, value) in &changes {
            let detail = json!({ "from": now[name.as_str()], "to": meant(&defaults, name, value) });
            let entry = Entry::new(Act::SettingUpdate, Target::named("setting", name.as_str())).with(detail);
            audit::note(conn, &actor, &entry)?;
        }
        let stored = setting::change(conn, by, &changes)?;
        let limits = Limits::new(&ahead.with(&stored));
        Ok(Stored::telling(stored, vec![Event::ToAll { frame: ServerFrame::Limits { limits }.encode() }]))
    });
    live.put(&stored.await?);
    chat.obey(&live.get());
    Ok(())
}

/// What nobody could fulfil is not asked of those who register.
fn needs_couriers(couriers: &Couriers, changes: &Raw) -> AppResult<()> {
    let asked = |name: &str| changes.get(name).is_some_and(|value| value == "required");
    let mut errors = FieldErrors::new();
    for (name, channel) in [("verify_email", Channel::Email), ("verify_phone", Channel::Phone)] {
        if asked(name) && !couriers.offers(channel) {
            errors.insert(name, FieldError::new("mail_off", "Nothing is configured to send codes with."));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(AppError::Fields(errors)) }
}

/// What a change comes to.
fn meant(defaults: &Value, name: &str, value: &Value) -> Value {
    if value.is_null() { defaults[name].clone() } else { value.clone() }
}
