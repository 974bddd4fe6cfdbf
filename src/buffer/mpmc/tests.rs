//! Where a consumer may sleep after the producers have departed (M1), and what the clones of a shared end have in common (M6).

use super::{Stamped, Wait};
use crate::buffer::cursor::{Marks, pack};
use crate::buffer::{PopError, Popped, PushError, Ring, Side, ends};
use crate::sync::Arc;
use crate::sync::atomic::Ordering;

/// Takes one element for nobody.
fn skip(ring: &Stamped<u8>, wait: &mut Wait) -> Result<Popped, PopError> {
    // SAFETY: (S2) without a target there is nothing to vouch for.
    unsafe { ring.pop_run(wait, None, 1) }
}

#[test]
fn m1_a_consumer_may_sleep_at_what_was_claimed_before_the_departure() {
    let ring = Stamped::<u8>::starting_at(1, 0).unwrap();
    // A producer has claimed the only slot and not filled it yet.
    ring.tail.0.store(pack(ring.laps.advance(0, 1), Marks::NONE), Ordering::Relaxed);
    assert!(!ring.close(Side::Producer).drained);
    let mut wait = Wait::at(&ring.head.0);
    assert_eq!(skip(&ring, &mut wait), Err(PopError::Empty));
    assert!(ring.arm(&wait), "an element is still to come");
    // SAFETY: (S1) claimed above, and one element is there.
    assert!(unsafe { ring.fill(0, 1, &7) }.asleep(), "whoever fills the slot owes the wake-up");
    assert!(skip(&ring, &mut wait).is_ok_and(|popped| popped.ended), "it was the last one");
}

#[test]
fn m1_a_consumer_may_not_sleep_where_nothing_is_to_come() {
    let ring = Stamped::<u8>::starting_at(1, 0).unwrap();
    assert!(ring.close(Side::Producer).drained);
    let mut wait = Wait::at(&ring.head.0);
    assert_eq!(skip(&ring, &mut wait), Err(PopError::ProducerGone));
    assert!(!ring.arm(&wait));
}

#[test]
fn m6_a_side_ends_with_the_last_of_its_clones() {
    let (producer, consumer) = ends::<u8, Stamped<u8>>(2).unwrap();
    let (mut producer, mut consumer) = (producer.share(), consumer.share());
    assert_eq!((producer.capacity(), consumer.capacity()), (2, 2));
    let mut second = producer.clone();
    assert!(producer.push(1).is_ok());
    drop(producer);
    assert_eq!(second.push_slice(&[]).map(|pushed| pushed.count), Ok(0));
    assert_eq!(second.push_slice(&[2, 3]).map(|pushed| pushed.count), Ok(1), "one more fits, though a clone is gone");
    assert_eq!(second.push(4).map_err(|rejected| (rejected.element, rejected.why)), Err((4, PushError::Full)));
    drop(second);
    let mut third = consumer.clone();
    assert_eq!(third.pop().map(|(element, popped)| (element, popped.ended)), Ok((1, false)));
    drop(third);
    let mut target = [0; 2];
    assert_eq!(consumer.pop_slice(&mut []).map(|popped| popped.count), Ok(0));
    assert_eq!(consumer.pop_slice(&mut target).map(|popped| (popped.count, popped.ended)), Ok((1, true)));
    assert_eq!((target[0], consumer.pop()), (2, Err(PopError::ProducerGone)));
}

#[test]
fn m6_whoever_closes_does_it_for_all_clones() {
    let (producer, consumer) = ends::<u8, Stamped<u8>>(1).unwrap();
    let (mut producer, mut consumer) = (producer.share(), consumer.share());
    assert!(consumer.clone().close().drained);
    assert_eq!(producer.push(1).map_err(|rejected| rejected.why), Err(PushError::ConsumerGone));
    assert_eq!(consumer.pop(), Err(PopError::ConsumerGone));
    assert!(producer.clone().close().drained);
    assert_eq!(producer.push_slice(&[1]), Err(PushError::ProducerGone));
}

#[test]
fn m6_a_producer_that_had_left_does_not_leave_again() {
    let (mut producer, mut consumer) = ends::<u8, Stamped<u8>>(1).unwrap();
    assert!(producer.push(1).is_ok() && producer.leave().is_some());
    let mut producer = producer.share();
    assert_eq!(producer.clone().push(2).map_err(|rejected| rejected.why), Err(PushError::ProducerGone));
    assert_eq!(producer.push_slice(&[2]), Err(PushError::ProducerGone));
    drop(producer);
    assert_eq!(consumer.pop().map(|(element, popped)| (element, popped.ended)), Ok((1, true)), "it is still there");
}

#[test]
fn m6_a_consumer_that_had_left_does_not_leave_again() {
    let (mut producer, mut consumer) = ends::<Arc<()>, Stamped<Arc<()>>>(1).unwrap();
    let element = Arc::new(());
    assert!(producer.push(element.clone()).is_ok() && consumer.leave().is_some());
    let mut consumer = consumer.share();
    assert_eq!(consumer.clone().pop().err(), Some(PopError::ConsumerGone));
    assert_eq!(consumer.pop().err(), Some(PopError::ConsumerGone));
    drop(consumer);
    assert_eq!(producer.push(element.clone()).map_err(|rejected| rejected.why), Err(PushError::ConsumerGone));
    assert_eq!(Arc::strong_count(&element), 2, "it is still there");
    drop(producer);
    assert_eq!(Arc::strong_count(&element), 1);
}

#[test]
fn m6_what_is_left_inside_is_dropped_once_with_the_last_clone_of_either_side() {
    let (producer, consumer) = ends::<Arc<()>, Stamped<Arc<()>>>(3).unwrap();
    let (mut producer, mut consumer) = (producer.share(), consumer.share());
    let element = Arc::new(());
    (0..3).for_each(|_| assert!(producer.push(element.clone()).is_ok()));
    assert!(consumer.pop().is_ok_and(|(element, _)| Arc::strong_count(&element) == 4));
    let others = (producer.clone(), consumer.clone());
    drop((producer, consumer));
    assert_eq!(Arc::strong_count(&element), 3, "two are still inside");
    drop(others);
    assert_eq!(Arc::strong_count(&element), 1);
}
