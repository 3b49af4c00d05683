//! Codes that are sent to people: for registering, for addresses, for a forgotten password; and how letters leave the server.

mod addresses;
mod mail;
mod recovery;
mod registering;

use serde_json::{Value, json};

use crate::support::{
    PASSWORD,
    client::{Guest, Member},
    outside::{Gateway, PostOffice},
    server::{Server, Setup},
};

/// An address of nobody yet.
const ADDRESS: &str = "ann@example.org";

/// A server that can send mail.
async fn with_mail() -> (Server, PostOffice) {
    let office = PostOffice::open().await;
    (mailing(Server::setup(), &office).start(), office)
}

fn mailing(setup: Setup, office: &PostOffice) -> Setup {
    setup.flag(&["--smtp-url", &office.url(""), "--mail-from", "chat@example.org"])
}

/// A server that can send mail and text messages.
async fn with_both() -> (Server, PostOffice, Gateway) {
    let (office, gateway) = (PostOffice::open().await, Gateway::open().await);
    let server = mailing(Server::setup(), &office).flag(&["--sms-url", &gateway.url("/send")]).start();
    (server, office, gateway)
}

/// Asks for a code to register with; the ticket.
async fn ask(guest: &Guest, email: &str) -> String {
    ticket(&guest.post("register/code", json!({"email": email})).await.is(202).json)
}

fn ticket(answer: &Value) -> String {
    answer["ticket"].as_str().unwrap_or_else(|| panic!("no ticket in {answer}")).to_owned()
}

fn newcomer(username: &str, email: &str, ticket: &str, code: &str) -> Value {
    json!({
        "username": username, "password": PASSWORD, "email": email, "email_proof": {"ticket": ticket, "code": code},
    })
}

/// A code that this one is not.
fn other_than(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

/// Asks for a code that makes an address one's own; the ticket.
async fn ask_for(member: &Member, channel: &str, address: &str) -> String {
    let body = json!({"address": address, "password": PASSWORD});
    ticket(&member.post(&format!("me/{channel}/code"), body).await.is(202).json)
}

/// Makes an address one's own.
async fn own(member: &Member, office: &PostOffice, address: &str) {
    let ticket = ask_for(member, "email", address).await;
    let code = office.next(address).await.code();
    let me = member.put("me/email", json!({"ticket": ticket, "code": code})).await.is(200);
    assert_eq!((&me["user"]["email"], &me["user"]["email_confirmed"]), (&json!(address), &json!(true)));
}

/// Makes every code that is out too old.
fn expire(server: &Server) {
    server.database().execute(&server.data(), "UPDATE verifications SET expires_at = '2020-01-01 00:00:00'");
}
