//! Floor 4: MessageQueue, one end of a full-duplex lossless stream of whole messages.
//!
//! ```text
//!   MessageQueue                                       MessageQueue
//!     send ----> [ N messages on their way ] ----> receive               a thread asks,
//!                                            \---> Listener::received      or a pump calls
//!     receive <---- [ N messages on their way ] <---- send
//! ```
//!
//! A message is a [`Bytes`]: what is received is the very memory that was sent, never a copy. `send` and `receive` never block, so they
//! may be called from events; threads that would rather wait have `blocking_send`, `blocking_receive` and `receive_timeout`. Any number
//! of threads may use one end.
//!
//! An end that has a [`Listener`] receives by callback, on the pump of the listener, one event per message. That makes the callbacks
//! of all queues of a pump come in the order of the sends, and costs a post per message where a batch per wake-up would do.
//!
//! # Proof sketch
//! The state is guarded by a lock per end and direction, held for a few moves; its invariants L1 to L7 stand in the module `pair`. MQ-1, MQ-2: a
//! message is one `Bytes`, moved from the sender's hand into a slot, and from there to the receiver. MQ-3,
//! MQ-4: each operation is one critical section (L6) and one sender's messages line up as it sent them; `Full`, `Empty` and `Closed` are
//! true when they are said (L7). MQ-5: L1. MQ-6: L2, L3. MQ-7: L4. MQ-11: L5.

mod delivery;
mod line;
mod listener;
mod listening;
mod pair;
mod place;
mod waiting;
mod ways;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use crate::buffer::Ring;
use crate::buffer::locked::Locked;
use crate::buffer::passage::Room;
use crate::channel::{End, Endpoint};
use crate::error::{CapacityError, PumpStopped, ReceiveError, SendError};
use crate::event::PumpHandle;
use crate::sync::Arc;
use crate::sync::time::Deadline;

use pair::{Pair, State};
use place::Active;
use ways::{Look, Nothing, Unsent};

pub use listener::Listener;

/// A handle to one end of a full-duplex FIFO lossless stream of whole messages. Clones are the same end.
///
/// An end is closed when it has neither a handle nor a listener; and when neither end has a handle and nothing is in flight, both are.
///
/// ```
/// use bytes::Bytes;
///
/// let (here, there) = rdv::queue::pair(8)?;
/// let message = Bytes::from(vec![7; 1000]);
/// let address = message.as_ptr();
/// here.send(message)?;
/// assert_eq!(there.receive()?.as_ptr(), address); // moved, not copied
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MessageQueue {
    pair: Arc<Pair>,
    end: usize,
    // A handle lent to a callback is counted by who lends it.
    counted: bool,
}

/// Two connected ends, without a broker. `capacity` is in messages, per direction.
///
/// # Errors
/// [`CapacityError`] for a capacity of zero or one that cannot be had.
pub fn pair(capacity: usize) -> Result<(MessageQueue, MessageQueue), CapacityError> {
    check(capacity)?;
    Ok(connect(capacity, [End::default(), End::default()]))
}

/// Whether queues of this capacity can be had.
pub(crate) fn check(capacity: usize) -> Result<(), CapacityError> {
    <Locked<Bytes> as Ring<Bytes>>::check(capacity)
}

/// Two connected ends that know who they are; the capacity was checked.
pub(crate) fn connect(capacity: usize, ends: [End; 2]) -> (MessageQueue, MessageQueue) {
    let pair = Pair::new(capacity, ends);
    (MessageQueue { pair: pair.clone(), end: 0, counted: true }, MessageQueue { pair, end: 1, counted: true })
}

/// Why a send is refused now.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Full,
    Closed,
}

/// Whether `end` can send.
fn sendable(state: &mut State<'_>, end: usize) -> Result<(), Refusal> {
    if state.sides.iter().any(|side| side.left) {
        Err(Refusal::Closed)
    } else if state.outs[end].room() == Room::Full {
        Err(Refusal::Full)
    } else {
        Ok(())
    }
}

/// Whether `end` can receive.
fn receivable(state: &State<'_>, end: usize) -> Result<(), ReceiveError> {
    if state.sides[end].has_listener() {
        Err(ReceiveError::HasListener)
    } else if state.messages_to(end) > 0 {
        Ok(())
    } else if state.is_over(end) {
        Err(ReceiveError::Closed)
    } else {
        Err(ReceiveError::Empty)
    }
}

impl MessageQueue {
    /// A handle to lend to a callback, which the caller counts.
    fn borrowed(pair: Arc<Pair>, end: usize) -> Self {
        Self { pair, end, counted: false }
    }

    /// Sends a message; never blocks. `Ok` says that the peer will receive it unless it closes first, not that it has.
    ///
    /// # Errors
    /// `Full`, with the message, if the peer has as many messages before it as the queue holds; one [`writable`](Listener::writable) call
    /// follows when there is room. `Closed`, with the message, if it can never arrive.
    pub fn send(&self, message: impl Into<Bytes>) -> Result<(), SendError> {
        self.offer(message.into(), true, |message| Err(SendError::Full(message)))
    }

    /// As [`send`](Self::send); `tell` asks for a `writable` if it is refused. Answers what `full` says if there was no room.
    #[inline]
    fn offer(
        &self,
        message: Bytes,
        tell: bool,
        full: impl FnOnce(Bytes) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        self.pair.send_alone(self.end, message, tell, |unsent| match unsent {
            Unsent::Full(message) => full(message),
            Unsent::Change(message) => match self.offer_by_change(message, tell) {
                Err(SendError::Full(message)) => full(message),
                answer => answer,
            },
        })
    }

    #[cold]
    fn offer_by_change(&self, message: Bytes, tell: bool) -> Result<(), SendError> {
        self.pair.change(|state, after| match sendable(state, self.end) {
            Ok(()) => self.pair.put(state, after, self.end, message).map_err(SendError::Closed),
            Err(Refusal::Full) => {
                state.outs[self.end].refused |= tell;
                Err(SendError::Full(message))
            }
            Err(Refusal::Closed) => Err(SendError::Closed(message)),
        })
    }

    /// Receives the next message; never blocks.
    ///
    /// # Errors
    /// `Empty` if there is none now; `Closed` if none can come any more; `HasListener` while a listener receives.
    #[inline]
    pub fn receive(&self) -> Result<Bytes, ReceiveError> {
        self.take(Look::Surely, || Err(ReceiveError::Empty))
    }

    /// As [`receive`](Self::receive). Answers what `empty` says if there was none, which is sure only if it looked [surely](Look::Surely).
    #[inline]
    fn take(&self, look: Look, empty: impl FnOnce() -> Result<Bytes, ReceiveError>) -> Result<Bytes, ReceiveError> {
        self.pair.receive_alone(self.end, look, |nothing| match nothing {
            Nothing::Empty => empty(),
            Nothing::Change => match self.receive_by_change() {
                Err(ReceiveError::Empty) => empty(),
                answer => answer,
            },
        })
    }

    #[cold]
    fn receive_by_change(&self) -> Result<Bytes, ReceiveError> {
        self.pair.change(|state, after| {
            receivable(state, self.end)?;
            self.pair.take(state, after, self.end).ok_or(ReceiveError::Empty)
        })
    }

    /// Sends a message; blocks while there is no room. For threads: an event that blocks holds its pump up.
    ///
    /// # Errors
    /// `Closed`, with the message, if it can never arrive, also while this waits.
    #[inline]
    pub fn blocking_send(&self, message: impl Into<Bytes>) -> Result<(), SendError> {
        waiting::send(self, message.into())
    }

    /// Receives the next message; blocks while there is none. For threads: an event that blocks holds its pump up.
    ///
    /// # Errors
    /// `Closed` if none can come any more, `HasListener` while a listener receives; both also while this waits.
    #[inline]
    pub fn blocking_receive(&self) -> Result<Bytes, ReceiveError> {
        waiting::receive(self, Deadline::NEVER)
    }

    /// As [`blocking_receive`](Self::blocking_receive), for at most `wait`. A wait past the end of time has no end.
    ///
    /// # Errors
    /// `Timeout` if no message came in time; else as [`blocking_receive`](Self::blocking_receive).
    pub fn receive_timeout(&self, wait: Duration) -> Result<Bytes, ReceiveError> {
        waiting::receive(self, Deadline::after(wait))
    }

    /// Has `listener` called on `pump` from now on, for what has arrived already, too. It replaces the one before, after its running callback;
    /// nothing is lost or repeated. On a queue that is closed it is told `closed`.
    ///
    /// # Errors
    /// [`PumpStopped`] if the pump has; the listener is dropped and nothing changes.
    pub fn set_listener(&self, pump: &PumpHandle, listener: impl Listener) -> Result<(), PumpStopped> {
        let active = Active::new(&self.pair, self.end, pump, Box::new(listener)).map_err(|_listener| PumpStopped)?;
        self.pair.listen(self.end, active).map_err(|active| {
            active.discard();
            PumpStopped
        })
    }

    /// Closes this end: what it sent still arrives, then the peer is closed, too; what it has not received is dropped. Threads that wait at
    /// either end are woken, listeners told. Never blocks; again does nothing.
    pub fn close(&self) {
        self.pair.change(|state, after| self.pair.close(state, after, self.end));
    }

    /// Whether this end has closed, or its peer has and everything it sent has been received.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !self.pair.is_open(self.end) && self.pair.state().is_over(self.end)
    }

    /// Who is at the other end.
    #[must_use]
    pub fn peer(&self) -> &Endpoint {
        &self.pair.ends[1 - self.end].local
    }

    /// Who is at this end.
    #[must_use]
    pub fn local(&self) -> &Endpoint {
        &self.pair.ends[self.end].local
    }
}

impl Clone for MessageQueue {
    fn clone(&self) -> Self {
        self.pair.retain(self.end);
        Self { pair: self.pair.clone(), end: self.end, counted: true }
    }
}

impl Drop for MessageQueue {
    fn drop(&mut self) {
        if self.counted && !self.pair.release_alone(self.end) {
            self.pair.change(|state, _| state.sides[self.end].handles -= 1);
        }
    }
}

impl fmt::Debug for MessageQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageQueue").field("local", self.local()).field("peer", self.peer()).finish_non_exhaustive()
    }
}
