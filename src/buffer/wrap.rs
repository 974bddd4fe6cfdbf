//! The arithmetic of a ring: where an index points, how far apart two are. Pure, so that it is tested exhaustively.
//!
//! Indices run modulo twice the number of slots `M`, not modulo the machine word: equal indices mean empty, a
//! distance of `M` means that every slot is taken, and no power of two is needed. The wrap of the index thus comes
//! every second lap instead of once in a lifetime, and every model that goes round twice has crossed it.
//! (The trick is old; Juho Snellman, "I've been writing ring buffers wrong all these years", 2016, discusses it.)
//!
//! # Invariants
//! * **W1** every index is below `2 * slots`.
//! * **W2** `distance(head, tail) <= capacity <= slots`.
//! * **W3** two indices in the window `head..tail` never share a slot.

/// The shape of a ring: its slots, and how many of them may be taken at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrap {
    slots: usize,
    capacity: usize,
}

impl Wrap {
    /// The largest number of slots whose indices leave room for the marks of a cursor.
    pub const MAX_SLOTS: usize = usize::MAX >> 4;

    /// A ring of `slots` slots, of which `capacity` may be taken; `0 < capacity <= slots <= MAX_SLOTS`.
    #[must_use]
    pub fn new(slots: usize, capacity: usize) -> Self {
        debug_assert!(0 < capacity && capacity <= slots && slots <= Self::MAX_SLOTS, "{capacity} of {slots} slots");
        Self { slots, capacity }
    }

    /// How many elements the ring holds at most.
    #[must_use]
    pub fn capacity(self) -> usize {
        self.capacity
    }

    /// How many slots the ring has.
    #[must_use]
    pub fn slots(self) -> usize {
        self.slots
    }

    /// Any number as an index; numbers close to the largest come just before the wrap.
    #[must_use]
    pub fn index(self, number: usize) -> usize {
        count_from(number, 2 * self.slots)
    }

    /// The slot an index points to.
    #[must_use]
    #[inline]
    pub fn slot(self, index: usize) -> usize {
        if index < self.slots { index } else { index - self.slots }
    }

    /// The index `count <= slots` further on.
    #[must_use]
    #[inline]
    pub fn advance(self, index: usize, count: usize) -> usize {
        let next = index + count;
        let lap = 2 * self.slots;
        if next < lap { next } else { next - lap }
    }

    /// How many elements lie between the indices.
    #[must_use]
    #[inline]
    pub fn distance(self, head: usize, tail: usize) -> usize {
        if head <= tail { tail - head } else { tail + 2 * self.slots - head }
    }

    /// How many more elements there is room for.
    #[must_use]
    #[inline]
    pub fn room(self, head: usize, tail: usize) -> usize {
        self.capacity - self.distance(head, tail)
    }

    /// How many of `count` slots from `index` on lie before the physical end.
    #[must_use]
    #[inline]
    pub fn before_end(self, index: usize, count: usize) -> usize {
        count.min(self.slots - self.slot(index))
    }
}

/// Reduces a starting number to `0..cycle`, so that `usize::MAX` becomes the last of the cycle and what is close to it stays close:
/// a test that starts there crosses the overflow at once.
#[must_use]
pub fn count_from(start: usize, cycle: usize) -> usize {
    if start <= usize::MAX / 2 { start % cycle } else { cycle - 1 - (usize::MAX - start) % cycle }
}

#[cfg(test)]
mod tests {
    use super::{Wrap, count_from};

    /// Every ring up to 6 slots, every window in it, against counting without any wrap at all.
    #[test]
    fn agrees_with_unbounded_counting_at_every_small_width() {
        for slots in 1..=6 {
            for capacity in 1..=slots {
                let wrap = Wrap::new(slots, capacity);
                for head in 0..4 * slots {
                    for taken in 0..=capacity {
                        check_window(wrap, head, taken);
                    }
                }
            }
        }
    }

    fn check_window(wrap: Wrap, head: usize, taken: usize) {
        let (from, to) = (wrap.index(head), wrap.index(head + taken));
        assert_eq!(to, wrap.advance(from, taken));
        assert_eq!(wrap.distance(from, to), taken);
        assert_eq!(wrap.room(from, to), wrap.capacity() - taken);
        assert_eq!(wrap.slot(from), head % wrap.slots());
        assert_eq!(wrap.before_end(from, taken), taken.min(wrap.slots() - head % wrap.slots()));
        let mut slots: Vec<usize> = (0..taken).map(|step| wrap.slot(wrap.advance(from, step))).collect();
        slots.sort_unstable();
        slots.dedup();
        assert_eq!(slots.len(), taken, "W3: a slot of the window is shared");
    }

    #[test]
    fn the_largest_ring_does_not_overflow() {
        let wrap = Wrap::new(Wrap::MAX_SLOTS, Wrap::MAX_SLOTS);
        let last = 2 * Wrap::MAX_SLOTS - 1;
        assert_eq!(wrap.advance(last, 1), 0);
        assert_eq!(wrap.distance(last, 0), 1);
        assert_eq!(wrap.distance(1, wrap.advance(1, Wrap::MAX_SLOTS)), Wrap::MAX_SLOTS);
    }

    #[test]
    fn starts_are_counted_from_the_nearer_end() {
        for (start, index) in [(0, 0), (2, 2), (99, 99), (203, 3), (usize::MAX / 2, usize::MAX / 2 % 100)] {
            assert_eq!(count_from(start, 100), index, "{start}");
            assert_eq!(count_from(usize::MAX - start, 100), 99 - index, "{start} before the end");
        }
    }
}
