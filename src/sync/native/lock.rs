//! A mutex without poison over our own lock, and a condition variable that knows deadlines.

use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use super::super::lock::Lock;
use super::eventcount::EventCount;
use super::time::Deadline;

/// A lock. A panic while it is held does not poison it: what it guards is left consistent by its users, who
/// run no foreign code under a lock.
#[derive(Default)]
// The lock stands before what it guards: what is guarded says what shares its cache line.
#[repr(C)]
pub struct Mutex<T> {
    lock: Lock,
    value: UnsafeCell<T>,
}

/// An open [`Mutex`], locked again when dropped.
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    /// What is locked by a thread is unlocked by it.
    stays: PhantomData<*const ()>,
}

// SAFETY: (X1) the value is reached by whoever has the lock, one thread at a time.
unsafe impl<T: Send> Sync for Mutex<T> {}

// SAFETY: (X1) a shared guard gives shared access.
unsafe impl<T: Sync> Sync for MutexGuard<'_, T> {}

impl<T> Mutex<T> {
    /// An open lock around `value`.
    pub fn new(value: T) -> Self {
        Self { lock: Lock::default(), value: UnsafeCell::new(value) }
    }

    /// Waits for the lock.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.lock.acquire();
        MutexGuard { mutex: self, stays: PhantomData }
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: (X1) the lock is ours for as long as the guard lives.
        unsafe { &*self.mutex.value.get() }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: (X1) the lock is ours for as long as the guard lives, and the guard is borrowed alone.
        unsafe { &mut *self.mutex.value.get() }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.mutex.lock.release();
    }
}

impl<T> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MutexGuard").finish_non_exhaustive()
    }
}

/// A place to sleep under a [`Mutex`] until notified. May wake without cause.
#[derive(Debug, Default)]
pub struct Condvar(EventCount);

impl Condvar {
    /// A place where nobody sleeps yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sleeps until notified or `deadline`; true if the deadline has passed.
    pub fn wait_until<'a, T>(&self, guard: MutexGuard<'a, T>, deadline: Deadline) -> (MutexGuard<'a, T>, bool) {
        if deadline.passed() {
            return (guard, true);
        }
        // Under the lock: a notification after it is given up outdates the ticket.
        let ticket = self.0.ticket();
        let mutex = guard.mutex;
        drop(guard);
        self.0.sleep_until(ticket, deadline);
        (mutex.lock(), deadline.passed())
    }

    /// Wakes one sleeper.
    pub fn notify_one(&self) {
        self.0.wake_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;
    use std::time::Duration;

    use super::{Condvar, Mutex};
    use crate::sync::time::Deadline;

    #[test]
    fn a_crowd_counts_right() {
        const ROUNDS: usize = 20_000;
        let count = Arc::new(Mutex::new(0));
        let add = || (0..ROUNDS).for_each(|_| *count.lock() += 1);
        thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(add))));
        assert_eq!(*count.lock(), 8 * ROUNDS);
    }

    #[test]
    fn who_waits_for_a_slow_holder_sleeps_and_is_woken() {
        let (mutex, held) = (Mutex::new(0), Mutex::new(()));
        thread::scope(|scope| {
            for round in 0..20 {
                let guard = held.lock();
                let waiters: Vec<_> = (0..3)
                    .map(|_| {
                        scope.spawn(|| {
                            let _guard = held.lock();
                            *mutex.lock() += 1;
                        })
                    })
                    .collect();
                // Long enough to be asleep: what is tested is that this does not matter.
                thread::sleep(Duration::from_micros(500 * (round % 4)));
                drop(guard);
                waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
            }
        });
        assert_eq!(*mutex.lock(), 60);
    }

    #[test]
    fn a_wait_ends_when_it_is_told_to_or_at_its_deadline() {
        let (mutex, told) = (Mutex::new(false), Condvar::new());
        let passed = |deadline| told.wait_until(mutex.lock(), deadline).1;
        assert!(passed(Deadline::after(Duration::ZERO)));
        while !passed(Deadline::after(Duration::from_millis(1))) {}
        for longest in [Duration::MAX, Duration::from_secs(i64::MAX as u64 / 2), Duration::from_secs(1 << 40)] {
            *mutex.lock() = false;
            let deadline = Deadline::after(longest);
            thread::scope(|scope| {
                let sleeper = scope.spawn(|| {
                    let mut guard = mutex.lock();
                    while !*guard {
                        let passed;
                        (guard, passed) = told.wait_until(guard, deadline);
                        assert!(!passed);
                    }
                });
                *mutex.lock() = true;
                told.notify_one();
                sleeper.join().unwrap();
            });
        }
    }
}
