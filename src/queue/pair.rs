//! The two ends of a message connection, and the locks that they share.
//!
//! ```text
//!              behind out[0]     on their way       behind side[1]
//!   send ----> [ sent ]         [ | | | | | | ]     [ received ] ----> receive, or Listener::received
//!   receive <- [ received ]     [ | | | | | | ]     [ sent ] <-------- send
//!              behind side[0]    on their way       behind out[1]
//! ```
//!
//! A message goes through a [`Passage`], which has one lock for the end that sends it and one for the end that receives it. So threads
//! that send and threads that receive meet at no lock, and at a count once for as many messages as were sent since the last look at it.
//!
//! Whatever is more than that (somebody waits, is refused, closes, sets a listener) is a *change*: it holds all four locks, and has the
//! whole state for itself. Locks are taken in one order: sides before outs, 0 before 1.
//!
//! If the receiving end has a listener, one event per message is posted to its pump, in the critical section that puts the message
//! on its way; so the events stand in the order of the messages, and each takes exactly the message that it was posted for.
//!
//! ```text
//!                set_listener               its event runs               callback returns
//!   nobody -----------------------> idle ------------------> running -----------------------> idle
//!     ^                              |  ^                       | another was set meanwhile:
//!     |   closed was called          |  +-----------------------+ it is installed now
//!     +------------------------------+
//! ```
//!
//! # Invariants
//! Messages *to* an end are those on their way from its peer, counted under both locks.
//!
//! * **L1** messages and events agree: while a listener is installed under epoch `n` and none waits to replace it, there is one pending
//!   `Message` event of epoch `n` per message to that end, on the listener's pump, in order. An event may run before its message is in;
//!   then the sender still holds its lock, and a change waits for it.
//! * **L2** a listener on another pump than the one before begins a new epoch: events are posted for every message that is there, and
//!   events of earlier epochs do nothing. On the same pump the pending events serve the new listener, in their old places (MQ-5). So
//!   nothing is lost, repeated or overtaken when listeners change.
//! * **L3** a listener is taken out of the state while it runs, and put back, replaced or dropped afterwards, on its pump: it never
//!   runs under a lock, nor twice at once, nor beside its successor.
//! * **L4** `Closed` is posted once per epoch, after everything that was sent; nothing is posted after it.
//! * **L5** an end whose handles are gone and that has no listener is closed; if neither end has a handle, no message is on its way and
//!   nothing is due, both are.
//! * **L6** what may be done with one lock alone is written beside what it guards, by changes only: an end may send a message
//!   ([`Way`]) while nobody waits for one at the other end, and may take one while nobody waits for the room, and neither when an
//!   end has closed. So whoever has to be told of something has left that word where it is read by whoever does it. (Where more slots are wanting, it is a
//!   change that makes them.)
//! * **L7** what one end sees of the other's count without its lock is at least what happened before (a load cannot miss a store
//!   that happened before it), so a message that it shows is there, and so is room. That there is none is a hint to those who go
//!   on to wait; a `Full` or `Empty` that is answered was found with the locks that decide it.
//!
//! Events are posted under these locks; the event queue's own lock is a leaf, nothing is taken or called under it. Whatever can run foreign
//! code, which is dropping messages and listeners, waits until the locks are given up ([`After`], ALL-2).
//!
//! Rules kept here: MQ-1 to MQ-7, MQ-11, PUMP-5, PUMP-6, ALL-2.

use std::mem::take;

use bytes::Bytes;

use crate::buffer::passage::{Passage, PutEnd, Room, TakeEnd};
use crate::channel::End;
use crate::event::PumpHandle;
use crate::sync::Arc;
use crate::wait::Parking;

use super::Listener;
use super::line::Line;
use super::place::{Active, Place};
use super::waiting::Crowds;
use super::ways::Way;

/// Both ends.
pub(super) struct Pair {
    pub(super) ends: [End; 2],
    pub(super) capacity: usize,
    /// What is on its way from each end.
    passages: [Passage<Bytes, Out, Side>; 2],
    /// Threads that wait, by end.
    pub(super) crowds: [Crowds; 2],
}

/// An end that sends, locked.
pub(super) type LockedOut<'a> = PutEnd<'a, Bytes, Out, Side>;

/// An end that receives, and the rest of it, locked.
pub(super) type LockedSide<'a> = TakeEnd<'a, Bytes, Out, Side>;

/// How an end sends, now.
#[derive(Default)]
pub(super) struct Out {
    /// L6: how a message gets there.
    pub(super) way: Way,
    /// A send from this end was refused, and there has been no room since.
    pub(super) refused: bool,
}

/// The rest of an end, now.
#[derive(Default)]
// In this order: what is read with each message stands beside the lock.
#[repr(C)]
pub(super) struct Side {
    /// L6: whether taking a message is all there is to do.
    pub(super) takes_alone: bool,
    /// This end was closed by itself.
    pub(super) left: bool,
    /// Whose callbacks are called, and where.
    pub(super) place: Option<Box<Place>>,
    /// Handles to this end, the one lent to a running callback included.
    pub(super) handles: usize,
    /// The listener itself; the pump thread has it while it runs.
    pub(super) listener: Option<Box<dyn Listener>>,
    /// Set while another one runs; takes its place then.
    pub(super) next: Option<Active>,
    /// The one that runs was replaced by one whose pump has stopped: nobody takes its place.
    pub(super) superseded: bool,
    pub(super) epoch: u64,
    /// `writable` callbacks that this end is owed.
    pub(super) due: u32,
    pub(super) closed_posted: bool,
    /// Something was not posted because the next listener is on another pump.
    pub(super) unposted: bool,
    struck: bool,
    /// Threads that wait for a message, and for room, first come first.
    pub(super) receivers: Line,
    pub(super) senders: Line,
}

/// Everything, for a change.
pub(super) struct State<'a> {
    pub(super) sides: [LockedSide<'a>; 2],
    pub(super) outs: [LockedOut<'a>; 2],
}

/// What stays to be done when the locks are given up. Everything in it may run foreign code when it is dropped, or take other locks.
#[derive(Default)]
pub(super) struct After {
    wake: Option<Arc<Parking>>,
    pub(super) wake_all: Vec<Arc<Parking>>,
    dropped: Vec<Bytes>,
    pub(super) replaced: Option<Active>,
    pub(super) place: Option<Box<Place>>,
    ways: [Option<Way>; 2],
    strike: [bool; 2],
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Message,
    Writable,
    Closed,
}

impl Side {
    /// The pump that this end's events are posted to, unless they wait for a change of pumps.
    pub(super) fn pump(&self) -> Option<&PumpHandle> {
        let stays = |place: &&Place| self.next.as_ref().is_none_or(|next| next.place.pump.is_same(&place.pump));
        self.place.as_deref().filter(stays).map(|place| &place.pump)
    }

    /// Takes the listener out for good.
    pub(super) fn vacate(&mut self) -> Option<Active> {
        let (place, listener) = self.place.take().zip(self.listener.take())?;
        Some(Active { listener, place })
    }

    pub(super) fn has_listener(&self) -> bool {
        self.place.is_some()
    }
}

impl State<'_> {
    /// How many messages there are to `end`.
    pub(super) fn messages_to(&self, end: usize) -> usize {
        self.outs[1 - end].count(&self.sides[end])
    }

    /// Whether `end` is closed: by itself, or by its peer with nothing left to receive.
    pub(super) fn is_over(&self, end: usize) -> bool {
        self.sides[end].left || self.sides[1 - end].left && self.messages_to(end) == 0
    }
}

impl Pair {
    /// Two ends with a handle each.
    pub(super) fn new(capacity: usize, ends: [End; 2]) -> Arc<Self> {
        let pair = Arc::new(Self {
            ends,
            capacity,
            passages: [Passage::new(capacity), Passage::new(capacity)],
            crowds: Default::default(),
        });
        pair.change(|state, _| state.sides.iter_mut().for_each(|side| side.handles = 1));
        pair
    }

    #[inline]
    pub(super) fn side(&self, end: usize) -> LockedSide<'_> {
        self.passages[1 - end].lock_take()
    }

    #[inline]
    pub(super) fn out(&self, end: usize) -> LockedOut<'_> {
        self.passages[end].lock_put()
    }

    /// Everything, for a look.
    pub(super) fn state(&self) -> State<'_> {
        let sides = [self.side(0), self.side(1)];
        State { sides, outs: [self.out(0), self.out(1)] }
    }

    /// L7: how many messages there are to `end`, by a look from outside.
    pub(super) fn count_to(&self, end: usize) -> usize {
        self.passages[1 - end].count()
    }

    /// Changes the state under all locks, settles what follows from any change, then does the rest without a lock.
    pub(super) fn change<R>(self: &Arc<Self>, change: impl FnOnce(&mut State<'_>, &mut After) -> R) -> R {
        let mut after = After::default();
        let mut state = self.state();
        let result = change(&mut state, &mut after);
        self.abandon(&mut state, &mut after);
        for end in 0..2 {
            let over = state.is_over(end);
            after.strike[end] = over && !std::mem::replace(&mut state.sides[end].struck, over);
            after.ways[end] = state.find_ways(end);
        }
        drop(state);
        self.carry_out(after);
        result
    }

    fn carry_out(&self, after: After) {
        for parking in after.wake.iter().chain(&after.wake_all) {
            parking.wake();
        }
        for (end, shared) in self.ends.iter().enumerate() {
            if let Some(entry) = shared.entry.as_ref().filter(|_| after.strike[end]) {
                entry.ledger.strike(entry.number);
            }
        }
        if let Some(active) = after.replaced {
            active.discard();
        }
    }

    /// L5: closes what nobody can use any more.
    fn abandon(self: &Arc<Self>, state: &mut State<'_>, after: &mut After) {
        for end in 0..2 {
            if state.sides[end].handles == 0 && !state.sides[end].has_listener() {
                self.close(state, after, end);
            }
        }
        let still =
            |(end, side): (usize, &LockedSide<'_>)| side.handles == 0 && side.due == 0 && state.messages_to(end) == 0;
        if state.sides.iter().enumerate().all(still) {
            (0..2).for_each(|end| self.close(state, after, end));
        }
    }

    /// Posts an event about `end` to its listener's pump, if it has one. False if the pump has stopped: then the end is about to be closed by it.
    pub(super) fn post(self: &Arc<Self>, state: &mut State<'_>, end: usize, what: What) -> bool {
        let epoch = state.sides[end].epoch;
        let Some(pump) = state.sides[end].pump() else {
            state.sides[end].unposted = true;
            return true;
        };
        self.post_to(pump, end, epoch, what)
    }

    /// Posts an event about `end`. False if the pump has stopped.
    pub(super) fn post_to(self: &Arc<Self>, pump: &PumpHandle, end: usize, epoch: u64, what: What) -> bool {
        let pair = self.clone();
        pump.post(move || pair.deliver(end, epoch, what)).is_ok()
    }

    pub(super) fn post_closed(self: &Arc<Self>, state: &mut State<'_>, end: usize) {
        if !state.sides[end].closed_posted {
            // One that is not posted now is when the listener is installed.
            state.sides[end].closed_posted = state.sides[end].pump().is_some();
            self.post(state, end, What::Closed);
        }
    }

    /// Closes `end` (MQ-7): what it has not received is dropped, what it sent stays on its way. Once.
    pub(super) fn close(self: &Arc<Self>, state: &mut State<'_>, after: &mut After, end: usize) {
        if std::mem::replace(&mut state.sides[end].left, true) {
            return;
        }
        let lost = &mut state.sides[end];
        after.dropped.extend(std::iter::from_fn(|| lost.try_pop()));
        for side in &mut state.sides {
            let side = &mut **side;
            after.wake_all.extend(side.receivers.drain().chain(side.senders.drain()));
            side.due = 0;
        }
        state.outs.iter_mut().for_each(|out| out.refused = false);
        self.post_closed(state, end);
        self.post_closed(state, 1 - end);
    }

    /// Sends a message from `end`, which has room for it.
    ///
    /// # Errors
    /// The message, if it can never be delivered.
    pub(super) fn put(
        self: &Arc<Self>,
        state: &mut State<'_>,
        after: &mut After,
        end: usize,
        message: Bytes,
    ) -> Result<(), Bytes> {
        let peer = 1 - end;
        // What may panic comes before the event: an event has its message (L1).
        if state.outs[end].room() == Room::ToGrow {
            state.outs[end].grow(&mut state.sides[peer]);
        }
        if !self.post(state, peer, What::Message) {
            return Err(message);
        }
        state.outs[end].push(message);
        after.wake = state.sides[peer].receivers.pop_front();
        Ok(())
    }

    /// Takes the first message to `end`, which gives its peer room.
    pub(super) fn take(self: &Arc<Self>, state: &mut State<'_>, after: &mut After, end: usize) -> Option<Bytes> {
        let peer = 1 - end;
        let message = state.sides[end].try_pop()?;
        after.wake = state.sides[peer].senders.pop_front();
        if take(&mut state.outs[peer].refused) {
            let side = &mut state.sides[peer];
            // Owed once per episode; without a listener, once for the one to come.
            side.due = if side.has_listener() { side.due + 1 } else { 1 };
            self.post(state, peer, What::Writable);
        }
        Some(message)
    }
}
