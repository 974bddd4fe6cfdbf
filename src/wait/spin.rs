//! A short look before sleeping.

use crate::sync::gauge::Gauge;
use crate::sync::hint;

use super::Attempt;

/// How long one side of something is worth spinning for, learnt from how its last waits ended.
///
/// A wake-up across cores costs as much as copying some 200 KiB, so a partner that is about to act is worth waiting for awake;
/// a partner that is not costs at most [`hint::spin_limit`] rounds, and fewer each time (ALL-1). Never below a
/// quarter of the limit, so that a side that became lively again is noticed.
///
/// The rounds get longer ([`hint::pause`]): the first ones catch an answer that is under way, the later ones give the core to
/// whoever has work to do, which often is whoever is waited for.
///
/// A wait that *lingers* does not take what it finds at once, but lets it grow first: in a stream of small things, taking each as it comes
/// has both sides fight for the same cache lines, and letting them gather moves many at once. It pays where there is more after a
/// moment, which a look now and then (*probing*) finds out; whoever waits for one answer never lingers but then.
#[derive(Debug, Clone, Copy)]
pub struct Spin {
    rounds: u32,
    /// Pauses before the second look at what was found.
    linger: u32,
    waits: u32,
}

/// At most so many pauses between two looks at what grows, some 2 µs: the core is given up that often.
const LINGER_MAX: u32 = 8;

/// At most so many pauses in one wait, some 14 µs.
const GATHER_MAX: u32 = 64;

/// The pauses of a wait that finds out whether lingering pays.
const PROBE: u32 = 1;

/// Every so many waits one probes.
const PROBE_EVERY: u32 = 16;

impl Default for Spin {
    fn default() -> Self {
        Self { rounds: hint::spin_limit(), linger: 0, waits: 0 }
    }
}

impl Spin {
    /// What was learnt by earlier waits of many threads.
    pub fn recall(habit: &Gauge) -> Self {
        let habit = habit.get() as u32;
        Self { linger: habit & 0xff, waits: habit >> 8, ..Self::default() }
    }

    /// Keeps what was learnt.
    pub fn keep(self, habit: &Gauge) {
        habit.set((self.waits << 8 | self.linger) as usize);
    }

    /// Looks again and again, for a bounded number of rounds.
    pub fn look<A: Attempt>(&mut self, what: &mut A) -> Option<A::Output> {
        self.waits = self.waits.wrapping_add(1);
        let limit = hint::spin_limit();
        for round in 0..self.rounds {
            hint::pause(round);
            let found = what.looks();
            if found == 0 {
                continue;
            }
            self.gather(what, found);
            if let Some(output) = what.attempt() {
                self.rounds = (self.rounds * 2).clamp(1, limit);
                return Some(output);
            }
        }
        self.rounds = (self.rounds / 2).max(limit / 4);
        None
    }

    /// Something was found: waits while it grows, if that has paid lately.
    fn gather<A: Attempt>(&mut self, what: &A, mut found: usize) {
        let probing = self.linger == 0 && self.waits.is_multiple_of(PROBE_EVERY);
        let mut pauses = if probing { PROBE } else { self.linger };
        if pauses == 0 {
            return;
        }
        let mut grew = 0;
        let mut spent = 0;
        while spent < GATHER_MAX {
            (0..pauses).for_each(|_| hint::yield_now());
            spent += pauses;
            let now = what.looks();
            if now <= found {
                break;
            }
            grew += 1;
            found = now;
            pauses = (pauses * 2).min(LINGER_MAX);
        }
        self.linger = match grew {
            0 => self.linger / 2,
            1 => self.linger.max(PROBE),
            _ => (self.linger.max(PROBE) * 2).min(LINGER_MAX),
        };
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{LINGER_MAX, PROBE_EVERY, Spin};
    use crate::sync::hint;
    use crate::wait::Attempt;

    /// Something that is found, or not, by every look, and perhaps grows from each to the next.
    struct What {
        found: bool,
        grows: bool,
        amount: std::cell::Cell<usize>,
        looks: std::cell::Cell<u32>,
    }

    fn what(found: bool, grows: bool) -> What {
        What { found, grows, amount: 1.into(), looks: 0.into() }
    }

    impl Attempt for What {
        type Output = ();

        fn attempt(&mut self) -> Option<()> {
            self.found.then_some(())
        }

        fn looks(&self) -> usize {
            self.looks.set(self.looks.get() + 1);
            self.amount.set(self.amount.get() + usize::from(self.grows));
            if self.found { self.amount.get() } else { 0 }
        }

        fn arm(&mut self) -> bool {
            false
        }

        fn disarm(&mut self) -> bool {
            false
        }
    }

    /// Spins in vain; how often it looked.
    fn in_vain(spin: &mut Spin) -> u32 {
        let mut nothing = what(false, false);
        assert!(spin.look(&mut nothing).is_none());
        nothing.looks.get()
    }

    #[test]
    fn spinning_in_vain_gets_shorter_and_never_stops() {
        let (limit, mut spin) = (hint::spin_limit(), Spin::default());
        let tries: Vec<_> = (0..5).map(|_| in_vain(&mut spin)).collect();
        assert_eq!(tries, [limit, limit / 2, limit / 4, limit / 4, limit / 4], "ALL-1");
    }

    #[test]
    fn what_was_worth_it_is_done_longer_within_the_limit() {
        let limit = hint::spin_limit();
        for successes in 0..5 {
            let mut spin = Spin { rounds: limit / 4, ..Spin::default() };
            for _ in 0..successes {
                assert_eq!(spin.look(&mut what(true, false)).is_some(), limit / 4 > 0);
            }
            assert_eq!(in_vain(&mut spin), (limit / 4 * 2u32.pow(successes)).min(limit), "{successes}");
        }
    }

    #[test]
    fn what_grows_is_lingered_for_within_bounds_and_what_does_not_is_not() {
        let mut spin = Spin::default();
        for _ in 0..4 * PROBE_EVERY {
            let _ = spin.look(&mut what(true, true));
        }
        assert_eq!(spin.linger, if hint::spin_limit() > 0 { LINGER_MAX } else { 0 });
        let mut endless = what(true, true);
        let _ = spin.look(&mut endless);
        assert!(endless.looks.get() < 2 * LINGER_MAX + 10, "ALL-1");
        for _ in 0..PROBE_EVERY {
            let _ = spin.look(&mut what(true, false));
        }
        assert_eq!(spin.linger, 0);
    }

    #[test]
    fn habits_are_kept() {
        let habit = crate::sync::gauge::Gauge::default();
        Spin { linger: 5, waits: 77, ..Spin::default() }.keep(&habit);
        let spin = Spin::recall(&habit);
        assert_eq!((spin.linger, spin.waits), (5, 77));
    }
}
