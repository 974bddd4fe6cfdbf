//! Sequence numbers per slot: for ends that many threads share.
//!
//! After Dmitry Vyukov's bounded MPMC queue (1024cores.net, 2010). Every slot carries a *stamp*; a side claims a position by
//! moving the tail or head past it and then owns the slot until it writes the slot's next stamp:
//!
//! ```text
//!  stamp of slot i      meaning                            next stamp, written by
//!  position p           free for the push at p             p + 1, the producer that claimed p
//!  position p + 1       filled by the push at p            p + lap, the consumer that claimed p
//! ```
//!
//! A slice is claimed, filled or emptied, and stamped as one run of positions, see `runs`.
//!
//! How positions count laps, and why a ring of one slot works here though it does not in the original, stands in `laps`.
//!
//! # Sleeping and leaving
//! As in the index algorithm, every change of the tail, of the head, and of a stamp that may be marked is a read-modify-write, and marks stand
//! beside the number. A waiter marks the one stamp it waits for: the slot at the head when the ring is empty, the slot at the
//! tail when it is full. Whoever writes the next stamp meets the mark and owes the wake-up.
//!
//! * **M1** the side that departs marks the tail (no claim after that, so the tail `F` is final), then the head, then the stamp
//!   of slot `F`: the slot where a consumer of the drained ring, and a producer of the full one, would fall asleep. A waiter that
//!   marked that stamp before is found there; one that comes later fails to mark it and looks at the tail again.
//!   Where the ring has been claimed to its last place, that is also the slot of the oldest element, and perhaps its producer has not
//!   filled it yet. A consumer may sleep there even so, and its mark is left to that producer, whose stamp is still to come.
//! * **M2** the mark on a stamp may be overwritten by the next stamp. That is a read-modify-write, which continues the release
//!   sequence of the mark: whoever looks at the stamp from then on acquires the departure.
//! * **M3** a consumer that takes the last element meets the mark on the head, or moved the head before it was marked, in
//!   which case the departing side sees the ring drained.

mod runs;
mod shared;

pub use shared::{SharedConsumer, SharedProducer};

use std::fmt;
use std::ptr::NonNull;
use std::slice;

use crate::error::CapacityError;
use crate::sync::atomic::{AtomicUsize, Ordering, fence, look};
use crate::sync::cell::{Slots, UnsafeCell};

use super::cursor::{Marks, Seen, depart, pack};
use super::laps::Laps;
use super::lazy::Lazy;
use super::line::{Line, Padding};
use super::{Closed, LEND_MAX, PopError, Popped, PushError, Pushed, Ring, Side, bytes_of};

/// A lock-free ring for one producer and one consumer: see [`Stamped`]. Its memory comes with the first element.
pub type Mpmc<T> = Lazy<Stamped<T>>;

/// A lock-free ring whose ends may be shared, see [`SharedProducer`]. It is there from the beginning: of many producers, any may be the first.
#[repr(C)]
pub struct Stamped<T> {
    laps: Laps,
    stamps: Box<[AtomicUsize]>,
    /// Gone when both sides have left.
    slots: UnsafeCell<Option<Slots<T>>>,
    sides: AtomicUsize,
    front: Padding,
    tail: Line<AtomicUsize>,
    head: Line<AtomicUsize>,
}

/// What a side knows of where it goes on.
#[derive(Debug, Clone, Default)]
pub struct Wait {
    /// The position, unless somebody else of that side went on there.
    next: usize,
    /// The stamp there, if that said "full" or "empty": where to leave the mark. After a success, an old one.
    word: usize,
}

impl Wait {
    fn at(line: &AtomicUsize) -> Self {
        Self { next: Seen::of(look(line, Ordering::Relaxed)).index, ..Self::default() }
    }
}

/// What a sole consumer knows: where it would wait, and a copy of what it was shown.
#[derive(Debug)]
pub struct Take<T> {
    wait: Wait,
    shown: Vec<T>,
}

// SAFETY: (S1, S3) slots pass between the sides through their stamps; the block is freed when both have left.
unsafe impl<T: Send> Sync for Stamped<T> {}

impl<T> Stamped<T> {
    fn slots(&self) -> &Slots<T> {
        // SAFETY: (S3) written only when both sides have left, and whoever asks has not.
        let slots = self.slots.with(|slots| unsafe { (*slots).as_ref() });
        slots.expect("S3: a side that has not left finds its slots")
    }

    fn nothing_at(&self, position: usize) -> PopError {
        // Relaxed: a tail from before the departure says "empty", and the stamp that is waited for then knows better (M1, M2).
        let tail = Seen::of(self.tail.0.load(Ordering::Relaxed));
        if tail.marks.gone(Side::Consumer) {
            PopError::ConsumerGone
        } else if tail.marks.gone(Side::Producer) && tail.index == position {
            PopError::ProducerGone
        } else {
            PopError::Empty
        }
    }

    /// The tail, for whoever has met the departure of the producers.
    fn last_tail(&self) -> usize {
        Seen::of(self.tail.0.load(Ordering::Relaxed)).index
    }

    fn arm(&self, wait: &Wait) -> bool {
        let Seen { marks, .. } = Seen::of(wait.word);
        // M1: a departure does not keep back what was claimed before.
        let comes = || Seen::of(self.tail.0.load(Ordering::Relaxed)).index != wait.next;
        let (stamp, armed) = (&self.stamps[self.laps.slot(wait.next)], wait.word | Marks::ASLEEP.bits());
        // Relaxed: the mark carries nothing; what the waker did is acquired when the waiter loads the stamp again.
        (marks == Marks::NONE || !marks.asleep() && comes())
            && stamp.compare_exchange(wait.word, armed, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Marks on the stamp at the last position that a side is gone, and takes the mark of a sleeper. Returns whether there was one, and
    /// whether the slot is free: then it is the consumer.
    fn depart_at(&self, last: usize, side: Side) -> (bool, bool) {
        let slot = self.laps.slot(last);
        let stamp = &self.stamps[slot];
        let mut found = look(stamp, Ordering::Relaxed);
        loop {
            let seen = Seen::of(found);
            let free = self.laps.slot(seen.index) == slot;
            // M1: claimed and not filled yet.
            let coming = free && seen.index != last;
            let asleep = seen.marks.asleep() && !coming;
            let gone = found | Marks::gone_of(side).bits();
            let next = if asleep { gone & !Marks::ASLEEP.bits() } else { gone };
            // ORDERING(departure): as in `depart`.
            match stamp.compare_exchange(found, next, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return (asleep, free),
                Err(newer) => found = newer,
            }
        }
    }

    fn disarm(&self, wait: &Wait) -> bool {
        let (stamp, armed) = (&self.stamps[self.laps.slot(wait.next)], wait.word | Marks::ASLEEP.bits());
        stamp.compare_exchange(armed, wait.word, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl<T: Send> Ring<T> for Stamped<T> {
    type Put = Wait;
    type Take = Take<T>;

    const NAME: &'static str = "mpmc";

    fn bytes(capacity: usize) -> Result<usize, CapacityError> {
        bytes_of::<(AtomicUsize, T)>(capacity, capacity)
    }

    fn starting_at(capacity: usize, start: usize) -> Result<Self, CapacityError> {
        Self::bytes(capacity)?;
        let laps = Laps::new(capacity);
        let start = laps.start(start);
        let slots = Slots::try_new(capacity).map_err(|_| CapacityError::OutOfMemory { capacity })?;
        let mut stamps = Vec::new();
        stamps.try_reserve_exact(capacity).map_err(|_| CapacityError::OutOfMemory { capacity })?;
        stamps.extend((0..capacity).map(|slot| AtomicUsize::new(pack(laps.first(start, slot), Marks::NONE))));
        Ok(Self {
            laps,
            stamps: stamps.into_boxed_slice(),
            slots: UnsafeCell::new(Some(slots)),
            sides: AtomicUsize::new(2),
            front: Padding::new(),
            tail: Line::new(AtomicUsize::new(pack(start, Marks::NONE))),
            head: Line::new(AtomicUsize::new(pack(start, Marks::NONE))),
        })
    }

    fn capacity(&self) -> usize {
        self.laps.capacity()
    }

    fn put_notes(&self) -> Wait {
        Wait::at(&self.tail.0)
    }

    fn take_notes(&self) -> Take<T> {
        Take { wait: Wait::at(&self.head.0), shown: Vec::new() }
    }

    #[inline]
    unsafe fn push(&self, put: &mut Wait, source: *const T, len: usize) -> Result<Pushed, PushError> {
        // SAFETY: (S2) the caller vouches for `source`.
        unsafe { self.push_run(put, source, len) }
    }

    #[inline]
    unsafe fn pop(&self, take: &mut Take<T>, target: *mut T, len: usize) -> Result<Popped, PopError> {
        // SAFETY: (S2) the caller vouches for `target`.
        unsafe { self.pop_run(&mut take.wait, NonNull::new(target), len) }
    }

    unsafe fn lend<'a>(&'a self, take: &'a mut Take<T>) -> Result<&'a [T], PopError>
    where
        T: Copy,
    {
        take.shown.clear();
        let head = Seen::of(look(&self.head.0, Ordering::Relaxed));
        if head.marks.gone(Side::Consumer) {
            return Err(PopError::ConsumerGone);
        }
        let first = head.index;
        let count = self.run(first, LEND_MAX, |position| position + 1).map_err(|word| {
            take.wait = Wait { next: first, word };
            self.nothing_at(first)
        })?;
        let Take { shown, .. } = take;
        self.each_stretch(first, count, |slot, len| {
            let from = self.slots().reading(slot, len);
            // SAFETY: (S1, S2) filled, and the only consumer does not release them before they are consumed.
            shown.extend_from_slice(unsafe { slice::from_raw_parts(from, len) });
        });
        Ok(&take.shown)
    }

    unsafe fn consume(&self, take: &mut Take<T>, count: usize) -> Result<Popped, PopError>
    where
        T: Copy,
    {
        // SAFETY: (S2) without a target there is nothing to vouch for: elements are `Copy`.
        unsafe { self.pop_run(&mut take.wait, None, count) }
    }

    unsafe fn arm_producer(&self, put: &mut Wait) -> bool {
        self.arm(put)
    }

    unsafe fn arm_consumer(&self, take: &mut Take<T>) -> bool {
        self.arm(&take.wait)
    }

    unsafe fn disarm_producer(&self, put: &mut Wait) -> bool {
        self.disarm(put)
    }

    unsafe fn disarm_consumer(&self, take: &mut Take<T>) -> bool {
        self.disarm(&take.wait)
    }

    fn close(&self, side: Side) -> Closed {
        let tail = depart(&self.tail.0, side);
        let head = depart(&self.head.0, side);
        // ORDERING(claim): M5, the stamps that the claims of the tail had behind them come before the mark that is set next.
        // ORDERING(clones): what all clones of a shared end did to the slots is over, if this is the last one.
        fence(Ordering::Acquire);
        let (asleep, free) = self.depart_at(tail.index, side);
        Closed { wake_producer: asleep && !free, wake_consumer: asleep && free, drained: head.index == tail.index }
    }

    unsafe fn leave(&self) {
        // ORDERING(leave): what either side did to the slots is over before the second to leave empties them.
        if self.sides.fetch_sub(1, Ordering::AcqRel) == 1 {
            let (mut head, tail) = (Seen::of(self.head.0.load(Ordering::Relaxed)).index, self.last_tail());
            while std::mem::needs_drop::<T>() && head != tail {
                let element = self.slots().writing(self.laps.slot(head), 1);
                head = self.laps.advance(head, 1);
                // SAFETY: (S3) filled, and nobody else looks any more.
                unsafe { element.drop_in_place() };
            }
            // SAFETY: (S3) nobody else looks any more.
            drop(self.slots.with_mut(|slots| unsafe { (*slots).take() }));
        }
    }
}

impl<T> fmt::Debug for Stamped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stamped").field("capacity", &self.laps.capacity()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;
