use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::{FEWEST, Passage, Room};

type Plain<T> = Passage<T, (), ()>;

/// Puts an element, if there is room for it, be it after growth.
fn put<T>(ring: &Plain<T>, element: T) -> Room {
    let (mut take, mut put) = (ring.lock_take(), ring.lock_put());
    let room = put.room();
    if room == Room::ToGrow {
        put.grow(&mut take);
        assert_eq!(put.room(), Room::Free);
    }
    if room != Room::Full {
        put.push(element);
    }
    room
}

fn take<T>(ring: &Plain<T>) -> Option<T> {
    ring.lock_take().try_pop()
}

fn count<T>(ring: &Plain<T>) -> usize {
    let take = ring.lock_take();
    ring.lock_put().count(&take)
}

#[test]
fn what_comes_first_goes_first_at_every_fill_wherever_the_counts_are() {
    for start in [0, 1, usize::MAX - 5, usize::MAX] {
        let ring = Plain::starting_at(37, start);
        let (mut next_in, mut next_out) = (0_usize, 0_usize);
        for (put_in, taken) in [(1, 1), (4, 2), (25, 3), (9, 0), (3, 36), (37, 37), (2, 2), (0, 0)] {
            for _ in 0..put_in {
                assert_ne!(put(&ring, next_in.to_string()), Room::Full);
                next_in += 1;
            }
            for _ in 0..taken {
                assert_eq!(take(&ring), Some(next_out.to_string()));
                next_out += 1;
            }
            assert_eq!(ring.count(), next_in - next_out);
            assert_eq!(count(&ring), next_in - next_out);
        }
        assert_eq!(take(&ring), None);
    }
}

#[test]
fn it_holds_as_many_as_its_capacity_and_grows_for_them_alone() {
    for capacity in [1, 3, 15, 16, 17, 64, 65] {
        let ring = Plain::new(capacity);
        for round in 0..3 {
            let grown = (0..capacity).filter(|element| put(&ring, *element) == Room::ToGrow).count();
            let slots = capacity.next_power_of_two().max(FEWEST);
            let doublings = (slots / FEWEST).ilog2() as usize;
            assert_eq!(grown, if round == 0 { doublings } else { 0 }, "{capacity}");
            assert_eq!(put(&ring, 99), Room::Full);
            (0..capacity).for_each(|element| assert_eq!(take(&ring), Some(element)));
        }
    }
}

#[test]
fn half_of_the_slots_are_free_so_that_an_end_seldom_looks_at_the_other() {
    let ring = Plain::new(1000);
    (0..FEWEST / 2).for_each(|element| _ = put(&ring, element));
    let grown = (0..1000).filter(|element| {
        assert!(take(&ring).is_some());
        put(&ring, *element) == Room::ToGrow
    });
    assert_eq!(grown.count(), 0, "less than half were on their way at a look");
    put(&ring, 0);
    let rooms = (0..1000).map(|element| {
        let room = put(&ring, element);
        assert!(take(&ring).is_some());
        room
    });
    assert_eq!(rooms.filter(|room| *room == Room::ToGrow).count(), 1);
    assert_eq!(ring.lock_put().end.limit, 2 * FEWEST);
}

#[test]
fn whoever_asks_for_room_is_told_to_grow_until_it_has_grown() {
    let ring = Plain::new(100);
    (0..FEWEST).for_each(|element| _ = put(&ring, element));
    (0..4).for_each(|_| assert!(take(&ring).is_some()));
    let asked = [(); 2].map(|()| ring.lock_put().room());
    assert_eq!((asked, put(&ring, 16), put(&ring, 17)), ([Room::ToGrow; 2], Room::ToGrow, Room::Free));
    assert_eq!(ring.lock_put().end.limit, 2 * FEWEST);
    (4..18).for_each(|element| assert_eq!(take(&ring), Some(element)));
}

#[test]
fn growth_before_the_first_element_makes_slots_for_it() {
    let ring = Plain::new(FEWEST);
    ring.lock_put().grow(&mut ring.lock_take());
    assert_eq!((put(&ring, 1), take(&ring)), (Room::Free, Some(1)));
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
    assert!(!ring.lock_take().has_seen() && ring.lock_take().has() && ring.lock_take().has_seen());
    assert_eq!(take(&ring), Some(0));
    let mut end = ring.lock_put();
    assert_eq!((end.seem_on_their_way(), end.room(), end.seem_on_their_way()), (2, Room::Free, 1));
    end.push(2);
    assert_eq!((end.room(), end.seem_on_their_way()), (Room::Full, 2));
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
    assert!(refused(&|| _ = ring.lock_take().pop()));
    let other = Plain::new(1);
    assert!(refused(&|| ring.lock_put().grow(&mut other.lock_take())));
    assert!(refused(&|| _ = ring.lock_put().count(&other.lock_take())));
    assert_eq!((put(&ring, 1), put(&ring, 2)), (Room::Free, Room::Full));
    assert!(refused(&|| ring.lock_put().push(2)));
    assert_eq!((take(&ring), take(&ring)), (Some(1), None));
}
