//! Looks for the scenario that notices a mutant.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::list::Mutant;
use super::memory;
use crate::audit::{End, Explored};
use crate::job::{Budget, Token, World};
use crate::runner::plan::Planned;
use crate::runner::progress::Ui;
use crate::runner::worlds::{Worker, Worlds};
use crate::runner::{copy, outcomes, plan, pool, process, verdict, worlds};
use crate::scenario::{Bound, Run, Scenario};
use crate::scenarios;

/// The bound of the survey, and of the first look.
const SOON: Bound = Bound::Preemptions(1);

/// What a scenario may spend on one mutant at first: most that is noticed at all is noticed within a few executions.
const BUDGET_SOON: Budget = Budget { milliseconds: 5_000, executions: 2_000, patience_milliseconds: 3_000 };

/// What it may spend in the end. What takes longer is passed over.
const BUDGET_AT_LAST: Budget = Budget { milliseconds: 4_000, executions: u64::MAX, patience_milliseconds: 3_000 };

/// What all of them may spend on one mutant in the end.
const AT_LAST: Duration = Duration::from_secs(60);

/// The scenarios, and what each executes; the cheapest first.
#[derive(Debug)]
pub(super) struct Models(Vec<Candidate>);

#[derive(Debug)]
struct Candidate {
    scenario: &'static Scenario,
    asked: Asked,
}

#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    executions: u64,
    /// The names of the mutants.
    names: BTreeSet<String>,
}

/// How a mutant was noticed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kill {
    pub(super) scenario: String,
    /// The rule that was named, or the check of the audit.
    pub(super) by: String,
    pub(super) executions: u64,
    /// What repeats the failing execution, if one failed.
    pub(super) token: Option<String>,
}

impl Models {
    /// Explores each scenario a little and writes down which mutants it executes; or takes what was written down for the same worker.
    pub(super) fn survey(worlds: &Worlds, threads: usize, ui: &Ui) -> Result<Self, String> {
        let path = worlds::target()?.join("models").join("code-survey.json");
        let key = memory::stamp_of(&worker(worlds)?.binary)?;
        let text = fs::read_to_string(&path).unwrap_or_default();
        let last: Option<(u64, Vec<Asked>)> = serde_json::from_str(&text).ok();
        let asked = match last.filter(|(last, _)| *last == key) {
            Some((_, asked)) => asked,
            None => {
                let asked = ask(worlds, threads, ui)?;
                let text = serde_json::to_string(&(key, &asked)).map_err(|error| error.to_string())?;
                fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
                asked
            }
        };
        let mut candidates: Vec<_> =
            scenarios::all().zip(asked).map(|(scenario, asked)| Candidate { scenario, asked }).collect();
        candidates.sort_by_key(|candidate| candidate.asked.executions);
        Ok(Self(candidates))
    }

    /// The scenarios that execute it.
    pub(super) fn execute(&self, mutant: &Mutant) -> impl Iterator<Item = &'static Scenario> {
        self.0
            .iter()
            .filter(|candidate| candidate.asked.names.contains(&mutant.name))
            .map(|candidate| candidate.scenario)
    }

    /// A rule that is broken soon, with few preemptions.
    pub(super) fn soon(&self, mutant: &Mutant, worlds: &Worlds) -> Result<Option<Kill>, String> {
        let worlds = worlds.with_fault(&mutant.name);
        self.execute(mutant).find_map(|scenario| soon(scenario, &worlds).transpose()).transpose()
    }

    /// A rule that is broken sooner or later, or what an audit finds: a witness that is never reached, another set of outcomes. The
    /// cheapest scenarios only, if there are too many.
    pub(super) fn at_last(&self, mutant: &Mutant, worlds: &Worlds) -> Result<Option<Kill>, String> {
        let worlds = worlds.with_fault(&mutant.name);
        let started = Instant::now();
        let in_time = self.execute(mutant).take_while(|_| started.elapsed() < AT_LAST);
        in_time.map(|scenario| at_last(scenario, &worlds)).find_map(Result::transpose).transpose()
    }

    /// What that scenario finds now, which has noticed it before.
    pub(super) fn again(&self, scenario: &str, mutant: &Mutant, worlds: &Worlds) -> Result<Option<Kill>, String> {
        let worlds = worlds.with_fault(&mutant.name);
        let Some(scenario) = self.execute(mutant).find(|other| other.name == scenario) else { return Ok(None) };
        Ok(soon(scenario, &worlds)?.or(at_last(scenario, &worlds)?))
    }
}

fn soon(scenario: &'static Scenario, worlds: &Worlds) -> Result<Option<Kill>, String> {
    Ok(killed(&explore(scenario, SOON, BUDGET_SOON, worlds)?))
}

fn at_last(scenario: &'static Scenario, worlds: &Worlds) -> Result<Option<Kill>, String> {
    let explored = explore(scenario, Bound::Full, BUDGET_AT_LAST, worlds)?;
    match killed(&explored) {
        None => audited(scenario, explored),
        kill => Ok(kill),
    }
}

/// The worker that is asked.
pub(super) fn worker(worlds: &Worlds) -> Result<&Worker, String> {
    worlds.worker(World::Loom).ok_or_else(|| "the loom world was not built".to_owned())
}

/// What each scenario asks for, in their order.
fn ask(worlds: &Worlds, threads: usize, ui: &Ui) -> Result<Vec<Asked>, String> {
    let all: Vec<_> = scenarios::all().collect();
    let overall = ui.overall(all.len());
    let order: Vec<_> = (0..all.len()).collect();
    let asked = pool::in_parallel(&order, threads, |index| {
        let path = worlds::target()?.join("models").join(format!("asked-{index}.txt"));
        // Fails only if there is none.
        let _ = fs::remove_file(&path);
        let surveyed = worlds.with_fault(&format!("{}{}", copy::SURVEY, path.display()));
        let Explored { end, executions, .. } = explore(all[index], SOON, BUDGET_SOON, &surveyed)?;
        overall.inc(1);
        if !matches!(end, End::Done | End::Capped(_)) {
            return Err(format!("{} fails with nothing switched on: {end:?}", all[index].name));
        }
        let names = fs::read_to_string(&path).unwrap_or_default().lines().map(str::to_owned).collect();
        let _ = fs::remove_file(&path);
        Ok(Asked { executions, names })
    });
    overall.finish_and_clear();
    asked.into_iter().collect()
}

fn explore(scenario: &'static Scenario, bound: Bound, budget: Budget, worlds: &Worlds) -> Result<Explored, String> {
    let job = plan::job(scenario, run(scenario, bound), 0, budget);
    Ok(process::explore(worker(worlds)?, &job, |_| ()))
}

/// The audited run, within that bound.
fn run(scenario: &Scenario, bound: Bound) -> Run {
    Run { bound, ..Run::loom(scenario.audit, crate::scenario::Level::Quick) }
}

fn killed(explored: &Explored) -> Option<Kill> {
    let (job, executions) = (&explored.job, explored.executions);
    let (by, token) = match &explored.end {
        End::Done | End::Capped(_) => return None,
        End::Died(_) => ("worker died", None),
        End::Failed(failure) => (&*failure.rule, Some(Token::of(job, failure).to_string())),
    };
    Some(Kill { scenario: job.scenario.clone(), by: by.to_owned(), executions, token })
}

/// What the audit finds, that of the outcomes included.
fn audited(scenario: &'static Scenario, explored: Explored) -> Result<Option<Kill>, String> {
    let executions = explored.executions;
    if matches!(explored.end, End::Capped(_)) {
        return Ok(None);
    }
    let planned = Planned { scenario, job: explored.job.clone(), is_to_fail: false };
    let mut rows = verdict::judge(&[planned], vec![explored]);
    outcomes::check(&mut rows)?;
    let finding = rows.iter().flat_map(|row| &row.findings).next();
    Ok(finding.map(|finding| Kill {
        scenario: scenario.name.to_owned(),
        by: finding.check.to_string(),
        executions,
        token: None,
    }))
}
