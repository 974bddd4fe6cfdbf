//! The index algorithm over memory that is mapped twice, side by side: every region of the ring is one slice, so nothing is
//! ever split at the physical end and a reader can parse in place.
//!
//! For bytes only. The memory comes in whole pages, but the capacity stays exact: a ring for 5 bytes holds 5. It is
//! mapped by the first push, which costs four system calls; take this variant for connections that live long.
//!
//! On Linux the mirror is made by the page table. Elsewhere, and in the checked worlds, it is made in software: each byte is
//! written twice, so that everything here works the same, at twice the memory and a little less than half the speed of
//! writing.

use crate::sync::cell::{Mirror, OutOfMemory};

use super::Wrap;
use super::index::IndexRing;
use super::lazy::Lazy;
use super::storage::Storage;

/// A lock-free ring of bytes whose every region is one slice.
pub type Mirrored = Lazy<IndexRing<u8, Mirror>>;

// SAFETY: (S1) positions are bytes of one mirror, which repeats behind its end.
unsafe impl Storage<u8> for Mirror {
    const NAME: &'static str = "mirrored";

    fn slots_for(capacity: usize) -> usize {
        Self::len_for(capacity)
    }

    fn reserve(slots: usize) -> Result<Self, OutOfMemory> {
        Self::try_new(slots)
    }

    #[inline]
    unsafe fn put(&self, wrap: Wrap, index: usize, source: *const u8, len: usize) {
        // SAFETY: (S1) the caller vouches for `len` bytes at `source`.
        let source = unsafe { std::slice::from_raw_parts(source, len) };
        // SAFETY: (S1) the caller owns the slots, and `len <= slots`.
        unsafe { self.write(wrap.slot(index), source) };
    }

    #[inline]
    unsafe fn get(&self, wrap: Wrap, index: usize, target: *mut u8, len: usize) {
        let from = self.reading(wrap.slot(index), len);
        // SAFETY: (S1) the caller owns the filled slots, and `target` is writable for `len` bytes.
        unsafe { target.copy_from_nonoverlapping(from, len) };
    }

    fn base(&self) -> *const u8 {
        self.base()
    }

    #[inline]
    unsafe fn show(&self, wrap: Wrap, index: usize, len: usize) -> &[u8] {
        // SAFETY: (S1) the caller owns the filled slots while it looks; the mirror makes them one piece.
        unsafe { std::slice::from_raw_parts(self.reading(wrap.slot(index), len), len) }
    }
}
