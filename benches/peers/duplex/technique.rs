//! A small ring that has our techniques, all but one, so that what that one is worth can be measured: under a channel of ours, which waits as
//! ours do.

use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};

use rdv::CapacityError;
use rdv::buffer::{Closed, PopError, Popped, PushError, Pushed, Ring, Side};
use rdv::sync::hint::{will_read, will_write};
use rdv::sync::lines::{AHEAD, LINE};

/// Looks at the other side's index in each operation, instead of remembering where it was.
pub(crate) const PRIVATE_INDICES: u8 = 1;
/// Both indices stand on one cache line.
pub(crate) const PADDING: u8 = 2;
/// Wakes the other side each time, whether it has said that it sleeps or not.
pub(crate) const MARKS: u8 = 3;
/// Pauses after each look that finds nothing.
pub(crate) const LOOKS_AT_ONCE: u8 = 4;
/// Does not ask for the memory of the next byte before it looks.
pub(crate) const ASKING: u8 = 5;
/// Does not ask for the lines two further on.
pub(crate) const ASKING_AHEAD: u8 = 6;

/// A ring that lacks the technique of that number, or nothing. (Rings that lack nothing for different comparisons are different types, so that
/// the compiler treats both sides of each alike.)
pub(crate) struct Small<const WHAT: u8, const LACKS: bool> {
    /// Two are used: beside each other, or two cache lines apart. An index, and in the lowest bit whether who waits for it sleeps.
    words: Words,
    /// [`left`] of those who have.
    gone: AtomicUsize,
    bytes: Box<[UnsafeCell<u8>]>,
}

#[repr(align(128))]
struct Words([AtomicUsize; 32]);

/// Where one side is, and where it knows the other one to be.
pub(crate) struct Notes {
    own: usize,
    other: usize,
}

const ASLEEP: usize = 1;

fn left(side: Side) -> usize {
    match side {
        Side::Producer => 1,
        Side::Consumer => 2,
    }
}

// SAFETY: a byte belongs to the side that the two indices say, and changes hands through them.
unsafe impl<const WHAT: u8, const LACKS: bool> Sync for Small<WHAT, LACKS> {}

impl<const WHAT: u8, const LACKS: bool> Small<WHAT, LACKS> {
    const fn lacks(what: u8) -> bool {
        LACKS && WHAT == what
    }

    fn tail(&self) -> &AtomicUsize {
        &self.words.0[0]
    }

    fn head(&self) -> &AtomicUsize {
        &self.words.0[if Self::lacks(PADDING) { 1 } else { 16 }]
    }

    fn index(word: &AtomicUsize) -> usize {
        word.load(Ordering::Acquire) >> 1
    }

    /// Moves an index; true if who waits for that is to be woken.
    #[inline(always)]
    fn publish(word: &AtomicUsize, index: usize) -> bool {
        let before = word.swap(index << 1, Ordering::AcqRel);
        Self::lacks(MARKS) || before & ASLEEP != 0
    }

    /// Marks the sleep of who waits for `word` to move on from `index`.
    fn arm(&self, word: &AtomicUsize, index: usize) -> bool {
        let (here, asleep) = (index << 1, index << 1 | ASLEEP);
        let marked = word.compare_exchange(here, asleep, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        // Who leaves does so before it looks for marks.
        marked && (self.gone.load(Ordering::SeqCst) == 0 || !Self::disarm(word))
    }

    /// Takes a mark away; whether it was there.
    fn disarm(word: &AtomicUsize) -> bool {
        word.fetch_and(!ASLEEP, Ordering::SeqCst) & ASLEEP != 0
    }

    fn has_left(&self, side: Side) -> bool {
        self.gone.load(Ordering::Acquire) & left(side) != 0
    }

    fn place(&self, index: usize) -> *mut u8 {
        self.bytes[index % self.bytes.len()].get()
    }

    /// Two lines behind the byte of that index, if this is a small operation.
    fn ahead(&self, index: usize, len: usize) -> Option<*const u8> {
        (!Self::lacks(ASKING_AHEAD) && len <= LINE).then(|| self.place(index).wrapping_add(AHEAD).cast_const())
    }

    /// How many of `count` bytes from `index` on stand before the end of the block.
    fn before_end(&self, index: usize, count: usize) -> usize {
        count.min(self.bytes.len() - index % self.bytes.len())
    }
}

impl<const WHAT: u8, const LACKS: bool> Ring<u8> for Small<WHAT, LACKS> {
    type Put = Notes;
    type Take = Notes;

    const NAME: &'static str = "a small ring of ours";

    fn bytes(capacity: usize) -> Result<usize, CapacityError> {
        if capacity == 0 { Err(CapacityError::Zero) } else { Ok(capacity) }
    }

    fn starting_at(capacity: usize, _start: usize) -> Result<Self, CapacityError> {
        Self::bytes(capacity)?;
        let words = Words(std::array::from_fn(|_| AtomicUsize::new(0)));
        let bytes = (0..capacity).map(|_| UnsafeCell::new(0)).collect();
        Ok(Self { words, gone: AtomicUsize::new(0), bytes })
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }

    fn put_notes(&self) -> Notes {
        Notes { own: 0, other: 0 }
    }

    fn take_notes(&self) -> Notes {
        Notes { own: 0, other: 0 }
    }

    #[inline(always)]
    unsafe fn push(&self, put: &mut Notes, source: *const u8, len: usize) -> Result<Pushed, PushError> {
        for (side, why) in [(Side::Producer, PushError::ProducerGone), (Side::Consumer, PushError::ConsumerGone)] {
            if self.has_left(side) {
                return Err(why);
            }
        }
        if Self::lacks(PRIVATE_INDICES) || self.known_room(put) < len {
            put.other = Self::index(self.head());
        }
        let count = len.min(self.known_room(put));
        if count == 0 {
            return Err(PushError::Full);
        }
        will_write(self.tail());
        if let Some(place) = self.ahead(put.own, len) {
            will_write(place);
        }
        let first = self.before_end(put.own, count);
        // SAFETY: bytes from the tail on, up to the capacity behind the head, are the writer's.
        unsafe {
            self.place(put.own).copy_from_nonoverlapping(source, first);
            self.place(0).copy_from_nonoverlapping(source.add(first), count - first);
        }
        put.own += count;
        Ok(Pushed { count, wake: Self::publish(self.tail(), put.own) })
    }

    #[inline(always)]
    unsafe fn pop(&self, take: &mut Notes, target: *mut u8, len: usize) -> Result<Popped, PopError> {
        if self.has_left(Side::Consumer) {
            return Err(PopError::ConsumerGone);
        }
        if Self::lacks(PRIVATE_INDICES) || self.known(take) < len {
            // In this order: what was pushed before the producer left is there.
            let over = self.has_left(Side::Producer);
            take.other = Self::index(self.tail());
            if self.known(take) == 0 {
                if Self::lacks(LOOKS_AT_ONCE) {
                    spin_loop();
                }
                return Err(if over { PopError::ProducerGone } else { PopError::Empty });
            }
        }
        let count = len.min(self.known(take));
        if let Some(place) = self.ahead(take.own, len) {
            will_read(place);
        }
        let first = self.before_end(take.own, count);
        // SAFETY: bytes from the head to the tail are the reader's.
        unsafe {
            self.place(take.own).copy_to_nonoverlapping(target, first);
            self.place(0).copy_to_nonoverlapping(target.add(first), count - first);
        }
        // SAFETY: as promised to us, and they are there.
        unsafe { self.consume(take, count) }
    }

    unsafe fn lend<'a>(&'a self, take: &'a mut Notes) -> Result<&'a [u8], PopError> {
        let over = self.has_left(Side::Producer);
        take.other = Self::index(self.tail());
        match self.before_end(take.own, self.known(take)) {
            0 => Err(if over { PopError::ProducerGone } else { PopError::Empty }),
            // SAFETY: bytes from the head to the tail are the reader's, and stay so while `take` is borrowed.
            some => Ok(unsafe { std::slice::from_raw_parts(self.place(take.own), some) }),
        }
    }

    #[inline(always)]
    unsafe fn consume(&self, take: &mut Notes, count: usize) -> Result<Popped, PopError> {
        take.own += count;
        let wake = Self::publish(self.head(), take.own);
        let ended = self.has_left(Side::Producer) && Self::index(self.tail()) == take.own;
        Ok(Popped { count, wake, ended })
    }

    #[inline]
    fn expect(&self, take: &Notes) {
        if !Self::lacks(ASKING) {
            will_read(self.place(take.own));
        }
    }

    fn known(&self, take: &Notes) -> usize {
        take.other - take.own
    }

    fn known_room(&self, put: &Notes) -> usize {
        self.bytes.len() - (put.own - put.other)
    }

    unsafe fn arm_producer(&self, put: &mut Notes) -> bool {
        self.arm(self.head(), put.other)
    }

    unsafe fn arm_consumer(&self, take: &mut Notes) -> bool {
        self.arm(self.tail(), take.other)
    }

    unsafe fn disarm_producer(&self, _put: &mut Notes) -> bool {
        Self::disarm(self.head())
    }

    unsafe fn disarm_consumer(&self, _take: &mut Notes) -> bool {
        Self::disarm(self.tail())
    }

    fn close(&self, side: Side) -> Closed {
        self.gone.fetch_or(left(side), Ordering::SeqCst);
        let drained = Self::index(self.tail()) == Self::index(self.head());
        Closed { wake_producer: Self::disarm(self.head()), wake_consumer: Self::disarm(self.tail()), drained }
    }

    /// The memory goes with the ring.
    unsafe fn leave(&self) {}
}
