//! A mirror in hardware: the same pages mapped twice, side by side.
//!
//! The technique is old (Philip Howard's VRB, 2005); the page table does the wrapping, so a write that runs over
//! the end of the first mapping lands at the beginning, and every region of the ring is one slice.

use std::ffi::c_void;
use std::ptr;

use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};
use rustix::param::page_size;

use super::slots::OutOfMemory;

/// `len` bytes that repeat behind their end: a slice may start anywhere below `len` and be up to `len` long.
#[derive(Debug)]
pub struct Mirror {
    base: *mut u8,
    len: usize,
}

// SAFETY: (RING-4) a byte is touched only by the side that owns it, and ownership passes through an atomic of the
// ring; the mapping itself never changes before it is dropped.
unsafe impl Sync for Mirror {}
// SAFETY: (RING-4) the mapping belongs to the process, not to the thread that made it.
unsafe impl Send for Mirror {}

impl Mirror {
    /// What a mirror for at least `capacity` bytes is rounded up to: whole pages.
    #[must_use]
    pub fn len_for(capacity: usize) -> usize {
        let page = page_size();
        capacity.checked_next_multiple_of(page).unwrap_or(usize::MAX)
    }

    /// Maps `len` bytes, a multiple of the page size, twice.
    ///
    /// # Errors
    /// [`OutOfMemory`] where the system has no address space, no memory or no file descriptor left.
    pub fn try_new(len: usize) -> Result<Self, OutOfMemory> {
        Self::map(len).map_err(|_| OutOfMemory)
    }

    fn map(len: usize) -> rustix::io::Result<Self> {
        let both = len.checked_mul(2).ok_or(rustix::io::Errno::NOMEM)?;
        let file = memfd_create("rdv-mirror", MemfdFlags::CLOEXEC)?;
        ftruncate(&file, len as u64)?;
        // SAFETY: (RING-4) a fresh reservation that nothing else points to.
        let base = unsafe { mmap_anonymous(ptr::null_mut(), both, ProtFlags::empty(), MapFlags::PRIVATE)? };
        // From here on dropping the mirror gives everything back, whatever fails.
        let mirror = Self { base: base.cast(), len };
        for at in [0, len] {
            let here: *mut c_void = mirror.base.wrapping_add(at).cast();
            let access = ProtFlags::READ | ProtFlags::WRITE;
            // SAFETY: (RING-4) replaces half of our own reservation, which nobody has seen yet.
            unsafe { mmap(here, len, access, MapFlags::SHARED | MapFlags::FIXED, &file, 0)? };
        }
        Ok(mirror)
    }

    /// Copies `source` to `at` and on.
    ///
    /// # Safety
    /// The caller owns these bytes and `at` is below the length, `source` not longer than it.
    pub unsafe fn write(&self, at: usize, source: &[u8]) {
        debug_assert!(at < self.len && source.len() <= self.len, "mirror {at}+{} of {}", source.len(), self.len);
        let to = self.base.wrapping_add(at);
        // SAFETY: (RING-4) the caller owns the bytes; both mappings together hold `at + source.len()`.
        unsafe { to.copy_from_nonoverlapping(source.as_ptr(), source.len()) };
    }

    /// Where the first byte is, for a hint.
    #[must_use]
    pub fn base(&self) -> *const u8 {
        self.base
    }

    /// Announces that `len` bytes from `at` are about to be read, and gives the address of the first.
    #[must_use]
    pub fn reading(&self, at: usize, len: usize) -> *const u8 {
        debug_assert!(at < self.len && len <= self.len, "mirror {at}+{len} of {}", self.len);
        self.base.wrapping_add(at)
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        // SAFETY: (ALL-3) exactly the range that `map` reserved, and nobody holds an address into it any more.
        let unmapped = unsafe { munmap(self.base.cast(), 2 * self.len) };
        debug_assert!(unmapped.is_ok(), "munmap of our own mapping: {unmapped:?}");
    }
}
