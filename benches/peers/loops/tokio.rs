//! tokio's current-thread runtime: closures through its channel, and a task for each.

use std::thread;

use rdv_benches::event::Post;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::{Event, Loop};

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime without drivers")
}

/// One task receives closures and calls them.
pub(crate) struct TokioMpsc(MpscPoster);

#[derive(Clone)]
pub(crate) struct MpscPoster(UnboundedSender<Event>);

impl Post for MpscPoster {
    #[inline]
    fn post_event(&self, event: impl FnOnce() + Send + 'static) {
        let sent = self.0.send(Box::new(event));
        assert!(sent.is_ok(), "the loop runs");
    }
}

impl Loop for TokioMpsc {
    const NAME: &'static str = "tokio current-thread, mpsc";
    type Poster = MpscPoster;

    fn start() -> Self {
        let (sender, mut receiver) = unbounded_channel::<Event>();
        thread::spawn(move || {
            runtime().block_on(async {
                while let Some(event) = receiver.recv().await {
                    event();
                }
            });
        });
        Self(MpscPoster(sender))
    }

    fn poster(&self) -> &MpscPoster {
        &self.0
    }
}

/// Every closure is a task.
pub(crate) struct TokioSpawn {
    poster: SpawnPoster,
    // The loop ends when this goes.
    _stop: oneshot::Sender<()>,
}

#[derive(Clone)]
pub(crate) struct SpawnPoster(Handle);

impl Post for SpawnPoster {
    #[inline]
    fn post_event(&self, event: impl FnOnce() + Send + 'static) {
        self.0.spawn(async { event() });
    }
}

impl Loop for TokioSpawn {
    const NAME: &'static str = "tokio current-thread, spawn";
    type Poster = SpawnPoster;

    fn start() -> Self {
        let (stop, stopped) = oneshot::channel();
        let runtime = runtime();
        let poster = SpawnPoster(runtime.handle().clone());
        thread::spawn(move || {
            let _ = runtime.block_on(stopped);
        });
        Self { poster, _stop: stop }
    }

    fn poster(&self) -> &SpawnPoster {
        &self.poster
    }
}
