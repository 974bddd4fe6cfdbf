//! Floor 5: Broker and BrokerManager, names and ports at which byte channels are made.
//!
//! ```text
//!   BrokerManager      "server" -> Broker      port 80: accept, accept, ...      one line per port,
//!                      "client" -> Broker      port 81: connect, connect, ...    of one side at a time
//! ```
//!
//! `accept` and `connect` are symmetric: whoever comes first waits, first come, first served on each side. What happens when a meeting
//! races a deadline or a closing broker is decided in one place, see [`crate::rdv`]; how the tables of several brokers are kept
//! in step without ever holding two locks stands in the module `core`.
//!
//! # Proof sketch
//! RDV-1 to RDV-5: the invariants R1 to R3 of an Rdv, whose line is changed under the lock of its broker's ports only. RDV-6: any number
//! of seats stand in one line. RDV-7: one table of names under one lock. RDV-8: B1 and B3; a [`Broker`] is a counted handle, whose
//! last drop closes. RDV-10: B2 and the state of the connection (K2).

mod core;
mod manager;
mod ports;

use std::fmt;
use std::time::Duration;

use crate::Port;
use crate::channel::{Channel, Endpoint};
use crate::error::{AcceptError, BrokerError, ConnectError};
use crate::queue::MessageQueue;
use crate::sync::Arc;
use crate::sync::time::Deadline;

use self::core::{Core, Wait};
use self::ports::Kind;

pub(crate) use self::core::{Attempt, Failed};
pub(crate) use self::ports::{Arrived, Bound, Outcome, Visit};

pub use manager::{BrokerManager, BrokerManagerBuilder};

/// A name in a manager, which accepts on its ports and connects to the ports of others.
///
/// A handle; clones are the same broker. Dropping the last one [closes](Broker::close) it. A call that waits keeps it open.
#[derive(Clone)]
pub struct Broker {
    handle: Arc<Handle>,
}

/// What all clones of a broker share; the last to go closes it.
struct Handle {
    core: Arc<Core>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.core.close();
    }
}

impl Broker {
    /// Registers a broker under a name of its own.
    ///
    /// # Errors
    /// `NameTaken` if an open broker of the manager has that name, which stays as it was; `InvalidName` if it is empty.
    pub fn new(manager: &BrokerManager, name: impl Into<String>) -> Result<Self, BrokerError> {
        manager.registry().register(name.into())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.handle.core.name()
    }

    /// Accepts one connection on a port; blocks until somebody connects. Any number of threads may accept on one port.
    ///
    /// # Errors
    /// `BrokerClosed` if the broker is closed, also while this waits; `PortInUse` if a listener is bound to the port.
    pub fn accept(&self, port: Port) -> Result<Channel, AcceptError> {
        self.accept_with(port, Wait::Until(Deadline::NEVER))
    }

    /// Accepts one connection if somebody is connecting right now; never blocks. Two `try_` calls never meet.
    ///
    /// # Errors
    /// `WouldBlock` if nobody is; else as [`accept`](Self::accept).
    pub fn try_accept(&self, port: Port) -> Result<Channel, AcceptError> {
        self.accept_with(port, Wait::Not)
    }

    /// Accepts one connection; blocks until somebody connects, or for `wait`. A wait past the end of time has no end.
    ///
    /// # Errors
    /// `Timeout` if nobody connected in time; nothing of the attempt is left then. Else as [`accept`](Self::accept).
    pub fn accept_timeout(&self, port: Port, wait: Duration) -> Result<Channel, AcceptError> {
        self.accept_with(port, Wait::Until(Deadline::after(wait)))
    }

    /// Connects to a port of the broker of that name, which may be this one; blocks until somebody accepts.
    ///
    /// # Errors
    /// `UnknownBroker`, at once, if no broker has that name; `BrokerClosed` if this broker or the other is closed, also while
    /// this waits; `KindMismatch` if only message connections are accepted there.
    pub fn connect(&self, name: &str, port: Port) -> Result<Channel, ConnectError> {
        self.connect_with(name, port, Wait::Until(Deadline::NEVER))
    }

    /// Connects if somebody is accepting right now; never blocks. Two `try_` calls never meet.
    ///
    /// # Errors
    /// `WouldBlock` if nobody is; else as [`connect`](Self::connect).
    pub fn try_connect(&self, name: &str, port: Port) -> Result<Channel, ConnectError> {
        self.connect_with(name, port, Wait::Not)
    }

    /// Connects; blocks until somebody accepts, or for `wait`. A wait past the end of time has no end.
    ///
    /// # Errors
    /// `Timeout` if nobody accepted in time; nothing of the attempt is left then. Else as [`connect`](Self::connect).
    pub fn connect_timeout(&self, name: &str, port: Port, wait: Duration) -> Result<Channel, ConnectError> {
        self.connect_with(name, port, Wait::Until(Deadline::after(wait)))
    }

    /// Accepts one message connection on a port; blocks until somebody connects.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    pub fn accept_queue(&self, port: Port) -> Result<MessageQueue, AcceptError> {
        self.accept_with(port, Wait::Until(Deadline::NEVER))
    }

    /// Accepts one message connection; blocks until somebody connects, or for `wait`.
    ///
    /// # Errors
    /// As [`accept_timeout`](Self::accept_timeout).
    pub fn accept_queue_timeout(&self, port: Port, wait: Duration) -> Result<MessageQueue, AcceptError> {
        self.accept_with(port, Wait::Until(Deadline::after(wait)))
    }

    /// Connects to a port by messages; blocks until a thread accepts, or the listener that is bound there.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub fn connect_queue(&self, name: &str, port: Port) -> Result<MessageQueue, ConnectError> {
        self.connect_with(name, port, Wait::Until(Deadline::NEVER))
    }

    /// Connects to a port by messages; blocks until somebody accepts, or for `wait`.
    ///
    /// # Errors
    /// As [`connect_timeout`](Self::connect_timeout).
    pub fn connect_queue_timeout(&self, name: &str, port: Port, wait: Duration) -> Result<MessageQueue, ConnectError> {
        self.connect_with(name, port, Wait::Until(Deadline::after(wait)))
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.handle.core
    }

    /// The open connections of this broker, accepted and connected, oldest first: its end and the peer's.
    ///
    /// An end is forgotten once it is disconnected and no operation is waiting on it.
    #[must_use]
    pub fn connections(&self) -> Vec<(Endpoint, Endpoint)> {
        self.handle.core.connections()
    }

    /// Closes the broker for all its handles: frees its name, releases with `BrokerClosed` every accept that waits on it, every connect that
    /// waits to reach it and its own connects that wait for others. Open channels live on. Again is no error and does nothing.
    pub fn close(&self) {
        self.handle.core.close();
    }

    fn accept_with<K: Kind>(&self, port: Port, wait: Wait) -> Result<K, AcceptError> {
        self.handle.core.accept(port, wait).map_err(|failed| failed.accepting(port))
    }

    fn connect_with<K: Kind>(&self, name: &str, port: Port, wait: Wait) -> Result<K, ConnectError> {
        let core = &self.handle.core;
        if core.is_closed() {
            return Err(ConnectError::BrokerClosed { broker: self.name().into() });
        }
        core.registry().connect(Some(core.clone()), name, port, wait)
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").field("name", &self.name()).finish_non_exhaustive()
    }
}
