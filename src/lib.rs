//! rdv

pub mod buffer;
pub mod error;
#[doc(hidden)]
pub mod sync;

/// A number that accept and connect agree on, within one broker.
pub type Port = u16;

pub use error::{AcceptError, BrokerError, CapacityError, ConnectError};
