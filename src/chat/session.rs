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
use actix_web::{HttpRequest, HttpResponse, web::Payload};
use actix_web_actors::ws::{WebsocketContext, WsResponseBuilder};
use bytestring::ByteString;

use crate::{
    account::{access::Scope, current_user::CurrentUser, wire::Card},
    chat::{
        Chat,
        doors::cursor::Cursor,
        fragments::Whole,
        guard::Limits,
        hub::Hub,
        incoming::{Incoming, Step},
        line::Line,
        opening,
        patience::Pulse,
        protocol::{BadFrame, CURSORS, ClientFrame, Closing, ServerFrame},
        server::{Disconnect, ReadUpTo, Resume, Typing},
    },
    error::{AppError, AppResult},
    id::{MessageId, Pass, RoomId, SocketKey, UserId},
    message::{
        MessageDesk,
        client_id::ClientId,
        handlers::{delete_message, edit_text, post, recall_message},
        post::{Answer, Draft},
        reaction::Emoji,
        wire,
        wire::MessageView,
    },
};

/// Flushes that may wait for the actor; a hub that finds no place cuts the socket.
const MAILBOX: usize = 16;

/// Frames at once, and a second in the long run.
const FRAMES: f64 = 60.0;
const FRAMES_PER_SECOND: f64 = 20.0;

/// How long a socket may be three times too fast.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bad frames that are answered within a minute; the next closes.
const BAD_FRAMES: usize = 10;

/// Requests of one socket that may be under way; more are put off.
const UNDER_WAY: usize = 16;

type Revs = BTreeMap<RoomId, i64>;

/// The actor.
pub struct Session {
    chat: Chat,
    hub: Rc<Hub>,
    key: SocketKey,
    card: Arc<Card>,
    pass: Pass,
    /// How far it goes.
    scope: Scope,
    pulse: Rc<Pulse>,
    incoming: Incoming,
    pace: Pace,
    bad: Vec<Instant>,
    under_way: usize,
    /// Frames that came before `hello` went out; none afterwards.
    held: Option<Vec<ByteString>>,
}

/// Frames from the hub.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Deliver(pub Vec<ByteString>);

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
        chat: Chat,
        hub: Rc<Hub>,
        user: CurrentUser,
        fd: Option<std::os::fd::RawFd>,
        req: &HttpRequest,
        stream: Payload,
    ) -> Result<HttpResponse, actix_web::Error> {
        let now = Instant::now();
        let (guarded, codec, incoming) = Incoming::through(stream, Limits::default());
        let session = Self {
            key: hub.key(),
            hub,
            card: user.card,
            pass: user.pass,
            scope: user.scope,
            pulse: Rc::new(Pulse::new(fd, now)),
            incoming,
            pace: Pace::new(chat.limits, now),
            bad: Vec::new(),
            under_way: 0,
            held: Some(Vec::new()),
            chat,
        };
        WsResponseBuilder::new(session, req, guarded).codec(codec).start()
    }

    fn begin(&mut self, ctx: &mut WebsocketContext<Self>) {
        let user = CurrentUser { card: self.card.clone(), pass: self.pass, scope: self.scope };
        let (chat, key) = (self.chat.clone(), self.key);
        let opening = async move { opening::open(&chat, key, &user).await.map(|opened| opened.hello) };
        ctx.spawn(opening.into_actor(self).map(|hello, session, ctx| session.opened(hello, ctx)));
    }

    fn opened(&mut self, hello: AppResult<ByteString>, ctx: &mut WebsocketContext<Self>) {
        match hello {
            Ok(hello) => {
                ctx.text(hello);
                self.held.take().into_iter().flatten().for_each(|frame| ctx.text(frame));
            }
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
        ctx.close(Some(CloseReason { code, description: Some(reason.to_owned()) }));
        ctx.stop();
    }

    fn step(&mut self, step: Step, ctx: &mut WebsocketContext<Self>) {
        match step {
            Step::Take(Whole::Text(text)) => self.text(&text, ctx),
            Step::Take(Whole::Bytes(_)) => self.close_with(CloseCode::Unsupported, "text frames only", ctx),
            Step::Pong(payload) => ctx.pong(&payload),
            Step::Leave(code) => {
                ctx.close(code.map(|code| CloseReason { code, description: None }));
                ctx.stop();
            }
            Step::Fail(Some(code)) => self.close_with(code, "", ctx),
            Step::Fail(None) => ctx.stop(),
            Step::Wait => {}
        }
    }

    fn write(&mut self, frame: ByteString, ctx: &mut WebsocketContext<Self>) {
        match &mut self.held {
            Some(held) => held.push(frame),
            None => ctx.text(frame),
        }
    }

    fn refuse(&mut self, reference: Option<&str>, error: &AppError, ctx: &mut WebsocketContext<Self>) {
        self.hub.note_error(error);
        self.write(wire::error(reference, error), ctx);
    }

    fn text(&mut self, text: &str, ctx: &mut WebsocketContext<Self>) {
        let now = Instant::now();
        let frame = ClientFrame::parse(text);
        match self.pace.judge(now) {
            Speed::Fine => {}
            Speed::TooFast(wait) => {
                let reference = frame.as_ref().map_or_else(|bad| bad.reference.as_deref(), ClientFrame::reference);
                let reference = reference.map(str::to_owned);
                return self.refuse(reference.as_deref(), &AppError::TooMany(wait), ctx);
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
        self.refuse(reference.as_deref(), error, ctx);
    }

    fn frame(&mut self, frame: ClientFrame, ctx: &mut WebsocketContext<Self>) {
        if let Some(reference) = frame.reference()
            && ClientId::parse(reference).is_none()
        {
            let error = AppError::Invalid("ref has 1 to 64 characters of A-Z, a-z, 0-9, _ and -.".into());
            return self.refuse(None, &error, ctx);
        }
        if self.scope < Scope::Write && frame.changes_something() {
            // Typing has no `ref`, and no answer.
            let Some(reference) = frame.reference() else { return };
            return self.refuse(Some(reference), &AppError::Scope(Scope::Write.as_str()), ctx);
        }
        match frame {
            ClientFrame::Send { client_id, room, text, uploads, reply_to } => {
                self.send(Draft { room, client_id, text, uploads, reply_to }, ctx);
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
                Err(error) => self.refuse(Some(&r#ref), &error, ctx),
            },
        }
    }

    fn send(&mut self, draft: Draft, ctx: &mut WebsocketContext<Self>) {
        let desk = &self.chat.messages;
        let client_id = draft.client_id.clone();
        let sent =
            post(desk, self.card.clone(), draft, Answer::Socket(self.key)).and_then(|post| desk.inbox.submit(post));
        if let Err(error) = sent {
            self.refuse(Some(&client_id), &error, ctx);
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
            return self.refuse(Some(&reference), &error, ctx);
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
            return self.refuse(Some(&reference), &AppError::Busy, ctx);
        }
        self.under_way += 1;
        let done = work.into_actor(self).map(move |outcome, session, ctx| {
            session.under_way -= 1;
            match outcome {
                Ok(value) => session.write(ack(&reference, value), ctx),
                Err(error) => session.refuse(Some(&reference), &error, ctx),
            }
        });
        ctx.spawn(done);
    }
}

impl Actor for Session {
    type Context = WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        let line = Line::Socket { addr: ctx.address(), pulse: self.pulse.clone() };
        self.hub.attach(self.key, Some(self.card.id), line);
        self.begin(ctx);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.pulse.end();
        self.hub.detach(self.key);
        // The one message that must arrive: `do_send` ignores the mailbox's bound.
        self.chat.server.do_send(Disconnect(self.key));
    }
}

impl StreamHandler<Result<WsMessage, ProtocolError>> for Session {
    fn handle(&mut self, message: Result<WsMessage, ProtocolError>, ctx: &mut Self::Context) {
        self.pulse.hear();
        let step = self.incoming.read(message);
        self.step(step, ctx);
    }

    fn finished(&mut self, ctx: &mut Self::Context) {
        let step = self.incoming.ended();
        self.step(step, ctx);
    }
}

impl Handler<Deliver> for Session {
    type Result = ();

    fn handle(&mut self, Deliver(frames): Deliver, ctx: &mut Self::Context) {
        self.pulse.took(&frames);
        match &mut self.held {
            Some(held) => held.extend(frames),
            None => frames.into_iter().for_each(|frame| ctx.text(frame)),
        }
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
    on: bool,
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
    fn new(on: bool, now: Instant) -> Self {
        Self { on, tokens: FRAMES, at: now, refused: 0.0, flood_since: None }
    }

    fn judge(&mut self, now: Instant) -> Speed {
        if !self.on {
            return Speed::Fine;
        }
        let passed = now.duration_since(self.at).as_secs_f64();
        self.at = now;
        self.tokens = (self.tokens + passed * FRAMES_PER_SECOND).min(FRAMES);
        // Refusals fade at twice the rate of the limit: whoever keeps above three times the limit accumulates them.
        self.refused = (self.refused - passed * 2.0 * FRAMES_PER_SECOND).max(0.0);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Speed::Fine;
        }
        self.refused += 1.0;
        if self.refused < FRAMES {
            self.flood_since = None;
        }
        let since = *self.flood_since.get_or_insert(now);
        match self.refused >= FRAMES && now.duration_since(since) >= PATIENCE {
            true => Speed::Flood,
            false => Speed::TooFast(Duration::from_secs_f64((1.0 - self.tokens) / FRAMES_PER_SECOND)),
        }
    }
}
