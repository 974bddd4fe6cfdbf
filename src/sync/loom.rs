//! What the checked world takes from loom.

pub(super) use loom::cell::UnsafeCell;
pub(super) use loom::sync::atomic::{AtomicUsize, Ordering, fence};
pub(super) use loom::sync::{Condvar, Mutex, MutexGuard};
pub(super) use loom::thread;
pub use loom::thread_local;

/// A load may return what is not the newest value any more.
pub(super) const LOADS_MAY_BE_STALE: bool = true;

/// A look at a word that the same thread is about to exchange.
///
/// loom keeps one last access per atomic: a load right before one's own exchange would hide other threads' loads from that
/// exchange, and interleavings would be skipped (loom issues 166 and 392). An exchange that always fails is seen as what it is.
pub(super) fn look(word: &AtomicUsize, order: Ordering) -> usize {
    match word.compare_exchange(usize::MAX, usize::MAX, order, order) {
        Ok(found) | Err(found) => found,
    }
}

/// Lives as long as a block of memory; one that outlives its execution is a leak to loom.
pub(super) type LeakCheck = loom::alloc::Track<()>;

pub(super) fn leak_check() -> LeakCheck {
    LeakCheck::new(())
}
