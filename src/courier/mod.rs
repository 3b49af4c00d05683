//! A few words to people outside: mail through an SMTP server, text messages through an HTTP gateway, each where whoever runs the
//! server configured it.
//!
//! Handing a letter in never waits and never says whether it will arrive, so that no answer tells by its time who has an account.
//! It knows no accounts: whom to write to and what about is told to it.

pub mod gateway;
pub mod letter;
pub mod queue;
pub mod smtp;

use std::{io, sync::Arc};

use actix_web::web;
use serde::{Deserialize, Serialize};

use crate::{
    config::Settings,
    courier::{
        gateway::Gateway,
        letter::Letter,
        queue::{Queue, Record},
        smtp::Smtp,
    },
    setting::{
        Live,
        catalog::is_email,
        values::{Values, Verify},
    },
    web::outbound::Outbound,
};

/// How people are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// By mail.
    Email,
    /// By text message.
    Phone,
}

impl Channel {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Email, Self::Phone];

    /// In addresses, in JSON and in the keys of words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }

    /// The channel of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == name)
    }

    /// What the setting says about confirming such addresses.
    pub fn setting(self, values: &Values) -> Verify {
        match self {
            Self::Email => values.verify_email,
            Self::Phone => values.verify_phone,
        }
    }
}

/// Why a letter was not delivered. The text is for an admin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the other side said, or why it was not reached.
    pub text: String,
    /// Trying again may help.
    pub passing: bool,
}

impl Failure {
    /// Trying again will not help.
    pub fn lasting(text: impl Into<String>) -> Self {
        Self { text: text.into(), passing: false }
    }
}

/// Delivers letters of one channel.
pub trait Courier: Send + Sync {
    /// Hands a letter over and hears whether it was taken; may wait for seconds.
    ///
    /// # Errors
    /// Why it was not.
    fn deliver(&self, letter: &Letter) -> Result<(), Failure>;

    /// Where it hands over, without secrets.
    fn place(&self) -> String;

    /// Does it lack nothing?
    fn is_ready(&self) -> bool {
        true
    }
}

/// For trying things out: the log instead of the world.
struct Log(Channel);

impl Courier for Log {
    fn deliver(&self, letter: &Letter) -> Result<(), Failure> {
        let (channel, code) = (self.0.as_str(), letter.matter.code().unwrap_or_default());
        tracing::debug!(channel, to = letter.to, code, "a letter that is not sent, because of --dev");
        Ok(())
    }

    fn place(&self) -> String {
        "--dev".to_owned()
    }
}

/// A setting of a channel that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// Which, and how.
    #[error("{0}: {1}")]
    Setting(&'static str, String),
    /// No thread to be had.
    #[error(transparent)]
    Thread(#[from] io::Error),
}

/// Both channels, as far as there are any. Cheap to clone.
#[derive(Clone)]
pub struct Couriers {
    email: Option<Queue>,
    phone: Option<Queue>,
}

impl Couriers {
    /// Those that the settings name.
    ///
    /// # Errors
    /// A setting that is wrong.
    pub fn open(settings: &Settings, live: &Live, outbound: &Outbound) -> Result<Self, CourierError> {
        if settings.mail_from.as_deref().is_some_and(|address| !is_email(address)) {
            return Err(CourierError::Setting("--mail-from", "this is not an e-mail address".to_owned()));
        }
        let smtp = settings.smtp_url.as_ref().map(|url| Smtp::new(url.expose(), live.clone()));
        let smtp = smtp.transpose().map_err(|text| CourierError::Setting("--smtp-url", text))?;
        let gateway = Gateway::of(settings, live.clone(), outbound.clone())?;
        let log = |channel| settings.dev.then(|| Arc::new(Log(channel)) as Arc<dyn Courier>);
        let email = smtp.map(|smtp| Arc::new(smtp) as Arc<dyn Courier>).or_else(|| log(Channel::Email));
        let phone = gateway.map(|gateway| Arc::new(gateway) as Arc<dyn Courier>).or_else(|| log(Channel::Phone));
        let open = |channel, courier: Option<Arc<dyn Courier>>| courier.map(|it| Queue::start(channel, it)).transpose();
        Ok(Self { email: open(Channel::Email, email)?, phone: open(Channel::Phone, phone)? })
    }

    fn queue(&self, channel: Channel) -> Option<&Queue> {
        let queue = match channel {
            Channel::Email => self.email.as_ref(),
            Channel::Phone => self.phone.as_ref(),
        };
        queue.filter(|queue| queue.courier.is_ready())
    }

    /// Can anybody be reached so?
    pub fn offers(&self, channel: Channel) -> bool {
        self.queue(channel).is_some()
    }

    /// Is there any way to reach people?
    pub fn offers_any(&self) -> bool {
        Channel::ALL.iter().any(|channel| self.offers(*channel))
    }

    /// What is offered: nothing where nobody can be reached, else what the setting says.
    pub fn policy(&self, channel: Channel, values: &Values) -> Verify {
        if self.offers(channel) { channel.setting(values) } else { Verify::Off }
    }

    /// Is the queue so full that a letter would be lost? To be asked before it is known whether there is one.
    pub fn is_full(&self, channel: Channel) -> bool {
        self.queue(channel).is_some_and(Queue::is_full)
    }

    /// Hands a letter in; it is delivered soon, tried again where that may help, and its failure is noted.
    pub fn send(&self, channel: Channel, letter: Letter) {
        if let Some(queue) = self.queue(channel) {
            queue.push(letter);
        }
    }

    /// Delivers a letter at once and says what came of it.
    ///
    /// # Errors
    /// Why it was not delivered.
    pub async fn try_now(&self, channel: Channel, letter: Letter) -> Result<(), Failure> {
        let Some(queue) = self.queue(channel).cloned() else {
            return Err(Failure::lasting("nothing is configured"));
        };
        let tried = web::block(move || queue.deliver(&letter)).await;
        tried.unwrap_or_else(|_| Err(Failure::lasting("the server is about to restart")))
    }

    /// What an admin is shown of a channel; `None` where nothing is configured.
    pub fn record(&self, channel: Channel) -> Option<Record> {
        match channel {
            Channel::Email => self.email.as_ref().map(Queue::record),
            Channel::Phone => self.phone.as_ref().map(Queue::record),
        }
    }
}
