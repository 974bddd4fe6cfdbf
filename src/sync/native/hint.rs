//! How long to look before sleeping, who is on which core, what is needed soon.

use std::cell::Cell;
use std::fs;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

pub use std::hint::spin_loop;

#[cfg(test)]
pub use super::pace::settle;
pub use super::pace::{pause, yield_now};
pub use super::prefetch::{will_read, will_write};

// A `spin_loop` takes 10 ns on one machine and 20 to 45 on others, a yield, if nobody else wants the core, 170 to 500. What is counted in either is told
// in times of two cores of an AMD EPYC, with 20 to 25 and 350 to 500.

/// Rounds of one [`spin_loop`] each, some 700 ns: more than a yield takes.
const SHORT: u32 = 32;

/// So often a thread looks at a lock before it gives its core up, some 600 ns, which is what a [`yield_now`] takes or a little more. None on a
/// single core.
#[must_use]
pub fn brief_lock_looks() -> u32 {
    if has_several_cores() { 6 } else { 0 }
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

/// So many looks come back to back, which is some 80 ns where a look takes no lock. Found by trying: fewer bring nothing, and more take the line from who
/// is to write it.
#[must_use]
pub fn looks_at_once() -> u32 {
    48
}

/// Then, at most so many looks with a [`spin_loop`] before each: as many as 64 [`pause`]s are filled by, some 1.5 µs.
#[must_use]
pub fn brief_looks() -> u32 {
    64 * super::pace::loops_in_a_pause()
}

/// At most so many looks with a [`yield_now`] before each, some 60 µs on any machine, which is what going to sleep and being woken may take.
#[must_use]
pub fn patient_looks() -> u32 {
    super::pace::yields_in(PATIENCE)
}

/// How long a thread is patient.
const PATIENCE: Duration = Duration::from_micros(60);

/// Whether another thread has asked this on the core that the calling one is on, since that asked there itself the last time before this one. Never on a
/// single core, which all share.
#[must_use]
pub fn shares_core() -> bool {
    static LAST: Last = Last::new();
    has_several_cores() && LAST.was_another()
}

/// Who asked last on a core, by the core's number. A thread is the address of something that it alone has; another one may have that
/// after its end, and is taken for it.
struct Last([AtomicUsize; 1024]);

impl Last {
    const fn new() -> Self {
        Self([const { AtomicUsize::new(0) }; 1024])
    }

    fn was_another(&self) -> bool {
        thread_local! {
            /// Where this thread asked last.
            static ASKED: Cell<u32> = const { Cell::new(u32::MAX) };
        }
        let here = current();
        let (this, before) = ASKED.with(|asked| (ptr::from_ref(asked).addr(), asked.replace(here)));
        let slot = usize::try_from(here).ok().and_then(|here| self.0.get(here));
        slot.is_some_and(|last| last.swap(this, Ordering::Relaxed) != this && before == here)
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

    /// Leaves a trace of the calling thread.
    pub fn leave_trace(&self) {
        self.0.store(current(), Ordering::Relaxed);
    }

    /// True if the calling thread is where the last trace was left. A trace is found once.
    pub fn take_trace_here(&self) -> bool {
        // Most waits find none, and are spared the question where they are.
        let left = self.0.load(Ordering::Relaxed);
        left != u32::MAX && {
            self.0.store(u32::MAX, Ordering::Relaxed);
            left == current()
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

    use super::{Core, Last, Ordering, current, shares_core};

    /// Keeps this thread, and those that it starts from now on, on the core that it is on.
    pub fn stay() {
        let mut here = CpuSet::new();
        here.set(current() as usize);
        sched_setaffinity(None, &here).expect("it is on a core that it may use");
    }

    /// Keeps this thread on its core, on which it asks who shares it, and then another one.
    pub fn share() {
        stay();
        let _ = shares_core();
        thread::scope(|scope| _ = scope.spawn(shares_core));
    }

    #[test]
    fn a_core_is_shared_if_another_thread_has_asked_there_in_between() {
        stay();
        let last = Last::new();
        let another = || thread::scope(|scope| scope.spawn(|| last.was_another()).join().expect("it asks"));
        assert!(!another(), "it had not asked before");
        assert_eq!([(); 3].map(|()| last.was_another()), [false; 3], "nor had this one, and nobody has in between");
        let _ = another();
        assert_eq!([(); 2].map(|()| last.was_another()), [true, false]);
    }

    #[test]
    fn a_trace_is_found_once_by_whoever_is_on_that_core() {
        stay();
        let (core, elsewhere) = (Core::default(), Core::default());
        assert!(!core.take_trace_here(), "there is none yet");
        core.leave_trace();
        assert_eq!([core.take_trace_here(), core.take_trace_here()], [true, false]);
        elsewhere.0.store(current() + 1, Ordering::Relaxed);
        assert!(!elsewhere.take_trace_here() && !elsewhere.take_trace_here());
        elsewhere.leave_trace();
        assert!(!core.note(&Core::default()) && core.note(&elsewhere));
    }
}
