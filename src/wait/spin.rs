//! A short look before sleeping.

use crate::sync::hint;

/// How long one side of something is worth spinning for, learnt from how its last waits ended.
///
/// A wake-up across cores costs as much as copying some 200 KiB, so a partner that is about to act is worth waiting for awake;
/// a partner that is not costs at most [`hint::spin_limit`] rounds, and fewer each time (ALL-1). Never below a
/// sixteenth of the limit, so that a side that became lively again is noticed.
#[derive(Debug)]
pub struct Spin {
    rounds: u32,
}

impl Default for Spin {
    fn default() -> Self {
        Self { rounds: hint::spin_limit() / 4 }
    }
}

impl Spin {
    /// Tries again and again, for a bounded number of rounds.
    pub fn until<R>(&mut self, mut attempt: impl FnMut() -> Option<R>) -> Option<R> {
        let limit = hint::spin_limit();
        for _ in 0..self.rounds {
            hint::spin_loop();
            if let Some(output) = attempt() {
                self.rounds = (self.rounds * 2).clamp(1, limit);
                return Some(output);
            }
        }
        self.rounds = (self.rounds / 2).max(limit / 16);
        None
    }
}
