//! The std world: production, stress, benchmarks.

#[cfg_attr(not(target_os = "linux"), path = "asymmetric_fences.rs")]
pub mod asymmetric;
#[cfg_attr(not(target_os = "linux"), path = "eventcount_std.rs")]
pub mod eventcount;
pub mod hint;
mod lock;
mod pace;
pub mod panic;
#[cfg_attr(not(target_arch = "x86_64"), path = "prefetch_elsewhere.rs")]
mod prefetch;
pub mod thread;
pub mod time;

pub use lock::{Condvar, Mutex, MutexGuard};
pub use std::thread_local;

/// Atomics and fences.
pub mod atomic {
    pub use std::sync::atomic::{AtomicUsize, Ordering, fence};

    /// Reads a word that the same thread is about to exchange; the exchange tells whether it still was true.
    #[inline(always)]
    #[must_use]
    pub fn look(word: &AtomicUsize, order: Ordering) -> usize {
        word.load(order)
    }
}

/// Memory that a protocol guards: `with` to read, `with_mut` to write.
#[derive(Debug)]
#[repr(transparent)]
pub struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    /// A cell that holds `value`.
    pub const fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    /// Reads through the pointer, inside `access`.
    #[inline(always)]
    pub fn with<R>(&self, access: impl FnOnce(*const T) -> R) -> R {
        access(self.0.get())
    }

    /// Writes through the pointer, inside `access`.
    #[inline(always)]
    pub fn with_mut<R>(&self, access: impl FnOnce(*mut T) -> R) -> R {
        access(self.0.get())
    }
}

/// Nothing is tracked in production.
#[derive(Debug)]
pub(super) struct Track;

impl Track {
    pub(super) fn new(_len: usize) -> Self {
        Self
    }

    #[inline(always)]
    pub(super) fn read(&self, _at: usize, _len: usize) {}

    #[inline(always)]
    pub(super) fn write(&self, _at: usize, _len: usize) {}
}
