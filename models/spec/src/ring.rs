//! A bounded FIFO with one producing and one consuming side: RING-1, RING-2, RING-6.
//!
//! | state, first match counts | `Put(items)` | `Take(max)` |
//! |---|---|---|
//! | nothing to move (`items` empty, `max` = 0) | `Moved(0)` | `Took([])` |
//! | this side left | `Left` | `Left` |
//! | the other side left | `PeerGone` at once | what is held, then `PeerGone` |
//! | room / items | `Moved(1..=min(len, room))` | `Took` the first `1..=min(max, held)` |
//! | full / empty | `WouldBlock` | `WouldBlock` |
//!
//! Leaving once more changes nothing. What the consumer leaves behind is nobody's.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::hash::Hash;

use crate::{Mismatch, Spec};

/// What the two sides of a ring do, without ever waiting.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Operation<T> {
    /// The producer offers items; a prefix of them is taken in.
    Put(Vec<T>),
    /// The consumer asks for up to so many items.
    Take(usize),
    /// The producer leaves.
    CloseProducer,
    /// The consumer leaves.
    CloseConsumer,
}

/// What a ring answers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Response<T> {
    /// So many of the offered items were taken in.
    Moved(usize),
    /// These items came out.
    Took(Vec<T>),
    /// Nothing could move now.
    WouldBlock,
    /// Nothing can move ever again: the other side left (and, for the consumer, everything was taken).
    PeerGone,
    /// Nothing can move ever again: this side left before.
    Left,
    /// The side is gone from now on.
    Done,
}

/// The state of a ring.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Ring<T> {
    capacity: usize,
    held: VecDeque<T>,
    producer_gone: bool,
    consumer_gone: bool,
}

impl<T> Ring<T> {
    /// An empty ring that holds `capacity` items.
    ///
    /// # Panics
    /// If `capacity` is 0: there is no such ring (RING-2).
    pub fn new(capacity: usize) -> Self {
        assert_ne!(capacity, 0, "RING-2: a ring of capacity 0 is refused");
        Self { capacity, held: VecDeque::new(), producer_gone: false, consumer_gone: false }
    }

    /// How many items it holds.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// How many more items fit in.
    pub fn room(&self) -> usize {
        self.capacity - self.held.len()
    }

    /// The items it holds, oldest first.
    pub fn held(&self) -> impl Iterator<Item = &T> {
        self.held.iter()
    }

    /// Whether the producer left.
    pub fn producer_gone(&self) -> bool {
        self.producer_gone
    }

    /// Whether the consumer left.
    pub fn consumer_gone(&self) -> bool {
        self.consumer_gone
    }
}

impl<T: Clone + Eq + Hash + Debug> Ring<T> {
    /// The most that `operation` can move, or the answer that moves nothing.
    fn limit(&self, operation: &Operation<T>) -> Result<usize, Response<T>> {
        match operation {
            Operation::Put(items) if items.is_empty() => Ok(0),
            Operation::Put(_) if self.producer_gone => Err(Response::Left),
            Operation::Put(_) if self.consumer_gone => Err(Response::PeerGone),
            Operation::Put(items) => nonzero(items.len().min(self.room())),
            Operation::Take(0) => Ok(0),
            Operation::Take(_) if self.consumer_gone => Err(Response::Left),
            Operation::Take(_) if self.held.is_empty() && self.producer_gone => Err(Response::PeerGone),
            Operation::Take(max) => nonzero(self.held.len().min(*max)),
            Operation::CloseProducer | Operation::CloseConsumer => Err(Response::Done),
        }
    }

    /// Moves `count` items, or leaves.
    fn advance(&mut self, operation: &Operation<T>, count: usize) -> Response<T> {
        match operation {
            Operation::Put(items) => {
                self.held.extend(items[..count].iter().cloned());
                Response::Moved(count)
            }
            Operation::Take(_) => Response::Took(self.held.drain(..count).collect()),
            Operation::CloseProducer => {
                self.producer_gone = true;
                Response::Done
            }
            Operation::CloseConsumer => {
                self.consumer_gone = true;
                self.held.clear();
                Response::Done
            }
        }
    }
}

/// A count of items to move, or the answer where there is none.
fn nonzero<T>(count: usize) -> Result<usize, Response<T>> {
    if count == 0 { Err(Response::WouldBlock) } else { Ok(count) }
}

/// How many items `response` says were moved.
fn moved<T>(response: &Response<T>) -> Option<usize> {
    match response {
        Response::Moved(count) => Some(*count),
        Response::Took(items) => Some(items.len()),
        _ => None,
    }
}

impl<T: Clone + Eq + Hash + Debug> Spec for Ring<T> {
    type Operation = Operation<T>;
    type Response = Response<T>;

    fn apply(&mut self, operation: &Operation<T>) -> Response<T> {
        match self.limit(operation) {
            Ok(most) => self.advance(operation, most),
            Err(Response::Done) => self.advance(operation, 0),
            Err(nothing) => nothing,
        }
    }

    fn allows(&mut self, operation: &Operation<T>, response: &Response<T>) -> Result<(), Mismatch> {
        let mut after = self.clone();
        let most = self.limit(operation).unwrap_or(0);
        let expected = match moved(response) {
            Some(count) if most > 0 && (1..=most).contains(&count) => after.advance(operation, count),
            _ => after.apply(operation),
        };
        if expected != *response {
            return Err(Mismatch::new(self.rule(operation), &expected, response));
        }
        *self = after;
        Ok(())
    }

    fn effects(&self, operation: &Operation<T>) -> Vec<Self> {
        let counts = 1..=self.limit(operation).unwrap_or(0).max(1);
        let after = |count| {
            let mut after = self.clone();
            match self.limit(operation) {
                Ok(most) if most > 0 => drop(after.advance(operation, count)),
                _ => drop(after.apply(operation)),
            }
            after
        };
        counts.map(after).collect()
    }

    fn rule(&self, operation: &Operation<T>) -> &'static str {
        match operation {
            Operation::Put(_) if self.consumer_gone => "RING-6",
            Operation::Put(_) => "RING-2",
            Operation::Take(_) if self.producer_gone => "RING-6",
            Operation::Take(_) => "RING-1",
            Operation::CloseProducer | Operation::CloseConsumer => "RING-6",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Operation::*, Response::*, Ring};
    use crate::{Spec, replay};

    fn filled(capacity: usize, items: &[u8]) -> Ring<u8> {
        let mut ring = Ring::new(capacity);
        assert_eq!(ring.apply(&Put(items.to_vec())), Moved(items.len()));
        ring
    }

    #[test]
    fn ring_1_what_comes_out_is_what_went_in() {
        let history = [
            (Put(vec![1, 2, 3]), Moved(2)),
            (Take(1), Took(vec![1])),
            (Put(vec![3]), Moved(1)),
            (Take(9), Took(vec![2, 3])),
            (Take(9), WouldBlock),
        ];
        assert!(replay(Ring::new(2), &history).expect("all allowed").is_empty());
    }

    #[test]
    fn ring_1_refuses_another_order() {
        let broken = filled(2, &[1, 2]).allows(&Take(2), &Took(vec![2, 1])).expect_err("reordered");
        assert_eq!(broken.rule, "RING-1");
        assert_eq!(broken.expected, "Took([1, 2])");
    }

    #[test]
    fn ring_2_holds_exactly_its_capacity() {
        let mut ring = filled(2, &[1, 2]);
        assert_eq!(ring.room(), 0);
        ring.clone().allows(&Put(vec![3]), &Moved(1)).expect_err("one too many");
        assert_eq!(ring.apply(&Put(vec![3])), WouldBlock);
        filled(2, &[1]).allows(&Put(vec![2]), &WouldBlock).expect_err("there is room");
    }

    #[test]
    #[should_panic(expected = "RING-2")]
    fn ring_2_has_no_ring_of_capacity_0() {
        Ring::<u8>::new(0);
    }

    #[test]
    fn a_move_is_partial_but_not_empty() {
        let ring = filled(4, &[1, 2]);
        ring.clone().allows(&Put(vec![3, 4, 5]), &Moved(1)).expect("fewer than fit");
        ring.clone().allows(&Put(vec![3, 4, 5]), &Moved(0)).expect_err("none, though one fits");
        ring.clone().allows(&Put(vec![3, 4, 5]), &Moved(3)).expect_err("more than fit");
        ring.clone().allows(&Take(2), &Took(vec![])).expect_err("none, though some are there");
    }

    #[test]
    fn a_refused_answer_leaves_the_state_alone() {
        let mut ring = filled(2, &[1]);
        ring.allows(&Take(1), &Took(vec![7])).expect_err("wrong item");
        assert_eq!(ring, filled(2, &[1]));
    }

    #[test]
    fn ring_6_the_rest_is_read_then_the_end() {
        let history = [(CloseProducer, Done), (Take(1), Took(vec![1])), (Take(1), Took(vec![2])), (Take(1), PeerGone)];
        replay(filled(2, &[1, 2]), &history).expect("all allowed");
    }

    #[test]
    fn ring_6_a_put_fails_once_the_consumer_left() {
        let history = [(CloseConsumer, Done), (Put(vec![1]), PeerGone), (Put(vec![]), Moved(0))];
        replay(Ring::new(2), &history).expect("all allowed");
    }

    #[test]
    fn who_left_moves_nothing() {
        let history = [
            (CloseProducer, Done),
            (CloseProducer, Done),
            (Put(vec![1]), Left),
            (CloseConsumer, Done),
            (Take(1), Left),
        ];
        replay(filled(2, &[1]), &history).expect("all allowed");
    }
}
