//! `cargo models --code`: is every mutant of the sources noticed, by a scenario or by a test?
//!
//! ```text
//! list (cargo mutants) ─> switched ─> build (one copy, less what does not compile)
//!                                       ├─> models: scenarios in loom, survey first ─┐
//!                                       └─> suite: the tests of the library ─────────┴─> table, code.json
//!                                                              known (models/survivors.toml) ─┘
//! ```
//!
//! Seeded faults are those that somebody thought of. These are those that nobody did.

mod build;
mod known;
mod list;
mod models;
mod suite;
mod switched;
mod table;

use std::collections::BTreeSet;
use std::time::Instant;

use crate::job::World;

use super::cli::Options;
use super::progress::Ui;
use super::worlds::{self, Worlds};
use super::{FAILED, PASSED, pool};

use build::Built;
use known::Survivor;
use list::Mutant;
use models::{Kill, Models};
use suite::Tests;

/// What became of a mutant.
#[derive(Debug)]
enum Fate {
    /// A scenario fails.
    Killed(Kill),
    /// A test fails, of that binary.
    Failed(String),
    /// Nobody notices: so many scenarios execute it.
    Survived(usize),
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
        matches!(self.fate, Fate::Survived(_))
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
    let known = known::read()?;
    let filter = options.filter.as_deref().unwrap_or_default();
    let chosen: Vec<_> = (0..all.len()).filter(|&number| all[number].name.contains(filter)).collect();
    if chosen.is_empty() {
        return Err(format!("no mutant is called {filter:?} (`cargo mutants --list` shows them)"));
    }
    let Built { sources, refused } = build::build(&all, ui)?;
    let tried: Vec<_> = chosen.iter().copied().filter(|number| !refused.contains(number)).collect();
    let worlds = Worlds::build(&sources, &[World::Loom].into(), ui)?;
    let tests = Tests::build(&sources, ui)?;
    let models = Models::survey(&worlds, options.jobs(), ui)?;
    ui.say(&format!("{} mutants, {} compile", chosen.len(), tried.len()));
    let overall = ui.overall(tried.len());
    let order: Vec<_> = (0..tried.len()).collect();
    let fates = pool::in_parallel(&order, options.jobs(), |index| {
        let mutant = &all[tried[index]];
        let is_known = known.iter().any(|known| known.covers(mutant));
        let fate = fate(mutant, is_known, &models, &worlds, &tests);
        overall.inc(1);
        fate
    });
    overall.finish_and_clear();
    ui.finish();
    let fates = fates.into_iter().collect::<Result<Vec<_>, String>>()?;
    let mut verdicts: Vec<_> =
        tried.iter().zip(fates).map(|(&number, fate)| judged(&all[number], fate, &known)).collect();
    let refused = chosen.iter().filter(|number| refused.contains(number));
    verdicts.extend(refused.map(|&number| judged(&all[number], Fate::Refused, &known)));
    table::print(&verdicts);
    table::write(&verdicts)?;
    let stale = stale(&verdicts, &known, filter);
    let passed = table::print_summary(&verdicts, &stale, started.elapsed());
    Ok(if passed { PASSED } else { FAILED })
}

/// Scenarios first, with few preemptions; then the tests; then scenarios to the end, with all that an audit finds. What is known to
/// survive that is not put to it again.
fn fate(mutant: &Mutant, is_known: bool, models: &Models, worlds: &Worlds, tests: &Tests) -> Result<Fate, String> {
    if let Some(kill) = models.soon(mutant, worlds)? {
        return Ok(Fate::Killed(kill));
    }
    if let Some(binary) = tests.fails(&mutant.name)? {
        return Ok(Fate::Failed(binary));
    }
    let at_last = if is_known { None } else { models.at_last(mutant, worlds)? };
    Ok(at_last.map_or_else(|| Fate::Survived(models.execute(mutant).count()), Fate::Killed))
}

fn judged<'a>(mutant: &'a Mutant, fate: Fate, known: &'a [Survivor]) -> Verdict<'a> {
    Verdict { mutant, fate, known: known.iter().find(|known| known.covers(mutant)) }
}

/// What is called a survivor and is none.
fn stale(verdicts: &[Verdict<'_>], known: &[Survivor], filter: &str) -> Vec<String> {
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
