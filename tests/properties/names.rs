//! The names in one manager against `rdv_spec::names`: RDV-7, RDV-8.

use proptest::prelude::{Just, prop_oneof};
use proptest::strategy::{BoxedStrategy, Strategy};
use quickcheck::{Arbitrary, Gen};
use rdv::{Broker, BrokerError, BrokerManager, ConnectError};
use rdv_spec::Spec;
use rdv_spec::names::{Operation, Registry, Response};

use crate::script::Subject;
use crate::subjects;
use crate::support::asleep::blocking;
use crate::support::world::{PORT, broker_in};

subjects! { manager: Names }

/// What happens at the manager; brokers are numbered in the order of their registration.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Somebody creates a broker.
    Register(&'static str),
    /// A further handle to a broker.
    CloneHandle(usize),
    /// One handle less.
    DropHandle(usize),
    /// A broker is closed.
    Close(usize),
    /// Somebody connects to the broker of that name.
    Find(&'static str),
}

use Step::{CloneHandle, Close, DropHandle, Find, Register};

const NAMES: [&str; 3] = ["a", "b", ""];

/// A manager, the handles to its brokers, and the specification.
pub(crate) struct Names {
    manager: BrokerManager,
    asking: Broker,
    handles: Vec<Vec<Broker>>,
    spec: Registry,
}

impl Names {
    fn register(&mut self, name: &str) -> Result<(), String> {
        let id = self.handles.len();
        let response = match Broker::new(&self.manager, name) {
            Ok(broker) => {
                self.handles.push(vec![broker]);
                Response::Done
            }
            Err(BrokerError::NameTaken { .. }) => Response::NameTaken,
            Err(BrokerError::InvalidName { .. }) => Response::InvalidName,
            Err(other) => return Err(format!("RDV-7: {other}")),
        };
        self.judge(&Operation::Register(id, name.into()), &response)
    }

    fn judge(&mut self, operation: &Operation, response: &Response) -> Result<(), String> {
        self.spec.allows(operation, response).map_err(|mismatch| mismatch.to_string())
    }

    /// Finding a broker is meeting it: the one that should be found accepts, and nobody else does.
    fn find(&mut self, name: &str) -> Result<(), String> {
        let operation = Operation::Find(name.into());
        let Response::Broker(id) = self.spec.clone().apply(&operation) else {
            let refused = self.asking.try_connect(name, PORT);
            let unknown = matches!(refused, Err(ConnectError::UnknownBroker { .. }));
            return if unknown { Ok(()) } else { Err(format!("RDV-7: nobody is {name:?}, but {refused:?}")) };
        };
        let acceptor = self.handles[id][0].clone();
        let accept = blocking("accept", move || acceptor.accept(PORT).map(drop));
        self.asking.try_connect(name, PORT).map_err(|error| format!("RDV-7: {name:?} is broker {id}, but {error}"))?;
        accept.join().map_err(|error| format!("RDV-1: {error}"))
    }
}

impl Subject for Names {
    type Setup = ();
    type Step = Step;

    const STEPS: usize = 25;

    fn setups() -> BoxedStrategy<()> {
        Just(()).boxed()
    }

    fn steps() -> BoxedStrategy<Step> {
        let name = || prop_oneof![4 => Just(NAMES[0]), 3 => Just(NAMES[1]), 1 => Just(NAMES[2])];
        prop_oneof![
            4 => name().prop_map(Register),
            3 => name().prop_map(Find),
            2 => (0..4usize).prop_map(CloneHandle),
            4 => (0..4usize).prop_map(DropHandle),
            2 => (0..4usize).prop_map(Close),
        ]
        .boxed()
    }

    fn any_setup(_: &mut Gen) {}

    fn any_step(g: &mut Gen) -> Step {
        let (name, id) = (*g.choose(&NAMES).expect("three"), usize::arbitrary(g) % 5);
        *g.choose(&[Register(name), Find(name), CloneHandle(id), DropHandle(id), Close(id)]).expect("five")
    }

    fn simpler_setups((): &()) -> Vec<()> {
        Vec::new()
    }

    fn simpler_steps(_: &Step) -> Vec<Step> {
        Vec::new()
    }

    fn start((): &()) -> Self {
        let manager = BrokerManager::new();
        let asking = broker_in(&manager, "who asks");
        Self { manager, asking, handles: Vec::new(), spec: Registry::new() }
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match *step {
            Register(name) => self.register(name),
            Find(name) => self.find(name),
            CloneHandle(id) if self.spec.is_held(id) => {
                let clone = self.handles[id][0].clone();
                self.handles[id].push(clone);
                self.judge(&Operation::CloneHandle(id), &Response::Done)
            }
            DropHandle(id) if self.spec.is_held(id) => {
                self.handles[id].pop();
                self.judge(&Operation::DropHandle(id), &Response::Done)
            }
            Close(id) if self.spec.is_held(id) => {
                self.handles[id][0].close();
                self.judge(&Operation::Close(id), &Response::Done)
            }
            // There is no handle to that broker.
            _ => Ok(()),
        }
    }

    fn end(self) -> Result<(), String> {
        Ok(())
    }
}
