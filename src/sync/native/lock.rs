//! A mutex without poison and a condition variable that knows deadlines.

use std::sync::PoisonError;

use super::time::Deadline;

pub use std::sync::MutexGuard;

/// A lock. A panic while it is held does not poison it: what it guards is left consistent by its users, who
/// run no foreign code under a lock.
#[derive(Debug, Default)]
pub struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    /// An open lock around `value`.
    pub const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    /// Waits for the lock.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place to sleep under a [`Mutex`] until notified. May wake without cause.
#[derive(Debug, Default)]
pub struct Condvar(std::sync::Condvar);

impl Condvar {
    /// A place where nobody sleeps yet.
    pub const fn new() -> Self {
        Self(std::sync::Condvar::new())
    }

    /// Sleeps until notified or `deadline`; true if the deadline has passed.
    pub fn wait_until<'a, T>(&self, guard: MutexGuard<'a, T>, deadline: Deadline) -> (MutexGuard<'a, T>, bool) {
        let Some(left) = deadline.left() else {
            return (self.0.wait(guard).unwrap_or_else(PoisonError::into_inner), false);
        };
        if left.is_zero() {
            return (guard, true);
        }
        let (guard, _) = self.0.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner);
        (guard, deadline.passed())
    }

    /// Wakes one sleeper.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }
}
