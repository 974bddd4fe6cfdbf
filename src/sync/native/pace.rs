//! How long the machine takes for what a wait is counted in.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What a [`pause`] takes, in nanoseconds.
const PAUSE: u32 = 20;

/// The least time that something has taken, of the first times it was done.
struct Least {
    nanoseconds: AtomicU32,
    times: AtomicU32,
    /// What came of it; 0 before that is known, and then for ever the same.
    known: AtomicU32,
}

/// So many times count.
const ENOUGH: u32 = 16;

impl Least {
    const fn new() -> Self {
        Self { nanoseconds: AtomicU32::new(u32::MAX), times: AtomicU32::new(0), known: AtomicU32::new(0) }
    }

    #[inline]
    fn time(&self, act: impl FnOnce()) {
        if self.known().is_some() { act() } else { self.learn(act) }
    }

    #[cold]
    fn learn(&self, act: impl FnOnce()) {
        let start = Instant::now();
        act();
        let took = start.elapsed().as_nanos().try_into().unwrap_or(u32::MAX);
        self.nanoseconds.fetch_min(took, Ordering::Relaxed);
        if self.times.fetch_add(1, Ordering::Relaxed) + 1 == ENOUGH {
            self.known.store(self.nanoseconds.load(Ordering::Relaxed).max(1), Ordering::Relaxed);
        }
    }

    fn known(&self) -> Option<u32> {
        Some(self.known.load(Ordering::Relaxed)).filter(|known| *known != 0)
    }
}

static YIELD: Least = Least::new();

/// Gives the core to whoever else wants it.
#[inline]
pub fn yield_now() {
    YIELD.time(thread::yield_now);
}

/// How many yields to a core that nobody else wants fill a time. As many as on a slow machine while it is not known what one takes, or where the first ones were
/// all to a core that somebody wanted.
pub(super) fn yields_in(time: Duration) -> u32 {
    fill(time, YIELD.known().unwrap_or(u32::MAX))
}

/// From then on, it is known what a yield takes.
#[cfg(test)]
pub fn settle() {
    while YIELD.known().is_none() {
        yield_now();
    }
}

fn fill(time: Duration, nanoseconds: u32) -> u32 {
    (time.as_nanos() / u128::from(nanoseconds.clamp(100, 400))).try_into().unwrap_or(u32::MAX)
}

/// Keeps the core for some 20 ns, whatever a [`spin_loop`] takes.
#[inline]
pub fn pause() {
    /// How many make one pause; 0 before that is known.
    static LOOPS: AtomicU32 = AtomicU32::new(0);
    let mut loops = LOOPS.load(Ordering::Relaxed);
    if loops == 0 {
        loops = loops_in_a_pause();
        LOOPS.store(loops, Ordering::Relaxed);
    }
    (0..loops).for_each(|_| spin_loop());
}

/// Takes a few microseconds.
#[cold]
fn loops_in_a_pause() -> u32 {
    const LOOPS: u32 = 8;
    let loops = Least::new();
    (0..ENOUGH).for_each(|_| loops.time(|| (0..LOOPS).for_each(|_| spin_loop())));
    // Rounded, and at least one.
    let took = loops.known().unwrap_or(u32::MAX);
    ((PAUSE * LOOPS + took / 2) / took).clamp(1, PAUSE)
}

#[cfg(test)]
mod tests {
    use super::{Duration, ENOUGH, Instant, Least, PAUSE, fill, loops_in_a_pause, pause, settle, thread, yields_in};

    #[test]
    fn the_least_of_the_first_times_is_what_something_takes() {
        let (least, mut done) = (Least::new(), 0);
        for time in 0..2 * ENOUGH {
            assert_eq!(least.known().is_some(), time >= ENOUGH);
            // The third of those that count is the shortest, and what comes later is shorter still.
            let milliseconds = if time < ENOUGH { 1 + u64::from(time.abs_diff(2)) } else { 0 };
            least.time(|| {
                thread::sleep(Duration::from_millis(milliseconds));
                done += 1;
            });
        }
        assert!(least.known().is_some_and(|known| (1_000_000..4_000_000_000).contains(&known)));
        assert_eq!(done, 2 * ENOUGH);
    }

    #[test]
    fn a_time_is_filled_by_what_it_takes() {
        let time = Duration::from_micros(60);
        assert_eq!([1, 200, 300, 400, u32::MAX].map(|least| fill(time, least)), [600, 300, 200, 150, 150]);
    }

    #[test]
    fn what_a_yield_and_a_pause_take_is_found_out() {
        settle();
        let times = [(); 2].map(|()| yields_in(Duration::from_micros(60)));
        assert!((150..=600).contains(&times[0]) && times[0] == times[1]);
        assert!((1..=PAUSE).contains(&loops_in_a_pause()));
        let start = Instant::now();
        (0..1000).for_each(|_| pause());
        assert!(start.elapsed() > Duration::from_micros(2), "not nothing");
    }
}
