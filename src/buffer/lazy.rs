//! A ring that comes with its first element.
//!
//! Many connections are idle, or talk in one direction only, and what makes a ring fast is large: cursors on cache lines of
//! their own, slots, stamps. Before the first element there is little to know about a ring: whether the consumer sleeps, and who is
//! gone. Those are the marks of a cursor, so one cursor stands for all of it, the *gate*:
//!
//! ```text
//!  gate                  meaning                       moved by
//!  UNMADE  + marks       nothing was ever put in       the first push, to
//!  MADE                  the ring is there             nobody
//! ```
//!
//! The first push makes the ring and puts its elements in while nobody else can see it; then it moves the gate, which publishes the ring
//! with its elements as a later push publishes elements alone.
//!
//! # Invariants
//! * **L1** the cell is the producer's while the gate says `UNMADE`; from `MADE` on nobody writes it before the end of this value.
//! * **L2** whoever has seen `MADE` finds the ring in the cell, and it stays there: other sides and third parties may be at work on it
//!   after a side has left. What the second to leave frees are its elements and its slots, which is the ring's own affair.
//! * **L3** the gate is a cursor: a departure that is marked on `UNMADE` keeps it there (C2), so all who ask after that find no ring; and the
//!   mark of a sleeper is met by the first push or by a departure (C1).
//!
//! A first push that is refused by a departure has only copied elements to a ring that nobody saw; they stay the caller's.

use std::fmt;
use std::ptr::NonNull;

use crate::error::CapacityError;
use crate::sync::cell::UnsafeCell;

use super::cursor::{Cursor, Marks};
use super::{Closed, PopError, Popped, PushError, Pushed, Ring, Side};

const UNMADE: usize = 0;
const MADE: usize = 1;

/// A ring `R` that is made by the first push.
pub struct Lazy<R> {
    capacity: usize,
    start: usize,
    gate: Cursor,
    ring: UnsafeCell<Option<Box<R>>>,
}

// SAFETY: (L1, L2) the cell passes from the producer to everybody, to be read, through the gate.
unsafe impl<R: Send + Sync> Sync for Lazy<R> {}

/// What a side knows once it has seen the ring: where it is, and the notes that the ring wants kept.
#[derive(Debug)]
pub struct Known<R, N> {
    ring: NonNull<R>,
    notes: N,
}

// SAFETY: (L2) the pointer is a shared reference to the ring in everything but its lifetime.
unsafe impl<R: Sync, N: Send> Send for Known<R, N> {}

impl<R> Lazy<R> {
    /// The ring, or the marks that stand beside none.
    fn made(&self) -> Result<&R, Marks> {
        let gate = self.gate.load();
        if gate.index == UNMADE {
            return Err(gate.marks);
        }
        // SAFETY: (L2) the gate said so.
        let ring = self.ring.with(|ring| unsafe { (*ring).as_deref() });
        Ok(ring.expect("L2: behind an open gate is a ring"))
    }

    /// Makes the ring with its first elements.
    ///
    /// # Safety
    /// As for [`push`](Ring::push).
    #[cold]
    unsafe fn push_first<T>(
        &self,
        put: &mut Option<Known<R, R::Put>>,
        source: *const T,
        len: usize,
    ) -> Result<Pushed, PushError>
    where
        R: Ring<T>,
    {
        let ring = Box::new(R::starting_at(self.capacity, self.start).map_err(|_| PushError::OutOfMemory)?);
        let mut notes = ring.put_notes();
        // SAFETY: (S2, L1) as promised to us, and nobody else knows this ring.
        let pushed = unsafe { ring.push(&mut notes, source, len) }?;
        // SAFETY: (L1) the gate has not been moved, which this side alone does.
        let ring = self.ring.with_mut(|cell| NonNull::from(&**unsafe { (*cell).insert(ring) }));
        match self.gate.publish(UNMADE, MADE, &[Side::Producer, Side::Consumer]) {
            Ok(met) => {
                *put = Some(Known { ring, notes });
                Ok(Pushed { wake: met.asleep(), ..pushed })
            }
            Err(met) => {
                // SAFETY: (L1) as above. A ring that is dropped drops none of its elements.
                self.ring.with_mut(|cell| unsafe { *cell = None });
                Err(met.refuses_push().unwrap_or(PushError::Full))
            }
        }
    }

    /// The ring and the consumer's notes for it, or why there is nothing to take.
    #[inline]
    fn taking<'a, T>(&self, take: &'a mut Option<Known<R, R::Take>>) -> Result<(&'a R, &'a mut R::Take), PopError>
    where
        R: Ring<T>,
    {
        let known = match take {
            Some(known) => known,
            None => take.insert(self.find()?),
        };
        // SAFETY: (L2) the consumer has seen the ring.
        Ok((unsafe { known.ring.as_ref() }, &mut known.notes))
    }

    #[cold]
    fn find<T>(&self) -> Result<Known<R, R::Take>, PopError>
    where
        R: Ring<T>,
    {
        let ring = self.made().map_err(|marks| marks.refuses_pop().unwrap_or(PopError::Empty))?;
        Ok(Known { ring: NonNull::from(ring), notes: ring.take_notes() })
    }
}

impl<T: Send, R: Ring<T>> Ring<T> for Lazy<R> {
    type Put = Option<Known<R, R::Put>>;
    type Take = Option<Known<R, R::Take>>;

    const NAME: &'static str = R::NAME;

    fn bytes(capacity: usize) -> Result<usize, CapacityError> {
        R::bytes(capacity)
    }

    fn starting_at(capacity: usize, start: usize) -> Result<Self, CapacityError> {
        R::bytes(capacity)?;
        Ok(Self { capacity, start, gate: Cursor::new(UNMADE), ring: UnsafeCell::new(None) })
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn put_notes(&self) -> Self::Put {
        None
    }

    fn take_notes(&self) -> Self::Take {
        None
    }

    #[inline(always)]
    unsafe fn push(&self, put: &mut Self::Put, source: *const T, len: usize) -> Result<Pushed, PushError> {
        match put {
            // SAFETY: (S2, L2) as promised to us.
            Some(known) => unsafe { known.ring.as_ref().push(&mut known.notes, source, len) },
            // SAFETY: (S2) as promised to us.
            None => unsafe { self.push_first(put, source, len) },
        }
    }

    #[inline(always)]
    unsafe fn pop(&self, take: &mut Self::Take, target: *mut T, len: usize) -> Result<Popped, PopError> {
        let (ring, notes) = self.taking(take)?;
        // SAFETY: (S2) as promised to us.
        unsafe { ring.pop(notes, target, len) }
    }

    unsafe fn lend<'a>(&'a self, take: &'a mut Self::Take) -> Result<&'a [T], PopError>
    where
        T: Copy,
    {
        let (ring, notes) = self.taking(take)?;
        // SAFETY: (S2) as promised to us.
        unsafe { ring.lend(notes) }
    }

    unsafe fn consume(&self, take: &mut Self::Take, count: usize) -> Result<Popped, PopError>
    where
        T: Copy,
    {
        let (ring, notes) = self.taking(take)?;
        // SAFETY: (S2) as promised to us.
        unsafe { ring.consume(notes, count) }
    }

    #[inline]
    fn expect(&self, take: &Self::Take) {
        if let Some(known) = take {
            // SAFETY: (L2) the consumer has seen the ring.
            unsafe { known.ring.as_ref() }.expect(&known.notes);
        }
    }

    fn known(&self, take: &Self::Take) -> usize {
        // SAFETY: (L2) the consumer has seen the ring.
        take.as_ref().map_or(0, |known| unsafe { known.ring.as_ref() }.known(&known.notes))
    }

    fn known_room(&self, put: &Self::Put) -> usize {
        // SAFETY: (L2) the producer has made the ring.
        put.as_ref().map_or(self.capacity, |known| unsafe { known.ring.as_ref() }.known_room(&known.notes))
    }

    /// What was never made is not full.
    unsafe fn arm_producer(&self, put: &mut Self::Put) -> bool {
        // SAFETY: (S2, L2) as promised to us.
        put.as_mut().is_some_and(|known| unsafe { known.ring.as_ref().arm_producer(&mut known.notes) })
    }

    unsafe fn arm_consumer(&self, take: &mut Self::Take) -> bool {
        match take {
            // SAFETY: (S2, L2) as promised to us.
            Some(known) => unsafe { known.ring.as_ref().arm_consumer(&mut known.notes) },
            None => self.gate.arm(UNMADE),
        }
    }

    unsafe fn disarm_producer(&self, put: &mut Self::Put) -> bool {
        // SAFETY: (S2, L2) as promised to us.
        put.as_mut().is_some_and(|known| unsafe { known.ring.as_ref().disarm_producer(&mut known.notes) })
    }

    /// Where the mark was left, for the consumer has looked at nothing since.
    unsafe fn disarm_consumer(&self, take: &mut Self::Take) -> bool {
        match take {
            // SAFETY: (S2, L2) as promised to us.
            Some(known) => unsafe { known.ring.as_ref().disarm_consumer(&mut known.notes) },
            None => self.gate.disarm(),
        }
    }

    fn close(&self, side: Side) -> Closed {
        // Where there is no ring, marking says whether one came meanwhile.
        let asleep = self.made().is_err() && self.gate.depart(side).marks.asleep();
        match self.made() {
            Ok(ring) => ring.close(side),
            Err(_) => Closed { wake_producer: false, wake_consumer: asleep, drained: true },
        }
    }

    unsafe fn leave(&self) {
        // L3: this side was closed, so if there is no ring now, there will be none, for either side.
        if let Ok(ring) = self.made() {
            // SAFETY: (S3) as promised to us.
            unsafe { ring.leave() };
        }
    }
}

impl<R> fmt::Debug for Lazy<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lazy").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}
