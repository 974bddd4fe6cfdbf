//! Contiguous memory in which every slot changes hands on its own.

use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use super::lines::LINE;
use super::world::Track;

/// The memory that was asked for cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfMemory;

/// A block of `len` slots for values of `T`, none of them initialised.
///
/// Who may touch which slot is decided by the protocol of the ring that owns the block; each access names
/// the slots it is going to touch, and in the loom world an access that is not ordered after the previous
/// owner's is a failure of the model.
///
/// The first slot stands at the beginning of a cache line: what fills lines is copied as lines, and values that divide one do not stand in two.
pub struct Slots<T> {
    first: NonNull<T>,
    /// Values go in through a shared reference: a block for long-lived ones is none for short-lived ones.
    contents: PhantomData<UnsafeCell<T>>,
    len: usize,
    track: Track,
    /// Holds the slots, and what is skipped before the first one. Reserved and nothing else: reached by `first` only.
    _memory: Vec<MaybeUninit<u8>>,
}

// SAFETY: (RING-4) a slot is touched only by the side that owns it, and ownership passes through an atomic
// of the ring, so sharing the block is sharing values of `T` between threads one at a time.
unsafe impl<T: Send> Sync for Slots<T> {}
// SAFETY: (RING-4) as above; the memory is this block's own.
unsafe impl<T: Send> Send for Slots<T> {}

impl<T> Slots<T> {
    /// What the first slot is aligned to. By skipping what comes before: allocators are slow with what is aligned.
    const ALIGN: usize = if align_of::<T>() > LINE { align_of::<T>() } else { LINE };

    /// Reserves `len` slots, or says that there is no such memory.
    ///
    /// # Errors
    /// [`OutOfMemory`] where the size overflows or the allocator refuses.
    pub fn try_new(len: usize) -> Result<Self, OutOfMemory> {
        let mut memory = Vec::new();
        memory.try_reserve_exact(Self::bytes(len).ok_or(OutOfMemory)?).map_err(|_| OutOfMemory)?;
        Ok(Self::of(memory, len))
    }

    /// Reserves `len` slots. Where there is no such memory it ends as a `Vec` does.
    #[must_use]
    pub fn new(len: usize) -> Self {
        Self::of(Vec::with_capacity(Self::bytes(len).unwrap_or(usize::MAX)), len)
    }

    /// How much memory has room for so many slots, wherever it begins.
    fn bytes(len: usize) -> Option<usize> {
        match len.checked_mul(size_of::<T>())? {
            0 => Some(0),
            bytes => bytes.checked_add(Self::ALIGN - 1),
        }
    }

    fn of(mut memory: Vec<MaybeUninit<u8>>, len: usize) -> Self {
        assert!(Self::bytes(len).is_some_and(|bytes| bytes <= memory.capacity()));
        let first = memory.as_mut_ptr().map_addr(|base| base.next_multiple_of(Self::ALIGN));
        let first = NonNull::new(first.cast()).expect("a multiple above 0");
        Self { first, contents: PhantomData, len, track: Track::new(len), _memory: memory }
    }

    /// Number of slots.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if there is no slot at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where the first slot is, for a hint.
    #[must_use]
    pub fn base(&self) -> *const T {
        self.first.as_ptr()
    }

    /// Announces that slots `at..at + len` are about to be read, and gives the address of the first.
    ///
    /// # Panics
    /// If the range leaves the block.
    #[track_caller]
    pub fn reading(&self, at: usize, len: usize) -> *const T {
        self.track.read(at, len);
        self.address(at, len).cast_const()
    }

    /// Announces that slots `at..at + len` are about to be written or emptied, and gives the address of the first.
    ///
    /// # Panics
    /// If the range leaves the block.
    #[track_caller]
    pub fn writing(&self, at: usize, len: usize) -> *mut T {
        self.track.write(at, len);
        self.address(at, len)
    }

    #[track_caller]
    fn address(&self, at: usize, len: usize) -> *mut T {
        if at > self.len() || len > self.len() - at {
            outside(at, len, self.len());
        }
        self.first.as_ptr().wrapping_add(at)
    }
}

/// Apart, and by value: what a message refers to would be stored by every access, for the case of it.
#[cold]
#[track_caller]
fn outside(at: usize, len: usize, slots: usize) -> ! {
    panic!("slots {at}+{len} of {slots}");
}

impl<T> fmt::Debug for Slots<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{LINE, Slots};

    #[repr(align(256))]
    struct Wide(#[expect(dead_code, reason = "it has a size")] u8);

    fn check<T>(len: usize) {
        let slots = Slots::<T>::new(len);
        let (first, size) = (slots.writing(0, len).addr(), len * size_of::<T>());
        assert!(first.is_multiple_of(align_of::<T>().max(LINE)));
        assert_eq!((first, slots.len(), slots.is_empty()), (slots.base().addr(), len, len == 0));
        let memory = slots._memory.as_ptr().addr()..=slots._memory.as_ptr().addr() + slots._memory.capacity();
        assert!(size == 0 || memory.contains(&first) && memory.contains(&(first + size)));
        assert_eq!(size == 0, slots._memory.capacity() == 0, "nothing is reserved for nothing");
    }

    #[test]
    fn slots_begin_with_a_cache_line_in_memory_of_their_own() {
        for len in 0..100 {
            check::<u8>(len);
            check::<[u8; 33]>(len);
            check::<u64>(len);
            check::<Wide>(len);
            check::<()>(len);
        }
        assert!([usize::MAX, usize::MAX / 8].iter().all(|&len| Slots::<u64>::try_new(len).is_err()));
    }
}
