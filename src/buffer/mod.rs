//! Floor 1: CircularBuffer, a bounded FIFO ring between one producer and one consumer, in several variants.
//!
//! ```text
//!            push            head            tail          pop
//!  Producer -----> | . . . . |###|###|###|###| . . . | ------> Consumer
//!                             ^ next to take  ^ next to fill
//! ```
//!
//! | variant | elements | how | take it for |
//! |---|---|---|---|
//! | [`locked`] | any | a mutex around a queue | the executable specification; a coarse stand-in in big models |
//! | [`spsc`] | any | lock-free, private copies of both indices | the default |
//! | [`mirrored`] | bytes | the same algorithm over memory mapped twice: every region is one slice | large chunks, parsing in place |
//! | [`mpmc`] | any | sequence numbers per slot | ends that many threads share |
//!
//! A variant is a type that implements [`Ring`]. Nothing of a variant blocks or wakes, but for a lock that is held for a few moves: an operation that would wait says so
//! (`Full`, `Empty`), the caller *arms* the ring, which leaves a mark, and sleeps on the floor above; an operation that
//! finds such a mark returns `wake`, and the caller wakes the other side.
//!
//! [`passage`] is none of them: it is what messages go through, with a lock at each end instead of marks, and an argument of its own.
//!
//! # Slot ownership (the one argument for all `unsafe` of the variants)
//! * **S1** a slot belongs to the producer from the moment the consumer releases it until it is published, and to the
//!   consumer from then until it is released. Release and publication pass through an atomic with Release / Acquire.
//! * **S2** at any time one thread acts for the producer and one for the consumer: [`Producer`] and [`Consumer`] are not
//!   `Clone`, and every operation takes `&mut self`. (Clones of a shared end of `mpmc` have M6 instead.)
//! * **S3** memory is freed, and what is left in it dropped, by the second of the two sides to leave; a count of its own
//!   tells which is second.
//!
//! Rules kept here: RING-1, RING-2, RING-3, RING-4, RING-6; the marks that RING-5 needs.

use crate::error::CapacityError;

mod cursor;
mod ends;
mod index;
mod laps;
mod lazy;
mod line;
mod link;
pub mod locked;
pub mod mirrored;
pub mod mpmc;
#[doc(hidden)]
pub mod passage;
pub mod spsc;
mod storage;
#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;
mod wrap;

pub use cursor::{Side, describe_word};
pub use ends::{Consumer, Ends, Hold, Producer, Rejected, ends, ends_at};
pub use link::{Link, LinkEnd, Linked, link};
pub use wrap::{Wrap, count_from};

/// Elements went in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a sleeping consumer is woken by the caller"]
pub struct Pushed {
    /// How many.
    pub count: usize,
    /// The consumer sleeps: wake it.
    pub wake: bool,
}

/// Elements came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a sleeping producer is woken by the caller"]
pub struct Popped {
    /// How many.
    pub count: usize,
    /// The producer sleeps: wake it.
    pub wake: bool,
    /// The producer is gone and these were the last.
    pub ended: bool,
}

/// A side is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "sleepers are woken by the caller"]
pub struct Closed {
    /// The producer slept: wake it.
    pub wake_producer: bool,
    /// The consumer slept: wake it.
    pub wake_consumer: bool,
    /// Nothing was left to take at the moment of closing.
    pub drained: bool,
}

/// Why nothing went in.
///
/// As wide as a count: in a `Result` it stands where the count would, and one that is narrower makes the compiler move the count in
/// parts, which the processor cannot load again before both are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum PushError {
    /// No room right now.
    Full,
    /// Nobody will take anything any more.
    ConsumerGone,
    /// The producing side itself was ended.
    ProducerGone,
    /// The buffer comes with its first element, and there is no memory for it.
    OutOfMemory,
}

/// Why nothing came out. As wide as a count, see [`PushError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum PopError {
    /// Nothing there right now.
    Empty,
    /// Nothing there and nothing will come: end-of-stream.
    ProducerGone,
    /// The consuming side itself was ended.
    ConsumerGone,
}

/// A CircularBuffer variant: what both sides share.
///
/// Used through [`Producer`] and [`Consumer`], which turn the requirements of the `unsafe` functions into types.
///
/// # Safety
/// None to implement: it is the callers of the `unsafe` functions who promise **S2**, that no two calls with the same
/// kind of notes overlap, and that notes come from this ring.
pub trait Ring<T>: Send + Sync + Sized {
    /// What the producer alone knows.
    type Put: Send;
    /// What the consumer alone knows.
    type Take: Send;

    /// What the variant is called in tables.
    const NAME: &'static str;

    /// How many bytes the elements of a ring for `capacity` of them take, with what stands beside each.
    ///
    /// # Errors
    /// A capacity of zero, or one that cannot be counted.
    fn bytes(capacity: usize) -> Result<usize, CapacityError>;

    /// An empty ring for exactly `capacity` elements (RING-2) whose running indices begin at `start`, reduced to what
    /// the variant counts with: tests begin just below the overflow.
    ///
    /// # Errors
    /// A capacity of zero, or one that cannot be counted; from a variant that reserves its memory at once, one that there is no memory
    /// for. The others reserve it by the first push, which may fail; see [`check`](Ring::check).
    fn starting_at(capacity: usize, start: usize) -> Result<Self, CapacityError>;

    /// Whether rings of this capacity can be had: whether it can be counted, and, from a megabyte up, whether there is memory for
    /// one right now. A smaller one is found out by the first push.
    ///
    /// # Errors
    /// What is wrong with the capacity.
    fn check(capacity: usize) -> Result<(), CapacityError> {
        probe(capacity, Self::bytes(capacity)?)
    }

    /// How many elements the ring holds at most.
    fn capacity(&self) -> usize;

    /// The producer's private notes, at the beginning.
    fn put_notes(&self) -> Self::Put;

    /// The consumer's private notes, at the beginning.
    fn take_notes(&self) -> Self::Take;

    /// Moves up to `len > 0` elements from `source` into the ring, in order, and makes all of them visible at once.
    ///
    /// # Errors
    /// Why none was moved; they stay the caller's.
    ///
    /// # Safety
    /// S2; `len > 0`; `source` is readable for `len` elements; the caller forgets those that were moved.
    unsafe fn push(&self, put: &mut Self::Put, source: *const T, len: usize) -> Result<Pushed, PushError>;

    /// Moves up to `len > 0` elements out of the ring to `target`, in order.
    ///
    /// # Errors
    /// Why none was moved; nothing at `target` is the caller's then.
    ///
    /// # Safety
    /// S2; `len > 0`; `target` is writable for `len` elements.
    unsafe fn pop(&self, take: &mut Self::Take, target: *mut T, len: usize) -> Result<Popped, PopError>;

    /// Shows elements that can be taken, at least one, without taking them.
    ///
    /// # Errors
    /// Why there is none.
    ///
    /// # Safety
    /// S2.
    unsafe fn lend<'a>(&'a self, take: &'a mut Self::Take) -> Result<&'a [T], PopError>
    where
        T: Copy;

    /// Takes `count > 0` elements that the last [`lend`](Ring::lend) showed.
    ///
    /// # Errors
    /// The consuming side was ended meanwhile; they are not taken.
    ///
    /// # Safety
    /// S2; `count > 0` is not more than what was shown.
    unsafe fn consume(&self, take: &mut Self::Take, count: usize) -> Result<Popped, PopError>
    where
        T: Copy;

    /// The consumer is going to look again and again. Asks for the memory of the next element, so that it comes along with the word that
    /// tells of it; a hint, for a variant in which they are apart.
    fn expect(&self, take: &Self::Take) {
        let _ = take;
    }

    /// How many elements the consumer knows to be there, without looking; a variant that keeps no notes of it knows of none.
    fn known(&self, take: &Self::Take) -> usize {
        let _ = take;
        0
    }

    /// How much room the producer knows of, without looking; a variant that keeps no notes of it knows of none.
    fn known_room(&self, put: &Self::Put) -> usize {
        let _ = put;
        0
    }

    /// After `Full`: leaves the mark that makes the consumer wake the producer. False if something has changed since.
    ///
    /// # Safety
    /// S2.
    unsafe fn arm_producer(&self, put: &mut Self::Put) -> bool;

    /// After `Empty`: leaves the mark that makes the producer wake the consumer. False if something has changed since.
    ///
    /// # Safety
    /// S2.
    unsafe fn arm_consumer(&self, take: &mut Self::Take) -> bool;

    /// Takes the producer's mark back. False if somebody has taken it, who then is about to wake the producer.
    ///
    /// # Safety
    /// S2; armed and not woken yet.
    unsafe fn disarm_producer(&self, put: &mut Self::Put) -> bool;

    /// Takes the consumer's mark back. False if somebody has taken it, who then is about to wake the consumer.
    ///
    /// # Safety
    /// S2; armed and not woken yet.
    unsafe fn disarm_consumer(&self, take: &mut Self::Take) -> bool;

    /// Ends a side, from any thread, any number of times (RING-6, CHAN-5).
    fn close(&self, side: Side) -> Closed;

    /// A side, already closed, touches the ring no more. The second to leave drops what is left and frees the memory.
    ///
    /// # Safety
    /// Once per side, and nothing of that side's after it.
    unsafe fn leave(&self);
}

/// A variant that lends a copy copies at most so many elements at a time.
const LEND_MAX: usize = 256;

/// The bytes of `slots` slots of `T`, which serve that capacity.
fn bytes_of<T>(capacity: usize, slots: usize) -> Result<usize, CapacityError> {
    if capacity == 0 {
        return Err(CapacityError::Zero);
    }
    match slots.checked_mul(size_of::<T>()) {
        Some(bytes) if slots <= Wrap::MAX_SLOTS && bytes <= isize::MAX as usize => Ok(bytes),
        _ => Err(CapacityError::TooLarge { capacity }),
    }
}

/// Memory from this size up is asked for when a capacity is checked, so that one that cannot be had is refused where it is
/// asked for. The system hands out such blocks page by page as they are touched, so asking costs little.
const PROBED_BYTES: usize = 1 << 20;

/// Checks that there is memory for so many bytes, where that is in doubt.
fn probe(capacity: usize, bytes: usize) -> Result<(), CapacityError> {
    if bytes < PROBED_BYTES {
        return Ok(());
    }
    match Vec::<u8>::new().try_reserve_exact(bytes) {
        Ok(()) => Ok(()),
        Err(_) => Err(CapacityError::OutOfMemory { capacity }),
    }
}
