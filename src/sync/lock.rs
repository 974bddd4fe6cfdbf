//! A lock that is given up by a plain store.
//!
//! An ordinary lock pays for two read-modify-writes, one to take it and one to give it up, and the second only to learn whether somebody
//! sleeps. Here that is asked by a load, and whoever is about to sleep pays for the order of the two, with a barrier that it makes the
//! other threads run ([`Barrier`]): the rare side pays for the frequent one.
//!
//! ```text
//!   release                               acquire, when the lock is held
//!   held = 0                              look again for a while
//!   light barrier, which costs nothing    waiting + 1; if it was 0: heavy barrier
//!   waiting > 0 ?                         take a ticket; told = 0; try
//!     told was 0, is 1 now ?              sleep, unless somebody was woken since the ticket
//!       wake one                          ... and again, until the lock is taken: waiting - 1
//! ```
//!
//! In production it is what [`Mutex`](super::Mutex) is made of; in the checked worlds that is the checker's, and this is a
//! component like others, which the scenario `sync/lock` checks.
//!
//! # Proof sketch
//! * **X1** `held` becomes 1 only by an exchange that found 0, and 0 only by whoever made it 1. What was done under the lock
//!   is released by the store and acquired by the exchange.
//! * **X2** whoever may sleep is counted in `waiting` until it has the lock. The first one orders that by the heavy barrier before it
//!   tries again. So a release either meets the count, or its store is met by the try. A second waiter leans on the first, which is still to
//!   try, and meets the second's count when it releases.
//! * **X3** a release that meets a waiter tells one, unless somebody has been told and has not tried since. Whoever is told takes a new
//!   ticket first and clears `told` afterwards: who is told in between does not fall asleep on the ticket. Both sides exchange `told`, one
//!   after the other: either the release finds it cleared, or the waiter finds it set and with it the lock open. So `told` may stay set
//!   when nobody sleeps, and whoever comes to sleep clears it first.
//!
//! Who comes may be faster than who was told; nobody is promised a turn. There is no poison, and no fairness.

use super::asymmetric::Barrier;
use super::atomic::{AtomicUsize, Ordering};
use super::eventcount::EventCount;
use super::hint;

/// A lock around nothing.
#[derive(Debug)]
pub struct Lock {
    held: AtomicUsize,
    /// How many may sleep.
    waiting: AtomicUsize,
    /// Somebody was told and has not tried since.
    told: AtomicUsize,
    barrier: Barrier,
    beds: EventCount,
}

impl Default for Lock {
    #[track_caller]
    fn default() -> Self {
        Self {
            held: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            told: AtomicUsize::new(0),
            barrier: Barrier::new(),
            beds: EventCount::default(),
        }
    }
}

impl Lock {
    /// Takes the lock; sleeps while somebody else has it.
    #[inline]
    pub fn acquire(&self) {
        if !self.try_acquire() {
            self.wait();
        }
    }

    #[inline]
    fn try_acquire(&self) -> bool {
        // ORDERING(lock): what was done under the lock before is done.
        self.held.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Gives the lock up; for whoever has it.
    #[inline]
    pub fn release(&self) {
        // ORDERING(lock): what was done under the lock is seen by whoever takes it next.
        self.held.store(0, Ordering::Release);
        self.barrier.light();
        // X2: a waiter that this misses finds the lock open.
        if self.waiting.load(Ordering::Relaxed) != 0 {
            self.tell();
        }
    }

    #[cold]
    fn wait(&self) {
        // An exchange takes the line from the holder, even in vain; a load only shares it.
        let acquire_open = || self.held.load(Ordering::Relaxed) == 0 && self.try_acquire();
        for look in 0..hint::brief_lock_looks() {
            // It is held for a few moves, in which the holder had better be alone with the line, the more so the longer they take.
            (0..2 + look).for_each(|_| hint::spin_loop());
            if acquire_open() {
                return;
            }
        }
        for _ in 0..hint::lock_looks() {
            // The holder may be waiting for this very core.
            hint::yield_now();
            if acquire_open() {
                return;
            }
        }
        if self.waiting.fetch_add(1, Ordering::Relaxed) == 0 && !self.barrier.heavy() {
            // Without the barrier nobody may sleep here.
            while !self.try_acquire() {
                hint::yield_now();
            }
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        loop {
            let ticket = self.beds.ticket();
            // ORDERING(told): X3, whoever had told somebody had opened the lock before.
            self.told.swap(0, Ordering::Acquire);
            if self.try_acquire() {
                break;
            }
            self.beds.sleep(ticket);
        }
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    #[cold]
    fn tell(&self) {
        // ORDERING(told): X3, the lock is open before that is said.
        if self.told.swap(1, Ordering::Release) == 0 {
            self.beds.wake_one();
        }
    }
}
