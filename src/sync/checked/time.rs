//! Points in time, as choices of the explorer.

use std::cmp::Ordering;
use std::time::Duration;

use super::explore;

/// A point in time at which a wait gives up, or never.
///
/// They are ordered as they pass; never comes last. Time is the explorer's: it moves on when somebody waits for a deadline and that
/// passes, and not otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Option<Due>);

#[derive(Debug, Clone, Copy)]
struct Due {
    at: Duration,
    /// Whether it passes even if a notification came before it.
    wins: bool,
}

impl Deadline {
    /// No deadline.
    pub const NEVER: Self = Self(None);

    /// A deadline; whether it beats a notification that came in time is the explorer's choice.
    #[must_use]
    pub fn after(wait: Duration) -> Self {
        let due = explore::now().checked_add(wait);
        Self(due.map(|at| Due { at, wins: explore::deadline_wins() }))
    }

    /// Whether it has passed.
    #[must_use]
    pub fn passed(self) -> bool {
        self.0.is_some_and(|due| due.at <= explore::now())
    }

    pub(super) fn is_never(self) -> bool {
        self.0.is_none()
    }

    pub(super) fn wins(self) -> bool {
        self.0.is_some_and(|due| due.wins)
    }

    /// Somebody waited for it and it passed.
    pub(super) fn pass(self) {
        if let Some(due) = self.0 {
            explore::advance(due.at);
        }
    }

    fn key(self) -> (bool, Option<Duration>) {
        (self.is_never(), self.0.map(|due| due.at))
    }
}

impl PartialEq for Deadline {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Deadline {}

impl Ord for Deadline {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Deadline {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Nothing takes time here.
#[derive(Debug)]
pub struct Stopwatch;

impl Stopwatch {
    /// Starts now.
    #[must_use]
    pub fn start() -> Self {
        Self
    }

    /// The time since it was started or read last: none.
    pub fn lap(&mut self) -> Duration {
        Duration::ZERO
    }
}
