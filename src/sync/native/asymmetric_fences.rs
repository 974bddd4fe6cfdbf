//! Two halves of a barrier, where the system has no way to make another thread run one: each runs its own.

use std::sync::atomic::{AtomicUsize, Ordering, fence};

/// Reads a word after everything that this thread stored before.
#[inline]
pub fn light(word: &AtomicUsize, order: Ordering) -> usize {
    fence(Ordering::SeqCst);
    word.load(order)
}

/// Follows a change of the word. True: the system has promised nothing that it could take back.
#[must_use]
pub fn heavy(_word: &AtomicUsize) -> bool {
    fence(Ordering::SeqCst);
    true
}
