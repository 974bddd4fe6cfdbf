//! What a pump does, measured at next to no cost.
//!
//! A look at the clock costs as much as several short events. So short events share one: the meter looks after each event while
//! events are long, and after a growing number of them while they are short.

use std::time::Duration;

use crate::sync::gauge::Gauge;
use crate::sync::time::Stopwatch;

use super::Account;

/// The most events between two looks.
const MOST: u32 = 32;

/// A stretch of events that took less than this was short.
const SHORT: Duration = Duration::from_micros(2);

/// Counts events and times them, on the pump thread.
#[derive(Debug)]
pub(super) struct Meter {
    watch: Stopwatch,
    /// Events since the last look.
    events: u32,
    /// Events from one look to the next.
    stride: u32,
    account: Account,
}

/// The account as others see it.
#[derive(Debug, Default)]
pub(super) struct Dial {
    events: Gauge,
    longest_nanoseconds: Gauge,
    deepest: Gauge,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self { watch: Stopwatch::start(), events: 0, stride: 1, account: Account::default() }
    }

    /// The pump comes back from elsewhere: what passed meanwhile was no event.
    pub(super) fn start(&mut self) {
        self.watch.lap();
    }

    /// An event has run.
    #[inline]
    pub(super) fn event(&mut self) {
        self.events += 1;
        if self.events >= self.stride {
            self.look();
        }
    }

    /// So many events were waiting at once.
    pub(super) fn found(&mut self, waiting: usize) {
        self.account.deepest = self.account.deepest.max(waiting);
    }

    /// Ends a stretch of events, if there were any.
    fn look(&mut self) {
        if self.events > 0 {
            let lap = self.watch.lap();
            self.took(lap);
        }
    }

    /// The events since the last look took so long.
    fn took(&mut self, lap: Duration) {
        self.stride = if lap < SHORT { (self.stride * 2).min(MOST) } else { 1 };
        self.account.longest = self.account.longest.max(lap);
        self.account.events += u64::from(std::mem::take(&mut self.events));
    }

    /// Ends a stretch of events, and shows everything so far.
    pub(super) fn show(&mut self, dial: &Dial) {
        self.look();
        let Account { events, longest, deepest } = self.account;
        dial.events.set(events as usize);
        dial.longest_nanoseconds.set(longest.as_nanos() as usize);
        dial.deepest.set(deepest);
    }
}

impl Dial {
    pub(super) fn read(&self) -> Account {
        Account {
            events: self.events.get() as u64,
            longest: Duration::from_nanos(self.longest_nanoseconds.get() as u64),
            deepest: self.deepest.get(),
        }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_long_event_is_seen_among_short_ones() {
        let (mut meter, dial) = (Meter::new(), Dial::default());
        for number in 0..1_000 {
            if number == 700 {
                std::thread::sleep(Duration::from_millis(3));
            }
            meter.event();
        }
        meter.found(7);
        meter.found(3);
        meter.show(&dial);
        let account = dial.read();
        assert_eq!((account.events, account.deepest), (1_000, 7));
        assert!(account.longest >= Duration::from_millis(3));
    }

    #[test]
    fn short_events_share_looks_and_long_ones_have_their_own() {
        let mut meter = Meter { stride: 3, ..Meter::new() };
        for counts in [(1, 0), (2, 0), (0, 3)] {
            meter.event();
            assert_eq!((meter.events, meter.account.events), counts);
        }
        meter.stride = 1;
        for stride in [2, 4, 8, 16, MOST, MOST] {
            meter.took(SHORT - Duration::from_nanos(1));
            assert_eq!(meter.stride, stride);
        }
        meter.took(SHORT);
        assert_eq!(meter.stride, 1);
    }

    #[test]
    fn what_is_no_event_takes_no_time() {
        let (mut meter, dial) = (Meter::new(), Dial::default());
        std::thread::sleep(Duration::from_millis(3));
        meter.show(&dial);
        assert_eq!(dial.read(), Account::default());
        let mut beside = Stopwatch::start();
        meter.start();
        meter.event();
        meter.show(&dial);
        let Account { events, longest, .. } = dial.read();
        assert!(events == 1 && longest <= beside.lap(), "{longest:?}");
    }
}
