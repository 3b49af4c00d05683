//! One WebSocket as an actor: parses what comes, hands it on, writes what is for it.
//!
//! `actix-web-actors` is used here alone. Upstream calls it deprecated in favour of `actix-ws`; it is the smaller of the two per
//! connection and as fast.

use std::{
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Handler, Message, StreamHandler, WrapFuture};
use actix_http::ws::{CloseCode, CloseReason, Message as WsMessage, ProtocolError};
use actix_web::{
    HttpRequest, HttpResponse,
    body::MessageBody as _,
    web::{Data, Payload},
};
use actix_web_actors::ws::{WebsocketContext, WsResponseBuilder};
use bytestring::ByteString;

use crate::{
    account::{access::Scope, current_user::CurrentUser, wire::Card},
    chat::{
        Chat,
        crowd::{Stay, stay},
        doors::cursor::Cursor,
        fragments::Whole,
        guard::Limits,
        hub::Hub,
        incoming::{Incoming, Step},
        line::Line,
        opening,
        outbox::{Outbox, Outflow},
        protocol::{BadFrame, CURSORS, ClientFrame, Closing, ServerFrame},
        server::{Disconnect, ReadUpTo, Resume, Typing},
    },
    error::{AppError, AppResult},
    id::{MessageId, Pass, RoomId, SocketKey, UserId},
    limit::Limit,
    message::{
        MessageDesk,
        client_id::ClientId,
        handlers::{delete_message, edit_text, post, recall_message},
        post::{Answer, Draft},
        reaction::Emoji,
        wire,
        wire::MessageView,
    },
    web::tcp::Handle,
};

/// Messages that may wait for the actor; a hub that finds no place cuts the socket.
const MAILBOX: usize = 4;

/// Seconds of the long run that may come at once.
const AT_ONCE: f64 = 3.0;

/// How long a socket may be three times too fast.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bad frames that are answered within a minute; the next closes.
const BAD_FRAMES: usize = 10;

/// Requests of one socket that may be under way; more are put off.
const UNDER_WAY: usize = 16;

type Revs = BTreeMap<RoomId, i64>;

/// The actor.
pub struct Session {
    chat: Data<Chat>,
    hub: Rc<Hub>,
    key: SocketKey,
    card: Arc<Card>,
    pass: Pass,
    /// How far it goes.
    scope: Scope,
    outbox: Rc<Outbox>,
    incoming: Incoming,
    pace: Pace,
    bad: Vec<Instant>,
    under_way: usize,
    /// Its place among the connections of its address.
    _stay: Option<Stay>,
}

/// Close, from the hub.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Shut(pub Closing);

/// Ask the client whether it is there, from the hub.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Ping;

impl Session {
    /// Upgrades a request, already known to come from our own page, to a socket of this person.
    ///
    /// # Errors
    /// When the handshake is not a WebSocket's.
    pub fn open(
        chat: Data<Chat>,
        hub: Rc<Hub>,
        user: CurrentUser,
        req: &HttpRequest,
        stream: Payload,
    ) -> Result<HttpResponse, actix_web::Error> {
        let outbox = Outbox::new(Handle::of(req));
        let (guarded, codec, incoming) = Incoming::through(stream, Limits::default());
        let session = Self {
            key: hub.key(),
            hub,
            card: user.card,
            pass: user.pass,
            scope: user.scope,
            outbox: outbox.clone(),
            incoming,
            pace: Pace::new(chat.frames, Instant::now()),
            bad: Vec::new(),
            under_way: 0,
            _stay: stay(req),
            chat,
        };
        let response = WsResponseBuilder::new(session, req, guarded).codec(codec).start()?;
        Ok(response.map_body(|_, body| Outflow::new(outbox, body).boxed()))
    }

    fn begin(&mut self, ctx: &mut WebsocketContext<Self>) {
        let user = CurrentUser { card: self.card.clone(), pass: self.pass, scope: self.scope };
        let (chat, key) = (self.chat.clone(), self.key);
        let opening = async move { opening::open(&chat, key, &user).await.map(|opened| opened.hello) };
        ctx.spawn(opening.into_actor(self).map(|hello, session, ctx| session.opened(hello, ctx)));
    }

    fn opened(&mut self, hello: AppResult<ByteString>, ctx: &mut WebsocketContext<Self>) {
        match hello {
            Ok(hello) => self.outbox.open(hello),
            Err(AppError::Unauthenticated) => self.close(Closing::SessionEnded, ctx),
            Err(error) => {
                error.log();
                self.close(Closing::TryAgain, ctx);
            }
        }
    }

    fn close(&mut self, why: Closing, ctx: &mut WebsocketContext<Self>) {
        let (code, reason) = why.parts();
        self.close_with(CloseCode::from(code), reason, ctx);
    }

    fn close_with(&mut self, code: CloseCode, reason: &str, ctx: &mut WebsocketContext<Self>) {
        self.leave(Some(CloseReason { code, description: Some(reason.to_owned()) }), ctx);
    }

    /// Says goodbye behind all that is on its way.
    fn leave(&mut self, reason: Option<CloseReason>, ctx: &mut WebsocketContext<Self>) {
        self.outbox.leave();
        ctx.close(reason);
        ctx.stop();
    }

    fn step(&mut self, step: Step, ctx: &mut WebsocketContext<Self>) {
        match step {
            Step::Take(Whole::Text(text)) => self.text(&text, ctx),
            Step::Take(Whole::Bytes(_)) => self.close_with(CloseCode::Unsupported, "text frames only", ctx),
            Step::Pong(payload) => ctx.pong(&payload),
            Step::Leave(code) => {
                self.leave(code.map(|code| CloseReason { code, description: None }), ctx);
            }
            Step::Fail(Some(code)) => self.close_with(code, "", ctx),
            Step::Fail(None) => {
                self.outbox.leave();
                ctx.stop();
            }
            Step::Wait => {}
        }
    }

    fn write(&self, frame: ByteString) {
        self.outbox.send(&[frame.into()]);
    }

    fn refuse(&self, reference: Option<&str>, error: &AppError) {
        self.hub.note_error(error);
        self.write(wire::error(reference, error));
    }

    fn text(&mut self, text: &str, ctx: &mut WebsocketContext<Self>) {
        let now = Instant::now();
        let frame = ClientFrame::parse(text);
        match self.pace.judge(now) {
            Speed::Fine => {}
            Speed::TooFast(wait) => {
                let reference = frame.as_ref().map_or_else(|bad| bad.reference.as_deref(), ClientFrame::reference);
                let reference = reference.map(str::to_owned);
                return self.refuse(reference.as_deref(), &AppError::TooFast(Some(Limit::Frames), wait));
            }
            Speed::Flood => return self.close(Closing::Policy, ctx),
        }
        match frame {
            Ok(frame) => self.frame(frame, ctx),
            Err(bad) => self.bad_frame(&bad, now, ctx),
        }
    }

    fn bad_frame(&mut self, BadFrame { reference, error }: &BadFrame, now: Instant, ctx: &mut WebsocketContext<Self>) {
        self.bad.retain(|at| now.duration_since(*at) < Duration::from_secs(60));
        self.bad.push(now);
        if self.bad.len() > BAD_FRAMES {
            return self.close(Closing::Policy, ctx);
        }
        self.refuse(reference.as_deref(), error);
    }

    fn frame(&mut self, frame: ClientFrame, ctx: &mut WebsocketContext<Self>) {
        if let Some(reference) = frame.reference()
            && ClientId::parse(reference).is_none()
        {
            let error = AppError::Invalid("ref has 1 to 64 characters of A-Z, a-z, 0-9, _ and -.".into());
            return self.refuse(None, &error);
        }
        if self.scope < Scope::Write && frame.changes_something() {
            // Typing has no `ref`, and no answer.
            let Some(reference) = frame.reference() else { return };
            return self.refuse(Some(reference), &AppError::Scope(Scope::Write.as_str()));
        }
        match frame {
            ClientFrame::Send { client_id, room, text, uploads, reply_to } => {
                self.send(Draft { room, client_id, text, uploads, reply_to });
            }
            ClientFrame::Edit { r#ref, id, text } => self.edit(r#ref, id, text, ctx),
            ClientFrame::Recall { r#ref, id } => {
                self.change(r#ref, move |desk, user| async move { recall_message(&desk, user, id).await }, ctx);
            }
            ClientFrame::Delete { r#ref, id } => {
                self.change(r#ref, move |desk, user| async move { delete_message(&desk, user, id).await }, ctx);
            }
            ClientFrame::React { r#ref, id, emoji, on } => self.change(
                r#ref,
                move |desk, user| async move { desk.reactions.react(user, id, Emoji::parse(&emoji)?, on).await },
                ctx,
            ),
            ClientFrame::Read { r#ref, room, seq } => self.read(r#ref, room, seq, ctx),
            // Nobody waits for it, so a full mailbox may lose it.
            ClientFrame::Typing { room } => drop(self.chat.server.try_send(Typing { socket: self.key, room })),
            ClientFrame::Resume { r#ref, rooms, cursor } => match self.cursors(rooms, cursor) {
                Ok(cursors) => self.resume(r#ref, cursors, ctx),
                Err(error) => self.refuse(Some(&r#ref), &error),
            },
        }
    }

    fn send(&self, draft: Draft) {
        let desk = &self.chat.messages;
        let client_id = draft.client_id.clone();
        let sent =
            post(desk, self.card.clone(), draft, Answer::Socket(self.key)).and_then(|post| desk.inbox.submit(post));
        if let Err(error) = sent {
            self.refuse(Some(&client_id), &error);
        }
    }

    fn edit(&mut self, reference: String, id: MessageId, text: String, ctx: &mut WebsocketContext<Self>) {
        let (desk, user) = (self.chat.messages.clone(), self.card.id);
        let changed = async move { edit_text(&desk, user, id, &text).await };
        self.request(reference, changed, |reference, message| wire::ack(reference, &message), ctx);
    }

    /// Does to a message what takes no text; as fast as requests may.
    fn change<W: Future<Output = AppResult<MessageView>> + 'static>(
        &mut self,
        reference: String,
        work: impl FnOnce(MessageDesk, UserId) -> W + 'static,
        ctx: &mut WebsocketContext<Self>,
    ) {
        let (desk, user) = (self.chat.messages.clone(), self.card.id);
        let throttle = self.chat.accounts.throttle.clone();
        let changed = async move {
            throttle.write(user)?;
            work(desk, user).await
        };
        self.request(reference, changed, |reference, message| wire::ack(reference, &message), ctx);
    }

    fn read(&mut self, reference: String, room: RoomId, seq: i64, ctx: &mut WebsocketContext<Self>) {
        let (server, socket) = (self.chat.server.clone(), self.key);
        let read = async move {
            let seq = server.send(ReadUpTo { socket, room, seq }).await.map_err(AppError::internal)?;
            seq.ok_or(AppError::NotFound)
        };
        let ack = move |reference: &str, seq| ServerFrame::ReadAck { r#ref: reference, room, seq }.encode();
        self.request(reference, read, ack, ctx);
    }

    /// The cursors that a client names one by one, or in one word.
    fn cursors(&self, rooms: Option<Revs>, cursor: Option<String>) -> AppResult<Revs> {
        match (rooms, cursor) {
            (Some(rooms), None) => Ok(rooms),
            (None, Some(cursor)) => match Cursor::parse(&cursor) {
                Some(cursor) => Ok(cursor.in_epoch(&self.chat.epoch.0)),
                None => Err(AppError::Invalid("This cursor was never given out.".into())),
            },
            _ => Err(AppError::BadFrame("give rooms or cursor".into())),
        }
    }

    fn resume(&mut self, reference: String, cursors: Revs, ctx: &mut WebsocketContext<Self>) {
        if cursors.len() > CURSORS || cursors.values().any(|cursor| *cursor < 0) {
            let error = AppError::Invalid("At most 1,000 cursors, each from 0 up.".into());
            return self.refuse(Some(&reference), &error);
        }
        let (server, socket) = (self.chat.server.clone(), self.key);
        let resumed = async move { server.send(Resume { socket, cursors }).await.map_err(AppError::internal) };
        let ack = |reference: &str, fetch| ServerFrame::ResumeAck { r#ref: reference, fetch }.encode();
        self.request(reference, resumed, ack, ctx);
    }

    /// Does something that takes a while, and answers when it is done.
    fn request<T: 'static>(
        &mut self,
        reference: String,
        work: impl Future<Output = AppResult<T>> + 'static,
        ack: impl FnOnce(&str, T) -> ByteString + 'static,
        ctx: &mut WebsocketContext<Self>,
    ) {
        if self.under_way >= UNDER_WAY {
            return self.refuse(Some(&reference), &AppError::Busy);
        }
        self.under_way += 1;
        let done = work.into_actor(self).map(move |outcome, session: &mut Self, _: &mut WebsocketContext<Self>| {
            session.under_way -= 1;
            match outcome {
                Ok(value) => session.write(ack(&reference, value)),
                Err(error) => session.refuse(Some(&reference), &error),
            }
        });
        ctx.spawn(done);
    }
}

impl Actor for Session {
    type Context = WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        let line = Line::Socket { addr: ctx.address(), outbox: self.outbox.clone() };
        self.hub.attach(self.key, Some(self.card.id), line);
        self.begin(ctx);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.outbox.end();
        self.hub.detach(self.key);
        // The one message that must arrive: `do_send` ignores the mailbox's bound.
        self.chat.server.do_send(Disconnect(self.key));
    }
}

impl StreamHandler<Result<WsMessage, ProtocolError>> for Session {
    fn handle(&mut self, message: Result<WsMessage, ProtocolError>, ctx: &mut Self::Context) {
        self.outbox.pulse.hear();
        let step = self.incoming.read(message);
        self.step(step, ctx);
    }

    fn finished(&mut self, ctx: &mut Self::Context) {
        let step = self.incoming.ended();
        self.step(step, ctx);
    }
}

impl Handler<Shut> for Session {
    type Result = ();

    fn handle(&mut self, Shut(why): Shut, ctx: &mut Self::Context) {
        self.close(why, ctx);
    }
}

impl Handler<Ping> for Session {
    type Result = ();

    fn handle(&mut self, _: Ping, ctx: &mut Self::Context) {
        ctx.ping(b"");
    }
}

/// How fast a socket sends frames of any kind: a token bucket, and how long it has been far above it.
struct Pace {
    /// Frames a second in the long run; none where there is no limit.
    a_second: Option<f64>,
    tokens: f64,
    at: Instant,
    refused: f64,
    flood_since: Option<Instant>,
}

enum Speed {
    Fine,
    TooFast(Duration),
    Flood,
}

impl Pace {
    fn new(a_second: Option<u32>, now: Instant) -> Self {
        let a_second = a_second.map(f64::from);
        let tokens = a_second.unwrap_or_default() * AT_ONCE;
        Self { a_second, tokens, at: now, refused: 0.0, flood_since: None }
    }

    fn judge(&mut self, now: Instant) -> Speed {
        let Some(a_second) = self.a_second else { return Speed::Fine };
        let burst = a_second * AT_ONCE;
        let passed = now.duration_since(self.at).as_secs_f64();
        self.at = now;
        self.tokens = (self.tokens + passed * a_second).min(burst);
        // Refusals fade at twice the rate of the limit: whoever keeps above three times the limit accumulates them.
        self.refused = (self.refused - passed * 2.0 * a_second).max(0.0);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Speed::Fine;
        }
        self.refused += 1.0;
        if self.refused < burst {
            self.flood_since = None;
        }
        let since = *self.flood_since.get_or_insert(now);
        match self.refused >= burst && now.duration_since(since) >= PATIENCE {
            true => Speed::Flood,
            false => Speed::TooFast(Duration::from_secs_f64((1.0 - self.tokens) / a_second)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thousands of them are idle on a small machine.
    #[test]
    fn what_a_socket_keeps_of_its_own_is_small() {
        let bytes = size_of::<Session>();
        assert!(bytes <= 512, "{bytes} bytes");
    }
}
