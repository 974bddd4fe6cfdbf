//! The meetings of one broker: RDV-1 to RDV-5, RDV-8, RDV-9.
//!
//! A *party* is one call of `accept` or `connect`. A call that waits is two or three steps here: it arrives, it is
//! perhaps settled by somebody else's arrival, and it collects how it ended, or withdraws.
//!
//! | an arrival finds | and answers |
//! |---|---|
//! | a party of the other side and its own kind | `Met` the one that waited longest; that one is settled |
//! | (connects only) acceptors, all of the other kind | `KindMismatch`; nobody is disturbed |
//! | nobody for it | `Waits`, or `WouldBlock` if it may not wait |
//! | the broker closed | `Closed` |
//!
//! Ports that a listener claimed (RDV-6) belong to the event world and are not described here.

pub mod calls;

use std::collections::{BTreeMap, VecDeque};

use crate::Spec;

/// The name of a party: every call has its own.
pub type Party = u32;

/// What a party wants to be connected by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A stream of bytes.
    Bytes,
    /// A queue of messages.
    Messages,
}

/// Which call a party is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Side {
    /// It accepts on a port of this broker.
    Accept,
    /// It connects to a port of this broker.
    Connect,
}

/// What happens at the broker, one after the other.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Operation {
    /// A call begins.
    Arrive {
        /// Its name, not used before.
        party: Party,
        /// Which call it is.
        side: Side,
        /// The port.
        port: u16,
        /// What it wants to be connected by.
        kind: Kind,
        /// Whether it waits where there is nobody to meet (`false`: a `try_`).
        waits: bool,
    },
    /// A waiting call asks how it ended.
    Collect(Party),
    /// A waiting call runs out of time: it goes, unless it was settled before.
    Withdraw(Party),
    /// The party's own broker closes (for a connect that waits at another broker).
    Release(Party),
    /// The broker closes.
    Close,
}

/// What a party is answered.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Response {
    /// It holds one end of a channel, and this other party the other one.
    Met(Party),
    /// It waits.
    Waits,
    /// There is nobody to meet now.
    WouldBlock,
    /// It waited in vain, and left nothing behind.
    TimedOut,
    /// Only acceptors of the other kind are there.
    KindMismatch,
    /// The broker closed.
    Closed,
    /// Done.
    Done,
}

/// A call that waits on a port.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Waiting {
    party: Party,
    side: Side,
    kind: Kind,
}

/// The state of the meetings of one broker.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Table {
    closed: bool,
    /// Who waits, in the order of arrival, on each port where somebody does.
    ports: BTreeMap<u16, VecDeque<Waiting>>,
    /// How calls ended that waited and did not collect yet.
    settled: BTreeMap<Party, Response>,
}

impl Table {
    /// The table of a fresh broker.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many calls wait on `port`.
    pub fn waiting(&self, port: u16) -> usize {
        self.ports.get(&port).map_or(0, VecDeque::len)
    }

    /// Whether `party` waits, or was settled and does not know yet.
    pub fn is_pending(&self, party: Party) -> bool {
        self.settled.contains_key(&party) || self.ports.values().flatten().any(|waiting| waiting.party == party)
    }

    fn arrive(&mut self, newcomer: Waiting, port: u16, waits: bool) -> Response {
        assert!(!self.is_pending(newcomer.party), "party {} arrives twice", newcomer.party);
        if self.closed {
            return Response::Closed;
        }
        let queue = self.ports.entry(port).or_default();
        let across = |waiting: &Waiting| waiting.side != newcomer.side;
        let response = if let Some(at) = queue.iter().position(|found| across(found) && found.kind == newcomer.kind) {
            let met = queue.remove(at).expect("just found").party;
            self.settled.insert(met, Response::Met(newcomer.party));
            Response::Met(met)
        } else if newcomer.side == Side::Connect && queue.iter().any(across) {
            Response::KindMismatch
        } else if waits {
            queue.push_back(newcomer);
            Response::Waits
        } else {
            Response::WouldBlock
        };
        self.forget_if_empty(port);
        response
    }

    fn collect(&mut self, party: Party) -> Response {
        assert!(self.is_pending(party), "party {party} has nothing to collect");
        self.settled.remove(&party).unwrap_or(Response::Waits)
    }

    fn withdraw(&mut self, party: Party) -> Response {
        match self.collect(party) {
            Response::Waits => {
                self.remove(party);
                Response::TimedOut
            }
            settled => settled,
        }
    }

    fn release(&mut self, party: Party) -> Response {
        if self.remove(party) {
            self.settled.insert(party, Response::Closed);
        }
        Response::Done
    }

    fn close(&mut self) -> Response {
        self.closed = true;
        for waiting in std::mem::take(&mut self.ports).into_values().flatten() {
            self.settled.insert(waiting.party, Response::Closed);
        }
        Response::Done
    }

    /// Takes a waiting party out; whether it was there.
    fn remove(&mut self, party: Party) -> bool {
        let found = self.ports.iter().find(|(_, queue)| queue.iter().any(|waiting| waiting.party == party));
        let Some(port) = found.map(|(port, _)| *port) else { return false };
        self.ports.get_mut(&port).expect("just found").retain(|waiting| waiting.party != party);
        self.forget_if_empty(port);
        true
    }

    /// Equal states compare equal: a port where nobody waits is no entry.
    fn forget_if_empty(&mut self, port: u16) {
        if self.waiting(port) == 0 {
            self.ports.remove(&port);
        }
    }
}

impl Spec for Table {
    type Operation = Operation;
    type Response = Response;

    fn apply(&mut self, operation: &Operation) -> Response {
        match *operation {
            Operation::Arrive { party, side, port, kind, waits } => {
                self.arrive(Waiting { party, side, kind }, port, waits)
            }
            Operation::Collect(party) => self.collect(party),
            Operation::Withdraw(party) => self.withdraw(party),
            Operation::Release(party) => self.release(party),
            Operation::Close => self.close(),
        }
    }

    fn rule(&self, operation: &Operation) -> &'static str {
        match operation {
            _ if self.closed => "RDV-8",
            Operation::Arrive { side: Side::Connect, port, kind, .. }
                if self.ports.get(port).is_some_and(|queue| {
                    queue.iter().any(|found| found.side == Side::Accept)
                        && !queue.iter().any(|found| found.side == Side::Accept && found.kind == *kind)
                }) =>
            {
                "RDV-9"
            }
            Operation::Arrive { .. } => "RDV-3",
            Operation::Collect(_) => "RDV-4",
            Operation::Withdraw(_) => "RDV-5",
            Operation::Release(_) | Operation::Close => "RDV-8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Kind::*, Operation, Operation::*, Party, Response, Response::*, Side, Side::*, Table};
    use crate::{Spec, replay};

    fn arrives(party: Party, side: Side, kind: Kind) -> Operation {
        Arrive { party, side, port: 80, kind, waits: true }
    }

    fn tries(party: Party, side: Side) -> Operation {
        Arrive { party, side, port: 80, kind: Bytes, waits: false }
    }

    /// A table that went through `history`, each step answered as it should be.
    fn after(history: &[(Operation, Response)]) -> Table {
        replay(Table::new(), history).unwrap_or_else(|(at, why)| panic!("{:?}: {why}", history[at].0))
    }

    #[test]
    fn rdv_1_and_rdv_2_a_meeting_has_two_parties_whoever_came_first() {
        for (first, second) in [(Accept, Connect), (Connect, Accept)] {
            let table = after(&[
                (arrives(1, first, Bytes), Waits),
                (arrives(2, second, Bytes), Met(1)),
                (Collect(1), Met(2)),
                (tries(3, second), WouldBlock),
            ]);
            assert_eq!(table, Table::new(), "nothing is left");
        }
    }

    #[test]
    fn rdv_3_first_come_first_served() {
        let waiting = after(&[(arrives(1, Connect, Bytes), Waits), (arrives(2, Connect, Bytes), Waits)]);
        waiting.clone().allows(&tries(3, Accept), &Met(1)).expect("1 came first");
        let broken = waiting.clone().allows(&tries(3, Accept), &Met(2)).expect_err("1 came first");
        assert_eq!(broken.rule, "RDV-3");
    }

    #[test]
    fn rdv_4_who_was_met_does_not_wait_on() {
        let mut met = after(&[(arrives(1, Accept, Bytes), Waits), (tries(2, Connect), Met(1))]);
        assert_eq!(met.allows(&Collect(1), &Waits).expect_err("it was met").rule, "RDV-4");
    }

    #[test]
    fn rdv_5_who_withdrew_is_no_ghost() {
        let history = [(arrives(1, Accept, Bytes), Waits), (Withdraw(1), TimedOut), (tries(2, Connect), WouldBlock)];
        assert_eq!(after(&history), Table::new());
    }

    #[test]
    fn rdv_5_a_meeting_wins_over_a_later_withdrawal() {
        after(&[(arrives(1, Accept, Bytes), Waits), (tries(2, Connect), Met(1)), (Withdraw(1), Met(2))]);
    }

    #[test]
    fn rdv_8_close_releases_everybody() {
        after(&[
            (arrives(1, Accept, Bytes), Waits),
            (arrives(2, Connect, Messages), KindMismatch),
            (Close, Done),
            (Collect(1), Closed),
            (tries(3, Accept), Closed),
            (tries(4, Connect), Closed),
            (Close, Done),
        ]);
    }

    #[test]
    fn rdv_8_a_connect_is_released_by_the_close_of_its_own_broker() {
        after(&[
            (arrives(1, Connect, Bytes), Waits),
            (Release(1), Done),
            (Collect(1), Closed),
            (tries(2, Accept), WouldBlock),
        ]);
    }

    #[test]
    fn rdv_9_kinds_do_not_mix() {
        let history = [
            (arrives(1, Accept, Bytes), Waits),
            (arrives(2, Connect, Messages), KindMismatch),
            (arrives(3, Accept, Messages), Waits),
            (arrives(4, Connect, Messages), Met(3)),
            (tries(5, Connect), Met(1)),
        ];
        after(&history);
    }

    #[test]
    fn rdv_9_waiting_connects_of_the_other_kind_are_left_waiting() {
        let table = after(&[(arrives(1, Connect, Messages), Waits), (arrives(2, Accept, Bytes), Waits)]);
        assert_eq!(table.waiting(80), 2);
    }
}
