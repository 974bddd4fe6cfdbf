//! `cargo models --faults`: each seeded fault is switched on, and its scenario has to fail, by the rule that it breaks.
//!
//! ```text
//! registry (models/faults/*.toml) ─> copies (target/models/faults/N) ─> worlds ─> one worker per fault ─> table
//! ```
//!
//! A green model proves as much as the faults that it turns red for. Every rule has to have one.

mod bounds;
mod copies;
mod registry;
mod schedulers;
mod table;

use std::collections::BTreeSet;

use crate::audit::{End, Explored};
use crate::job::{Budget, World};
use crate::scenario::Run;

use super::cli::Options;
use super::progress::Ui;
use super::proofs::{self, Of, Proof};
use super::worlds::Worlds;
use super::{FAILED, PASSED, drawn, plan, pool};

pub(super) use bounds::run as find_bounds;
pub(super) use registry::{Fault, read};
pub(super) use schedulers::run as compare_schedulers;

/// Far more than a fault needs to show: one that takes so long is not caught.
const BUDGET: Budget = Budget { milliseconds: 20_000, executions: u64::MAX, patience_milliseconds: 5_000 };

/// How far a scenario is explored to see that a copy is sound while no fault is switched on.
const SOUND: Budget = Budget { milliseconds: 20_000, executions: 300, patience_milliseconds: 10_000 };

/// A fault that was tried.
#[derive(Debug)]
pub(super) struct Tried {
    fault: Fault,
    run: Run,
    explored: Explored,
}

impl Tried {
    /// The rule that was named.
    fn observed(&self) -> Option<&str> {
        match &self.explored.end {
            End::Failed(failure) => Some(&failure.rule),
            _ => None,
        }
    }

    /// Whether the rule that the fault breaks was named.
    fn is_caught(&self) -> bool {
        self.observed() == Some(&self.fault.rule)
    }

    /// That it is, for the record.
    fn proof(&self) -> Option<Proof> {
        let Fault { id, rule, scenario, .. } = self.fault.clone();
        let run = table::run(self);
        self.is_caught().then_some(Proof { id, rule, scenario, run, executions: self.explored.executions })
    }
}

/// The whole command.
pub(super) fn run(options: &Options, ui: &Ui) -> Result<u8, String> {
    let faults = read()?;
    let complaints = registry::complaints(&faults)?;
    if !complaints.is_empty() {
        complaints.iter().for_each(|complaint| println!("STALE {complaint}"));
        return Ok(FAILED);
    }
    let (mut tried, mut unsound) = (Vec::new(), Vec::new());
    in_groups(options, ui, None, |faults, worlds| {
        unsound.extend(switched_off(&faults, worlds, options, ui)?);
        tried.extend(each(&faults, worlds, options, ui, |fault, worlds| {
            attempt(fault, fault.run()?, BUDGET, worlds, ui)
        })?);
        Ok(())
    })?;
    ui.finish();
    table::print(&tried);
    table::write(&tried)?;
    unsound.iter().for_each(|unsound| println!("UNSOUND {unsound}"));
    let unproven = if options.filter.is_none() { registry::unproven(&faults)? } else { Vec::new() };
    unproven.iter().for_each(|rule| println!("UNPROVEN {rule}: no fault breaks it"));
    let known = faults.into_iter().map(|fault| fault.id).collect();
    let proofs: Vec<_> = tried.iter().filter_map(Tried::proof).collect();
    let reviewed = proofs::settle(Of::Faults, &proofs, &known, options.bless)?;
    let passed = tried.iter().all(Tried::is_caught) && unsound.is_empty() && unproven.is_empty() && reviewed;
    Ok(if passed { PASSED } else { FAILED })
}

/// Does something with the faults that the filter lets through, group by group, with the workers of the group: those of the worlds
/// given, or of the worlds that the faults ask for.
fn in_groups(
    options: &Options,
    ui: &Ui,
    worlds: Option<&BTreeSet<World>>,
    mut work: impl FnMut(Vec<Fault>, &Worlds) -> Result<(), String>,
) -> Result<(), String> {
    let faults = read()?;
    let filter = options.filter.as_deref().unwrap_or_default();
    let mut none = true;
    for (number, group) in copies::groups(&faults)?.iter().enumerate() {
        let mut chosen: Vec<_> = group.faults.iter().map(|&fault| faults[fault].clone()).collect();
        chosen.retain(|fault| fault.matches(filter));
        if chosen.is_empty() {
            continue;
        }
        none = false;
        let asked = chosen.iter().map(|fault| Ok(fault.run()?.engine.world())).collect::<Result<_, String>>()?;
        let built = Worlds::build(&group.write(number + 1, &faults)?, worlds.unwrap_or(&asked), ui)?;
        work(chosen, &built)?;
    }
    if none { Err(format!("no fault is called, breaks or is caught by {filter:?}")) } else { Ok(()) }
}

/// Does something with each fault, with workers in which it is switched on.
fn each<T: Send>(
    faults: &[Fault],
    worlds: &Worlds,
    options: &Options,
    ui: &Ui,
    work: impl Fn(&Fault, &Worlds) -> Result<T, String> + Sync,
) -> Result<Vec<T>, String> {
    let order: Vec<_> = (0..faults.len()).collect();
    let overall = ui.overall(faults.len());
    let done = pool::in_parallel(&order, options.jobs(), |index| {
        let fault = &faults[index];
        let done = work(fault, &worlds.with_fault(&fault.id));
        overall.inc(1);
        done
    });
    overall.finish_and_clear();
    done.into_iter().collect()
}

/// Tries a fault, in that run.
fn attempt(fault: &Fault, run: Run, budget: Budget, worlds: &Worlds, ui: &Ui) -> Result<Tried, String> {
    let explored = explore(fault, run, budget, worlds, ui)?;
    Ok(Tried { fault: fault.clone(), run, explored })
}

/// The beginning of each scenario with no fault switched on; returns those that fail all the same.
fn switched_off(faults: &[Fault], worlds: &Worlds, options: &Options, ui: &Ui) -> Result<Vec<String>, String> {
    let mut seen = BTreeSet::new();
    let first: Vec<_> = faults.iter().filter(|fault| seen.insert(&fault.scenario)).collect();
    let order: Vec<_> = (0..first.len()).collect();
    let explored = pool::in_parallel(&order, options.jobs(), |index| {
        let fault = first[index];
        explore(fault, fault.run()?, SOUND, worlds, ui)
    });
    let mut unsound = Vec::new();
    for explored in explored {
        let Explored { job, end, .. } = explored?;
        if !matches!(end, End::Done | End::Capped(_)) {
            unsound.push(format!("{} with no fault switched on: {end:?}", job.scenario));
        }
    }
    Ok(unsound)
}

fn explore(fault: &Fault, run: Run, budget: Budget, worlds: &Worlds, ui: &Ui) -> Result<Explored, String> {
    let scenario = fault.scenario()?;
    let job = plan::job(scenario, run, 0, budget);
    let worker = worlds.worker(run.engine.world()).ok_or("a world was not built")?;
    let bar = ui.working(&job);
    let explored = drawn::explore(worker, scenario, &job, |executions| bar.set_position(executions));
    bar.finish_and_clear();
    Ok(explored)
}

/// Whether a fault is called so.
pub(super) fn is_one(id: &str) -> Result<bool, String> {
    Ok(read()?.iter().any(|fault| fault.id == id))
}

/// Workers with that fault switched on.
pub(super) fn build(id: &str, needed: &BTreeSet<World>, ui: &Ui) -> Result<Worlds, String> {
    let faults = read()?;
    let groups = copies::groups(&faults)?;
    let has = |group: &copies::Group| group.faults.iter().any(|&fault| faults[fault].id == id);
    let number = groups.iter().position(has).ok_or_else(|| format!("no fault is called {id:?}"))?;
    let worlds = Worlds::build(&groups[number].write(number + 1, &faults)?, needed, ui)?;
    Ok(worlds.with_fault(id))
}
