//! How long to look before sleeping, who is on which core, what is needed soon.

use std::fs;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread::available_parallelism;

pub use std::hint::spin_loop;
pub use std::thread::yield_now;

pub use super::prefetch::{will_read, will_write};

// Times are those of two cores of an AMD EPYC, where a pause takes 20 to 25 ns, and a yield, if nobody else wants the core, 350 to 500 ns.

/// Rounds of one [`spin_loop`] each, some 700 ns: more than a yield takes.
const SHORT: u32 = 32;

/// So often a thread looks at a lock, with two [`spin_loop`]s before each, before it gives its core up: what a [`yield_now`] takes. None on a
/// single core.
#[must_use]
pub fn brief_lock_looks() -> u32 {
    if has_several_cores() { 10 } else { 0 }
}

/// So often a thread gives its core up and tries again before it sleeps for a lock, some 8 µs.
#[must_use]
pub fn lock_looks() -> u32 {
    20
}

/// At most so many rounds with a [`spin_loop`] each; none on a single core, where whoever is waited for cannot run meanwhile.
#[must_use]
pub fn brief_rounds() -> u32 {
    if has_several_cores() { SHORT } else { 0 }
}

/// At most so many rounds with a [`yield_now`] each before a thread goes to sleep; none on a single core.
#[must_use]
pub fn patient_rounds() -> u32 {
    if has_several_cores() { patient_looks() } else { 0 }
}

/// Whether the machine has; what the standard library counts is the cores that the calling thread may use, which for a pinned thread
/// is one, whoever it waits for.
fn has_several_cores() -> bool {
    static SEVERAL: OnceLock<bool> = OnceLock::new();
    *SEVERAL.get_or_init(|| match fs::read_to_string("/sys/devices/system/cpu/online") {
        Ok(ranges) => ranges.contains(['-', ',']),
        Err(_) => available_parallelism().map_or(1, usize::from) > 1,
    })
}

/// At most so many looks with a [`spin_loop`] before each, some 1.5 µs.
#[must_use]
pub fn brief_looks() -> u32 {
    64
}

/// At most so many looks with a [`yield_now`] before each, some 60 µs, which is what going to sleep and being woken may take.
#[must_use]
pub fn patient_looks() -> u32 {
    160
}

/// Whether the last thread that asked this on the core that the calling one is on was another.
#[must_use]
pub fn shares_core() -> bool {
    static LAST: Last = Last::new();
    LAST.was_another()
}

/// By core, modulo their number: who asked last, as the address of something that a thread alone has.
struct Last([AtomicUsize; 64]);

impl Last {
    const fn new() -> Self {
        Self([const { AtomicUsize::new(0) }; 64])
    }

    /// Whether the last one on this core was another thread. Now it is this one.
    fn was_another(&self) -> bool {
        thread_local! {
            static OWN: u8 = const { 0 };
        }
        let (here, this) = (current(), OWN.with(|own| ptr::from_ref(own).addr()));
        here != u32::MAX && {
            let last = self.0[here as usize % self.0.len()].swap(this, Ordering::Relaxed);
            last != 0 && last != this
        }
    }
}

/// On which core somebody was last seen.
#[derive(Debug)]
pub struct Core(AtomicU32);

impl Default for Core {
    fn default() -> Self {
        Self(AtomicU32::new(u32::MAX))
    }
}

impl Core {
    /// Notes where the calling thread is. True if somebody else was last seen on the same core, at `other`: that thread does not run
    /// while this one does.
    pub fn note(&self, other: &Self) -> bool {
        let here = current();
        if self.0.load(Ordering::Relaxed) != here {
            self.0.store(here, Ordering::Relaxed);
        }
        here != u32::MAX && other.0.load(Ordering::Relaxed) == here
    }

    /// Leaves a mark where the calling thread is.
    pub fn mark(&self) {
        self.0.store(current(), Ordering::Relaxed);
    }

    /// True if the calling thread is where the last mark was made. A mark is found once.
    pub fn is_marked_here(&self) -> bool {
        // Most waits find none, and are spared the question where they are.
        let marked = self.0.load(Ordering::Relaxed);
        marked != u32::MAX && {
            self.0.store(u32::MAX, Ordering::Relaxed);
            marked == current()
        }
    }
}

#[cfg(target_os = "linux")]
fn current() -> u32 {
    u32::try_from(rustix::thread::sched_getcpu()).unwrap_or(u32::MAX)
}

#[cfg(not(target_os = "linux"))]
fn current() -> u32 {
    u32::MAX
}

#[cfg(all(test, target_os = "linux"))]
pub mod tests {
    use std::thread;

    use rustix::thread::{CpuSet, sched_setaffinity};

    use super::{Core, Last, current, shares_core};

    /// Keeps this thread, and those that it starts from now on, on the core that it is on.
    pub fn stay() {
        let mut here = CpuSet::new();
        here.set(current() as usize);
        sched_setaffinity(None, &here).expect("it is on a core that it may use");
    }

    /// Keeps this thread on its core, on which another one asked last who shares it.
    pub fn share() {
        stay();
        thread::scope(|scope| _ = scope.spawn(shares_core));
    }

    #[test]
    fn a_core_is_shared_if_another_thread_asked_there_last() {
        stay();
        let last = Last::new();
        let another = || thread::scope(|scope| scope.spawn(|| last.was_another()).join().expect("it asks"));
        assert_eq!([last.was_another(), last.was_another()], [false, false]);
        assert_eq!([another(), last.was_another(), last.was_another()], [true, true, false]);
    }

    #[test]
    fn a_mark_is_found_once_by_whoever_is_on_that_core() {
        stay();
        let (core, elsewhere) = (Core::default(), Core::default());
        assert!(!core.is_marked_here(), "there is no mark yet");
        core.mark();
        assert_eq!([core.is_marked_here(), core.is_marked_here()], [true, false]);
        elsewhere.0.store(current() + 1, super::Ordering::Relaxed);
        assert!(!elsewhere.is_marked_here());
        assert!(!core.note(&elsewhere) && elsewhere.note(&core));
    }
}
