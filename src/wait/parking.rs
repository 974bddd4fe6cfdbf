//! Where a waiter is told.

use std::task::Waker;

use crate::sync::hint::Core;
use crate::sync::time::Deadline;
use crate::sync::{Condvar, Mutex};

/// A place for one waiter at a time, and any number of wakers.
///
/// | state | [`sleep`](Parking::sleep) | [`register`](Parking::register) | [`wake`](Parking::wake) |
/// |---|---|---|---|
/// | nobody | becomes *asleep* and sleeps | becomes *registered* | becomes *told* |
/// | told | becomes *nobody*, returns at once | becomes *nobody*, wakes the waker at once | stays |
/// | asleep | (one waiter) | (one waiter) | becomes *told*, notifies |
/// | registered | (one waiter) | replaces the waker | becomes *nobody*, wakes the waker |
#[derive(Debug, Default)]
pub struct Parking {
    state: Mutex<State>,
    told: Condvar,
    /// A trace of the last one that woke a sleeping thread.
    waker: Core,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Nobody,
    Told,
    Asleep,
    Registered(Waker),
}

impl Parking {
    /// An empty place.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sleeps until woken, or until the deadline; false if the deadline passed first.
    pub fn sleep(&self, deadline: Deadline) -> bool {
        let mut state = self.state.lock();
        let mut passed = false;
        loop {
            if matches!(*state, State::Told) {
                *state = State::Nobody;
                return true;
            }
            if passed {
                *state = State::Nobody;
                return false;
            }
            *state = State::Asleep;
            (state, passed) = self.told.wait_until(state, deadline);
        }
    }

    /// Whether the calling thread is on the core from which the last sleep here was ended. A sleep is told of once.
    pub(super) fn take_woken_from_here(&self) -> bool {
        self.waker.take_trace_here()
    }

    /// Has `waker` woken instead of a sleeping thread: by the next wake-up, or at once if that has already come.
    pub fn register(&self, waker: Waker) {
        let mut state = self.state.lock();
        if matches!(*state, State::Told) {
            *state = State::Nobody;
            drop(state);
            waker.wake();
        } else {
            let replaced = std::mem::replace(&mut *state, State::Registered(waker));
            // A waker is foreign: it is dropped without the lock.
            drop(state);
            drop(replaced);
        }
    }

    /// Tells whoever waits, or will wait next, to look again.
    pub fn wake(&self) {
        let mut state = self.state.lock();
        match std::mem::replace(&mut *state, State::Told) {
            State::Nobody | State::Told => {}
            State::Asleep => {
                // Before the sleeper can leave, which may have another reason to.
                self.waker.leave_trace();
                drop(state);
                // After the lock is given up, so that the sleeper does not wake only to wait for it.
                self.told.notify_one();
            }
            State::Registered(waker) => {
                *state = State::Nobody;
                drop(state);
                waker.wake();
            }
        }
    }
}

#[cfg(all(test, target_os = "linux", not(any(loom, shuttle))))]
pub(super) mod tests {
    use std::thread;

    use super::{Deadline, Parking, State};
    use crate::sync::hint::tests::stay;

    /// Has `sleep` put this thread to sleep at `parking`, and wakes it from the core that it stays on from now on.
    pub(in crate::wait) fn woken_from_here(parking: &Parking, sleep: impl FnOnce()) {
        stay();
        thread::scope(|scope| {
            // It stays on this core, too.
            scope.spawn(|| {
                while !matches!(*parking.state.lock(), State::Asleep) {
                    thread::yield_now();
                }
                parking.wake();
            });
            sleep();
        });
    }

    /// A place where this thread has slept and was woken from its own core.
    pub(in crate::wait) fn slept_beside() -> Parking {
        let parking = Parking::new();
        woken_from_here(&parking, || assert!(parking.sleep(Deadline::NEVER)));
        parking
    }

    #[test]
    fn a_thread_that_was_woken_from_its_own_core_learns_so_once() {
        let parking = slept_beside();
        assert_eq!([(); 2].map(|()| parking.take_woken_from_here()), [true, false]);
        parking.wake();
        assert!(parking.sleep(Deadline::NEVER) && !parking.take_woken_from_here(), "nobody slept");
    }
}
