//! Two halves of a barrier, where the system has no way to make another thread run one: each runs its own.

use std::sync::atomic::{Ordering, fence};

/// What two sides of a protocol order their stores and loads by.
#[derive(Debug, Default)]
pub struct Barrier;

impl Barrier {
    /// Nothing but its two halves.
    #[must_use]
    pub fn new() -> Self {
        Self
    }

    /// The frequent half.
    #[inline]
    pub fn light(&self) {
        fence(Ordering::SeqCst);
    }

    /// The rare half. True: the system has promised nothing that it could take back.
    #[must_use]
    pub fn heavy(&self) -> bool {
        fence(Ordering::SeqCst);
        true
    }
}
