use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::{FEWEST, Passage, Room};

type Plain<T> = Passage<T, (), ()>;

/// Puts an element, if there is room for it, be it after growth.
fn put<T>(ring: &Plain<T>, element: T) -> Room {
    let (mut take, mut put) = (ring.take(), ring.put());
    let room = put.room();
    if room == Room::ToGrow {
        put.grow(&mut take);
        assert_eq!(put.room(), Room::Some);
    }
    if room != Room::None {
        put.push(element);
    }
    room
}

fn take<T>(ring: &Plain<T>) -> Option<T> {
    let mut take = ring.take();
    take.has().then(|| take.pop())
}

#[test]
fn what_comes_first_goes_first_at_every_fill_wherever_the_counts_are() {
    for start in [0, 1, usize::MAX - 5, usize::MAX] {
        let ring = Plain::starting_at(17, start);
        let (mut next_in, mut next_out) = (0_usize, 0_usize);
        for (put_in, taken) in [(1, 1), (4, 2), (5, 3), (9, 0), (4, 17), (17, 17), (2, 2), (0, 0)] {
            for _ in 0..put_in {
                assert_ne!(put(&ring, next_in.to_string()), Room::None);
                next_in += 1;
            }
            for _ in 0..taken {
                assert_eq!(take(&ring), Some(next_out.to_string()));
                next_out += 1;
            }
            assert_eq!(ring.count(), next_in - next_out);
            assert_eq!(ring.put().count(&ring.take()), next_in - next_out);
        }
        assert_eq!(take(&ring), None);
    }
}

#[test]
fn it_holds_as_many_as_its_capacity_and_grows_for_them_alone() {
    for capacity in [1, 3, 4, 5, 16, 17] {
        let ring = Plain::new(capacity);
        for round in 0..3 {
            let grown = (0..capacity).filter(|element| put(&ring, *element) == Room::ToGrow).count();
            let slots = capacity.next_power_of_two().max(FEWEST);
            let doublings = 1 + (slots / FEWEST).ilog2();
            assert_eq!(grown, if round == 0 { doublings as usize } else { 0 }, "{capacity}");
            assert_eq!(put(&ring, 99), Room::None);
            (0..capacity).for_each(|element| assert_eq!(take(&ring), Some(element)));
        }
    }
}

#[test]
fn a_look_from_outside_never_counts_more_than_there_can_be() {
    let ring = Plain::new(2);
    put(&ring, ());
    assert_eq!(ring.count(), 1);
    // As by a look that was held up between the two counts.
    ring.sent.0.store(5, super::Ordering::Relaxed);
    assert_eq!(ring.count(), 2);
    ring.sent.0.store(1, super::Ordering::Relaxed);
}

#[test]
fn an_end_looks_at_the_other_when_all_it_knows_of_is_used_up() {
    let ring = Plain::new(2);
    (0..2).for_each(|element| _ = put(&ring, element));
    assert!(!ring.take().has_seen() && ring.take().has() && ring.take().has_seen());
    assert_eq!(take(&ring), Some(0));
    let mut end = ring.put();
    assert_eq!((end.seem_on_their_way(), end.room(), end.seem_on_their_way()), (2, Room::Some, 1));
    end.push(2);
    assert_eq!((end.room(), end.seem_on_their_way()), (Room::None, 2));
}

#[test]
fn what_is_left_is_dropped_and_nothing_else_is() {
    let element = Rc::new(());
    let ring = Plain::new(8);
    (0..6).for_each(|_| _ = put(&ring, element.clone()));
    drop((take(&ring), take(&ring)));
    assert_eq!(Rc::strong_count(&element), 1 + 4);
    drop(ring);
    assert_eq!(Rc::strong_count(&element), 1);
}

#[test]
fn what_cannot_be_is_refused() {
    let ring = Plain::new(1);
    let refused = |operation: &dyn Fn()| catch_unwind(AssertUnwindSafe(operation)).is_err();
    assert!(refused(&|| ring.put().push(1)) && refused(&|| _ = ring.take().pop()));
    assert!(refused(&|| ring.put().grow(&mut Plain::new(1).take())));
    assert_eq!((put(&ring, 1), put(&ring, 2), take(&ring)), (Room::ToGrow, Room::None, Some(1)));
}
