//! What every page of the console has around it: the navigation, who looks, what was just done.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::StatusCode, web::Data};
use serde_json::{Value, json};

use crate::{
    account::{Accounts, current_user::Admin},
    admin::flash::{self, Flash},
    error::{AppError, AppResult},
    report::store as reports,
    web::pages::{Pages, View},
};

/// An admin who asks for a page, and what pages are made with.
pub struct Console {
    /// Who looks.
    pub admin: Admin,
    /// In which language, how it looks.
    pub view: View,
    /// The database among other things.
    pub accounts: Data<Accounts>,
    pages: Data<Pages>,
    flash: Option<Flash>,
}

impl Console {
    /// Renders `admin/<template>.html` with `context` (an object) and what the frame around it needs: `me`, `section`, `flash`,
    /// `open_reports`, `version`.
    ///
    /// # Errors
    /// When the database does not answer; a template that asks for what the context lacks.
    pub async fn render(&self, section: &str, template: &str, context: Value) -> AppResult<HttpResponse> {
        self.render_as(StatusCode::OK, section, template, context).await
    }

    /// The same with a status, for a form that is shown again with its errors.
    ///
    /// # Errors
    /// As for [`Console::render`].
    pub async fn render_as(
        &self,
        status: StatusCode,
        section: &str,
        template: &str,
        context: Value,
    ) -> AppResult<HttpResponse> {
        let open = self.accounts.db.read(|conn| Ok(reports::count_open(conn)?)).await?;
        let mut full = json!({
            "me": *self.admin.user.card,
            "section": section,
            "flash": self.flash,
            "open_reports": open,
            "version": env!("CARGO_PKG_VERSION"),
        });
        if let (Value::Object(full), Value::Object(context)) = (&mut full, context) {
            full.extend(context);
        }
        let mut page = self.pages.render_as(status, &self.view, &format!("admin/{template}.html"), &full)?;
        if self.flash.is_some() {
            page.add_cookie(&flash::taken()).map_err(AppError::internal)?;
        }
        Ok(page)
    }
}

impl FromRequest for Console {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parts = <(Admin, View, Data<Accounts>, Data<Pages>)>::from_request(req, payload);
        let flash = Flash::of(req);
        Box::pin(async move {
            let (admin, view, accounts, pages) = parts.await?;
            Ok(Self { admin, view, accounts, pages, flash })
        })
    }
}
