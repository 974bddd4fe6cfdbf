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
use crate::channel::{End, Endpoint, Entry, Ledger};
use crate::error::{AcceptError, BindError, ConnectError};
use crate::rdv::{Role, Seat, Ticket};
use crate::sync::gauge::Gauge;
use crate::sync::time::Deadline;
use crate::sync::{Arc, Mutex};
use crate::wait::Spin;

use super::manager::Registry;
use super::ports::{Arrived, Bound, Kind, Outcome, PartyOf, Ports, Unbound, Visit};

/// Where a thread waits for a connection of that kind.
type SeatOf<K> = Arc<Seat<Outcome<K>>>;

/// How long to wait for the other side.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wait {
    /// Not at all.
    Not,
    /// Until a deadline, or for ever.
    Until(Deadline),
}

/// A broker without its handles.
pub(crate) struct Core {
    name: Arc<str>,
    registry: Arc<Registry>,
    ports: Mutex<Ports>,
    attempts: Mutex<Attempts>,
    connections: Mutex<Connections>,
    /// What waits of threads at its ports have taught, accepts and connects.
    accepting: Gauge,
    connecting: Gauge,
}

/// On behalf of which broker, if any.
pub(crate) type Caller = Option<Arc<Core>>;

/// Connects of this broker that wait at others.
#[derive(Default)]
struct Attempts {
    closed: bool,
    next: u64,
    waiting: HashMap<u64, Attempt>,
}

/// Where a connect waits.
#[derive(Clone)]
pub(crate) struct Attempt {
    target: Arc<Core>,
    port: Port,
    ticket: Ticket,
    /// Ends it if it still waits, for the reason that the broker of this name is closed.
    end: fn(&Self, Arc<str>),
}

#[derive(Default)]
struct Connections {
    next: u64,
    open: HashMap<u64, Open>,
}

/// An open connection, as little of it as tells both its ends: there are many.
struct Open {
    /// The broker at the other end, if it is one.
    peer: Option<Arc<str>>,
    port: Port,
    /// Here, or else there.
    accepted: bool,
}

/// Why there is no connection, before it is put into the words of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failed {
    Closed(Arc<str>),
    Timeout,
    WouldBlock,
    PortInUse,
    KindMismatch,
    Unbound,
}

impl Failed {
    pub(super) fn accepting(self, port: Port) -> AcceptError {
        match self {
            Self::Closed(broker) => AcceptError::BrokerClosed { broker: broker.as_ref().into() },
            Self::Timeout => AcceptError::Timeout { port },
            Self::PortInUse => AcceptError::PortInUse { port },
            Self::WouldBlock | Self::KindMismatch | Self::Unbound => AcceptError::WouldBlock { port },
        }
    }

    pub(crate) fn connecting(self, broker: &str, port: Port) -> ConnectError {
        let broker = broker.into();
        match self {
            Self::Closed(broker) => ConnectError::BrokerClosed { broker: broker.as_ref().into() },
            Self::Timeout => ConnectError::Timeout { broker, port },
            Self::KindMismatch => ConnectError::KindMismatch { broker, port },
            Self::Unbound => ConnectError::Unbound { broker, port },
            Self::WouldBlock | Self::PortInUse => ConnectError::WouldBlock { broker, port },
        }
    }
}

impl Core {
    pub(super) fn new(name: Arc<str>, registry: Arc<Registry>) -> Self {
        Self {
            name,
            registry,
            ports: Mutex::default(),
            attempts: Mutex::default(),
            connections: Mutex::default(),
            accepting: Gauge::default(),
            connecting: Gauge::default(),
        }
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Whether it has been closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.attempts.lock().closed
    }

    /// Accepts on a port.
    pub(super) fn accept<K: Kind>(self: &Arc<Self>, port: Port, wait: Wait) -> Result<K, Failed> {
        let (arrived, seat) = self.arrive_in_person(Role::Accept, port, None, wait);
        match arrived {
            Arrived::Met(caller, party) => Ok(self.meet(port, caller.as_ref(), party)),
            Arrived::Waiting(ticket) => self.wait(&self.accepting, port, seat, ticket, wait),
            Arrived::Refused(why) => Err(why),
        }
    }

    /// Connects to a port of this broker, on behalf of `caller`.
    pub(super) fn admit<K: Kind>(self: &Arc<Self>, caller: Caller, port: Port, wait: Wait) -> Result<K, Failed> {
        let (arrived, seat) = self.arrive_in_person(Role::Connect, port, caller.clone(), wait);
        match arrived {
            Arrived::Met(_, party) => Ok(self.be_met(port, caller.as_ref(), party)),
            Arrived::Waiting(ticket) => {
                let attempt = Attempt::new::<K>(self.clone(), port, ticket);
                let number = caller.as_ref().and_then(|caller| caller.enter_attempt(attempt));
                let outcome = self.wait(&self.connecting, port, seat, ticket, wait);
                if let (Some(caller), Some(number)) = (caller, number) {
                    caller.strike_attempt(number);
                }
                outcome
            }
            Arrived::Refused(why) => Err(why),
        }
    }

    /// Arrives as a thread that takes a seat if it has to wait.
    fn arrive_in_person<K: Kind>(
        &self,
        role: Role,
        port: Port,
        caller: Caller,
        wait: Wait,
    ) -> (Arrived<K>, Option<SeatOf<K>>) {
        let mut seat = None;
        let sit = || -> PartyOf<K> { seat.insert(Arc::new(Seat::new())).clone() };
        let waits = matches!(wait, Wait::Until(_));
        let arrived = self.arrive(port, Visit { role, caller, or_else: (!waits).then_some(Failed::WouldBlock) }, sit);
        (arrived, seat)
    }

    /// Meets whoever waits on the other side of the port, or lines up, or is refused. If somebody is bound to the port, lets it know.
    pub(crate) fn arrive<K: Kind>(&self, port: Port, visit: Visit, party: impl FnOnce() -> PartyOf<K>) -> Arrived<K> {
        let mut ports = self.ports.lock();
        if ports.closed {
            return Arrived::Refused(Failed::Closed(self.name.clone()));
        }
        let arrived = ports.arrive(port, visit, party);
        let bound = matches!(arrived, Arrived::Waiting(_)).then(|| ports.bound(port)).flatten();
        drop(ports);
        if let Some(bound) = bound {
            bound.somebody_waits();
        }
        arrived
    }

    /// Closes the Rdv of a waiting connect, as the acceptor.
    pub(crate) fn meet<K: Kind>(self: &Arc<Self>, port: Port, caller: Option<&Arc<Self>>, party: PartyOf<K>) -> K {
        let (accepted, connected) = self.establish(port, caller);
        party.settle(Ok(connected));
        accepted
    }

    /// Closes the Rdv of a waiting accept, as the one who connects.
    pub(crate) fn be_met<K: Kind>(self: &Arc<Self>, port: Port, caller: Option<&Arc<Self>>, party: PartyOf<K>) -> K {
        let (accepted, connected) = self.establish(port, caller);
        party.settle(Ok(accepted));
        connected
    }

    /// Waits in the line of a port.
    fn wait<K: Kind>(
        &self,
        habit: &Gauge,
        port: Port,
        seat: Option<SeatOf<K>>,
        ticket: Ticket,
        wait: Wait,
    ) -> Result<K, Failed> {
        let seat = seat.expect("whoever lines up has taken a seat");
        let deadline = match wait {
            Wait::Not => Deadline::NEVER,
            Wait::Until(deadline) => deadline,
        };
        let sit_until = |deadline| Spin::by_habit(habit, |spin| seat.wait(spin, deadline));
        match sit_until(deadline) {
            Some(outcome) => outcome,
            None if self.withdraw::<K>(port, ticket).is_some() => Err(Failed::Timeout),
            // R3: the other side, or a closing broker, was faster.
            None => sit_until(Deadline::NEVER).expect("a wait without a deadline ends with an outcome"),
        }
    }

    /// Takes an Rdv out of the line of a port, unless somebody already did.
    pub(crate) fn withdraw<K: Kind>(&self, port: Port, ticket: Ticket) -> Option<PartyOf<K>> {
        self.ports.lock().withdraw::<K>(port, ticket)
    }

    /// B1: enters a waiting connect of this broker. If it is closed already, ends the attempt itself.
    pub(crate) fn enter_attempt(&self, attempt: Attempt) -> Option<u64> {
        let mut attempts = self.attempts.lock();
        if attempts.closed {
            drop(attempts);
            (attempt.end)(&attempt, self.name.clone());
            return None;
        }
        let number = attempts.next;
        attempts.next += 1;
        attempts.waiting.insert(number, attempt);
        Some(number)
    }

    /// A connect of this broker does not wait any more.
    pub(crate) fn strike_attempt(&self, number: u64) {
        let gone = self.attempts.lock().waiting.remove(&number);
        drop(gone);
    }

    /// Binds a port (RDV-6). Returns how many connects wait there.
    pub(crate) fn bind(&self, port: Port, bound: Arc<dyn Bound>) -> Result<usize, BindError> {
        let mut ports = self.ports.lock();
        if ports.closed {
            return Err(BindError::BrokerClosed { broker: self.name.as_ref().into() });
        }
        ports.bind(port, bound).ok_or(BindError::PortInUse { port })
    }

    /// Unbinds a port; from `only` that one, if it is given. Returns who was bound.
    pub(crate) fn unbind(&self, port: Port, only: Option<&dyn Bound>) -> Option<Arc<dyn Bound>> {
        let unbound = self.ports.lock().unbind(port, only);
        unbound.map(Unbound::dismiss)
    }

    /// Takes the first connect that waits at a port out of the line, for the one who is bound there.
    pub(crate) fn next_for<K: Kind>(&self, port: Port, bound: &dyn Bound) -> Arrived<K> {
        self.ports.lock().next_for(port, bound)
    }

    /// Makes the two ends of a connection that was accepted here: the accepted one and the connected one.
    fn establish<K: Kind>(self: &Arc<Self>, port: Port, caller: Option<&Arc<Self>>) -> (K, K) {
        let here = Endpoint::new(Some(self.name.clone()), Some(port));
        let there = Endpoint::new(caller.map(|caller| caller.name.clone()), None);
        let accepting = self.enter(Open { peer: caller.map(|caller| caller.name.clone()), port, accepted: true });
        let connecting =
            caller.map(|caller| caller.enter(Open { peer: Some(self.name.clone()), port, accepted: false }));
        let [accepted, connected] = [End::new(here, Some(accepting)), End::new(there, connecting)];
        K::connect(&self.registry, [accepted, connected])
    }

    /// B2: enters an open connection.
    fn enter(self: &Arc<Self>, connection: Open) -> Entry {
        let mut connections = self.connections.lock();
        let number = connections.next;
        connections.next += 1;
        connections.open.insert(number, connection);
        Entry { ledger: self.clone(), number }
    }

    /// The open connections, oldest first.
    pub(super) fn connections(&self) -> Vec<(Endpoint, Endpoint)> {
        let connections = self.connections.lock();
        let mut open: Vec<_> = connections.open.iter().collect();
        open.sort_unstable_by_key(|(number, _)| **number);
        let ends = |Open { peer, port, accepted }: &Open| {
            let local = Endpoint::new(Some(self.name.clone()), accepted.then_some(*port));
            (local, Endpoint::new(peer.clone(), (!accepted).then_some(*port)))
        };
        open.into_iter().map(|(_, open)| ends(open)).collect()
    }

    /// Frees the name and releases everybody who waits at this broker or for it (RDV-8).
    pub(super) fn close(&self) {
        self.registry.remove(self);
        let everybody = self.ports.lock().close();
        everybody.release(&self.name);
        let mut attempts = self.attempts.lock();
        attempts.closed = true;
        let mut waiting: Vec<_> = std::mem::take(&mut attempts.waiting).into_iter().collect();
        drop(attempts);
        waiting.sort_unstable_by_key(|(number, _)| *number);
        for (_, attempt) in waiting {
            (attempt.end)(&attempt, self.name.clone());
        }
    }
}

impl Attempt {
    pub(crate) fn new<K: Kind>(target: Arc<Core>, port: Port, ticket: Ticket) -> Self {
        let end = |attempt: &Self, closed| {
            if let Some(party) = attempt.withdraw::<K>() {
                party.settle(Err(Failed::Closed(closed)));
            }
        };
        Self { target, port, ticket, end }
    }

    /// Takes it out of the line, unless somebody already did.
    pub(crate) fn withdraw<K: Kind>(&self) -> Option<PartyOf<K>> {
        self.target.withdraw::<K>(self.port, self.ticket)
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
