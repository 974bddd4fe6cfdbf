use super::parking::tests::{slept_beside, woken_from_here};
use super::{Attempt, Deadline, MOVE_EVERY, Parking, Spin, StreamSpin, wait, wait_in_stream};
use crate::sync::hint::tests::share;
use crate::sync::hint::{brief_rounds, patient_rounds, settle};

/// What is there when it is tried, and may be seen before or not.
#[derive(Default)]
struct There {
    seen: bool,
    /// It is not, before it was slept for.
    sleeps: bool,
    looks: std::cell::Cell<u32>,
    arms: u32,
}

impl Attempt for There {
    type Output = ();

    fn attempt(&mut self) -> Option<()> {
        (self.arms > 0 || !self.sleeps).then_some(())
    }

    fn looks(&self) -> usize {
        self.looks.set(self.looks.get() + 1);
        self.seen.into()
    }

    fn arm(&mut self) -> bool {
        self.arms += 1;
        self.sleeps
    }

    fn disarm(&mut self) -> bool {
        false
    }
}

#[test]
fn whoever_was_woken_from_its_own_core_does_not_keep_it_once() {
    settle();
    let parking = slept_beside();
    let looks = [(); 2].map(|()| {
        let mut unseen = There::default();
        assert!(wait(&mut unseen, &parking, &mut Spin::default(), Deadline::NEVER).is_some());
        unseen.looks.get()
    });
    assert_eq!(looks, [patient_rounds(), brief_rounds() + patient_rounds()]);
}

#[test]
fn a_side_of_a_stream_that_was_woken_from_its_own_core_knows_that_afterwards() {
    let parking = Parking::new();
    let wait = |spin: &mut StreamSpin, sleeps| {
        let mut there = There { sleeps, ..There::default() };
        assert!(wait_in_stream(&mut there, &parking, spin).is_some());
    };
    let (mut spin, mut other) = (StreamSpin::default(), StreamSpin::default());
    woken_from_here(&parking, || wait(&mut spin, true));
    assert!(spin.is_beside(|| false));
    woken_from_here(&parking, || assert!(parking.sleep(Deadline::NEVER)));
    wait(&mut other, false);
    assert!(!other.is_beside(|| false), "that was a sleep for something else");
}

#[test]
fn one_of_so_many_waits_sleeps_at_once_where_another_thread_waits_on_this_core() {
    settle();
    let (parking, mut spin) = (Parking::new(), Spin::default());
    let mut looks = |seen| {
        share();
        let mut there = There { seen, ..There::default() };
        assert!(wait(&mut there, &parking, &mut spin, Deadline::NEVER).is_some());
        there.looks.get()
    };
    (0..MOVE_EVERY - 2).for_each(|_| _ = looks(true));
    let patiently = brief_rounds() + patient_rounds();
    assert_eq!([looks(false), looks(false)], [brief_rounds(), patiently], "nor does it learn anything from that");
}

#[test]
fn so_does_one_of_a_side_of_a_stream() {
    let (parking, mut spin) = (Parking::new(), StreamSpin::default());
    let mut sleeps = || {
        share();
        assert!(spin.is_beside(|| true));
        let mut there = There::default();
        assert!(wait_in_stream(&mut there, &parking, &mut spin).is_some());
        there.arms == 1
    };
    let waits: Vec<bool> = (0..2 * MOVE_EVERY).map(|_| sleeps()).collect();
    let slept: Vec<_> = (1..).zip(waits).filter(|(_, slept)| *slept).map(|(wait, _)| wait).collect();
    assert_eq!(slept, [MOVE_EVERY - 1, 2 * MOVE_EVERY - 1]);
}

#[test]
fn an_attempt_that_says_nothing_of_itself_is_not_waited_for_longer() {
    let there = There::default();
    assert_eq!((there.comes_anyway(), there.amount(&()), there.plenty()), (false, 0, 0));
}
