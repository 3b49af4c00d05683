//! The console's pages of the announcement: step 1 uploads, step 2 checks and publishes; beside them what is in force, below them
//! what was.

use actix_web::{HttpRequest, HttpResponse, ResponseError as _, http::StatusCode, web};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    account::current_user::Admin,
    admin::{
        announcement::{
            form::DraftForm,
            handlers::{bring_back, put_in_force, take_back},
            wire::{Overview, State},
        },
        console::Console,
        flash::{Flash, see_other},
    },
    announcement::{
        KEPT,
        acts::{self, Replacing},
        content::{ALT, TEXT, TITLE, Words},
        store::Version,
    },
    error::{AppError, AppResult, FieldError},
    id::AnnouncementId,
    upload::UploadDesk,
    web::body::Form,
};

/// Where the pages are.
const PLACE: &str = "/admin/announcement/";

/// Query of the first step.
#[derive(Debug, Deserialize)]
pub struct StartQuery {
    /// The draft that gets another picture.
    replace: Option<i64>,
}

/// `GET /admin/announcement/`
pub async fn start(
    console: Console,
    desk: web::Data<UploadDesk>,
    query: web::Query<StartQuery>,
) -> AppResult<HttpResponse> {
    let overview = desk.accounts.db.read(Overview::read).await?;
    let draft = query.replace.and_then(|id| overview.find(AnnouncementId(id)));
    let draft = draft.filter(|draft| draft.state == State::Draft).map(|draft| &draft.announcement);
    let typed = draft.map(|draft| {
        json!({ "title": draft.title, "text": draft.text, "alt": draft.alt, "background": draft.background, "draft": draft.id })
    });
    render_start(&console, &desk, &overview, typed.unwrap_or_else(|| json!({})), None).await
}

/// `POST /admin/announcement/` as `multipart/form-data`
pub async fn upload(
    console: Console,
    desk: web::Data<UploadDesk>,
    req: HttpRequest,
    payload: web::Payload,
) -> AppResult<HttpResponse> {
    let form = DraftForm::receive(&desk, console.admin.id(), &req, payload).await?;
    let typed = typed(&form.words, form.draft);
    match form.store(desk.clone(), console.admin.id()).await {
        Ok(version) => Ok(see_other(&step_2(version.id), &Flash::done("announcement-uploaded"))),
        Err(error) if error.is_fault() => Err(error),
        Err(error) => {
            let overview = desk.accounts.db.read(Overview::read).await?;
            render_start(&console, &desk, &overview, typed, Some(error)).await
        }
    }
}

/// `GET /admin/announcement/{id}`: the second step.
pub async fn check(
    console: Console,
    desk: web::Data<UploadDesk>,
    id: web::Path<AnnouncementId>,
) -> AppResult<HttpResponse> {
    render_check(&console, &desk, *id, None).await
}

/// The words of a draft in the second step's form.
#[derive(Debug, Deserialize)]
pub struct WordsForm {
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    alt: String,
    background: Option<String>,
}

impl WordsForm {
    fn into_words(self) -> Words {
        let Self { title, text, alt, background } = self;
        Words { title, text, alt, background: background.is_some() }
    }
}

/// `POST /admin/announcement/{id}`: keeps the words without publishing.
pub async fn save(
    console: Console,
    desk: web::Data<UploadDesk>,
    id: web::Path<AnnouncementId>,
    form: Form<WordsForm>,
) -> AppResult<HttpResponse> {
    let (id, words) = (*id, form.0.into_words());
    let saved = keep(&desk, &console.admin, id, words.clone()).await;
    match saved {
        Ok(_) => Ok(see_other(&step_2(id), &Flash::done("announcement-saved"))),
        Err(error) => refuse(&console, &desk, id, words, error).await,
    }
}

/// `POST /admin/announcement/{id}/publish`
pub async fn publish(
    console: Console,
    desk: web::Data<UploadDesk>,
    id: web::Path<AnnouncementId>,
    form: Form<WordsForm>,
) -> AppResult<HttpResponse> {
    let (id, words) = (*id, form.0.into_words());
    let published = match words.clone().check() {
        Ok(checked) => put_in_force(&desk, &console.admin, id, Some(checked)).await,
        Err(error) => Err(error),
    };
    match published {
        Ok(_) => Ok(see_other(PLACE, &Flash::done("announcement-published"))),
        Err(error) => refuse(&console, &desk, id, words, error).await,
    }
}

/// `POST /admin/announcement/{id}/discard`
pub async fn discard(_: Admin, desk: web::Data<UploadDesk>, id: web::Path<AnnouncementId>) -> AppResult<HttpResponse> {
    let done = desk.accounts.db.ordered(move |conn| acts::discard(conn, *id)).await;
    desk.sweeper.notify_one();
    lead_back(done, "announcement-discarded")
}

/// `POST /admin/announcement/{id}/restore`
pub async fn restore(
    admin: Admin,
    desk: web::Data<UploadDesk>,
    id: web::Path<AnnouncementId>,
) -> AppResult<HttpResponse> {
    lead_back(bring_back(&desk, &admin, *id).await, "announcement-restored")
}

/// `POST /admin/announcement/{id}/withdraw`
pub async fn withdraw(
    admin: Admin,
    desk: web::Data<UploadDesk>,
    id: web::Path<AnnouncementId>,
) -> AppResult<HttpResponse> {
    lead_back(take_back(&desk, &admin, *id).await, "announcement-withdrawn")
}

async fn keep(desk: &UploadDesk, admin: &Admin, id: AnnouncementId, words: Words) -> AppResult<Version> {
    let (words, author) = (words.check()?, admin.id());
    desk.accounts.db.ordered(move |conn| acts::revise(conn, author, id, &words, &Replacing::Nothing)).await
}

/// Back to the first step, with a word of what was done or why not.
fn lead_back<T>(done: AppResult<T>, key: &str) -> AppResult<HttpResponse> {
    match done {
        Ok(_) => Ok(see_other(PLACE, &Flash::done(key))),
        Err(error) if error.is_fault() => Err(error),
        Err(error) => Ok(see_other(PLACE, &Flash::wrong(error.code()))),
    }
}

/// The second step again where fields are wrong; else back to the first.
async fn refuse(
    console: &Console,
    desk: &UploadDesk,
    id: AnnouncementId,
    words: Words,
    error: AppError,
) -> AppResult<HttpResponse> {
    match error.fields() {
        Some(_) => render_check(console, desk, id, Some((words, error))).await,
        None => lead_back::<()>(Err(error), ""),
    }
}

fn step_2(id: AnnouncementId) -> String {
    format!("{PLACE}{id}")
}

fn typed(words: &Words, draft: Option<AnnouncementId>) -> Value {
    let Words { title, text, alt, background } = words;
    json!({ "title": title, "text": text, "alt": alt, "background": background, "draft": draft })
}

/// The codes of what is wrong, by field; what is wrong with the picture belongs to its field, and the rest to the form.
fn codes(error: Option<&AppError>) -> Value {
    let Some(error) = error else { return json!({}) };
    let about_picture = ["unsupported_media", "bad_image", "too_large", "timeout"].contains(&error.code());
    match error.fields() {
        Some(fields) => {
            let code = |(name, error): (&&str, &FieldError)| ((*name).to_owned(), Value::from(error.code));
            Value::Object(fields.iter().map(code).collect())
        }
        None if about_picture => json!({ "file": error.code() }),
        None => json!({ "form": error.code() }),
    }
}

async fn render_start(
    console: &Console,
    desk: &UploadDesk,
    overview: &Overview,
    typed: Value,
    error: Option<AppError>,
) -> AppResult<HttpResponse> {
    let status = error.as_ref().map_or(StatusCode::OK, AppError::status_code);
    let context = json!({ "typed": typed, "wrong": codes(error.as_ref()) });
    render(console, desk, status, "upload", overview, context).await
}

async fn render_check(
    console: &Console,
    desk: &UploadDesk,
    id: AnnouncementId,
    refused: Option<(Words, AppError)>,
) -> AppResult<HttpResponse> {
    let overview = desk.accounts.db.read(Overview::read).await?;
    let draft = overview.find(id).ok_or(AppError::NotFound)?;
    if draft.state != State::Draft {
        return lead_back::<()>(Err(AppError::Conflict("published", "This version is published.")), "");
    }
    let (words, error) = refused.unzip();
    let shown = &draft.announcement;
    let words = words.unwrap_or_else(|| Words {
        title: shown.title.clone(),
        text: shown.text.clone(),
        alt: shown.alt.clone(),
        background: shown.background,
    });
    let status = error.as_ref().map_or(StatusCode::OK, AppError::status_code);
    let context = json!({ "draft": draft, "typed": typed(&words, Some(id)), "wrong": codes(error.as_ref()) });
    render(console, desk, status, "check", &overview, context).await
}

async fn render(
    console: &Console,
    desk: &UploadDesk,
    status: StatusCode,
    template: &str,
    overview: &Overview,
    context: Value,
) -> AppResult<HttpResponse> {
    let most = desk.rules().upload_bytes;
    let mut full = json!({
        "current": overview.current(),
        "versions": overview.announcements,
        "people": overview.people,
        "kept": KEPT,
        "title_max": TITLE,
        "text_max": TEXT,
        "alt_max": ALT,
        "upload_max": most,
        "upload_megabytes": megabytes(most),
    });
    if let (Value::Object(full), Value::Object(context)) = (&mut full, context) {
        full.extend(context);
    }
    console.render_as(status, "announcement", &format!("announcement/{template}"), full).await
}

/// As it is shown: a whole number where it is one.
fn megabytes(bytes: u64) -> String {
    let text = format!("{:.1}", bytes as f64 / 1e6);
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}
