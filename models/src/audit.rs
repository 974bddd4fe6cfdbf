//! The audit: what has to be true of an exploration before its green means anything.
//!
//! | check | what would be wrong otherwise |
//! |---|---|
//! | [`Check::Complete`] | a spent budget looks like success in both checkers |
//! | [`Check::Outcomes`] | loom's reduction skips interleavings that shuttle shows to exist |
//! | [`Check::Alone`] | one actor has nobody to be interleaved with |
//! | [`Check::Reviewed`] | nobody notices what can no longer happen, or now can |
//! | [`Check::Floor`] | no more executions than actors have that share nothing: nothing was interleaved |
//! | [`Check::Witnesses`] | the scenario never got to the state that it exists for |
//! | [`Check::Stores`] | loom shows a load the last seven stores only |
//! | [`Check::Main`] | an actor on the main thread hides interleavings from loom |
//! | [`Check::Deadlines`], [`Check::Spurious`] | a deadline or a wait beyond those declared was never varied |

mod compare;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::job::{Choices, Job};
use crate::record::{Failure, Step, Tally, Usage};
use crate::scenario::{Engine, Scenario};

pub use compare::{compare, is_pair};

/// Stores to one atomic that loom models faithfully, its initial value being one of the seven it shows.
pub const MAX_STORES: u32 = 6;

/// Executions that every tape of a scenario with two actors or more must have in an exhaustive engine.
///
/// Two actors that share nothing have three under loom 0.7, because their ends are steps that main's joins see;
/// so anything below four says that the checker found nothing to interleave. How many there must be beyond that,
/// the comparison of outcomes says better than a number could.
pub const MIN_EXECUTIONS: u64 = 4;

/// One thing that is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Everything within the bound was explored.
    Complete,
    /// loom without a bound saw every outcome that any engine of shuttle saw, tape by tape.
    Outcomes,
    /// Two actors at work at once, in some execution.
    Alone,
    /// The set of outcomes is the one that was reviewed.
    Reviewed,
    /// Executions of each tape.
    Floor,
    /// Every declared witness was seen.
    Witnesses,
    /// Stores to one atomic.
    Stores,
    /// The model's main thread only spawns and joins.
    Main,
    /// Deadlines made, against those declared.
    Deadlines,
    /// Waits, against the spurious wake-ups declared.
    Spurious,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Complete => "incomplete",
            Self::Outcomes => "outcomes missing",
            Self::Alone => "one actor",
            Self::Reviewed => "outcomes not as reviewed",
            Self::Floor => "too few executions",
            Self::Witnesses => "witness unseen",
            Self::Stores => "too many stores",
            Self::Main => "main acts",
            Self::Deadlines => "undeclared deadline",
            Self::Spurious => "undeclared wait",
        })
    }
}

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub check: Check,
    /// How.
    pub text: String,
}

/// How an exploration ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Everything that was asked for was explored.
    Done,
    /// The budget was spent before.
    Capped(u64),
    /// An execution broke a rule.
    Failed(Box<Failure>),
    /// The worker ended without a last word.
    Died(String),
}

/// A job that was done.
#[derive(Clone, Debug)]
pub struct Explored {
    /// What was asked for.
    pub job: Job,
    /// How it ended.
    pub end: End,
    /// What was seen.
    pub tallies: Vec<Tally>,
    /// What was done in an execution that was replayed and broke no rule.
    pub steps: Vec<Step>,
    /// How many executions there were, those of an unfinished tape included.
    pub executions: u64,
    /// How long it took.
    pub seconds: f64,
}

impl Explored {
    /// Nothing yet.
    #[must_use]
    pub fn nothing(job: &Job) -> Self {
        Self { job: job.clone(), end: End::Done, tallies: Vec::new(), steps: Vec::new(), executions: 0, seconds: 0.0 }
    }

    /// How many scripts were drawn, if they were.
    #[must_use]
    pub fn scripts(&self) -> Option<usize> {
        let tapes = || self.tallies.iter().map(|tally| tally.tape.as_str()).collect::<BTreeSet<_>>();
        (self.job.choices == Choices::Drawn).then(|| tapes().len())
    }

    /// Whether the engine has explored everything within its bound.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.job.engine.is_exhaustive() && self.job.choices == Choices::Engine && self.end == End::Done
    }

    /// All outcomes, with counts, whatever the tape.
    #[must_use]
    pub fn outcomes(&self) -> BTreeMap<&str, u64> {
        let mut united = BTreeMap::new();
        for (outcome, count) in self.tallies.iter().flat_map(|tally| &tally.outcomes) {
            *united.entry(outcome.as_str()).or_default() += count;
        }
        united
    }

    /// All witnesses seen.
    #[must_use]
    pub fn witnesses(&self) -> BTreeSet<&str> {
        self.tallies.iter().flat_map(|tally| tally.witnesses.keys()).map(String::as_str).collect()
    }

    /// The most that one execution used.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let mut usage = Usage::default();
        self.tallies.iter().for_each(|tally| usage.join(tally.usage.clone()));
        usage
    }
}

/// Checks one exploration by itself.
#[must_use]
pub fn check(scenario: &Scenario, explored: &Explored) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |check, text| findings.push(Finding { check, text });
    if let End::Capped(executions) = explored.end {
        found(Check::Complete, format!("the budget was spent after {executions} executions"));
    }
    if explored.is_complete() {
        let seen = explored.witnesses();
        for witness in scenario.witnesses.iter().filter(|witness| !seen.contains(**witness)) {
            found(Check::Witnesses, format!("no execution reached {witness:?}"));
        }
        if scenario.alone.is_none() && explored.tallies.iter().all(|tally| tally.actors < 2) {
            found(Check::Alone, "there were never two actors at work at once".to_owned());
        }
        if let Some(tally) = explored.tallies.iter().find(|tally| is_too_few(tally)) {
            let Tally { executions, actors, tape, .. } = tally;
            found(Check::Floor, format!("only {executions} executions of {actors} actors, tape {tape}"));
        }
    }
    let usage = explored.usage();
    if explored.job.engine == Engine::Loom && usage.max_stores > MAX_STORES {
        let (stores, at) = (usage.max_stores, &usage.max_stores_at);
        found(Check::Stores, format!("{stores} stores to one atomic (loom models {MAX_STORES}), at {at}"));
    }
    if let Some(operation) = explored.tallies.iter().find_map(|tally| tally.main_acted.as_ref()) {
        found(Check::Main, format!("the main thread did {operation} while actors were at work"));
    }
    let drawn = explored.job.choices == Choices::Drawn;
    let declared = if drawn { scenario.deadlines_at(explored.job.size) } else { scenario.deadlines };
    if usage.deadlines > declared {
        let made = usage.deadlines;
        found(Check::Deadlines, format!("{declared} deadlines declared, {made} made"));
    }
    if let Some(waits) = waits_left_out(scenario, explored) {
        let declared = scenario.spurious;
        found(Check::Spurious, format!("spurious wake-ups declared for {declared} waits, there were {waits}"));
    }
    findings
}

fn is_too_few(tally: &Tally) -> bool {
    tally.actors >= 2 && tally.executions < MIN_EXECUTIONS
}

/// The number of waits, if some of them were never woken spuriously though the scenario asks for such wake-ups.
///
/// At its audit size a scenario covers every wait or declares none; larger runs print how many they cover.
fn waits_left_out(scenario: &Scenario, explored: &Explored) -> Option<u32> {
    let waits = natural_waits(explored);
    let audited = explored.is_complete() && explored.job.size == scenario.audit;
    (audited && scenario.spurious > 0 && waits > scenario.spurious).then_some(waits)
}

/// The most waits in an execution in which none was woken spuriously.
#[must_use]
pub fn natural_waits(explored: &Explored) -> u32 {
    let natural = explored.tallies.iter().filter(|tally| !tally.tape.contains('s'));
    natural.map(|tally| tally.usage.waits).max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
