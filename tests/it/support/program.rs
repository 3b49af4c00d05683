//! [`Program`]: a caller without a browser. It has no cookie and no Origin, and shows a token.

use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::{
    client::{Answer, Guest, Member},
    server::Site,
    socket::Socket,
};

/// A program with a token.
#[derive(Clone)]
pub struct Program {
    site: Site,
    http: Client,
    /// The token it shows.
    pub secret: String,
    /// Its number in the list of its owner.
    pub token: i64,
}

impl Program {
    /// One that shows whatever this is.
    pub fn showing(site: &Site, secret: &str) -> Self {
        let http = Client::builder().redirect(Policy::none()).pool_max_idle_per_host(0).no_proxy().build();
        Self { site: site.clone(), http: http.expect("a client"), secret: secret.to_owned(), token: 0 }
    }

    /// One with a token of this person, good for this.
    pub async fn of(member: &Member, scope: &str) -> Self {
        Self::made(member, "me/tokens", scope).await
    }

    /// One with a token that an admin made for a bot.
    pub async fn of_bot(admin: &Guest, bot: i64, scope: &str) -> Self {
        Self::made(admin, &format!("admin/users/{bot}/tokens"), scope).await
    }

    async fn made(maker: &Guest, place: &str, scope: &str) -> Self {
        let made = maker.post(place, json!({"name": "a program", "scope": scope})).await.is(201);
        let secret = made["secret"].as_str().expect("the token is told");
        Self { token: made["token"]["id"].as_i64().unwrap(), ..Self::showing(maker.site(), secret) }
    }

    /// A request, for a page or, where no slash stands in front, for the API.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/api/v1/{path}") };
        self.http.request(method, format!("{}{path}", self.site.origin())).bearer_auth(&self.secret)
    }

    /// Sends a body; null stands for none.
    pub async fn call(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = self.request(method, path);
        Answer::to(if body.is_null() { request } else { request.json(&body) }).await
    }

    /// Asks for something.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, Value::Null).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, body).await
    }

    /// Opens a socket and hears its hello.
    ///
    /// # Errors
    /// The status with which the server refused.
    pub async fn connect(&self) -> Result<Socket, u16> {
        let address = self.site.address();
        let mut request = format!("ws://{address}/ws/chat/").into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {}", self.secret).parse().unwrap());
        Socket::greet(&address, request).await
    }
}
