//! rdv

pub mod buffer;
pub mod channel;
pub mod error;
#[doc(hidden)]
pub mod sync;
#[doc(hidden)]
pub mod wait;

/// A number that accept and connect agree on, within one broker.
pub type Port = u16;

pub use channel::{Channel, ChannelReader, ChannelWriter, Disconnector, Endpoint};
pub use error::{AcceptError, BrokerError, CapacityError, ConnectError};
