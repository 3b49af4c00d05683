//! Slash commands: what somebody writes behind a `/` to have something done instead of said.
//!
//! `invocation` takes a text apart, `catalog` is the list, `acts` does what the list promises, `weather` and `joke` fetch what they
//! show. `/me` is no command of the server's: it is a way of writing, which `message::body` knows.

mod acts;
pub mod api;
pub mod catalog;
pub mod handlers;
mod invocation;
mod joke;
mod span;
pub mod weather;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use fluent_bundle::FluentArgs;
use serde::Serialize;

use crate::{
    account::{Accounts, current_user::CurrentUser},
    command::{
        catalog::{Command, Does, nearest},
        invocation::Invocation,
        weather::Weather,
    },
    error::{AppError, AppResult},
    id::RoomId,
    message::{MessageDesk, handlers::submit, post::Draft, wire::MessageView},
    web::{limiter::Limiter, locale::Locale},
};

/// Commands a person may give at once, all of which come back within [`REFILL`].
const BURST: NonZeroU32 = NonZeroU32::new(10).expect("not 0");
const REFILL: Duration = Duration::from_secs(30);

/// Everything commands work with. Cheap to clone.
#[derive(Clone)]
pub struct CommandDesk {
    /// People, and the database.
    pub accounts: Accounts,
    /// Where posted results go.
    pub messages: MessageDesk,
    /// Where the weather comes from, while the setting is on.
    pub weather: Weather,
    /// Held back per person.
    pace: Arc<Limiter<crate::id::UserId>>,
}

/// Who gives a command, and where.
pub struct Call {
    /// Who.
    pub user: CurrentUser,
    /// In which room.
    pub room: RoomId,
    /// In which language they are answered.
    pub locale: Locale,
    /// Their name for what may be posted.
    pub client_id: String,
}

impl Call {
    /// Words in the caller's language.
    fn say(&self, key: &str, args: &[(&'static str, String)]) -> String {
        let mut known = FluentArgs::new();
        for (name, value) in args {
            known.set(*name, value.clone());
        }
        self.locale.text(key, &known)
    }

    /// The command was given in a way that it does not know.
    fn usage(&self, command: &Command) -> AppError {
        AppError::Command("command_usage", self.say("command-usage", &[("usage", self.usage_of(command))]))
    }

    /// Such as `/mute @name 10m`.
    fn usage_of(&self, command: &Command) -> String {
        let rest = self.say(&format!("command-{}-usage", command.name), &[]);
        let name = if self.locale == Locale::ZhCn { command.chinese } else { command.name };
        format!("/{name} {}", rest.trim_matches('-')).trim_end().to_owned()
    }
}

/// What came of a command.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = CommandOutcome)]
pub struct Outcome {
    /// Which one it was.
    pub command: &'static str,
    /// For the caller's eyes alone: plain text, lines parted by `\n`.
    #[schema(required)]
    pub notice: Option<String>,
    /// What was posted for everybody in the room.
    #[schema(required)]
    pub message: Option<MessageView>,
}

impl CommandDesk {
    /// With limits on or off.
    pub fn new(accounts: Accounts, messages: MessageDesk, weather: Weather, limits: bool) -> Self {
        Self { accounts, messages, weather, pace: Arc::new(Limiter::new(limits, BURST, REFILL)) }
    }

    /// The commands there are here.
    pub fn offered(&self) -> impl Iterator<Item = &'static Command> {
        let has_weather = self.messages.live.get().weather;
        catalog::ALL.iter().filter(move |command| has_weather || command.does != Does::Weather)
    }

    /// Does what a text says; `None` where it is no command but something to be said.
    ///
    /// # Errors
    /// [`AppError::Command`] for one that is unknown or given in a wrong way, in the caller's language; whatever refuses the act.
    pub async fn run(&self, call: &Call, text: &str) -> AppResult<Option<Outcome>> {
        let Some(given) = Invocation::parse(text) else { return Ok(None) };
        let Some(command) = self.offered().find(|command| command.is_called(&given.name)) else {
            return Err(self.unknown(call, &given.name));
        };
        if command.does == Does::Say {
            return if given.rest.is_empty() { Err(call.usage(command)) } else { Ok(None) };
        }
        self.pace.check(&call.user.id())?;
        let noticed = |text| Ok(Some(Outcome { command: command.name, notice: Some(text), message: None }));
        match command.does {
            Does::Help => noticed(self.help(call, &given.rest)),
            Does::Weather => noticed(self.tell_weather(call, command, &given.rest).await?),
            Does::Joke => {
                let text = joke::one(&given.rest, call.locale, &call.client_id);
                let (room, client_id) = (call.room, call.client_id.clone());
                let draft = Draft { room, client_id, text, uploads: Vec::new(), reply_to: None };
                let posted = submit(&self.messages, call.user.card.clone(), draft).await?;
                Ok(Some(Outcome { command: command.name, notice: None, message: Some(posted.message) }))
            }
            Does::Nick => noticed(acts::nick(self, call, command, &given.rest).await?),
            Does::Topic => noticed(acts::topic(self, call, &given.rest).await?),
            Does::Invite => noticed(acts::invite(self, call, command, &given.rest).await?),
            Does::Mute => noticed(acts::mute(self, call, command, &given.rest).await?),
            Does::Away => noticed(acts::away(self, call, &given.rest).await?),
            Does::Say => Ok(None),
        }
    }

    fn unknown(&self, call: &Call, name: &str) -> AppError {
        let near = nearest(name, self.offered());
        let (key, near) = near.map_or(("command-unknown", ""), |near| ("command-unknown-near", near));
        let args = [("name", format!("/{name}")), ("near", format!("/{near}"))];
        AppError::Command("command_unknown", call.say(key, &args))
    }

    /// One line a command, or all about one.
    fn help(&self, call: &Call, about: &str) -> String {
        let about = about.trim_start_matches('/');
        let line = |command: &Command| {
            format!("{} – {}", call.usage_of(command), call.say(&format!("command-{}-about", command.name), &[]))
        };
        match self.offered().find(|command| command.is_called(about)) {
            Some(command) => line(command),
            None => self.offered().map(line).chain([call.say("command-help-foot", &[])]).collect::<Vec<_>>().join("\n"),
        }
    }

    async fn tell_weather(&self, call: &Call, command: &Command, city: &str) -> AppResult<String> {
        if city.is_empty() {
            return Err(call.usage(command));
        }
        self.weather.tell(city, call.locale).await
    }
}
