//! A thread that lives until it is told to finish.

use std::{
    io,
    thread::{self, JoinHandle},
};

use crossbeam_channel::{Receiver, Sender, bounded};

/// The thread, to be stopped.
pub struct Worker {
    thread: JoinHandle<()>,
    stop: Sender<()>,
}

impl Worker {
    /// Starts it; what it gets says when to finish.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(name: &str, work: impl FnOnce(&Receiver<()>) + Send + 'static) -> io::Result<Self> {
        let (stop, stopped) = bounded(1);
        let thread = thread::Builder::new().name(name.into()).spawn(move || work(&stopped))?;
        Ok(Self { thread, stop })
    }

    /// Has it finish, and waits until it has.
    pub fn finish(self) {
        // One that panicked has said so, or ended the process.
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}
