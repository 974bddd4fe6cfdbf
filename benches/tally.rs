//! Counting on a pump what another thread waits for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// Counts down on one thread; others look at it, or sleep until it is through. On a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Tally {
    left: AtomicU64,
    through: Mutex<bool>,
    changed: Condvar,
}

impl Tally {
    /// A tally that expects nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { left: AtomicU64::new(0), through: Mutex::new(true), changed: Condvar::new() }
    }

    /// Expects so many, while nobody counts.
    pub fn expect(&self, count: u64) {
        self.left.store(count, Ordering::Relaxed);
        self.set_through(count == 0);
    }

    /// Counts one. Always on the same thread, so a plain store will do.
    #[inline]
    pub fn count(&self) {
        let left = self.left.load(Ordering::Relaxed) - 1;
        self.left.store(left, Ordering::Release);
        if left == 0 {
            self.set_through(true);
        }
    }

    /// How many are still to come.
    #[must_use]
    #[inline]
    pub fn left(&self) -> u64 {
        self.left.load(Ordering::Acquire)
    }

    /// Sleeps until none is left.
    pub fn wait(&self) {
        let through = self.through.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_while(through, |through| !*through));
    }

    fn set_through(&self, now: bool) {
        *self.through.lock().unwrap_or_else(PoisonError::into_inner) = now;
        self.changed.notify_all();
    }
}
