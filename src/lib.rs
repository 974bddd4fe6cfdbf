#![doc = include_str!("../README.md")]
//!
//! # The map
//!
//! ```text
//!  6 listen    QueueBroker, its listeners             ports by callback
//!  5 broker    Broker, BrokerManager, Task            names, ports, threads
//!  4 queue     MessageQueue, Listener                 whole messages
//!  3 rdv       Rdv        channel   Channel           one meeting; one byte stream
//!    event     EventQueue, EventPump                  posting, dispatch, timers
//!  2 wait      sleeping and waking                    the only place that blocks
//!  1 buffer    CircularBuffer variants    thunk       the only unsafe; never blocks
//!  0 sync      the world        error                 the vocabulary
//! ```
//!
//! A floor uses only floors below it. Module documentation is the proof sketch of what the module promises.

pub mod buffer;
pub mod channel;
pub mod error;
pub mod event;
pub mod queue;
#[doc(hidden)]
pub mod rdv;
#[doc(hidden)]
pub mod sync;
#[doc(hidden)]
pub mod thunk;
#[doc(hidden)]
pub mod wait;

mod broker;
mod listen;
mod task;

/// A number that accept and connect agree on, within one broker.
pub type Port = u16;

pub use broker::{Broker, BrokerManager, BrokerManagerBuilder};
pub use channel::{Channel, ChannelReader, ChannelWriter, Disconnector, Endpoint};
pub use error::{
    AcceptError, BindError, BrokerError, CapacityError, ConnectError, PumpStopped, ReceiveError, SendError, UnbindError,
};
pub use event::{EventPump, PanicReport, PumpHandle};
pub use listen::{AcceptListener, ConnectListener, ConnectOptions, QueueBroker};
pub use queue::{Listener, MessageQueue};
pub use task::Task;
