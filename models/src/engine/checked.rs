//! Around an execution in the checked worlds: what the facade's explorer is told and asked.

use std::collections::BTreeSet;

use rdv::sync::atomic::Ordering;
use rdv::sync::explore::{self, Script};
use rdv::sync::orderings;
/// What a panic carries that is part of a scenario.
pub use rdv::sync::panic::Foreign as Deliberate;

use crate::job::{Orderings, Strength};
use crate::record::{Kind, Step, Usage};
use crate::tape::Tape;

/// Before the first execution: what becomes of the orderings of the source.
pub fn set_orderings(plan: &Orderings) {
    match plan {
        Orderings::AsWritten => {}
        Orderings::Surveyed => orderings::survey(),
        Orderings::Weakened(weakening) => {
            let (file, to) = (weakening.file.clone(), ordering(weakening.to));
            let (line, column, number) = (weakening.line, weakening.column, weakening.number);
            orderings::weaken(orderings::Site { file, line, column, number }, to);
        }
    }
}

fn ordering(strength: Strength) -> Ordering {
    match strength {
        Strength::Relaxed => Ordering::Relaxed,
        Strength::Acquire => Ordering::Acquire,
        Strength::Release => Ordering::Release,
        Strength::AcqRel => Ordering::AcqRel,
        Strength::SeqCst => Ordering::SeqCst,
    }
}

/// The orderings surveyed so far.
#[must_use]
pub fn surveyed() -> BTreeSet<String> {
    orderings::surveyed()
}

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

/// Whether actors are at work: what main does alone, nobody misses.
pub use explore::at_work;

/// How many steps are on record, and how many there were.
pub use explore::{length, steps_so_far};

fn convert(step: explore::Step) -> Step {
    let explore::Step { thread, operation, object, made, value, at, kind, from, newer, since } = step;
    // shuttle's name for the thread that loom leaves nameless.
    let thread = if thread == "main-thread" { "main".to_owned() } else { thread };
    Step { thread, operation, object, made, value, at, kind: convert_kind(kind), from, newer, since }
}

fn convert_kind(kind: explore::Kind) -> Kind {
    match kind {
        explore::Kind::Access => Kind::Access,
        explore::Kind::Locks => Kind::Locks,
        explore::Kind::Blocks => Kind::Blocks,
        explore::Kind::Resumes => Kind::Resumes,
        explore::Kind::Notifies => Kind::Notifies,
        explore::Kind::Spawns => Kind::Spawns,
        explore::Kind::Starts => Kind::Starts,
        explore::Kind::Ends => Kind::Ends,
        explore::Kind::Joins => Kind::Joins,
    }
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
