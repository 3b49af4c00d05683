//! Tokens on pages: a list and a form, in the account page for one's own and in the console for those of bots.

use actix_web::{HttpResponse, ResponseError as _, http::StatusCode, web};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    account::{
        Accounts,
        access::{self, Issued, Scope, Wanted},
        current_user::SessionUser,
        pages::{Outcome, account_page, codes, see_other},
        wire::{Card, SiteRole},
    },
    db::time,
    error::{AppError, AppResult},
    id::TokenId,
    web::{
        body::Form,
        pages::{Pages, View},
    },
};

/// How long a token can be good from the form: `token-life-<name>` in words, and so many days; 0 for no end.
const LIVES: [(&str, i64); 4] = [("month", 30), ("quarter", 90), ("year", 365), ("ever", 0)];

/// The form that makes a token.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TokenForm {
    name: String,
    scope: String,
    life: String,
}

impl TokenForm {
    /// What it asks for.
    ///
    /// # Errors
    /// [`AppError::Fields`] for a choice that does not exist.
    pub fn wanted(&self) -> AppResult<Wanted> {
        let scope = Scope::from_name(&self.scope);
        let scope = scope.ok_or_else(|| AppError::field("scope", "invalid", "There is no such scope."))?;
        let life = LIVES.iter().find(|(name, _)| *name == self.life);
        let (_, days) = life.ok_or_else(|| AppError::field("life", "invalid", "There is no such life."))?;
        let expires_at = (*days > 0).then(|| time::now() + TimeDelta::days(*days));
        Ok(Wanted { name: self.name.clone(), scope, expires_at })
    }
}

/// What became of the form.
#[derive(Debug, Default)]
pub struct Tried {
    /// The token that was just made: it is shown this once.
    secret: Option<String>,
    values: Value,
    codes: Value,
    /// Refused for another reason than a field.
    error: Option<&'static str>,
}

impl Tried {
    /// It was made.
    pub fn done(issued: &Issued) -> Self {
        Self { secret: Some(issued.secret.as_str().to_owned()), ..Self::default() }
    }

    /// It was not.
    pub fn refused(form: &TokenForm, error: &AppError) -> Self {
        let TokenForm { name, scope, life } = form;
        Self {
            secret: None,
            values: json!({ "name": name, "scope": scope, "life": life }),
            codes: codes(error),
            error: error.fields().is_none().then(|| error.code()),
        }
    }
}

/// What `templates/parts/tokens.html` shows of somebody's tokens.
///
/// # Errors
/// When the database does not answer.
pub async fn section(accounts: &Accounts, owner: &Card, tried: Tried) -> AppResult<Value> {
    let may_have = |scope: &Scope| *scope != Scope::Admin || owner.role == SiteRole::Admin;
    let or_empty = |value: Value| if value.is_object() { value } else { json!({}) };
    Ok(json!({
        "list": access::list(accounts, owner.id).await?,
        "scopes": Scope::ALL.into_iter().filter(may_have).collect::<Vec<_>>(),
        "lives": LIVES.map(|(name, _)| name),
        "secret": tried.secret,
        "values": or_empty(tried.values),
        "codes": or_empty(tried.codes),
        "error": tried.error,
    }))
}

/// `POST /account/tokens`: answers with the token, because a redirect could only carry it in an address or a cookie.
pub async fn create(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    user: SessionUser,
    form: Form<TokenForm>,
) -> AppResult<HttpResponse> {
    let made = match form.0.wanted() {
        Ok(wanted) => access::make(&accounts, user.id(), wanted).await,
        Err(error) => Err(error),
    };
    let (status, tokens) = match made {
        Ok(issued) => (StatusCode::OK, Tried::done(&issued)),
        Err(error @ (AppError::Fields(_) | AppError::Conflict(..))) => {
            (error.status_code(), Tried::refused(&form.0, &error))
        }
        Err(error) => return Err(error),
    };
    // The forms that change language and theme lead back to a page that can be asked for.
    let view = View { path: "/account/".to_owned(), ..view };
    account_page(&accounts, &pages, &view, &user, Outcome { status: Some(status), tokens, ..Outcome::default() }).await
}

/// `POST /account/tokens/{id}/revoke`
pub async fn revoke(
    accounts: web::Data<Accounts>,
    user: SessionUser,
    token: web::Path<TokenId>,
) -> AppResult<HttpResponse> {
    access::revoke(&accounts, user.id(), *token).await?;
    Ok(see_other("/account/?saved=tokens#tokens").finish())
}
