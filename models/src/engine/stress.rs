//! Real threads on the real machine: proves little and finds much that no model has.

use std::sync::Arc;
use std::time::Duration;

use super::surroundings::pause;
use crate::job::World;
use crate::seed::{self, Random};
use crate::tape::Tape;
use crate::worker::{Block, Session};

/// The world this is.
pub const WORLD: World = World::Std;

/// Runs the scenario again and again until the budget is spent. A replay has the same tapes and pauses, and the
/// whole budget: what real threads do can be tried again, not repeated.
///
/// # Errors
/// None: a failure ends the process.
pub fn run(session: &Arc<Session>) -> Result<(), String> {
    let job = session.job();
    session.begin(&Block { seed: job.seed, ..Block::default() });
    for index in 0..job.budget.executions {
        if session.is_past(1.0) {
            break;
        }
        let seed = seed::derive(job.seed, index);
        pause::begin(seed);
        session.execute(&Tape::draw(&mut Random::new(seed), session.scenario().choices, 0, 0));
    }
    session.end();
    Ok(())
}

/// Nobody explores a program here.
#[must_use]
pub fn executions(_program: fn(), _most: Option<usize>, _time: Option<Duration>) -> usize {
    0
}
