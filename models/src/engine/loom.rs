//! loom: every interleaving, and every value that the memory model lets a load see.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use loom::model::Builder;

use crate::job::World;
use crate::scenario::Bound;
use crate::worker::{Body, Session};

/// The world this is.
pub const WORLD: World = World::Loom;

/// Four actors and main: loom's own limit.
const MAX_THREADS: usize = 5;

/// Decisions in one execution. Far more than a scenario has that ends; an endless retry runs into it.
const MAX_BRANCHES: usize = 10_000;

/// Explores every tape.
///
/// # Errors
/// None: a failure ends the process.
pub fn run(session: &Arc<Session>) -> Result<(), String> {
    let builder = builder(session.job().bound);
    session.explore_tapes(|body: Body| {
        builder.check(body);
        None
    })
}

/// Every field is set here: nothing is left to loom's environment variables. loom's own limits on executions
/// and time end a model as a *success*, so they are off: the session counts, and a spent budget is a failure.
fn builder(bound: Bound) -> Builder {
    let mut builder = Builder::new();
    builder.max_threads = MAX_THREADS;
    builder.max_branches = MAX_BRANCHES;
    builder.max_permutations = None;
    builder.max_duration = None;
    builder.preemption_bound = match bound {
        Bound::Full => None,
        Bound::Preemptions(preemptions) => Some(preemptions.into()),
    };
    builder.checkpoint_file = None;
    builder.checkpoint_interval = usize::MAX;
    builder.expect_explicit_explore = false;
    builder.location = false;
    builder.log = false;
    builder
}

/// How many executions there are of a program if loom is to end after so many, or after that time; it says no word if it does.
///
/// # Panics
/// If the program does.
#[must_use]
pub fn executions(program: fn(), most: Option<usize>, time: Option<Duration>) -> usize {
    let mut builder = builder(Bound::Full);
    builder.max_permutations = most;
    builder.max_duration = time;
    builder.checkpoint_interval = 16;
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let body = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        program();
    };
    // A thread of the system: this one is in the middle of an execution.
    std::thread::spawn(move || builder.check(body)).join().expect("the program breaks no rule");
    count.load(Ordering::Relaxed)
}
