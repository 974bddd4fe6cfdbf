//! Random scripts against the whole event world: `rdv_spec::events`.
//!
//! Everything runs on one thread: pumps are driven by `turn`, so each step has one right answer. A step that runs a pump gives it
//! turns until it calls somebody; what was called, and everything that followed from it, is compared. After each step every end
//! is asked whether it is closed, and both brokers for their connections; at the end nothing may be left.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use proptest::strategy::{BoxedStrategy, Strategy};
use quickcheck::Gen;
use rdv::{BrokerManager, EventPump, MessageQueue, PumpHandle, QueueBroker};
use rdv_spec::Spec;
use rdv_spec::events::{End, Event, Operation, Response, Said, World};

use crate::script::Subject;
use crate::script_callbacks::{Callbacks, Door, Guest, answer_bind, answer_pump, answer_receive, answer_send};
use crate::script_steps::{self, PUMPS, Step};
use crate::subjects;
use crate::world::face;

subjects! { events: EventWorld }

/// The system and the specification.
pub(crate) struct EventWorld {
    spec: World,
    pumps: Vec<Option<EventPump>>,
    handles: Vec<PumpHandle>,
    servers: Vec<QueueBroker>,
    clients: Vec<QueueBroker>,
    held: BTreeMap<End, Vec<MessageQueue>>,
    capacity: usize,
    callbacks: Callbacks,
    bindings: u32,
    connects: u32,
    messages: u32,
}

impl EventWorld {
    fn pick(&self, number: usize) -> Option<End> {
        let count = self.held.len();
        (count > 0).then(|| *self.held.keys().nth(number % count).expect("below the count"))
    }

    fn queue(&self, end: End) -> &MessageQueue {
        &self.held[&end][0]
    }

    fn judge(&mut self, operation: &Operation, response: &Response) -> Result<(), String> {
        self.spec.allows(operation, response).map_err(|mismatch| mismatch.to_string())
    }

    /// Does something that says nothing, and compares the answer.
    fn answer(&mut self, operation: &Operation, response: Response) -> Result<(), String> {
        let said = self.callbacks.take();
        if let Some((said, _)) = said.first() {
            return Err(format!("MQ-5: called on the stack of the caller: {said:?}"));
        }
        self.judge(operation, &response)
    }

    fn pair(&mut self) -> Result<(), String> {
        let (one, other) = rdv::queue::pair(self.capacity).map_err(|error| error.to_string())?;
        let pair = self.callbacks.next_pair();
        self.held.insert(End { pair, end: 0 }, vec![one]);
        self.held.insert(End { pair, end: 1 }, vec![other]);
        self.answer(&Operation::Pair, Response::Done)
    }

    fn use_queue(&mut self, step: Step, at: End) -> Result<(), String> {
        match step {
            Step::Clone(_) => {
                let clone = self.queue(at).clone();
                self.held.get_mut(&at).expect("held").push(clone);
                self.answer(&Operation::Clone(at), Response::Done)
            }
            Step::Drop(_) => {
                let handles = self.held.get_mut(&at).expect("held");
                // The oldest: what holds the end open then are its clones.
                handles.remove(0);
                if handles.is_empty() {
                    self.held.remove(&at);
                }
                self.answer(&Operation::Drop(at), Response::Done)
            }
            Step::Send(_) => {
                let message = self.messages;
                self.messages += 1;
                let sent = self.queue(at).send(message.to_le_bytes().to_vec());
                self.answer(&Operation::Send(at, message), answer_send(sent, message)?)
            }
            Step::Receive(_) => {
                let received = answer_receive(self.queue(at).receive())?;
                self.answer(&Operation::Receive(at), received)
            }
            Step::Close(_) => {
                self.queue(at).close();
                self.answer(&Operation::Close(at), Response::Done)
            }
            Step::Listen(_, pump, reaction) => {
                let listener = self.callbacks.listener(&self.handles, pump, reaction);
                let set = self.queue(at).set_listener(&self.handles[pump], listener);
                self.answer(&Operation::Listen(at, pump, reaction), answer_pump(set))
            }
            other => unreachable!("{other:?} is about no queue"),
        }
    }

    fn post(&mut self, pump: usize, event: Event) -> Result<(), String> {
        let body = self.callbacks.event(&self.handles[pump], event);
        let posted = self.handles[pump].post(body);
        self.answer(&Operation::Post(pump, event), answer_pump(posted))
    }

    /// Lets a pump call somebody, or find that there is nobody to call.
    fn run(&mut self, number: usize) -> Result<(), String> {
        let mut said = Vec::new();
        if let Some(pump) = &mut self.pumps[number] {
            while said.is_empty() {
                let ran = pump.turn(1);
                said = self.callbacks.take();
                if ran == 0 {
                    break;
                }
            }
        }
        // Which queue a connect got is told by the specification: if it is another one, what is sent through it comes out elsewhere.
        let expected = match self.spec.clone().apply(&Operation::Run(number)) {
            Response::Called(said) => said,
            _ => Vec::new(),
        };
        let mut told = Vec::new();
        for (number, (mut said, queue)) in said.into_iter().enumerate() {
            if let (Said::Connected(connect, end), Some(Said::Connected(right, at))) = (&mut said, expected.get(number))
                && connect == right
            {
                *end = *at;
            }
            if let (Said::Connected(_, end) | Said::Accepted(_, end), Some(queue)) = (&said, queue) {
                self.held.entry(*end).or_default().push(queue);
            }
            told.push(said);
        }
        let response = if told.is_empty() { Response::Idle } else { Response::Called(told) };
        self.judge(&Operation::Run(number), &response)
    }

    fn use_ports(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Bind(port, pump, welcome) => {
                let callbacks = self.callbacks.clone();
                let (number, server) = (self.bindings, self.servers[pump].clone());
                self.bindings += 1;
                let door = Door { number, port, pump, welcome, callbacks, server, pumps: self.handles.clone() };
                let response = answer_bind(self.servers[pump].bind(port, door))?;
                self.answer(&Operation::Bind(port, pump, welcome), response)
            }
            Step::Unbind(port) => {
                let response = self.servers[0].unbind(port).map_or(Response::NotBound, |()| Response::Done);
                self.answer(&Operation::Unbind(port), response)
            }
            Step::Connect(port, pump, patient) => {
                let guest = Guest { number: self.connects, callbacks: self.callbacks.clone() };
                self.connects += 1;
                let options = rdv::ConnectOptions::new();
                let options = if patient { options } else { options.refuse_if_unbound() };
                let connecting = self.clients[pump].connect_with("server", port, options, guest);
                self.answer(&Operation::Connect(port, pump, patient), answer_pump(connecting))
            }
            Step::CloseServer => {
                self.servers[0].broker().close();
                self.answer(&Operation::CloseServer, Response::Done)
            }
            Step::CloseClient => {
                self.clients[0].broker().close();
                self.answer(&Operation::CloseClient, Response::Done)
            }
            other => unreachable!("{other:?} is about no port"),
        }
    }

    /// What can be asked at any time.
    fn look(&self) -> Result<(), String> {
        for (end, queues) in &self.held {
            let (closed, expected) = (queues[0].is_closed(), self.spec.is_closed(*end));
            if closed != expected {
                return Err(format!("MQ-7: expected {expected}, answered {closed} by is_closed of {end:?}"));
            }
        }
        let known = [&self.servers, &self.clients].map(|broker| broker[0].broker().connections().len());
        let expected = self.spec.connections();
        (known == expected)
            .then_some(())
            .ok_or_else(|| format!("RDV-10: expected {expected:?} connections, there are {known:?}"))
    }
}

impl Subject for EventWorld {
    /// How many messages a queue holds.
    type Setup = usize;
    type Step = Step;

    const STEPS: usize = 60;

    fn setups() -> BoxedStrategy<usize> {
        (1..4usize).boxed()
    }

    fn steps() -> BoxedStrategy<Step> {
        script_steps::steps()
    }

    fn any_setup(g: &mut Gen) -> usize {
        *g.choose(&[1, 2, 5]).expect("three")
    }

    fn any_step(g: &mut Gen) -> Step {
        script_steps::any_step(g)
    }

    fn simpler_setups(setup: &usize) -> Vec<usize> {
        if *setup > 1 { vec![setup - 1] } else { Vec::new() }
    }

    fn simpler_steps(step: &Step) -> Vec<Step> {
        script_steps::simpler(step)
    }

    fn start(capacity: &usize) -> Self {
        let manager = BrokerManager::builder().queue_capacity(*capacity).build().expect("a small capacity");
        let callbacks = Callbacks::default();
        let pump = |_| {
            let mut pump = EventPump::new();
            let heard = callbacks.clone();
            pump.on_panic(move |_| heard.say(Said::Panicked));
            pump
        };
        let pumps: Vec<_> = (0..PUMPS).map(pump).collect();
        let handles: Vec<_> = pumps.iter().map(EventPump::handle).collect();
        let faces = |name| {
            let first = face(&manager, name, &handles[0]);
            handles.iter().map(|pump| QueueBroker::new(first.broker(), pump)).collect::<Vec<_>>()
        };
        let mut world = Self {
            spec: World::new(PUMPS, *capacity),
            pumps: pumps.into_iter().map(Some).collect(),
            servers: faces("server"),
            clients: faces("client"),
            handles,
            held: BTreeMap::new(),
            capacity: *capacity,
            callbacks,
            bindings: 0,
            connects: 0,
            messages: 0,
        };
        // There is a queue from the start.
        world.pair().expect("the specification knows queues");
        world
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match *step {
            Step::Pair => self.pair(),
            Step::Clone(number)
            | Step::Drop(number)
            | Step::Send(number)
            | Step::Receive(number)
            | Step::Close(number)
            | Step::Listen(number, ..) => self.pick(number).map_or(Ok(()), |end| self.use_queue(*step, end)),
            Step::Post(pump, event) => self.post(pump, event),
            Step::Run(pump) => self.run(pump),
            Step::Stop(pump) => {
                self.handles[pump].stop();
                self.answer(&Operation::Stop(pump), Response::Done)
            }
            Step::DropPump(pump) => {
                self.pumps[pump] = None;
                self.answer(&Operation::DropPump(pump), Response::Done)
            }
            Step::Bind(..) | Step::Unbind(_) | Step::Connect(..) | Step::CloseServer | Step::CloseClient => {
                self.use_ports(*step)
            }
        }?;
        self.look()
    }

    /// Everything that is posted is told; then everything goes, and nothing is left.
    fn end(mut self) -> Result<(), String> {
        for pump in (0..PUMPS).cycle().take(200) {
            self.step(&Step::Run(pump))?;
        }
        for pump in 0..PUMPS {
            self.step(&Step::DropPump(pump))?;
        }
        let alive = self.callbacks.alive();
        drop(self);
        let left = alive.load(Ordering::Relaxed);
        (left == 0).then_some(()).ok_or_else(|| format!("ALL-3: {left} listeners are left"))
    }
}
