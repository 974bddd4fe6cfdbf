//! Meetings as they look from outside: a call that waits is one call, but it takes effect twice, when it arrives and when it learns how it ended.
//!
//! In between it can be met, so no single moment of it explains a history: a history has both as calls of their own, with the begin and the
//! end of the one. What the table answered to the arrival is not seen from outside; it is kept until the end.

use std::collections::BTreeMap;

use super::{Kind, Party, Response, Side, Table};
use crate::{Mismatch, Spec};

/// Half of a call, or a close.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Operation {
    /// A call arrives; `Done`.
    Arrives {
        /// Its name, not used before.
        party: Party,
        /// Which call it is.
        side: Side,
        /// What it wants to be connected by.
        kind: Kind,
        /// Whether it waits where there is nobody to meet.
        waits: bool,
    },
    /// The call ends so. `TimedOut` withdraws it.
    Ends(Party),
    /// The broker closes; `Done`.
    Close,
}

/// The meetings at one port of a broker.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Calls {
    table: Table,
    /// What those were answered at once who do not wait.
    answered: BTreeMap<Party, Response>,
}

impl Calls {
    /// The port of a fresh broker.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How a call ends: as it was answered at once, or as it finds out now.
    fn end(&mut self, party: Party, gives_up: bool) -> Response {
        let at_once = self.answered.remove(&party);
        at_once.unwrap_or_else(|| if gives_up { self.table.withdraw(party) } else { self.table.collect(party) })
    }
}

impl Spec for Calls {
    type Operation = Operation;
    type Response = Response;

    fn apply(&mut self, operation: &Operation) -> Response {
        match *operation {
            Operation::Arrives { party, side, kind, waits } => {
                let arrival = super::Operation::Arrive { party, side, port: 0, kind, waits };
                match self.table.apply(&arrival) {
                    Response::Waits => {}
                    at_once => drop(self.answered.insert(party, at_once)),
                }
                Response::Done
            }
            Operation::Ends(party) => self.end(party, false),
            Operation::Close => self.table.close(),
        }
    }

    fn allows(&mut self, operation: &Operation, response: &Response) -> Result<(), Mismatch> {
        let mut after = self.clone();
        let expected = match operation {
            Operation::Ends(party) => after.end(*party, *response == Response::TimedOut),
            _ => after.apply(operation),
        };
        if expected != *response {
            return Err(Mismatch::new(self.rule(operation), &expected, response));
        }
        *self = after;
        Ok(())
    }

    fn effects(&self, operation: &Operation) -> Vec<Self> {
        let mut after = [self.clone(), self.clone()];
        after[0].apply(operation);
        match operation {
            Operation::Ends(party) => drop(after[1].end(*party, true)),
            _ => drop(after[1].apply(operation)),
        }
        after.into()
    }

    fn rule(&self, operation: &Operation) -> &'static str {
        match operation {
            Operation::Arrives { .. } => "RDV-3",
            Operation::Ends(party) if self.answered.get(party) == Some(&Response::KindMismatch) => "RDV-9",
            Operation::Ends(_) if self.table.closed => "RDV-8",
            Operation::Ends(_) => "RDV-4",
            Operation::Close => "RDV-8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Calls, Kind, Operation, Operation::*, Party, Response, Response::*, Side};
    use crate::history::{Call, explain};

    /// A timed call, as a history has it.
    fn timed(party: Party, side: Side, begin: usize, end: usize, how: Response) -> [Call<Calls>; 2] {
        let half = |operation: Operation, response: Response| Call {
            actor: party as usize,
            operation,
            begin,
            answer: Some((response, end)),
        };
        [half(Arrives { party, side, kind: Kind::Bytes, waits: true }, Done), half(Ends(party), how)]
    }

    fn is_explained(calls: &[[Call<Calls>; 2]]) -> bool {
        explain(&Calls::new(), &calls.concat()).is_ok()
    }

    #[test]
    fn two_calls_that_overlap_meet_whoever_began_first() {
        for begin in [1, 3] {
            let (accept, connect) = (timed(1, Side::Accept, 2, 5, Met(2)), timed(2, Side::Connect, begin, 4, Met(1)));
            assert!(is_explained(&[accept, connect]));
        }
        let (accept, late) = (timed(1, Side::Accept, 0, 1, Met(2)), timed(2, Side::Connect, 2, 3, Met(1)));
        assert!(!is_explained(&[accept, late]), "RDV-1: it had returned");
    }

    #[test]
    fn rdv_5_both_agree_who_won() {
        let late = timed(1, Side::Accept, 0, 3, TimedOut);
        assert!(is_explained(&[late.clone(), timed(2, Side::Connect, 1, 2, TimedOut)]), "one after the other's end");
        assert!(!is_explained(&[late, timed(2, Side::Connect, 1, 2, Met(1))]), "a ghost");
    }

    #[test]
    fn an_end_comes_after_its_arrival() {
        let [arrives, ends] = timed(1, Side::Accept, 0, 3, TimedOut);
        explain(&Calls::new(), &[arrives, ends]).expect("in this order only");
    }
}
