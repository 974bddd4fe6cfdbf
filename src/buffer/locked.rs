//! A mutex around a queue: the seed of all variants, short enough to be believed by reading.
//!
//! It is the executable specification of a ring, the baseline of the benchmarks, and the coarse stand-in for a ring in models
//! of whole systems. As a stand-in it orders more than a ring promises (every operation is ordered after every
//! earlier one), so each composition keeps a model with the real ring beside it.

use std::collections::VecDeque;
use std::mem::MaybeUninit;

use crate::error::CapacityError;
use crate::sync::{Mutex, MutexGuard};

use super::{Closed, LEND_MAX, PopError, Popped, PushError, Pushed, Ring, Side, bytes_of};

/// A ring behind a lock.
#[derive(Debug)]
pub struct Locked<T> {
    capacity: usize,
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    /// Initialised, all of them; as `MaybeUninit` they are copied in and out slice by slice.
    queue: VecDeque<MaybeUninit<T>>,
    producer: Presence,
    consumer: Presence,
    sides: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Here,
    Asleep,
    Gone,
}

impl Presence {
    /// Wakes: true if it slept.
    fn wake(&mut self) -> bool {
        let asleep = *self == Self::Asleep;
        if asleep {
            *self = Self::Here;
        }
        asleep
    }
}

impl<T> State<T> {
    fn can_push(&self, capacity: usize) -> Result<usize, PushError> {
        if self.producer == Presence::Gone {
            Err(PushError::ProducerGone)
        } else if self.consumer == Presence::Gone {
            Err(PushError::ConsumerGone)
        } else {
            let room = capacity - self.queue.len();
            if room == 0 { Err(PushError::Full) } else { Ok(room) }
        }
    }

    fn can_pop(&self) -> Result<usize, PopError> {
        if self.consumer == Presence::Gone {
            Err(PopError::ConsumerGone)
        } else if !self.queue.is_empty() {
            Ok(self.queue.len())
        } else if self.producer == Presence::Gone {
            Err(PopError::ProducerGone)
        } else {
            Err(PopError::Empty)
        }
    }

    /// Where the last `count` elements stand.
    fn last(&mut self, count: usize) -> [&mut [MaybeUninit<T>]; 2] {
        let from = self.queue.len() - count;
        let (front, back) = self.queue.as_mut_slices();
        let split = from.min(front.len());
        [&mut front[split..], &mut back[from - split..]]
    }

    /// Where the first `count` elements stand.
    fn first(&self, count: usize) -> [&[MaybeUninit<T>]; 2] {
        let (front, back) = self.queue.as_slices();
        let split = count.min(front.len());
        [&front[..split], &back[..count - split]]
    }

    /// Forgets the first `count` elements, which are somebody else's now.
    fn popped(&mut self, count: usize) -> Popped {
        self.queue.drain(..count);
        let ended = self.queue.is_empty() && self.producer == Presence::Gone;
        Popped { count, wake: self.producer.wake(), ended }
    }
}

impl<T> Locked<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock()
    }
}

impl<T: Send> Ring<T> for Locked<T> {
    type Put = ();
    /// A copy of what was lent: a slice of the queue itself would need the lock for as long as it is looked at.
    type Take = Vec<T>;

    const NAME: &'static str = "locked";

    fn bytes(capacity: usize) -> Result<usize, CapacityError> {
        bytes_of::<T>(capacity, capacity)
    }

    fn starting_at(capacity: usize, _start: usize) -> Result<Self, CapacityError> {
        Self::bytes(capacity)?;
        let queue = VecDeque::new();
        let state = State { queue, producer: Presence::Here, consumer: Presence::Here, sides: 2 };
        Ok(Self { capacity, state: Mutex::new(state) })
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn put_notes(&self) {}

    fn take_notes(&self) -> Vec<T> {
        Vec::new()
    }

    unsafe fn push(&self, _put: &mut (), source: *const T, len: usize) -> Result<Pushed, PushError> {
        let mut state = self.state();
        let count = len.min(state.can_push(self.capacity)?);
        if state.queue.capacity() == 0 {
            state.queue.try_reserve_exact(self.capacity).map_err(|_| PushError::OutOfMemory)?;
        }
        let filled = state.queue.len();
        state.queue.resize_with(filled + count, MaybeUninit::uninit);
        let [low, high] = state.last(count);
        // SAFETY: (RING-4) the caller owns `len >= count` elements at `source` and forgets those moved.
        unsafe {
            low.as_mut_ptr().copy_from_nonoverlapping(source.cast(), low.len());
            high.as_mut_ptr().copy_from_nonoverlapping(source.add(low.len()).cast(), high.len());
        }
        Ok(Pushed { count, wake: state.consumer.wake() })
    }

    unsafe fn pop(&self, _take: &mut Vec<T>, target: *mut T, len: usize) -> Result<Popped, PopError> {
        let mut state = self.state();
        let count = len.min(state.can_pop()?);
        let [low, high] = state.first(count);
        // SAFETY: (RING-4) the caller has space for `len >= count` elements at `target`; the queue forgets those moved.
        unsafe {
            low.as_ptr().copy_to_nonoverlapping(target.cast(), low.len());
            high.as_ptr().copy_to_nonoverlapping(target.add(low.len()).cast(), high.len());
        }
        Ok(state.popped(count))
    }

    unsafe fn lend<'a>(&'a self, take: &'a mut Vec<T>) -> Result<&'a [T], PopError>
    where
        T: Copy,
    {
        let state = self.state();
        state.can_pop()?;
        take.clear();
        // SAFETY: (RING-4) what stands in the queue is initialised.
        take.extend(state.queue.iter().take(LEND_MAX).map(|element| unsafe { element.assume_init() }));
        Ok(take)
    }

    unsafe fn consume(&self, _take: &mut Vec<T>, count: usize) -> Result<Popped, PopError>
    where
        T: Copy,
    {
        let mut state = self.state();
        state.can_pop()?;
        Ok(state.popped(count))
    }

    unsafe fn arm_producer(&self, _put: &mut ()) -> bool {
        let mut state = self.state();
        let full = state.can_push(self.capacity) == Err(PushError::Full);
        if full {
            state.producer = Presence::Asleep;
        }
        full
    }

    unsafe fn arm_consumer(&self, _take: &mut Vec<T>) -> bool {
        let mut state = self.state();
        let empty = state.can_pop() == Err(PopError::Empty);
        if empty {
            state.consumer = Presence::Asleep;
        }
        empty
    }

    unsafe fn disarm_producer(&self, _put: &mut ()) -> bool {
        self.state().producer.wake()
    }

    unsafe fn disarm_consumer(&self, _take: &mut Vec<T>) -> bool {
        self.state().consumer.wake()
    }

    fn close(&self, side: Side) -> Closed {
        let mut state = self.state();
        let closed = Closed {
            wake_producer: state.producer.wake(),
            wake_consumer: state.consumer.wake(),
            drained: state.queue.is_empty(),
        };
        match side {
            Side::Producer => state.producer = Presence::Gone,
            Side::Consumer => state.consumer = Presence::Gone,
        }
        closed
    }

    unsafe fn leave(&self) {
        let mut state = self.state();
        state.sides -= 1;
        if state.sides == 0 {
            let rest = std::mem::take(&mut state.queue);
            // Elements are foreign: their destructors run without the lock.
            drop(state);
            // SAFETY: (RING-4) what stands in the queue is initialised.
            rest.into_iter().for_each(|element| drop(unsafe { element.assume_init() }));
        }
    }
}
