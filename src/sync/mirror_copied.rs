//! A mirror in software: for the checked worlds, and where memory cannot be mapped twice.
//!
//! Two blocks stand side by side and every write goes to both, so a slice may run over the end of the
//! first. Costs the memory and the writes twice; promises the same.

use super::slots::{OutOfMemory, Slots};
use super::world::Track;

/// `len` bytes that repeat behind their end: a slice may start anywhere below `len` and be up to `len` long.
#[derive(Debug)]
pub struct Mirror {
    both: Slots<u8>,
    track: Track,
    len: usize,
}

impl Mirror {
    /// What a mirror for at least `capacity` bytes is rounded up to: nothing to round here.
    #[must_use]
    pub fn len_for(capacity: usize) -> usize {
        capacity
    }

    /// Reserves `len` bytes.
    ///
    /// # Errors
    /// [`OutOfMemory`] where the size overflows or the allocator refuses.
    pub fn try_new(len: usize) -> Result<Self, OutOfMemory> {
        let both = Slots::try_new(len.checked_mul(2).ok_or(OutOfMemory)?)?;
        Ok(Self { both, track: Track::new(len), len })
    }

    /// Copies `source` to `at` and on.
    ///
    /// # Safety
    /// The caller owns these bytes and `at` is below the length, `source` not longer than it.
    #[track_caller]
    pub unsafe fn write(&self, at: usize, source: &[u8]) {
        let first = source.len().min(self.len - at);
        let (low, high) = source.split_at(first);
        self.track.write(at, first);
        self.track.write(0, high.len());
        for (at, part) in [(at, low), (0, high)] {
            for copy in [at, at + self.len] {
                // The block as a whole is tracked by `track`; its own tracking would only repeat that.
                let to = self.both.writing(copy, part.len());
                // SAFETY: (RING-4) the caller owns the bytes; `writing` checked the range; the source is elsewhere.
                unsafe { to.copy_from_nonoverlapping(part.as_ptr(), part.len()) };
            }
        }
    }

    /// Where the first byte is, for a hint.
    #[must_use]
    pub fn base(&self) -> *const u8 {
        self.both.base()
    }

    /// Announces that `len` bytes from `at` are about to be read, and gives the address of the first.
    #[track_caller]
    pub fn reading(&self, at: usize, len: usize) -> *const u8 {
        let first = len.min(self.len - at);
        self.track.read(at, first);
        self.track.read(0, len - first);
        self.both.reading(at, len)
    }
}
