//! How long to spin before sleeping.

use std::sync::OnceLock;
use std::thread::available_parallelism;

pub use std::hint::spin_loop;

/// At most this many rounds of [`spin_loop`] before a thread goes to sleep; none on a single core, where
/// whoever is waited for cannot run meanwhile.
#[must_use]
pub fn spin_limit() -> u32 {
    static LIMIT: OnceLock<u32> = OnceLock::new();
    *LIMIT.get_or_init(|| if available_parallelism().map_or(1, usize::from) > 1 { 256 } else { 0 })
}
