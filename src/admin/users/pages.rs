//! The table of people, and the form that adds one.

use actix_web::{HttpResponse, ResponseError as _, http::StatusCode, web};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    account::presence::Presence,
    admin::{
        console::Console,
        flash::{self, Flash},
        table::{fields::Fields, links::Links},
        users::{
            USUAL, UsersQuery,
            handlers::{self, NewPerson},
            person, store,
        },
    },
    error::AppResult,
    web::site::Origin,
};

/// `GET /admin/users/`
pub async fn list(
    console: Console,
    presence: web::Data<Presence>,
    query: web::Query<UsersQuery>,
) -> AppResult<HttpResponse> {
    let page = query.page()?;
    let (slice, people) = handlers::page(&console.accounts, &presence, &query).await?;
    let links = Links::new(query.filters(), &page, USUAL, &slice, |row| row.place(page.column));
    let (all, banned) = console.accounts.db.read(|conn| Ok(store::totals(conn)?)).await?;
    let totals = json!({ "all": all, "banned": banned, "online": presence.count() });
    console.render("users", "users", json!({ "people": people, "links": links, "totals": totals })).await
}

/// Which form is wanted.
#[derive(Debug, Deserialize)]
pub struct NewQuery {
    #[serde(default)]
    role: String,
}

/// `GET /admin/users/new`; with `?role=bot` the form for a bot.
pub async fn new(console: Console, query: web::Query<NewQuery>) -> AppResult<HttpResponse> {
    form(&console, StatusCode::OK, json!({ "role": query.role }), json!({})).await
}

async fn form(console: &Console, status: StatusCode, values: Value, codes: Value) -> AppResult<HttpResponse> {
    console.render_as(status, "users", "user_new", json!({ "values": values, "codes": codes })).await
}

/// `POST /admin/users/new`: leads to the new person's page, or shows the link with which they set their password.
pub async fn add(
    console: Console,
    presence: web::Data<Presence>,
    origin: Origin,
    fields: Fields,
) -> AppResult<HttpResponse> {
    let given = |name| Some(fields.get(name).to_owned());
    let new = NewPerson {
        username: fields.get("username").to_owned(),
        // Blanks at the ends of a password are part of it.
        password: fields.0.iter().find(|(name, _)| name == "password").map(|(_, value)| value.clone()),
        nickname: given("nickname"),
        email: given("email"),
        phone: given("phone"),
        role: given("role"),
    };
    match handlers::make(&console.accounts, &console.admin, new).await {
        Ok((id, None)) => {
            Ok(flash::see_other(&person::address(id), &Flash::done("user-added").name(fields.get("username"))))
        }
        Ok((id, Some(link))) => person::with_link(&console, &presence, &origin, id, &link).await,
        Err(error) => {
            let Some(wrong) = error.fields() else { return Err(error) };
            let codes = wrong.iter().map(|(name, error)| ((*name).to_owned(), error.code.into())).collect();
            let values: serde_json::Map<String, Value> = ["username", "nickname", "email", "phone", "role"]
                .into_iter()
                .map(|name| (name.to_owned(), fields.get(name).into()))
                .collect();
            form(&console, error.status_code(), Value::Object(values), Value::Object(codes)).await
        }
    }
}
