//! Mail, handed to an SMTP server. TLS is checked against Mozilla's roots.

use std::time::Duration;

use lettre::{
    Message, SmtpTransport, Transport as _,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::Error as SmtpError,
};
use rand::Rng as _;
use url::{Host, Url};

use crate::{
    courier::{Courier, Failure, letter::Letter},
    setting::{Live, catalog::is_email},
};

/// How long the server may take for each answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// An SMTP server and how to talk to it.
pub struct Smtp {
    transport: SmtpTransport,
    place: String,
    /// Whom it knows us as, where that is an address.
    user: Option<String>,
    live: Live,
}

impl Smtp {
    /// The server of a URL.
    ///
    /// # Errors
    /// What is wrong with it, without its secrets.
    pub fn new(url: &str, live: Live) -> Result<Self, String> {
        let mut url = Url::parse(url).map_err(|error| error.to_string())?;
        let tls = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
        let query = match (url.scheme(), tls.as_deref()) {
            ("smtps", None | Some("required")) | ("smtp", Some("none")) => None,
            ("smtp", None | Some("required")) => Some("tls=required"),
            ("smtp", Some("opportunistic")) => Some("tls=opportunistic"),
            ("smtp" | "smtps", _) => return Err("tls is required, opportunistic or none".to_owned()),
            _ => return Err("it must begin with smtps:// or smtp://".to_owned()),
        };
        url.set_query(query);
        let builder = SmtpTransport::from_url(url.as_str()).map_err(|_| "this is no address of an SMTP server")?;
        let user = Some(url.username().replace("%40", "@")).filter(|user| is_email(user));
        // The rest is for an admin to see.
        let _ = url.set_password(None);
        if url.scheme() == "smtp" && query.is_none() {
            url.set_query(Some("tls=none"));
        }
        Ok(Self { transport: builder.timeout(Some(PATIENCE)).build(), place: url.to_string(), user, live })
    }

    fn from(&self) -> Option<String> {
        Some(self.live.get().mail_from.clone()).filter(|from| !from.is_empty()).or_else(|| self.user.clone())
    }

    fn message(&self, letter: &Letter) -> Result<Message, String> {
        let values = self.live.get();
        let from = self.from().ok_or("there is no address to send from")?;
        let domain = from.rsplit_once('@').map_or("localhost", |(_, domain)| domain).to_owned();
        let sender = if values.mail_sender.is_empty() { &values.site_name } else { &values.mail_sender };
        let address = from.parse().map_err(|_| "the address to send from is none")?;
        let to = travelling(&letter.to).and_then(|to| to.parse().ok()).ok_or("the address to send to is none")?;
        let auto = HeaderName::new_from_ascii_str("Auto-Submitted");
        Message::builder()
            .from(Mailbox::new(Some(sender.clone()), address))
            .to(Mailbox::new(None, to))
            .subject(letter.subject(&values.site_name))
            .message_id(Some(format!("<{:032x}@{domain}>", rand::rng().next_u64())))
            .raw_header(HeaderValue::new(auto, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text(&values.site_name))
            .map_err(|error| error.to_string())
    }
}

impl Courier for Smtp {
    fn deliver(&self, letter: &Letter) -> Result<(), Failure> {
        let message = self.message(letter).map_err(Failure::lasting)?;
        self.transport.send(&message).map(drop).map_err(|error| failure(&error))
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    fn is_ready(&self) -> bool {
        self.from().is_some()
    }
}

/// A server that says no, or is not to be trusted, will say so again.
fn failure(error: &SmtpError) -> Failure {
    let passing = !(error.is_permanent() || error.is_client() || error.is_tls());
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        source = cause.source();
    }
    Failure { text, passing }
}

/// The address with its domain as DNS knows it.
fn travelling(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let Ok(Host::Domain(domain)) = Host::parse(domain) else { return None };
    Some(format!("{local}@{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{courier::letter::Matter, web::locale::Locale};

    #[test]
    fn urls_say_how_to_get_there_and_their_passwords_are_not_told() {
        let live = Live::default();
        for (url, place) in [
            ("smtps://ann:secret@mail.example.org", "smtps://ann@mail.example.org"),
            (
                "smtp://ann%40example.org:secret@mail.example.org:587",
                "smtp://ann%40example.org@mail.example.org:587?tls=required",
            ),
            ("smtp://127.0.0.1:2525?tls=none", "smtp://127.0.0.1:2525?tls=none"),
            ("smtp://mail?tls=opportunistic", "smtp://mail?tls=opportunistic"),
        ] {
            let smtp = Smtp::new(url, live.clone()).expect(url);
            assert_eq!(smtp.place(), place);
            assert_eq!(smtp.user.is_some(), url.contains("%40"));
        }
        for url in
            ["mail.example.org", "http://mail.example.org", "smtp://mail?tls=maybe", "smtps://mail?tls=none", "smtp://"]
        {
            let refused = Smtp::new(url, live.clone()).err();
            assert!(refused.is_some_and(|text| !text.contains("secret")), "{url}");
        }
    }

    #[test]
    fn a_message_has_its_headers_and_nobody_adds_to_them() {
        let smtp = Smtp::new("smtps://chat%40example.org:x@mail.example.org", Live::default()).expect("well-formed");
        let matter = Matter::Register { code: "012345".to_owned() };
        let letter = |to: &str| Letter { to: to.to_owned(), locale: Locale::ZhCn, matter: matter.clone() };
        let message = String::from_utf8(smtp.message(&letter("xu@例子.公司")).expect("well-formed").formatted())
            .expect("well-formed");
        for line in
            ["From: Parlor <chat@example.org>", "To: xu@xn--fsqu00a.xn--55qx5d", "Auto-Submitted: auto-generated"]
        {
            assert!(message.contains(line), "{line} in {message}");
        }
        for to in ["a@example.org\r\nBcc: b@example.org", "a@example.org, b@example.org", "a"] {
            assert!(smtp.message(&letter(to)).is_err(), "{to:?}");
        }
    }
}
