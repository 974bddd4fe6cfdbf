//! Points in time, as choices of the explorer.

use std::time::Duration;

use super::explore;

/// A point in time at which a wait gives up, or never.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Option<bool>);

impl Deadline {
    /// No deadline.
    pub const NEVER: Self = Self(None);

    /// A deadline; whether it beats a notification that came in time is the explorer's choice.
    #[must_use]
    pub fn after(_wait: Duration) -> Self {
        Self(Some(explore::deadline_wins()))
    }

    pub(super) fn is_never(self) -> bool {
        self.0.is_none()
    }

    pub(super) fn wins(self) -> bool {
        self.0 == Some(true)
    }
}
