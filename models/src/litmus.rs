//! Litmus tests of the checkers: small programs, and what loom and shuttle are known to see of them.
//!
//! What a checker shows is compared with what stands here, outcome by outcome, together with the number of executions. So an
//! upgrade of a checker that sees more, less, or otherwise does not pass unnoticed: `cargo models --litmus`, and every whole run.
//!
//! | file | what its programs are about |
//! |---|---|
//! | `memory.rs` | values, their order, data races |
//! | `waiting.rs` | who wakes, who waits for ever |
//! | `limits.rs` | where a checker gives up |

mod limits;
mod memory;
mod waiting;

use crate::scenario::{Cx, Engine, Scenario};

/// A program, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Litmus {
    /// The program; its `about` says what C11, or the standard library, allows.
    pub scenario: Scenario,
    /// What loom 0.7.2 shows.
    pub loom: Seen,
    /// What the depth-first search of shuttle 0.9.9 shows.
    pub dfs: Seen,
    /// What follows for whoever reads a green run.
    pub lesson: &'static str,
}

/// What a checker shows of a program.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Every outcome, sorted; a single one, what the checker calls it, if it is a failure.
    pub outcomes: &'static [&'static str],
    /// In so many executions.
    pub executions: u64,
}

impl Litmus {
    /// What that checker is known to show.
    #[must_use]
    pub fn known(&self, engine: Engine) -> Seen {
        if engine == Engine::Loom { self.loom } else { self.dfs }
    }
}

const fn seen(outcomes: &'static [&'static str], executions: u64) -> Seen {
    Seen { outcomes, executions }
}

const fn program(name: &'static str, about: &'static str, body: fn(&Cx) -> String) -> Scenario {
    Scenario::new(name, &["ALL-1"], about, body)
}

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Litmus> {
    [memory::ALL, waiting::ALL, limits::ALL].into_iter().flatten()
}

/// The programs, as scenarios.
pub fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    all().map(|litmus| &litmus.scenario)
}

const JOINED: &str = "an actor's panic ends the run";
const UNPOISONED: &str = "a panic ends the run";
