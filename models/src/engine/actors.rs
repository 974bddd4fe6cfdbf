//! How many actors are at work: what a scheduler has to know about the main thread.
//!
//! Outside the checkers' knowledge: both run all threads of a model on one thread of the system.

use std::cell::Cell;

std::thread_local! {
    static AT_WORK: Cell<u32> = const { Cell::new(0) };
}

/// An execution begins.
pub fn begin() {
    AT_WORK.set(0);
}

/// An actor is about to be spawned.
pub fn spawned() {
    AT_WORK.set(AT_WORK.get() + 1);
}

/// An actor has been joined.
pub fn joined() {
    AT_WORK.set(AT_WORK.get().saturating_sub(1));
}

/// Actors spawned and not yet joined.
#[must_use]
pub fn at_work() -> u32 {
    AT_WORK.get()
}
