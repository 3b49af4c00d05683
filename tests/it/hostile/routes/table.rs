//! What everybody gets, route by route.

/// Who calls. In the room are the member and the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    Guest,
    Stranger,
    Member,
    Owner,
    Admin,
}

impl Caller {
    /// In the order of the table.
    pub const ALL: [Self; 5] = [Self::Guest, Self::Stranger, Self::Member, Self::Owner, Self::Admin];
}

/// A request, and its status for each caller.
pub struct Row {
    pub method: &'static str,
    /// With names of ids as `Stage::place` gives them.
    pub path: &'static str,
    /// JSON; or fields behind `form:` or `file:`, the latter with a picture; or nothing.
    pub body: &'static str,
    pub statuses: [u16; 5],
}

const fn row(method: &'static str, path: &'static str, body: &'static str, statuses: [u16; 5]) -> Row {
    Row { method, path, body, statuses }
}

/// Answers without an end.
pub const ENDLESS: [&str; 1] = ["/api/v1/events"];

/// Whatever somebody is to the room.
const fn all(status: u16) -> [u16; 5] {
    [status; 5]
}

/// The same for everybody who is logged in.
const fn mine(status: u16) -> [u16; 5] {
    [401, status, status, status, status]
}

/// For members of the room, however they are called.
const fn inside(status: u16) -> [u16; 5] {
    [401, 404, status, status, 404]
}

/// For its owner, and seen by members.
const fn owners(status: u16) -> [u16; 5] {
    [401, 404, 403, status, 404]
}

/// A page for whoever is logged in; others are led to the login.
const fn page(status: u16) -> [u16; 5] {
    [303, status, status, status, status]
}

/// A page that whoever is logged in already does not need.
const fn outside(status: u16) -> [u16; 5] {
    [status, 303, 303, 303, 303]
}

pub const ROWS: &[Row] = &[
    // The server
    row("GET", "/ws/chat/", "", page(426)),
    row("GET", "/healthz", "", all(200)),
    row("GET", "/readyz", "", all(200)),
    row("HEAD", "/healthz", "", all(200)),
    row("HEAD", "/readyz", "", all(200)),
    row("GET", "/metrics", "", all(404)),
    row("GET", "/api/openapi.json", "", all(200)),
    row("GET", "/api/v1/events", "", mine(200)),
    row("GET", "/api/v1/events?room={room}", "", mine(200)),
    // Accounts
    row("POST", "/api/v1/register", "{}", all(422)),
    row("POST", "/api/v1/register/code", "{}", all(422)),
    row("POST", "/api/v1/recovery", "{}", all(422)),
    row("POST", "/api/v1/recovery/password", "{}", all(422)),
    row("POST", "/api/v1/login", "{}", all(422)),
    row("POST", "/api/v1/logout", "", mine(204)),
    row("POST", "/api/v1/setup", "{}", all(422)),
    row("POST", "/api/v1/reset", "{}", all(422)),
    row("GET", "/api/v1/me", "", mine(200)),
    row("PATCH", "/api/v1/me", r#"{"id":{ann},"bio":"x"}"#, mine(422)),
    row("PUT", "/api/v1/me/avatar", "file:", mine(200)),
    row("DELETE", "/api/v1/me/avatar", "", mine(200)),
    row("PUT", "/api/v1/me/password", "{}", mine(422)),
    row("GET", "/api/v1/me/sessions", "", mine(200)),
    row("DELETE", "/api/v1/me/sessions", "", mine(204)),
    row("DELETE", "/api/v1/me/sessions/{session}", "", mine(404)),
    row("GET", "/api/v1/me/tokens", "", mine(200)),
    row("POST", "/api/v1/me/tokens", "{}", mine(422)),
    row("DELETE", "/api/v1/me/tokens/{token}", "", mine(404)),
    row("PUT", "/api/v1/me/{channel}", "{}", mine(422)),
    row("POST", "/api/v1/me/{channel}/code", "{}", mine(422)),
    row("POST", "/api/v1/me/{channel}/removal", "{}", mine(422)),
    row("GET", "/api/v1/users", "", mine(200)),
    row("GET", "/api/v1/users/{ann}", "", mine(200)),
    row("GET", "/api/v1/contacts", "", mine(200)),
    row("PUT", "/api/v1/contacts/{ann}", r#"{"state":"friend"}"#, mine(200)),
    row("DELETE", "/api/v1/contacts/{ann}", "", mine(204)),
    // Pictures
    row("POST", "/api/v1/uploads", "file:", mine(201)),
    row("DELETE", "/api/v1/uploads/{upload}", "", mine(404)),
    row("DELETE", "/api/v1/uploads/{sent}", "", mine(404)),
    row("GET", "/media/{picture}", "", [404, 404, 200, 200, 404]),
    row("HEAD", "/media/{picture}", "", [404, 404, 200, 200, 404]),
    row("GET", "/media/{unsent}", "", all(404)),
    row("GET", "/media/avatars/{unsent}", "", all(404)),
    row("HEAD", "/media/avatars/{unsent}", "", all(404)),
    row("GET", "/media/logos/{unsent}", "", all(404)),
    row("HEAD", "/media/logos/{unsent}", "", all(404)),
    row("GET", "/media/announcements/{poster}", "", [404, 404, 404, 404, 200]),
    row("HEAD", "/media/announcements/{poster}", "", [404, 404, 404, 404, 200]),
    // Rooms
    row("GET", "/api/v1/rooms", "", mine(200)),
    row("POST", "/api/v1/rooms", "{}", mine(422)),
    row("GET", "/api/v1/rooms/public?q=Z", "", mine(200)),
    row("GET", "/api/v1/rooms/{room}", "", inside(200)),
    row("PATCH", "/api/v1/rooms/{room}", r#"{"topic":"x"}"#, owners(200)),
    row("DELETE", "/api/v1/rooms/{room}", "", owners(204)),
    row("POST", "/api/v1/rooms/{room}/join", "", inside(200)),
    row("POST", "/api/v1/rooms/{room}/leave", "", [401, 404, 204, 409, 404]),
    row("PATCH", "/api/v1/rooms/{room}/me", r#"{"muted":true}"#, inside(200)),
    row("POST", "/api/v1/rooms/{room}/read", r#"{"seq":1}"#, inside(200)),
    row("GET", "/api/v1/rooms/{room}/reads", "", inside(200)),
    row("GET", "/api/v1/rooms/{room}/members", "", inside(200)),
    row("POST", "/api/v1/rooms/{room}/members", r#"{"user":{lodger}}"#, owners(201)),
    row("PATCH", "/api/v1/rooms/{room}/members/{ann}", r#"{"role":"moderator"}"#, owners(200)),
    row("DELETE", "/api/v1/rooms/{room}/members/{ann}", "", owners(204)),
    row("POST", "/api/v1/directs", r#"{"user":{ann}}"#, mine(201)),
    row("GET", "/api/v1/sync", "", mine(200)),
    row("GET", "/api/v1/sync?room={room}", "", mine(200)),
    row("GET", "/api/v1/hello", "", mine(200)),
    // Messages
    row("GET", "/api/v1/rooms/{room}/messages", "", inside(200)),
    row("GET", "/api/v1/rooms/{room}/messages?around={seq}", "", inside(200)),
    row("POST", "/api/v1/rooms/{room}/messages", r#"{"client_id":"{fresh}","text":"x"}"#, inside(201)),
    row(
        "POST",
        "/api/v1/rooms/{lobby}/messages",
        r#"{"client_id":"{fresh}","text":"x","reply_to":{message}}"#,
        mine(422),
    ),
    row("POST", "/api/v1/rooms/{lobby}/messages", r#"{"client_id":"{fresh}","uploads":["{upload}"]}"#, mine(422)),
    row("POST", "/api/v1/rooms/{lobby}/messages", r#"{"client_id":"{fresh}","uploads":["{sent}"]}"#, mine(422)),
    row("GET", "/api/v1/rooms/{room}/changes?after=0", "", inside(200)),
    row("GET", "/api/v1/commands", "", mine(200)),
    row("POST", "/api/v1/rooms/{room}/commands", r#"{"text":"/topic x"}"#, owners(200)),
    row("GET", "/api/v1/messages?ids={message}", "", mine(200)),
    row("GET", "/api/v1/messages/{message}", "", inside(200)),
    row("PATCH", "/api/v1/messages/{message}", r#"{"text":"x"}"#, inside(403)),
    row("DELETE", "/api/v1/messages/{message}", "", inside(403)),
    row("POST", "/api/v1/messages/{message}/recall", "", owners(200)),
    row("GET", "/api/v1/messages/{message}/reactions", "", inside(200)),
    row("PUT", "/api/v1/messages/{message}/reactions/{emoji}", "", inside(200)),
    row("DELETE", "/api/v1/messages/{message}/reactions/{emoji}", "", inside(200)),
    row("POST", "/api/v1/messages/{message}/reports", r#"{"reason":"spam"}"#, inside(201)),
    row("GET", "/api/v1/search?q=ruft", "", mine(200)),
    row("GET", "/api/v1/search?q=ruft&room={room}", "", inside(200)),
    row("GET", "/api/v1/search?q=leise&from={ann}", "", mine(200)),
    row("GET", "/api/v1/announcement", "", mine(200)),
    row("PUT", "/api/v1/announcement/{draft}/seen", "", mine(404)),
    // Classic routes, which know the lobby alone
    row("GET", "/api/recent_messages/", "", mine(200)),
    row("GET", "/api/recent_messages_apiint/{count}", "", mine(200)),
    row("GET", "/post/", "", all(302)),
    row("POST", "/post/", "form:text=x", mine(302)),
    row("GET", "/send_preset/", "", all(400)),
    row("POST", "/send_preset/", r#"{"command":"x"}"#, [401, 403, 403, 403, 400]),
    row("POST", "/send_preset_image/", "", [401, 403, 403, 403, 404]),
    row("POST", "/send-preset-image/", "", [401, 403, 403, 403, 404]),
    row("GET", "/upload_global_background", "", [303, 403, 403, 403, 302]),
    row("POST", "/upload_global_background", "form:x=y", [401, 403, 403, 403, 415]),
    row("POST", "/delete_message/{message}/", "", mine(404)),
    row("POST", "/recall_message/{message}/", "", mine(404)),
    // Pages
    row("GET", "/", "", page(200)),
    row("GET", "/r/{room}", "", [303, 404, 200, 200, 404]),
    row("POST", "/r/{room}", "form:text=x&client_id={fresh}", [401, 404, 303, 303, 404]),
    row("GET", "/guests/", "", page(303)),
    row("GET", "/r/{room}/m/{seq}", "", [303, 404, 200, 200, 404]),
    row("POST", "/r/{room}/presets", "form:preset=1", [401, 403, 403, 403, 404]),
    row("POST", "/r/{room}/countdowns/{seq}/stop", "", [401, 403, 403, 403, 404]),
    row("GET", "/search?q=ruft", "", page(200)),
    row("GET", "/search?q=ruft&room={room}", "", [303, 404, 200, 200, 404]),
    row("GET", "/announcement/", "", page(200)),
    row("POST", "/announcement/{draft}/seen", "", mine(404)),
    row("GET", "/login/", "", outside(200)),
    row("POST", "/login/", "form:username=ann&password=x", all(401)),
    row("GET", "/register/", "", outside(200)),
    row("POST", "/register/", "form:username=ann&password=x", all(422)),
    row("POST", "/register/code", "form:email=x", all(403)),
    row("GET", "/forgot/", "", all(200)),
    row("POST", "/forgot/", "form:account=ann", all(403)),
    row("GET", "/forgot/code", "", all(303)),
    row("POST", "/forgot/code", "form:code=123456&password=x", all(422)),
    row("GET", "/reset/", "", all(200)),
    row("POST", "/reset/", "form:token=x&password=correct+horse+8", all(403)),
    row("GET", "/setup/", "", all(200)),
    row("POST", "/setup/", "form:token=x&username=eve&password=correct+horse+8", all(403)),
    row("GET", "/logout/", "", page(200)),
    row("POST", "/logout/", "", all(303)),
    row("GET", "/account/", "", page(200)),
    row("POST", "/account/profile", "form:nickname=x", mine(303)),
    row("POST", "/account/password", "form:current=x&new=correct+horse+8", mine(403)),
    row("POST", "/account/sessions/end", "", mine(303)),
    row("POST", "/account/sessions/{session}/end", "", mine(404)),
    row("POST", "/account/tokens", "form:name=", mine(422)),
    row("POST", "/account/tokens/{token}/revoke", "", mine(404)),
    row("GET", "/api/", "", all(200)),
    row("GET", "/account/{channel}/", "", page(200)),
    row("POST", "/account/{channel}/", "form:x=y", mine(403)),
    row("GET", "/account/{channel}/code", "", page(303)),
    row("POST", "/account/{channel}/code", "form:x=y", mine(422)),
    row("GET", "/account/{channel}/remove", "", page(200)),
    row("POST", "/account/{channel}/remove", "form:x=y", mine(403)),
];
