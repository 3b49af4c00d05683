//! Somebody who comes and asks: between two questions their rooms are watched, so that the answer "nothing new" costs nothing.
//!
//! A watch hears what a socket would hear and keeps of it only that there was something. It lives as long as somebody asks often
//! enough, and keeps them online.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytestring::ByteString;
use tokio::sync::{Mutex as AsyncMutex, Notify, futures::Notified};

use super::frames::{self, RoomHead};
use crate::{
    chat::protocol::Closing,
    error::{AppError, AppResult},
    id::{RoomId, SocketKey, UserId},
};

/// Who asked nothing for so long is not watched any more.
pub const IDLE: Duration = Duration::from_secs(10);

/// Words for "something else changed", never given twice, in this life of the process or in another.
static STATES: OnceLock<AtomicU64> = OnceLock::new();

fn next_state() -> u64 {
    // Exact in JavaScript, too.
    STATES.get_or_init(|| AtomicU64::new(rand::random::<u64>() >> 16)).fetch_add(1, Ordering::Relaxed)
}

/// What is known of a room's messages beside the chat's own memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Count {
    /// Messages up to this one are gone.
    pub floor_seq: i64,
    /// Unread ones that mention me.
    pub mentions: i64,
}

/// What is known of a watch's rooms, good as long as nothing has made it [stale](Watch::staleness).
#[derive(Debug, Default)]
pub struct Counts {
    /// The staleness at which they were read; none, where nobody has.
    pub of: u64,
    /// By room.
    pub rooms: HashMap<RoomId, Count>,
}

/// An answer, good as long as the watch is at its version.
#[derive(Debug)]
pub struct Answer {
    version: u64,
    /// A hash of the fields.
    pub tag: String,
    /// Fields of a JSON object, without its braces.
    pub fields: String,
}

/// One watch, shared by the hub that feeds it and those who ask, on any thread.
#[derive(Debug)]
pub struct Watch {
    /// Its place in the hub.
    pub key: SocketKey,
    /// Whose; nobody's, where guests watch a room.
    pub user: Option<UserId>,
    version: AtomicU64,
    state: AtomicU64,
    /// Counted up whenever the counts are of no use any more.
    stale: AtomicU64,
    opened: OnceLock<Option<Closing>>,
    ended: OnceLock<Closing>,
    asleep: AtomicBool,
    asked: Mutex<Instant>,
    waiting: AtomicUsize,
    news: Notify,
    answer: Mutex<Option<Arc<Answer>>>,
    /// Held while an answer is made, so that it is made once.
    pub counts: AsyncMutex<Counts>,
}

impl Watch {
    /// Not open yet.
    pub fn new(key: SocketKey, user: Option<UserId>) -> Self {
        Self {
            key,
            user,
            version: AtomicU64::new(0),
            state: AtomicU64::new(next_state()),
            stale: AtomicU64::new(1),
            opened: OnceLock::new(),
            ended: OnceLock::new(),
            asleep: AtomicBool::new(false),
            asked: Mutex::new(Instant::now()),
            waiting: AtomicUsize::new(0),
            news: Notify::new(),
            answer: Mutex::default(),
            counts: AsyncMutex::default(),
        }
    }

    /// It has entered its rooms, or could not.
    pub fn open(&self, outcome: Result<(), Closing>) {
        let _ = self.opened.set(outcome.err());
        self.news.notify_waiters();
    }

    /// Waits until it is open.
    ///
    /// # Errors
    /// Why it could not be opened.
    pub async fn opened(&self) -> AppResult<()> {
        loop {
            let news = self.news();
            tokio::pin!(news);
            news.as_mut().enable();
            match self.opened.get() {
                Some(None) => return Ok(()),
                Some(Some(why)) => return Err(self.refusal(*why)),
                None => news.await,
            }
        }
    }

    /// Frames from the hub.
    pub fn hear<'a>(&self, frames: impl Iterator<Item = &'a ByteString>) {
        let (mut moved, mut stale, mut other) = (false, false, false);
        for frame in frames {
            match frames::kind(frame) {
                "message" => {
                    moved = true;
                    stale |= frames::may_mention(frame);
                }
                "heads" => moved = true,
                "read" => {
                    let mine = self.user.is_some_and(|user| frames::is_read_of(frame, user));
                    (moved, stale) = (moved || mine, stale || mine);
                }
                kind @ ("room" | "room_gone") => {
                    (moved, stale, other) = (true, true, true);
                    if self.user.is_none()
                        && (kind == "room_gone" || RoomHead::of(frame).is_none_or(|room| !room.is_open()))
                    {
                        self.end(Closing::SessionEnded);
                    }
                }
                "typing" | "presence" => {}
                _ => other = true,
            }
        }
        if stale {
            self.stale.fetch_add(1, Ordering::AcqRel);
        }
        if other {
            self.state.store(next_state(), Ordering::Release);
        }
        if moved {
            self.version.fetch_add(1, Ordering::AcqRel);
        }
        if moved || other {
            self.news.notify_waiters();
        }
    }

    /// It is over, and whoever waits is told why.
    pub fn end(&self, why: Closing) {
        let _ = self.ended.set(why);
        self.news.notify_waiters();
    }

    /// It is fed no more. Whoever asks nevertheless came at the last moment, and asks another one.
    pub fn fall_asleep(&self) {
        self.asleep.store(true, Ordering::Release);
        self.news.notify_waiters();
    }

    /// Is it fed no more, though nobody ended it?
    pub fn is_asleep(&self) -> bool {
        self.asleep.load(Ordering::Acquire) && self.ended.get().is_none()
    }

    /// Is it over?
    pub fn is_over(&self) -> bool {
        self.asleep.load(Ordering::Acquire)
            || self.ended.get().is_some()
            || self.opened.get().is_some_and(Option::is_some)
    }

    /// Fine, as long as it is not over.
    ///
    /// # Errors
    /// Why it is over.
    pub fn check(&self) -> AppResult<()> {
        self.ended.get().map_or(Ok(()), |why| Err(self.refusal(*why)))
    }

    /// What somebody who asks is told where a socket would be closed.
    fn refusal(&self, why: Closing) -> AppError {
        match why {
            Closing::SessionEnded | Closing::Banned | Closing::Deactivated => AppError::Unauthenticated,
            Closing::Restart => AppError::ShuttingDown,
            // A guest's ends where connections run short, which is not the guest's doing.
            Closing::TooMany if self.user.is_none() => AppError::Busy,
            Closing::TooMany | Closing::Policy => AppError::TooFast(None, Duration::from_secs(30)),
            Closing::TryAgain => AppError::Busy,
        }
    }

    /// Waits until it is over, or nobody has asked for [`IDLE`].
    pub async fn over(&self) {
        loop {
            let news = self.news();
            tokio::pin!(news);
            news.as_mut().enable();
            if self.is_over() {
                return;
            }
            let idle = self.asked.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
            let waiting = self.waiting.load(Ordering::Acquire) > 0;
            if idle >= IDLE && !waiting {
                return;
            }
            let left = if waiting { IDLE } else { IDLE - idle };
            let _ = tokio::time::timeout(left, news).await;
        }
    }

    /// Somebody asks, until what is returned is dropped.
    pub fn ask(self: &Arc<Self>) -> Asking {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        self.touch();
        Asking(self.clone())
    }

    fn touch(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Something changes.
    pub fn news(&self) -> Notified<'_> {
        self.news.notified()
    }

    /// Its version; what is read afterwards is at least as new.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The word for all that has no number.
    pub fn state(&self) -> u64 {
        self.state.load(Ordering::Acquire)
    }

    /// Another number than that of the counts says that they are to be read again; what is read afterwards is as new as this at least.
    pub fn staleness(&self) -> u64 {
        self.stale.load(Ordering::Acquire)
    }

    /// The answer, where nothing changed since it was made.
    pub fn answer(&self) -> Option<Arc<Answer>> {
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        answer.filter(|answer| answer.version == self.version())
    }

    /// Keeps an answer that was made of what was read at a version.
    pub fn keep(&self, version: u64, tag: String, fields: String) -> Arc<Answer> {
        let answer = Arc::new(Answer { version, tag, fields });
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer.clone());
        answer
    }
}

/// Somebody who asks and may be waiting.
#[derive(Debug)]
pub struct Asking(Arc<Watch>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.touch();
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const ME: UserId = UserId(5);

    fn watch() -> Watch {
        let watch = Watch::new(SocketKey { hub: 0, number: 1 }, Some(ME));
        watch.open(Ok(()));
        watch
    }

    /// What a frame does: is there something new, are counts stale, did something else change?
    fn effect(frame: &str) -> (bool, bool, bool) {
        let watch = watch();
        let (version, stale, state) = (watch.version(), watch.staleness(), watch.state());
        watch.hear([frame.into()].iter());
        (watch.version() != version, watch.staleness() != stale, watch.state() != state)
    }

    #[test]
    fn only_what_is_news_to_its_reader_wakes_them() {
        let new =
            r#"{"type":"message","room":1,"rev":2,"message":{"edited_at":null,"recalled_at":null,"deleted_at":null}}"#;
        assert_eq!(effect(new), (true, false, false));
        let edited =
            r#"{"type":"message","room":1,"rev":2,"message":{"edited_at":"t","recalled_at":null,"deleted_at":null}}"#;
        assert_eq!(effect(edited), (true, true, false));
        assert_eq!(effect(r#"{"type":"read","room":1,"user":5,"seq":9}"#), (true, true, false));
        assert_eq!(effect(r#"{"type":"read","room":1,"user":9,"seq":5}"#), (false, false, false));
        assert_eq!(effect(r#"{"type":"typing","room":1,"user":9}"#), (false, false, false));
        assert_eq!(effect(r#"{"type":"presence","online":[]}"#), (false, false, false));
        assert_eq!(effect(r#"{"type":"room_gone","room":1}"#), (true, true, true));
        assert_eq!(effect(r#"{"type":"announcement","announcement":null}"#), (false, false, true));
    }

    #[test]
    fn an_answer_is_good_until_there_is_something_new() {
        let watch = watch();
        watch.keep(watch.version(), "tag".into(), "fields".into());
        watch.hear([r#"{"type":"typing","room":1,"user":9}"#.into()].iter());
        assert!(watch.answer().is_some());
        watch.hear([r#"{"type":"heads","rooms":{"1":2}}"#.into()].iter());
        assert!(watch.answer().is_none());
    }

    #[tokio::test]
    async fn it_lives_as_long_as_somebody_asks() {
        let watch = Arc::new(watch());
        let long_ago = Instant::now().checked_sub(IDLE).expect("the clock runs for longer than that");
        let asking = watch.ask();
        *watch.asked.lock().expect("nobody panicked") = long_ago;
        assert!(watch.over().now_or_never().is_none(), "somebody waits");
        drop(asking);
        assert!(watch.over().now_or_never().is_none(), "somebody asked a moment ago");
        *watch.asked.lock().expect("nobody panicked") = long_ago;
        assert!(watch.over().now_or_never().is_some());
        watch.end(Closing::Banned);
        watch.over().await;
        assert!(matches!(watch.check(), Err(AppError::Unauthenticated)));
    }
}
