//! Concurrent histories, judged by a sequential specification.
//!
//! A history is *linearizable* (Herlihy, Wing: Linearizability, a Correctness Condition for Concurrent Objects, 1990) if its calls can be put
//! into one order that the specification allows and that keeps every call which returned before another one began in front of it. A call that
//! has not returned may have taken effect or not.
//!
//! [`explain`] looks for such an order as Wing and Gong do (Testing and Verifying Concurrent Objects, 1993): it tries every call that may come
//! next, and goes back where that leads nowhere. What it remembers of dead ends is Lowe's (Testing for Linearizability, 2017): after the same
//! calls and in the same state, it need not look again.
//!
//! ```
//! use rdv_spec::history::{Call, explain};
//! use rdv_spec::ring::{Operation::{Put, Take}, Response::{Moved, Took, WouldBlock}, Ring};
//!
//! let put = Call::<Ring<u8>> { actor: 0, operation: Put(vec![1]), begin: 0, answer: Some((Moved(1), 3)) };
//! let empty = |begin, end| Call { actor: 1, operation: Take(1), begin, answer: Some((WouldBlock, end)) };
//! explain(&Ring::new(1), &[put.clone(), empty(1, 2)]).expect("while the put is under way, the ring may be empty");
//! explain(&Ring::new(1), &[put, empty(4, 5)]).expect_err("when it has returned, it is not");
//! ```

use std::collections::{BTreeSet, HashSet};
use std::fmt::{self, Display};

use crate::{Mismatch, Spec};

/// One call. Moments are numbers that grow; in a history, an actor's own calls stand in their order.
#[derive(Clone, Debug)]
pub struct Call<S: Spec> {
    /// Who called.
    pub actor: usize,
    /// What.
    pub operation: S::Operation,
    /// When.
    pub begin: usize,
    /// What came back, and when; `None` if the call has not returned.
    pub answer: Option<(S::Response, usize)>,
}

/// Whether the history is linearizable.
///
/// # Errors
/// [`Unexplained`] if there is no such order.
///
/// # Panics
/// If there are more than 64 calls.
pub fn explain<S: Spec>(start: &S, history: &[Call<S>]) -> Result<(), Unexplained> {
    let calls: Vec<_> = history.iter().collect();
    search(start, &calls, |one, other| one.answer.as_ref().is_some_and(|(_, end)| *end < other.begin))
}

/// Whether the history is explained to each actor by itself, as far as weakly ordered memory promises that: there is an order of its own calls
/// and of all that the others' calls have changed which the specification allows and which keeps each actor's own.
///
/// An acquiring load may miss a store that is long done, if nothing else has told of it. So an answer that is `stale` tells what its caller
/// knew, and nothing of what others may know. That something was taken after it was put needs no saying: the specification allows nothing else.
/// This is causal memory (Ahamad and others: Causal Memory, 1995), of one object.
///
/// # Errors
/// [`Unexplained`] if there is no such order for one of them.
///
/// # Panics
/// If there are more than 64 calls.
pub fn explain_to_each<S: Spec>(
    start: &S,
    history: &[Call<S>],
    stale: impl Fn(&S::Response) -> bool,
) -> Result<(), Unexplained> {
    let actors: BTreeSet<_> = history.iter().map(|call| call.actor).collect();
    actors.into_iter().try_for_each(|actor| {
        let is_known =
            |call: &&Call<S>| call.actor == actor || call.answer.as_ref().is_none_or(|(response, _)| !stale(response));
        let known: Vec<_> = history.iter().filter(is_known).collect();
        search(start, &known, |_, _| false)
    })
}

fn search<S: Spec>(
    start: &S,
    calls: &[&Call<S>],
    returned_before: impl Fn(&Call<S>, &Call<S>) -> bool,
) -> Result<(), Unexplained> {
    assert!(calls.len() <= u64::BITS as usize, "{} calls are too many to search", calls.len());
    let mut search = Search { calls, returned_before, dead: HashSet::new(), furthest: None };
    if search.goes_on(start, 0) {
        return Ok(());
    }
    let (_, mismatch) = search.furthest.expect("a search that ends nowhere was refused somewhere");
    let lines: Vec<_> = calls.iter().map(|call| line(call)).collect();
    Err(Unexplained { mismatch, history: lines.join("\n") })
}

/// A search under way. Sets of calls are the bits of a number.
struct Search<'a, S: Spec, B> {
    calls: &'a [&'a Call<S>],
    returned_before: B,
    /// What was tried in vain: after these calls, in this state.
    dead: HashSet<(u64, S)>,
    /// How many calls stood in the longest order, and what did not fit behind it.
    furthest: Option<(u32, Mismatch)>,
}

impl<S: Spec, B: Fn(&Call<S>, &Call<S>) -> bool> Search<'_, S, B> {
    /// Whether the calls that are not `done` can follow in this state.
    fn goes_on(&mut self, state: &S, done: u64) -> bool {
        let left: Vec<_> = (0..self.calls.len()).filter(|at| done >> at & 1 == 0).collect();
        if left.iter().all(|at| self.calls[*at].answer.is_none()) {
            return true;
        }
        if self.dead.contains(&(done, state.clone())) {
            return false;
        }
        let is_next = |at: &usize| !left.iter().any(|before| self.is_before(*before, *at));
        for at in left.iter().copied().filter(is_next).collect::<Vec<_>>() {
            for after in self.after(state, self.calls[at], done.count_ones()) {
                if self.goes_on(&after, done | 1 << at) {
                    return true;
                }
            }
        }
        self.dead.insert((done, state.clone()));
        false
    }

    fn is_before(&self, one: usize, other: usize) -> bool {
        let (earlier, later) = (self.calls[one], self.calls[other]);
        earlier.actor == later.actor && one < other || (self.returned_before)(earlier, later)
    }

    /// The states after this call; none if its answer is not allowed.
    fn after(&mut self, state: &S, call: &Call<S>, length: u32) -> Vec<S> {
        let Some((response, _)) = &call.answer else { return state.effects(&call.operation) };
        let mut after = state.clone();
        match after.allows(&call.operation, response) {
            Ok(()) => vec![after],
            Err(mismatch) => {
                self.note(length, mismatch);
                Vec::new()
            }
        }
    }

    fn note(&mut self, length: u32, mismatch: Mismatch) {
        if self.furthest.as_ref().is_none_or(|(longest, _)| *longest < length) {
            self.furthest = Some((length, mismatch));
        }
    }
}

fn line<S: Spec>(call: &Call<S>) -> String {
    let Call { actor, operation, begin, answer } = call;
    match answer {
        Some((response, end)) => format!("  {begin:3} to {end:3}  actor {actor}  {operation:?} -> {response:?}"),
        None => format!("  {begin:3} to ...  actor {actor}  {operation:?}"),
    }
}

/// A history that no order explains.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unexplained {
    /// What stood in the way of the order that came furthest.
    pub mismatch: Mismatch,
    history: String,
}

impl Display for Unexplained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mismatch { expected, answered, .. } = &self.mismatch;
        write!(
            f,
            "no order of the calls explains the answers; the longest ends where {answered} should be {expected}"
        )?;
        write!(f, "\n{}", self.history)
    }
}

impl std::error::Error for Unexplained {}

#[cfg(test)]
mod tests {
    use super::{Call, explain, explain_to_each};
    use crate::ring::{Operation, Operation::*, Response, Response::*, Ring};

    fn call(
        actor: usize,
        operation: Operation<u8>,
        begin: usize,
        answer: Option<(Response<u8>, usize)>,
    ) -> Call<Ring<u8>> {
        Call { actor, operation, begin, answer }
    }

    fn put(item: u8, begin: usize, end: usize) -> Call<Ring<u8>> {
        call(0, Put(vec![item]), begin, Some((Moved(1), end)))
    }

    fn took(item: u8, begin: usize, end: usize) -> Call<Ring<u8>> {
        call(1, Take(1), begin, Some((Took(vec![item]), end)))
    }

    fn empty(begin: usize, end: usize) -> Call<Ring<u8>> {
        call(1, Take(1), begin, Some((WouldBlock, end)))
    }

    #[test]
    fn calls_that_overlap_may_come_in_either_order() {
        for history in [[put(1, 0, 3), empty(1, 2)], [put(1, 0, 3), took(1, 1, 2)]] {
            explain(&Ring::new(1), &history).expect("either");
        }
    }

    #[test]
    fn a_call_that_returned_comes_before_one_that_began_later() {
        let broken = explain(&Ring::new(1), &[put(1, 0, 1), empty(2, 3)]).expect_err("it was put before");
        assert_eq!(broken.mismatch.rule, "RING-1");
        assert!(broken.to_string().contains("    2 to   3  actor 1  Take(1) -> WouldBlock"), "{broken}");
        explain(&Ring::new(2), &[put(1, 0, 1), put(2, 2, 3), took(2, 4, 5)]).expect_err("out of order");
    }

    #[test]
    fn a_call_that_has_not_returned_may_have_taken_effect_or_not() {
        let pending = call(0, Put(vec![1]), 0, None);
        explain(&Ring::new(1), &[pending.clone(), empty(1, 2)]).expect("not yet");
        explain(&Ring::new(1), &[pending.clone(), took(1, 1, 2)]).expect("already");
        explain(&Ring::new(1), &[pending.clone(), took(1, 1, 2), empty(3, 4)]).expect("once");
        explain(&Ring::new(1), &[pending.clone(), took(1, 1, 2), took(1, 3, 4)]).expect_err("not twice");
        explain(&Ring::new(1), &[pending.clone(), took(1, 1, 2), put(2, 3, 4)]).expect("and then the next");
        explain(&Ring::new(1), &[empty(1, 2), call(0, Put(vec![1]), 3, None), took(1, 4, 5)]).expect("after it began");
        explain(&Ring::new(1), &[took(1, 1, 2), call(0, Put(vec![1]), 3, None)]).expect_err("not before it began");
    }

    #[test]
    fn each_actor_may_be_late_to_learn_but_does_not_forget() {
        let stale = |response: &Response<u8>| *response == WouldBlock;
        let full = call(0, Put(vec![3]), 6, Some((WouldBlock, 7)));
        // Neither sees what the other did last: no single order has both answers.
        let both = [put(1, 0, 1), put(2, 2, 3), full.clone(), took(1, 8, 9), empty(10, 11)];
        explain(&Ring::new(2), &both).expect_err("2 was put long before");
        explain_to_each(&Ring::new(2), &both, stale).expect("each is right as far as it knows");
        let forgets = [put(1, 0, 1), put(2, 2, 3), took(1, 4, 5), empty(6, 7), took(2, 8, 9)];
        explain_to_each(&Ring::new(2), &forgets, stale).expect("2 came after it looked, for all it knows");
        let knows = [put(1, 0, 1), put(2, 2, 3), call(1, Take(2), 4, Some((Took(vec![1, 2]), 5))), full];
        explain_to_each(&Ring::new(2), &knows, stale).expect("full before they were taken");
        let reads = [put(1, 0, 1), empty(4, 5), put(2, 6, 7), took(2, 8, 9)];
        explain_to_each(&Ring::new(2), &reads, stale).expect_err("1 comes first");
        let own = [put(1, 0, 1), call(0, Put(vec![2]), 2, Some((WouldBlock, 3)))];
        explain_to_each(&Ring::new(2), &own, stale).expect_err("it put only one itself");
    }
}
