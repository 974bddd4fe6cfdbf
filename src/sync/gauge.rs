//! Numbers outside of every protocol.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A number that any thread may write and read, in no order with anything: for statistics, and for a look before an attempt
/// that costs more. Nothing that is correct may depend on it, so no checker is told of it: in all worlds it is std's atomic.
#[derive(Debug, Default)]
pub struct Gauge(AtomicUsize);

impl Gauge {
    /// Writes.
    #[inline]
    pub fn set(&self, value: usize) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Writes, if that changes anything: a line that others read stays with them else.
    #[inline]
    pub fn update(&self, value: usize) {
        if self.get() != value {
            self.set(value);
        }
    }

    /// Adds one. What it was before.
    #[inline]
    pub fn raise(&self) -> usize {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes one off again.
    #[inline]
    pub fn lower(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// Reads what was written lately.
    #[inline]
    #[must_use]
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}
