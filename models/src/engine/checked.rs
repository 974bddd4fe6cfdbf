//! Around an execution in the checked worlds: what the facade's explorer is told and asked.

use rdv::sync::explore::{self, Script};
/// What a panic carries that is part of a scenario.
pub use rdv::sync::panic::Foreign as Deliberate;

use crate::record::{Step, Usage};
use crate::tape::Tape;

/// Starts an execution with this tape, recording its steps or not.
pub fn begin(tape: &Tape, recorded: bool) {
    explore::record(recorded);
    explore::begin(Script { fires: tape.fires, spurious: tape.spurious });
}

/// What the execution used so far.
#[must_use]
pub fn usage() -> Usage {
    let explore::Usage { deadlines, waits, max_stores, max_stores_at } = explore::usage();
    Usage { deadlines, waits, max_stores, max_stores_at }
}

/// What was done in the execution so far, if it is recorded.
#[must_use]
pub fn steps() -> Vec<Step> {
    explore::steps().into_iter().map(convert).collect()
}

/// No actor is at work any more: what main does from now on is met by nobody.
pub use explore::quiesce;

/// How many steps are on record.
#[must_use]
pub fn steps_so_far() -> usize {
    explore::steps().len()
}

fn convert(step: explore::Step) -> Step {
    let explore::Step { thread, operation, object, value, at } = step;
    // shuttle's name for the thread that loom leaves nameless.
    let thread = if thread == "main-thread" { "main".to_owned() } else { thread };
    Step { thread, operation, object, value, at }
}

/// Nothing to wait for: the checker starts every actor at every possible moment.
pub mod pause {
    /// No pause.
    #[derive(Clone, Copy, Debug)]
    pub struct Pause;

    /// The pause of the actor of that number.
    #[must_use]
    pub fn for_actor(_number: u32) -> Pause {
        Pause
    }

    impl Pause {
        /// Goes on at once.
        pub fn wait(self) {}
    }
}
