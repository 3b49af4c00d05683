//! The registration form. Where an address must be confirmed, it comes in two steps: the address, to which a code is sent, and then
//! the rest with the code.

use actix_session::Session;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    account::{
        Accounts,
        address::Address,
        current_user::CurrentUser,
        invite,
        pages::{codes, form_error, last_user, see_other},
        register::{self, Registration},
        verification::{
            OFF, Proof,
            cookie::{Kept, Sent},
            newcomer,
        },
        wire::Card,
    },
    courier::Channel,
    error::{AppError, AppResult, FieldErrors},
    setting::values::{self, Verify},
    web::{
        body::Form,
        client::Client,
        pages::{Pages, View},
    },
};

/// Where the browser keeps the tickets.
const PATH: &str = "/register/";

/// The invitation in a link, and the wish to begin again.
#[derive(Debug, Deserialize)]
pub struct RegisterQuery {
    #[serde(default)]
    invite: String,
    again: Option<String>,
}

/// `GET /register/`
pub async fn form(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    mut view: View,
    user: Option<CurrentUser>,
    query: web::Query<RegisterQuery>,
    req: HttpRequest,
) -> AppResult<HttpResponse> {
    if user.is_some() {
        return Ok(see_other("/").finish());
    }
    let RegisterQuery { invite, again } = query.into_inner();
    let mut kept = Kept::of(&req).unwrap_or_default();
    if !invite.is_empty() {
        kept.invite = invite;
    }
    let invited = !kept.invite.is_empty() && invite::is_valid(&accounts, &kept.invite).await?;
    let is_needed = accounts.live.get().registration == values::Registration::Invite;
    let error = (is_needed && !invited && !kept.invite.is_empty()).then(|| json!({ "code": "invite_invalid" }));
    // Another language must not cost the invitation.
    view.path = req.uri().path_and_query().map_or(view.path, ToString::to_string);
    if again.is_some() {
        kept.sent.values_mut().for_each(|sent| sent.ticket.clear());
    }
    let form = RegisterForm::of(kept, invited);
    let context = Context { form: &form, codes: json!({}), error: error.into(), invited };
    context.render(&accounts, &pages, &view, None)
}

/// The registration form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "they are those of a registration")]
pub struct RegisterForm {
    pub username: String,
    pub password: String,
    pub nickname: String,
    pub email: String,
    pub email_ticket: String,
    pub email_code: String,
    pub phone: String,
    pub phone_ticket: String,
    pub phone_code: String,
    pub invite: String,
}

impl RegisterForm {
    /// What the browser kept from the first step.
    fn of(mut kept: Kept, invited: bool) -> Self {
        let mut take = |channel: Channel| kept.sent.remove(channel.as_str()).unwrap_or_default();
        let (email, phone) = (take(Channel::Email), take(Channel::Phone));
        let invite = if invited { kept.invite } else { String::new() };
        Self {
            email: email.to,
            email_ticket: email.ticket,
            phone: phone.to,
            phone_ticket: phone.ticket,
            invite,
            ..Self::default()
        }
    }

    /// What it says.
    pub fn into_registration(self) -> Registration {
        let proof = |ticket, code| Some(Proof { ticket, code });
        Registration {
            username: self.username,
            password: self.password,
            nickname: Some(self.nickname),
            email: Some(self.email),
            phone: Some(self.phone),
            invite: Some(self.invite),
            email_proof: proof(self.email_ticket, self.email_code),
            phone_proof: proof(self.phone_ticket, self.phone_code),
        }
    }

    fn address(&self, channel: Channel) -> &str {
        match channel {
            Channel::Email => &self.email,
            Channel::Phone => &self.phone,
        }
    }

    fn ticket(&self, channel: Channel) -> &str {
        match channel {
            Channel::Email => &self.email_ticket,
            Channel::Phone => &self.phone_ticket,
        }
    }
}

/// What the page shows.
struct Context<'a> {
    form: &'a RegisterForm,
    codes: Value,
    error: Value,
    invited: bool,
}

impl Context<'_> {
    fn render(
        self,
        accounts: &Accounts,
        pages: &Pages,
        view: &View,
        refusal: Option<&AppError>,
    ) -> AppResult<HttpResponse> {
        let Self { form, codes, error, invited } = self;
        let needed = needed(accounts);
        let step = match needed.iter().all(|channel| !form.ticket(*channel).is_empty()) {
            true => "form",
            false => "address",
        };
        let off = needed.iter().any(|channel| !accounts.couriers.offers(*channel));
        let needed: Vec<&str> = needed.iter().map(|channel| channel.as_str()).collect();
        let values = json!({
            "username": form.username, "nickname": form.nickname, "invite": form.invite,
            "email": form.email, "email_ticket": form.email_ticket,
            "phone": form.phone, "phone_ticket": form.phone_ticket,
        });
        let context = json!({
            "values": values, "codes": codes, "error": error, "invited": invited,
            "needed": needed, "step": step, "off": off,
        });
        pages.render_refusal(refusal, view, "account/register.html", &context)
    }
}

/// Addresses that nobody registers without.
fn needed(accounts: &Accounts) -> Vec<Channel> {
    let values = accounts.live.get();
    Channel::ALL.into_iter().filter(|channel| channel.setting(&values) == Verify::Required).collect()
}

/// `POST /register/code`: the first step, where there are two.
pub async fn ask(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    client: Client,
    form: Form<RegisterForm>,
) -> AppResult<HttpResponse> {
    let form = form.0;
    match send(&accounts, &view, &client, &form).await {
        Ok(kept) => Ok(see_other(PATH).cookie(kept.keep(PATH)).finish()),
        Err(error) => refused(&accounts, &pages, &view, &form, error),
    }
}

/// Sends all codes that are needed; none where one address is wrong.
async fn send(accounts: &Accounts, view: &View, client: &Client, form: &RegisterForm) -> AppResult<Kept> {
    let mut errors = FieldErrors::new();
    let mut addresses = Vec::new();
    for channel in needed(accounts) {
        match Address::parse(channel, form.address(channel)) {
            Ok(address) => addresses.push(address),
            Err(error) => errors.extend(error.fields().cloned().unwrap_or_default()),
        }
    }
    if !errors.is_empty() {
        return Err(AppError::Fields(errors));
    }
    if addresses.is_empty() {
        return Err(OFF);
    }
    let mut kept = Kept { invite: form.invite.clone(), ..Kept::default() };
    for address in addresses {
        let issued = newcomer::ask(accounts, client, view.locale, &address, Some(&form.invite)).await?;
        let sent = Sent { ticket: issued.ticket, to: address.as_str().to_owned() };
        kept.sent.insert(address.channel.as_str().to_owned(), sent);
    }
    Ok(kept)
}

/// `POST /register/`
pub async fn submit(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    session: Session,
    client: Client,
    form: Form<RegisterForm>,
) -> AppResult<HttpResponse> {
    let form = form.0;
    let locale = Some(view.locale.tag().to_owned());
    match register::register(&accounts, &session, &client, form.clone().into_registration(), locale).await {
        Ok(card) => Ok(registered(&card)),
        Err(error) => refused(&accounts, &pages, &view, &form, error),
    }
}

/// After a registration: into the chat.
pub fn registered(card: &Card) -> HttpResponse {
    see_other("/").cookie(last_user(Some(&card.username))).cookie(Kept::forget(PATH)).finish()
}

/// The registration form again, with what is wrong.
///
/// # Errors
/// Faults of ours are no matter of the form.
pub fn refused(
    accounts: &Accounts,
    pages: &Pages,
    view: &View,
    form: &RegisterForm,
    error: AppError,
) -> AppResult<HttpResponse> {
    if error.is_fault() {
        return Err(error);
    }
    // An invitation that was good stays out of sight while other things are put right.
    let invited = !form.invite.is_empty() && error.fields().is_some();
    let mut view = view.clone();
    // The form's own address is no page of its own.
    view.path = PATH.to_owned();
    let context = Context { form, codes: codes(&error), error: form_error(&error), invited };
    context.render(accounts, pages, &view, Some(&error))
}
