use super::parking::tests::slept_beside;
use super::{Attempt, Deadline, Spin, StreamSpin, wait, wait_in_stream};
use crate::sync::hint::{brief_rounds, patient_rounds};

/// Nothing is seen of it, and it is there when it is tried.
#[derive(Default)]
struct Unseen {
    looks: std::cell::Cell<u32>,
}

impl Attempt for Unseen {
    type Output = ();

    fn attempt(&mut self) -> Option<()> {
        Some(())
    }

    fn looks(&self) -> usize {
        self.looks.set(self.looks.get() + 1);
        0
    }

    fn arm(&mut self) -> bool {
        false
    }

    fn disarm(&mut self) -> bool {
        false
    }
}

#[test]
fn whoever_was_woken_from_its_own_core_does_not_keep_it_once() {
    let parking = slept_beside();
    let looks = [(); 2].map(|()| {
        let mut unseen = Unseen::default();
        assert!(wait(&mut unseen, &parking, &mut Spin::default(), Deadline::NEVER).is_some());
        unseen.looks.get()
    });
    assert_eq!(looks, [patient_rounds(), brief_rounds() + patient_rounds()]);
}

#[test]
fn a_side_of_a_stream_that_was_woken_from_its_own_core_knows_after_the_wait() {
    let parking = slept_beside();
    for woken in [true, false] {
        let mut spin = StreamSpin::default();
        assert!(wait_in_stream(&mut Unseen::default(), &parking, &mut spin).is_some());
        assert_eq!(spin.is_beside(|| false), woken);
    }
}
