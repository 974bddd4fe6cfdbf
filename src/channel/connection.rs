//! What the two ends of a connection share besides their rings: who sleeps where, what is over, who was told.
//!
//! ```text
//!                     in and out of this end are over,             no operation
//!   connected  ------------------------------------> disconnecting ------------> disconnected, its broker is told
//!              its own disconnect; or the peer's, and                 waits here
//!              the last byte taken; or half by half
//! ```
//!
//! The rings carry the bytes and the departures; this state is what is derived from them, under one lock for the whole
//! connection, which only a departure, an end-of-stream and an operation that is about to sleep take:
//!
//! * **K1** a direction is *over* for the end that reads it once that end left it, or its writer did and nothing is left to take; for
//!   the end that writes it once either did.
//! * **K2** an end is disconnected when both its directions are over. Its broker is told when, besides, none of its operations waits; by
//!   whoever makes that true, once (`told`). An operation that looks briefly, for some microseconds, does not wait yet.
//! * **K3** all of a disconnect happens under the lock, and whoever meets a departure in a ring takes the lock before it returns. So
//!   a caller who has seen any consequence of a disconnect sees all of them.
//!
//! Whoever sleeps does so in its [thread's own parking](own_parking), which it registers here first, under the lock; so an end that
//! nobody waits at holds no place to sleep in. A mark in a ring is met between registering and striking out, so who meets one finds
//! the sleeper here.
//!
//! Sleepers are woken and brokers told after the lock is given up. A [`locked`](crate::buffer::locked) ring's own lock is
//! taken inside; it is a leaf, nothing is taken or called under it.
//!
//! Rules kept here: CHAN-3, CHAN-5, CHAN-6, CHAN-8, RDV-10.

use std::fmt;

use crate::buffer::{Closed, Link, Ring, Side};
use crate::sync::hint::Core;
use crate::sync::{Arc, Mutex};
use crate::wait::{Parking, own_parking};

use super::Endpoint;

/// Who wants to know that an end is disconnected.
pub trait Ledger: Send + Sync {
    /// The end that was entered under this number is disconnected. Called once, without any lock.
    fn strike(&self, entry: u64);
}

/// An entry in somebody's ledger.
pub struct Entry {
    /// Whose ledger.
    pub ledger: Arc<dyn Ledger>,
    /// Which entry.
    pub number: u64,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("number", &self.number).finish_non_exhaustive()
    }
}

/// One end, for life.
#[derive(Debug, Default)]
pub struct End {
    pub(crate) local: Endpoint,
    pub(crate) entry: Option<Entry>,
}

impl End {
    /// An end that is entered in a ledger, or not.
    #[must_use]
    pub fn new(local: Endpoint, entry: Option<Entry>) -> Self {
        Self { local, entry }
    }
}

/// What both ends share.
#[derive(Debug)]
pub struct Control {
    pub(crate) ends: [End; 2],
    /// By end: on which core a thread was that waited there and was asked, which not every wait is.
    cores: [Core; 2],
    state: Mutex<[State; 2]>,
}

impl Control {
    pub(crate) fn new(ends: [End; 2]) -> Self {
        Self { ends, cores: Default::default(), state: Mutex::default() }
    }

    /// Notes where the thread is that waits at `end`; true if the peer's was on the same core when it was asked last.
    pub(crate) fn is_beside_peer(&self, end: usize) -> bool {
        self.cores[end].note(&self.cores[1 - end])
    }
}

/// One end, now.
#[derive(Debug, Default)]
struct State {
    left: bool,
    in_over: bool,
    out_over: bool,
    told: bool,
    /// Where its reading operation sleeps, while one waits.
    reader: Option<Arc<Parking>>,
    /// Where its writing operation sleeps, while one waits.
    writer: Option<Arc<Parking>>,
}

impl State {
    /// True the first time that everything is over and nobody waits (K2).
    fn tell_now(&mut self) -> bool {
        let now = self.in_over && self.out_over && self.reader.is_none() && self.writer.is_none() && !self.told;
        self.told |= now;
        now
    }
}

/// An operation that may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Read,
    Write,
}

/// Sleepers met while a departure was marked, by end.
#[derive(Default)]
struct Sleepers {
    reader: [Option<Arc<Parking>>; 2],
    writer: [Option<Arc<Parking>>; 2],
}

/// Two rings of bytes and their control. End `e` writes ring `e` and reads ring `1 - e`.
pub(crate) type Connection<V> = Link<V, Control>;

impl<V: Ring<u8>> Connection<V> {
    /// Changes the state under the lock, then wakes and tells without it.
    fn change(&self, change: impl FnOnce(&mut [State; 2], &mut Sleepers)) {
        let mut sleepers = Sleepers::default();
        let mut state = self.shared().state.lock();
        change(&mut state, &mut sleepers);
        let told = [state[0].tell_now(), state[1].tell_now()];
        drop(state);
        sleepers.reader.iter().chain(&sleepers.writer).flatten().for_each(|parking| parking.wake());
        for (end, shared) in self.shared().ends.iter().enumerate() {
            if let Some(entry) = shared.entry.as_ref().filter(|_| told[end]) {
                entry.ledger.strike(entry.number);
            }
        }
    }

    /// Wakes the operation of `end` whose mark the caller has met.
    #[cold]
    pub(crate) fn wake(&self, end: usize, operation: Operation) {
        let sleeper = self.shared().state.lock()[end].waiting(operation).clone();
        if let Some(parking) = sleeper {
            parking.wake();
        }
    }

    /// Marks on ring `ring` that `side` is gone.
    fn depart(&self, ring: usize, side: Side, state: &[State; 2], sleepers: &mut Sleepers) -> Closed {
        let closed = self.close::<u8>(ring, side);
        if closed.wake_producer {
            sleepers.writer[ring] = state[ring].writer.clone();
        }
        if closed.wake_consumer {
            sleepers.reader[1 - ring] = state[1 - ring].reader.clone();
        }
        closed
    }

    /// End `end` reads no more.
    fn stop_reading(&self, end: usize, state: &mut [State; 2], sleepers: &mut Sleepers) {
        let _ = self.depart(1 - end, Side::Consumer, state, sleepers);
        state[end].in_over = true;
        state[1 - end].out_over = true;
    }

    /// End `end` writes no more.
    fn stop_writing(&self, end: usize, state: &mut [State; 2], sleepers: &mut Sleepers) {
        let closed = self.depart(end, Side::Producer, state, sleepers);
        state[end].out_over = true;
        // Else the reader finds out when it takes the last byte.
        state[1 - end].in_over |= closed.drained;
    }

    /// Ends both directions of `end`, once.
    pub(crate) fn disconnect(&self, end: usize) {
        self.change(|state, sleepers| {
            if !std::mem::replace(&mut state[end].left, true) {
                self.stop_reading(end, state, sleepers);
                self.stop_writing(end, state, sleepers);
            }
        });
    }

    /// Ends the direction that `end` reads.
    pub(crate) fn close_reader(&self, end: usize) {
        self.change(|state, sleepers| self.stop_reading(end, state, sleepers));
    }

    /// Ends the direction that `end` writes.
    pub(crate) fn close_writer(&self, end: usize) {
        self.change(|state, sleepers| self.stop_writing(end, state, sleepers));
    }

    /// The reader of `end` took the last byte there will ever be.
    pub(crate) fn drained(&self, end: usize) {
        self.change(|state, _| state[end].in_over = true);
    }

    /// An operation of `end` is about to wait. Returns where it is to sleep.
    pub(crate) fn begin(&self, end: usize, operation: Operation) -> Arc<Parking> {
        let parking = own_parking();
        self.change(|state, _| *state[end].waiting(operation) = Some(parking.clone()));
        parking
    }

    /// It does not wait any more.
    pub(crate) fn finish(&self, end: usize, operation: Operation) {
        self.change(|state, _| *state[end].waiting(operation) = None);
    }

    /// Whether `end` itself was disconnected. Taking the lock, this waits out a disconnect that is under way (K3).
    pub(crate) fn has_left(&self, end: usize) -> bool {
        self.shared().state.lock()[end].left
    }

    /// Whether `end` is disconnected, by itself or by its peer.
    pub(crate) fn is_over(&self, end: usize) -> bool {
        let state = &self.shared().state.lock()[end];
        state.in_over && state.out_over
    }
}

impl State {
    fn waiting(&mut self, operation: Operation) -> &mut Option<Arc<Parking>> {
        match operation {
            Operation::Read => &mut self.reader,
            Operation::Write => &mut self.writer,
        }
    }
}

/// A connection, whatever its rings.
trait Hangup: Send + Sync {
    fn disconnect(&self, end: usize);
}

impl<V: Ring<u8>> Hangup for Connection<V> {
    fn disconnect(&self, end: usize) {
        Self::disconnect(self, end);
    }
}

/// A handle that can disconnect an end from anywhere, at any time, any number of times.
///
/// It keeps neither the connection open nor its buffers alive.
///
/// ```
/// use std::io::Read;
///
/// let (mut here, _there) = rdv::channel::pair(16)?;
/// let disconnector = here.disconnector();
/// let reader = std::thread::spawn(move || here.read(&mut [0; 8]));
/// disconnector.disconnect();
/// assert_eq!(reader.join().unwrap().unwrap_err().kind(), std::io::ErrorKind::NotConnected);
/// # Ok::<(), rdv::CapacityError>(())
/// ```
#[derive(Clone)]
pub struct Disconnector {
    connection: Arc<dyn Hangup>,
    end: usize,
}

impl Disconnector {
    pub(super) fn new<V: Ring<u8> + 'static>(connection: &Arc<Connection<V>>, end: usize) -> Self {
        Self { connection: connection.clone(), end }
    }

    /// Disconnects the end, as [`Channel::disconnect`](super::Channel::disconnect) does. Does not wait for anybody.
    pub fn disconnect(&self) {
        self.connection.disconnect(self.end);
    }
}

impl fmt::Debug for Disconnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disconnector").finish_non_exhaustive()
    }
}
