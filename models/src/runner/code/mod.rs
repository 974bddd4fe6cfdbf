//! `cargo models --code`: is every mutant of the sources noticed, by a scenario or by a test?
//!
//! ```text
//! list (cargo mutants) ─> switched ─> build (one copy, less what does not compile)
//!                                       ├─> models: scenarios in loom, survey first ─┐
//!                                       └─> suite: the tests of the library ─────────┼─> memory (code.json) ─> table, page
//!                                                              known (models/survivors.toml) ─┘
//! ```
//!
//! Seeded faults are those that somebody thought of. These are those that nobody did.

mod build;
mod known;
mod list;
mod memory;
mod models;
mod page;
mod suite;
mod switched;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::job::World;

use super::cli::Options;
use super::progress::Ui;
use super::worlds::{self, Worlds};
use super::{FAILED, PASSED, pool};

use build::Built;
use known::Survivor;
use list::Mutant;
use memory::{Memory, Stamps};
use models::{Kill, Models};
use suite::{Failed, Tests};

/// What became of a mutant.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "lowercase")]
enum Fate {
    /// A scenario fails.
    Killed(Kill),
    /// A test fails.
    Failed(Failed),
    /// Nobody notices: so many scenarios execute it.
    Survived { scenarios: usize },
    /// The compiler refuses it, or there is no place for a switch.
    Refused,
}

/// A mutant that was tried.
#[derive(Debug)]
struct Verdict<'a> {
    mutant: &'a Mutant,
    fate: Fate,
    known: Option<&'a Survivor>,
}

impl Verdict<'_> {
    fn survives(&self) -> bool {
        matches!(self.fate, Fate::Survived { .. })
    }

    /// Whether nobody notices it, and nobody knows why.
    fn is_news(&self) -> bool {
        self.survives() && self.known.is_none()
    }
}

/// The whole command.
pub(super) fn run(options: &Options, ui: &Ui) -> Result<u8, String> {
    let started = Instant::now();
    let all = list::list(&worlds::root()?)?;
    let filter = options.filter.as_deref().unwrap_or_default();
    if !all.iter().any(|mutant| mutant.name.contains(filter)) {
        return Err(format!("no mutant is called {filter:?} (`cargo mutants --list` shows them)"));
    }
    let search = Search::new(&all, options, ui)?;
    search.try_all(filter, options, ui)?;
    let found = search.found();
    let verdicts: Vec<_> = found.iter().filter(|verdict| verdict.mutant.name.contains(filter)).collect();
    table::print(&verdicts);
    if page::write(&search.finished(&found))? {
        println!("\ndocs/model-checking.md is written");
    }
    let passed = table::print_summary(&verdicts, &stale(&verdicts, &search.known, filter), started.elapsed());
    Ok(if passed { PASSED } else { FAILED })
}

/// Who is asked whether they notice.
struct Search<'a> {
    mutants: &'a [Mutant],
    refused: BTreeSet<usize>,
    known: Vec<Survivor>,
    worlds: Worlds,
    models: Models,
    tests: Tests,
    memory: Memory,
}

impl<'a> Search<'a> {
    fn new(mutants: &'a [Mutant], options: &Options, ui: &Ui) -> Result<Self, String> {
        let known = known::read()?;
        let Built { sources, refused } = build::build(mutants, ui)?;
        let worlds = Worlds::build(&sources, &[World::Loom].into(), ui)?;
        let tests = Tests::build(&sources, options.jobs(), ui)?;
        let models = Models::survey(&worlds, options.jobs(), ui)?;
        let worker = [(memory::WORKER, models::worker(&worlds)?.binary.as_path())];
        let memory = Memory::read(mutants, Stamps::read(worker.into_iter().chain(tests.binaries()))?)?;
        Ok(Self { mutants, refused, known, worlds, models, tests, memory })
    }

    /// Tries those whose names contain `filter`, unless it is known already what became of them.
    fn try_all(&self, filter: &str, options: &Options, ui: &Ui) -> Result<(), String> {
        let meant = |number: &usize| self.mutants[*number].name.contains(filter) && !self.refused.contains(number);
        let meant: Vec<_> = (0..self.mutants.len()).filter(meant).collect();
        let order: Vec<_> =
            meant.iter().copied().filter(|&number| self.memory.recall(&self.mutants[number]).is_none()).collect();
        ui.say(&format!("{} mutants compile, {} are to be tried", meant.len(), order.len()));
        let overall = ui.overall(order.len());
        let tried = pool::in_parallel(&order, options.jobs(), |number| {
            let mutant = &self.mutants[number];
            let kept = self.fate(mutant).and_then(|fate| self.memory.keep(mutant, &fate));
            overall.inc(1);
            kept
        });
        overall.finish_and_clear();
        ui.finish();
        tried.into_iter().collect()
    }

    /// What has noticed it before; else scenarios, with few preemptions; then the tests; then scenarios to the end, with all that an
    /// audit finds. What is known to survive that is not put to it again.
    fn fate(&self, mutant: &Mutant) -> Result<Fate, String> {
        let again = match self.memory.hint(mutant) {
            Some(Fate::Killed(kill)) => self.models.again(&kill.scenario, mutant, &self.worlds)?.map(Fate::Killed),
            Some(Fate::Failed(failed)) => self.tests.again(failed, mutant)?.map(Fate::Failed),
            _ => None,
        };
        if let Some(fate) = again {
            return Ok(fate);
        }
        if let Some(kill) = self.models.soon(mutant, &self.worlds)? {
            return Ok(Fate::Killed(kill));
        }
        if let Some(failed) = self.tests.fails(mutant)? {
            return Ok(Fate::Failed(failed));
        }
        let is_known = self.known.iter().any(|known| known.covers(mutant));
        let at_last = if is_known { None } else { self.models.at_last(mutant, &self.worlds)? };
        Ok(at_last.map_or_else(|| Fate::Survived { scenarios: self.models.execute(mutant).count() }, Fate::Killed))
    }

    /// What is known now.
    fn found(&self) -> Vec<Verdict<'_>> {
        let found = self.mutants.iter().enumerate().filter_map(|(number, mutant)| {
            let fate = if self.refused.contains(&number) { Fate::Refused } else { self.memory.recall(mutant)? };
            Some(Verdict { mutant, fate, known: self.known.iter().find(|known| known.covers(mutant)) })
        });
        found.collect()
    }

    /// The components of which all mutants are among those found.
    fn finished<'v>(&self, found: &'v [Verdict<'a>]) -> BTreeMap<String, Vec<&'v Verdict<'a>>> {
        let mut components: BTreeMap<String, Vec<&Verdict<'_>>> = BTreeMap::new();
        for verdict in found {
            components.entry(page::component(&verdict.mutant.file)).or_default().push(verdict);
        }
        let all =
            |component: &str| self.mutants.iter().filter(|mutant| page::component(&mutant.file) == component).count();
        components.retain(|component, verdicts| verdicts.len() == all(component));
        components
    }
}

/// What is called a survivor and is none.
fn stale(verdicts: &[&Verdict<'_>], known: &[Survivor], filter: &str) -> Vec<String> {
    let survivors: Vec<_> =
        verdicts.iter().filter(|verdict| verdict.survives()).map(|verdict| verdict.mutant).collect();
    let meant = known.iter().filter(|known| known.file.contains(filter));
    meant.flat_map(|known| known.stale(&survivors)).collect()
}

/// Workers with that mutant switched on.
pub(super) fn build(name: &str, needed: &BTreeSet<World>, ui: &Ui) -> Result<Worlds, String> {
    let all = list::list(&worlds::root()?)?;
    if !all.iter().any(|mutant| mutant.name == name) {
        return Err(format!("no fault and no mutant is called {name:?}"));
    }
    let Built { sources, .. } = build::build(&all, ui)?;
    Ok(Worlds::build(&sources, needed, ui)?.with_fault(name))
}
