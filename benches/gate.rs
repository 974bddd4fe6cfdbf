//! A start for several threads at once, and what they have to do.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::cores::Cores;

/// Holds threads back until all have come, without putting one to sleep: they set out within a fraction of a microsecond.
#[derive(Debug)]
pub struct Gate {
    missing: AtomicUsize,
}

impl Gate {
    /// A gate for so many threads, once.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        Self { missing: AtomicUsize::new(threads) }
    }

    /// Waits for the others.
    pub fn pass(&self) {
        self.missing.fetch_sub(1, Ordering::AcqRel);
        // There may be fewer cores than threads: yield, don't spin.
        while self.missing.load(Ordering::Acquire) > 0 {
            thread::yield_now();
        }
    }
}

/// How long `here` takes on this thread, while `rounds` calls of `workers` are made in equal parts, each worker's on a thread of its own.
/// Every thread [stays](crate::cores) on a core of its own, if there are as many.
pub fn race<W: FnMut() + Send>(workers: impl IntoIterator<Item = W>, rounds: u64, here: impl FnOnce()) -> Duration {
    let workers: Vec<W> = workers.into_iter().collect();
    let many = workers.len();
    let gate = Gate::new(many + 1);
    let cores = Cores::for_each_of(many + 1);
    let stay = |number| cores.map(|cores| cores.stay(number));
    thread::scope(|scope| {
        for (one, mut work) in workers.into_iter().enumerate() {
            let gate = &gate;
            scope.spawn(move || {
                let _stays = stay(one + 1);
                gate.pass();
                for _ in 0..share(rounds, many, one) {
                    work();
                }
            });
        }
        let _stays = stay(0);
        gate.pass();
        let start = Instant::now();
        here();
        start.elapsed()
    })
}

/// How many of `all` fall to `one` of `many`: the shares are as equal as can be and add up.
#[must_use]
pub fn share(all: u64, many: usize, one: usize) -> u64 {
    (all + one as u64) / many as u64
}
