//! A short look before sleeping.

use std::time::Duration;

use crate::sync::gauge::Gauge;
use crate::sync::hint;
use crate::sync::time::{Deadline, Stopwatch};

use super::patience::{LATE, Patience};
use super::{Attempt, moves};

/// How long one side of something is worth spinning for, learnt from how its last waits ended.
///
/// A wake-up across cores costs as much as copying some 200 KiB, so a partner that is about to act is worth waiting for awake;
/// a partner that is not costs a bounded number of rounds (ALL-1).
///
/// The rounds get longer: the first, *brief* [ones](hint::brief_rounds) catch an answer that is under way, the later, *patient*
/// [ones](hint::patient_rounds) give the core to whoever has work to do, which often is whoever is waited for.
///
/// A wait that *lingers* does not take what it finds at once, but lets it grow first: in a stream of small things, taking each as it comes
/// has both sides fight for the same cache lines, and letting them gather moves many at once. It pays where at least one comes with
/// each yield, which a look now and then (*probing*) finds out; whoever waits for one answer never lingers but then. What comes more slowly is
/// taken at once: letting it pile up keeps more memory in use, which has left the cache when it is used again. It ends where there
/// is [plenty](Attempt::plenty): with more, one side would stand still while the other works.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Spin {
    patience: Patience,
    /// Pauses before the second look at what was found.
    linger: u8,
    waits: u8,
}

/// At most so many yields between two looks at what grows, some 3 µs.
const LINGER_MAX: u8 = 8;

/// No look at what grows begins after so many yields, some 25 µs.
const GATHER_MAX: u8 = 64;

/// Nor after that time, and then it was in vain: a yield to a core that somebody wants may take milliseconds, in each of which something comes.
const GATHER_TIME: Duration = Duration::from_micros(50);

/// The yields of a wait that finds out whether lingering pays.
const PROBE: u8 = 1;

/// Every so many waits one probes.
const PROBE_EVERY: u8 = 16;

impl Spin {
    /// Waits as earlier waits of many threads have taught, and adds what this one does. Of several threads that wait at once, the last to end is
    /// believed.
    pub fn by_habit<R>(habit: &Gauge, wait: impl FnOnce(&mut Self) -> R) -> R {
        let mut spin = Self::recall(habit);
        let result = wait(&mut spin);
        spin.keep(habit);
        result
    }

    fn recall(habit: &Gauge) -> Self {
        // Four bytes that a gauge holds on any machine.
        let [low, high, linger, waits] = (habit.get() as u32).to_le_bytes();
        Self { patience: Patience::from_bits(u16::from_le_bytes([low, high])), linger, waits }
    }

    fn keep(self, habit: &Gauge) {
        let [low, high] = self.patience.bits().to_le_bytes();
        habit.set(u32::from_le_bytes([low, high, self.linger, self.waits]) as usize);
    }

    /// Looks again and again, for a bounded number of rounds, and not much longer than until the deadline. Not briefly if whoever is waited for is
    /// probably `beside` this thread, on the same core, where nobody acts while it is kept.
    pub fn look<A: Attempt>(&mut self, what: &mut A, beside: bool, deadline: Deadline) -> Option<A::Output> {
        self.waits = self.waits.wrapping_add(1);
        if !beside && let Some(output) = self.briefly(what, deadline) {
            return Some(output);
        }
        if !self.patience.has() || moves(self.waits) {
            return None;
        }
        let mut watch = what.comes_anyway().then(Stopwatch::start);
        for look in 0..hint::patient_rounds() {
            if let Some((output, found)) = self.try_once(what) {
                let paid = LATE.saturating_mul(found.try_into().unwrap_or(u32::MAX));
                let slow = watch.as_mut().is_some_and(|watch| watch.lap() > paid);
                self.patience.learn((!slow).then_some(look));
                return Some(output);
            }
            if deadline.passed() {
                return None;
            }
            hint::yield_now();
        }
        self.patience.learn(None);
        None
    }

    /// Looks for a moment and keeps the core. Where another thread does so for the same, a single look is enough, for the core is of more use to
    /// whoever is waited for; but not where patience is left out, and sleep comes next, which costs more than all the brief looks.
    fn briefly<A: Attempt>(&mut self, what: &mut A, deadline: Deadline) -> Option<A::Output> {
        // Not lowered if an attempt panics. Then others look less, and nothing else.
        let others = what.looking().map_or(0, Gauge::raise);
        let cut_short = (others > 0 && !self.patience.is_left_out()) || deadline.passed();
        let rounds = if cut_short { hint::brief_rounds().min(1) } else { hint::brief_rounds() };
        let mut found = None;
        for _ in 0..rounds {
            found = self.try_once(what);
            if found.is_some() {
                break;
            }
            hint::spin_loop();
        }
        if let Some(looking) = what.looking() {
            looking.lower();
        }
        found.map(|(output, _)| output)
    }

    /// Tries if that looks worth it, perhaps a little later. With what was found, how much there seemed to be at first.
    fn try_once<A: Attempt>(&mut self, what: &mut A) -> Option<(A::Output, usize)> {
        let found = what.looks();
        if found == 0 {
            return None;
        }
        self.gather(what, found, GATHER_TIME);
        what.attempt().map(|output| (output, found))
    }

    /// Something was found: waits while it grows, if that has paid lately. Where there is plenty at once, it is tried less.
    fn gather<A: Attempt>(&mut self, what: &A, mut found: usize, time: Duration) {
        let probing = self.linger == 0 && self.waits.is_multiple_of(PROBE_EVERY);
        let mut yields = if probing { PROBE } else { self.linger };
        if yields == 0 {
            return;
        }
        let (mut grew, mut spent, end) = (0, 0, Deadline::after(time));
        'growing: while spent < GATHER_MAX && found < what.plenty() {
            for _ in 0..yields {
                hint::yield_now();
                if end.passed() {
                    grew = 0;
                    break 'growing;
                }
            }
            spent += yields;
            let now = what.looks();
            if now < found + usize::from(yields) {
                break;
            }
            grew += 1;
            found = now;
            yields = (yields * 2).min(LINGER_MAX);
        }
        self.linger = match grew {
            0 => self.linger / 2,
            1 => self.linger.max(PROBE),
            _ => (self.linger.max(PROBE) * 2).min(LINGER_MAX),
        };
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;
