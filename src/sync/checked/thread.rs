//! Named threads.

use std::io;

use super::super::engine;

pub use engine::thread::{JoinHandle, yield_now};

/// Starts a thread of that name.
///
/// # Errors
/// None in the checked worlds.
pub fn spawn_named<T: Send + 'static>(
    name: String,
    body: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    engine::thread::Builder::new().name(name).spawn(body)
}

/// The name of the running thread; the model's main thread has none.
pub(super) fn name() -> String {
    engine::thread::current().name().unwrap_or("main").to_owned()
}
