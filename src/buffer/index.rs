//! The index algorithm: two cursors over slots, each side with a private copy of both indices.
//!
//! The classic single-producer single-consumer ring (Lamport 1977) with cached indices (FastForward, PPoPP 2008;
//! B-Queue): a side looks at the other's cursor only when its own copy says that there is no room, or nothing to
//! take, so that in a stream most operations touch no line the other side writes.
//!
//! # Invariants
//! * **I1** `put.tail` is the index of the tail cursor, `take.head` that of the head cursor; only their owners move them.
//! * **I2** `put.head` and `take.tail` are values the other cursor had earlier, so what they allow is still allowed.
//! * **I3** slots `head..tail` are filled and the consumer's, all others the producer's (S1).
//! * **I4** the storage is there until both sides have left.
//!
//! A push whose publication is refused has only written to slots that stay the producer's; a pop that is refused has only
//! read. So refusal undoes nothing.

use std::marker::PhantomData;

use crate::error::CapacityError;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::cell::UnsafeCell;
use crate::sync::hint;
use crate::sync::lines::{AHEAD, LINE};

use super::cursor::Cursor;
use super::line::{Line, Padding};
use super::storage::Storage;
use super::{Closed, PopError, Popped, PushError, Pushed, Ring, Side, Wrap, bytes_of};

/// A ring of `T` over the storage `S`.
#[derive(Debug)]
#[repr(C)]
pub struct IndexRing<T, S> {
    wrap: Wrap,
    storage: UnsafeCell<Option<S>>,
    start: usize,
    sides: AtomicUsize,
    front: Padding,
    tail: Line<Cursor>,
    head: Line<Cursor>,
    elements: PhantomData<T>,
}

// SAFETY: (S1, I4) slots pass between the sides through the cursors; the storage cell is written when both have left.
unsafe impl<T: Send, S: Storage<T>> Sync for IndexRing<T, S> {}

/// What the producer knows: its own index, and where the consumer's was.
#[derive(Debug)]
pub struct Put {
    tail: usize,
    head: usize,
}

/// What the consumer knows: its own index, and where the producer's was.
#[derive(Debug)]
pub struct Take {
    head: usize,
    tail: usize,
}

impl<T: Send, S: Storage<T>> IndexRing<T, S> {
    /// Makes room for `len` elements, or as many as there is room for.
    #[inline]
    fn room(&self, put: &mut Put, len: usize) -> Result<usize, PushError> {
        let room = self.wrap.room(put.head, put.tail);
        if room >= len {
            return Ok(len);
        }
        let seen = self.head.0.load();
        put.head = seen.index;
        match self.wrap.room(put.head, put.tail) {
            0 => Err(seen.marks.refuses_push().unwrap_or(PushError::Full)),
            room => Ok(room.min(len)),
        }
    }

    /// Finds `len` elements, or as many as there are.
    #[inline]
    fn filled(&self, take: &mut Take, len: usize) -> Result<usize, PopError> {
        let filled = self.wrap.distance(take.head, take.tail);
        if filled >= len {
            return Ok(len);
        }
        let seen = self.tail.0.load();
        take.tail = seen.index;
        match self.wrap.distance(take.head, take.tail) {
            0 => Err(seen.marks.refuses_pop().unwrap_or(PopError::Empty)),
            filled => Ok(filled.min(len)),
        }
    }

    #[inline]
    fn storage(&self) -> &S {
        // SAFETY: (I4) written only when both sides have left, and whoever asks has not.
        let storage = self.storage.with(|storage| unsafe { (*storage).as_ref() });
        storage.expect("I4: a side that has not left finds the storage")
    }

    /// Where operations like this one, of up to `len` elements from `index` on, soon get to, for a hint: the other side was there last. Nowhere if they are
    /// large, for those are on their way through many lines at once, nor beyond the last slot.
    #[inline]
    fn ahead(&self, index: usize, len: usize) -> Option<*const u8> {
        let slot = self.wrap.slot(index);
        let inside = (self.wrap.slots() - slot) * size_of::<T>() > AHEAD;
        let place = self.storage().base().wrapping_add(slot).cast::<u8>().wrapping_add(AHEAD);
        (len * size_of::<T>() <= LINE && inside).then_some(place)
    }

    /// Releases `count` slots.
    #[inline]
    fn release(&self, take: &mut Take, count: usize) -> Result<Popped, PopError> {
        let next = self.wrap.advance(take.head, count);
        let met = self.head.0.publish(take.head, next, &[Side::Consumer]).map_err(|_| PopError::ConsumerGone)?;
        take.head = next;
        let ended = met.gone(Side::Producer) && {
            take.tail = self.tail.0.load().index;
            take.tail == take.head
        };
        Ok(Popped { count, wake: met.asleep(), ended })
    }
}

impl<T: Send, S: Storage<T>> Ring<T> for IndexRing<T, S> {
    type Put = Put;
    type Take = Take;

    const NAME: &'static str = S::NAME;

    fn bytes(capacity: usize) -> Result<usize, CapacityError> {
        bytes_of::<T>(capacity, S::slots_for(capacity))
    }

    fn starting_at(capacity: usize, start: usize) -> Result<Self, CapacityError> {
        Self::bytes(capacity)?;
        let wrap = Wrap::new(S::slots_for(capacity), capacity);
        let storage = S::reserve(wrap.slots()).map_err(|_| CapacityError::OutOfMemory { capacity })?;
        let start = wrap.index(start);
        Ok(Self {
            wrap,
            start,
            storage: UnsafeCell::new(Some(storage)),
            sides: AtomicUsize::new(2),
            front: Padding::new(),
            tail: Line::new(Cursor::new(start)),
            head: Line::new(Cursor::new(start)),
            elements: PhantomData,
        })
    }

    fn capacity(&self) -> usize {
        self.wrap.capacity()
    }

    fn put_notes(&self) -> Put {
        Put { tail: self.start, head: self.start }
    }

    fn take_notes(&self) -> Take {
        Take { head: self.start, tail: self.start }
    }

    #[inline(always)]
    unsafe fn push(&self, put: &mut Put, source: *const T, len: usize) -> Result<Pushed, PushError> {
        let count = self.room(put, len)?;
        // The exchange below waits until the elements are written: asked for now, the cursor's line travels at the same time as theirs.
        hint::will_write(&raw const self.tail);
        if let Some(place) = self.ahead(put.tail, len) {
            hint::will_write(place);
        }
        // SAFETY: (I3) `count` slots from the tail on are the producer's; `source` holds `len >= count`.
        unsafe { self.storage().put(self.wrap, put.tail, source, count) };
        let next = self.wrap.advance(put.tail, count);
        match self.tail.0.publish(put.tail, next, &[Side::Producer, Side::Consumer]) {
            Ok(met) => {
                put.tail = next;
                Ok(Pushed { count, wake: met.asleep() })
            }
            Err(met) => Err(met.refuses_push().unwrap_or(PushError::Full)),
        }
    }

    #[inline(always)]
    unsafe fn pop(&self, take: &mut Take, target: *mut T, len: usize) -> Result<Popped, PopError> {
        let count = self.filled(take, len)?;
        if let Some(place) = self.ahead(take.head, len) {
            hint::will_read(place);
        }
        // SAFETY: (I3) `count` slots from the head on are filled and the consumer's; `target` holds `len >= count`.
        unsafe { self.storage().get(self.wrap, take.head, target, count) };
        self.release(take, count)
    }

    unsafe fn lend<'a>(&'a self, take: &'a mut Take) -> Result<&'a [T], PopError>
    where
        T: Copy,
    {
        // The tail carries both departures, so one look tells all.
        let seen = self.tail.0.load();
        if seen.marks.gone(Side::Consumer) {
            return Err(PopError::ConsumerGone);
        }
        take.tail = seen.index;
        let filled = self.wrap.distance(take.head, take.tail);
        if filled == 0 {
            return Err(seen.marks.refuses_pop().unwrap_or(PopError::Empty));
        }
        // SAFETY: (I3) `filled > 0` slots from the head on are filled and stay the consumer's while `take` is borrowed.
        Ok(unsafe { self.storage().show(self.wrap, take.head, filled) })
    }

    unsafe fn consume(&self, take: &mut Take, count: usize) -> Result<Popped, PopError>
    where
        T: Copy,
    {
        self.release(take, count)
    }

    #[inline]
    fn expect(&self, take: &Take) {
        hint::will_read(self.storage().base().wrapping_add(self.wrap.slot(take.head)));
    }

    fn known(&self, take: &Take) -> usize {
        self.wrap.distance(take.head, take.tail)
    }

    fn known_room(&self, put: &Put) -> usize {
        self.wrap.room(put.head, put.tail)
    }

    unsafe fn arm_producer(&self, put: &mut Put) -> bool {
        self.head.0.arm(put.head)
    }

    unsafe fn arm_consumer(&self, take: &mut Take) -> bool {
        self.tail.0.arm(take.tail)
    }

    unsafe fn disarm_producer(&self, _put: &mut Put) -> bool {
        self.head.0.disarm()
    }

    unsafe fn disarm_consumer(&self, _take: &mut Take) -> bool {
        self.tail.0.disarm()
    }

    fn close(&self, side: Side) -> Closed {
        // The tail first: who meets a departure on the head finds a tail that is final, see `cursor`.
        let tail = self.tail.0.depart(side);
        let head = self.head.0.depart(side);
        Closed {
            wake_producer: head.marks.asleep(),
            wake_consumer: tail.marks.asleep(),
            drained: tail.index == head.index,
        }
    }

    unsafe fn leave(&self) {
        // ORDERING(leave): what either side did to the slots is over before the second to leave frees them.
        if self.sides.fetch_sub(1, Ordering::AcqRel) == 1 {
            let (mut head, tail) = (self.head.0.own().index, self.tail.0.own().index);
            // SAFETY: (I4, S3) both sides have left: nobody else looks.
            let storage = self.storage.with_mut(|storage| unsafe { (*storage).take() });
            let Some(storage) = storage else { return };
            while std::mem::needs_drop::<T>() && head != tail {
                let mut element = std::mem::MaybeUninit::uninit();
                // SAFETY: (I3) the slot is filled, and nobody but us takes it.
                unsafe { storage.get(self.wrap, head, element.as_mut_ptr(), 1) };
                head = self.wrap.advance(head, 1);
                // SAFETY: (I3) `get` has just moved a whole element there.
                unsafe { element.assume_init_drop() };
            }
        }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{AHEAD, IndexRing, LINE, Ring};
    use crate::sync::cell::Slots;

    /// In both laps: small operations ask for what is ahead and inside, all others for nothing.
    fn check<T: Send>(slots: usize) {
        let ring = IndexRing::<T, Slots<T>>::starting_at(slots, 0).expect("a modest capacity");
        let (size, base) = (size_of::<T>(), ring.storage().base());
        for index in 0..2 * slots {
            let place = index % slots + AHEAD / size;
            for len in [1, LINE / size - 1, LINE / size, LINE / size + 1, 1_000] {
                let asks = len * size <= LINE && place < slots;
                let expected = asks.then(|| base.wrapping_add(place).cast());
                assert_eq!(ring.ahead(index, len), expected, "{len} of {size} bytes from {index} on");
            }
        }
    }

    #[test]
    fn small_operations_ask_ahead_and_inside() {
        check::<u8>(256);
        check::<u8>(100);
        check::<u64>(64);
    }
}
