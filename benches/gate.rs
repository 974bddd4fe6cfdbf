//! A start for several threads at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Holds threads back until all have come, without putting one to sleep: they set out within a fraction of a microsecond.
#[derive(Debug)]
pub struct Gate {
    missing: AtomicUsize,
}

impl Gate {
    /// A gate for so many threads, once.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        Self { missing: AtomicUsize::new(threads) }
    }

    /// Waits for the others.
    pub fn pass(&self) {
        self.missing.fetch_sub(1, Ordering::AcqRel);
        // There may be fewer cores than threads: yield, don't spin.
        while self.missing.load(Ordering::Acquire) > 0 {
            thread::yield_now();
        }
    }
}
