//! The event world, one step after the other: PUMP-1 to PUMP-6, MQ-1 and MQ-3 to MQ-11, RDV-6, RDV-8, RDV-10.
//!
//! Two brokers, `server` (which binds) and `client` (which connects), any number of queues, and pumps that somebody drives: a step
//! [`Operation::Run`] asks a pump for its next callback, whatever else it does before. Listeners react as they were told when
//! they were set, so a script can also try what a callback does.
//!
//! Where the contract leaves an order open, the machine has the natural one: that of the causes. Time is not described.

pub mod fifo;
mod ports;
mod queues;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use crate::Spec;
use fifo::Fifo;
use ports::{Binding, Connect};
use queues::Pair;

/// A pump, numbered from 0.
pub type Pump = usize;

/// A message; its content is its name.
pub type Message = u32;

/// One end of a queue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct End {
    /// Queues are numbered in the order in which they are made.
    pub pair: usize,
    /// 0 is the one that accepted, 1 the one that connected.
    pub end: usize,
}

impl End {
    /// The other one.
    #[must_use]
    pub fn peer(self) -> Self {
        Self { end: 1 - self.end, ..self }
    }
}

/// What an event does besides saying that it runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// Nothing.
    Plain,
    /// It panics.
    Panics,
    /// It stops its pump.
    Stops,
    /// It posts a plain one to its pump.
    Posts,
}

/// What a listener does with a message besides saying that it came.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reaction {
    /// Nothing.
    Nothing,
    /// It sends the message back.
    Echo,
    /// It sends the message back and closes its end.
    Close,
    /// It panics.
    Panic,
    /// It stops its pump.
    Stop,
    /// It sets another listener, on that pump, which does nothing.
    Replace(Pump),
    /// It sets another listener on that pump, closes its end, and sets yet another one on its own pump.
    AwayAndBack(Pump),
}

/// What an accept listener does with a queue besides saying that it came.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Welcome {
    /// It hands it to the script.
    Keep,
    /// It drops it.
    Drop,
    /// It sets a listener on it, on its own pump, and keeps no handle.
    Serve(Reaction),
    /// It unbinds its port and hands the queue to the script.
    Unbind,
    /// It panics.
    Panic,
}

/// What the script does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Operation {
    /// A new queue, without brokers.
    Pair,
    /// One more handle to an end.
    Clone(End),
    /// One handle less.
    Drop(End),
    /// Send.
    Send(End, Message),
    /// Receive.
    Receive(End),
    /// Close.
    Close(End),
    /// Set a listener.
    Listen(End, Pump, Reaction),
    /// Post an event.
    Post(Pump, Event),
    /// Ask a pump for its next callback.
    Run(Pump),
    /// Stop a pump.
    Stop(Pump),
    /// Drop a pump; its handles stay.
    DropPump(Pump),
    /// Bind a port of the server.
    Bind(u16, Pump, Welcome),
    /// Unbind it.
    Unbind(u16),
    /// The client connects to a port of the server; `true` if it waits where nobody is bound.
    Connect(u16, Pump, bool),
    /// The server closes.
    CloseServer,
    /// The client closes.
    CloseClient,
}

/// Why a connect is refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Why {
    /// Nobody is bound.
    Unbound,
    /// No broker has the name.
    UnknownBroker,
    /// One of the brokers is closed.
    BrokerClosed,
    /// The pump of the connect has stopped.
    PumpStopped,
}

/// A callback. Listeners, bindings, connects and events are numbered from 0 as they are made.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Said {
    /// An event ran.
    Ran(u32),
    /// The hook was told of a panic.
    Panicked,
    /// This listener was told of a message.
    Received(u32, Message),
    /// This listener was told of room.
    Writable(u32),
    /// This listener was told of the end.
    Closed(u32),
    /// This binding was told of a queue.
    Accepted(u32, End),
    /// This binding was told of its end.
    Unbound(u32),
    /// This connect was told of its queue.
    Connected(u32, End),
    /// This connect was told that there will be none.
    Refused(u32, Why),
}

/// What comes back.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Response {
    /// Done, or accepted.
    Done,
    /// No room.
    Full,
    /// Closed.
    Closed,
    /// This message.
    Received(Message),
    /// None.
    Empty,
    /// A listener receives.
    HasListener,
    /// The pump has stopped.
    PumpStopped,
    /// The port is bound.
    PortInUse,
    /// It is not.
    NotBound,
    /// The broker is closed.
    BrokerClosed,
    /// The pump called; one callback and what followed from it at once, or everything that is told when it ends.
    Called(Vec<Said>),
    /// The pump had nothing to call.
    Idle,
}

/// What stands in the FIFO of a pump.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Posted {
    Event(u32, Event),
    Message(End),
    Writable(End),
    Closed(End),
    Accept(u32),
    Unbound(u32),
    Outcome(u32, Result<End, Why>),
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct PumpState {
    fifo: Fifo<Posted>,
    ended: bool,
}

/// The state of the event world.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct World {
    capacity: usize,
    pumps: Vec<PumpState>,
    pairs: Vec<Pair>,
    bindings: BTreeMap<u32, Binding>,
    connects: BTreeMap<u32, Connect>,
    /// Connects that wait, by port, in the order they came.
    lines: BTreeMap<u16, VecDeque<u32>>,
    server_closed: bool,
    client_closed: bool,
    events: u32,
    listeners: u32,
    next_binding: u32,
    next_connect: u32,
}

impl World {
    /// A world with so many pumps, whose queues hold so many messages.
    #[must_use]
    pub fn new(pumps: usize, capacity: usize) -> Self {
        Self {
            capacity,
            pumps: vec![PumpState::default(); pumps],
            pairs: Vec::new(),
            bindings: BTreeMap::new(),
            connects: BTreeMap::new(),
            lines: BTreeMap::new(),
            server_closed: false,
            client_closed: false,
            events: 0,
            listeners: 0,
            next_binding: 0,
            next_connect: 0,
        }
    }

    /// Posts unless the pump has stopped; whether it did.
    fn post(&mut self, pump: Pump, posted: Posted) -> bool {
        self.pumps[pump].fifo.post(posted)
    }

    fn is_stopped(&self, pump: Pump) -> bool {
        self.pumps[pump].fifo.is_stopped()
    }

    fn post_event(&mut self, pump: Pump, event: Event) -> Response {
        let number = self.events;
        self.events += 1;
        if self.post(pump, Posted::Event(number, event)) { Response::Done } else { Response::PumpStopped }
    }

    fn run(&mut self, pump: Pump) -> Response {
        while let Some(posted) = self.pumps[pump].fifo.take() {
            let said = self.call(pump, posted);
            if !said.is_empty() {
                return Response::Called(said);
            }
        }
        if !self.is_stopped(pump) || self.pumps[pump].ended {
            return Response::Idle;
        }
        let said = self.end(pump, true);
        if said.is_empty() { Response::Idle } else { Response::Called(said) }
    }

    /// Runs one event; what it said, which is nothing if it was about something that is no more.
    fn call(&mut self, pump: Pump, posted: Posted) -> Vec<Said> {
        match posted {
            Posted::Event(number, event) => self.ran(pump, number, event),
            Posted::Message(at) => self.tell_message(at),
            Posted::Writable(at) => self.tell_writable(at),
            Posted::Closed(at) => self.tell_closed(at),
            Posted::Accept(binding) => self.accept(binding),
            Posted::Unbound(binding) => self.last_call(binding),
            Posted::Outcome(connect, outcome) => {
                self.connects.remove(&connect);
                vec![match outcome {
                    Ok(end) => Said::Connected(connect, end),
                    Err(why) => Said::Refused(connect, why),
                }]
            }
        }
    }

    fn ran(&mut self, pump: Pump, number: u32, event: Event) -> Vec<Said> {
        match event {
            Event::Plain | Event::Panics => {}
            Event::Stops => self.pumps[pump].fifo.stop(),
            Event::Posts => drop(self.post_event(pump, Event::Plain)),
        }
        let panicked = (event == Event::Panics).then_some(Said::Panicked);
        [Said::Ran(number)].into_iter().chain(panicked).collect()
    }

    /// Ends a pump (PUMP-5); one that is dropped has no last words.
    fn end(&mut self, pump: Pump, aloud: bool) -> Vec<Said> {
        self.pumps[pump].ended = true;
        self.pumps[pump].fifo.stop();
        while let Some(posted) = self.pumps[pump].fifo.take() {
            if let Posted::Outcome(_, Ok(end)) = posted {
                self.release(end);
            }
        }
        let mut said = self.end_connects(pump);
        said.extend(self.end_bindings(pump));
        said.extend(self.end_queues(pump));
        if aloud { said } else { Vec::new() }
    }
}

impl Spec for World {
    type Operation = Operation;
    type Response = Response;

    fn apply(&mut self, operation: &Operation) -> Response {
        match *operation {
            Operation::Pair => self.make(false).1,
            Operation::Clone(end) => self.retain(end),
            Operation::Drop(end) => self.release(end),
            Operation::Send(end, message) => self.send(end, message),
            Operation::Receive(end) => self.receive(end),
            Operation::Close(end) => self.close(end),
            Operation::Listen(end, pump, reaction) => self.listen(end, pump, reaction),
            Operation::Post(pump, event) => self.post_event(pump, event),
            Operation::Run(pump) => self.run(pump),
            Operation::Stop(pump) => {
                self.pumps[pump].fifo.stop();
                Response::Done
            }
            Operation::DropPump(pump) => {
                if !self.pumps[pump].ended {
                    self.end(pump, false);
                }
                Response::Done
            }
            Operation::Bind(port, pump, welcome) => self.bind(port, pump, welcome),
            Operation::Unbind(port) => self.unbind(port),
            Operation::Connect(port, pump, patient) => self.connect(port, pump, patient),
            Operation::CloseServer => self.close_server(),
            Operation::CloseClient => self.close_client(),
        }
    }

    fn rule(&self, operation: &Operation) -> &'static str {
        match operation {
            Operation::Pair => "MQ-3",
            Operation::Clone(_) | Operation::Drop(_) => "MQ-11",
            Operation::Send(..) | Operation::Receive(_) => "MQ-3",
            Operation::Close(_) => "MQ-7",
            Operation::Listen(..) => "MQ-6",
            Operation::Post(..) => "PUMP-2",
            Operation::Run(pump) if self.is_stopped(*pump) => "PUMP-5",
            Operation::Run(_) => "MQ-5",
            Operation::Stop(_) | Operation::DropPump(_) => "PUMP-5",
            Operation::Bind(..) => "RDV-6",
            Operation::Unbind(_) => "MQ-9",
            Operation::Connect(..) => "MQ-8",
            Operation::CloseServer | Operation::CloseClient => "RDV-8",
        }
    }
}
