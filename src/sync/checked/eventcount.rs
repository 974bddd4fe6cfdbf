//! An eventcount under the checker's lock.

use super::lock::{Condvar, Mutex};
use super::time::Deadline;

/// A place to sleep until the next wake-up after a ticket was taken.
#[derive(Debug, Default)]
pub struct EventCount {
    count: Mutex<u32>,
    woken: Condvar,
}

impl EventCount {
    /// How many wake-ups there have been.
    #[must_use]
    #[track_caller]
    pub fn ticket(&self) -> u32 {
        *self.count.lock()
    }

    /// Sleeps, unless there was a wake-up since the ticket. May return without cause, where the explorer says so.
    #[track_caller]
    pub fn sleep(&self, ticket: u32) {
        let count = self.count.lock();
        if *count == ticket {
            drop(self.woken.wait_until(count, Deadline::NEVER));
        }
    }

    /// Wakes one sleeper; keeps all who have an older ticket from falling asleep.
    #[track_caller]
    pub fn wake_one(&self) {
        *self.count.lock() += 1;
        self.woken.notify_one();
    }
}
