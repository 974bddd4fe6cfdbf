//! Named threads, whose lives are recorded.

use std::fmt;
use std::io;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize as Count, Ordering::Relaxed};

use super::super::engine;
use super::explore::{self, Kind};
use super::trace::Site;

pub use engine::thread::yield_now;

/// A thread to be waited for.
pub struct JoinHandle<T> {
    inner: engine::thread::JoinHandle<T>,
    name: String,
    /// The step with which it ended.
    end: Arc<Count>,
}

impl<T> JoinHandle<T> {
    /// Waits until the thread has ended.
    ///
    /// # Errors
    /// What the thread panicked with.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        let result = self.inner.join();
        explore::of_threads(Kind::Joins, &self.name, self.end.load(Relaxed));
        result
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Starts a thread of that name.
///
/// # Errors
/// None in the checked worlds.
#[track_caller]
pub fn spawn_named<T: Send + 'static>(
    name: String,
    body: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    let spawned = explore::of_threads(Kind::Spawns, &name, 0);
    let end = Arc::new(Count::new(0));
    let inner = engine::thread::Builder::new().name(name.clone()).spawn({
        let end = Arc::clone(&end);
        move || {
            explore::of_threads(Kind::Starts, "", spawned);
            let result = body();
            end.store(explore::of_threads(Kind::Ends, "", 0), Relaxed);
            result
        }
    })?;
    Ok(JoinHandle { inner, name, end })
}

/// The running thread at that place; the model's main thread has no name.
pub(super) fn site(at: &'static Location<'static>) -> Site {
    let thread = engine::thread::current();
    Site { thread: thread.id(), name: thread.name().map(str::to_owned), at }
}
