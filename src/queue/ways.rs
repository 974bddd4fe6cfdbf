//! Sending and receiving while there is nobody to tell, with one lock (L6).

use std::mem::take;

use bytes::Bytes;

use crate::buffer::passage::Room;
use crate::error::{ReceiveError, SendError};
use crate::event::PumpHandle;
use crate::sync::Arc;

use super::Listener;
use super::pair::{LockedSide, Pair, State, What};

/// How a message is sent.
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

/// Why a message was not sent with one lock.
pub(super) enum Unsent {
    /// There is no room; whoever wants to be told of some will be.
    Full(Bytes),
    /// There is more to it.
    Change(Bytes),
}

/// When a receiver that knows of no message looks at what its peer has sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Not now.
    Later,
    /// Without the peer's lock: there may be one that it misses (L7).
    Now,
    /// With the peer's lock, if there seems to be none.
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
        let room = out.room();
        let (alone, changes) = match &out.way {
            Way::Change => (false, true),
            _ if room == Room::ToGrow => (false, true),
            // Who has been refused has every take be a change (L6), which makes room and tells; till then `Full` stays true.
            _ if room == Room::Full => (false, tell && !out.refused),
            Way::Put => (true, false),
            // The event may run before the message is in, and then waits for this lock (L1).
            Way::PostAndPut(pump, epoch) => (self.post_to(pump, 1 - end, *epoch, What::Message), true),
        };
        if alone {
            out.push(message);
            return Ok(());
        }
        drop(out);
        otherwise(if changes { Unsent::Change(message) } else { Unsent::Full(message) })
    }

    /// Receives a message at `end`; or, once the lock is given up, answers what `otherwise` does.
    #[inline]
    pub(super) fn receive_alone(
        &self,
        end: usize,
        look: Look,
        otherwise: impl FnOnce(Nothing) -> Result<Bytes, ReceiveError>,
    ) -> Result<Bytes, ReceiveError> {
        let mut side = self.side(end);
        let alone = !side.has_listener() && side.takes_alone;
        if alone && self.has(end, &mut side, look) {
            return Ok(side.pop());
        }
        drop(side);
        otherwise(if alone { Nothing::Empty } else { Nothing::Change })
    }

    /// Whether there is a message to `end`, as far as the look goes.
    #[inline]
    fn has(&self, end: usize, side: &mut LockedSide<'_>, look: Look) -> bool {
        side.has_seen() || look != Look::Later && self.look(end, side, look)
    }

    fn look(&self, end: usize, side: &mut LockedSide<'_>, look: Look) -> bool {
        side.has()
            || look == Look::Surely && {
                let _sends_nothing = self.out(1 - end);
                side.has()
            }
    }

    /// Takes the listener of `end` out, to run it for a message that was posted in that epoch; `None` if there is more to it.
    pub(super) fn begin_alone(&self, end: usize, epoch: u64) -> Option<(Box<dyn Listener>, Bytes)> {
        let mut side = self.side(end);
        if side.epoch != epoch || side.listener.is_none() || !side.takes_alone {
            return None;
        }
        if !self.has(end, &mut side, Look::Now) {
            return None;
        }
        let message = side.pop();
        side.handles += 1;
        Some((take(&mut side.listener)?, message))
    }

    /// Puts the listener of `end` back after it was called. Gives it back if there is more to it, as there is after `closed`.
    pub(super) fn finish_alone(&self, end: usize, listener: Box<dyn Listener>) -> Result<(), Box<dyn Listener>> {
        let mut side = self.side(end);
        // L5: without another handle, something is on its way as long as there is a message.
        let in_use = side.handles > 1 || side.has();
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
