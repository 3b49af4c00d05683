//! The page that searches, for browsers without JavaScript.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data},
};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::{
    account::{current_user::CurrentUser, name::Username, presence::Presence, store as people},
    error::{AppError, AppResult},
    id::{MessageId, RoomId, UserId},
    message::{
        MessageDesk,
        search::{
            find::{Filter, Kind},
            handlers::{moment, search as find},
            query::{Query, QueryError},
            wire::{Hit, SearchPage},
        },
    },
    room::{RoomDesk, handlers::own_rooms, wire::RoomView},
    web::pages::{Pages, View},
};

/// Hits on a page.
const PAGE: usize = 20;

/// The form: the query of `GET search`, where a person may also be a user name and a time a day. What was not filled in is empty.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct SearchForm {
    q: String,
    room: String,
    from: String,
    since: String,
    until: String,
    has: String,
    before: String,
}

/// Why a search was not done: the page's word for it, and the error.
#[derive(Debug)]
pub struct Refusal(pub &'static str, pub AppError);

impl Refusal {
    /// Something in the form is nonsense.
    pub fn invalid(code: &'static str) -> Self {
        Self(code, AppError::Invalid(code.into()))
    }
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NotFound | AppError::Forbidden(_) => Self("room", error),
            error => Self(error.code(), error),
        }
    }
}

/// `GET /search`
pub async fn search(
    (desk, rooms, presence): (Data<MessageDesk>, Data<RoomDesk>, Data<Presence>),
    pages: Data<Pages>,
    view: View,
    user: CurrentUser,
    form: web::Query<SearchForm>,
    req: HttpRequest,
) -> AppResult<HttpResponse> {
    let form = form.into_inner();
    let rooms = own_rooms(&rooms, &presence, user.id()).await?;
    let (found, refusal) = match answer(&desk, user.id(), &form).await {
        Ok(found) => (found, None),
        Err(Refusal(_, error)) if error.is_fault() => return Err(error),
        Err(refusal) => (None, Some(refusal)),
    };
    let context = json!({
        "form": form,
        "rooms": rooms.iter().map(|room| json!({ "id": room.info.id.to_string(), "name": name_of(room) })).collect::<Vec<_>>(),
        "older": found.as_ref().and_then(|found| Some(form.older(found.before?))),
        "hits": found.map(|found| found.hits.iter().map(|hit| shown(hit, &rooms)).collect::<Vec<_>>()),
        "refused": refusal.as_ref().map(|Refusal(code, _)| code),
    });
    // A change of language or theme leads back to what was found.
    let path = req.uri().path_and_query().map_or(view.path, |place| place.as_str().to_owned());
    let refusal = refusal.as_ref().map(|Refusal(_, error)| error);
    pages.render_refusal(refusal, &View { path, ..view }, "chat/search.html", &context)
}

impl SearchForm {
    /// Is there nothing to search by?
    fn is_blank(&self) -> bool {
        [&self.q, &self.from, &self.has].iter().all(|field| field.trim().is_empty())
    }

    /// The address where the search goes on below a message.
    fn older(&self, before: MessageId) -> String {
        let Self { q, room, from, since, until, has, .. } = self;
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in
            [("q", q), ("room", room), ("from", from), ("since", since), ("until", until), ("has", has)]
        {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        format!("/search?{}", query.append_pair("before", &before.to_string()).finish())
    }
}

/// What was found; nothing where nothing is searched for.
async fn answer(desk: &MessageDesk, user: UserId, form: &SearchForm) -> Result<Option<SearchPage>, Refusal> {
    let filter = Filter {
        room: number(&form.room, Refusal("room", AppError::NotFound))?.map(RoomId),
        from: person(desk, form.from.trim()).await?,
        since: day(&form.since, Day::Beginning)?,
        until: day(&form.until, Day::End)?,
        kind: match form.has.as_str() {
            "" => None,
            "image" => Some(Kind::Image),
            _ => return Err(Refusal::invalid("invalid")),
        },
        before: number(&form.before, Refusal::invalid("invalid"))?.map(MessageId),
    };
    // The form before it is used, and the form with too little in it.
    if form.is_blank() {
        return Ok(None);
    }
    let query = Query::within(&form.q, &filter).map_err(|error| match error {
        QueryError::Blank => Refusal::invalid("blank"),
        QueryError::TooLong => Refusal::invalid("too_long"),
    })?;
    Ok(Some(find(desk, user, query, filter, PAGE).await?))
}

/// A number; none where nothing is given.
///
/// # Errors
/// The refusal that is given.
pub fn number(text: &str, refusal: Refusal) -> Result<Option<i64>, Refusal> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| refusal),
    }
}

/// The person of this id or user name; no user name begins with a digit.
///
/// # Errors
/// `person` for nobody, or what the database says.
pub async fn person(desk: &MessageDesk, given: &str) -> Result<Option<UserId>, Refusal> {
    if given.is_empty() {
        return Ok(None);
    }
    let nobody = || Refusal::invalid("person");
    let found = if given.starts_with(|first: char| first.is_ascii_digit()) {
        let id = UserId(given.parse().map_err(|_| nobody())?);
        desk.db.read(move |conn| Ok(people::find(conn, id)?)).await?
    } else {
        let name = Username::parse_privileged(given.trim_start_matches('@')).map_err(|_| nobody())?;
        desk.db.read(move |conn| Ok(people::find_by_key(conn, &name.folded())?)).await?
    };
    found.map(|card| Some(card.id)).ok_or_else(nobody)
}

/// Which end of a day is meant.
#[derive(Debug, Clone, Copy)]
pub enum Day {
    /// Its first moment.
    Beginning,
    /// The first moment of the next.
    End,
}

/// A time, or an end of a day in UTC: without a script nothing says where its reader lives.
///
/// # Errors
/// `day` for neither.
pub fn day(text: &str, end: Day) -> Result<Option<NaiveDateTime>, Refusal> {
    let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") else {
        return moment(Some(text.to_owned())).map_err(|_| Refusal::invalid("day"));
    };
    let date = match end {
        Day::Beginning => date,
        Day::End => date.succ_opt().unwrap_or(date),
    };
    Ok(Some(date.and_time(NaiveTime::MIN)))
}

fn name_of(room: &RoomView) -> &str {
    room.peer.as_ref().map_or(&room.info.name, |peer| &peer.card.nickname)
}

/// A hit as the template draws it.
fn shown(hit: &Hit, rooms: &[RoomView]) -> Value {
    let room = rooms.iter().find(|room| room.info.id == hit.room.id);
    json!({
        "href": format!("/r/{}/m/{}", hit.room.id, hit.message.seq),
        "room": room.map_or(hit.room.name.as_str(), name_of),
        "kind": hit.room.kind,
        "sender": hit.message.sender,
        "created_at": hit.message.created_at.and_utc().to_rfc3339_opts(SecondsFormat::Micros, true),
        "images": hit.message.uploads.len(),
        "snippet": hit.snippet,
    })
}
