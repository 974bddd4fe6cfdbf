//! Threads on cores of their own. Where the system places them, two threads that hand something back and forth share a core for
//! milliseconds or never, by chance; then chance decides what is measured.

use std::sync::atomic::{AtomicBool, Ordering};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

static FLOAT: AtomicBool = AtomicBool::new(false);

/// From now on the system places all threads.
pub fn let_float() {
    FLOAT.store(true, Ordering::Relaxed);
}

/// The system places the threads that `run` starts.
pub fn floating<R>(run: impl FnOnce() -> R) -> R {
    let before = FLOAT.swap(true, Ordering::Relaxed);
    let result = run();
    FLOAT.store(before, Ordering::Relaxed);
    result
}

/// Cores for so many threads, one each.
#[derive(Debug, Clone, Copy)]
pub struct Cores(CpuSet);

impl Cores {
    /// `None` if there are not as many that this thread may use, or the system is to choose.
    #[must_use]
    pub fn for_each_of(threads: usize) -> Option<Self> {
        let allowed = sched_getaffinity(None).ok()?;
        (allowed.count() as usize >= threads && !FLOAT.load(Ordering::Relaxed)).then_some(Self(allowed))
    }

    /// Keeps this thread on the core of that number, for as long as what is returned lives.
    #[must_use]
    pub fn stay(&self, number: usize) -> Stay {
        let mut own = CpuSet::new();
        let core = (0..CpuSet::MAX_CPU).filter(|core| self.0.is_set(*core)).nth(number);
        core.into_iter().for_each(|core| own.set(core));
        // If it is refused, the thread floats.
        let _ = sched_setaffinity(None, &own);
        Stay(self.0)
    }
}

/// Lets the thread go where it might go before.
#[derive(Debug)]
pub struct Stay(CpuSet);

impl Drop for Stay {
    fn drop(&mut self) {
        let _ = sched_setaffinity(None, &self.0);
    }
}
