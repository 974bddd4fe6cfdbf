//! The comparison of loom with shuttle: sequentially consistent executions are among those of the weaker model, so every outcome that an engine
//! of shuttle saw must have been seen by a loom that explored everything.
//!
//! It does not matter whether that engine explored everything, within a bound, or drew what it saw: each outcome it saw exists. A depth-first
//! search that was complete says, besides, that there is no other.

use super::{Check, Explored, Finding};
use crate::job::{Choices, World};
use crate::record::Tally;
use crate::scenario::{Bound, Engine};
use crate::tape::Tape;

/// Whether the two explorations can be compared: a complete, unbounded one of loom with one of shuttle, of the same size.
#[must_use]
pub fn is_pair(loom: &Explored, shuttle: &Explored) -> bool {
    let same = loom.job.scenario == shuttle.job.scenario && loom.job.size == shuttle.job.size;
    let engines = loom.job.engine == Engine::Loom && shuttle.job.engine.world() == World::Shuttle;
    same && engines && shuttle.job.choices == Choices::Engine && loom.job.bound == Bound::Full && loom.is_complete()
}

/// Compares what the two saw, tape by tape.
#[must_use]
pub fn compare(loom: &Explored, shuttle: &Explored) -> Vec<Finding> {
    let mut missing: Vec<_> = shuttle.tallies.iter().flat_map(|tally| unseen(&loom.tallies, tally)).collect();
    missing.sort_unstable();
    missing.dedup();
    let engine = shuttle.job.engine;
    let text = match &missing[..] {
        [] => return Vec::new(),
        [only] => format!("loom never saw {only}, which {engine} found"),
        [first, others @ ..] => format!("loom never saw {first} and {} more, which {engine} found", others.len()),
    };
    vec![Finding { check: Check::Outcomes, text }]
}

/// What shuttle saw with a tape and loom did not.
fn unseen(loom: &[Tally], shuttle: &Tally) -> Vec<String> {
    let seen = of_tape(loom, &shuttle.tape);
    let is_unseen = |outcome: &&String| seen.is_none_or(|seen| !seen.outcomes.contains_key(*outcome));
    let outcomes = shuttle.outcomes.keys().filter(is_unseen);
    outcomes.map(|outcome| format!("{outcome:?} (tape {})", shuttle.tape)).collect()
}

/// What loom saw with a tape. A tape that was drawn may say more than any execution reads: about deadlines that are never made, about a wait that
/// never begins. loom explored the one that says only what is read.
fn of_tape<'a>(loom: &'a [Tally], tape: &str) -> Option<&'a Tally> {
    let tape: Tape = tape.parse().ok()?;
    let fitting = loom.iter().filter_map(|tally| Some((tally, tally.tape.parse::<Tape>().ok()?)));
    let fitting: Vec<_> = fitting.filter(|(tally, seen)| seen.agrees(&tape, tally.usage.deadlines)).collect();
    let spurious = |wanted: Option<u32>| fitting.iter().find(|(_, seen)| seen.spurious == wanted);
    spurious(tape.spurious).or_else(|| spurious(None)).map(|(tally, _)| *tally)
}
