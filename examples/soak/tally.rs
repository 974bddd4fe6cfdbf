//! What the soak counts, and for how long it goes on.

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What the allocator may keep for itself after the warm-up.
const SLACK_KIB: u64 = 16 * 1024;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// What has happened so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) served: AtomicU64,
    pub(crate) echoed: AtomicU64,
    pub(crate) cut: AtomicU64,
    pub(crate) messages: AtomicU64,
    pub(crate) asked_to_panic: AtomicU64,
    pub(crate) panicked: AtomicU64,
    pub(crate) late: AtomicU64,
    pub(crate) met: AtomicU64,
    pub(crate) not_met: AtomicU64,
    pub(crate) over: AtomicBool,
}

impl Tally {
    /// Fails unless every session was served and every panic reported, and there were some of each.
    pub(crate) fn adds_up(&self) -> Outcome {
        let [served, echoed, cut, asked, panicked] =
            [&self.served, &self.echoed, &self.cut, &self.asked_to_panic, &self.panicked].map(|it| it.load(Relaxed));
        let adds_up = served == echoed + cut && asked == panicked && asked > 0 && cut > 0;
        check(adds_up, &format!("it does not add up: {self:?}"))
    }
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

/// Fails unless it holds.
pub(crate) fn check(holds: bool, what: &str) -> Outcome {
    if holds { Ok(()) } else { Err(what.into()) }
}

/// Prints the counts every ten seconds, and fails when memory has grown since a fifth of the time had passed.
pub(crate) fn watch(seconds: u64, tally: &Tally) -> Outcome {
    let (begin, mut warm) = (Instant::now(), None);
    for tenth in 1..=10 * seconds {
        sleep((begin + Duration::from_millis(100 * tenth)).saturating_duration_since(Instant::now()));
        let memory = memory_kib()?;
        if tenth >= 2 * seconds {
            let limit = *warm.get_or_insert(memory) + SLACK_KIB;
            check(
                memory <= limit,
                &format!("{memory} KiB after {tenth} tenths of a second, at most {limit} expected"),
            )?;
        }
        if tenth % 100 == 0 || tenth == 10 * seconds {
            println!("{} s, {memory} KiB: {tally:?}", tenth / 10);
        }
    }
    Ok(())
}

fn memory_kib() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next());
    Ok(resident.unwrap_or("0").parse()?)
}

/// Calls with ever higher numbers until it is over.
pub(crate) fn repeat(tally: &Tally, mut once: impl FnMut(u64) -> Outcome) -> Outcome {
    (0..).take_while(|_| !tally.over.load(Relaxed)).try_for_each(&mut once)
}
