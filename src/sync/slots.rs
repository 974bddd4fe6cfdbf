//! Contiguous memory in which every slot changes hands on its own.

use std::alloc::Layout;
use std::cell::UnsafeCell;
use std::fmt;
use std::mem::MaybeUninit;

use super::world::Track;

/// The memory that was asked for cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfMemory;

/// A block of `len` slots for values of `T`, none of them initialised.
///
/// Who may touch which slot is decided by the protocol of the ring that owns the block; each access names
/// the slots it is going to touch, and in the loom world an access that is not ordered after the previous
/// owner's is a failure of the model.
pub struct Slots<T> {
    memory: Box<[UnsafeCell<MaybeUninit<T>>]>,
    track: Track,
}

// SAFETY: (RING-4) a slot is touched only by the side that owns it, and ownership passes through an atomic
// of the ring, so sharing the block is sharing values of `T` between threads one at a time.
unsafe impl<T: Send> Sync for Slots<T> {}

impl<T> Slots<T> {
    /// Reserves `len` slots, or says that there is no such memory.
    ///
    /// # Errors
    /// [`OutOfMemory`] where the size overflows or the allocator refuses.
    pub fn try_new(len: usize) -> Result<Self, OutOfMemory> {
        Layout::array::<T>(len).map_err(|_| OutOfMemory)?;
        let mut memory = Vec::new();
        memory.try_reserve_exact(len).map_err(|_| OutOfMemory)?;
        Ok(Self::of(memory, len))
    }

    /// Reserves `len` slots. Where there is no such memory it ends as a `Vec` does.
    #[must_use]
    pub fn new(len: usize) -> Self {
        Self::of(Vec::with_capacity(len), len)
    }

    fn of(mut memory: Vec<UnsafeCell<MaybeUninit<T>>>, len: usize) -> Self {
        assert!(len <= memory.capacity());
        // SAFETY: (RING-4) the elements are `MaybeUninit`, which any bytes are, and `len` of them were reserved.
        unsafe { memory.set_len(len) };
        Self { memory: memory.into_boxed_slice(), track: Track::new(len) }
    }

    /// Number of slots.
    #[must_use]
    pub fn len(&self) -> usize {
        self.memory.len()
    }

    /// True if there is no slot at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.memory.is_empty()
    }

    /// Where the first slot is, for a hint.
    #[must_use]
    pub fn base(&self) -> *const T {
        self.memory.as_ptr().cast()
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
        self.memory.as_ptr().wrapping_add(at).cast_mut().cast()
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
