//! A line at a port without its broker: small enough for every engine.

use rdv::rdv::{Arrival, Party, Point, Role, Ticket};
use rdv::sync::{Arc, Mutex};

use super::support::Ghost;
use crate::rule;

/// A line as a broker keeps it, under one lock: its parties accept, are called by numbers and are told numbers.
#[derive(Debug, Default)]
pub struct Line {
    /// Who waits.
    pub point: Point<usize, usize>,
    /// Who lined up, in that order.
    pub arrived: Vec<usize>,
    next: Ticket,
    closed: bool,
}

impl Line {
    /// Lines up; `None` if the line is closed.
    pub fn open(&mut self, who: usize, party: Arc<dyn Party<usize>>) -> Option<Ticket> {
        if self.closed {
            return None;
        }
        let ticket = self.next;
        self.next += 1;
        self.arrived.push(who);
        self.point.open(Role::Accept, ticket, who, party);
        Some(ticket)
    }

    /// Lets nobody line up any more.
    pub fn close(&mut self) {
        self.closed = true;
    }
}

/// Meets the first in the line and settles it.
pub fn arrive(line: &Mutex<Line>, outcome: usize) -> Option<usize> {
    let arrival = line.lock().point.arrive(Role::Connect);
    match arrival {
        Arrival::Met(who, party) => {
            party.settle(outcome);
            Some(who)
        }
        Arrival::Alone => None,
    }
}

/// A party that does not wait, and remembers what it was told.
#[derive(Debug, Default)]
pub struct Told(Ghost);

impl Told {
    /// Whether it was settled.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.0.is_set()
    }

    /// What it was told; zero if nothing.
    #[must_use]
    pub fn word(&self) -> usize {
        self.0.get()
    }
}

impl Party<usize> for Told {
    fn settle(self: Arc<Self>, outcome: usize) {
        rule!("RDV-1", !self.is_told(), "a party was settled twice");
        (0..outcome).for_each(|_| self.0.count());
    }
}
