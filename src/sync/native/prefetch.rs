//! Asking for cache lines before they are needed, where the processor knows how.

use std::arch::asm;

/// Asks for the cache line at `place`, to be written soon. A hint: nothing is read, and every address will do.
#[inline(always)]
pub fn will_write<T>(place: *const T) {
    // Not the intrinsic: it is this instruction only where the target is known to have it, which all since 2006 do, be it as nothing. Not
    // `nomem`: what is stored after this must not be moved before it.
    // SAFETY: (RING-4) nothing is read or written, and an address that is none is ignored.
    unsafe { asm!("prefetchw [{}]", in(reg) place, options(nostack, preserves_flags, readonly)) }
}

/// Asks for the cache line at `place`, to be read soon. A hint: nothing is read, and every address will do.
#[inline(always)]
pub fn will_read<T>(place: *const T) {
    // SAFETY: (RING-4) as above.
    unsafe { asm!("prefetcht0 [{}]", in(reg) place, options(nostack, preserves_flags, readonly)) }
}
