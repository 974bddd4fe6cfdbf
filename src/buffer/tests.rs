//! What the ends of a ring answer step by step, in one thread; `tests/properties` has random steps.

use super::index::IndexRing;
use super::locked::Locked;
use super::mirrored::Mirrored;
use super::mpmc::{Mpmc, Stamped};
use super::spsc::Spsc;
use super::{PROBED_BYTES, PopError, PushError, Rejected, Ring, Wrap, bytes_of, ends, ends_at, probe};
use crate::error::CapacityError;
use crate::sync::cell::Slots;

#[test]
fn what_cannot_be_counted_is_too_large() {
    fn check<T>(slots: usize, right: Result<usize, CapacityError>) {
        assert_eq!(bytes_of::<T>(7, slots), right, "{slots} slots");
    }
    const SLOTS: usize = Wrap::MAX_SLOTS;
    let too_large = Err(CapacityError::TooLarge { capacity: 7 });
    check::<u32>(7, Ok(28));
    check::<()>(SLOTS, Ok(0));
    check::<()>(SLOTS + 1, too_large);
    check::<u8>(SLOTS, Ok(SLOTS));
    check::<u8>(SLOTS + 1, too_large);
    check::<[u8; 8]>(SLOTS, Ok(8 * SLOTS));
    check::<[u8; 9]>(SLOTS, too_large);
    check::<u16>(usize::MAX, too_large);
    assert_eq!(bytes_of::<u8>(0, 0), Err(CapacityError::Zero));
}

#[test]
fn what_there_is_no_memory_for_is_refused_where_it_is_asked_for() {
    for bytes in [0, PROBED_BYTES - 1, PROBED_BYTES, PROBED_BYTES + 1] {
        assert_eq!(probe(7, bytes), Ok(()), "{bytes} bytes");
    }
    assert_eq!(probe(7, isize::MAX as usize), Err(CapacityError::OutOfMemory { capacity: 7 }));
}

/// What the index algorithm knows without looking is what it saw when it looked last, and what it has done since.
fn knows_what_it_saw<R: Ring<u8>>() {
    let (mut producer, mut consumer) = ends::<u8, R>(4).unwrap();
    assert_eq!((producer.known_room(), consumer.known()), (4, 0), "{}", R::NAME);
    assert_eq!(producer.push_slice(&[0; 3]).unwrap().count, 3);
    assert_eq!((producer.known_room(), consumer.known()), (1, 0), "{}", R::NAME);
    assert!(consumer.pop().is_ok());
    assert_eq!((producer.known_room(), consumer.known()), (1, 2), "{}", R::NAME);
    assert_eq!(producer.push_slice(&[0; 2]).unwrap().count, 2);
    assert_eq!((producer.known_room(), consumer.known()), (0, 2), "{}", R::NAME);
    assert!(consumer.lend().is_ok());
    assert_eq!((producer.known_room(), consumer.known()), (0, 4), "{}", R::NAME);
}

fn knows_nothing<R: Ring<u8>>() {
    let (mut producer, mut consumer) = ends::<u8, R>(4).unwrap();
    assert_eq!(producer.push_slice(&[0; 3]).unwrap().count, 3);
    assert!(consumer.pop().is_ok());
    assert_eq!((producer.known_room(), consumer.known()), (0, 0), "{}", R::NAME);
}

#[test]
fn only_what_keeps_notes_knows_something_without_looking() {
    knows_what_it_saw::<Spsc<u8>>();
    knows_what_it_saw::<Mirrored>();
    knows_nothing::<Locked<u8>>();
    knows_nothing::<Mpmc<u8>>();
}

#[test]
fn ring_2_a_ring_tells_its_capacity_also_behind_a_gate() {
    fn check<R: Ring<u8>>() {
        for capacity in [2, 3] {
            assert_eq!(R::starting_at(capacity, 0).unwrap().capacity(), capacity, "{}", R::NAME);
        }
    }
    check::<Locked<u8>>();
    check::<IndexRing<u8, Slots<u8>>>();
    check::<Spsc<u8>>();
    check::<Mirrored>();
    check::<Stamped<u8>>();
    check::<Mpmc<u8>>();
}

/// Of three elements that were lent: what is consumed of them, and that nobody consumes a fourth.
fn consumes_what_was_lent<R: Ring<u8>>() {
    let (mut producer, mut consumer) = ends::<u8, R>(4).unwrap();
    assert_eq!(producer.push_slice(&[0, 1, 2]).unwrap().count, 3);
    assert_eq!(consumer.lend().unwrap(), [0, 1, 2], "{}", R::NAME);
    assert_eq!(producer.push_slice(&[3]).unwrap().count, 1);
    let mut consume = |count| consumer.consume(count).unwrap().count;
    assert_eq!([consume(2), consume(5), consume(1)], [2, 1, 0], "{}", R::NAME);
    assert_eq!(consumer.pop().unwrap().0, 3, "{}", R::NAME);
}

#[test]
fn chan_2_no_more_is_consumed_than_was_lent() {
    consumes_what_was_lent::<Locked<u8>>();
    consumes_what_was_lent::<Spsc<u8>>();
    consumes_what_was_lent::<Mirrored>();
    consumes_what_was_lent::<Mpmc<u8>>();
}

/// Both ends of a ring that has its capacity of elements, which have left.
fn answers_when_it_has_left<R: Ring<u8>>() {
    let (mut producer, mut consumer) = ends::<u8, R>(1).unwrap();
    assert!(producer.push(0).is_ok());
    assert!(producer.leave().is_some_and(|closed| !closed.drained), "{}", R::NAME);
    assert!(consumer.leave().is_some(), "{}", R::NAME);
    assert!(producer.leave().is_none() && consumer.leave().is_none(), "{}", R::NAME);
    assert!(!producer.arm() && !producer.disarm() && !consumer.arm() && !consumer.disarm(), "{}", R::NAME);
    assert_eq!(producer.push(1), Err(Rejected { element: 1, why: PushError::ProducerGone }));
    assert_eq!(producer.push_slice(&[1]), Err(PushError::ProducerGone));
    assert_eq!(consumer.pop(), Err(PopError::ConsumerGone));
    assert_eq!(consumer.pop_slice(&mut [0]), Err(PopError::ConsumerGone));
    assert_eq!(consumer.lend(), Err(PopError::ConsumerGone));
}

#[test]
fn chan_7_an_end_that_has_left_says_so() {
    answers_when_it_has_left::<Locked<u8>>();
    answers_when_it_has_left::<Spsc<u8>>();
    answers_when_it_has_left::<Mirrored>();
    answers_when_it_has_left::<Mpmc<u8>>();
}

/// Whoever found nothing to do before a side was closed, and closed again, does not fall asleep afterwards.
fn stays_closed<R: Ring<u8>>() {
    let (mut producer, mut consumer) = ends::<u8, R>(1).unwrap();
    assert!(producer.push(0).is_ok() && consumer.pop().is_ok());
    assert_eq!(consumer.pop(), Err(PopError::Empty));
    (0..2).for_each(|_| assert!(producer.close().drained, "{}", R::NAME));
    assert!(!consumer.arm(), "{}", R::NAME);
    assert_eq!(consumer.pop(), Err(PopError::ProducerGone));

    let (mut producer, mut consumer) = ends::<u8, R>(1).unwrap();
    assert!(producer.push(0).is_ok());
    assert_eq!(producer.push_slice(&[1]), Err(PushError::Full));
    (0..2).for_each(|_| assert!(!consumer.close().drained, "{}", R::NAME));
    assert!(!producer.arm(), "{}", R::NAME);
    assert_eq!(producer.push_slice(&[1]), Err(PushError::ConsumerGone));
    assert_eq!(consumer.pop(), Err(PopError::ConsumerGone));
}

#[test]
fn ring_5_nobody_falls_asleep_at_a_side_that_is_closed_twice() {
    stays_closed::<Locked<u8>>();
    stays_closed::<Spsc<u8>>();
    stays_closed::<Mirrored>();
    stays_closed::<Mpmc<u8>>();
    stays_closed::<Stamped<u8>>();
}

/// Laps of pushes and pops of every size over every small capacity, from just below the overflow.
fn laps<R: Ring<u8>>() {
    for capacity in 1..6 {
        let (mut producer, mut consumer) = ends_at::<u8, R>(capacity, usize::MAX - 2).unwrap();
        let (mut next_in, mut next_out) = (0_u8, 0_u8);
        for size in (1..=capacity + 1).cycle().take(100) {
            let chunk: Vec<u8> = (0..size).map(|at| next_in.wrapping_add(at as u8)).collect();
            let pushed = producer.push_slice(&chunk).unwrap();
            assert_eq!(pushed.count, size.min(capacity), "{} of {size} into {capacity}", R::NAME);
            next_in = next_in.wrapping_add(pushed.count as u8);
            if pushed.count == capacity {
                assert_eq!(producer.push_slice(&[0]), Err(PushError::Full));
            }
            let mut target = [0; 8];
            let popped = consumer.pop_slice(&mut target).unwrap();
            assert_eq!(popped.count, pushed.count);
            for &byte in &target[..popped.count] {
                assert_eq!(byte, next_out, "RING-1");
                next_out = next_out.wrapping_add(1);
            }
            assert_eq!(consumer.pop_slice(&mut target), Err(PopError::Empty));
        }
    }
}

#[test]
fn every_variant_goes_round_and_round() {
    laps::<Locked<u8>>();
    laps::<Spsc<u8>>();
    laps::<Mirrored>();
    laps::<Mpmc<u8>>();
}
