//! Commands that change something: each does what its route would, under the same rules.

use chrono::SubsecRound as _;

use crate::{
    account::{
        name,
        profile::{self, ProfilePatch},
        store as people,
        wire::Card,
    },
    command::{Call, CommandDesk, catalog::Command, span},
    db::{connection::AnyConnection, lane::Stored, time},
    error::{AppError, AppResult},
    room::{
        acts as rooms,
        bounds::Bounds,
        names,
        store::{self, RoomChange},
    },
};

/// People that one `/invite` adds.
const MOST: usize = 20;

/// How long `/mute` silences where nothing is said.
const HOUR: chrono::TimeDelta = chrono::TimeDelta::hours(1);

/// `/nick name`
pub async fn nick(desk: &CommandDesk, call: &Call, command: &Command, rest: &str) -> AppResult<String> {
    if rest.is_empty() {
        return Err(call.usage(command));
    }
    let patch = ProfilePatch { nickname: Some(Some(rest.to_owned())), ..ProfilePatch::default() };
    let me = profile::update(&desk.accounts, &call.user, patch).await.map_err(|error| in_words(call, error))?;
    Ok(call.say("command-nick-done", &[("name", me.card.nickname)]))
}

/// `/topic`, `/topic words`
pub async fn topic(desk: &CommandDesk, call: &Call, rest: &str) -> AppResult<String> {
    let (db, room) = (&desk.accounts.db, call.room);
    if rest.is_empty() {
        let known = db.read(move |conn| Ok(store::find(conn, room)?.ok_or(AppError::NotFound)?.topic)).await?;
        let key = if known.is_empty() { "command-topic-none" } else { "command-topic-is" };
        return Ok(call.say(key, &[("topic", known)]));
    }
    let topic = names::topic(rest).map_err(|error| in_words(call, error))?;
    let change = RoomChange { topic: Some(topic.clone()), ..RoomChange::default() };
    let card = call.user.card.clone();
    db.ordered(move |conn| rooms::update(conn, &card, room, &change)).await?;
    Ok(call.say("command-topic-done", &[("topic", topic)]))
}

/// `/invite @name @name`
pub async fn invite(desk: &CommandDesk, call: &Call, command: &Command, rest: &str) -> AppResult<String> {
    let named: Vec<&str> = rest.split_whitespace().collect();
    if named.is_empty() || named.len() > MOST {
        return Err(call.usage(command));
    }
    let mut whom = Vec::new();
    for name in named {
        whom.push(person(desk, call, name).await?);
    }
    let (by, room, bounds) = (call.user.card.clone(), call.room, Bounds::of(&desk.accounts.live));
    // All of them or nobody: who mends a name need not think about the others.
    let add = move |conn: &mut AnyConnection| {
        let (mut added, mut events) = (Vec::new(), Vec::new());
        for card in &whom {
            let done = rooms::add(conn, &by, room, card.id, bounds)?;
            events.extend(done.events);
            if done.value.1 {
                added.push(card.nickname.clone());
            }
        }
        Ok(Stored::telling(added, events))
    };
    let added = desk.accounts.db.ordered(add).await?;
    let key = if added.is_empty() { "command-invite-there" } else { "command-invite-done" };
    Ok(call.say(key, &[("names", added.join(&call.say("command-and", &[])))]))
}

/// `/mute @name`, `/mute @name 10m`, `/mute @name off`
pub async fn mute(desk: &CommandDesk, call: &Call, command: &Command, rest: &str) -> AppResult<String> {
    let mut words = rest.split_whitespace();
    let (Some(named), long, None) = (words.next(), words.next(), words.next()) else { return Err(call.usage(command)) };
    let whom = person(desk, call, named).await?;
    let long = match long {
        Some("off" | "解除") => None,
        Some(text) => Some(span::parse(text).ok_or_else(|| call.usage(command))?),
        None => Some(HOUR),
    };
    let until = long.map(|long| (time::now() + long).trunc_subsecs(6));
    let (by, room, id) = (call.user.card.clone(), call.room, whom.id);
    desk.accounts.db.ordered(move |conn| rooms::silence(conn, &by, room, id, until)).await?;
    let args = [("name", whom.nickname), ("minutes", long.map_or(0, |long| long.num_minutes()).to_string())];
    Ok(call.say(if until.is_some() { "command-mute-done" } else { "command-mute-off" }, &args))
}

/// `/away`, `/away words`; a bare one ends it.
pub async fn away(desk: &CommandDesk, call: &Call, rest: &str) -> AppResult<String> {
    let leaves = !rest.is_empty() || call.user.card.away.is_none();
    let away = leaves.then(|| rest.to_owned());
    profile::set_away(&desk.accounts, call.user.id(), away).await.map_err(|error| in_words(call, error))?;
    Ok(call.say(if leaves { "command-away-done" } else { "command-away-back" }, &[]))
}

/// Whom a name means, with or without its `@`.
async fn person(desk: &CommandDesk, call: &Call, named: &str) -> AppResult<Card> {
    let key = name::fold(named.trim_start_matches('@'));
    let find = move |conn: &mut AnyConnection| Ok(people::find_by_key(conn, &key)?);
    let nobody = || AppError::Command("command_nobody", call.say("command-nobody", &[("name", named.to_owned())]));
    desk.accounts.db.read(find).await?.ok_or_else(nobody)
}

/// What is wrong with a field, as a sentence: a command has no fields.
fn in_words(call: &Call, error: AppError) -> AppError {
    let code = error.fields().and_then(|fields| fields.values().next()).map(|field| field.code);
    match code {
        Some(code) => AppError::Command("command_usage", call.say(&format!("code-{code}"), &[])),
        None => error,
    }
}
