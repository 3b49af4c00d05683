//! Callers over HTTP: [`Guest`] has no account, [`Member`] has one and is logged in. Both are honest browsers: they keep cookies
//! and say their own Origin.

use std::{
    ops::{Deref, Index},
    sync::Arc,
};

use reqwest::{
    Client, Method, RequestBuilder,
    cookie::{CookieStore, Jar},
    header::{ACCEPT, CONTENT_TYPE, COOKIE, HeaderMap, ORIGIN},
    redirect::Policy,
};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{PASSWORD, fresh_id, server::Site, socket::Socket};

/// A browser in which nobody is logged in (yet).
#[derive(Clone)]
pub struct Guest {
    site: Site,
    http: Client,
    jar: Arc<Jar>,
}

impl Guest {
    /// One that visits this site.
    pub fn at(site: &Site) -> Self {
        let jar = Arc::new(Jar::default());
        // A connection for each request: a kept one would not survive a restart, and would hold up a server that ends.
        let http = Client::builder()
            .cookie_provider(Arc::clone(&jar))
            .redirect(Policy::none())
            .pool_max_idle_per_host(0)
            .no_proxy()
            .build()
            .expect("a client without TLS needs nothing");
        Self { site: site.clone(), http, jar }
    }

    /// The same browser on another site, with the cookies that it has.
    pub fn visiting(&self, site: &Site) -> Self {
        Self { site: site.clone(), ..self.clone() }
    }

    /// The site it visits.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// A request with nothing but the cookies, for a page or, where no slash stands in front, for the API.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/api/v1/{path}") };
        let request = self.http.request(method, format!("{}{path}", self.site.origin()));
        if path.starts_with("/api/") { request } else { request.header(ACCEPT, "text/html") }
    }

    /// A request with the cookies and our Origin.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).header(ORIGIN, self.site.origin())
    }

    /// Asks for something.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    /// Sends a body; null stands for none.
    pub async fn call(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = self.request(method, path);
        Answer::to(if body.is_null() { request } else { request.json(&body) }).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, body).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, body).await
    }

    /// `PUT` with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, body).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, Value::Null).await
    }

    /// `POST` with bytes as a JSON body, whatever they are.
    pub async fn post_bytes(&self, path: &str, bytes: impl Into<reqwest::Body>) -> Answer {
        Answer::to(self.request(Method::POST, path).header(CONTENT_TYPE, "application/json").body(bytes)).await
    }

    /// Sends a form as a page does without JavaScript.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = "application/x-www-form-urlencoded";
        Answer::to(self.request(Method::POST, path).header(CONTENT_TYPE, form).body(body)).await
    }

    /// Registers under a name; the browser is then logged in.
    pub async fn register(self, username: &str) -> Member {
        let answer = self.post("register", json!({"username": username, "password": PASSWORD})).await.is(201);
        Member::of(self, &answer["user"])
    }

    /// Tries to log in.
    pub async fn try_login(&self, username: &str, password: &str) -> Answer {
        self.post("login", json!({"username": username, "password": password})).await
    }

    /// The `Cookie` header it sends.
    pub fn cookies(&self) -> String {
        let url = self.site.origin().parse().unwrap();
        self.jar.cookies(&url).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// The value of the session cookie.
    pub fn session_cookie(&self) -> String {
        let cookies = self.cookies();
        let session = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("parlor="));
        session.unwrap_or_else(|| panic!("no session cookie in {cookies:?}")).to_owned()
    }
}

/// Somebody who is logged in.
#[derive(Clone)]
pub struct Member {
    guest: Guest,
    /// Id of the account.
    pub id: i64,
    /// Its name.
    pub username: String,
}

impl Member {
    /// The person as whom this browser was logged in.
    pub fn of(guest: Guest, user: &Value) -> Self {
        let id = user["id"].as_i64().expect("a user has an id");
        let username = user["username"].as_str().expect("a user has a name").to_owned();
        Self { guest, id, username }
    }

    /// The same person in the same browser, on another site.
    pub fn at_site(&self, site: &Site) -> Self {
        Self { guest: self.guest.visiting(site), id: self.id, username: self.username.clone() }
    }

    /// The same person in another browser.
    pub async fn other_device(&self) -> Self {
        let guest = Guest::at(&self.site);
        let answer = guest.try_login(&self.username, PASSWORD).await.is(200);
        Self::of(guest, &answer["user"])
    }

    /// Opens a socket and hears its hello.
    pub async fn connect(&self) -> Socket {
        Socket::open(self).await.unwrap_or_else(|status| panic!("{} got no socket but {status}", self.username))
    }

    /// Id of the lobby.
    pub async fn lobby(&self) -> i64 {
        let rooms = self.get("rooms").await.is(200);
        let lobby = rooms["rooms"].as_array().unwrap().iter().find(|room| room["lobby"] == true);
        lobby.expect("everybody is in the lobby")["id"].as_i64().unwrap()
    }

    /// Makes a room; its id.
    pub async fn make_room(&self, kind: &str, name: &str) -> i64 {
        self.post("rooms", json!({"kind": kind, "name": name})).await.is(201).room_id()
    }

    /// Makes a private room with these people; its id.
    pub async fn private_room(&self, name: &str, others: &[&Member]) -> i64 {
        let room = self.make_room("private", name).await;
        for other in others {
            self.post(&format!("rooms/{room}/members"), json!({"user": other.id})).await.is(201);
        }
        room
    }

    /// The room as this member sees it.
    pub async fn room(&self, room: i64) -> Value {
        self.get(&format!("rooms/{room}")).await.is(200)["room"].clone()
    }

    /// Sends a message over HTTP; the stored message.
    pub async fn say(&self, room: i64, text: &str) -> Value {
        self.send(room, &fresh_id(), text).await.is(201)["message"].clone()
    }

    /// Sends a message over HTTP under this `client_id`.
    pub async fn send(&self, room: i64, client_id: &str, text: &str) -> Answer {
        self.post(&format!("rooms/{room}/messages"), json!({"client_id": client_id, "text": text})).await
    }

    /// A page of the room's history.
    pub async fn page(&self, room: i64, query: &str) -> Answer {
        self.get(&format!("rooms/{room}/messages?{query}")).await
    }

    /// What changed in the room.
    pub async fn changes(&self, room: i64, query: &str) -> Answer {
        self.get(&format!("rooms/{room}/changes?{query}")).await
    }
}

impl Deref for Member {
    type Target = Guest;

    fn deref(&self) -> &Guest {
        &self.guest
    }
}

/// What the server answered; an index reads its JSON.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
    /// The body as JSON, null if it is none.
    pub json: Value,
}

impl Answer {
    /// Sends the request.
    pub async fn to(request: RequestBuilder) -> Self {
        Self::try_to(request).await.expect("the server answers")
    }

    /// Sends the request; `None` if the server does not answer.
    pub async fn try_to(request: RequestBuilder) -> Option<Self> {
        let response = request.timeout(super::DEADLINE).send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = String::from_utf8_lossy(&response.bytes().await.ok()?).into_owned();
        let json = serde_json::from_str(&body).unwrap_or_default();
        Some(Self { status, headers, body, json })
    }

    /// Demands a status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// Demands one of these statuses.
    #[track_caller]
    pub fn any_of(self, statuses: &[u16]) -> Self {
        assert!(statuses.contains(&self.status), "{} is none of {statuses:?}: {}", self.status, self.body);
        self
    }

    /// Demands a refusal in the shape of RFC 9457 with this status and code.
    #[track_caller]
    pub fn refuses(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.json["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.json["status"], status);
        self
    }

    /// A header field, empty if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// All header fields but the date, in one order.
    pub fn fields(&self) -> Vec<(String, String)> {
        let fields = self.headers.iter().filter(|(name, _)| *name != "date");
        let mut fields: Vec<_> =
            fields.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        fields.sort();
        fields
    }

    /// The value that a `Set-Cookie` gives to the cookie, with its attributes.
    pub fn set_cookie(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}=");
        self.headers.get_all("set-cookie").iter().find_map(|value| value.to_str().unwrap().strip_prefix(&prefix))
    }

    /// The id of the room in the answer.
    #[track_caller]
    pub fn room_id(&self) -> i64 {
        self.json["room"]["id"].as_i64().unwrap_or_else(|| panic!("no room in {}", self.body))
    }

    /// The messages in the answer.
    #[track_caller]
    pub fn messages(&self) -> &[Value] {
        self.json["messages"].as_array().unwrap_or_else(|| panic!("no messages in {}", self.body))
    }
}

impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        &self.json[key]
    }
}

/// A request with this `Cookie` header and no other.
pub fn with_cookie(site: &Site, method: Method, path: &str, cookie: &str) -> RequestBuilder {
    Guest::at(site).request(method, path).header(COOKIE, cookie)
}
