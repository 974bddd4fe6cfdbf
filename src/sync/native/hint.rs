//! How long to spin before sleeping.

use std::hint::spin_loop;
use std::sync::OnceLock;
use std::thread::{available_parallelism, yield_now};

/// Rounds of one [`spin_loop`] each.
const SHORT: u32 = 8;

/// Rounds of twice as many as the one before, each.
const DOUBLING: u32 = 8;

/// Rounds that give the core up.
const YIELDING: u32 = 8;

/// At most this many rounds of [`pause`] before a thread goes to sleep; none on a single core, where
/// whoever is waited for cannot run meanwhile.
#[must_use]
pub fn spin_limit() -> u32 {
    static LIMIT: OnceLock<u32> = OnceLock::new();
    *LIMIT.get_or_init(
        || {
            if available_parallelism().map_or(1, usize::from) > 1 { SHORT + DOUBLING + YIELDING } else { 0 }
        },
    )
}

/// One round of a spin, counted from 0: first short looks, then longer and longer pauses, then the core is offered to others.
#[inline]
pub fn pause(round: u32) {
    match round.checked_sub(SHORT) {
        None => spin_loop(),
        Some(longer) if longer < DOUBLING => (0..2 << longer).for_each(|_| spin_loop()),
        Some(_) => yield_now(),
    }
}
