//! Where a consumer may sleep after the producers have departed (M1).

use super::{Stamped, Wait};
use crate::buffer::cursor::{Marks, pack};
use crate::buffer::{PopError, Ring, Side};
use crate::sync::atomic::Ordering;

#[test]
fn m1_a_consumer_may_sleep_at_what_was_claimed_before_the_departure() {
    let ring = Stamped::<u8>::starting_at(1, 0).unwrap();
    // A producer has claimed the only slot and not filled it yet.
    ring.tail.0.store(pack(ring.laps.advance(0, 1), Marks::NONE), Ordering::Relaxed);
    assert!(!ring.close(Side::Producer).drained);
    let mut wait = Wait::at(&ring.head.0);
    assert_eq!(ring.pop_run(&mut wait, None, 1).err(), Some(PopError::Empty));
    assert!(ring.arm(&wait), "an element is still to come");
    assert!(ring.fill(0, 1, &7).asleep(), "whoever fills the slot owes the wake-up");
    assert!(ring.pop_run(&mut wait, None, 1).is_ok_and(|popped| popped.ended), "it was the last one");
}

#[test]
fn m1_a_consumer_may_not_sleep_where_nothing_is_to_come() {
    let ring = Stamped::<u8>::starting_at(1, 0).unwrap();
    assert!(ring.close(Side::Producer).drained);
    let mut wait = Wait::at(&ring.head.0);
    assert_eq!(ring.pop_run(&mut wait, None, 1).err(), Some(PopError::ProducerGone));
    assert!(!ring.arm(&wait));
}
