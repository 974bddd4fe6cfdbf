//! The arithmetic of positions that count laps. Pure, so that it is tested exhaustively.
//!
//! A position is `lap | slot`, where a lap is the next power of two above the capacity. So `position + 1` never is a position of the
//! next lap for the same slot, also at capacity 1, and positions overflow where the number of laps does, without a seam.

use super::cursor::Marks;
use super::wrap::count_from;

/// Positions stand above the marks of a word, so there are fewer of them than numbers.
const LAST: usize = usize::MAX >> Marks::BITS;

/// Positions that are neighbours, as are their slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The first one.
    pub(super) position: usize,
    /// Its slot.
    pub(super) slot: usize,
    /// How many there are.
    pub(super) len: usize,
}

/// The positions of a ring.
#[derive(Debug, Clone, Copy)]
pub(super) struct Laps {
    capacity: usize,
    lap: usize,
}

impl Laps {
    /// For a ring of `capacity` slots, far below the largest number.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, lap: (capacity + 1).next_power_of_two() }
    }

    pub(super) fn capacity(self) -> usize {
        self.capacity
    }

    /// The slot of a position.
    #[inline]
    pub(super) fn slot(self, position: usize) -> usize {
        position & (self.lap - 1)
    }

    /// The position `count <= capacity` further on.
    #[inline]
    pub(super) fn advance(self, position: usize, count: usize) -> usize {
        let slot = self.slot(position) + count;
        if slot < self.capacity {
            position + count
        } else {
            self.next_lap(position - self.slot(position)) + (slot - self.capacity)
        }
    }

    /// The positions from `first` on, `count <= capacity` of them, as stretches of neighbours; the second one may be empty.
    #[inline]
    pub(super) fn stretches(self, first: usize, count: usize) -> [Stretch; 2] {
        let slot = self.slot(first);
        let len = count.min(self.capacity - slot);
        let rest = Stretch { position: self.next_lap(first - slot), slot: 0, len: count - len };
        [Stretch { position: first, slot, len }, rest]
    }

    /// The position of the same slot, one lap later.
    #[inline]
    pub(super) fn next_lap(self, position: usize) -> usize {
        position.wrapping_add(self.lap) & LAST
    }

    /// The position to start at, so that starts close to the largest number come just before the overflow.
    pub(super) fn start(self, start: usize) -> usize {
        let element = count_from(start, (LAST / self.lap + 1).saturating_mul(self.capacity));
        element / self.capacity * self.lap + element % self.capacity
    }

    /// The first position that `slot` is free for, in a ring that starts at `start`.
    pub(super) fn first(self, start: usize, slot: usize) -> usize {
        let position = start - self.slot(start) + slot;
        if slot < self.slot(start) { self.next_lap(position) } else { position }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{LAST, Laps};

    /// Every small ring, from well before the overflow to well after it: the slots come round in turn, and no two positions less than
    /// a lap apart can be taken for each other's stamps.
    #[test]
    fn slots_come_round_in_turn_across_the_overflow() {
        for capacity in 1..=6 {
            let laps = Laps::new(capacity);
            let mut position = laps.start(usize::MAX - 3 * capacity);
            for step in 0..6 * capacity {
                let next = laps.advance(position, 1);
                assert!(next <= LAST && laps.slot(position) < capacity);
                assert_eq!(laps.slot(next), (laps.slot(position) + 1) % capacity, "step {step} of {capacity}");
                assert_ne!(position + 1, laps.next_lap(position), "filled is not free for the next lap");
                assert_eq!(laps.advance(position, capacity), laps.next_lap(position), "capacity {capacity}");
                check_stretches(laps, position);
                position = next;
            }
        }
    }

    /// Runs of every length: position by position the same as one step after the other.
    fn check_stretches(laps: Laps, first: usize) {
        let mut run = vec![];
        for count in 0..=laps.capacity() {
            let stretches = laps.stretches(first, count);
            let positions = stretches.iter().flat_map(|stretch| (0..stretch.len).map(|at| stretch.position + at));
            assert_eq!(positions.collect::<Vec<_>>(), run);
            let slots = stretches.iter().flat_map(|stretch| (0..stretch.len).map(|at| stretch.slot + at));
            assert!(slots.eq(run.iter().map(|&position| laps.slot(position))));
            run.push(laps.advance(first, count));
        }
    }

    #[test]
    fn the_overflow_is_where_it_is_said_to_be() {
        for capacity in 1..=6 {
            let laps = Laps::new(capacity);
            assert_eq!(laps.advance(laps.start(usize::MAX), 1), 0, "capacity {capacity}");
            assert_eq!(laps.start(0), 0);
        }
    }

    #[test]
    fn first_positions_are_the_next_ones_from_the_start() {
        for capacity in 1..=6 {
            let laps = Laps::new(capacity);
            for start in [0, 1, 5, usize::MAX - 7, usize::MAX].map(|start| laps.start(start)) {
                let mut position = start;
                for _ in 0..capacity {
                    assert_eq!(laps.first(start, laps.slot(position)), position);
                    position = laps.advance(position, 1);
                }
            }
        }
    }
}
