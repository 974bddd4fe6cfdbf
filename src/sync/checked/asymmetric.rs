//! Two halves of a barrier. No checker knows one that a thread makes another run, so both halves exchange the word that they are about:
//! one comes first. If that is the heavy one, the light one meets the change; else the heavy one sees what was stored before.
//!
//! Nothing more: the light half releases, the heavy one acquires. Whoever wants to see what stands behind the change says so.

use std::panic::Location;

use super::atomic::{AtomicUsize, Ordering};
use super::orderings::effective;

/// The frequent half: reads the word.
#[track_caller]
pub fn light(word: &AtomicUsize, order: Ordering) -> usize {
    match effective(order, Location::caller(), 0) {
        Ordering::Relaxed => word.exchange_nothing("light Relaxed", Ordering::Release),
        _ => word.exchange_nothing("light Acquire", Ordering::AcqRel),
    }
}

/// The rare half, after a change of the word.
#[must_use]
#[track_caller]
pub fn heavy(word: &AtomicUsize) -> bool {
    word.exchange_nothing("heavy", Ordering::Acquire);
    true
}
