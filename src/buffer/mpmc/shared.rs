//! Ends that many threads share: clones, each with notes of its own of where it goes on.
//!
//! An end is shared for good: [`Producer::share`] and [`Consumer::share`] take the sole one, so nobody is left who relies on being alone,
//! as [`Consumer::lend`] does.
//!
//! * **M6** clones of a shared end act for their side at once, where S2 has one thread: every operation that they have claims the positions that
//!   it touches, and a claim goes to one of them. They cannot be armed, so at a side of several nobody sleeps.
//!
//! ```
//! use rdv::buffer::{ends, mpmc::Stamped};
//!
//! let (producer, consumer) = ends::<u64, Stamped<u64>>(64)?;
//! let (producer, mut consumer) = (producer.share(), consumer.share());
//! std::thread::scope(|scope| {
//!     for number in 0..4 {
//!         let mut producer = producer.clone();
//!         scope.spawn(move || assert!(producer.push(number).is_ok(), "there is room for all"));
//!     }
//! });
//! drop(producer);
//! let numbers: Vec<u64> = std::iter::from_fn(|| consumer.pop().ok()).map(|(number, _)| number).collect();
//! assert_eq!(numbers.iter().sum::<u64>(), 0 + 1 + 2 + 3);
//! # Ok::<(), rdv::CapacityError>(())
//! ```

use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;

use crate::buffer::{Closed, Consumer, PopError, Popped, Producer, PushError, Pushed, Rejected, Ring as _, Side};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicUsize, Ordering};

use super::{Stamped, Wait};

impl<T: Send> Producer<T, Arc<Stamped<T>>> {
    /// Makes this an end that may be cloned.
    #[must_use]
    pub fn share(self) -> SharedProducer<T> {
        let ring = self.hold().clone();
        let put = Wait::at(&ring.tail.0);
        SharedProducer { share: Share::first(ring, Side::Producer, self.hand_over()), put }
    }
}

impl<T: Send> Consumer<T, Arc<Stamped<T>>> {
    /// Makes this an end that may be cloned.
    #[must_use]
    pub fn share(self) -> SharedConsumer<T> {
        let ring = self.hold().clone();
        let take = Wait::at(&ring.head.0);
        SharedConsumer { share: Share::first(ring, Side::Consumer, self.hand_over()), take }
    }
}

/// One of several ends that put elements in. Dropping the last clone closes their side; it wakes nobody, which is for the floors above.
pub struct SharedProducer<T: Send> {
    share: Share<T>,
    put: Wait,
}

impl<T: Send> SharedProducer<T> {
    /// Moves one element in.
    ///
    /// # Errors
    /// The element and why it was refused; `Full` may be due to another thread's operation that is not done yet.
    pub fn push(&mut self, element: T) -> Result<Pushed, Rejected<T>> {
        let element = ManuallyDrop::new(element);
        // SAFETY: (M6, S3) an element that was moved is not dropped here.
        let pushed = unsafe { self.share.ring.push_run(&mut self.put, &raw const *element, 1) };
        pushed.map_err(|why| Rejected { element: ManuallyDrop::into_inner(element), why })
    }

    /// Copies as many of `elements` in as there is room for, at least one, in a row: none of another clone comes between them. An empty
    /// slice is nothing to do.
    ///
    /// # Errors
    /// Why none went in, see [`push`](Self::push).
    pub fn push_slice(&mut self, elements: &[T]) -> Result<Pushed, PushError>
    where
        T: Copy,
    {
        if elements.is_empty() {
            return Ok(Pushed { count: 0, wake: false });
        }
        // SAFETY: (M6, S3) the slice is readable, and its elements need no forgetting.
        unsafe { self.share.ring.push_run(&mut self.put, elements.as_ptr(), elements.len()) }
    }

    /// Ends this side, of all clones.
    pub fn close(&self) -> Closed {
        self.share.ring.close(Side::Producer)
    }

    /// Lets go of this clone. Tells what the end of the side came to, if it was the last one.
    pub fn leave(mut self) -> Option<Closed> {
        self.share.leave()
    }

    /// How many elements the ring holds at most.
    pub fn capacity(&self) -> usize {
        self.share.ring.capacity()
    }
}

/// One of several ends that take elements out. Dropping the last clone closes their side; it wakes nobody, which is for the floors above.
pub struct SharedConsumer<T: Send> {
    share: Share<T>,
    take: Wait,
}

impl<T: Send> SharedConsumer<T> {
    /// Moves one element out.
    ///
    /// # Errors
    /// Why there is none; `Empty` may be due to another thread's operation that is not done yet.
    pub fn pop(&mut self) -> Result<(T, Popped), PopError> {
        let mut element = MaybeUninit::<T>::uninit();
        let target = NonNull::new(element.as_mut_ptr());
        // SAFETY: (M6, S3) there is space for one element.
        let popped = unsafe { self.share.ring.pop_run(&mut self.take, target, 1) }?;
        // SAFETY: (RING-4) one element was moved there.
        Ok((unsafe { element.assume_init() }, popped))
    }

    /// Moves as many elements out as there are and fit, at least one, in a row: none of them goes to another clone. An empty slice is
    /// nothing to do.
    ///
    /// # Errors
    /// Why none came out, see [`pop`](Self::pop).
    pub fn pop_slice(&mut self, target: &mut [T]) -> Result<Popped, PopError>
    where
        T: Copy,
    {
        if target.is_empty() {
            return Ok(Popped { count: 0, wake: false, ended: false });
        }
        // SAFETY: (M6, S3) the slice is writable, and what it held needs no drop.
        unsafe { self.share.ring.pop_run(&mut self.take, NonNull::new(target.as_mut_ptr()), target.len()) }
    }

    /// Ends this side, of all clones.
    pub fn close(&self) -> Closed {
        self.share.ring.close(Side::Consumer)
    }

    /// Lets go of this clone. Tells what the end of the side came to, if it was the last one.
    pub fn leave(mut self) -> Option<Closed> {
        self.share.leave()
    }

    /// How many elements the ring holds at most.
    pub fn capacity(&self) -> usize {
        self.share.ring.capacity()
    }
}

/// One of the clones of an end. With the last of them the side leaves.
struct Share<T: Send> {
    ring: Arc<Stamped<T>>,
    side: Side,
    /// How many there are, unless this one has left, or the side had before it was shared. A count of its own, as for all that is done by "the last".
    clones: Option<Arc<AtomicUsize>>,
}

impl<T: Send> Share<T> {
    fn first(ring: Arc<Stamped<T>>, side: Side, left: bool) -> Self {
        Self { ring, side, clones: (!left).then(|| Arc::new(AtomicUsize::new(1))) }
    }
}

impl<T: Send> Clone for Share<T> {
    fn clone(&self) -> Self {
        if let Some(clones) = &self.clones {
            // Relaxed: one of them is here, so none is the last meanwhile.
            clones.fetch_add(1, Ordering::Relaxed);
        }
        Self { ring: self.ring.clone(), side: self.side, clones: self.clones.clone() }
    }
}

impl<T: Send> Share<T> {
    /// If this is the last one, the side ends and lets go of the memory.
    fn leave(&mut self) -> Option<Closed> {
        let clones = self.clones.take()?;
        // ORDERING(clones): what this one did to the slots is over. The last one acquires it in `close`, before the side leaves.
        if clones.fetch_sub(1, Ordering::Release) != 1 {
            return None;
        }
        let closed = self.ring.close(self.side);
        // SAFETY: (S3) closed just now, and only one is the last.
        unsafe { self.ring.leave() };
        Some(closed)
    }
}

impl<T: Send> Drop for Share<T> {
    fn drop(&mut self) {
        let _ = self.leave();
    }
}

impl<T: Send> Clone for SharedProducer<T> {
    fn clone(&self) -> Self {
        Self { share: self.share.clone(), put: self.put.clone() }
    }
}

impl<T: Send> Clone for SharedConsumer<T> {
    fn clone(&self) -> Self {
        Self { share: self.share.clone(), take: self.take.clone() }
    }
}

impl<T: Send> fmt::Debug for SharedProducer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedProducer").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}

impl<T: Send> fmt::Debug for SharedConsumer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedConsumer").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}
