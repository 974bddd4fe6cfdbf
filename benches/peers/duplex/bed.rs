//! Waiting for rings that come without: a short spin, then a park.
//!
//! A waiter announces itself, fences and looks once more; a waker changes the ring, fences and looks for a waiter. That is a fence
//! per operation, which is what such a ring costs its users at least, if nobody thinks of an asymmetric barrier.

use std::hint::spin_loop;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, Mutex};
use std::thread::{self, Thread};

/// Some microseconds: what a ring is usually given. Ours also give up the core for a while before they sleep.
const SPIN: u32 = 256;

/// Where one side of a ring sleeps.
#[derive(Default)]
struct Bed {
    asleep: AtomicBool,
    sleeper: Mutex<Option<Thread>>,
}

/// What one side knows: its own bed and the other's.
pub(crate) struct Beds {
    own: Arc<Bed>,
    other: Arc<Bed>,
    /// So many looks before it sleeps.
    spin: u32,
}

impl Beds {
    /// For both sides.
    pub(crate) fn new() -> (Self, Self) {
        Self::after(SPIN)
    }

    /// For both sides, without a look before sleep.
    pub(crate) fn at_once() -> (Self, Self) {
        Self::after(0)
    }

    fn after(spin: u32) -> (Self, Self) {
        let (one, other) = (Arc::<Bed>::default(), Arc::<Bed>::default());
        let beds = |own: &Arc<Bed>, other: &Arc<Bed>| Self { own: own.clone(), other: other.clone(), spin };
        (beds(&one, &other), beds(&other, &one))
    }

    /// Does `operation`, which moves some bytes or none, as soon as it moves some; then tells the other side.
    #[inline]
    pub(crate) fn do_when_ready(&self, mut operation: impl FnMut() -> usize) -> io::Result<usize> {
        let mut moved = operation();
        while moved == 0 {
            moved = self.spin(&mut operation);
            if moved == 0 {
                moved = self.sleep(&mut operation);
            }
        }
        fence(Ordering::SeqCst);
        if self.other.asleep.load(Ordering::Relaxed) {
            self.wake();
        }
        Ok(moved)
    }

    fn spin(&self, operation: &mut impl FnMut() -> usize) -> usize {
        for _ in 0..self.spin {
            spin_loop();
            let moved = operation();
            if moved > 0 {
                return moved;
            }
        }
        0
    }

    fn sleep(&self, operation: &mut impl FnMut() -> usize) -> usize {
        *self.own.sleeper.lock().expect("nobody panics") = Some(thread::current());
        self.own.asleep.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let mut moved = operation();
        while moved == 0 && self.own.asleep.load(Ordering::Relaxed) {
            thread::park();
            moved = operation();
        }
        self.own.asleep.store(false, Ordering::Relaxed);
        moved
    }

    #[cold]
    fn wake(&self) {
        if self.other.asleep.swap(false, Ordering::Relaxed) {
            self.other.sleeper.lock().expect("nobody panics").as_ref().map(Thread::unpark);
        }
    }
}
