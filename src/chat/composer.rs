//! The composer's form, for browsers without JavaScript: a text, and images in the same body.

use std::rc::Rc;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Path},
};
use serde::{Deserialize, Serialize};

use crate::{
    account::pages::see_other,
    chat::{
        Chat,
        pages::{Visit, noticed, unsent},
    },
    command::{Outcome, handlers::given},
    error::{AppError, AppResult},
    id::{RoomId, UserId},
    message::{
        UPLOADS,
        body::{Body, BodyError},
        handlers::submit,
        post::Draft,
        wire::MessageView,
    },
    room::store as rooms,
    upload::{
        image::process::Mode,
        intake, name,
        receive::{self, Received},
        turnstile::Uploader,
    },
    web::body::Form,
};

/// What was written.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct PostForm {
    /// A message, or a command.
    #[serde(default)]
    text: String,
    /// Names it, as in a send; else the server finds a name.
    #[serde(default)]
    client_id: String,
}

/// What was not sent, for the page that says so.
#[derive(Debug, Serialize)]
pub struct Unsent {
    /// As it was typed.
    pub text: String,
    /// Were there images? A browser lets nobody choose them but the reader.
    pub images: bool,
    /// The file that is to blame, if one is.
    pub file: Option<String>,
    /// Why.
    pub code: &'static str,
}

/// What a command had to say to who gave it, for the page that shows it.
#[derive(Debug, Serialize)]
pub struct Noticed {
    /// What is written still: a command that was given in a wrong way.
    pub text: String,
    /// Lines of plain text.
    pub notice: String,
}

/// Why something was not sent.
struct Refusal {
    file: Option<String>,
    /// More telling than the error's own.
    code: Option<&'static str>,
    error: AppError,
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        Self { file: None, code: None, error }
    }
}

impl Refusal {
    fn of_file(given: &str, error: AppError) -> Self {
        let shown = name::shown(given);
        Self { file: Some(shown).filter(|name| !name.is_empty()), code: None, error }
    }
}

/// What became of a form.
pub enum Sent {
    /// It is a message.
    Message(Box<MessageView>),
    /// It was a command, and this is for its caller alone.
    Noticed(Noticed),
    /// It was refused.
    Unsent(Unsent, AppError),
}

/// `POST /r/{id}`
pub async fn post(visit: Visit, room: Path<RoomId>, form: Form<PostForm>) -> AppResult<HttpResponse> {
    let sent = send_form(&visit, *room, form.0).await?;
    answer(&visit, *room, sent).await
}

/// `POST /r/{id}` as `multipart/form-data`
pub async fn post_with_images(
    visit: Visit,
    room: Path<RoomId>,
    req: HttpRequest,
    payload: web::Payload,
) -> AppResult<HttpResponse> {
    let visit = Rc::new(visit);
    let sent = send_form_with_images(&visit, *room, &req, payload).await?;
    answer(&visit, *room, sent).await
}

/// Sends what a form says, or does it.
///
/// # Errors
/// What is no fault of the form's.
pub async fn send_form(visit: &Visit, room: RoomId, form: PostForm) -> AppResult<Sent> {
    let PostForm { text, client_id } = form;
    if let Some(done) = command(visit, room, &text, &client_id).await {
        return done;
    }
    let longest = visit.chat.messages.live.get().text_max as usize;
    let sent = match check(&text, longest, false) {
        Ok(()) => send(visit, room, text.clone(), client_id, Vec::new()).await,
        Err(refusal) => Err(refusal),
    };
    judged(text, false, sent)
}

/// The same for a form of type `multipart/form-data`.
///
/// # Errors
/// What is no fault of the form's.
pub async fn send_form_with_images(
    visit: &Rc<Visit>,
    room: RoomId,
    req: &HttpRequest,
    payload: web::Payload,
) -> AppResult<Sent> {
    let (desk, user) = (&visit.chat.uploads, visit.user.id());
    // Before a body of any size is read.
    visit.chat.rooms.db.read(move |conn| rooms::joined(conn, user, room).map(drop)).await?;
    let turn = desk.turnstile.admit(Uploader::Person(user))?;
    let form = receive::form(&desk.files, desk.rules().upload_bytes, UPLOADS, req, payload);
    let mut form = desk.accounts.bars.unless_barred(user, form).await?;
    let text = form.texts.remove("text").unwrap_or_default();
    let client_id = form.texts.remove("client_id").unwrap_or_default();
    let has_images = !form.files.is_empty() || form.refused.is_some();
    if !has_images && let Some(done) = command(visit, room, &text, &client_id).await {
        return done;
    }
    let longest = visit.chat.messages.live.get().text_max as usize;
    let sent = match checked(&text, longest, form) {
        Ok(files) => {
            let (sender, text) = (Rc::clone(visit), text.clone());
            turn.to_the_end(async move { send_with_images(&sender, room, (text, client_id), files).await }).await
        }
        Err(refusal) => Err(refusal),
    };
    judged(text, has_images, sent)
}

/// Does what a slash command says; `None` for a text that is to be said.
async fn command(visit: &Visit, room: RoomId, text: &str, client_id: &str) -> Option<AppResult<Sent>> {
    let given = given(&visit.chat.commands, visit.user.clone(), &visit.view, room, (text, client_id.to_owned()));
    match given.await {
        Ok(None) => None,
        Ok(Some(Outcome { message: Some(message), .. })) => Some(Ok(Sent::Message(Box::new(message)))),
        Ok(Some(Outcome { notice, .. })) => {
            Some(Ok(Sent::Noticed(Noticed { text: String::new(), notice: notice.unwrap_or_default() })))
        }
        Err(error @ (AppError::Command(..) | AppError::Unreachable(_))) => {
            Some(Ok(Sent::Noticed(Noticed { text: text.to_owned(), notice: error.to_string() })))
        }
        Err(error) => Some(judged(text.to_owned(), false, Err(error.into()))),
    }
}

/// The files of a form that can be sent as far as one sees without looking into them.
fn checked(text: &str, longest: usize, form: receive::Form) -> Result<Vec<Received>, Refusal> {
    if let Some((name, error)) = form.refused {
        return Err(Refusal::of_file(&name, error));
    }
    if form.surplus {
        let error = AppError::Invalid("A message has at most 9 images.".into());
        return Err(Refusal { file: None, code: Some("too_many_images"), error });
    }
    check(text, longest, !form.files.is_empty())?;
    Ok(form.files)
}

/// Images may stand without a text.
fn check(text: &str, longest: usize, has_images: bool) -> Result<(), Refusal> {
    if has_images && text.trim().is_empty() {
        return Ok(());
    }
    let wrong = |error: BodyError| Refusal {
        file: None,
        code: Some(error.code()),
        error: AppError::Invalid(error.to_string()),
    };
    Body::parse(text, longest).map(drop).map_err(wrong)
}

async fn send_with_images(
    visit: &Visit,
    room: RoomId,
    (text, client_id): (String, String),
    files: Vec<Received>,
) -> Result<MessageView, Refusal> {
    let (desk, user) = (&visit.chat.uploads, visit.user.id());
    let mut uploads = Vec::new();
    let taken = take_in(&visit.chat, user, files, &mut uploads).await;
    let sent = match taken {
        Ok(()) => send(visit, room, text, client_id, uploads.clone()).await,
        Err(refusal) => Err(refusal),
    };
    if sent.is_err() {
        // Some of them may be good, but nobody can send them any more.
        intake::take_back(desk, user, &uploads).await.map(drop).unwrap_or_else(|error| error.log());
    }
    sent
}

/// Makes uploads of the files, one after the other; `uploads` has those that were made, also when one is refused.
async fn take_in(chat: &Chat, user: UserId, files: Vec<Received>, uploads: &mut Vec<String>) -> Result<(), Refusal> {
    let mode = Mode::Budget(chat.uploads.rules().image_budget);
    for file in files {
        chat.uploads.turnstile.count(Uploader::Person(user))?;
        let name = file.name.clone();
        let made = intake::take_in(&chat.uploads, user, file, mode).await;
        uploads.push(made.map_err(|error| Refusal::of_file(&name, error))?.id);
    }
    Ok(())
}

async fn send(
    visit: &Visit,
    room: RoomId,
    text: String,
    client_id: String,
    uploads: Vec<String>,
) -> Result<MessageView, Refusal> {
    let client_id = match client_id.is_empty() {
        true => format!("form-{:032x}", rand::random::<u128>()),
        false => client_id,
    };
    let draft = Draft { room, client_id, text, uploads, reply_to: None };
    Ok(submit(&visit.chat.messages, visit.user.card.clone(), draft).await?.message)
}

/// What a refusal means for the page.
fn judged(text: String, images: bool, sent: Result<MessageView, Refusal>) -> AppResult<Sent> {
    let Refusal { file, code, error } = match sent {
        Ok(message) => return Ok(Sent::Message(Box::new(message))),
        Err(refusal) => refusal,
    };
    if matches!(error, AppError::NotFound | AppError::Unauthenticated | AppError::Internal(_)) {
        return Err(error);
    }
    error.log();
    let code = code.unwrap_or_else(|| error.code());
    Ok(Sent::Unsent(Unsent { text, images, file, code }, error))
}

/// Leads to the message, or shows the room with what was not sent or what a command had to say.
async fn answer(visit: &Visit, room: RoomId, sent: Sent) -> AppResult<HttpResponse> {
    answer_with(visit, room, sent, |message| see_other(&format!("/r/{room}#m-{}", message.seq)).finish()).await
}

/// The same with another answer to what was sent.
///
/// # Errors
/// A database that does not answer.
pub async fn answer_with(
    visit: &Visit,
    room: RoomId,
    sent: Sent,
    done: impl FnOnce(MessageView) -> HttpResponse,
) -> AppResult<HttpResponse> {
    match sent {
        Sent::Message(message) => Ok(done(*message)),
        Sent::Noticed(words) => noticed(visit, room, words).await,
        Sent::Unsent(words, error) => unsent(visit, room, words, error).await,
    }
}
