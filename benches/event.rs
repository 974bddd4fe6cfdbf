//! Events on their way through a pump.

use std::hint::{black_box, spin_loop};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rdv::{EventPump, PumpHandle};

use crate::gate::{race, share};
use crate::look::until_some;
use crate::tally::Tally;

/// A poster is at most so many events ahead of the pump, or nearly: an event queue has no limit of its own, and what is measured is
/// not to be how memory grows.
const AHEAD: u64 = 1024;

/// How often a poster looks how far ahead it is, in events.
const LOOK: u64 = 64;

/// How many looks at a tally come before the core is given up, some ten microseconds.
const SPIN: u32 = 1024;

/// Where events are posted: a pump, or a peer of it.
pub trait Post: Clone + Send + Sync + 'static {
    /// Posts an event to be run on the thread of the loop.
    ///
    /// # Panics
    /// If the loop was stopped.
    fn post_event(&self, event: impl FnOnce() + Send + 'static);
}

impl Post for PumpHandle {
    #[inline]
    fn post_event(&self, event: impl FnOnce() + Send + 'static) {
        self.post(event).expect("the pump runs");
    }
}

/// A pump on a thread of its own; stopped and waited for when this goes.
#[derive(Debug)]
pub struct Running {
    handle: PumpHandle,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts a pump.
    ///
    /// # Panics
    /// If the system has no thread to give.
    #[must_use]
    pub fn start() -> Self {
        let (handle, thread) = EventPump::spawn("pump").expect("a thread is to be had");
        Self { handle, thread: Some(thread) }
    }

    /// To post with.
    #[must_use]
    pub fn handle(&self) -> &PumpHandle {
        &self.handle
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.stop();
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(thread::panicking() || !matches!(ended, Some(Err(_))), "the pump panicked");
    }
}

/// Posts an event that counts.
#[inline]
fn post_count(pump: &impl Post, tally: &'static Tally) {
    pump.post_event(|| tally.count());
}

/// Posts `events` events to a pump that is on this thread, and runs them.
#[inline]
pub fn here(pump: &mut EventPump, handle: &PumpHandle, events: u64) {
    for event in 0..events {
        let event = move || {
            black_box(event);
        };
        handle.post(event).expect("the pump was not stopped");
    }
    black_box(pump.run_until_idle());
}

/// How long a pump takes to run `events` events, which one thread for each of `tallies` posts, in equal parts.
pub fn dispatch(pump: &impl Post, tallies: &'static [Tally], events: u64) -> Duration {
    post_in_parts(tallies, events, |tally| poster(pump, tally))
}

/// How long it takes until `events` events are counted, which one thread for each of `tallies` posts, in equal parts.
fn post_in_parts<P: FnMut() + Send>(
    tallies: &'static [Tally],
    events: u64,
    poster: impl Fn(&'static Tally) -> P,
) -> Duration {
    for (one, tally) in tallies.iter().enumerate() {
        tally.expect(share(events, tallies.len(), one));
    }
    race(tallies.iter().map(poster), events, || tallies.iter().for_each(Tally::wait))
}

/// Posts one event with every call, unless it is too far ahead of the pump: then it waits first.
fn poster(pump: &impl Post, tally: &'static Tally) -> impl FnMut() + Send {
    let mut unposted = tally.left();
    move || {
        // Both counts go down, the pump's behind the poster's.
        while unposted.is_multiple_of(LOOK) && tally.left() - unposted > AHEAD {
            thread::yield_now();
        }
        post_count(pump, tally);
        unposted -= 1;
    }
}

/// How long `events` events are on their way, from their post until they run, all added up. As many threads as there are `tallies` post them in equal parts, and
/// each of them computes for `work` before each post: where these outnumber the cores, the pump is one of those that want one.
pub fn crowded(pump: &impl Post, tallies: &'static [Tally], work: Duration, events: u64) -> Duration {
    static ON_THEIR_WAY: AtomicU64 = AtomicU64::new(0);
    ON_THEIR_WAY.store(0, Ordering::Relaxed);
    post_in_parts(tallies, events, |tally| {
        move || {
            compute(work);
            let posted = Instant::now();
            pump.post_event(move || {
                let took = u64::try_from(posted.elapsed().as_nanos()).unwrap_or(u64::MAX);
                ON_THEIR_WAY.fetch_add(took, Ordering::Relaxed);
                tally.count();
            });
        }
    });
    Duration::from_nanos(ON_THEIR_WAY.load(Ordering::Relaxed))
}

/// Keeps a core busy.
fn compute(work: Duration) {
    let start = Instant::now();
    while start.elapsed() < work {
        spin_loop();
    }
}

/// How long it takes this thread to post `events` events, with a pause before each.
pub fn paced(pump: &impl Post, tally: &'static Tally, pause: Duration, events: u64) -> Duration {
    tally.expect(events);
    let start = Instant::now();
    for _ in 0..events {
        thread::sleep(pause);
        post_count(pump, tally);
    }
    tally.wait();
    start.elapsed()
}

/// How long a pump takes for `events` events each of which posts the next one.
pub fn chain(pump: &impl Post, tally: &'static Tally, events: u64) -> Duration {
    tally.expect(events);
    let pump = Arc::new(pump.clone());
    let start = Instant::now();
    link(&pump, tally);
    tally.wait();
    start.elapsed()
}

/// Posts an event that counts, and posts its successor if there is to be one.
fn link(pump: &Arc<impl Post>, tally: &'static Tally) {
    // One reference more costs less than one handle more, which the pump counts under its lock.
    let on = pump.clone();
    let event = move || {
        if tally.left() > 1 {
            link(&on, tally);
        }
        tally.count();
    };
    pump.post_event(event);
}

/// How long it takes, `rounds` times, from posting an event until it has run, with a pause before each post, which is not counted.
pub fn post_and_see(pump: &impl Post, tally: &'static Tally, pause: Duration, rounds: u64) -> Duration {
    let once = || {
        if !pause.is_zero() {
            thread::sleep(pause);
        }
        tally.expect(1);
        let start = Instant::now();
        post_count(pump, tally);
        // Awake: the wake-up that is measured is the pump's.
        until_some(SPIN, || (tally.left() == 0).then_some(()));
        let elapsed = start.elapsed();
        // Not before the pump is out of the tally.
        tally.wait();
        elapsed
    };
    (0..rounds).map(|_| once()).sum()
}
