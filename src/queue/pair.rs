//! The two ends of a message connection, under one lock.
//!
//! A message stands in the *inbox* of the end that it was sent to, from `send` until it is received. If that end has a listener, one event
//! per message is posted to its pump, in the same critical section that puts the message into the inbox; so the events stand in
//! the order of the messages, and each takes exactly the message that it was posted for.
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
//! * **L1** inbox and events agree: while a listener is installed under epoch `n` and none waits to replace it, there is one pending
//!   `Message` event of epoch `n` per message in the inbox, on the listener's pump, in order.
//! * **L2** a listener on another pump than the one before begins a new epoch: events are posted for everything that is in the inbox, and
//!   events of earlier epochs do nothing. On the same pump the pending events serve the new listener, in their old places (MQ-5). So
//!   nothing is lost, repeated or overtaken when listeners change.
//! * **L3** a listener is taken out of the state while it runs, and put back, replaced or dropped afterwards, on its pump: it never
//!   runs under the lock, nor twice at once, nor beside its successor.
//! * **L4** `Closed` is posted once per epoch, after everything that was sent; nothing is posted after it.
//! * **L5** an end whose handles are gone and that has no listener is closed; if neither end has a handle, nothing is in an inbox and
//!   nothing is due, both are.
//!
//! Events are posted under this lock; the event queue's own lock is a leaf, nothing is taken or called under it. Whatever can run foreign
//! code, which is dropping messages and listeners, waits until the lock is given up ([`After`], ALL-2).
//!
//! Rules kept here: MQ-1 to MQ-7, MQ-11, PUMP-5, PUMP-6, ALL-2.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::channel::End;
use crate::error::ReceiveError;
use crate::event::PumpHandle;
use crate::sync::gauge::Gauge;
use crate::sync::{Arc, Mutex};
use crate::wait::Parking;

use super::line::Line;
use super::place::{Active, EndMember, Place};
use super::{Listener, Refusal, receivable, sendable};

/// Both ends.
pub(super) struct Pair {
    pub(super) ends: [End; 2],
    pub(super) capacity: usize,
    pub(super) state: Mutex<[Side; 2]>,
    /// Whether a send, and a receive, of each end would be answered now: for looks without the lock.
    pub(super) answers: [Answers; 2],
}

/// What a thread that waits may look at.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) receive: Gauge,
    pub(super) send: Gauge,
}

/// One end, now.
#[derive(Default)]
pub(super) struct Side {
    /// What has arrived and was not received yet.
    pub(super) inbox: VecDeque<Bytes>,
    /// This end was closed by itself.
    pub(super) left: bool,
    /// Handles to this end, the one lent to a running callback included.
    pub(super) handles: usize,
    /// Whose callbacks are called, and where.
    place: Option<Box<Place>>,
    /// The listener itself; the pump thread has it while it runs.
    listener: Option<Box<dyn Listener>>,
    /// Set while another one runs; takes its place then.
    next: Option<Active>,
    /// The one that runs was replaced by one whose pump has stopped: nobody takes its place.
    superseded: bool,
    epoch: u64,
    /// A send from this end was refused, and there has been no room since.
    pub(super) refused: bool,
    /// `writable` callbacks that this end is owed.
    due: u32,
    closed_posted: bool,
    /// Something was not posted because the next listener is on another pump.
    unposted: bool,
    struck: bool,
    /// Threads that wait for a message, and for room, first come first.
    pub(super) receivers: Line,
    pub(super) senders: Line,
}

/// What stays to be done when the lock is given up. Everything in it may run foreign code when it is dropped, or take other locks.
#[derive(Default)]
pub(super) struct After {
    wake: Option<Arc<Parking>>,
    wake_all: Vec<Arc<Parking>>,
    dropped: VecDeque<Bytes>,
    replaced: Option<Active>,
    place: Option<Box<Place>>,
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
    fn pump(&self) -> Option<&PumpHandle> {
        let stays = |place: &&Place| self.next.as_ref().is_none_or(|next| next.place.pump.is_same(&place.pump));
        self.place.as_deref().filter(stays).map(|place| &place.pump)
    }

    /// Takes the listener out for good.
    fn vacate(&mut self) -> Option<Active> {
        let (place, listener) = self.place.take().zip(self.listener.take())?;
        Some(Active { listener, place })
    }

    pub(super) fn has_listener(&self) -> bool {
        self.place.is_some()
    }
}

impl Pair {
    pub(super) fn new(capacity: usize, ends: [End; 2]) -> Self {
        Self { ends, capacity, state: Mutex::default(), answers: Default::default() }
    }

    /// Changes the state under the lock, settles what follows from any change, then does the rest without the lock.
    pub(super) fn change<R>(self: &Arc<Self>, change: impl FnOnce(&mut [Side; 2], &mut After) -> R) -> R {
        let mut after = After::default();
        let mut state = self.state.lock();
        let result = change(&mut state, &mut after);
        self.abandon(&mut state, &mut after);
        for end in 0..2 {
            let over = is_over(&state, end);
            after.strike[end] = over && !std::mem::replace(&mut state[end].struck, over);
        }
        self.show_answers(&state);
        drop(state);
        self.carry_out(after);
        result
    }

    fn show_answers(&self, state: &[Side; 2]) {
        for (end, answers) in self.answers.iter().enumerate() {
            answers.receive.update(usize::from(receivable(state, end) != Err(ReceiveError::Empty)));
            answers.send.update(usize::from(sendable(state, end, self.capacity) != Err(Refusal::Full)));
        }
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
    fn abandon(self: &Arc<Self>, state: &mut [Side; 2], after: &mut After) {
        for end in 0..2 {
            if state[end].handles == 0 && !state[end].has_listener() {
                self.close(state, after, end);
            }
        }
        let still = |side: &Side| side.handles == 0 && side.inbox.is_empty() && side.due == 0;
        if state.iter().all(still) {
            self.close(state, after, 0);
            self.close(state, after, 1);
        }
    }

    /// Posts an event about `end` to its listener's pump, if it has one. False if the pump has stopped: then the end is about to be closed by it.
    fn post(self: &Arc<Self>, state: &mut [Side; 2], end: usize, what: What) -> bool {
        let Some(pump) = state[end].pump() else {
            state[end].unposted = true;
            return true;
        };
        let (pair, epoch) = (self.clone(), state[end].epoch);
        pump.post(move || pair.deliver(end, epoch, what)).is_ok()
    }

    fn post_closed(self: &Arc<Self>, state: &mut [Side; 2], end: usize) {
        if !state[end].closed_posted {
            // One that is not posted now is when the listener is installed.
            state[end].closed_posted = state[end].pump().is_some();
            self.post(state, end, What::Closed);
        }
    }

    /// Closes `end` (MQ-7): what it has not received is dropped, what it sent stays in the peer's inbox. Once.
    pub(super) fn close(self: &Arc<Self>, state: &mut [Side; 2], after: &mut After, end: usize) {
        if std::mem::replace(&mut state[end].left, true) {
            return;
        }
        after.dropped.append(&mut state[end].inbox);
        for side in state.iter_mut() {
            after.wake_all.extend(side.receivers.drain().chain(side.senders.drain()));
            (side.refused, side.due) = (false, 0);
        }
        self.post_closed(state, end);
        self.post_closed(state, 1 - end);
    }

    /// Puts a message into the inbox of `end`'s peer.
    ///
    /// # Errors
    /// The message, if it can never be delivered.
    pub(super) fn put(
        self: &Arc<Self>,
        state: &mut [Side; 2],
        after: &mut After,
        end: usize,
        message: Bytes,
    ) -> Result<(), Bytes> {
        let peer = 1 - end;
        if !self.post(state, peer, What::Message) {
            return Err(message);
        }
        state[peer].inbox.push_back(message);
        after.wake = state[peer].receivers.pop_front();
        Ok(())
    }

    /// Takes the first message out of the inbox of `end`, which gives its peer room.
    pub(super) fn take(self: &Arc<Self>, state: &mut [Side; 2], after: &mut After, end: usize) -> Option<Bytes> {
        let message = state[end].inbox.pop_front()?;
        let peer = 1 - end;
        after.wake = state[peer].senders.pop_front();
        if std::mem::take(&mut state[peer].refused) {
            // Owed once per episode; without a listener, once for the one to come.
            let owed = if state[peer].has_listener() { state[peer].due + 1 } else { 1 };
            state[peer].due = owed;
            self.post(state, peer, What::Writable);
        }
        Some(message)
    }

    /// Sets the listener of `end`, or has it set when the one that runs now has returned. Gives it back if its pump has stopped.
    pub(super) fn listen(self: &Arc<Self>, end: usize, active: Active) -> Result<(), Active> {
        self.change(|state, after| {
            // Seen under the lock: a pump that stops later finds the listener installed.
            if active.place.pump.is_stopped() {
                return Err(active);
            }
            let running = state[end].place.is_some() && state[end].listener.is_none();
            after.replaced =
                if running { state[end].next.replace(active) } else { self.install(state, after, end, active) };
            Ok(())
        })
    }

    /// Puts a listener in place, and returns the one before. On another pump than the one before, in a new epoch (L2).
    fn install(
        self: &Arc<Self>,
        state: &mut [Side; 2],
        after: &mut After,
        end: usize,
        active: Active,
    ) -> Option<Active> {
        let side = &mut state[end];
        let stays = side.place.as_ref().is_some_and(|place| place.pump.is_same(&active.place.pump)) && !side.unposted;
        let place = side.place.replace(active.place);
        let listener = side.listener.replace(active.listener);
        side.superseded = false;
        if !stays {
            self.begin_epoch(state, after, end);
        }
        place.zip(listener).map(|(place, listener)| Active { listener, place })
    }

    /// L2: posts events for everything that `end`'s listener is to be told.
    fn begin_epoch(self: &Arc<Self>, state: &mut [Side; 2], after: &mut After, end: usize) {
        let side = &mut state[end];
        side.epoch += 1;
        (side.closed_posted, side.unposted) = (false, false);
        // Threads that wait for a message are told that there is a listener now.
        after.wake_all.extend(side.receivers.drain());
        let (messages, due) = (side.inbox.len(), side.due as usize);
        for _ in 0..messages {
            self.post(state, end, What::Message);
        }
        for _ in 0..due {
            self.post(state, end, What::Writable);
        }
        if state.iter().any(|side| side.left) {
            self.post_closed(state, end);
        }
    }

    /// Takes the listener of `end` out, to run it for an event of that epoch, with the message that the event was posted for.
    pub(super) fn begin(
        self: &Arc<Self>,
        end: usize,
        epoch: u64,
        what: What,
    ) -> Option<(Box<dyn Listener>, Option<Bytes>)> {
        self.change(|state, after| {
            if state[end].epoch != epoch || state[end].listener.is_none() {
                return None;
            }
            let message = match what {
                What::Message => Some(self.take(state, after, end)?),
                What::Writable => {
                    state[end].due = state[end].due.checked_sub(1)?;
                    None
                }
                What::Closed => None,
            };
            state[end].handles += 1;
            Some((state[end].listener.take()?, message))
        })
    }

    /// The callback has returned: puts the listener back, or its successor in its place, or nobody after `closed`.
    pub(super) fn finish(self: &Arc<Self>, end: usize, listener: Box<dyn Listener>, what: What, panicked: bool) {
        self.change(|state, after| {
            let side = &mut state[end];
            side.listener = Some(listener);
            // After the last call of one listener, the next is told all over again.
            side.unposted |= what == What::Closed;
            if let Some(next) = side.next.take() {
                after.replaced = self.install(state, after, end, next);
            } else if what == What::Closed || side.superseded {
                after.replaced = side.vacate();
            }
            if panicked {
                self.close(state, after, end);
            }
            state[end].handles -= 1;
        });
    }

    /// The pump of `end`'s listener has stopped: closes the end and takes the listener out, for its last call. `true`: it was in place and is
    /// put back by [`finish`](Self::finish).
    pub(super) fn evict(self: &Arc<Self>, end: usize, member: &EndMember) -> Option<(Box<dyn Listener>, bool)> {
        self.change(|state, after| {
            let ours = |place: &Place| place.is_of(member);
            let side = &mut state[end];
            let evicted = if side.place.as_deref().is_some_and(ours) {
                (side.listener.take()?, true)
            } else {
                // It was to replace the one that runs, on another pump, which hears no more from this end.
                let Active { listener, place } = side.next.take_if(|next| ours(&next.place))?;
                // If yet another takes the place after all, it is told all over again.
                (side.superseded, side.unposted) = (true, true);
                after.place = Some(place);
                (listener, false)
            };
            side.handles += 1;
            // Its pump takes no events any more, so `closed` is not posted but called by the caller.
            side.closed_posted = true;
            self.close(state, after, end);
            Some(evicted)
        })
    }

    /// A listener that was to take a place has had its last call.
    pub(super) fn forget(self: &Arc<Self>, end: usize) {
        self.change(|state, _| state[end].handles -= 1);
    }
}

/// Whether `end` is closed: by itself, or by its peer with nothing left to receive.
pub(super) fn is_over(state: &[Side; 2], end: usize) -> bool {
    state[end].left || state[1 - end].left && state[end].inbox.is_empty()
}
