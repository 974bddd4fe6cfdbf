//! The two ends of a ring, as types: who holds one is the only one on that side (S2).

use std::fmt;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};

use crate::error::CapacityError;
use crate::sync::Arc;

use super::{Closed, PopError, Popped, PushError, Pushed, Ring, Side};

/// A way to reach one of several rings and keep it alive.
///
/// # Safety
/// `ring` gives the same ring for the same number every time.
pub unsafe trait Hold: Send {
    /// What is held.
    type Ring;

    /// The ring of that number. An end keeps the number beside its own notes, where it takes no word of memory.
    fn ring(&self, number: u8) -> &Self::Ring;
}

// SAFETY: (S2) an `Arc` points to the same value for life.
unsafe impl<R: Send + Sync> Hold for Arc<R> {
    type Ring = R;

    /// The only one.
    fn ring(&self, _number: u8) -> &R {
        self
    }
}

/// The two ends of a ring that stands by itself.
pub type Ends<T, R> = (Producer<T, Arc<R>>, Consumer<T, Arc<R>>);

/// An empty ring for `capacity` elements, as its two ends.
///
/// # Errors
/// A capacity that cannot be had.
pub fn ends<T: Send, R: Ring<T>>(capacity: usize) -> Result<Ends<T, R>, CapacityError> {
    ends_at(capacity, 0)
}

/// As [`ends`], with running indices that begin at `start`: for tests that begin just below an overflow.
///
/// # Errors
/// A capacity that cannot be had.
pub fn ends_at<T: Send, R: Ring<T>>(capacity: usize, start: usize) -> Result<Ends<T, R>, CapacityError> {
    R::check(capacity)?;
    let ring = Arc::new(R::starting_at(capacity, start)?);
    let (put, take) = (ring.put_notes(), ring.take_notes());
    Ok((Producer::new(ring.clone(), 0, put), Consumer::new(ring, 0, take)))
}

/// What was refused, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejected<T> {
    /// The element, given back.
    pub element: T,
    /// Why it did not go in.
    pub why: PushError,
}

/// The end that puts elements in. Dropping it closes its side; it wakes nobody, which is for the floors above.
pub struct Producer<T, H: Hold>
where
    H::Ring: Ring<T>,
    T: Send,
{
    hold: H,
    number: u8,
    put: <H::Ring as Ring<T>>::Put,
    left: bool,
    elements: PhantomData<fn(T)>,
}

impl<T: Send, H: Hold> Producer<T, H>
where
    H::Ring: Ring<T>,
{
    /// For this floor only: the notes are the ring's first and only ones.
    pub(super) fn new(hold: H, number: u8, put: <H::Ring as Ring<T>>::Put) -> Self {
        Self { hold, number, put, left: false, elements: PhantomData }
    }

    /// Moves one element in.
    ///
    /// # Errors
    /// The element and why it was refused.
    pub fn push(&mut self, element: T) -> Result<Pushed, Rejected<T>> {
        if self.left {
            return Err(Rejected { element, why: PushError::ProducerGone });
        }
        let element = ManuallyDrop::new(element);
        // SAFETY: (S2) this is the only producer; an element that was moved is not dropped here.
        let pushed = unsafe { self.hold.ring(self.number).push(&mut self.put, &raw const *element, 1) };
        pushed.map_err(|why| Rejected { element: ManuallyDrop::into_inner(element), why })
    }

    /// Copies as many of `elements` in as there is room for, at least one; an empty slice is nothing to do.
    ///
    /// # Errors
    /// Why none went in.
    // Always: calls in calls, for what takes a hundred instructions, are a sixth of them. So is all that this calls.
    #[inline(always)]
    pub fn push_slice(&mut self, elements: &[T]) -> Result<Pushed, PushError>
    where
        T: Copy,
    {
        if elements.is_empty() {
            return Ok(Pushed { count: 0, wake: false });
        }
        if self.left {
            return Err(PushError::ProducerGone);
        }
        // SAFETY: (S2) this is the only producer; the slice is readable, and its elements need no forgetting.
        unsafe { self.hold.ring(self.number).push(&mut self.put, elements.as_ptr(), elements.len()) }
    }

    /// How much room is known of, without looking.
    pub fn known_room(&self) -> usize {
        self.hold.ring(self.number).known_room(&self.put)
    }

    /// How many elements the ring holds at most.
    pub fn capacity(&self) -> usize {
        self.hold.ring(self.number).capacity()
    }

    /// After `Full`: true if the consumer now is obliged to wake this side; false if something has changed since.
    pub fn arm(&mut self) -> bool {
        // SAFETY: (S2) this is the only producer.
        !self.left && unsafe { self.hold.ring(self.number).arm_producer(&mut self.put) }
    }

    /// Takes the obligation back. False if it is already being met.
    pub fn disarm(&mut self) -> bool {
        // SAFETY: (S2) this is the only producer.
        !self.left && unsafe { self.hold.ring(self.number).disarm_producer(&mut self.put) }
    }

    /// Ends this side: nothing goes in any more.
    pub fn close(&self) -> Closed {
        self.hold.ring(self.number).close(Side::Producer)
    }

    /// Ends this side and lets go of the memory; every operation after it finds this side gone.
    pub fn leave(&mut self) -> Option<Closed> {
        if self.left {
            return None;
        }
        self.left = true;
        let closed = self.close();
        // SAFETY: (S3) closed just now, once, and every operation looks at `left` before it touches the ring.
        unsafe { self.hold.ring(self.number).leave() };
        Some(closed)
    }

    /// Leaves the side to somebody else, without ending it. Whether it had left before.
    pub(super) fn hand_over(mut self) -> bool {
        std::mem::replace(&mut self.left, true)
    }

    /// What keeps the ring alive.
    pub fn hold(&self) -> &H {
        &self.hold
    }

    /// Which of the rings that are held it is.
    pub fn number(&self) -> u8 {
        self.number
    }
}

impl<T: Send, H: Hold> Drop for Producer<T, H>
where
    H::Ring: Ring<T>,
{
    fn drop(&mut self) {
        let _ = self.leave();
    }
}

impl<T: Send, H: Hold> fmt::Debug for Producer<T, H>
where
    H::Ring: Ring<T>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").field("capacity", &self.hold.ring(self.number).capacity()).finish_non_exhaustive()
    }
}

/// The end that takes elements out. Dropping it closes its side; it wakes nobody, which is for the floors above.
pub struct Consumer<T, H: Hold>
where
    H::Ring: Ring<T>,
    T: Send,
{
    hold: H,
    number: u8,
    take: <H::Ring as Ring<T>>::Take,
    // How much of what was lent can still be consumed.
    lent: usize,
    left: bool,
    elements: PhantomData<fn() -> T>,
}

impl<T: Send, H: Hold> Consumer<T, H>
where
    H::Ring: Ring<T>,
{
    /// For this floor only: the notes are the ring's first and only ones.
    pub(super) fn new(hold: H, number: u8, take: <H::Ring as Ring<T>>::Take) -> Self {
        Self { hold, number, take, lent: 0, left: false, elements: PhantomData }
    }

    /// Moves one element out.
    ///
    /// # Errors
    /// Why there is none.
    pub fn pop(&mut self) -> Result<(T, Popped), PopError> {
        if self.left {
            return Err(PopError::ConsumerGone);
        }
        let mut element = MaybeUninit::uninit();
        // SAFETY: (S2) this is the only consumer; there is space for one element.
        let popped = unsafe { self.hold.ring(self.number).pop(&mut self.take, element.as_mut_ptr(), 1) }?;
        self.lent = self.lent.saturating_sub(1);
        // SAFETY: (RING-4) one element was moved there.
        Ok((unsafe { element.assume_init() }, popped))
    }

    /// Moves as many elements out as there are and fit, at least one; an empty slice is nothing to do.
    ///
    /// # Errors
    /// Why none came out; the slice may hold copies of elements that were not taken.
    // Always: as above.
    #[inline(always)]
    pub fn pop_slice(&mut self, target: &mut [T]) -> Result<Popped, PopError>
    where
        T: Copy,
    {
        if target.is_empty() {
            return Ok(Popped { count: 0, wake: false, ended: false });
        }
        if self.left {
            return Err(PopError::ConsumerGone);
        }
        // SAFETY: (S2) this is the only consumer; the slice is writable, and what it held needs no drop.
        let popped = unsafe { self.hold.ring(self.number).pop(&mut self.take, target.as_mut_ptr(), target.len()) }?;
        self.lent = self.lent.saturating_sub(popped.count);
        Ok(popped)
    }

    /// Shows elements that can be taken, at least one, without taking them.
    ///
    /// # Errors
    /// Why there is none.
    pub fn lend(&mut self) -> Result<&[T], PopError>
    where
        T: Copy,
    {
        self.lent = 0;
        if self.left {
            return Err(PopError::ConsumerGone);
        }
        // SAFETY: (S2) this is the only consumer.
        let shown = unsafe { self.hold.ring(self.number).lend(&mut self.take) }?;
        self.lent = shown.len();
        Ok(shown)
    }

    /// Takes `count` of the elements that were lent last, or all of them if `count` is more than that.
    ///
    /// # Errors
    /// This side was ended meanwhile; nothing is taken.
    pub fn consume(&mut self, count: usize) -> Result<Popped, PopError>
    where
        T: Copy,
    {
        let count = count.min(self.lent);
        if count == 0 {
            return Ok(Popped { count: 0, wake: false, ended: false });
        }
        if self.left {
            return Err(PopError::ConsumerGone);
        }
        self.lent -= count;
        // SAFETY: (S2) this is the only consumer, and so many elements were shown and not taken yet.
        unsafe { self.hold.ring(self.number).consume(&mut self.take, count) }
    }

    /// Before a look of many: has the memory of the next element come along with the word that tells of it. A hint.
    #[inline]
    pub fn expect(&self) {
        // I4: afterwards the memory may be gone.
        if !self.left {
            self.hold.ring(self.number).expect(&self.take);
        }
    }

    /// How many elements are known to be there, without looking.
    pub fn known(&self) -> usize {
        self.hold.ring(self.number).known(&self.take)
    }

    /// How many elements the ring holds at most.
    pub fn capacity(&self) -> usize {
        self.hold.ring(self.number).capacity()
    }

    /// After `Empty`: true if the producer now is obliged to wake this side; false if something has changed since.
    pub fn arm(&mut self) -> bool {
        // SAFETY: (S2) this is the only consumer.
        !self.left && unsafe { self.hold.ring(self.number).arm_consumer(&mut self.take) }
    }

    /// Takes the obligation back. False if it is already being met.
    pub fn disarm(&mut self) -> bool {
        // SAFETY: (S2) this is the only consumer.
        !self.left && unsafe { self.hold.ring(self.number).disarm_consumer(&mut self.take) }
    }

    /// Ends this side: nothing comes out any more.
    pub fn close(&self) -> Closed {
        self.hold.ring(self.number).close(Side::Consumer)
    }

    /// Ends this side and lets go of the memory; every operation after it finds this side gone.
    pub fn leave(&mut self) -> Option<Closed> {
        if self.left {
            return None;
        }
        self.left = true;
        let closed = self.close();
        // SAFETY: (S3) closed just now, once, and every operation looks at `left` before it touches the ring.
        unsafe { self.hold.ring(self.number).leave() };
        Some(closed)
    }

    /// Leaves the side to somebody else, without ending it. Whether it had left before.
    pub(super) fn hand_over(mut self) -> bool {
        std::mem::replace(&mut self.left, true)
    }

    /// What keeps the ring alive.
    pub fn hold(&self) -> &H {
        &self.hold
    }

    /// Which of the rings that are held it is.
    pub fn number(&self) -> u8 {
        self.number
    }
}

impl<T: Send, H: Hold> Drop for Consumer<T, H>
where
    H::Ring: Ring<T>,
{
    fn drop(&mut self) {
        let _ = self.leave();
    }
}

impl<T: Send, H: Hold> fmt::Debug for Consumer<T, H>
where
    H::Ring: Ring<T>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").field("capacity", &self.hold.ring(self.number).capacity()).finish_non_exhaustive()
    }
}
