//! Floor 6: QueueBroker, the event face of a broker.
//!
//! ```text
//!   bind(80, listener) -----> port 80 <----- connect("server", 80, listener)   or Broker::connect_queue in a thread
//!                                |
//!            an event on the listener's pump: the meeting, then accepted(queue)
//!                                |
//!            an event on the other's pump: connected(queue)                    or the thread returns
//! ```
//!
//! Nothing here blocks, and every outcome is told by an event on the pump of the one it is told to. Both worlds meet on the same Rdv (MQ-10): a
//! party is a sleeping thread or an event to post, and neither knows which the other is. The pump never waits for a thread: a listener that
//! is bound stands in no line, the line of waiting connects posts to it.
//!
//! The proof sketches stand in the modules `bind` (MQ-9) and `connect` (MQ-8).

mod bind;
mod connect;

use std::fmt;
use std::time::Duration;

use crate::Port;
use crate::broker::Broker;
use crate::error::{BindError, ConnectError, PumpStopped, UnbindError};
use crate::event::PumpHandle;
use crate::queue::MessageQueue;
use crate::sync::Arc;

use bind::Binding;
use connect::Pending;

/// What is told about a port that is bound. Any `FnMut(MessageQueue)` is one; the closure's parameter needs its type:
/// `|queue: MessageQueue| ...`.
pub trait AcceptListener: Send + 'static {
    /// Somebody has connected.
    fn accepted(&mut self, queue: MessageQueue);

    /// The port is bound no more: by [`unbind`](QueueBroker::unbind), the closing of the broker or the stop of the pump. Comes once and last.
    fn unbound(&mut self) {}
}

impl<F: FnMut(MessageQueue) + Send + 'static> AcceptListener for F {
    fn accepted(&mut self, queue: MessageQueue) {
        self(queue);
    }
}

/// What is told about a connect: exactly one of the two, once. Any `FnOnce(Result<MessageQueue, ConnectError>)` is one; the closure's
/// parameter needs its type: `|outcome: Result<MessageQueue, ConnectError>| ...`.
pub trait ConnectListener: Send + 'static {
    /// Somebody has accepted.
    fn connected(self, queue: MessageQueue);

    /// There will be no connection.
    fn refused(self, why: ConnectError);
}

impl<F: FnOnce(Result<MessageQueue, ConnectError>) + Send + 'static> ConnectListener for F {
    fn connected(self, queue: MessageQueue) {
        self(Ok(queue));
    }

    fn refused(self, why: ConnectError) {
        self(Err(why));
    }
}

/// How long a connect waits. By default for ever, like any rendezvous.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use]
pub struct ConnectOptions {
    refuse_if_unbound: bool,
    timeout: Option<Duration>,
}

impl ConnectOptions {
    /// Wait for ever.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuse with `Unbound` if nobody is bound to the port and nobody accepts there right now, or if the port is unbound before the meeting.
    pub fn refuse_if_unbound(mut self) -> Self {
        self.refuse_if_unbound = true;
        self
    }

    /// Refuse with `Timeout` if there is no connection after `wait`. Past the end of time means never.
    pub fn timeout(mut self, wait: Duration) -> Self {
        self.timeout = Some(wait);
        self
    }
}

/// Binds the ports of a broker and connects to others, by callbacks on a pump.
///
/// A handle; it keeps the broker open, and so does a bound port.
///
/// ```
/// use bytes::Bytes;
/// use rdv::{Broker, BrokerManager, EventPump, MessageQueue, QueueBroker};
///
/// let manager = BrokerManager::new();
/// let (pump, thread) = EventPump::spawn("server")?;
/// let server = QueueBroker::new(&Broker::new(&manager, "server")?, &pump);
/// let on = pump.clone();
/// server.bind(80, move |queue: MessageQueue| {
///     let echo = |queue: &MessageQueue, message: Bytes| queue.send(message).unwrap();
///     queue.set_listener(&on, echo).unwrap();
/// })?;
///
/// // A thread-based client meets the event-based server.
/// let queue = Broker::new(&manager, "client")?.connect_queue("server", 80)?;
/// queue.send("hello")?;
/// assert_eq!(queue.blocking_receive()?, "hello");
/// pump.stop();
/// thread.join().unwrap();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct QueueBroker {
    broker: Broker,
    pump: PumpHandle,
}

impl QueueBroker {
    /// The event face of `broker`, with its callbacks on `pump`.
    #[must_use]
    pub fn new(broker: &Broker, pump: &PumpHandle) -> Self {
        Self { broker: broker.clone(), pump: pump.clone() }
    }

    /// The broker.
    #[must_use]
    pub fn broker(&self) -> &Broker {
        &self.broker
    }

    /// Binds a port: `listener` is told of everybody who connects to it by messages, those who wait already included, until the port is unbound.
    ///
    /// # Errors
    /// `PortInUse` if somebody is bound to it or accepts wait there, `BrokerClosed`, `PumpStopped`; the listener is dropped.
    pub fn bind(&self, port: Port, listener: impl AcceptListener) -> Result<(), BindError> {
        Binding::bind(&self.broker, &self.pump, port, Box::new(listener))
    }

    /// Unbinds a port, which can be bound again at once. Called on the pump thread, no `accepted` comes after it; from another thread, at most
    /// the one that is running. The listener is told `unbound`. Connects that wait stay waiting; open queues stay open.
    ///
    /// # Errors
    /// `NotBound` if nobody is bound to it.
    pub fn unbind(&self, port: Port) -> Result<(), UnbindError> {
        let bound = self.broker.core().unbind(port, None).ok_or(UnbindError::NotBound { port })?;
        bound.unbound();
        Ok(())
    }

    /// Connects to a port of the broker of that name; never blocks. `Ok`: the listener will be told the outcome, exactly once, on the pump.
    ///
    /// # Errors
    /// [`PumpStopped`]: the listener is dropped, not told.
    pub fn connect(&self, name: &str, port: Port, listener: impl ConnectListener) -> Result<(), PumpStopped> {
        self.connect_with(name, port, ConnectOptions::new(), listener)
    }

    /// As [`connect`](Self::connect), with a limit to how long it waits.
    ///
    /// # Errors
    /// [`PumpStopped`]: the listener is dropped, not told.
    pub fn connect_with(
        &self,
        name: &str,
        port: Port,
        options: ConnectOptions,
        listener: impl ConnectListener,
    ) -> Result<(), PumpStopped> {
        let tell = Box::new(move |outcome| match outcome {
            Ok(queue) => listener.connected(queue),
            Err(why) => listener.refused(why),
        });
        let pending = Pending::new(&self.broker, &self.pump, name, port, tell).ok_or(PumpStopped)?;
        Arc::clone(&pending).start(options);
        Ok(())
    }
}

impl fmt::Debug for QueueBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueBroker").field("broker", &self.broker).finish_non_exhaustive()
    }
}
