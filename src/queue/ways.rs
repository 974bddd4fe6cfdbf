//! Sending and receiving while there is nobody to tell: with one lock, or two where a batch changes hands (L6).

use std::mem::take;

use bytes::Bytes;

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

/// What came of a send with one lock.
pub(super) enum Sent {
    Done,
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

/// A receive with one lock that found nothing.
pub(super) enum Nothing {
    Empty,
    /// There is more to it.
    Change,
}

impl Pair {
    /// Sends a message from `end`. `tell` asks for a `writable` if there is no room.
    #[inline]
    pub(super) fn send_alone(self: &Arc<Self>, end: usize, message: Bytes, tell: bool) -> Sent {
        let mut out = self.out(end);
        let full = self.is_full(end, &mut out);
        match &out.way {
            Way::Change => return Sent::Change(message),
            _ if full => return if tell && !out.refused { Sent::Change(message) } else { Sent::Full(message) },
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

    /// Whether as many messages of `end` are on their way as the queue holds. Looks at the peer's count only when it seems so: each
    /// look takes the line away from the peer, who writes it with each message (L7).
    #[inline]
    fn is_full(&self, end: usize, out: &mut Out) -> bool {
        out.on_their_way() >= self.capacity && {
            out.received = self.received(1 - end);
            out.on_their_way() >= self.capacity
        }
    }

    /// Receives a message at `end`.
    #[inline]
    pub(super) fn receive_alone(&self, end: usize, fetch: Fetch) -> Result<Bytes, Nothing> {
        let mut side = self.side(end);
        if side.has_listener() || !side.takes_alone {
            return Err(Nothing::Change);
        }
        self.take_alone(end, &mut side, fetch).ok_or(Nothing::Empty)
    }

    /// The first message to `end`, of which nobody has to be told.
    #[inline]
    fn take_alone(&self, end: usize, side: &mut Side, fetch: Fetch) -> Option<Bytes> {
        if side.inbox.is_empty() {
            self.fetch(end, side, fetch);
        }
        self.pop(end, side)
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
        let message = self.take_alone(end, &mut side, Fetch::Seen)?;
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
mod tests {
    use super::*;
    use crate::channel::End;
    use crate::event::EventPump;
    use crate::queue::MessageQueue;
    use crate::queue::place::Active;
    use crate::wait::Parking;

    const BOTH: [(usize, usize); 2] = [(0, 1), (1, 0)];

    fn pair(capacity: usize) -> Arc<Pair> {
        Pair::new(capacity, [End::default(), End::default()])
    }

    fn listen(pair: &Arc<Pair>, end: usize, pump: &PumpHandle) {
        let listener = Box::new(|_: &MessageQueue, _: Bytes| {});
        let active = Active::new(pair, end, pump, listener).unwrap_or_else(|_| panic!("the pump runs"));
        pair.listen(end, active).unwrap_or_else(|_| panic!("the pump runs"));
    }

    fn sends(pair: &Arc<Pair>, end: usize) -> bool {
        matches!(pair.send_alone(end, "message".into(), false), Sent::Done)
    }

    fn receives(pair: &Arc<Pair>, end: usize) -> bool {
        pair.receive_alone(end, Fetch::Seen).is_ok()
    }

    fn leaves_to_a_change(pair: &Arc<Pair>, end: usize) -> [bool; 2] {
        let sent = pair.send_alone(end, "message".into(), false);
        [matches!(sent, Sent::Change(_)), matches!(pair.receive_alone(end, Fetch::Surely), Err(Nothing::Change))]
    }

    #[test]
    fn a_way_is_itself_alone() {
        let pumps = [EventPump::new(), EventPump::new()];
        let [one, other] = pumps.each_ref().map(EventPump::handle);
        let posts = [(&one, 1), (&one, 2), (&other, 1)].map(|(pump, epoch)| Way::PostAndPut(pump, epoch));
        let all: Vec<_> = [Way::Change, Way::Put].into_iter().chain(posts).collect();
        for (number, way) in all.iter().enumerate() {
            let same: Vec<_> = (0..all.len()).filter(|&of| way.cloned().is(&all[of])).collect();
            assert_eq!(same, [number]);
        }
    }

    #[test]
    fn l6_one_lock_is_enough_while_nobody_has_to_be_told() {
        for (end, peer) in BOTH {
            let pair = pair(2);
            assert!(matches!(pair.receive_alone(peer, Fetch::Seen), Err(Nothing::Empty)));
            assert!(sends(&pair, end) && sends(&pair, end));
            assert!(matches!(pair.send_alone(end, "no room".into(), false), Sent::Full(_)));
            assert!(receives(&pair, peer) && sends(&pair, end) && receives(&pair, peer) && receives(&pair, peer));
            assert!(matches!(pair.receive_alone(peer, Fetch::Surely), Err(Nothing::Empty)));
            assert!(pair.is_open(end) && pair.is_open(peer));
        }
    }

    #[test]
    fn a_batch_changes_hands_when_it_is_to() {
        for (end, peer) in BOTH {
            let pair = pair(2);
            for fetch in [Fetch::Seen, Fetch::Surely] {
                assert!(sends(&pair, end) && sends(&pair, end));
                assert!(
                    matches!(pair.receive_alone(peer, Fetch::Later), Err(Nothing::Empty)),
                    "they are in the outbox"
                );
                assert!(pair.receive_alone(peer, fetch).is_ok());
                assert!(pair.receive_alone(peer, Fetch::Later).is_ok(), "the other one came along");
            }
        }
    }

    #[test]
    fn l6_whoever_has_to_be_told_is_told_by_a_change() {
        for (end, peer) in BOTH {
            let (pair, parking) = (pair(1), Arc::new(Parking::new()));
            pair.change(|state, _| state.sides[peer].receivers.push_back(parking.clone()));
            assert_eq!(leaves_to_a_change(&pair, end), [true, false], "one waits for a message");
            pair.change(|state, _| state.sides[peer].receivers.remove(&parking));
            assert!(sends(&pair, end), "nobody does any more");

            assert!(matches!(pair.send_alone(end, "to be told".into(), true), Sent::Change(_)));
            pair.change(|state, _| state.outs[end].refused = true);
            assert!(matches!(pair.send_alone(end, "will be told".into(), true), Sent::Full(_)));
            assert_eq!(leaves_to_a_change(&pair, peer), [false, true], "an end is owed a `writable`");
            assert!(pair.change(|state, after| pair.take(state, after, peer)).is_some());

            pair.change(|state, _| state.sides[end].senders.push_back(parking.clone()));
            assert_eq!(leaves_to_a_change(&pair, peer), [false, true], "one waits for room");
            pair.change(|state, _| state.sides[end].senders.remove(&parking));

            pair.change(|state, after| pair.close(state, after, end));
            assert_eq!(leaves_to_a_change(&pair, end), [true, true], "it is closed");
            assert_eq!(leaves_to_a_change(&pair, peer), [true, true], "its peer is closed");
            assert!(!pair.is_open(end) && !pair.is_open(peer));
        }
    }

    #[test]
    fn l6_a_listener_is_posted_to_with_one_lock_unless_it_moves() {
        for (end, peer) in BOTH {
            let (pair, mut pump, other) = (pair(4), EventPump::new(), EventPump::new());
            listen(&pair, peer, &pump.handle());
            assert!(sends(&pair, end));
            assert!(matches!(pair.receive_alone(peer, Fetch::Surely), Err(Nothing::Change)), "the listener receives");
            assert_eq!((pump.run_until_idle(), pair.state().messages_to(peer)), (1, 0));
            assert!(sends(&pair, end));
            let epoch = pair.side(peer).epoch;
            let running = pair.begin_alone(peer, epoch);
            listen(&pair, peer, &other.handle());
            assert_eq!(leaves_to_a_change(&pair, end), [true, false], "the other pump is not its pump yet");
            drop((running, pump));
            assert!(!sends(&pair, end), "the pump has stopped");
        }
    }

    #[test]
    fn l6_a_listener_runs_with_one_lock_while_its_end_is_in_use() {
        let (pair, pump, other) = (pair(4), EventPump::new(), EventPump::new());
        listen(&pair, 1, &pump.handle());
        let epoch = pair.side(1).epoch;
        assert!(pair.begin_alone(1, epoch).is_none(), "there is no message");
        assert!(sends(&pair, 0) && sends(&pair, 0) && sends(&pair, 0));
        assert!(pair.begin_alone(1, epoch + 1).is_none(), "the event is of another epoch");

        let (listener, _) = pair.begin_alone(1, epoch).expect("a message");
        assert_eq!(pair.side(1).handles, 2, "one is lent");
        assert!(pair.begin_alone(1, epoch).is_none(), "it runs");
        assert!(pair.finish_alone(1, listener).is_ok());
        assert_eq!(pair.side(1).handles, 1);

        pair.side(1).handles = 0;
        let (listener, _) = pair.begin_alone(1, epoch).expect("a message");
        assert!(pair.finish_alone(1, listener).is_ok(), "there is another message");
        let (listener, _) = pair.begin_alone(1, epoch).expect("a message");
        let listener = pair.finish_alone(1, listener).expect_err("nobody may use the end any more");

        pair.side(1).handles = 2;
        pair.side(1).superseded = true;
        let listener = pair.finish_alone(1, listener).expect_err("it was replaced");
        pair.side(1).superseded = false;
        listen(&pair, 1, &other.handle());
        let listener = pair.finish_alone(1, listener).expect_err("another one takes its place");
        let next = pair.side(1).next.take();
        pair.side(1).takes_alone = false;
        let listener = pair.finish_alone(1, listener).expect_err("there is more to do");
        pair.side(1).takes_alone = true;
        assert!(pair.finish_alone(1, listener).is_ok());
        pair.change(|_, _| ());
        assert!(sends(&pair, 0));
        pair.side(1).takes_alone = false;
        assert!(pair.begin_alone(1, epoch).is_none(), "there is more to do");
        drop(next);
    }

    #[test]
    fn l5_handles_are_counted_and_the_last_one_is_told_apart() {
        let pair = pair(1);
        pair.retain(0);
        pair.retain(0);
        assert_eq!(pair.side(0).handles, 3);
        assert!(pair.release_alone(0) && pair.release_alone(0) && !pair.release_alone(0));
        assert_eq!((pair.side(0).handles, pair.side(1).handles), (1, 1));
    }
}
