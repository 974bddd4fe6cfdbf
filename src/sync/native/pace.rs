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
        self.note(start.elapsed().as_nanos().try_into().unwrap_or(u32::MAX));
    }

    fn note(&self, took: u32) {
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
    /// What a yield takes at least and at most where nobody else wants the core. Outside of that something else was timed.
    const LEAST: u32 = 100;
    const MOST: u32 = 400;
    time.as_nanos() as u32 / nanoseconds.clamp(LEAST, MOST)
}

/// Keeps the core for some 20 ns, or for as long as one [`spin_loop`] takes.
#[inline]
pub fn pause() {
    (0..loops_in_a_pause()).for_each(|_| spin_loop());
}

/// How many [`spin_loop`]s make one [`pause`].
#[inline]
pub(super) fn loops_in_a_pause() -> u32 {
    /// 0 before that is known.
    static LOOPS: AtomicU32 = AtomicU32::new(0);
    let mut loops = LOOPS.load(Ordering::Relaxed);
    if loops == 0 {
        loops = time_loops();
        LOOPS.store(loops, Ordering::Relaxed);
    }
    loops
}

/// Takes some ten microseconds.
#[cold]
fn time_loops() -> u32 {
    /// So many at once, beside which a look at a clock is short, and a coarse clock still sees them.
    const LOOPS: u32 = 64;
    let loops = Least::new();
    (0..ENOUGH).for_each(|_| loops.time(|| (0..LOOPS).for_each(|_| spin_loop())));
    loops_for(PAUSE * LOOPS, loops.known().unwrap_or(u32::MAX))
}

/// How many loops fill one pause, if so many pauses as there were loops would take `due` and the loops `took`. Rounded, and at least one.
fn loops_for(due: u32, took: u32) -> u32 {
    ((due + took / 2) / took.max(1)).clamp(1, PAUSE)
}

#[cfg(test)]
mod tests {
    use super::{
        Duration, ENOUGH, Instant, Least, PAUSE, fill, loops_for, loops_in_a_pause, pause, settle, thread, yields_in,
    };

    #[test]
    fn the_least_of_the_first_times_is_what_something_takes() {
        let least = Least::new();
        for time in 0..2 * ENOUGH {
            assert_eq!(least.known(), (time >= ENOUGH).then_some(15), "time {time}");
            // The third of those that count is the shortest, and what comes later is shorter still.
            least.note(if time < ENOUGH { 15 + time.abs_diff(2) } else { 1 });
        }
    }

    #[test]
    fn what_is_timed_is_done_each_time() {
        let (least, mut done) = (Least::new(), 0);
        for time in 1..=2 * ENOUGH {
            least.time(|| {
                thread::sleep(Duration::from_micros(1));
                done += 1;
            });
            assert_eq!((done, least.known().is_some()), (time, time >= ENOUGH));
        }
        assert!(least.known().is_some_and(|known| known >= 1000));
    }

    #[test]
    fn a_pause_is_as_many_loops_as_fill_it() {
        assert_eq!([640, 1280, 320, 2880, 0].map(|took| loops_for(1280, took)), [2, 1, 4, 1, PAUSE]);
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
