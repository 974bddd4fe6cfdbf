//! Sequential specifications of the parts of `rdv`: what each part answers when nobody else is around.
//!
//! One small pure state machine per component, without threads, memory or time:
//!
//! | machine | component | rules |
//! |---|---|---|
//! | [`ring::Ring`] | one circular buffer | RING-1, RING-2, RING-6 |
//! | [`channel::Pair`] | the two ends of a connected channel | CHAN-1 to CHAN-8 |
//! | [`meeting::Table`] | the meetings of one broker | RDV-1 to RDV-5, RDV-8, RDV-9 |
//! | [`names::Registry`] | the names in one manager | RDV-7, RDV-8 |
//! | [`events::World`] | pumps, message queues, ports with listeners | PUMP-1 to PUMP-6, MQ-1 to MQ-11 |
//!
//! The property tests, the model scenarios and the judge of [`history`] all ask the same machine. They differ in
//! where the steps come from: a random script, a hand-written scenario, a candidate order of an explored history.
//!
//! A specification may be looser than any implementation of it: a `write` may move fewer bytes than there is
//! room for. So the machine does not predict an answer, it judges one: [`Spec::allows`]. Where somebody needs
//! one answer, [`Spec::apply`] gives the canonical one, which moves as much as it can.
//!
//! ```
//! use rdv_spec::{Spec, ring::{Operation, Response, Ring}};
//!
//! let mut ring = Ring::new(2);
//! assert_eq!(ring.apply(&Operation::Put(vec!['a', 'b', 'c'])), Response::Moved(2));
//! assert_eq!(ring.apply(&Operation::Put(vec!['c'])), Response::WouldBlock);
//! ring.allows(&Operation::Take(2), &Response::Took(vec!['a'])).expect("less than there is, but not nothing");
//! ring.allows(&Operation::Take(1), &Response::Took(vec!['c'])).expect_err("`b` comes first");
//! ```

pub mod channel;
pub mod events;
pub mod history;
pub mod meeting;
pub mod names;
pub mod ring;

use std::fmt::{self, Debug, Display};
use std::hash::Hash;

/// A sequential specification: a state, the operations on it, and which answers it allows.
///
/// States are values: they can be cloned (to try an order and come back) and compared and hashed (to notice
/// that two orders lead to the same place).
pub trait Spec: Clone + Eq + Hash + Debug {
    /// What somebody does.
    type Operation: Clone + Debug;
    /// What comes back.
    type Response: Clone + Eq + Debug;

    /// The canonical answer to `operation`; the state becomes the one after it.
    fn apply(&mut self, operation: &Self::Operation) -> Self::Response;

    /// Whether the contract allows `response` as the answer to `operation`.
    ///
    /// If it does, the state becomes the one after that answer; if not, it stays as it was.
    ///
    /// # Errors
    /// [`Mismatch`] names the rule that the answer breaks, and what would have been right.
    fn allows(&mut self, operation: &Self::Operation, response: &Self::Response) -> Result<(), Mismatch> {
        let mut after = self.clone();
        let expected = after.apply(operation);
        if expected != *response {
            return Err(Mismatch::new(self.rule(operation), &expected, response));
        }
        *self = after;
        Ok(())
    }

    /// The states in which `operation` may leave this one, whatever it answers: for a call that has not returned.
    #[must_use]
    fn effects(&self, operation: &Self::Operation) -> Vec<Self> {
        let mut after = self.clone();
        after.apply(operation);
        vec![after]
    }

    /// The rule that says most about how `operation` is answered in this state.
    fn rule(&self, operation: &Self::Operation) -> &'static str;
}

/// An answer that the contract does not allow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch {
    /// The ID of the rule that is broken.
    pub rule: &'static str,
    /// What would have been right.
    pub expected: String,
    /// What was answered.
    pub answered: String,
}

impl Mismatch {
    /// `answered`, where `rule` wants `expected`.
    pub fn new(rule: &'static str, expected: &impl Debug, answered: &impl Debug) -> Self {
        Self { rule, expected: format!("{expected:?}"), answered: format!("{answered:?}") }
    }
}

impl Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, answered {}", self.rule, self.expected, self.answered)
    }
}

impl std::error::Error for Mismatch {}

/// Runs a whole history through `start`.
///
/// # Errors
/// The position of the first answer that is not allowed, and why.
pub fn replay<S: Spec>(start: S, history: &[(S::Operation, S::Response)]) -> Result<S, (usize, Mismatch)> {
    let mut state = start;
    for (position, (operation, response)) in history.iter().enumerate() {
        state.allows(operation, response).map_err(|mismatch| (position, mismatch))?;
    }
    Ok(state)
}
