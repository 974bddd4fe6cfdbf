//! The engines: what runs a scenario in the world at hand.
//!
//! | world | file | engines |
//! |---|---|---|
//! | loom | `loom.rs` | loom, with or without a preemption bound |
//! | shuttle | `shuttle.rs` | depth-first search, the randomized portfolio |
//! | std | `stress.rs` | real threads |
//!
//! Each file has a `WORLD`, a `run`, and `executions`, which has the checker's own limits; `checked.rs` and `native.rs` are what the harness needs around an
//! execution: the tape, the record, pauses before actors. `actors.rs` counts who is at work. This file holds the
//! only switch.

pub mod actors;

#[cfg(loom)]
#[path = "loom.rs"]
mod world;
#[cfg(all(shuttle, not(loom)))]
#[path = "shuttle.rs"]
mod world;
#[cfg(not(any(loom, shuttle)))]
#[path = "stress.rs"]
mod world;

/// What the world itself has, without the facade: for litmus tests of what the facade leaves out.
#[cfg(loom)]
pub use loom as bare;
#[cfg(all(shuttle, not(loom)))]
pub use shuttle as bare;
#[cfg(not(any(loom, shuttle)))]
pub use std as bare;

#[cfg(any(loom, shuttle))]
#[path = "checked.rs"]
mod surroundings;
#[cfg(not(any(loom, shuttle)))]
#[path = "native.rs"]
mod surroundings;

pub use surroundings::{
    Deliberate, at_work, begin, length, pause, set_orderings, steps, steps_so_far, surveyed, usage,
};
pub use world::{WORLD, executions, run};
