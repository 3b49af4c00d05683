//! The settings page: one form, checked as a whole, with a button beside each setting that goes back to its default.

use std::collections::HashMap;

use actix_web::{
    HttpRequest, HttpResponse, ResponseError as _,
    http::StatusCode,
    web::{Data, Payload},
};
use serde_json::{Value, json};

use crate::{
    admin::{
        console::Console,
        flash::{Flash, see_other},
        mail,
        settings::{change, listed, receive_logo},
    },
    chat::Chat,
    error::{AppError, AppResult},
    setting::{
        Live, Raw,
        catalog::{CATALOG, Kind, Section, Setting},
    },
    upload::UploadDesk,
    web::body::Form,
};

/// Where the page is.
const PLACE: &str = "/admin/settings/";

/// `GET /admin/settings/`
pub async fn show(console: Console, live: Data<Live>) -> AppResult<HttpResponse> {
    page(&console, &live, StatusCode::OK, None, &Value::Null).await
}

/// `POST /admin/settings/`; `reset` names the one setting that goes back to its default, and then nothing else is changed.
pub async fn save(
    console: Console,
    chat: Data<Chat>,
    live: Data<Live>,
    form: Form<HashMap<String, String>>,
) -> AppResult<HttpResponse> {
    let form = form.0;
    let changes = match form.get("reset") {
        Some(name) => Raw::from([(name.clone(), Value::Null)]),
        None => typed(&live, &form),
    };
    match change(&chat, &live, &console.admin, changes.clone()).await {
        Ok(()) => Ok(see_other(PLACE, &Flash::done("settings-saved"))),
        Err(error @ AppError::Fields(_)) => {
            let fields = error.fields().into_iter().flatten();
            let wrong: Value = fields.map(|(name, error)| ((*name).to_owned(), Value::from(error.code))).collect();
            page(&console, &live, error.status_code(), Some(&changes), &wrong).await
        }
        Err(error) => Err(error),
    }
}

/// `POST /admin/settings/logo`
pub async fn save_logo(
    console: Console,
    parts: (Data<Chat>, Data<Live>, Data<UploadDesk>),
    req: HttpRequest,
    payload: Payload,
) -> AppResult<HttpResponse> {
    let flash = match receive_logo(parts, &console.admin, &req, payload).await {
        Ok(()) => Flash::done("settings-saved"),
        Err(error) if error.status_code().is_client_error() => Flash::wrong(error.code()),
        Err(error) => return Err(error),
    };
    Ok(see_other(PLACE, &flash))
}

/// What the form says of all that stands on it.
fn typed(live: &Live, form: &HashMap<String, String>) -> Raw {
    let typed = |setting: &&Setting| setting.kind != Kind::Picture && live.fixed_by(setting.name).is_none();
    let open = CATALOG.iter().filter(typed);
    open.map(|setting| (setting.name.to_owned(), setting.kind.read(form.get(setting.name).map(String::as_str))))
        .collect()
}

async fn page(
    console: &Console,
    live: &Live,
    status: StatusCode,
    typed: Option<&Raw>,
    wrong: &Value,
) -> AppResult<HttpResponse> {
    let all: Result<Vec<Value>, _> = listed(live)?.into_iter().map(serde_json::to_value).collect();
    let mut all = all.map_err(AppError::internal)?;
    for setting in &mut all {
        let name = setting["name"].as_str().unwrap_or_default().to_owned();
        setting["changed"] = (setting["value"] != setting["default"]).into();
        if let Some(value) = typed.and_then(|typed| typed.get(&name)) {
            setting["value"] = value.clone();
        }
        setting["wrong"] = wrong[&name].is_string().into();
        setting["code"] = wrong[&name].clone();
    }
    let sections: Vec<Value> = Section::ALL.iter().map(|section| in_section(&all, section.as_str())).collect();
    console
        .render_as(
            status,
            "settings",
            "settings",
            json!({ "sections": sections, "mail": mail::status(&console.accounts) }),
        )
        .await
}

fn in_section(all: &[Value], name: &str) -> Value {
    let settings: Vec<&Value> = all.iter().filter(|setting| setting["section"] == name).collect();
    let wrong = settings.iter().filter(|setting| setting["wrong"] == true).count();
    json!({ "name": name, "settings": settings, "wrong": wrong })
}
