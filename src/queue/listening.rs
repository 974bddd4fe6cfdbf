//! Listeners come, are called, and go.
//!
//! The invariants L1 to L5 stand in the module `pair`.

use bytes::Bytes;

use crate::sync::Arc;

use super::Listener;
use super::pair::{After, Pair, State, What};
use super::place::{Active, EndMember, Place};

impl Pair {
    /// Sets the listener of `end`, or has it set when the one that runs now has returned. Gives it back if its pump has stopped.
    pub(super) fn listen(self: &Arc<Self>, end: usize, active: Active) -> Result<(), Active> {
        self.change(|state, after| {
            // Seen under the lock: a pump that stops later finds the listener installed.
            if active.place.pump.is_stopped() {
                return Err(active);
            }
            let running = state.sides[end].place.is_some() && state.sides[end].listener.is_none();
            after.replaced =
                if running { state.sides[end].next.replace(active) } else { self.install(state, after, end, active) };
            Ok(())
        })
    }

    /// Puts a listener in place, and returns the one before. On another pump than the one before, in a new epoch (L2).
    fn install(
        self: &Arc<Self>,
        state: &mut State<'_>,
        after: &mut After,
        end: usize,
        active: Active,
    ) -> Option<Active> {
        let side = &mut state.sides[end];
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
    fn begin_epoch(self: &Arc<Self>, state: &mut State<'_>, after: &mut After, end: usize) {
        let side = &mut state.sides[end];
        side.epoch += 1;
        (side.closed_posted, side.unposted) = (false, false);
        // Threads that wait for a message are told that there is a listener now.
        after.wake_all.extend(side.receivers.drain());
        let due = side.due as usize;
        let messages = state.messages_to(end);
        for _ in 0..messages {
            self.post(state, end, What::Message);
        }
        for _ in 0..due {
            self.post(state, end, What::Writable);
        }
        if state.sides.iter().any(|side| side.left) {
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
        if what == What::Message
            && let Some((listener, message)) = self.begin_alone(end, epoch)
        {
            return Some((listener, Some(message)));
        }
        self.change(|state, after| {
            if state.sides[end].epoch != epoch || state.sides[end].listener.is_none() {
                return None;
            }
            let message = match what {
                What::Message => Some(self.take(state, after, end)?),
                What::Writable => {
                    state.sides[end].due = state.sides[end].due.checked_sub(1)?;
                    None
                }
                What::Closed => None,
            };
            state.sides[end].handles += 1;
            Some((state.sides[end].listener.take()?, message))
        })
    }

    /// The callback has returned: puts the listener back, or its successor in its place, or nobody after `closed`.
    pub(super) fn finish(self: &Arc<Self>, end: usize, listener: Box<dyn Listener>, what: What, panicked: bool) {
        let Err(listener) = (if panicked { Err(listener) } else { self.finish_alone(end, listener) }) else { return };
        self.change(|state, after| {
            let side = &mut state.sides[end];
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
            state.sides[end].handles -= 1;
        });
    }

    /// The pump of `end`'s listener has stopped: closes the end and takes the listener out, for its last call. `true`: it was in place and is
    /// put back by [`finish`](Self::finish).
    pub(super) fn evict(self: &Arc<Self>, end: usize, member: &EndMember) -> Option<(Box<dyn Listener>, bool)> {
        self.change(|state, after| {
            let ours = |place: &Place| place.is_of(member);
            let side = &mut state.sides[end];
            let evicted = if side.place.as_deref().is_some_and(ours) {
                let listener = side.listener.take()?;
                side.handles += 1;
                (listener, true)
            } else {
                // It was to replace the one that runs, on another pump, which hears no more from this end.
                let Active { listener, place } = side.next.take_if(|next| ours(&next.place))?;
                // If yet another takes the place after all, it is told all over again.
                (side.superseded, side.unposted) = (true, true);
                after.place = Some(place);
                (listener, false)
            };
            // Its pump takes no events any more, so `closed` is not posted but called by the caller.
            side.closed_posted = true;
            self.close(state, after, end);
            Some(evicted)
        })
    }
}
