//! The names in one manager: RDV-7, and what RDV-8 says about names.
//!
//! A broker is registered under its name from its creation until it is closed, or until its last handle goes. What
//! a name stands for is the number that the script gave its registration, so that it can tell the broker that has a
//! name now from one that had it before.

use std::collections::BTreeMap;

use crate::{Mismatch, Spec};

/// The name of a broker in a script: every attempt to register one has its own.
pub type Id = usize;

/// What happens at the registry.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Operation {
    /// Somebody creates a broker; there is one handle to it.
    Register(Id, String),
    /// A further handle to a broker.
    CloneHandle(Id),
    /// One handle less; the last one closes the broker.
    DropHandle(Id),
    /// The broker is closed, handles or not.
    Close(Id),
    /// Somebody looks for a broker by its name.
    Find(String),
}

/// What the registry answers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Response {
    /// This one was found.
    Broker(Id),
    /// One was found, and it was not looked which.
    Found,
    /// Somebody has that name.
    NameTaken,
    /// That is no name.
    InvalidName,
    /// Nobody has that name.
    UnknownBroker,
    /// Done.
    Done,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Broker {
    name: String,
    handles: usize,
}

/// The state of the registry of one manager.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Registry {
    brokers: BTreeMap<Id, Broker>,
    names: BTreeMap<String, Id>,
}

impl Registry {
    /// The registry of a fresh manager.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many names are taken.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether no name is taken.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether there is a handle to `id`.
    pub fn is_held(&self, id: Id) -> bool {
        self.brokers.get(&id).is_some_and(|broker| broker.handles > 0)
    }

    fn register(&mut self, id: Id, name: &str) -> Response {
        if name.is_empty() {
            return Response::InvalidName;
        }
        if self.names.contains_key(name) {
            return Response::NameTaken;
        }
        let before = self.brokers.insert(id, Broker { name: name.to_owned(), handles: 1 });
        assert!(before.is_none(), "broker {id} is registered twice");
        self.names.insert(name.to_owned(), id);
        Response::Done
    }

    fn drop_handle(&mut self, id: Id) {
        self.held(id).handles -= 1;
        if !self.is_held(id) {
            self.close(id);
        }
    }

    /// Frees the name of `id`, unless it lost it before: then somebody else may have it.
    fn close(&mut self, id: Id) {
        let name = &self.brokers[&id].name;
        if self.names.get(name) == Some(&id) {
            self.names.remove(name);
        }
    }

    fn held(&mut self, id: Id) -> &mut Broker {
        assert!(self.is_held(id), "there is no handle to broker {id}");
        self.brokers.get_mut(&id).expect("it is held")
    }
}

impl Spec for Registry {
    type Operation = Operation;
    type Response = Response;

    fn apply(&mut self, operation: &Operation) -> Response {
        match operation {
            Operation::Register(id, name) => return self.register(*id, name),
            Operation::Find(name) => {
                return self.names.get(name).map_or(Response::UnknownBroker, |id| Response::Broker(*id));
            }
            Operation::CloneHandle(id) => self.held(*id).handles += 1,
            Operation::DropHandle(id) => self.drop_handle(*id),
            Operation::Close(id) => self.close(*id),
        }
        Response::Done
    }

    fn allows(&mut self, operation: &Operation, response: &Response) -> Result<(), Mismatch> {
        let mut after = self.clone();
        let expected = after.apply(operation);
        let found = matches!((&expected, response), (Response::Broker(_), Response::Found));
        if expected != *response && !found {
            return Err(Mismatch::new(self.rule(operation), &expected, response));
        }
        *self = after;
        Ok(())
    }

    fn rule(&self, operation: &Operation) -> &'static str {
        match operation {
            Operation::Register(..) | Operation::Find(_) => "RDV-7",
            Operation::CloneHandle(_) | Operation::DropHandle(_) | Operation::Close(_) => "RDV-8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Operation, Operation::*, Registry, Response, Response::*};
    use crate::{Spec, replay};

    fn register(id: usize, name: &str) -> Operation {
        Register(id, name.to_owned())
    }

    fn find(name: &str) -> Operation {
        Find(name.to_owned())
    }

    /// A registry that went through `history`, each step answered as it should be.
    fn after(history: &[(Operation, Response)]) -> Registry {
        replay(Registry::new(), history).unwrap_or_else(|(at, why)| panic!("{:?}: {why}", history[at].0))
    }

    #[test]
    fn rdv_7_names_are_unique_and_not_empty() {
        let history = [
            (register(0, "a"), Done),
            (register(1, "a"), NameTaken),
            (register(2, ""), InvalidName),
            (find("a"), Broker(0)),
            (find("a"), Found),
            (find("b"), UnknownBroker),
        ];
        assert_eq!(after(&history).len(), 1);
    }

    #[test]
    fn rdv_8_the_last_handle_frees_the_name() {
        let history = [
            (register(0, "a"), Done),
            (CloneHandle(0), Done),
            (DropHandle(0), Done),
            (find("a"), Broker(0)),
            (DropHandle(0), Done),
            (find("a"), UnknownBroker),
            (register(1, "a"), Done),
        ];
        after(&history);
    }

    #[test]
    fn rdv_8_a_closed_broker_does_not_free_the_name_of_its_successor() {
        let history = [
            (register(0, "a"), Done),
            (Close(0), Done),
            (register(1, "a"), Done),
            (Close(0), Done),
            (DropHandle(0), Done),
            (find("a"), Broker(1)),
        ];
        after(&history);
    }

    #[test]
    fn answers_are_judged() {
        let mut registry = after(&[(register(0, "a"), Done)]);
        assert_eq!(registry.allows(&register(1, "a"), &Done).expect_err("taken").rule, "RDV-7");
    }
}
