//! A look before sleeping, for a side of a stream.

use crate::sync::hint;

use super::Attempt;

/// At most so many pauses come before the first look, some 4 µs.
const LINGER_MAX: u8 = 128;

/// Every so many waits the first look comes early all the same.
const PROBE_EVERY: u8 = 8;

/// After a wait that sleeps in spite of long patience, so many waits sleep without it.
const IMPATIENT_WAITS: u8 = 7;

/// How one side of a stream waits before it sleeps, learnt from how its last waits ended.
///
/// Sleeping and being woken across cores costs 5 to 50 µs, as much as copying some 200 KiB; so a partner that is about to act is
/// worth waiting for awake. How long is bounded (ALL-1), in two phases: *brief* looks, with a pause of the processor between
/// them, then *patient* ones, with the core given up in between, so that threads that outnumber the cores get on. Patience that
/// was in vain is left out of the next waits, and then tried again: two sides that have fallen into waking each other find
/// back to staying awake.
///
/// A side that *lingers* lets some time go by before its first look. In a stream of tiny elements the partner is on its way to the
/// next one while this side has just found none; looking at once would take the cache line away from it for each of them, and
/// lingering gathers many. It pays where the first look always succeeds and meets little, so that is when it is made longer.
/// Whoever answers instead, as in a round trip, takes longer than a first look that comes early: probing shows that.
#[derive(Debug)]
pub struct StreamSpin {
    /// Pauses before the first look.
    linger: u8,
    waits: u8,
    /// So many waits to come have no patience.
    impatient: u8,
}

impl Default for StreamSpin {
    fn default() -> Self {
        Self { linger: 1, waits: 0, impatient: 0 }
    }
}

impl StreamSpin {
    /// Looks for a moment.
    pub fn briefly<A: Attempt>(&mut self, what: &mut A) -> Option<A::Output> {
        self.waits = self.waits.wrapping_add(1);
        let probing = self.waits.is_multiple_of(PROBE_EVERY);
        let linger = if probing { 1 } else { self.linger };
        for look in 0..hint::brief_looks() {
            let pauses = if look == 0 { linger } else { 1 };
            (0..pauses).for_each(|_| hint::spin_loop());
            if let Some(output) = what.attempt() {
                self.linger = match look == 0 && what.little(&output) {
                    true if probing => self.linger,
                    true => linger.saturating_mul(2).min(LINGER_MAX),
                    false => 1,
                };
                return Some(output);
            }
        }
        self.linger = 1;
        None
    }

    /// Looks for a while, giving up the core in between.
    pub fn patiently<A: Attempt>(&mut self, what: &mut A) -> Option<A::Output> {
        if self.impatient > 0 {
            self.impatient -= 1;
            return None;
        }
        for _ in 0..hint::patient_looks() {
            hint::yield_now();
            if let Some(output) = what.attempt() {
                return Some(output);
            }
        }
        self.impatient = IMPATIENT_WAITS;
        None
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{IMPATIENT_WAITS, LINGER_MAX, PROBE_EVERY, StreamSpin};
    use crate::sync::hint;
    use crate::wait::Attempt;

    /// Succeeds at that look, from 1; counts them.
    struct Looks {
        succeeds: u32,
        little: bool,
        looks: u32,
    }

    impl Looks {
        fn at(succeeds: u32, little: bool) -> Self {
            Self { succeeds, little, looks: 0 }
        }
    }

    impl Attempt for Looks {
        type Output = ();

        fn attempt(&mut self) -> Option<()> {
            self.looks += 1;
            (self.looks == self.succeeds).then_some(())
        }

        fn arm(&mut self) -> bool {
            false
        }

        fn disarm(&mut self) -> bool {
            false
        }

        fn little(&self, _: &()) -> bool {
            self.little
        }
    }

    /// Looks briefly; what the next wait lingers.
    fn linger(spin: &mut StreamSpin, mut what: Looks) -> u8 {
        assert_eq!(spin.briefly(&mut what).is_some(), what.looks == what.succeeds);
        spin.linger
    }

    #[test]
    fn looks_are_bounded_and_all_of_them_are_made() {
        let (mut spin, mut never) = (StreamSpin::default(), Looks::at(0, false));
        assert!(spin.briefly(&mut never).is_none());
        assert_eq!(never.looks, hint::brief_looks(), "ALL-1");
        assert!(spin.patiently(&mut never).is_none());
        assert_eq!(never.looks, hint::brief_looks() + hint::patient_looks(), "ALL-1");
    }

    #[test]
    fn patience_in_vain_is_left_out_for_a_while() {
        let mut spin = StreamSpin::default();
        for _ in 0..3 {
            let mut never = Looks::at(0, false);
            assert!(spin.patiently(&mut never).is_none());
            assert_eq!(never.looks, hint::patient_looks());
            for _ in 0..IMPATIENT_WAITS {
                let mut impatient = Looks::at(1, false);
                assert_eq!((spin.patiently(&mut impatient), impatient.looks), (None, 0));
            }
        }
        let mut last = Looks::at(hint::patient_looks(), false);
        assert_eq!(spin.patiently(&mut last).is_some(), hint::patient_looks() > 0);
        assert_eq!(spin.impatient, 0, "what was worth it is done again");
    }

    #[test]
    fn what_brings_little_at_once_is_lingered_for() {
        if hint::brief_looks() < 2 {
            return;
        }
        let mut spin = StreamSpin::default();
        for wait in 1..2 * PROBE_EVERY {
            let before = spin.linger;
            let after = linger(&mut spin, Looks::at(1, true));
            let is_probe = wait % PROBE_EVERY == 0;
            assert_eq!(after, if is_probe { before } else { before.saturating_mul(2).min(LINGER_MAX) }, "wait {wait}");
        }
        assert_eq!(spin.linger, LINGER_MAX);
        assert_eq!(linger(&mut spin, Looks::at(2, true)), 1, "a probe, and it came too early");
        for other in [Looks::at(2, true), Looks::at(1, false), Looks::at(0, true)] {
            spin.linger = 8;
            assert_eq!(linger(&mut spin, other), 1);
        }
    }
}
