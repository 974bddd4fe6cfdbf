//! Sending and receiving while there is nobody to tell: with one lock, or two where a batch changes hands (L6).

use std::mem::take;

use bytes::Bytes;

use crate::error::{ReceiveError, SendError};
use crate::event::PumpHandle;
use crate::sync::Arc;

use super::Listener;
use super::pair::{Out, Pair, Side, State, What};

/// How a message gets into an outbox.
#[derive(Default)]
pub(super) enum Way<P = PumpHandle> {
    /// By a change: there is more to do.
    #[default]
    Change,
    /// Just so.
    Put,
    /// With an event for the receiver's listener, on its pump, in its epoch.
    PostAndPut(P, u64),
}

impl Way {
    fn is(&self, other: &Way<&PumpHandle>) -> bool {
        match (self, other) {
            (Way::Change, Way::Change) | (Way::Put, Way::Put) => true,
            (Way::PostAndPut(pump, epoch), Way::PostAndPut(other, of)) => epoch == of && pump.is_same(other),
            _ => false,
        }
    }
}

impl Way<&PumpHandle> {
    fn cloned(&self) -> Way {
        match *self {
            Way::Change => Way::Change,
            Way::Put => Way::Put,
            Way::PostAndPut(pump, epoch) => Way::PostAndPut(pump.clone(), epoch),
        }
    }
}

impl State<'_> {
    /// L6: what may be done at `end` with one lock from now on. Returns the way that was.
    pub(super) fn find_ways(&mut self, end: usize) -> Option<Way> {
        let peer = &self.sides[1 - end];
        let open = !self.sides[end].left && !peer.left;
        let takes_alone = open && !self.outs[1 - end].refused && peer.senders.is_empty();
        let way = match peer.pump() {
            _ if !open || !peer.receivers.is_empty() => Way::Change,
            Some(pump) => Way::PostAndPut(pump, peer.epoch),
            None if peer.has_listener() => Way::Change,
            None => Way::Put,
        };
        let new = (!self.outs[end].way.is(&way)).then(|| way.cloned());
        self.sides[end].takes_alone = takes_alone;
        new.map(|new| std::mem::replace(&mut self.outs[end].way, new))
    }
}

impl Out {
    /// L7: how many of its messages had not been received when this end looked last.
    fn on_their_way(&self) -> usize {
        self.sent.wrapping_sub(self.received)
    }
}

/// Why a message was not sent with one lock.
pub(super) enum Unsent {
    /// There is no room; whoever wants to be told of some will be.
    Full(Bytes),
    /// There is more to it.
    Change(Bytes),
}

/// When a receiver whose inbox is empty fetches what is in the peer's outbox.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fetch {
    /// Not now.
    Later,
    /// If it looks as if there were anything (L7).
    Seen,
    /// By all means.
    Surely,
}

/// Why a message was not received with one lock.
pub(super) enum Nothing {
    /// There is none.
    Empty,
    /// There is more to it.
    Change,
}

impl Pair {
    /// Sends a message from `end`; or, once the lock is given up, answers what `otherwise` does. `tell` asks for a `writable` if there is no room.
    #[inline]
    pub(super) fn send_alone(
        self: &Arc<Self>,
        end: usize,
        message: Bytes,
        tell: bool,
        otherwise: impl FnOnce(Unsent) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        let mut out = self.out(end);
        let full = self.is_full(end, &mut out);
        let (alone, changes) = match &out.way {
            Way::Change => (false, true),
            _ if full => (false, tell && !out.refused),
            Way::Put => (true, false),
            // The event may run before the message is in, and then waits for this lock (L1).
            Way::PostAndPut(pump, epoch) => (self.post_to(pump, 1 - end, *epoch, What::Message), true),
        };
        if alone {
            self.push(end, &mut out, message);
            return Ok(());
        }
        drop(out);
        otherwise(if changes { Unsent::Change(message) } else { Unsent::Full(message) })
    }

    /// Whether as many messages of `end` are on their way as the queue holds. Looks at the peer's count only when it seems so: each
    /// look takes the line away from the peer, who writes it with each message (L7).
    #[inline]
    fn is_full(&self, end: usize, out: &mut Out) -> bool {
        out.on_their_way() >= self.capacity && {
            out.received = self.received(1 - end);
            out.on_their_way() >= self.capacity
        }
    }

    /// Receives a message at `end`; or, once the lock is given up, answers what `otherwise` does.
    #[inline]
    pub(super) fn receive_alone(
        &self,
        end: usize,
        fetch: Fetch,
        otherwise: impl FnOnce(Nothing) -> Result<Bytes, ReceiveError>,
    ) -> Result<Bytes, ReceiveError> {
        let mut side = self.side(end);
        let alone = !side.has_listener() && side.takes_alone;
        if alone && self.has_alone(end, &mut side, fetch) {
            return Ok(self.pop(end, &mut side));
        }
        drop(side);
        otherwise(if alone { Nothing::Empty } else { Nothing::Change })
    }

    /// Whether there is a message to `end`, of which nobody has to be told.
    #[inline]
    fn has_alone(&self, end: usize, side: &mut Side, fetch: Fetch) -> bool {
        if side.inbox.is_empty() {
            self.fetch(end, side, fetch);
        }
        !side.inbox.is_empty()
    }

    /// Takes everything out of the outbox of `end`'s peer.
    fn fetch(&self, end: usize, side: &mut Side, fetch: Fetch) {
        if fetch == Fetch::Surely || fetch == Fetch::Seen && !side.has_all(self.sent(1 - end)) {
            std::mem::swap(&mut side.inbox, &mut self.out(1 - end).outbox);
        }
    }

    /// Takes the listener of `end` out, to run it for a message that was posted in that epoch; `None` if there is more to it.
    pub(super) fn begin_alone(&self, end: usize, epoch: u64) -> Option<(Box<dyn Listener>, Bytes)> {
        let mut side = self.side(end);
        if side.epoch != epoch || side.listener.is_none() || !side.takes_alone {
            return None;
        }
        if !self.has_alone(end, &mut side, Fetch::Seen) {
            return None;
        }
        let message = self.pop(end, &mut side);
        side.handles += 1;
        Some((take(&mut side.listener)?, message))
    }

    /// Puts the listener of `end` back after it was called. Gives it back if there is more to it, as there is after `closed`.
    pub(super) fn finish_alone(&self, end: usize, listener: Box<dyn Listener>) -> Result<(), Box<dyn Listener>> {
        let mut side = self.side(end);
        // L5: without another handle, something is on its way as long as there is a message.
        let in_use = side.handles > 1 || !side.has_all(self.sent(1 - end));
        if !in_use || !side.takes_alone || side.next.is_some() || side.superseded {
            return Err(listener);
        }
        side.listener = Some(listener);
        side.handles -= 1;
        Ok(())
    }

    /// Counts one handle of `end` more.
    pub(super) fn retain(&self, end: usize) {
        self.side(end).handles += 1;
    }

    /// Counts one handle of `end` less; false if it is the last.
    pub(super) fn release_alone(&self, end: usize) -> bool {
        let mut side = self.side(end);
        let another = side.handles > 1;
        side.handles -= usize::from(another);
        another
    }

    /// Whether neither end has closed, as far as one lock tells.
    pub(super) fn is_open(&self, end: usize) -> bool {
        self.side(end).takes_alone
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;
