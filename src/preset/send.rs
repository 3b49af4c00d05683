//! Sending a preset: the message and the countdown it starts are stored together or not at all.

use std::sync::Arc;

use serde_json::json;

use crate::{
    account::wire::Card,
    audit::{self, Act, Actor, Entry, Target},
    db::{connection::AnyConnection, lane::Stored},
    error::{AppError, AppResult},
    event::Event,
    id::{PresetId, RoomId, UserId},
    message::{
        batch::{self, slow::LastSends},
        body::Body,
        client_id::ClientId,
        post::{Fingerprint, Post},
        store as messages,
        wire::{AUTOMATIC, MessageView},
    },
    preset::{
        PresetDesk, acts,
        content::TEXT,
        store::{self, NewCountdown},
        wire::{PresetView, Pressed},
    },
    room::{
        countdown::{self, Countdown},
        store as rooms,
    },
    upload::{key::Key, name, store as uploads},
};

/// What the second of two who press is told.
const RUNNING: AppError = AppError::Conflict("countdown_running", "A countdown is running in this room already.");

/// An admin presses a chip.
#[derive(Debug, Clone)]
pub struct Press {
    /// Who.
    pub card: Arc<Card>,
    /// As the log names them.
    pub actor: Actor,
    /// Where.
    pub room: RoomId,
    /// What.
    pub preset: PresetId,
    /// Their name for it.
    pub client_id: ClientId,
}

/// Reads the name that an admin's page gives to a press.
///
/// # Errors
/// [`AppError::Invalid`], also for the names that the server gives itself.
pub fn client_id(raw: &str) -> AppResult<ClientId> {
    let text = "client_id has 1 to 64 characters of A-Z, a-z, 0-9, _ and -, and does not begin with countdown-.";
    let parsed = ClientId::parse(raw).filter(|id| !id.as_str().starts_with(AUTOMATIC));
    parsed.ok_or_else(|| AppError::Invalid(text.into()))
}

/// Sends a preset in a room that the admin is in, and starts its countdown. The same press again gives the same message and starts
/// nothing.
///
/// # Errors
/// Not found (room or preset), not a member, an archived room, `countdown_running`, a block in a private chat, a reused `client_id`.
pub async fn press(desk: &PresetDesk, press: Press) -> AppResult<Pressed> {
    let fingerprint = Arc::clone(&desk.fingerprint);
    let pressed = desk.db.ordered(move |conn| store_press(conn, &fingerprint, &press)).await?;
    if pressed.fresh {
        let MessageView { sender, room, seq, .. } = &pressed.message;
        desk.marks.note(sender.id, *room, *seq);
    }
    if pressed.countdown.is_some() {
        desk.clock.notify_one();
    }
    Ok(pressed)
}

fn store_press(conn: &mut AnyConnection, fingerprint: &Fingerprint, press: &Press) -> AppResult<Stored<Pressed>> {
    let (room, _) = rooms::joined(conn, press.card.id, press.room)?;
    if let Some(message) = earlier(conn, fingerprint, press)? {
        return Ok(Stored::quiet(Pressed { message, countdown: None, fresh: false }));
    }
    if room.archived_at.is_some() {
        return Err(AppError::Archived);
    }
    let preset = acts::find(conn, press.preset)?;
    if preset.countdown_seconds.is_some() && store::is_running(conn, press.room)? {
        return Err(RUNNING);
    }
    let message = post(conn, fingerprint, &preset, &press.card, press.room, press.client_id.clone())?;
    let countdown = start(conn, &preset, press.card.id, press.room)?;
    let detail =
        json!({ "room": press.room, "message": message.id, "countdown": countdown.as_ref().map(|one| one.id) });
    let target = Target::new("preset", preset.id.0, preset.label);
    audit::note(conn, &press.actor, &Entry::new(Act::PresetSend, target).with(detail))?;
    let mut events = vec![Event::Change(message.to_change())];
    events.extend(countdown.as_ref().map(|running| {
        let frame = countdown::running_frame(running);
        Event::RoomChanged { room: press.room, frame }
    }));
    Ok(Stored::telling(Pressed { message, countdown, fresh: true }, events))
}

/// What the same press stored before.
fn earlier(conn: &mut AnyConnection, fingerprint: &Fingerprint, press: &Press) -> AppResult<Option<MessageView>> {
    let before = messages::sent_before(conn, &[(press.card.id, press.client_id.as_str())])?;
    match before.into_values().next() {
        None => Ok(None),
        Some(before) if before.hash != fingerprint.of_preset(press.room, press.preset) => Err(AppError::ClientIdReused),
        Some(before) if before.pruned => Err(AppError::Gone),
        Some(before) => Ok(Some(before.message)),
    }
}

fn start(conn: &mut AnyConnection, preset: &PresetView, by: UserId, room: RoomId) -> AppResult<Option<Countdown>> {
    let Some(seconds) = preset.countdown_seconds else { return Ok(None) };
    store::start(conn, &NewCountdown { room, label: &preset.label, by, seconds, next: preset.next })?;
    Ok(countdown::store::running_in(conn, room)?)
}

/// Stores a preset's message; a refusal leaves nothing behind.
pub(super) fn post(
    conn: &mut AnyConnection,
    fingerprint: &Fingerprint,
    preset: &PresetView,
    author: &Arc<Card>,
    room: RoomId,
    client_id: ClientId,
) -> AppResult<MessageView> {
    let body = match preset.text.is_empty() {
        true => Body::blank(),
        false => Body::parse(&preset.text, TEXT).map_err(AppError::internal)?,
    };
    let hash = fingerprint.of_preset(room, preset.id);
    let mut post = Post::of_preset(Arc::clone(author), room, client_id, body, hash);
    if let Some(blob) = &preset.blob {
        let shown = name::clean(&preset.label, &blob.ext);
        post.uploads.push(uploads::insert(conn, author.id, blob.id, &shown)?.id);
    }
    let verdict = batch::store(conn, &[&post], &mut LastSends::default())?.pop();
    let posted = verdict.unwrap_or_else(|| Err(AppError::internal("a batch of one has one verdict")));
    if posted.is_err() {
        for key in post.uploads.iter().filter_map(|key| Key::parse(key)) {
            uploads::delete_free(conn, author.id, &key)?;
        }
    }
    Ok(posted?.message)
}
