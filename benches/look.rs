//! Looking for something without going to sleep.

use std::hint::spin_loop;
use std::thread::yield_now;

/// So often somebody who does not sleep looks before giving the core up.
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
