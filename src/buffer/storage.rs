//! What an index ring keeps its elements in.

use crate::sync::cell::{OutOfMemory, Slots};

use super::Wrap;

/// Slots for a ring.
///
/// # Safety
/// `put` followed by `get` of the same positions moves the elements; a position is touched by no other access.
pub unsafe trait Storage<T>: Send + Sync + Sized {
    /// What the variant made of it is called.
    const NAME: &'static str;

    /// How many slots serve a capacity.
    fn slots_for(capacity: usize) -> usize;

    /// Reserves that many slots.
    fn reserve(slots: usize) -> Result<Self, OutOfMemory>;

    /// Moves `len` elements in, from `index` on.
    ///
    /// # Safety
    /// The caller owns these slots (S1), `len <= slots`, and `source` is readable for `len` elements.
    unsafe fn put(&self, wrap: Wrap, index: usize, source: *const T, len: usize);

    /// Moves `len` elements out, from `index` on.
    ///
    /// # Safety
    /// The caller owns these slots (S1), they are filled, and `target` is writable for `len` elements.
    unsafe fn get(&self, wrap: Wrap, index: usize, target: *mut T, len: usize);

    /// Where the slots begin, for a hint.
    fn base(&self) -> *const T;

    /// Shows as many of `len` elements from `index` on as stand in one piece, at least one.
    ///
    /// # Safety
    /// The caller owns these slots (S1) for as long as it looks, they are filled, and `len > 0`.
    unsafe fn show(&self, wrap: Wrap, index: usize, len: usize) -> &[T];
}

// SAFETY: (S1) positions are slots of one block, split where the ring wraps.
unsafe impl<T: Send> Storage<T> for Slots<T> {
    const NAME: &'static str = "spsc";

    fn slots_for(capacity: usize) -> usize {
        capacity
    }

    fn reserve(slots: usize) -> Result<Self, OutOfMemory> {
        Self::try_new(slots)
    }

    #[inline]
    unsafe fn put(&self, wrap: Wrap, index: usize, source: *const T, len: usize) {
        let first = wrap.before_end(index, len);
        let low = self.writing(wrap.slot(index), first);
        // SAFETY: (S1) the caller owns the slots; `writing` checked the range.
        unsafe { low.copy_from_nonoverlapping(source, first) };
        if first < len {
            let high = self.writing(0, len - first);
            // SAFETY: (S1, W3) as above, for the rest behind the wrap.
            unsafe { high.copy_from_nonoverlapping(source.add(first), len - first) };
        }
    }

    #[inline]
    unsafe fn get(&self, wrap: Wrap, index: usize, target: *mut T, len: usize) {
        let first = wrap.before_end(index, len);
        let low = self.reading(wrap.slot(index), first);
        // SAFETY: (S1) the caller owns the filled slots; `reading` checked the range.
        unsafe { target.copy_from_nonoverlapping(low, first) };
        if first < len {
            let high = self.reading(0, len - first);
            // SAFETY: (S1, W3) as above, for the rest behind the wrap.
            unsafe { target.add(first).copy_from_nonoverlapping(high, len - first) };
        }
    }

    fn base(&self) -> *const T {
        self.base()
    }

    #[inline]
    unsafe fn show(&self, wrap: Wrap, index: usize, len: usize) -> &[T] {
        let first = wrap.before_end(index, len);
        let low = self.reading(wrap.slot(index), first);
        // SAFETY: (S1) the caller owns the filled slots while it looks; `reading` checked the range.
        unsafe { std::slice::from_raw_parts(low, first) }
    }
}
