//! The party that is a sleeping thread.

use std::fmt;

use crate::sync::gauge::Gauge;
use crate::sync::time::Deadline;
use crate::sync::{Arc, Mutex};
use crate::wait::{Attempt, Parking, Spin, wait};

use super::Party;

/// Where a thread waits for an outcome that comes once.
#[derive(Debug)]
pub struct Seat<T> {
    place: Mutex<Place<T>>,
    parking: Parking,
    /// 1 once the outcome is there, for a look without the lock.
    settled: Gauge,
}

struct Place<T> {
    outcome: Option<T>,
    asleep: bool,
}

impl<T> Seat<T> {
    /// A seat whose outcome is still to come.
    #[must_use]
    pub fn new() -> Self {
        Self {
            place: Mutex::new(Place { outcome: None, asleep: false }),
            parking: Parking::new(),
            settled: Gauge::default(),
        }
    }

    /// Waits for the outcome; `None` if the deadline passes first. One thread, until it has the outcome.
    pub fn wait(&self, spin: &mut Spin, deadline: Deadline) -> Option<T> {
        let mut watch = self;
        watch.attempt().or_else(|| wait(&mut watch, &self.parking, spin, deadline))
    }
}

impl<T> Default for Seat<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Attempt for &Seat<T> {
    type Output = T;

    fn attempt(&mut self) -> Option<T> {
        self.place.lock().outcome.take()
    }

    fn looks(&self) -> usize {
        self.settled.get()
    }

    fn arm(&mut self) -> bool {
        let mut place = self.place.lock();
        place.asleep = place.outcome.is_none();
        place.asleep
    }

    fn disarm(&mut self) -> bool {
        std::mem::take(&mut self.place.lock().asleep)
    }
}

impl<T: Send> Party<T> for Seat<T> {
    fn settle(self: Arc<Self>, outcome: T) {
        let mut place = self.place.lock();
        place.outcome = Some(outcome);
        self.settled.set(1);
        let asleep = std::mem::take(&mut place.asleep);
        drop(place);
        if asleep {
            self.parking.wake();
        }
    }
}

impl<T> fmt::Debug for Place<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("settled", &self.outcome.is_some()).field("asleep", &self.asleep).finish()
    }
}
