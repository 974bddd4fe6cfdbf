//! Threads that wait at a queue, in lines that many share.

use bytes::Bytes;

use crate::error::{ReceiveError, SendError};
use crate::sync::Arc;
use crate::sync::gauge::Gauge;
use crate::sync::time::Deadline;
use crate::wait::{Attempt, Parking, Spin, own_parking, wait};

use super::MessageQueue;
use super::ways::Look;

/// Threads that wait at an end. On cache lines of their own: they are written with each wait, and by one end.
#[derive(Default)]
#[repr(align(64))]
pub(super) struct Crowds {
    receivers: Crowd,
    senders: Crowd,
}

/// Threads that wait for the same.
#[derive(Default)]
struct Crowd {
    /// What they have learnt.
    learnt: Gauge,
    /// How many of them look briefly, and keep their cores meanwhile.
    looking: Gauge,
}

impl Crowd {
    /// Waits as the others did.
    fn wait<A: Attempt>(&self, what: &mut A, parking: &Parking, deadline: Deadline) -> Option<A::Output> {
        Spin::by_habit(&self.learnt, |spin| wait(what, parking, spin, deadline))
    }
}

/// A quarter of the queue moved at once is enough to pay for meeting the other side, and leaves it with something to do meanwhile.
fn plenty(queue: &MessageQueue) -> usize {
    queue.pair.capacity.div_ceil(4)
}

/// A thread that waits for a message.
struct Receiving<'a> {
    queue: &'a MessageQueue,
    parking: &'a Arc<Parking>,
}

impl Attempt for Receiving<'_> {
    type Output = Result<Bytes, ReceiveError>;

    fn attempt(&mut self) -> Option<Self::Output> {
        let result = self.queue.take(Look::Now, || Err(ReceiveError::Empty));
        (result != Err(ReceiveError::Empty)).then_some(result)
    }

    fn looks(&self) -> usize {
        self.queue.pair.count_to(self.queue.end)
    }

    fn looking(&self) -> Option<&Gauge> {
        Some(&self.queue.pair.crowds[self.queue.end].receivers.looking)
    }

    fn plenty(&self) -> usize {
        plenty(self.queue)
    }

    fn arm(&mut self) -> bool {
        let end = self.queue.end;
        self.queue.pair.change(|state, _| {
            let empty = super::receivable(state, end) == Err(ReceiveError::Empty);
            if empty {
                state.sides[end].receivers.push_back(self.parking.clone());
            }
            empty
        })
    }

    fn disarm(&mut self) -> bool {
        let end = self.queue.end;
        self.queue.pair.change(|state, _| state.sides[end].receivers.remove(self.parking))
    }
}

/// A thread that waits for room.
struct Sending<'a> {
    queue: &'a MessageQueue,
    message: Option<Bytes>,
    parking: &'a Arc<Parking>,
}

impl Attempt for Sending<'_> {
    type Output = Result<(), SendError>;

    fn attempt(&mut self) -> Option<Self::Output> {
        let full = |message| Err(SendError::Full(message));
        match self.queue.offer(self.message.take()?, false, full) {
            Err(SendError::Full(message)) => {
                self.message = Some(message);
                None
            }
            other => Some(other),
        }
    }

    fn looks(&self) -> usize {
        let pair = &self.queue.pair;
        pair.capacity.saturating_sub(pair.count_to(1 - self.queue.end))
    }

    fn looking(&self) -> Option<&Gauge> {
        Some(&self.queue.pair.crowds[self.queue.end].senders.looking)
    }

    fn plenty(&self) -> usize {
        plenty(self.queue)
    }

    fn arm(&mut self) -> bool {
        let (pair, end) = (&self.queue.pair, self.queue.end);
        pair.change(|state, _| {
            let full = super::sendable(state, end) == Err(super::Refusal::Full);
            if full {
                state.sides[end].senders.push_back(self.parking.clone());
            }
            full
        })
    }

    fn disarm(&mut self) -> bool {
        let end = self.queue.end;
        self.queue.pair.change(|state, _| state.sides[end].senders.remove(self.parking))
    }
}

/// Receives, waiting until `deadline` if there is nothing.
#[inline]
pub(super) fn receive(queue: &MessageQueue, deadline: Deadline) -> Result<Bytes, ReceiveError> {
    // Whether more was sent is left to a wait, which may let it grow.
    queue.take(Look::Later, || wait_for_message(queue, deadline))
}

#[cold]
fn wait_for_message(queue: &MessageQueue, deadline: Deadline) -> Result<Bytes, ReceiveError> {
    let parking = own_parking();
    let mut receiving = Receiving { queue, parking: &parking };
    let received = queue.pair.crowds[queue.end].receivers.wait(&mut receiving, &parking, deadline);
    received.unwrap_or(Err(ReceiveError::Timeout))
}

/// Sends, waiting for as long as there is no room.
#[inline]
pub(super) fn send(queue: &MessageQueue, message: Bytes) -> Result<(), SendError> {
    queue.offer(message, false, |message| wait_for_room(queue, message))
}

#[cold]
fn wait_for_room(queue: &MessageQueue, message: Bytes) -> Result<(), SendError> {
    let parking = own_parking();
    let mut sending = Sending { queue, message: Some(message), parking: &parking };
    let sent = queue.pair.crowds[queue.end].senders.wait(&mut sending, &parking, Deadline::NEVER);
    sent.expect("a wait without a deadline ends with an answer")
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::queue::pair;

    /// P4: a mark is taken back by the one who left it, or met by the one who wakes.
    fn check(waiting: &mut impl Attempt, meet: impl FnOnce()) {
        assert!(waiting.arm() && waiting.disarm());
        assert!(!waiting.disarm(), "it was taken back already");
        assert!(waiting.arm());
        meet();
        assert!(!waiting.disarm(), "a wake-up is under way");
    }

    #[test]
    fn p4_a_thread_that_waits_for_a_message_takes_its_mark_back_or_is_woken() {
        let (near, far) = pair(1).unwrap();
        let mut receiving = Receiving { queue: &near, parking: &own_parking() };
        check(&mut receiving, || far.send("message").unwrap());
        assert!(!receiving.arm(), "there is a message");
    }

    #[test]
    fn p4_a_thread_that_waits_for_room_takes_its_mark_back_or_is_woken() {
        let (near, far) = pair(1).unwrap();
        near.send("message").unwrap();
        let mut sending = Sending { queue: &near, message: None, parking: &own_parking() };
        check(&mut sending, || drop(far.receive().unwrap()));
        assert!(!sending.arm(), "there is room");
    }

    #[test]
    fn whoever_looks_is_counted_among_those_who_wait_for_the_same() {
        let (near, far) = pair(1).unwrap();
        let same = near.clone();
        let beside = Receiving { queue: &same, parking: &own_parking() };
        let receiving = Receiving { queue: &near, parking: &own_parking() };
        assert_eq!(receiving.looking().unwrap().raise(), 0);
        assert_eq!(beside.looking().unwrap().get(), 1, "at the same end, for the same");
        receiving.looking().unwrap().lower();
        let sending = Sending { queue: &near, message: None, parking: &own_parking() };
        let beside = Sending { queue: &same, message: None, parking: &own_parking() };
        assert_eq!(sending.looking().unwrap().raise(), 0);
        assert_eq!(beside.looking().unwrap().get(), 1, "so it is with room");
        sending.looking().unwrap().lower();
        let other = Receiving { queue: &far, parking: &own_parking() };
        for (one, others) in [
            (receiving.looking(), sending.looking()),
            (sending.looking(), other.looking()),
            (other.looking(), receiving.looking()),
        ] {
            assert_eq!(one.unwrap().raise(), 0);
            assert_eq!(others.unwrap().get(), 0, "who waits for something else does not count");
            one.unwrap().lower();
        }
    }

    #[test]
    fn what_a_wait_has_learnt_the_next_one_knows() {
        let (near, _far) = pair(1).unwrap();
        let crowds = &near.pair.crowds[near.end];
        let learnt = [(); 3].map(|()| {
            assert_eq!(near.receive_timeout(Duration::ZERO), Err(ReceiveError::Timeout));
            crowds.receivers.learnt.get()
        });
        // Of so short a wait, that there was one more.
        assert!(learnt[0] > 0 && learnt[0] < learnt[1] && learnt[1] < learnt[2], "{learnt:?}");
        assert_eq!(crowds.senders.learnt.get(), 0);
    }

    #[test]
    fn a_look_tells_how_much_there_is() {
        let (near, far) = pair(3).unwrap();
        for (near, far) in [(&near, &far), (&far, &near)] {
            let receiving = Receiving { queue: far, parking: &own_parking() };
            let sending = Sending { queue: near, message: None, parking: &own_parking() };
            assert_eq!((receiving.looks(), sending.looks()), (0, 3));
            (0..2).for_each(|_| near.send("message").unwrap());
            assert_eq!((receiving.looks(), sending.looks()), (2, 1));
        }
    }

    #[test]
    fn a_quarter_of_the_queue_is_plenty() {
        for (capacity, plenty) in [(1, 1), (4, 1), (5, 2), (256, 64)] {
            let (near, _far) = pair(capacity).unwrap();
            let receiving = Receiving { queue: &near, parking: &own_parking() };
            let sending = Sending { queue: &near, message: None, parking: &own_parking() };
            assert_eq!((receiving.plenty(), sending.plenty()), (plenty, plenty), "of {capacity}");
        }
    }
}
