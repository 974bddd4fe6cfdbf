//! Floor 3: Rdv, one meeting of exactly one accept with exactly one connect.
//!
//! ```text
//!                    same side again: an Rdv of its own, behind
//!                          +-----+
//!                          v     |
//!   (nobody) --- first ---> opening --- the other side comes --> closed: both hold an end
//!                              |
//!                              +------- deadline, broker closed -> withdrawn: nothing left to meet
//! ```
//!
//! A [`Point`] is the line of opening Rdvs of one kind on one (broker, port). It is a plain data structure: the broker keeps its
//! points under one lock, and *which of two racing things happened* is decided by who takes the Rdv out of the line:
//!
//! * **R1** an Rdv stands in the line from its opening until somebody takes it out, once: the other side (it is closed), its own
//!   party or its broker (it is withdrawn). Whoever takes it out decides the outcome and settles the party, if it is not its own.
//! * **R2** all Rdvs of a line are of one side: one that comes to a line of the other side takes the first out instead of lining up.
//! * **R3** a party that finds its Rdv already taken out waits for the outcome, which is under way.
//!
//! RDV-1, RDV-5: R1 and R3, both sides agree who won. RDV-2, RDV-3: R2 and the order of the line. RDV-4: arriving and lining up
//! are one step under the lock. An Rdv does not know who waits in it: a [`Party`] is whatever takes the outcome, once. A sleeping
//! thread is a [`Seat`]; an event to be posted is another.

mod point;
mod seat;

pub use point::{Arrival, Point, Role, Ticket};
pub use seat::Seat;

use crate::sync::Arc;

/// Whoever waits in an Rdv.
pub trait Party<T>: Send + Sync {
    /// Takes the outcome. Called once, without any lock.
    fn settle(self: Arc<Self>, outcome: T);
}
