//! What the checked world takes from shuttle.

pub(super) use shuttle::sync::atomic::{AtomicUsize, Ordering, fence};
pub(super) use shuttle::sync::{Condvar, Mutex, MutexGuard};
pub(super) use shuttle::thread;
pub use shuttle::thread_local;

/// A load returns the newest value.
pub(super) const LOADS_MAY_BE_STALE: bool = false;

/// A look at a word that the same thread is about to exchange.
pub(super) fn look(word: &AtomicUsize, order: Ordering) -> usize {
    word.load(order)
}

/// Shuttle does not look for leaks.
pub(super) type LeakCheck = ();

pub(super) fn leak_check() -> LeakCheck {}

/// Shuttle has no race detection, so its cell is the plain one under loom's interface.
#[derive(Debug)]
pub(super) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub(super) fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    pub(super) fn with<R>(&self, access: impl FnOnce(*const T) -> R) -> R {
        access(self.0.get())
    }

    pub(super) fn with_mut<R>(&self, access: impl FnOnce(*mut T) -> R) -> R {
        access(self.0.get())
    }
}
