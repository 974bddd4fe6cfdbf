//! Floor 0: what can go wrong, one enum per shape of operation.
//!
//! ALL-4: bad input gets an error that names it, and gives back what was handed in; nothing panics on what a caller can pass.

use std::error::Error;
use std::fmt;

use bytes::Bytes;

use crate::Port;

/// A capacity that no buffer can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CapacityError {
    /// A buffer that holds nothing passes nothing on.
    Zero,
    /// More elements than a buffer can count.
    TooLarge {
        /// The capacity asked for, in elements.
        capacity: usize,
    },
    /// The memory cannot be had.
    OutOfMemory {
        /// The capacity asked for, in elements.
        capacity: usize,
    },
}

impl fmt::Display for CapacityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => write!(f, "capacity 0: a buffer must hold at least one element"),
            Self::TooLarge { capacity } => write!(f, "capacity {capacity}: more elements than a buffer can count"),
            Self::OutOfMemory { capacity } => write!(f, "capacity {capacity}: no memory for so many elements"),
        }
    }
}

impl Error for CapacityError {}

/// A broker that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BrokerError {
    /// A broker of this name is open in the same manager; it stays as it was.
    NameTaken {
        /// The name asked for.
        name: String,
    },
    /// The name is empty.
    InvalidName {
        /// The name asked for.
        name: String,
    },
}

impl fmt::Display for BrokerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameTaken { name } => write!(f, "broker name {name:?} is taken"),
            Self::InvalidName { name } => write!(f, "broker name {name:?} is not valid: it must not be empty"),
        }
    }
}

impl Error for BrokerError {}

/// An accept that ended without a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AcceptError {
    /// No broker of this name is registered.
    UnknownBroker {
        /// The name asked for.
        broker: String,
    },
    /// A listener is bound to the port; it alone accepts there.
    PortInUse {
        /// The port asked for.
        port: Port,
    },
    /// The broker was closed before or during the call.
    BrokerClosed {
        /// The broker's name.
        broker: String,
    },
    /// Nobody connected in time.
    Timeout {
        /// The port waited on.
        port: Port,
    },
    /// Nobody is connecting right now.
    WouldBlock {
        /// The port asked for.
        port: Port,
    },
}

impl fmt::Display for AcceptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownBroker { broker } => write!(f, "accept: no broker is named {broker:?}"),
            Self::PortInUse { port } => write!(f, "accept: port {port} is bound by a listener"),
            Self::BrokerClosed { broker } => write!(f, "accept: broker {broker:?} is closed"),
            Self::Timeout { port } => write!(f, "accept: nobody connected to port {port} in time"),
            Self::WouldBlock { port } => write!(f, "accept: nobody is connecting to port {port}"),
        }
    }
}

impl Error for AcceptError {}

/// A connect that ended without a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectError {
    /// No broker of this name is registered.
    UnknownBroker {
        /// The name asked for.
        broker: String,
    },
    /// Only the other kind of connection (bytes or messages) is accepted on the port.
    KindMismatch {
        /// The broker asked for.
        broker: String,
        /// The port asked for.
        port: Port,
    },
    /// Nobody is bound to the port, and the caller asked not to wait.
    Unbound {
        /// The broker asked for.
        broker: String,
        /// The port asked for.
        port: Port,
    },
    /// The connecting broker, or the one to be reached, was closed before or during the call.
    BrokerClosed {
        /// The name of the broker that was closed.
        broker: String,
    },
    /// The pump that was to tell the outcome has stopped.
    PumpStopped,
    /// Nobody accepted in time.
    Timeout {
        /// The broker waited for.
        broker: String,
        /// The port waited on.
        port: Port,
    },
    /// Nobody is accepting right now.
    WouldBlock {
        /// The broker asked for.
        broker: String,
        /// The port asked for.
        port: Port,
    },
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownBroker { broker } => write!(f, "connect: no broker is named {broker:?}"),
            Self::KindMismatch { broker, port } => {
                write!(f, "connect: port {port} of {broker:?} accepts only the other kind of connection")
            }
            Self::Unbound { broker, port } => write!(f, "connect: nobody is bound to port {port} of {broker:?}"),
            Self::BrokerClosed { broker } => write!(f, "connect: broker {broker:?} is closed"),
            Self::PumpStopped => write!(f, "connect: the pump that was to tell the outcome has stopped"),
            Self::Timeout { broker, port } => {
                write!(f, "connect: nobody accepted on port {port} of {broker:?} in time")
            }
            Self::WouldBlock { broker, port } => write!(f, "connect: nobody is accepting on port {port} of {broker:?}"),
        }
    }
}

impl Error for ConnectError {}

/// The pump was stopped, or dropped, and takes nothing any more; what was to be posted was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PumpStopped;

impl fmt::Display for PumpStopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the event pump was stopped")
    }
}

impl Error for PumpStopped {}

/// A message that was not sent; it is given back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The peer has not received enough yet for one more to fit.
    Full(Bytes),
    /// One of the ends is closed: the message can never arrive.
    Closed(Bytes),
}

impl SendError {
    /// The message.
    #[must_use]
    pub fn into_message(self) -> Bytes {
        match self {
            Self::Full(message) | Self::Closed(message) => message,
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(message) => write!(f, "send: the queue is full, {} bytes were not sent", message.len()),
            Self::Closed(message) => write!(f, "send: the queue is closed, {} bytes were not sent", message.len()),
        }
    }
}

impl Error for SendError {}

/// No message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiveError {
    /// None has arrived yet.
    Empty,
    /// None can arrive any more.
    Closed,
    /// None arrived in time.
    Timeout,
    /// A listener is set on this end; it alone receives.
    HasListener,
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "receive: no message has arrived yet",
            Self::Closed => "receive: the queue is closed",
            Self::Timeout => "receive: no message arrived in time",
            Self::HasListener => "receive: a listener is set on this end",
        })
    }
}

impl Error for ReceiveError {}

/// A port that could not be bound.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BindError {
    /// Another listener is bound to it, or accepts wait on it.
    PortInUse {
        /// The port asked for.
        port: Port,
    },
    /// The broker is closed.
    BrokerClosed {
        /// The broker's name.
        broker: String,
    },
    /// The pump that was to call the listener has stopped.
    PumpStopped,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PortInUse { port } => write!(f, "bind: port {port} is in use"),
            Self::BrokerClosed { broker } => write!(f, "bind: broker {broker:?} is closed"),
            Self::PumpStopped => write!(f, "bind: the pump that was to call the listener has stopped"),
        }
    }
}

impl Error for BindError {}

/// A port that could not be unbound.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnbindError {
    /// Nobody is bound to it.
    NotBound {
        /// The port asked for.
        port: Port,
    },
}

impl fmt::Display for UnbindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBound { port } => write!(f, "unbind: nobody is bound to port {port}"),
        }
    }
}

impl Error for UnbindError {}
