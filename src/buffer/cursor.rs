//! An index word that carries marks: how the ends of a ring sleep and leave without a lock.
//!
//! ```text
//!   63                                   3   2              1              0
//!  +--------------------------------------+---------------+---------------+--------+
//!  | index, modulo 2 * slots              | CONSUMER_GONE | PRODUCER_GONE | ASLEEP |
//!  +--------------------------------------+---------------+---------------+--------+
//! ```
//!
//! A ring has two cursors. The *tail* is advanced by the producer, the *head* by the consumer. Only the owner moves
//! the index, but anybody may set a mark:
//!
//! | mark | set by | cleared by | meaning |
//! |---|---|---|---|
//! | `ASLEEP` | the side that waits for this index to move, before it sleeps | whoever moves the index or marks a departure, and wakes that side | "tell me" |
//! | `PRODUCER_GONE` | anybody who ends the producing side | nobody | no element comes after this tail |
//! | `CONSUMER_GONE` | anybody who ends the consuming side | nobody | nobody takes an element after this head |
//!
//! # Proof sketch
//! * **C1 (no lost wake-up, RING-5)** every write to a cursor is a read-modify-write, so all of them stand in one
//!   order and each sees the one before. A waiter sleeps only if it replaced exactly the word that made it wait by
//!   the same word with `ASLEEP`; whatever changes the word next sees the mark, clears it and owes the one wake-up.
//! * **C2 (end-of-stream is final, CHAN-5)** publishing is a compare-exchange from a word without the marks that forbid
//!   it: after the mark is set no index moves, so the index beside the mark is the last.
//! * **C3** the owner knows its own index and never reads it back; the exchange succeeds at once unless a mark came.
//!
//! # Orderings
//! * `publish`: moving a cursor releases the elements (tail) or the emptied slots (head) to whoever loads it.
//! * `departure`: marks go to the tail first and to the head second, whichever side departs; who meets the producer's mark while
//!   moving the head acquires the one on the tail, and with it the last index.
//!
//! Checked by the scenarios `ring-*` and `channel-*`.

use crate::sync::atomic::{AtomicUsize, Ordering, look};

use super::{PopError, PushError};

/// A side of a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Puts elements in.
    Producer,
    /// Takes elements out.
    Consumer,
}

/// The marks beside a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks(usize);

impl Marks {
    /// How many bits the marks take.
    pub(super) const BITS: u32 = 3;
    pub(super) const NONE: Self = Self(0);
    pub(super) const ASLEEP: Self = Self(0b001);
    const PRODUCER_GONE: Self = Self(0b010);
    const CONSUMER_GONE: Self = Self(0b100);
    const ALL: usize = (1 << Self::BITS) - 1;

    pub(super) fn gone_of(side: Side) -> Self {
        match side {
            Side::Producer => Self::PRODUCER_GONE,
            Side::Consumer => Self::CONSUMER_GONE,
        }
    }

    pub(super) fn bits(self) -> usize {
        self.0
    }

    pub(super) fn gone(self, side: Side) -> bool {
        self.0 & Self::gone_of(side).0 != 0
    }

    pub(super) fn asleep(self) -> bool {
        self.0 & Self::ASLEEP.0 != 0
    }

    /// The departure that makes a push impossible, if there is one; one's own comes first (CHAN-7).
    pub(super) fn refuses_push(self) -> Option<PushError> {
        if self.gone(Side::Producer) {
            Some(PushError::ProducerGone)
        } else if self.gone(Side::Consumer) {
            Some(PushError::ConsumerGone)
        } else {
            None
        }
    }

    /// The departure that makes a pop from an empty ring impossible, if there is one; one's own comes first (CHAN-7).
    pub(super) fn refuses_pop(self) -> Option<PopError> {
        if self.gone(Side::Consumer) {
            Some(PopError::ConsumerGone)
        } else if self.gone(Side::Producer) {
            Some(PopError::ProducerGone)
        } else {
            None
        }
    }
}

/// A number with marks, as one word.
#[inline]
pub(super) fn pack(index: usize, marks: Marks) -> usize {
    index << Marks::BITS | marks.0
}

/// A number and the marks beside it, as seen at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) index: usize,
    pub(super) marks: Marks,
}

impl Seen {
    #[inline]
    pub(super) fn of(word: usize) -> Self {
        Self { index: word >> Marks::BITS, marks: Marks(word & Marks::ALL) }
    }

    pub(super) fn word(self) -> usize {
        pack(self.index, self.marks)
    }
}

/// An index word as people read it: `3`, `3+asleep`.
#[must_use]
pub fn describe_word(word: usize) -> String {
    let Seen { index, marks } = Seen::of(word);
    let names = [
        (Marks::ASLEEP, "+asleep"),
        (Marks::PRODUCER_GONE, "+producer-gone"),
        (Marks::CONSUMER_GONE, "+consumer-gone"),
    ];
    let set = names.into_iter().filter(|(mark, _)| marks.0 & mark.0 != 0).map(|(_, name)| name);
    std::iter::once(index.to_string()).chain(set.map(str::to_owned)).collect()
}

/// Marks on `word` that a side is gone, for good, and takes a mark `ASLEEP` away. Returns the word before.
pub(super) fn depart(word: &AtomicUsize, side: Side) -> Seen {
    let mut found = look(word, Ordering::Relaxed);
    // A word that is marked stays marked, and nobody falls asleep on it.
    while !Seen::of(found).marks.gone(side) {
        let next = (found | Marks::gone_of(side).0) & !Marks::ASLEEP.0;
        // ORDERING(departure): the words that were marked before this one are final to whoever meets this mark.
        match word.compare_exchange(found, next, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return Seen::of(found),
            Err(newer) => found = newer,
        }
    }
    Seen::of(found)
}

/// An index word with marks.
#[derive(Debug)]
pub(super) struct Cursor(AtomicUsize);

impl Cursor {
    #[track_caller]
    pub(super) fn new(index: usize) -> Self {
        Self(AtomicUsize::new(pack(index, Marks::NONE)))
    }

    /// What the other side has published.
    #[inline]
    pub(super) fn load(&self) -> Seen {
        // ORDERING(publish): what was put into, or taken out of, the slots up to this index is done.
        Seen::of(self.0.load(Ordering::Acquire))
    }

    /// The word, for whoever is alone with it.
    pub(super) fn own(&self) -> Seen {
        Seen::of(self.0.load(Ordering::Relaxed))
    }

    /// Moves the index from `from`, where its owner left it, to `to`.
    ///
    /// Returns the marks that were met: `ASLEEP` obliges the caller to wake the other side.
    ///
    /// # Errors
    /// The marks met, if one of them is the departure of a side in `forbidden`; the index is where it was.
    #[inline]
    pub(super) fn publish(&self, from: usize, to: usize, forbidden: &[Side]) -> Result<Marks, Marks> {
        // ORDERING(publish): the slots up to `to` are done with before the other side can see this index.
        match self.0.compare_exchange(
            pack(from, Marks::NONE),
            pack(to, Marks::NONE),
            Ordering::Release,
            Ordering::Relaxed,
        ) {
            Ok(_) => Ok(Marks::NONE),
            Err(found) => self.publish_over_marks(found, to, forbidden),
        }
    }

    #[cold]
    fn publish_over_marks(&self, mut found: usize, to: usize, forbidden: &[Side]) -> Result<Marks, Marks> {
        loop {
            let marks = Seen::of(found).marks;
            if forbidden.iter().any(|&side| marks.gone(side)) {
                return Err(marks);
            }
            let next = pack(to, Marks(marks.0 & !Marks::ASLEEP.0));
            // ORDERING(publish): as above. ORDERING(departure): a departure marked on the head was marked on the tail
            // before, so the last index is visible there from now on.
            match self.0.compare_exchange(found, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Ok(marks),
                Err(newer) => found = newer,
            }
        }
    }

    /// Leaves the mark `ASLEEP` if the word still is `index` without marks. True obliges the other side to wake the caller.
    pub(super) fn arm(&self, index: usize) -> bool {
        let word = pack(index, Marks::NONE);
        // Relaxed: the mark carries nothing; what the waker did is acquired when the waiter loads the word again.
        self.0.compare_exchange(word, word | Marks::ASLEEP.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Takes the mark `ASLEEP` back. False if somebody else took it, who then is about to wake the caller.
    pub(super) fn disarm(&self) -> bool {
        self.0.fetch_and(!Marks::ASLEEP.0, Ordering::Relaxed) & Marks::ASLEEP.0 != 0
    }

    /// Marks that a side is gone, see [`depart`].
    pub(super) fn depart(&self, side: Side) -> Seen {
        depart(&self.0, side)
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{Cursor, Side};

    #[test]
    fn words_are_described_by_index_and_marks() {
        assert_eq!(super::describe_word(3 << 3), "3");
        assert_eq!(super::describe_word(3 << 3 | 0b101), "3+asleep+consumer-gone");
    }

    #[test]
    fn whoever_moves_the_index_takes_the_mark_and_owes_the_wake_up() {
        let cursor = Cursor::new(5);
        assert!(cursor.arm(5));
        assert!(!cursor.arm(5), "one sleeper per cursor");
        assert!(cursor.publish(5, 6, &[]).unwrap().asleep());
        assert!(!cursor.publish(6, 7, &[]).unwrap().asleep());
        assert!(!cursor.arm(6), "the index has moved on");
        assert!(cursor.arm(7) && cursor.disarm() && !cursor.disarm());
    }

    #[test]
    fn nothing_is_published_after_a_departure_that_forbids_it() {
        let cursor = Cursor::new(1);
        assert!(cursor.arm(1));
        assert!(cursor.depart(Side::Producer).marks.asleep());
        assert!(!cursor.arm(1), "nobody sleeps on a cursor that will not move");
        assert!(cursor.publish(1, 2, &[Side::Producer]).is_err());
        assert_eq!(cursor.load().index, 1);
        assert!(cursor.publish(1, 2, &[Side::Consumer]).unwrap().gone(Side::Producer));
        assert!(cursor.load().marks.gone(Side::Producer), "a departure stays marked");
    }
}
