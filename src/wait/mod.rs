//! Floor 2: sleeping and waking, the only place that blocks.
//!
//! ```text
//!   waiter                              waker
//!   attempt: nothing                    change something
//!   spin a little                       meets the mark, takes it away
//!   arm: leave a mark ---------+------> wake the waiter's Parking, once
//!   sleep in the Parking <-----+
//!   attempt again
//! ```
//!
//! Waiting is split from data. What is waited for is an [`Attempt`]: something that can be tried, and that can be *armed*, which
//! leaves a mark beside the data in one atomic step that fails if the data has changed. The sleeper itself is a
//! [`Parking`]: a token behind a mutex and a condition variable, the same text in all worlds.
//!
//! # Proof sketch (RING-5, RDV-4, PUMP-4)
//! * **P1** arming and changing are read-modify-writes of one word (or stand under one lock), so either the change
//!   comes first and arming fails, or the mark is met by the change.
//! * **P2** the change that meets the mark removes it and is followed by exactly one [`Parking::wake`]: one wake-up per sleep.
//! * **P3** a wake-up that comes before the sleep stays in the token, so the sleep does not begin.
//! * **P4** a waiter that gives up takes its mark back, or, if a waker was faster, waits for the wake-up that is under way; so a
//!   token never outlives its wait.
//!
//! An operation that finds what it needs comes by none of this: no mutex, no system call, in either direction.
//!
//! What waits learn of each other besides, to be awake when it pays and to leave a core to whoever needs it, are hints: nothing above leans on them, and the
//! checkers see none of them.
//!
//! A `Parking` is woken by anybody who can reach it, and tells whoever is registered there: a sleeping thread, or a
//! [`Waker`](std::task::Waker), which may post an event or resume a future.

mod own;
mod parking;
mod patience;
mod spin;
mod stream_spin;

pub use own::own_parking;
pub use parking::Parking;
pub use spin::Spin;
pub use stream_spin::StreamSpin;

use std::mem::take;

use crate::sync::gauge::Gauge;
use crate::sync::hint;
use crate::sync::time::Deadline;

/// Of so many waits, about one leaves out patience if another thread waits patiently on the same core, be it the one that is waited for or not: threads
/// that give one core to each other stay there for as long as they do, some milliseconds, and one that is woken is placed anew, where there is a
/// core to spare.
const MOVE_EVERY: u8 = 16;

/// Whether the wait of that number is to leave out patience.
fn moves(wait: u8) -> bool {
    wait % MOVE_EVERY == MOVE_EVERY - 1 && hint::shares_core()
}

/// Something to wait for.
pub trait Attempt {
    /// What comes of it.
    type Output;

    /// Tries; `None` if it has to be waited for.
    fn attempt(&mut self) -> Option<Self::Output>;

    /// How much there seems to be; with 0 an attempt is not worth its price now. A look that takes no lock and may be out of date, asked
    /// between the rounds of a spin; what it says decides when to try, never whether.
    fn looks(&self) -> usize {
        1
    }

    /// Whether it comes be this side awake or not, since nobody who brings it waits for room. Then the clock tells what patience is worth: where the core that was given
    /// up came back late, and with little, a sleeper would have been woken earlier. But whoever holds up those who bring it had better be late than asleep.
    fn comes_anyway(&self) -> bool {
        false
    }

    /// How many threads look briefly for the same, as a [`Spin`] counts them: the same gauge each time, or `None` if they are not counted.
    fn looking(&self) -> Option<&Gauge> {
        None
    }

    /// Leaves the mark that makes whoever changes something wake this waiter. False if something has changed since the last attempt.
    fn arm(&mut self) -> bool;

    /// Takes the mark back. False if somebody else did, who is about to wake this waiter.
    fn disarm(&mut self) -> bool;

    /// How much was found, taken or not: what decides whether to come [later](StreamSpin) the next time.
    fn amount(&self, output: &Self::Output) -> usize {
        let _ = output;
        0
    }

    /// The amount from which on coming later brings nothing, be it of what was found or of what [seems](Attempt::looks) to be there.
    fn plenty(&self) -> usize {
        0
    }
}

/// Waits until an attempt succeeds; the first one is the caller's, before it comes here. `None` if the deadline passes first.
pub fn wait<A: Attempt>(what: &mut A, parking: &Parking, spin: &mut Spin, deadline: Deadline) -> Option<A::Output> {
    // Whoever woke this thread from the same core is probably still in line for it. Only the first spin of this wait steps aside.
    let mut beside = parking.take_woken_from_here();
    look_and_sleep(what, parking, |what| spin.look(what, take(&mut beside), deadline), deadline)
}

/// As [`wait`], for a side of a stream that has looked [briefly](StreamSpin::briefly) by itself.
pub fn wait_in_stream<A: Attempt>(what: &mut A, parking: &Parking, spin: &mut StreamSpin) -> Option<A::Output> {
    // An earlier sleep says nothing about this partner: the parking is the thread's, wherever it waits.
    let _ = parking.take_woken_from_here();
    let output = look_and_sleep(what, parking, |what| spin.patiently(what), Deadline::NEVER);
    if parking.take_woken_from_here() {
        spin.note_woken_from_here();
    }
    output
}

fn look_and_sleep<A: Attempt>(
    what: &mut A,
    parking: &Parking,
    mut look: impl FnMut(&mut A) -> Option<A::Output>,
    deadline: Deadline,
) -> Option<A::Output> {
    loop {
        if let Some(output) = look(what) {
            return Some(output);
        }
        if what.arm() && !parking.sleep(deadline) {
            if !what.disarm() {
                // P4: the wake-up is under way; it is not left behind for the next wait.
                parking.sleep(Deadline::NEVER);
            }
            return what.attempt();
        }
        if let Some(output) = what.attempt() {
            return Some(output);
        }
    }
}

#[cfg(all(test, target_os = "linux", not(any(loom, shuttle))))]
mod tests;
