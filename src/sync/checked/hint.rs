//! Spinning is for production: to the explorer a retry is a step like any other.

/// How long to spin before sleeping: not at all.
#[must_use]
pub fn spin_limit() -> u32 {
    0
}

/// Nothing to wait for between two steps of a model.
pub fn pause(_round: u32) {}
