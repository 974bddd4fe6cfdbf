//! What a broker is, apart from the handles to it: its ports, its connections, its attempts at others.
//!
//! Three tables, three locks, and no lock is ever taken while another is held, so that brokers that connect to each other, or to
//! themselves, cannot wait for each other. What stands in one table and must be undone in another is handed over in steps:
//!
//! * **B1** a connect that has to wait first lines up at the target's port, then enters itself among the attempts of its own broker.
//!   If that broker was closed meanwhile, entering fails and it withdraws itself; else closing finds it there and withdraws it.
//! * **B2** both ends of a connection are entered in the brokers' tables before either end is handed out, and each is struck by
//!   whoever disconnects it.
//! * **B3** a closed broker stays closed: nothing lines up at its ports and nothing is entered among its attempts.

use std::collections::HashMap;
use std::fmt;

use crate::Port;
use crate::channel::{self, Channel, Endpoint, Ledger};
use crate::error::{AcceptError, ConnectError};
use crate::rdv::{Arrival, Party, Point, Role, Seat, Ticket};
use crate::sync::time::Deadline;
use crate::sync::{Arc, Mutex};

use super::manager::Registry;

/// What a party is told: its end, or the name of the broker that was closed.
pub(super) type Outcome = Result<Channel, Arc<str>>;

/// How long to wait for the other side.
#[derive(Debug, Clone, Copy)]
pub(super) enum Patience {
    /// Not at all.
    None,
    /// Until a deadline, or for ever.
    Until(Deadline),
}

/// A broker without its handles.
pub(super) struct Core {
    name: Arc<str>,
    registry: Arc<Registry>,
    ports: Mutex<Ports>,
    attempts: Mutex<Attempts>,
    connections: Mutex<Connections>,
}

/// A connect says on behalf of whom, an accept has nothing to say.
type Caller = Option<Arc<Core>>;

#[derive(Default)]
struct Ports {
    closed: bool,
    next: Ticket,
    points: HashMap<Port, Point<Caller, Outcome>>,
}

/// Connects of this broker that wait at others.
#[derive(Default)]
struct Attempts {
    closed: bool,
    next: u64,
    waiting: HashMap<u64, Attempt>,
}

/// Where a connect waits.
#[derive(Clone)]
struct Attempt {
    target: Arc<Core>,
    port: Port,
    ticket: Ticket,
}

#[derive(Default)]
struct Connections {
    next: u64,
    open: HashMap<u64, (Endpoint, Endpoint)>,
}

/// How an arrival at a port went.
enum Meeting {
    /// With this party, who came from there.
    Met(Caller, Arc<dyn Party<Outcome>>),
    /// Not yet: the seat is in the line.
    Waiting(Arc<Seat<Outcome>>, Ticket),
    /// Not now, and the caller did not want to wait.
    Nobody,
    /// Never: the broker is closed.
    Closed,
}

/// Why a call ended without a channel, before it is put into the words of the call.
pub(super) enum Failed {
    Closed(Arc<str>),
    Timeout,
    WouldBlock,
}

impl Failed {
    pub(super) fn accepting(self, port: Port) -> AcceptError {
        match self {
            Self::Closed(broker) => AcceptError::BrokerClosed { broker: broker.as_ref().into() },
            Self::Timeout => AcceptError::Timeout { port },
            Self::WouldBlock => AcceptError::WouldBlock { port },
        }
    }

    pub(super) fn connecting(self, broker: &str, port: Port) -> ConnectError {
        match self {
            Self::Closed(broker) => ConnectError::BrokerClosed { broker: broker.as_ref().into() },
            Self::Timeout => ConnectError::Timeout { broker: broker.into(), port },
            Self::WouldBlock => ConnectError::WouldBlock { broker: broker.into(), port },
        }
    }
}

impl Core {
    pub(super) fn new(name: Arc<str>, registry: Arc<Registry>) -> Self {
        Self { name, registry, ports: Mutex::default(), attempts: Mutex::default(), connections: Mutex::default() }
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Whether it has been closed.
    pub(super) fn is_closed(&self) -> bool {
        self.attempts.lock().closed
    }

    /// Accepts on a port.
    pub(super) fn accept(self: &Arc<Self>, port: Port, patience: Patience) -> Result<Channel, Failed> {
        match self.arrive(Role::Accept, port, None, patience) {
            Meeting::Met(from, party) => {
                let (accepted, connected) = self.establish(port, from.as_ref());
                party.settle(Ok(connected));
                Ok(accepted)
            }
            Meeting::Waiting(seat, ticket) => self.wait(port, &seat, ticket, patience),
            Meeting::Nobody => Err(Failed::WouldBlock),
            Meeting::Closed => Err(Failed::Closed(self.name.clone())),
        }
    }

    /// Connects to a port of this broker, on behalf of `from`.
    pub(super) fn admit(self: &Arc<Self>, from: Caller, port: Port, patience: Patience) -> Result<Channel, Failed> {
        match self.arrive(Role::Connect, port, from.clone(), patience) {
            Meeting::Met(_, party) => {
                let (accepted, connected) = self.establish(port, from.as_ref());
                party.settle(Ok(accepted));
                Ok(connected)
            }
            Meeting::Waiting(seat, ticket) => {
                let attempt = Attempt { target: self.clone(), port, ticket };
                let entered = from.as_ref().map(|from| from.enter_attempt(attempt));
                let outcome = self.wait(port, &seat, ticket, patience);
                if let (Some(from), Some(Some(number))) = (from, entered) {
                    from.attempts.lock().waiting.remove(&number);
                }
                outcome
            }
            Meeting::Nobody => Err(Failed::WouldBlock),
            Meeting::Closed => Err(Failed::Closed(self.name.clone())),
        }
    }

    /// Meets whoever waits on the other side of the port, or lines up.
    fn arrive(&self, role: Role, port: Port, from: Caller, patience: Patience) -> Meeting {
        let mut ports = self.ports.lock();
        if ports.closed {
            return Meeting::Closed;
        }
        if let Some(point) = ports.points.get_mut(&port) {
            let arrival = point.arrive(role);
            if point.is_empty() {
                ports.points.remove(&port);
            }
            if let Arrival::Met(from, party) = arrival {
                return Meeting::Met(from, party);
            }
        }
        if matches!(patience, Patience::None) {
            return Meeting::Nobody;
        }
        let seat = Arc::new(Seat::new());
        let ticket = ports.next;
        ports.next += 1;
        ports.points.entry(port).or_default().open(role, ticket, from, seat.clone());
        Meeting::Waiting(seat, ticket)
    }

    /// Waits in the line of a port.
    fn wait(&self, port: Port, seat: &Seat<Outcome>, ticket: Ticket, patience: Patience) -> Result<Channel, Failed> {
        let deadline = match patience {
            Patience::None => Deadline::NEVER,
            Patience::Until(deadline) => deadline,
        };
        let outcome = match seat.wait(deadline) {
            Some(outcome) => outcome,
            None if self.withdraw(port, ticket).is_some() => return Err(Failed::Timeout),
            // R3: the other side, or a closing broker, was faster.
            None => seat.wait(Deadline::NEVER).expect("a wait without a deadline ends with an outcome"),
        };
        outcome.map_err(Failed::Closed)
    }

    /// Takes an Rdv out of the line of a port, unless somebody already did.
    fn withdraw(&self, port: Port, ticket: Ticket) -> Option<Arc<dyn Party<Outcome>>> {
        let mut ports = self.ports.lock();
        let point = ports.points.get_mut(&port)?;
        let party = point.withdraw(ticket);
        if point.is_empty() {
            ports.points.remove(&port);
        }
        party
    }

    /// B1: enters a waiting connect of this broker. If it is closed already, ends the attempt itself.
    fn enter_attempt(&self, attempt: Attempt) -> Option<u64> {
        let mut attempts = self.attempts.lock();
        if attempts.closed {
            drop(attempts);
            self.end_attempt(&attempt);
            return None;
        }
        let number = attempts.next;
        attempts.next += 1;
        attempts.waiting.insert(number, attempt);
        Some(number)
    }

    /// This broker is closed: its connect does not wait any longer, unless it has met somebody.
    fn end_attempt(&self, attempt: &Attempt) {
        if let Some(party) = attempt.target.withdraw(attempt.port, attempt.ticket) {
            party.settle(Err(self.name.clone()));
        }
    }

    /// Makes the two ends of a connection that was accepted here: the accepted one and the connected one.
    fn establish(self: &Arc<Self>, port: Port, from: Option<&Arc<Self>>) -> (Channel, Channel) {
        let here = Endpoint::new(Some(self.name.clone()), Some(port));
        let there = Endpoint::new(from.map(|from| from.name.clone()), None);
        let accepted = channel::End::new(here.clone(), Some(self.enter(&here, &there)));
        let connected = channel::End::new(there.clone(), from.map(|from| from.enter(&there, &here)));
        channel::connect(self.registry.channel_capacity(), [accepted, connected])
            .expect("the manager's capacity was checked when it was built")
    }

    /// B2: enters an open connection.
    fn enter(self: &Arc<Self>, local: &Endpoint, peer: &Endpoint) -> channel::Entry {
        let mut connections = self.connections.lock();
        let number = connections.next;
        connections.next += 1;
        connections.open.insert(number, (local.clone(), peer.clone()));
        channel::Entry { ledger: self.clone(), number }
    }

    /// The open connections, oldest first.
    pub(super) fn connections(&self) -> Vec<(Endpoint, Endpoint)> {
        let connections = self.connections.lock();
        let mut open: Vec<_> = connections.open.iter().collect();
        open.sort_unstable_by_key(|(number, _)| **number);
        open.into_iter().map(|(_, ends)| ends.clone()).collect()
    }

    /// Frees the name and releases everybody who waits at this broker or for it (RDV-8).
    pub(super) fn close(&self) {
        self.registry.remove(self);
        let mut released = Vec::new();
        let mut ports = self.ports.lock();
        ports.closed = true;
        for mut point in std::mem::take(&mut ports.points).into_values() {
            released.extend(point.drain());
        }
        drop(ports);
        // In the order they came, whatever the table's order.
        released.sort_unstable_by_key(|(ticket, _)| *ticket);
        for (_, party) in released {
            party.settle(Err(self.name.clone()));
        }
        let mut attempts = self.attempts.lock();
        attempts.closed = true;
        let mut waiting: Vec<_> = std::mem::take(&mut attempts.waiting).into_iter().collect();
        drop(attempts);
        waiting.sort_unstable_by_key(|(number, _)| *number);
        for (_, attempt) in waiting {
            self.end_attempt(&attempt);
        }
    }
}

impl Ledger for Core {
    fn strike(&self, entry: u64) {
        self.connections.lock().open.remove(&entry);
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("name", &self.name).finish_non_exhaustive()
    }
}
