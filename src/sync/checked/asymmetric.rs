//! Two halves of a barrier. No checker knows one that a thread makes another run, so both halves exchange one word: of a light and a
//! heavy half, one comes first, and the other sees what was done before it.

use super::atomic::{AtomicUsize, Ordering};

/// What two sides of a protocol order their stores and loads by.
#[derive(Debug)]
pub struct Barrier(AtomicUsize);

impl Default for Barrier {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl Barrier {
    /// Nothing but its two halves.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// The frequent half.
    #[track_caller]
    pub fn light(&self) {
        self.0.fetch_add(0, Ordering::AcqRel);
    }

    /// The rare half.
    #[must_use]
    #[track_caller]
    pub fn heavy(&self) -> bool {
        self.0.fetch_add(0, Ordering::AcqRel);
        true
    }
}
