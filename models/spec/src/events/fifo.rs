//! What an EventQueue is to those who post and to the pump: PUMP-1, PUMP-2, PUMP-5.
//!
//! | state | `Post(event)` | `Take` | `Stop` |
//! |---|---|---|---|
//! | not stopped | `Done`, it stands last | `Took` the first, `Nothing` if there is none | `Done` |
//! | stopped | `Stopped`, it is dropped | the same | `Done` |

use std::collections::VecDeque;
use std::fmt::Debug;
use std::hash::Hash;

use crate::Spec;

/// What happens at the queue.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Operation<T> {
    /// Somebody posts.
    Post(T),
    /// The pump takes what is next.
    Take,
    /// Somebody stops the pump.
    Stop,
}

/// What the queue answers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Response<T> {
    /// Posted, or stopped.
    Done,
    /// Refused: the pump has stopped.
    Stopped,
    /// This one.
    Took(T),
    /// There is none.
    Nothing,
}

/// The state of the queue.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Fifo<T> {
    posted: VecDeque<T>,
    stopped: bool,
}

impl<T> Fifo<T> {
    /// Nothing posted, not stopped.
    #[must_use]
    pub fn new() -> Self {
        Self { posted: VecDeque::new(), stopped: false }
    }

    /// Posts, unless it is stopped; whether it did.
    pub fn post(&mut self, event: T) -> bool {
        if !self.stopped {
            self.posted.push_back(event);
        }
        !self.stopped
    }

    /// Takes what is next.
    pub fn take(&mut self) -> Option<T> {
        self.posted.pop_front()
    }

    /// Refuses what is posted from now on.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// Whether it refuses.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// What is posted, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.posted.iter()
    }

    /// Drops what is no longer wanted.
    pub fn retain(&mut self, is_wanted: impl FnMut(&T) -> bool) {
        self.posted.retain(is_wanted);
    }
}

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone + Eq + Hash + Debug> Spec for Fifo<T> {
    type Operation = Operation<T>;
    type Response = Response<T>;

    fn apply(&mut self, operation: &Operation<T>) -> Response<T> {
        match operation {
            Operation::Post(event) => {
                if self.post(event.clone()) {
                    Response::Done
                } else {
                    Response::Stopped
                }
            }
            Operation::Take => self.take().map_or(Response::Nothing, Response::Took),
            Operation::Stop => {
                self.stop();
                Response::Done
            }
        }
    }

    fn rule(&self, operation: &Operation<T>) -> &'static str {
        match operation {
            Operation::Post(_) if self.stopped => "PUMP-5",
            Operation::Post(_) => "PUMP-2",
            Operation::Take => "PUMP-1",
            Operation::Stop => "PUMP-5",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fifo, Operation::*, Response::*};
    use crate::{Spec, replay};

    #[test]
    fn pump_1_events_run_in_the_order_of_the_posts() {
        let history = [(Post('a'), Done), (Post('b'), Done), (Take, Took('a')), (Take, Took('b')), (Take, Nothing)];
        assert_eq!(replay(Fifo::new(), &history).expect("all allowed"), Fifo::new());
        let broken = replay(Fifo::new(), &[(Post('a'), Done), (Post('b'), Done), (Take, Took('b'))]);
        assert_eq!(broken.expect_err("a came first").1.rule, "PUMP-1");
    }

    #[test]
    fn pump_5_what_was_accepted_before_the_stop_runs() {
        let history = [(Post('a'), Done), (Stop, Done), (Post('b'), Stopped), (Take, Took('a')), (Take, Nothing)];
        let mut after = replay(Fifo::new(), &history).expect("all allowed");
        assert_eq!(after.allows(&Post('c'), &Done).expect_err("stopped").rule, "PUMP-5");
    }
}
