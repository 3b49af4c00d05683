//! Settings: how they are shown and changed.

pub mod handlers;
pub mod pages;

use actix_web::{
    HttpRequest,
    web::{Data, Payload},
};
use serde::Serialize;
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
    setting::{
        self, Live, Raw,
        catalog::{CATALOG, Kind},
        values::Values,
    },
    upload::{UploadDesk, logo, receive, turnstile::Uploader},
    web::mark,
};

/// A setting: its value in force and what it may be.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Setting)]
pub struct SettingView {
    /// In the API and the log.
    name: &'static str,
    /// Part of the settings page.
    section: &'static str,
    /// In force now.
    value: Value,
    /// Where nobody set it.
    default: Value,
    /// The variable that fixes it, if one does.
    #[schema(required)]
    fixed: Option<String>,
    /// `line`, `switch`, `choice`, `number`, `picture` or `lines`.
    kind: &'static str,
    /// Of a `choice`.
    choices: Vec<&'static str>,
    /// The least and the most, of numbers and lengths.
    #[schema(required)]
    range: Option<Vec<i64>>,
}

/// Every setting.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SettingsBody {
    /// In the order of the page.
    pub settings: Vec<SettingView>,
}

/// Every setting with its value in force, its default, whether a flag fixes it and what it may be.
///
/// # Errors
/// When they cannot be told as JSON.
pub fn listed(live: &Live) -> AppResult<Vec<SettingView>> {
    let (now, defaults) = (object(&live.get())?, object(&Values::default())?);
    let logo = mark::own(&live.get()).map_or_else(String::new, |[large, _]| large);
    let shown = CATALOG.iter().map(|setting| SettingView {
        name: setting.name,
        section: setting.section.as_str(),
        value: if setting.kind == Kind::Picture { logo.as_str().into() } else { now[setting.name].clone() },
        default: defaults[setting.name].clone(),
        fixed: live.fixed_by(setting.name),
        kind: setting.kind.as_str(),
        choices: setting.kind.choices().to_vec(),
        range: setting.kind.range().map(|(least, most)| vec![least, most]),
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
pub async fn change(chat: &Chat, live: &Live, admin: &Admin, changes: Raw) -> AppResult<()> {
    live.check(&changes)?;
    needs_couriers(&chat.accounts.couriers, &changes)?;
    put_in_force(chat, live, admin, changes).await
}

async fn put_in_force(chat: &Chat, live: &Live, admin: &Admin, mut changes: Raw) -> AppResult<()> {
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
            let is_picture = CATALOG.iter().any(|one| one.name == name && one.kind == Kind::Picture);
            if let Some(key) = now[name.as_str()].as_str().filter(|_| is_picture) {
                logo::release(conn, key)?;
            }
        }
        let stored = setting::change(conn, by, &changes)?;
        let limits = Limits::new(&ahead.with(&stored));
        Ok(Stored::telling(stored, vec![Event::ToAll { frame: ServerFrame::Limits { limits }.encode() }]))
    });
    live.put(&stored.await?);
    chat.obey(&live.get());
    Ok(())
}

/// Receives a picture and makes it the site's mark.
///
/// # Errors
/// Whatever is wrong with the picture; a disk or database that fails.
pub async fn receive_logo(
    (chat, live, desk): (Data<Chat>, Data<Live>, Data<UploadDesk>),
    admin: &Admin,
    req: &HttpRequest,
    payload: Payload,
) -> AppResult<()> {
    let turn = desk.turnstile.enter(Uploader::Person(admin.id()))?;
    let received = receive::file(&desk.files, desk.rules().upload_bytes, req, payload).await?;
    let admin = admin.clone();
    let set = async move {
        let key = logo::store(&desk, received).await?;
        let changes = Raw::from([("logo".to_owned(), key.as_str().into())]);
        put_in_force(&chat, &live, &admin, changes).await?;
        desk.sweeper.notify_one();
        Ok(())
    };
    turn.to_the_end(set).await
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
