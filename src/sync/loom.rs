//! What the checked world takes from loom.

pub(super) use loom::cell::UnsafeCell;
pub(super) use loom::sync::atomic::{AtomicUsize, fence};
pub(super) use loom::sync::{Condvar, Mutex, MutexGuard};
pub(super) use loom::thread;
pub use loom::thread_local;

/// Lives as long as a block of memory; one that outlives its execution is a leak to loom.
pub(super) type LeakCheck = loom::alloc::Track<()>;

pub(super) fn leak_check() -> LeakCheck {
    LeakCheck::new(())
}
