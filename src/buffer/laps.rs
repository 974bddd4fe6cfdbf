//! The arithmetic of positions that count laps. Pure, so that it is tested exhaustively.
//!
//! A position is `lap | slot`, where a lap is the next power of two above the capacity. So `position + 1` never is a position of the
//! next lap for the same slot, also at capacity 1, and positions overflow where the number of laps does, without a seam.

use super::cursor::Marks;
use super::wrap::count_from;

/// Positions stand above the marks of a word, so there are fewer of them than numbers.
const LAST: usize = usize::MAX >> Marks::BITS;

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

    /// The position after this one.
    #[inline]
    pub(super) fn next(self, position: usize) -> usize {
        if self.slot(position) + 1 < self.capacity {
            position + 1
        } else {
            self.next_lap(position - self.slot(position))
        }
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
                let next = laps.next(position);
                assert!(next <= LAST && laps.slot(position) < capacity);
                assert_eq!(laps.slot(next), (laps.slot(position) + 1) % capacity, "step {step} of {capacity}");
                assert_ne!(position + 1, laps.next_lap(position), "filled is not free for the next lap");
                let round = (0..capacity).fold(position, |at, _| laps.next(at));
                assert_eq!(round, laps.next_lap(position), "capacity {capacity}");
                position = next;
            }
        }
    }

    #[test]
    fn the_overflow_is_where_it_is_said_to_be() {
        for capacity in 1..=6 {
            let laps = Laps::new(capacity);
            assert_eq!(laps.next(laps.start(usize::MAX)), 0, "capacity {capacity}");
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
                    position = laps.next(position);
                }
            }
        }
    }
}
