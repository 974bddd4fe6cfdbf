//! Named threads.

use std::io;

pub use std::thread::{JoinHandle, yield_now};

/// Starts a thread of that name.
///
/// # Errors
/// What the system says when it has no thread to give.
pub fn spawn_named<T: Send + 'static>(
    name: String,
    body: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    std::thread::Builder::new().name(name).spawn(body)
}
