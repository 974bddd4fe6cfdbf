//! Reviewed outcomes: what each scenario can end with, per exhaustive engine, as it stands in the repository.
//!
//! A scenario's rules say what must not happen. They do not say what can: a change after which nobody ever meets a full ring
//! breaks no rule. So the set of outcomes of each complete exploration is compared with the one that was reviewed last, and a
//! difference fails. Counts of executions are kept and shown, and do not fail: every step more or less changes them.

mod store;

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::{Check, Finding};
use crate::job::{Choices, Job};
use crate::scenario::{Bound, Engine, Level, Run, Scenario};

use super::counts::Block;
use super::plan;
use super::verdict::Row;

pub(super) use store::Store;

/// Outcomes that a difference names; beyond them it counts.
const NAMED: usize = 8;

/// Whether outcomes of that run are kept: those of the exhaustive engines in the default suite. A bounded run of loom, which is
/// there to reach further than a complete one can, is not.
pub(super) fn is_kept(scenario: &Scenario, run: &Run) -> bool {
    match run.engine {
        _ if plan::choices(scenario, run) == Choices::Drawn => false,
        Engine::Loom => run.bound == Bound::Full && run.level <= Level::Default,
        Engine::Dfs => run.level <= Level::Default,
        Engine::Portfolio | Engine::Stress => false,
    }
}

/// The runs of a scenario whose outcomes are kept.
fn kept(scenario: &Scenario) -> impl Iterator<Item = Run> {
    plan::runs(scenario, Level::Default).into_iter().filter(|run| is_kept(scenario, run))
}

/// Compares with what was reviewed. A difference of sets fails the row; returns lines about counts that have changed.
pub(super) fn check(rows: &mut [Row]) -> Result<Vec<String>, String> {
    let mut store = Store::default();
    let mut notes = Vec::new();
    let mut unreviewed = BTreeSet::new();
    for row in rows.iter_mut().filter(|row| is_comparable(row)) {
        let job = &row.explored.job;
        let seen = row.explored.outcomes();
        let reviewed = store.component(&job.scenario)?.column(&block(job), &column(job));
        if store.component(&job.scenario)?.is_empty() {
            unreviewed.extend(job.scenario.split('/').next().map(str::to_owned));
            continue;
        }
        if reviewed.is_empty() {
            let text = "never reviewed: `cargo models --bless` adds them".to_owned();
            row.findings.push(Finding { check: Check::Reviewed, text });
            continue;
        }
        if let Some(text) = difference(&reviewed, &seen) {
            row.findings.push(Finding { check: Check::Reviewed, text });
        } else if reviewed.iter().any(|(outcome, count)| seen.get(outcome.as_str()) != Some(count)) {
            let (before, now): (u64, u64) = (reviewed.values().sum(), seen.values().sum());
            notes.push(format!("{} {} {}: {before} executions, now {now}", job.scenario, job.engine, block(job).1));
        }
    }
    notes.extend(
        unreviewed.into_iter().map(|component| format!("{component}: never reviewed, nothing to compare with")),
    );
    Ok(notes)
}

/// How many executions that run had when its outcomes were reviewed last, if they are kept.
pub(super) fn executions(store: &mut Store, scenario: &Scenario, run: &Run) -> Result<Option<u64>, String> {
    if !is_kept(scenario, run) {
        return Ok(None);
    }
    let block = Block(scenario.name.to_owned(), size(run.size));
    let reviewed = store.component(scenario.name)?.column(&block, &name_of(run.engine, run.bound));
    Ok((!reviewed.is_empty()).then(|| reviewed.values().sum()))
}

/// Writes what was seen for what was reviewed, and drops what no scenario stands for any more; returns what has changed.
pub(super) fn bless(rows: &[Row]) -> Result<Vec<String>, String> {
    let mut store = Store::default();
    let mut changes = Vec::new();
    for row in rows.iter().filter(|row| is_comparable(row) && row.passed()) {
        let job = &row.explored.job;
        let seen = row.explored.outcomes();
        let component = store.component(&job.scenario)?;
        let reviewed = component.column(&block(job), &column(job));
        if let Some(text) = difference(&reviewed, &seen) {
            changes.push(format!("{} {} {}: {text}", job.scenario, job.engine, block(job).1));
        }
        component.set_column(&block(job), &column(job), &seen);
    }
    for (block, column) in orphans(&mut store)? {
        changes.push(format!("{} {} {column}: dropped", block.0, block.1));
        store.component(&block.0)?.set_column(&block, &column, &BTreeMap::new());
    }
    store.write()?;
    Ok(changes)
}

/// Everything was explored, and it is one of the explorations whose outcomes are kept.
fn is_comparable(row: &Row) -> bool {
    let job = &row.explored.job;
    let same = |run: &Run| (run.engine, run.size, run.bound) == (job.engine, job.size, job.bound);
    row.explored.is_complete() && kept(row.scenario).any(|run| same(&run))
}

fn block(job: &Job) -> Block {
    Block(job.scenario.clone(), size(job.size))
}

fn size(size: u8) -> String {
    format!("n={size}")
}

fn column(job: &Job) -> String {
    name_of(job.engine, job.bound)
}

fn name_of(engine: Engine, bound: Bound) -> String {
    match bound {
        Bound::Full => engine.to_string(),
        Bound::Preemptions(_) => format!("{engine}-{bound}"),
    }
}

/// The columns that no run of the suites fills.
fn orphans(store: &mut Store) -> Result<Vec<(Block, String)>, String> {
    let runs = crate::scenarios::all().flat_map(|scenario| {
        let filled = |run: Run| (Block(scenario.name.to_owned(), size(run.size)), name_of(run.engine, run.bound));
        kept(scenario).map(filled)
    });
    let filled: BTreeSet<(Block, String)> = runs.collect();
    Ok(store.columns()?.into_iter().filter(|column| !filled.contains(column)).collect())
}

/// How the sets differ.
fn difference(reviewed: &BTreeMap<String, u64>, seen: &BTreeMap<&str, u64>) -> Option<String> {
    let gone: Vec<_> = reviewed.keys().map(String::as_str).filter(|outcome| !seen.contains_key(outcome)).collect();
    let new: Vec<_> = seen.keys().copied().filter(|outcome| !reviewed.contains_key(*outcome)).collect();
    let told = |sign: char, outcomes: Vec<&str>| {
        let left_out = outcomes.len().saturating_sub(NAMED);
        let named: String = outcomes.iter().take(NAMED).map(|outcome| format!("\n    {sign} {outcome}")).collect();
        if left_out > 0 { format!("{named}\n    {sign} {left_out} more") } else { named }
    };
    if gone.is_empty() && new.is_empty() {
        return None;
    }
    let counted = format!("{} outcomes missing, {} new", gone.len(), new.len());
    Some(counted + &told('-', gone) + &told('+', new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_that_no_scenario_stands_for() {
        let orphans = orphans(&mut Store::default()).unwrap();
        assert!(orphans.is_empty(), "`cargo models --bless` drops what is left over: {orphans:?}");
    }

    #[test]
    fn a_difference_names_what_is_missing_and_what_is_new() {
        let reviewed = [("a", 1), ("b", 2)].map(|(outcome, count)| (outcome.to_owned(), count)).into();
        assert_eq!(difference(&reviewed, &[("a", 5), ("b", 1)].into()), None, "counts alone");
        let text = difference(&reviewed, &[("a", 1), ("c", 1)].into()).unwrap();
        assert_eq!(text, "1 outcomes missing, 1 new\n    - b\n    + c");
        let many: Vec<_> = (10..40).map(|number: u8| number.to_string()).collect();
        let text = difference(&BTreeMap::new(), &many.iter().map(|outcome| (outcome.as_str(), 1)).collect()).unwrap();
        assert!(text.ends_with("+ 22 more"), "{text}");
    }
}
