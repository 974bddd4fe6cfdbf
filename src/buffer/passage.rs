//! A ring with a lock at each end, for elements that threads hand on one by one.
//!
//! ```text
//!              the putting end's lock                      the taking end's lock
//!   push ----> [ sent; a copy of received ]     slots      [ received; a copy of sent ] ----> pop
//!                       |                                            |
//!                       +--> sent, for the other end                 +--> received, for the other end
//! ```
//!
//! The other rings can put a side to sleep and tell that one has left, and pay with an exchange for each operation. Here a plain store publishes an element: whoever
//! has more to say takes both locks. And an end looks at what the other shows only when all that it knows of is used up, so threads at different ends seldom
//! meet at a cache line, and never at a lock.
//!
//! It grows: there are twice as many slots as elements were on their way when the putting end last looked, or more, if the capacity allows, and none before the first.
//!
//! # Invariants
//! `sent` and `received` count for ever and wrap around. The element of number `n` stands in the slot `n` modulo how many slots there are, which is a power
//! of two, and so divides what the counts wrap around at.
//!
//! * **E1** the slots of the numbers `received..sent` hold an element each, the others none. There are no more of these than slots, nor than the capacity.
//! * **E2** who has the lock of the putting end stores `sent`, with Release, when the element is in its slot; who has the other lock
//!   stores `received`, with Release, when the element has been moved out. The other end loads them with Acquire. So a slot is in the hands of
//!   those who put until it is counted as sent, and of those who take until it is counted as received.
//! * **E3** slots are exchanged for more of them by who has both locks, and hold the same elements then. So who has one may use them. The first ones are
//!   made by who has the lock of the putting end, before the first element is counted; the taking end does not touch slots before it has seen that.
//!
//! Rules kept here: RING-1 to RING-4.

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::cell::{Slots, UnsafeCell};
use crate::sync::hint;
use crate::sync::lines::AHEAD;
use crate::sync::{Mutex, MutexGuard};

/// The fewest slots of a ring that has any.
const FEWEST: usize = 16;

/// A ring of `T` with a lock at each end, which guards a `P` at the end that puts, and a `C` at the one that takes.
///
/// Who takes both locks takes that of the taking end first, and nobody takes one twice: that waits for ever. A ring of capacity 0 is always full.
pub struct Passage<T, P, C> {
    put: Apart<Mutex<Putting<P>>>,
    take: Apart<Mutex<Taking<C>>>,
    sent: Apart<AtomicUsize>,
    received: Apart<AtomicUsize>,
    slots: UnsafeCell<Slots<T>>,
    capacity: usize,
}

/// On cache lines of its own: threads that put and threads that take write none in common.
// An alignment, which makes an allocator slower than padding: a ring is made seldom.
#[repr(align(64))]
struct Apart<T>(T);

/// What is known at the end that puts.
#[repr(C)]
struct Putting<P> {
    sent: usize,
    /// How many had been received when this was last looked at.
    received: usize,
    /// How many may be on their way, for want of slots or by the capacity. As many as there will be slots, while there are none.
    limit: usize,
    rest: P,
}

/// What is known at the end that takes.
#[repr(C)]
struct Taking<C> {
    received: usize,
    /// How many had been sent when this was last looked at.
    sent: usize,
    rest: C,
}

/// Whether there is room for one element more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// There is.
    Free,
    /// There is once the ring [has grown](PutEnd::grow).
    ToGrow,
    /// There is none: as many are on their way as the ring holds.
    Full,
}

/// The end that puts, locked. Gives access to what the lock guards.
pub struct PutEnd<'a, T, P, C> {
    ring: &'a Passage<T, P, C>,
    end: MutexGuard<'a, Putting<P>>,
}

/// The end that takes, locked. Gives access to what the lock guards.
pub struct TakeEnd<'a, T, P, C> {
    ring: &'a Passage<T, P, C>,
    end: MutexGuard<'a, Taking<C>>,
}

// SAFETY: (E2, E3) an element is in the hands of one end at a time, and an end in those of the thread that has its lock.
unsafe impl<T: Send, P: Send, C: Send> Sync for Passage<T, P, C> {}

impl<T, P: Default, C: Default> Passage<T, P, C> {
    /// An empty ring for so many elements.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self::starting_at(capacity, 0)
    }

    /// As [`new`](Self::new), with the counts beginning at `start`: for tests of their overflow.
    #[must_use]
    pub fn starting_at(capacity: usize, start: usize) -> Self {
        Self {
            put: Apart(Mutex::new(Putting {
                sent: start,
                received: start,
                limit: capacity.min(FEWEST),
                rest: P::default(),
            })),
            take: Apart(Mutex::new(Taking { received: start, sent: start, rest: C::default() })),
            sent: Apart(AtomicUsize::new(start)),
            received: Apart(AtomicUsize::new(start)),
            slots: UnsafeCell::new(Slots::new(0)),
            capacity,
        }
    }
}

impl<T, P, C> Passage<T, P, C> {
    /// Waits for the lock of the end that puts, which the caller does not have.
    #[inline]
    pub fn lock_put(&self) -> PutEnd<'_, T, P, C> {
        PutEnd { ring: self, end: self.put.0.lock() }
    }

    /// Waits for the lock of the end that takes, which the caller has not, nor that of the other end.
    #[inline]
    pub fn lock_take(&self) -> TakeEnd<'_, T, P, C> {
        TakeEnd { ring: self, end: self.take.0.lock() }
    }

    /// How many elements are on their way, by a look without a lock: none of them may be there any more, and others may.
    #[must_use]
    pub fn count(&self) -> usize {
        // In this order: what is received was sent before. Not more than the capacity, however long the second look takes.
        let received = self.received();
        self.sent().wrapping_sub(received).min(self.capacity)
    }

    #[inline]
    fn sent(&self) -> usize {
        // ORDERING(sent): E2, what was counted stands in its slot.
        self.sent.0.load(Ordering::Acquire)
    }

    #[inline]
    fn received(&self) -> usize {
        // ORDERING(received): E2, what was counted has left its slot.
        self.received.0.load(Ordering::Acquire)
    }

    /// The slots, and which of them an element of that number has.
    ///
    /// # Safety
    /// The caller has one of the locks for as long as it uses them (E3).
    #[inline]
    unsafe fn slot(&self, number: usize) -> (&Slots<T>, usize) {
        // SAFETY: (E3) they are exchanged by nobody while the caller has a lock.
        let slots = self.slots.with(|slots| unsafe { &*slots });
        (slots, slot_of(number, slots))
    }
}

#[inline]
fn slot_of<T>(number: usize, slots: &Slots<T>) -> usize {
    number & slots.len().wrapping_sub(1)
}

impl<T, P, C> PutEnd<'_, T, P, C> {
    /// So many elements ahead of a push, memory is asked for.
    const AHEAD: usize = AHEAD.div_ceil(if size_of::<T>() == 0 { 1 } else { size_of::<T>() });

    #[inline]
    fn seem_on_their_way(&self) -> usize {
        self.end.sent.wrapping_sub(self.end.received)
    }

    /// Whether there is room. Looks at what was received only when it seems that there is none: each look takes the line from
    /// those who receive, and who write it each time.
    #[inline]
    pub fn room(&mut self) -> Room {
        if self.seem_on_their_way() < self.end.limit { Room::Free } else { self.look() }
    }

    fn look(&mut self) -> Room {
        let received = self.ring.received();
        let on_their_way = self.end.sent.wrapping_sub(received);
        if self.end.limit < self.ring.capacity && on_their_way >= self.end.limit / 2 {
            // With half of the slots free, the next look comes no earlier than after as many elements. What was seen is not noted: till it has grown, whoever
            // asks is told the same.
            return Room::ToGrow;
        }
        self.end.received = received;
        if on_their_way >= self.ring.capacity { Room::Full } else { Room::Free }
    }

    /// Puts an element behind the others.
    ///
    /// # Panics
    /// If there was no [room](Self::room) for it.
    #[inline]
    pub fn push(&mut self, element: T) {
        assert!(self.seem_on_their_way() < self.end.limit, "pushed where there is no room");
        // SAFETY: (E3) this end is locked.
        let (mut slots, mut at) = unsafe { self.ring.slot(self.end.sent) };
        if slots.is_empty() {
            // SAFETY: (E3) there are none.
            (slots, at) = unsafe { self.begin() };
        }
        let slot = slots.writing(at, 1);
        // A hint: the other end was there last, a lap ago.
        hint::will_write(slots.base().wrapping_add(slot_of(self.end.sent.wrapping_add(Self::AHEAD), slots)));
        // SAFETY: (E1, E2) the slot holds no element, and is in the hands of this end.
        unsafe { slot.write(element) };
        self.end.sent = self.end.sent.wrapping_add(1);
        // ORDERING(sent): E2, the element is in its slot.
        self.ring.sent.0.store(self.end.sent, Ordering::Release);
    }

    /// Makes the first slots. Ends as a `Vec` does that finds no memory.
    ///
    /// # Safety
    /// There are none, so no element was ever counted, and nobody else looks at slots.
    #[cold]
    unsafe fn begin(&self) -> (&Slots<T>, usize) {
        // SAFETY: (E3) this end is locked; and as promised to us.
        self.ring.slots.with_mut(|slots| unsafe { *slots = Slots::new(FEWEST) });
        // SAFETY: (E3) this end is locked.
        unsafe { self.ring.slot(self.end.sent) }
    }

    /// How many elements are on their way.
    ///
    /// # Panics
    /// If `take` is the end of another ring.
    #[must_use]
    pub fn count(&self, take: &TakeEnd<'_, T, P, C>) -> usize {
        assert!(std::ptr::eq(self.ring, take.ring), "both ends are of one ring");
        self.end.sent.wrapping_sub(take.end.received)
    }

    /// Makes twice as many slots, or the first ones. Ends as a `Vec` does that finds no memory.
    ///
    /// # Panics
    /// If `take` is the end of another ring, or more slots than memory can have.
    #[cold]
    pub fn grow(&mut self, take: &mut TakeEnd<'_, T, P, C>) {
        assert!(std::ptr::eq(self.ring, take.ring), "both ends are of one ring");
        self.ring.slots.with_mut(|slots| {
            // SAFETY: (E3) both locks are the caller's.
            let slots = unsafe { &mut *slots };
            let more = Slots::<T>::new((2 * slots.len()).max(FEWEST));
            let mut number = take.end.received;
            while number != self.end.sent {
                let from = slots.reading(slot_of(number, slots), 1);
                let to = more.writing(slot_of(number, &more), 1);
                // SAFETY: (E1) there stands an element; it is moved, and its old slot forgotten.
                unsafe { to.copy_from_nonoverlapping(from, 1) };
                number = number.wrapping_add(1);
            }
            self.end.limit = more.len().min(self.ring.capacity);
            *slots = more;
        });
    }
}

impl<T, P, C> TakeEnd<'_, T, P, C> {
    /// Whether there is an element by what was seen already.
    #[inline]
    #[must_use]
    pub fn has_seen(&self) -> bool {
        self.end.received != self.end.sent
    }

    /// Whether there is an element. Looks at what was sent only if none has been [seen](Self::has_seen).
    #[inline]
    pub fn has(&mut self) -> bool {
        if !self.has_seen() {
            self.end.sent = self.ring.sent();
        }
        self.has_seen()
    }

    /// Takes the first element, if there [is](Self::has) one.
    pub fn try_pop(&mut self) -> Option<T> {
        self.has().then(|| self.pop())
    }

    /// Takes the first element.
    ///
    /// # Panics
    /// If none [has been seen](Self::has_seen).
    #[inline]
    pub fn pop(&mut self) -> T {
        assert!(self.has_seen(), "popped where nothing has been seen");
        // SAFETY: (E3) this end is locked.
        let (slots, at) = unsafe { self.ring.slot(self.end.received) };
        // SAFETY: (E1, E2) the slot holds an element, and is in the hands of this end; it is forgotten there.
        let element = unsafe { slots.reading(at, 1).read() };
        self.end.received = self.end.received.wrapping_add(1);
        // ORDERING(received): E2, the element has left its slot.
        self.ring.received.0.store(self.end.received, Ordering::Release);
        element
    }
}

impl<T, P, C> Deref for PutEnd<'_, T, P, C> {
    type Target = P;

    #[inline]
    fn deref(&self) -> &P {
        &self.end.rest
    }
}

impl<T, P, C> DerefMut for PutEnd<'_, T, P, C> {
    #[inline]
    fn deref_mut(&mut self) -> &mut P {
        &mut self.end.rest
    }
}

impl<T, P, C> Deref for TakeEnd<'_, T, P, C> {
    type Target = C;

    #[inline]
    fn deref(&self) -> &C {
        &self.end.rest
    }
}

impl<T, P, C> DerefMut for TakeEnd<'_, T, P, C> {
    #[inline]
    fn deref_mut(&mut self) -> &mut C {
        &mut self.end.rest
    }
}

impl<T, P, C> Drop for Passage<T, P, C> {
    fn drop(&mut self) {
        // Both locks, to see all that was done under them. Nobody else can want them any more: elements are foreign.
        let mut take = self.lock_take();
        let _put = self.lock_put();
        while let Some(element) = take.try_pop() {
            drop(element);
        }
    }
}

impl<T, P, C> fmt::Debug for Passage<T, P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passage")
            .field("capacity", &self.capacity)
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

impl<T, P, C> fmt::Debug for PutEnd<'_, T, P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutEnd").field("sent", &self.end.sent).finish_non_exhaustive()
    }
}

impl<T, P, C> fmt::Debug for TakeEnd<'_, T, P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TakeEnd").field("received", &self.end.received).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;
