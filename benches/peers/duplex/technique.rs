//! A small ring that has our techniques one by one, so that what each is worth can be measured: it is told which to do without.

use std::cell::UnsafeCell;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rdv::sync::hint::{will_read, will_write};
use rdv::sync::lines::AHEAD;

use crate::driver::Kind;

use super::Simplex;
use super::bed::Beds;
use super::rtrb::insist;

/// Never asleep. `PRIVATE`: each side keeps a copy of the other's index, and looks only if that will not do. `PADDED`: the indices
/// stand on cache lines of their own.
pub(crate) struct Indices<const PRIVATE: bool, const PADDED: bool>;

/// With both, and waiting. `SPIN`: awake for a while before it sleeps. `MARKED`: wakes the other side only if that has said that it
/// sleeps.
pub(crate) struct Waiting<const SPIN: bool, const MARKED: bool>;

/// With both, never asleep, and moving its indices by exchanges, as a ring with marks has to. `ASKS`: for the cache lines that it needs
/// at the same time.
pub(crate) struct Exchanging<const ASKS: bool>;

/// As the one before, which asks. `AHEAD`: also for the lines two further on.
pub(crate) struct Ahead<const AHEAD: bool>;

/// What a ring does.
#[derive(Clone, Copy, Default)]
struct Manner {
    /// Moves its indices by exchanges.
    exchanges: bool,
    /// Asks for lines that it needs at the same time.
    asks: bool,
    /// Asks for lines that it needs soon.
    ahead: bool,
}

/// One side of a ring of which it moves one index.
pub(crate) struct Side<const PRIVATE: bool, const PADDED: bool> {
    ring: Arc<Ring>,
    own: usize,
    other: usize,
    manner: Manner,
    beds: Option<Beds>,
}

#[repr(align(128))]
struct Indexes([AtomicUsize; 32]);

struct Ring {
    /// Two are used: beside each other, or two cache lines apart.
    indexes: Indexes,
    bytes: Box<[UnsafeCell<u8>]>,
}

// SAFETY: a byte belongs to the side that the two indices say, and changes hands through them.
unsafe impl Sync for Ring {}

impl Ring {
    fn tail(&self) -> &AtomicUsize {
        &self.indexes.0[0]
    }

    fn head<const PADDED: bool>(&self) -> &AtomicUsize {
        &self.indexes.0[if PADDED { 16 } else { 1 }]
    }

    /// The `count` bytes from `index` on, as two pieces: where each begins, and how long it is.
    fn pieces(&self, index: usize, count: usize) -> [(*mut u8, usize); 2] {
        let at = index % self.bytes.len();
        let low = count.min(self.bytes.len() - at);
        [(self.bytes[at].get(), low), (self.bytes[0].get(), count - low)]
    }

    /// Two lines behind the byte of that index.
    fn ahead(&self, index: usize) -> *const u8 {
        self.pieces(index, 0)[0].0.wrapping_add(AHEAD)
    }
}

impl<const PRIVATE: bool, const PADDED: bool> Side<PRIVATE, PADDED> {
    /// Two sides of an empty ring of `capacity` bytes, a power of two.
    fn both(capacity: usize, manner: Manner, beds: Option<(Beds, Beds)>) -> (Self, Self) {
        let indexes = Indexes(std::array::from_fn(|_| AtomicUsize::new(0)));
        let ring = Arc::new(Ring { indexes, bytes: (0..capacity).map(|_| UnsafeCell::new(0)).collect() });
        let (one, other) = beds.unzip();
        let side = |ring, beds| Self { ring, own: 0, other: 0, manner, beds };
        (side(ring.clone(), one), side(ring, other))
    }

    #[inline]
    fn publish(&self, index: &AtomicUsize) {
        if self.manner.exchanges {
            index.swap(self.own, Ordering::Release);
        } else {
            index.store(self.own, Ordering::Release);
        }
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) -> usize {
        let capacity = self.ring.bytes.len();
        if !PRIVATE || capacity - (self.own - self.other) < bytes.len() {
            self.other = self.ring.head::<PADDED>().load(Ordering::Acquire);
        }
        let count = bytes.len().min(capacity - (self.own - self.other));
        let [(low, first), (high, rest)] = self.ring.pieces(self.own, count);
        if self.manner.asks {
            will_write(self.ring.tail());
        }
        if self.manner.ahead && count > 0 {
            will_write(self.ring.ahead(self.own));
        }
        // SAFETY: bytes from the tail on, up to the capacity behind the head, are the writer's.
        unsafe {
            low.copy_from_nonoverlapping(bytes.as_ptr(), first);
            high.copy_from_nonoverlapping(bytes.as_ptr().add(first), rest);
        }
        self.own += count;
        if count > 0 {
            self.publish(self.ring.tail());
        }
        count
    }

    #[inline]
    fn take(&mut self, buffer: &mut [u8]) -> usize {
        if !PRIVATE || self.other - self.own < buffer.len() {
            if self.manner.asks {
                will_read(self.ring.pieces(self.own, 0)[0].0);
            }
            self.other = self.ring.tail().load(Ordering::Acquire);
        }
        let count = buffer.len().min(self.other - self.own);
        let [(low, first), (high, rest)] = self.ring.pieces(self.own, count);
        if self.manner.ahead && count > 0 {
            will_read(self.ring.ahead(self.own));
        }
        // SAFETY: bytes from the head to the tail are the reader's.
        unsafe {
            low.copy_to_nonoverlapping(buffer.as_mut_ptr(), first);
            high.copy_to_nonoverlapping(buffer.as_mut_ptr().add(first), rest);
        }
        self.own += count;
        if count > 0 {
            self.publish(self.ring.head::<PADDED>());
        }
        count
    }

    #[inline]
    fn insist(&mut self, mut operation: impl FnMut(&mut Self) -> usize) -> io::Result<usize> {
        match self.beds.take() {
            None => insist(|| operation(self)),
            Some(beds) => {
                let moved = beds.do_when_ready(|| operation(self));
                self.beds = Some(beds);
                moved
            }
        }
    }
}

impl<const PRIVATE: bool, const PADDED: bool> Write for Side<PRIVATE, PADDED> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.insist(|side| side.put(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<const PRIVATE: bool, const PADDED: bool> Read for Side<PRIVATE, PADDED> {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.insist(|side| side.take(buffer))
    }
}

impl<const PRIVATE: bool, const PADDED: bool> Simplex for Indices<PRIVATE, PADDED> {
    const NAME: &'static str = "a ring with our indices";
    const KIND: Kind = Kind::Burning;
    type Writer = Side<PRIVATE, PADDED>;
    type Reader = Side<PRIVATE, PADDED>;

    fn open(capacity: usize) -> (Self::Writer, Self::Reader) {
        Side::both(capacity, Manner::default(), None)
    }
}

impl<const SPIN: bool, const MARKED: bool> Simplex for Waiting<SPIN, MARKED> {
    const NAME: &'static str = "a ring that waits as ours do";
    const KIND: Kind = Kind::Parked;
    type Writer = Side<true, true>;
    type Reader = Side<true, true>;

    fn open(capacity: usize) -> (Self::Writer, Self::Reader) {
        Side::both(capacity, Manner::default(), Some(Beds::without(!SPIN, !MARKED)))
    }
}

macro_rules! exchanging {
    ($ring:ident, $title:literal, $manner:expr) => {
        impl<const WITH: bool> Simplex for $ring<WITH> {
            const NAME: &'static str = $title;
            const KIND: Kind = Kind::Burning;
            type Writer = Side<true, true>;
            type Reader = Side<true, true>;

            fn open(capacity: usize) -> (Self::Writer, Self::Reader) {
                Side::both(capacity, $manner, None)
            }
        }
    };
}

exchanging!(Exchanging, "a ring that exchanges its indices", Manner { exchanges: true, asks: WITH, ahead: false });
exchanging!(Ahead, "a ring that looks ahead", Manner { exchanges: true, asks: true, ahead: WITH });
