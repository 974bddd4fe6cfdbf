//! An eventcount over the standard library's mutex and condition variable, where there is no futex.

use std::sync::{Condvar, Mutex, PoisonError};

use super::time::Deadline;

/// A place to sleep until the next wake-up after a ticket was taken. (Reed and Kanodia, *Synchronization with eventcounts and
/// sequencers*, CACM 1979.)
#[derive(Debug, Default)]
pub struct EventCount {
    count: Mutex<u32>,
    woken: Condvar,
}

impl EventCount {
    /// How many wake-ups there have been. What the caller does afterwards comes after this look.
    #[must_use]
    pub fn ticket(&self) -> u32 {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps, unless there was a wake-up since the ticket. May return without cause.
    pub fn sleep(&self, ticket: u32) {
        self.sleep_until(ticket, Deadline::NEVER);
    }

    /// As [`sleep`](Self::sleep), until `deadline` at the latest.
    pub fn sleep_until(&self, ticket: u32, deadline: Deadline) {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        if *count != ticket {
            return;
        }
        match deadline.left() {
            None => drop(self.woken.wait(count)),
            Some(left) => drop(self.woken.wait_timeout(count, left)),
        }
    }

    /// Wakes one sleeper; keeps all who have an older ticket from falling asleep. What the caller did before comes before it.
    pub fn wake_one(&self) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count = count.wrapping_add(1);
        drop(count);
        self.woken.notify_one();
    }
}
