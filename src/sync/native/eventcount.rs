//! An eventcount over the kernel's futex.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::thread::futex::{self, Flags, Timespec};
use rustix::time::{ClockId, clock_gettime};

use super::time::Deadline;

/// A place to sleep until the next wake-up after a ticket was taken. (Reed and Kanodia, *Synchronization with eventcounts and
/// sequencers*, CACM 1979.)
#[derive(Debug, Default)]
pub struct EventCount(AtomicU32);

impl EventCount {
    /// How many wake-ups there have been. What the caller does afterwards comes after this look.
    #[must_use]
    pub fn ticket(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    /// Sleeps, unless there was a wake-up since the ticket. May return without cause.
    pub fn sleep(&self, ticket: u32) {
        self.sleep_until(ticket, Deadline::NEVER);
    }

    /// As [`sleep`](Self::sleep), until `deadline` at the latest.
    pub fn sleep_until(&self, ticket: u32, deadline: Deadline) {
        // As the standard library waits: until a point of the monotonic clock, whoever wakes.
        let until = deadline.left().map(from_now);
        // An error is a wake-up before the sleep, a signal, or the end of the time: all of them are reasons to return.
        let _ = futex::wait_bitset(&self.0, Flags::PRIVATE, ticket, until.as_ref(), NonZeroU32::MAX);
    }

    /// Wakes one sleeper; keeps all who have an older ticket from falling asleep. What the caller did before comes before it.
    pub fn wake_one(&self) {
        self.0.fetch_add(1, Ordering::Release);
        // Nobody else has an address like this, so there is nothing to refuse.
        let _ = futex::wake(&self.0, Flags::PRIVATE, 1);
    }
}

/// That much later, by the monotonic clock; the end of its time, if it is after that.
fn from_now(left: Duration) -> Timespec {
    let now = clock_gettime(ClockId::Monotonic);
    let nanoseconds = now.tv_nsec + i64::from(left.subsec_nanos());
    let seconds = i64::try_from(left.as_secs()).unwrap_or(i64::MAX);
    Timespec {
        tv_sec: now.tv_sec.saturating_add(seconds).saturating_add(nanoseconds / 1_000_000_000),
        tv_nsec: nanoseconds % 1_000_000_000,
    }
}
