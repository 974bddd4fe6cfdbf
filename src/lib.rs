#![doc = include_str!("../README.md")]
//!
//! # The map
//!
//! ```text
//!  4 broker    Broker, BrokerManager, Task            names, ports, threads
//!  3 rdv       Rdv        channel   Channel           one meeting; one byte stream
//!  2 wait      sleeping and waking                    the only place that blocks
//!  1 buffer    CircularBuffer variants                the only unsafe; never blocks
//!  0 sync      the world        error                 the vocabulary
//! ```
//!
//! A floor uses only floors below it. Module documentation is the proof sketch of what the module promises.

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
