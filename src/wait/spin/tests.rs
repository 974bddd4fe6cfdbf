use std::time::Duration;

use super::{GATHER_MAX, LINGER_MAX, PROBE, PROBE_EVERY, Spin};
use crate::sync::gauge::Gauge;
use crate::sync::hint;
use crate::sync::time::Deadline;
use crate::wait::Attempt;
use crate::wait::patience::{LATE, late};

/// Something that is found, or not, by every look, and perhaps grows with each of the first ones.
struct What {
    found: bool,
    /// After so many looks.
    later: u32,
    grows: u32,
    /// By so much each time.
    by: usize,
    plenty: usize,
    comes_anyway: bool,
    /// What an attempt takes.
    takes: Duration,
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
        comes_anyway: false,
        takes: Duration::ZERO,
        looking: Gauge::default(),
        crowd: 0.into(),
        amount: 1.into(),
        looks: 0.into(),
    }
}

impl Attempt for What {
    type Output = ();

    fn attempt(&mut self) -> Option<()> {
        let end = Deadline::after(self.takes);
        while !end.passed() {
            hint::spin_loop();
        }
        self.found.then_some(())
    }

    fn comes_anyway(&self) -> bool {
        self.comes_anyway
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
    assert!(spin.look(&mut nothing, false, Deadline::NEVER).is_none());
    nothing.looks.get()
}

/// How many rounds there are at most.
fn limit() -> u32 {
    hint::settle();
    hint::brief_rounds() + hint::patient_rounds()
}

#[test]
fn patience_that_does_not_pay_is_left_out_of_the_next_waits() {
    let (limit, brief) = (limit(), hint::brief_rounds());
    let mut spin = Spin::default();
    assert_eq!([in_vain(&mut spin), in_vain(&mut spin)], [limit, brief], "ALL-1");
    // What is found after so many rounds pays, or not.
    for (rounds, then) in [(brief, limit), (brief + late() - 1, limit), (brief + late(), brief)] {
        let mut spin = Spin::default();
        let mut found = What { later: rounds, ..what(true, 0) };
        assert_eq!(spin.look(&mut found, false, Deadline::NEVER).is_some(), limit > 0);
        assert_eq!(in_vain(&mut spin), then, "found after {rounds} rounds");
    }
}

#[test]
fn patience_by_the_clock_is_for_what_comes_anyway_and_by_how_much_there_is() {
    let (limit, brief) = (limit(), hint::brief_rounds());
    let slow = 2 * LATE;
    for (comes_anyway, takes, amount, then) in [
        (true, slow, 1, brief),
        (true, slow, 1_000_000, limit),
        (true, Duration::ZERO, 1_000_000, limit),
        (false, slow, 1, limit),
    ] {
        let mut spin = Spin::default();
        let mut found = What { later: brief, comes_anyway, takes, amount: amount.into(), ..what(true, 0) };
        assert_eq!(spin.look(&mut found, false, Deadline::NEVER).is_some(), limit > 0);
        assert_eq!(in_vain(&mut spin), then, "{comes_anyway}, {amount} in {takes:?}");
    }
}

#[test]
fn what_is_found_at_once_says_nothing_about_patience() {
    let mut spin = Spin::default();
    for _ in 0..2 {
        while in_vain(&mut spin) < limit() {}
        let learnt = spin.patience;
        for _ in 0..100 {
            assert_eq!(spin.look(&mut what(true, 0), false, Deadline::NEVER).is_some(), limit() > 0);
        }
        assert!(spin.patience == learnt || limit() == 0, "without rounds nothing is found at once");
    }
}

#[test]
fn nobody_is_patient_beyond_a_deadline_or_learns_from_that() {
    let (mut spin, mut nothing) = (Spin::default(), what(false, 0));
    assert!(spin.look(&mut nothing, false, Deadline::after(Duration::ZERO)).is_none());
    assert_eq!(nothing.looks.get(), limit().min(2), "one of each phase");
    assert_eq!(in_vain(&mut spin), limit());
    // Which has left patience out of the next wait.
    let mut nothing = what(false, 0);
    assert!(spin.look(&mut nothing, false, Deadline::after(Duration::ZERO)).is_none());
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
    let (mut spin, mut taken, limit) = (Spin::default(), Taken(0), limit());
    assert_eq!((spin.look(&mut taken, false, Deadline::NEVER), taken.0), (None, limit), "ALL-1");
}

#[test]
fn what_grows_is_lingered_for_within_bounds_and_what_does_not_is_not() {
    let mut spin = Spin::default();
    for (waits, grows, linger) in [(4 * PROBE_EVERY, ENDLESSLY, LINGER_MAX), (PROBE_EVERY, 0, 0)] {
        for wait in 1..=waits {
            spin.waits = wait;
            gather(&mut spin, grows);
        }
        assert_eq!(spin.linger, linger);
    }
}

/// Gathers what grows with so many looks; how often it looked.
fn gather(spin: &mut Spin, grows: u32) -> u32 {
    let what = what(true, grows);
    spin.gather(&what, 1, Duration::MAX);
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
    let what = what(true, ENDLESSLY);
    let mut late = Spin { linger: 4, ..Spin::default() };
    late.gather(&what, 1, Duration::ZERO);
    assert_eq!((what.looks.get(), late.linger), (0, 2), "what is cut short was in vain");
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
    let found = spin.look(&mut enough, false, Deadline::NEVER);
    assert_eq!(found.map(|()| enough.looks.get()), (limit() > 0).then_some(2));
}

#[test]
fn what_grows_by_less_than_one_a_yield_is_not_lingered_for() {
    for (linger, by, looks) in [(LINGER_MAX, LINGER_MAX - 1, 1), (4, 4, 2), (4, 3, 1), (1, 1, 2)] {
        let mut spin = Spin { linger, ..Spin::default() };
        let what = What { by: by.into(), ..what(true, ENDLESSLY) };
        spin.gather(&what, 1, Duration::MAX);
        assert_eq!(what.looks.get(), looks, "lingered {linger}, grew by {by}");
    }
}

#[test]
fn of_those_who_look_for_the_same_one_keeps_its_core() {
    hint::settle();
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
        assert!(spin.look(&mut nothing, false, Deadline::NEVER).is_none());
        assert_eq!(nothing.looks.get(), looks, "{others} look, patience: {patience}");
        let crowd = if one > 0 { others + 1 } else { 0 };
        assert_eq!((nothing.crowd.get(), nothing.looking.get()), (crowd, others), "while it looks briefly, and then");
        let mut found = What { looking: nothing.looking, ..what(true, 0) };
        let _ = spin.look(&mut found, false, Deadline::NEVER);
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
    let waited = Spin::by_habit(&habit, |next| {
        assert_eq!(*next, spin);
        next.waits += 1;
        "waited"
    });
    assert_eq!((waited, Spin::recall(&habit)), ("waited", Spin { waits: spin.waits + 1, ..spin }));
}

#[test]
fn nobody_keeps_the_core_that_whoever_is_waited_for_needs() {
    hint::settle();
    let mut nothing = what(false, 0);
    assert!(Spin::default().look(&mut nothing, true, Deadline::NEVER).is_none());
    assert_eq!(nothing.looks.get(), hint::patient_rounds());
}
