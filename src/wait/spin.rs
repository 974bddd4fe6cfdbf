//! A short look before sleeping.

use crate::sync::gauge::Gauge;
use crate::sync::hint;
use crate::sync::time::Deadline;

use super::Attempt;
use super::patience::Patience;

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

/// The yields of a wait that finds out whether lingering pays.
const PROBE: u8 = 1;

/// Every so many waits one probes.
const PROBE_EVERY: u8 = 16;

impl Spin {
    /// What was learnt by earlier waits of many threads.
    pub fn recall(habit: &Gauge) -> Self {
        // Four bytes that a gauge holds on any machine.
        let [low, high, linger, waits] = (habit.get() as u32).to_le_bytes();
        Self { patience: Patience::from_bits(u16::from_le_bytes([low, high])), linger, waits }
    }

    /// Keeps what was learnt. Of several threads that wait at once, the last to end is believed.
    pub fn keep(self, habit: &Gauge) {
        let [low, high] = self.patience.bits().to_le_bytes();
        habit.set(u32::from_le_bytes([low, high, self.linger, self.waits]) as usize);
    }

    /// Looks again and again, for a bounded number of rounds, and not much longer than until the deadline.
    pub fn look<A: Attempt>(&mut self, what: &mut A, deadline: Deadline) -> Option<A::Output> {
        self.waits = self.waits.wrapping_add(1);
        if let Some(output) = self.briefly(what, deadline) {
            return Some(output);
        }
        if !self.patience.has() {
            return None;
        }
        for look in 0..hint::patient_rounds() {
            if let Some(output) = self.try_once(what) {
                self.patience.learn(Some(look));
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
    /// whoever is waited for; but not where sleep comes next, which costs more than all the brief looks.
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
        found
    }

    /// Tries if that looks worth it, perhaps a little later.
    fn try_once<A: Attempt>(&mut self, what: &mut A) -> Option<A::Output> {
        let found = what.looks();
        if found == 0 {
            return None;
        }
        self.gather(what, found);
        what.attempt()
    }

    /// Something was found: waits while it grows, if that has paid lately. Where there is plenty at once, it is tried less.
    fn gather<A: Attempt>(&mut self, what: &A, mut found: usize) {
        let probing = self.linger == 0 && self.waits.is_multiple_of(PROBE_EVERY);
        let mut yields = if probing { PROBE } else { self.linger };
        if yields == 0 {
            return;
        }
        let mut grew = 0;
        let mut spent = 0;
        while spent < GATHER_MAX && found < what.plenty() {
            (0..yields).for_each(|_| hint::yield_now());
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
mod tests {
    use super::{GATHER_MAX, LINGER_MAX, PROBE, PROBE_EVERY, Spin};
    use std::time::Duration;

    use crate::sync::gauge::Gauge;
    use crate::sync::hint;
    use crate::sync::time::Deadline;
    use crate::wait::Attempt;
    use crate::wait::patience::LATE;

    /// Something that is found, or not, by every look, and perhaps grows with each of the first ones.
    struct What {
        found: bool,
        /// After so many looks.
        later: u32,
        grows: u32,
        /// By so much each time.
        by: usize,
        plenty: usize,
        /// How many threads look for it.
        looking: Gauge,
        /// How many did at most, this one included.
        crowd: std::cell::Cell<usize>,
        amount: std::cell::Cell<usize>,
        looks: std::cell::Cell<u32>,
    }

    const ENDLESSLY: u32 = u32::MAX;

    fn what(found: bool, grows: u32) -> What {
        What {
            found,
            later: 0,
            grows,
            by: LINGER_MAX.into(),
            plenty: usize::MAX,
            looking: Gauge::default(),
            crowd: 0.into(),
            amount: 1.into(),
            looks: 0.into(),
        }
    }

    impl Attempt for What {
        type Output = ();

        fn attempt(&mut self) -> Option<()> {
            self.found.then_some(())
        }

        fn looks(&self) -> usize {
            self.looks.set(self.looks.get() + 1);
            self.crowd.set(self.crowd.get().max(self.looking.get()));
            let grows = self.looks.get() <= self.grows;
            self.amount.set(self.amount.get() + if grows { self.by } else { 0 });
            if self.found && self.looks.get() > self.later { self.amount.get() } else { 0 }
        }

        fn looking(&self) -> Option<&Gauge> {
            Some(&self.looking)
        }

        fn plenty(&self) -> usize {
            self.plenty
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
        let mut nothing = what(false, 0);
        assert!(spin.look(&mut nothing, Deadline::NEVER).is_none());
        nothing.looks.get()
    }

    /// How many rounds there are at most.
    fn limit() -> u32 {
        hint::brief_rounds() + hint::patient_rounds()
    }

    #[test]
    fn patience_that_does_not_pay_is_left_out_of_the_next_waits() {
        let (limit, brief) = (limit(), hint::brief_rounds());
        let mut spin = Spin::default();
        assert_eq!([in_vain(&mut spin), in_vain(&mut spin)], [limit, brief], "ALL-1");
        // What is found after so many rounds pays, or not.
        for (rounds, then) in [(brief, limit), (brief + LATE - 1, limit), (brief + LATE, brief)] {
            let mut spin = Spin::default();
            let mut late = What { later: rounds, ..what(true, 0) };
            assert_eq!(spin.look(&mut late, Deadline::NEVER).is_some(), limit > 0);
            assert_eq!(in_vain(&mut spin), then, "found after {rounds} rounds");
        }
    }

    #[test]
    fn what_is_found_at_once_says_nothing_about_patience() {
        let mut spin = Spin::default();
        for _ in 0..2 {
            while in_vain(&mut spin) < limit() {}
            let learnt = spin.patience;
            for _ in 0..100 {
                assert_eq!(spin.look(&mut what(true, 0), Deadline::NEVER).is_some(), limit() > 0);
            }
            assert_eq!(spin.patience, learnt);
        }
    }

    #[test]
    fn nobody_is_patient_beyond_a_deadline_or_learns_from_that() {
        let (mut spin, mut nothing) = (Spin::default(), what(false, 0));
        assert!(spin.look(&mut nothing, Deadline::after(Duration::ZERO)).is_none());
        assert_eq!(nothing.looks.get(), limit().min(2), "one of each phase");
        assert_eq!(in_vain(&mut spin), limit());
        // Which has left patience out of the next wait.
        let mut nothing = what(false, 0);
        assert!(spin.look(&mut nothing, Deadline::after(Duration::ZERO)).is_none());
        assert_eq!(nothing.looks.get(), limit().min(1), "without patience");
    }

    #[test]
    fn what_another_always_takes_first_is_tried_within_bounds() {
        struct Taken(u32);
        impl Attempt for Taken {
            type Output = ();

            fn attempt(&mut self) -> Option<()> {
                self.0 += 1;
                None
            }

            fn arm(&mut self) -> bool {
                false
            }

            fn disarm(&mut self) -> bool {
                false
            }
        }
        let (mut spin, mut taken) = (Spin::default(), Taken(0));
        assert_eq!((spin.look(&mut taken, Deadline::NEVER), taken.0), (None, limit()), "ALL-1");
    }

    #[test]
    fn what_grows_is_lingered_for_within_bounds_and_what_does_not_is_not() {
        let mut spin = Spin::default();
        for _ in 0..4 * PROBE_EVERY {
            let _ = spin.look(&mut what(true, ENDLESSLY), Deadline::NEVER);
        }
        assert_eq!(spin.linger, if limit() > 0 { LINGER_MAX } else { 0 });
        let mut endless = what(true, ENDLESSLY);
        let _ = spin.look(&mut endless, Deadline::NEVER);
        assert!(endless.looks.get() < u32::from(2 * LINGER_MAX + 10), "ALL-1");
        for _ in 0..PROBE_EVERY {
            let _ = spin.look(&mut what(true, 0), Deadline::NEVER);
        }
        assert_eq!(spin.linger, 0);
    }

    /// Gathers what grows with so many looks; how often it looked.
    fn gather(spin: &mut Spin, grows: u32) -> u32 {
        let what = what(true, grows);
        spin.gather(&what, 1);
        what.looks.get()
    }

    #[test]
    fn only_who_lingers_or_probes_looks_again() {
        for (linger, waits, looks) in
            [(0, PROBE_EVERY - 1, 0), (0, PROBE_EVERY, 1), (1, PROBE_EVERY - 1, 1), (1, PROBE_EVERY, 1)]
        {
            let mut spin = Spin { linger, waits, ..Spin::default() };
            assert_eq!(gather(&mut spin, 0), looks, "linger {linger}, wait {waits}");
        }
    }

    #[test]
    fn yields_double_while_it_grows_and_end_in_time() {
        let looks = |linger| gather(&mut Spin { linger, ..Spin::default() }, ENDLESSLY);
        assert_eq!(looks(LINGER_MAX), u32::from(GATHER_MAX / LINGER_MAX), "ALL-1");
        // 1, 2 and 4 yields, then so many each time.
        assert_eq!(looks(1), u32::from(3 + (GATHER_MAX - 7).div_ceil(LINGER_MAX)), "ALL-1");
    }

    #[test]
    fn a_wait_lingers_half_as_long_as_long_or_twice_as_long_as_the_last() {
        for (linger, grows, then) in
            [(4, 0, 2), (1, 0, 0), (4, 1, 4), (4, 2, 8), (LINGER_MAX, 3, LINGER_MAX), (0, 1, PROBE), (0, 2, 2 * PROBE)]
        {
            let mut spin = Spin { linger, ..Spin::default() };
            gather(&mut spin, grows);
            assert_eq!(spin.linger, then, "lingered {linger}, grew {grows} times");
        }
    }

    #[test]
    fn plenty_is_not_lingered_for() {
        let mut spin = Spin { linger: LINGER_MAX, ..Spin::default() };
        let mut enough = What { plenty: 2 * usize::from(LINGER_MAX) + 1, ..what(true, ENDLESSLY) };
        let found = spin.look(&mut enough, Deadline::NEVER);
        assert_eq!(found.map(|()| enough.looks.get()), (limit() > 0).then_some(2));
    }

    #[test]
    fn what_grows_by_less_than_one_a_yield_is_not_lingered_for() {
        for (linger, by, looks) in [(LINGER_MAX, LINGER_MAX - 1, 1), (4, 4, 2), (4, 3, 1), (1, 1, 2)] {
            let mut spin = Spin { linger, ..Spin::default() };
            let what = What { by: by.into(), ..what(true, ENDLESSLY) };
            spin.gather(&what, 1);
            assert_eq!(what.looks.get(), looks, "lingered {linger}, grew by {by}");
        }
    }

    #[test]
    fn of_those_who_look_for_the_same_one_keeps_its_core() {
        let (brief, patient) = (hint::brief_rounds(), hint::patient_rounds());
        let one = brief.min(1);
        // How many others look, whether patience comes next, and how often this one looks.
        for (others, patience, looks) in [
            (0, true, brief + patient),
            (1, true, one + patient),
            (7, true, one + patient),
            (0, false, brief),
            (1, false, brief),
        ] {
            let (mut spin, mut nothing) = (Spin::default(), what(false, 0));
            if !patience {
                in_vain(&mut spin);
            }
            (0..others).for_each(|_| _ = nothing.looking.raise());
            assert!(spin.look(&mut nothing, Deadline::NEVER).is_none());
            assert_eq!(nothing.looks.get(), looks, "{others} look, patience: {patience}");
            let crowd = if one > 0 { others + 1 } else { 0 };
            assert_eq!(
                (nothing.crowd.get(), nothing.looking.get()),
                (crowd, others),
                "while it looks briefly, and then"
            );
            let mut found = What { looking: nothing.looking, ..what(true, 0) };
            let _ = spin.look(&mut found, Deadline::NEVER);
            assert_eq!(found.looking.get(), others, "nor where it found something");
        }
    }

    #[test]
    fn habits_are_kept() {
        let habit = Gauge::default();
        assert_eq!(Spin::recall(&habit), Spin::default());
        let mut spin = Spin { linger: 5, waits: 77, ..Spin::default() };
        in_vain(&mut spin);
        spin.keep(&habit);
        assert_eq!(Spin::recall(&habit), spin);
    }
}
