//! Looking for something without going to sleep.

use std::hint::spin_loop;
use std::thread::yield_now;

/// Looks in a row for who waits without sleeping: what is waited for is mostly under way already, on another core.
pub const LOOKS: u32 = 64;

/// Looks until there is something; every so many looks the core is given up, for there may be none to spare for whoever brings it.
#[inline]
pub fn until_some<T>(looks: u32, mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        for _ in 0..looks {
            if let Some(found) = look() {
                return found;
            }
            spin_loop();
        }
        yield_now();
    }
}
