//! Text messages, handed to an HTTP gateway. Every gateway wants its own request, so the request is a template.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use url::{Url, form_urlencoded::byte_serialize};

use crate::{
    config::Settings,
    courier::{Courier, CourierError, Failure, letter::Letter},
    setting::Live,
    web::outbound::{Outbound, OutboundError, Outgoing},
};

/// The body where nothing else is said.
const BODY: &str = r#"{"phone":"{phone}","text":"{text}"}"#;

/// Characters of an answer that an admin is shown.
const SHOWN: usize = 200;

/// How values stand in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    /// Inside a JSON string.
    Json,
    /// In a form or a URL.
    Form,
}

impl Escape {
    fn write(self, value: &str) -> String {
        match self {
            Self::Json => {
                let quoted = serde_json::to_string(value).expect("a string is always JSON");
                quoted[1..quoted.len() - 1].to_owned()
            }
            Self::Form => byte_serialize(value.as_bytes()).collect(),
        }
    }
}

/// A text with places to fill in; what is filled in is not looked at again.
#[derive(Debug, Clone)]
struct Template {
    text: String,
    escape: Escape,
}

impl Template {
    fn fill(&self, values: &[(&str, &str)]) -> String {
        let (mut filled, mut rest) = (String::new(), self.text.as_str());
        while let Some(at) = rest.find('{') {
            filled.push_str(&rest[..at]);
            rest = &rest[at..];
            match values.iter().find(|(name, _)| rest.starts_with(name)) {
                Some((name, value)) => {
                    filled.push_str(&self.escape.write(value));
                    rest = &rest[name.len()..];
                }
                None => {
                    filled.push('{');
                    rest = &rest[1..];
                }
            }
        }
        filled + rest
    }
}

/// A gateway.
pub struct Gateway {
    outbound: Outbound,
    url: Template,
    place: String,
    headers: BTreeMap<String, String>,
    content_type: String,
    /// None for GET.
    body: Option<Template>,
    live: Live,
}

impl Gateway {
    /// The gateway of the settings, if they name one.
    ///
    /// # Errors
    /// Which setting is wrong.
    pub fn of(settings: &Settings, live: Live, outbound: Outbound) -> Result<Option<Self>, CourierError> {
        let Some(url) = &settings.sms_url else { return Ok(None) };
        let headers = settings.sms_headers.as_ref().map_or("{}", |headers| headers.expose());
        let body = settings.sms_body.as_ref().map_or(BODY, |body| body.expose());
        Self::new(url.expose(), headers, body, live, outbound).map(Some)
    }

    fn new(url: &str, headers: &str, body: &str, live: Live, outbound: Outbound) -> Result<Self, CourierError> {
        let wrong = |setting, text: &str| CourierError::Setting(setting, text.to_owned());
        let url = Template { text: url.to_owned(), escape: Escape::Form };
        let example = [("{phone}", "+8613800138000"), ("{code}", "123456"), ("{text}", "\"")];
        let parsed = Url::parse(&url.fill(&example)).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let parsed = parsed.ok_or_else(|| wrong("--sms-url", "it must be an http:// or https:// address"))?;
        let mut headers: BTreeMap<String, String> =
            serde_json::from_str(headers).map_err(|_| wrong("--sms-headers", "it must be a JSON object of strings"))?;
        let named = headers.keys().find(|name| name.eq_ignore_ascii_case("content-type")).cloned();
        let named = named.and_then(|name| headers.remove(&name));
        let start = body.trim_start();
        let is_json = start.starts_with(['{', '[']) && !example.iter().any(|(name, _)| start.starts_with(name));
        let content_type = named.unwrap_or_else(|| {
            if is_json { "application/json" } else { "application/x-www-form-urlencoded" }.to_owned()
        });
        let escape = if content_type.contains("json") { Escape::Json } else { Escape::Form };
        let body = Template { text: body.to_owned(), escape };
        if escape == Escape::Json && serde_json::from_str::<IgnoredAny>(&body.fill(&example)).is_err() {
            return Err(wrong("--sms-body", "it is no JSON once it is filled in"));
        }
        let place = parsed.origin().ascii_serialization();
        let body = Some(body).filter(|body| !body.text.is_empty());
        Ok(Self { outbound, url, place, headers, content_type, body, live })
    }

    fn request(&self, letter: &Letter) -> Outgoing {
        let line = letter.line(&self.live.get().site_name);
        let code = letter.matter.code().unwrap_or_default();
        let values = [("{phone}", letter.to.as_str()), ("{code}", code), ("{text}", line.as_str())];
        let url = self.url.fill(&values);
        let outgoing = match &self.body {
            Some(body) => Outgoing::post(url, &self.content_type, body.fill(&values)),
            None => Outgoing::get(url),
        };
        self.headers.iter().fold(outgoing, |outgoing, (name, value)| outgoing.header(name, value))
    }
}

impl Courier for Gateway {
    fn deliver(&self, letter: &Letter) -> Result<(), Failure> {
        let answer = self
            .outbound
            .send_blocking(self.request(letter))
            .map_err(|error| Failure { passing: error != OutboundError::Unfit, text: error.to_string() })?;
        if answer.is_success() {
            return Ok(());
        }
        let said: String = String::from_utf8_lossy(&answer.body).chars().take(SHOWN).collect();
        let passing = answer.status >= 500 || answer.status == 429;
        Err(Failure { text: format!("{} {said}", answer.status), passing })
    }

    fn place(&self) -> String {
        self.place.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(url: &str, headers: &str, body: &str) -> Result<Gateway, CourierError> {
        Gateway::new(url, headers, body, Live::default(), Outbound::default())
    }

    #[test]
    fn values_are_escaped_as_the_body_wants_it_and_filled_in_once() {
        let values = [("{phone}", "+49"), ("{code}", "1"), ("{text}", "a\"b\\ {phone}\n&=安")];
        let fill = |text: &str, escape| Template { text: text.to_owned(), escape }.fill(&values);
        assert_eq!(
            fill(r#"{"to":"{phone}","say":"{text}"}"#, Escape::Json),
            r#"{"to":"+49","say":"a\"b\\ {phone}\n&=安"}"#
        );
        assert_eq!(
            fill("to={phone}&say={text}{", Escape::Form),
            "to=%2B49&say=a%22b%5C+%7Bphone%7D%0A%26%3D%E5%AE%89{"
        );
        assert_eq!(fill("{code}{other}{{code}}", Escape::Form), "1{other}{1}");
    }

    #[test]
    fn what_cannot_work_is_refused_at_the_start() {
        let good =
            [("https://sms.example.org/send", "{}", BODY), ("http://sms.example.org/?to={phone}&m={text}", "{}", "")];
        for (url, headers, body) in good {
            assert!(gateway(url, headers, body).is_ok(), "{url}");
        }
        for (url, headers, body, flag) in [
            ("sms.example.org", "{}", BODY, "--sms-url"),
            ("ftp://sms.example.org", "{}", BODY, "--sms-url"),
            ("https://sms.example.org", "X-Key: 1", BODY, "--sms-headers"),
            ("https://sms.example.org", "{}", r#"{"phone":{phone}"#, "--sms-body"),
        ] {
            let refused = gateway(url, headers, body).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(refused.starts_with(flag), "{refused}");
        }
        let named = gateway("https://key@sms.example.org/a?secret=1", r#"{"Content-Type":"text/json"}"#, BODY)
            .expect("a gateway");
        assert_eq!((named.place(), named.content_type.as_str()), ("https://sms.example.org".to_owned(), "text/json"));
    }
}
