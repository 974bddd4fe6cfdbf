//! The checker's lock, and a condition variable whose caprices the explorer chooses.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize as Count, Ordering::Relaxed};

use super::super::engine;
use super::explore::{self, Object, Touch};
use super::time::Deadline;

/// A lock.
#[derive(Debug)]
pub struct Mutex<T> {
    inner: engine::Mutex<T>,
    object: Object,
}

/// An open [`Mutex`], locked again when dropped.
#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    // None only while a condition variable has it.
    inner: Option<engine::MutexGuard<'a, T>>,
    mutex: &'a Mutex<T>,
}

impl<T> Mutex<T> {
    /// An open lock around `value`.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self { inner: engine::Mutex::new(value), object: Object::new("mutex") }
    }

    /// Waits for the lock.
    #[track_caller]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        explore::step(self.object, Touch::Waits, || ("wait for".into(), String::new()));
        let inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        explore::step(self.object, Touch::Lock, || ("lock".into(), String::new()));
        MutexGuard { inner: Some(inner), mutex: self }
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner.as_ref().expect("only a condition variable takes the guard out")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.inner.as_mut().expect("only a condition variable takes the guard out")
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        if self.inner.take().is_some() {
            explore::step(self.mutex.object, Touch::Unlock, || ("unlock".into(), String::new()));
        }
    }
}

/// A place to sleep under a [`Mutex`] until notified. May wake without cause, where the explorer says so.
#[derive(Debug)]
pub struct Condvar {
    inner: engine::Condvar,
    object: Object,
    // Notifications so far, so that a wait with a deadline can tell whether one came while it was away.
    notified: Count,
}

impl Condvar {
    /// A place where nobody sleeps yet.
    #[track_caller]
    #[must_use]
    pub fn new() -> Self {
        Self { inner: engine::Condvar::new(), object: Object::new("condvar"), notified: Count::new(0) }
    }

    /// Sleeps until notified or `deadline`; true if the deadline has passed.
    ///
    /// A wait that has a deadline only gives the lock up and takes it again: what others do between is every
    /// length of sleep, so the deadline passes at every moment there is, and no model hangs on it.
    #[track_caller]
    pub fn wait_until<'a, T>(&self, guard: MutexGuard<'a, T>, deadline: Deadline) -> (MutexGuard<'a, T>, bool) {
        if explore::wait_is_spurious() {
            explore::step(self.object, Touch::Nothing, || ("wake without cause".into(), String::new()));
            return (Self::relock(guard), false);
        }
        if deadline.is_never() {
            return (self.sleep(guard), false);
        }
        let before = self.notified.load(Relaxed);
        explore::step(self.object, Touch::Sleep, || ("sleep until".into(), String::new()));
        let guard = Self::relock(guard);
        let notified = self.notified.load(Relaxed) != before;
        let passed = deadline.wins() || !notified;
        if passed {
            deadline.pass();
        }
        let told = || ("deadline".into(), if passed { "passed" } else { "notified" }.into());
        explore::step(self.object, Touch::Wake(!passed), told);
        (guard, passed)
    }

    /// Wakes one sleeper.
    #[track_caller]
    pub fn notify_one(&self) {
        self.notified.fetch_add(1, Relaxed);
        self.inner.notify_one();
        explore::step(self.object, Touch::Notify, || ("notify".into(), String::new()));
    }

    #[track_caller]
    fn sleep<'a, T>(&self, mut guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        explore::step(self.object, Touch::Sleep, || ("sleep".into(), String::new()));
        explore::lock_changes_hands(guard.mutex.object, false);
        let inner = guard.inner.take().expect("a guard in use is whole");
        guard.inner = Some(self.inner.wait(inner).unwrap_or_else(std::sync::PoisonError::into_inner));
        explore::step(self.object, Touch::Wake(true), || ("woken".into(), String::new()));
        explore::lock_changes_hands(guard.mutex.object, true);
        guard
    }

    #[track_caller]
    fn relock<T>(guard: MutexGuard<'_, T>) -> MutexGuard<'_, T> {
        let mutex = guard.mutex;
        drop(guard);
        mutex.lock()
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}
