//! rdv

pub mod buffer;
pub mod channel;
pub mod error;
#[doc(hidden)]
pub mod rdv;
#[doc(hidden)]
pub mod sync;
#[doc(hidden)]
pub mod wait;

mod broker;
mod task;

/// A number that accept and connect agree on, within one broker.
pub type Port = u16;

pub use broker::{Broker, BrokerManager, BrokerManagerBuilder};
pub use channel::{Channel, ChannelReader, ChannelWriter, Disconnector, Endpoint};
pub use error::{AcceptError, BrokerError, CapacityError, ConnectError};
pub use task::Task;
