//! The callbacks of the scripts: they write down what they are told, and react as `rdv_spec::events` says they do.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use rdv::{
    AcceptListener, BindError, ConnectError, ConnectListener, Listener, MessageQueue, PumpHandle, PumpStopped,
    QueueBroker, ReceiveError, SendError,
};
use rdv_spec::events::{End, Event, Reaction, Response, Said, Welcome, Why};

/// What was said, each with the queue that was handed over.
type Record = Vec<(Said, Option<MessageQueue>)>;

/// Everything that callbacks share.
#[derive(Clone, Default)]
pub(crate) struct Callbacks {
    record: Arc<Mutex<Record>>,
    listeners: Arc<AtomicU32>,
    pairs: Arc<AtomicUsize>,
    events: Arc<AtomicU32>,
    alive: Arc<AtomicUsize>,
}

impl Callbacks {
    pub(crate) fn say(&self, said: Said) {
        self.hand_over(said, None);
    }

    fn hand_over(&self, said: Said, queue: Option<MessageQueue>) {
        self.record.lock().expect("nobody panics here").push((said, queue));
    }

    /// What was said since this was asked last.
    pub(crate) fn take(&self) -> Record {
        std::mem::take(&mut *self.record.lock().expect("nobody panics here"))
    }

    /// The number of the next queue.
    pub(crate) fn next_pair(&self) -> usize {
        self.pairs.fetch_add(1, Ordering::Relaxed)
    }

    /// How many listeners are alive.
    pub(crate) fn alive(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.alive)
    }

    /// The next listener.
    pub(crate) fn listener(&self, pumps: &[PumpHandle], pump: usize, reaction: Reaction) -> Told {
        self.alive.fetch_add(1, Ordering::Relaxed);
        let number = self.listeners.fetch_add(1, Ordering::Relaxed);
        Told { number, pump, reaction, pumps: pumps.to_vec(), callbacks: self.clone() }
    }

    /// The next event.
    pub(crate) fn event(&self, pump: &PumpHandle, event: Event) -> impl FnOnce() + Send + 'static {
        let (callbacks, pump) = (self.clone(), pump.clone());
        let number = self.events.fetch_add(1, Ordering::Relaxed);
        move || {
            callbacks.say(Said::Ran(number));
            match event {
                Event::Plain => {}
                Event::Panics => panic::now(),
                Event::Stops => pump.stop(),
                Event::Posts => {
                    let (again, number) = (callbacks.clone(), callbacks.events.fetch_add(1, Ordering::Relaxed));
                    let _ = pump.post(move || again.say(Said::Ran(number)));
                }
            }
        }
    }
}

mod panic {
    /// Unwinds without a message on the screen.
    pub(super) fn now() -> ! {
        std::panic::resume_unwind(Box::new("as the script says"))
    }
}

/// A listener.
pub(crate) struct Told {
    number: u32,
    pump: usize,
    reaction: Reaction,
    pumps: Vec<PumpHandle>,
    callbacks: Callbacks,
}

impl Told {
    fn replace(&self, queue: &MessageQueue, pump: usize) {
        let next = self.callbacks.listener(&self.pumps, pump, Reaction::Nothing);
        let _ = queue.set_listener(&self.pumps[pump], next);
    }
}

impl Listener for Told {
    fn received(&mut self, queue: &MessageQueue, message: Bytes) {
        let number = u32::from_le_bytes(message[..].try_into().expect("MQ-1: four bytes"));
        self.callbacks.say(Said::Received(self.number, number));
        match self.reaction {
            Reaction::Nothing => {}
            Reaction::Echo => drop(queue.send(message)),
            Reaction::Close => {
                let _ = queue.send(message);
                queue.close();
            }
            Reaction::Panic => panic::now(),
            Reaction::Stop => self.pumps[self.pump].stop(),
            Reaction::Replace(pump) => self.replace(queue, pump),
            Reaction::AwayAndBack(pump) => {
                self.replace(queue, pump);
                queue.close();
                self.replace(queue, self.pump);
            }
        }
    }

    fn writable(&mut self, _: &MessageQueue) {
        self.callbacks.say(Said::Writable(self.number));
    }

    fn closed(&mut self, _: &MessageQueue) {
        self.callbacks.say(Said::Closed(self.number));
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.callbacks.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An accept listener.
pub(crate) struct Door {
    pub(crate) number: u32,
    pub(crate) port: u16,
    pub(crate) pump: usize,
    pub(crate) welcome: Welcome,
    pub(crate) callbacks: Callbacks,
    pub(crate) server: QueueBroker,
    pub(crate) pumps: Vec<PumpHandle>,
}

impl AcceptListener for Door {
    fn accepted(&mut self, queue: MessageQueue) {
        let end = End { pair: self.callbacks.next_pair(), end: 0 };
        let said = Said::Accepted(self.number, end);
        match self.welcome {
            Welcome::Keep => self.callbacks.hand_over(said, Some(queue)),
            Welcome::Drop => self.callbacks.say(said),
            Welcome::Serve(reaction) => {
                self.callbacks.say(said);
                let listener = self.callbacks.listener(&self.pumps, self.pump, reaction);
                let _ = queue.set_listener(&self.pumps[self.pump], listener);
            }
            Welcome::Unbind => {
                self.server.unbind(self.port).expect("MQ-9: it is bound");
                self.callbacks.hand_over(said, Some(queue));
            }
            Welcome::Panic => {
                self.callbacks.say(said);
                panic::now();
            }
        }
    }

    fn unbound(&mut self) {
        self.callbacks.say(Said::Unbound(self.number));
    }
}

/// A connect listener.
pub(crate) struct Guest {
    pub(crate) number: u32,
    pub(crate) callbacks: Callbacks,
}

/// In place of the queue that only the specification knows.
pub(crate) const SOME_END: End = End { pair: usize::MAX, end: 1 };

impl ConnectListener for Guest {
    fn connected(self, queue: MessageQueue) {
        self.callbacks.hand_over(Said::Connected(self.number, SOME_END), Some(queue));
    }

    fn refused(self, why: ConnectError) {
        let why = match why {
            ConnectError::Unbound { .. } => Why::Unbound,
            ConnectError::UnknownBroker { .. } => Why::UnknownBroker,
            ConnectError::BrokerClosed { .. } => Why::BrokerClosed,
            ConnectError::PumpStopped => Why::PumpStopped,
            other => panic!("MQ-8: {other}"),
        };
        self.callbacks.say(Said::Refused(self.number, why));
    }
}

/// The answer to a send; what was refused has to come back.
pub(crate) fn answer_send(sent: Result<(), SendError>, message: u32) -> Result<Response, String> {
    let (response, back) = match sent {
        Ok(()) => return Ok(Response::Done),
        Err(SendError::Full(back)) => (Response::Full, back),
        Err(SendError::Closed(back)) => (Response::Closed, back),
        Err(other) => return Err(format!("MQ-3: {other}")),
    };
    let same = back == message.to_le_bytes()[..];
    same.then_some(response).ok_or_else(|| format!("MQ-3: {back:?} was given back for {message}"))
}

/// The answer to a receive.
pub(crate) fn answer_receive(received: Result<Bytes, ReceiveError>) -> Result<Response, String> {
    match received {
        Ok(message) => {
            let number = message[..].try_into().map_err(|_| format!("MQ-1: {message:?}"))?;
            Ok(Response::Received(u32::from_le_bytes(number)))
        }
        Err(ReceiveError::Empty) => Ok(Response::Empty),
        Err(ReceiveError::Closed) => Ok(Response::Closed),
        Err(ReceiveError::HasListener) => Ok(Response::HasListener),
        Err(other) => Err(format!("MQ-3: {other}")),
    }
}

/// The answer to what only a stopped pump refuses.
pub(crate) fn answer_pump(done: Result<(), PumpStopped>) -> Response {
    done.map_or(Response::PumpStopped, |()| Response::Done)
}

/// The answer to a bind.
pub(crate) fn answer_bind(bound: Result<(), BindError>) -> Result<Response, String> {
    match bound {
        Ok(()) => Ok(Response::Done),
        Err(BindError::PortInUse { .. }) => Ok(Response::PortInUse),
        Err(BindError::BrokerClosed { .. }) => Ok(Response::BrokerClosed),
        Err(BindError::PumpStopped) => Ok(Response::PumpStopped),
        Err(other) => Err(format!("RDV-6: {other}")),
    }
}
