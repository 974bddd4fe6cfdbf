//! The ports of the server, and the client's connects.

use super::{End, Posted, Pump, Response, Said, Welcome, Why, World};

/// A listener that is bound to a port, until it was told `unbound`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Binding {
    port: u16,
    pump: Pump,
    welcome: Welcome,
    bound: bool,
    running: bool,
}

/// A connect, until it was told its outcome.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Connect {
    pump: Pump,
    patient: bool,
}

impl World {
    fn bound(&self, port: u16) -> Option<u32> {
        let found = self.bindings.iter().find(|(_, binding)| binding.port == port && binding.bound);
        found.map(|(number, _)| *number)
    }

    /// RDV-6.
    pub(super) fn bind(&mut self, port: u16, pump: Pump, welcome: Welcome) -> Response {
        let number = self.next_binding;
        self.next_binding += 1;
        if self.is_stopped(pump) {
            return Response::PumpStopped;
        }
        if self.server_closed {
            return Response::BrokerClosed;
        }
        if self.bound(port).is_some() {
            return Response::PortInUse;
        }
        self.bindings.insert(number, Binding { port, pump, welcome, bound: true, running: false });
        for _ in 0..self.lines.get(&port).map_or(0, |line| line.len()) {
            self.post(pump, Posted::Accept(number));
        }
        Response::Done
    }

    /// MQ-9.
    pub(super) fn unbind(&mut self, port: u16) -> Response {
        let Some(number) = self.bound(port) else { return Response::NotBound };
        let line = self.lines.entry(port).or_default();
        let (stay, leave) = std::mem::take(line).into_iter().partition(|connect| self.connects[connect].patient);
        *line = stay;
        for connect in leave {
            self.settle(connect, Err(Why::Unbound));
        }
        self.unbound(number);
        Response::Done
    }

    fn unbound(&mut self, number: u32) {
        let binding = self.bindings.get_mut(&number).expect("it is bound");
        binding.bound = false;
        if !binding.running {
            let pump = binding.pump;
            self.post(pump, Posted::Unbound(number));
        }
    }

    /// MQ-8.
    pub(super) fn connect(&mut self, port: u16, pump: Pump, patient: bool) -> Response {
        let number = self.next_connect;
        self.next_connect += 1;
        if self.is_stopped(pump) {
            return Response::PumpStopped;
        }
        self.connects.insert(number, Connect { pump, patient });
        let bound = self.bound(port);
        if self.client_closed {
            self.settle(number, Err(Why::BrokerClosed));
        } else if self.server_closed {
            self.settle(number, Err(Why::UnknownBroker));
        } else if bound.is_none() && !patient {
            self.settle(number, Err(Why::Unbound));
        } else {
            self.lines.entry(port).or_default().push_back(number);
        }
        if let Some(bound) = bound.filter(|_| !self.client_closed) {
            let pump = self.bindings[&bound].pump;
            self.post(pump, Posted::Accept(bound));
        }
        Response::Done
    }

    /// Posts the outcome; a queue that nobody can be told of is dropped.
    fn settle(&mut self, connect: u32, outcome: Result<End, Why>) {
        let pump = self.connects[&connect].pump;
        if !self.post(pump, Posted::Outcome(connect, outcome))
            && let Ok(end) = outcome
        {
            self.release(end);
        }
    }

    /// The meeting, inside the event that calls `accepted` (MQ-9).
    pub(super) fn accept(&mut self, number: u32) -> Vec<Said> {
        let Some(binding) = self.bindings.get(&number).cloned() else { return Vec::new() };
        if !binding.bound {
            return self.last_call(number);
        }
        let Some(connect) = self.lines.get_mut(&binding.port).and_then(|line| line.pop_front()) else {
            return Vec::new();
        };
        let (queue, _) = self.make(true);
        self.settle(connect, Ok(queue.peer()));
        self.bindings.get_mut(&number).expect("it is bound").running = true;
        let mut said = vec![Said::Accepted(number, queue)];
        match binding.welcome {
            Welcome::Keep => {}
            Welcome::Drop | Welcome::Panic => drop(self.release(queue)),
            Welcome::Serve(reaction) => {
                self.listen(queue, binding.pump, reaction);
                self.release(queue);
            }
            Welcome::Unbind => drop(self.unbind(binding.port)),
        }
        self.bindings.get_mut(&number).expect("it runs").running = false;
        if !self.bindings[&number].bound {
            self.bindings.remove(&number);
            said.push(Said::Unbound(number));
        }
        said.extend((binding.welcome == Welcome::Panic).then_some(Said::Panicked));
        said
    }

    /// Whatever event of a binding comes first after its end tells it, once.
    pub(super) fn last_call(&mut self, number: u32) -> Vec<Said> {
        let told = self.bindings.remove(&number);
        told.map(|_| Said::Unbound(number)).into_iter().collect()
    }

    /// RDV-8.
    pub(super) fn close_server(&mut self) -> Response {
        self.server_closed = true;
        self.refuse_all();
        let mut bound: Vec<_> = self.bindings.iter().filter(|(_, binding)| binding.bound).collect();
        bound.sort_by_key(|(_, binding)| binding.port);
        for number in bound.into_iter().map(|(number, _)| *number).collect::<Vec<_>>() {
            self.unbound(number);
        }
        Response::Done
    }

    /// RDV-8.
    pub(super) fn close_client(&mut self) -> Response {
        self.client_closed = true;
        self.refuse_all();
        Response::Done
    }

    /// Everybody who waits is the client's, and waits at the server.
    fn refuse_all(&mut self) {
        let mut waiting: Vec<_> = std::mem::take(&mut self.lines).into_values().flatten().collect();
        waiting.sort_unstable();
        for connect in waiting {
            self.settle(connect, Err(Why::BrokerClosed));
        }
    }

    /// Refuses the connects of a pump that ends.
    pub(super) fn end_connects(&mut self, pump: Pump) -> Vec<Said> {
        let pending = self.connects.iter().filter(|(_, connect)| connect.pump == pump);
        let pending: Vec<_> = pending.map(|(number, _)| *number).collect();
        for number in &pending {
            self.connects.remove(number);
            self.lines.values_mut().for_each(|line| line.retain(|waiting| waiting != number));
        }
        pending.into_iter().map(|number| Said::Refused(number, Why::PumpStopped)).collect()
    }

    /// Unbinds the ports of a pump that ends.
    pub(super) fn end_bindings(&mut self, pump: Pump) -> Vec<Said> {
        let ending = self.bindings.iter().filter(|(_, binding)| binding.pump == pump);
        let ending: Vec<_> = ending.map(|(number, binding)| (*number, binding.port, binding.bound)).collect();
        for (number, port, bound) in &ending {
            if *bound {
                self.unbind(*port);
            }
            self.bindings.remove(number);
        }
        ending.into_iter().map(|(number, ..)| Said::Unbound(number)).collect()
    }
}
