//! Who is at an end of a connection.

use std::fmt;

use crate::Port;
use crate::sync::Arc;

/// One end of a connection, by name: the broker it belongs to and the port it was accepted on.
///
/// An accepted end has both. A connecting end has the name of its broker, if it was a broker that connected, and no
/// port. The ends of a [`pair`](super::pair) have neither.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Endpoint {
    broker: Option<Arc<str>>,
    port: Option<Port>,
}

impl Endpoint {
    /// For brokers, and for models of connections.
    #[doc(hidden)]
    #[must_use]
    pub fn new(broker: Option<Arc<str>>, port: Option<Port>) -> Self {
        Self { broker, port }
    }

    /// The name of its broker, if it has one.
    #[must_use]
    pub fn broker(&self) -> Option<&str> {
        self.broker.as_deref()
    }

    /// The port it was accepted on, if it was.
    #[must_use]
    pub fn port(&self) -> Option<Port> {
        self.port
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.broker(), self.port()) {
            (Some(broker), Some(port)) => write!(f, "{broker}:{port}"),
            (Some(broker), None) => write!(f, "{broker}"),
            (None, Some(port)) => write!(f, ":{port}"),
            (None, None) => write!(f, "-"),
        }
    }
}
