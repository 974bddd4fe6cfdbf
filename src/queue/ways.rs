//! Sending and receiving while there is nobody to tell: with one lock, or two where a batch changes hands (L6).

use std::mem::take;

use bytes::Bytes;

use crate::event::PumpHandle;
use crate::sync::Arc;

use super::Listener;
use super::pair::{Pair, Side, State, What};

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

/// What came of a send with one lock.
pub(super) enum Sent {
    Done,
    /// There is no room; whoever wants to be told of some will be.
    Full(Bytes),
    /// There is more to it.
    Change(Bytes),
}

/// What came of a receive with one lock.
pub(super) enum Received {
    Message(Bytes),
    Empty,
    /// There is more to it.
    Change,
}

impl Pair {
    /// Sends a message from `end`. `tell` asks for a `writable` if there is no room.
    #[inline]
    pub(super) fn send_alone(self: &Arc<Self>, end: usize, message: Bytes, tell: bool) -> Sent {
        let mut out = self.out(end);
        match &out.way {
            Way::Change => return Sent::Change(message),
            _ if out.on_their_way(self.received(1 - end)) >= self.capacity => {
                return if tell && !out.refused { Sent::Change(message) } else { Sent::Full(message) };
            }
            Way::Put => {}
            // The event may run before the message is in, and then waits for this lock (L1).
            Way::PostAndPut(pump, epoch) => {
                if !self.post_to(pump, 1 - end, *epoch, What::Message) {
                    return Sent::Change(message);
                }
            }
        }
        self.push(end, &mut out, message);
        Sent::Done
    }

    /// Receives a message at `end`. `sure` asks for an Empty that is true by all means.
    #[inline]
    pub(super) fn receive_alone(&self, end: usize, sure: bool) -> Received {
        let mut side = self.side(end);
        if side.has_listener() || !side.takes_alone {
            return Received::Change;
        }
        match self.take_alone(end, &mut side, sure) {
            Some(message) => Received::Message(message),
            None => Received::Empty,
        }
    }

    /// The first message to `end`, of which nobody has to be told.
    #[inline]
    fn take_alone(&self, end: usize, side: &mut Side, sure: bool) -> Option<Bytes> {
        if side.inbox.is_empty() {
            self.fetch(end, side, sure);
        }
        self.pop(end, side)
    }

    /// Takes everything out of the outbox of `end`'s peer; unless it has to be `sure`, only if it looks as if there were anything (L7).
    fn fetch(&self, end: usize, side: &mut Side, sure: bool) {
        if sure || !side.has_all(self.sent(1 - end)) {
            std::mem::swap(&mut side.inbox, &mut self.out(1 - end).outbox);
        }
    }

    /// Takes the listener of `end` out, to run it for a message that was posted in that epoch; `None` if there is more to it.
    pub(super) fn begin_alone(&self, end: usize, epoch: u64) -> Option<(Box<dyn Listener>, Bytes)> {
        let mut side = self.side(end);
        if side.epoch != epoch || side.listener.is_none() || !side.takes_alone {
            return None;
        }
        let message = self.take_alone(end, &mut side, false)?;
        side.handles += 1;
        Some((take(&mut side.listener)?, message))
    }

    /// Puts the listener of `end` back after it was called. Gives it back if there is more to it.
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
