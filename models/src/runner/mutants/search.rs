//! Looks for the scenario that kills a mutant, with as few preemptions as possible.

use std::collections::BTreeSet;

use crate::audit::End;
use crate::job::{Budget, Job, Orderings, Token, World};
use crate::record::Failure;
use crate::runner::preemptions::{BOUNDS, is_within, short};
use crate::runner::progress::Ui;
use crate::runner::proofs::Proof;
use crate::runner::worlds::{Worker, Worlds};
use crate::runner::{plan, pool, process};
use crate::scenario::{Bound, Engine, Level, Run, Scenario};
use crate::scenarios;

use super::sites::Mutant;
use super::unmodelled::{self, Unmodelled};

/// The bound within which it is looked which scenario executes what: one preemption brings everybody everywhere that matters, and
/// a site that is missed for a scenario is not tried there, so that a mutant survives for it and never is killed for it.
const SURVEY: Bound = Bound::Preemptions(1);

/// One exploration. Far more than any takes.
const BUDGET: Budget = Budget { milliseconds: 120_000, executions: u64::MAX, patience_milliseconds: 20_000 };

/// What became of a mutant.
#[derive(Debug)]
pub(super) struct Verdict<'a> {
    pub(super) mutant: &'a Mutant,
    pub(super) end: Fate,
    /// Why nothing can kill it, if somebody has looked into that.
    pub(super) unmodelled: Option<&'static Unmodelled>,
    /// Executions of all scenarios tried.
    pub(super) executions: u64,
}

#[derive(Debug)]
pub(super) enum Fate {
    Killed(Kill),
    /// By so many scenarios at every bound.
    Survived(usize),
    /// Not tried: loom does not model what the ordering is for.
    NotTried,
}

/// The first scenario that fails, at the smallest bound at which one does.
#[derive(Debug)]
pub(super) struct Kill {
    pub(super) scenario: &'static str,
    pub(super) rule: String,
    pub(super) message: String,
    pub(super) size: u8,
    pub(super) bound: Bound,
    /// The number of the failing execution, over all tapes.
    pub(super) execution: u64,
    pub(super) token: Token,
}

impl Verdict<'_> {
    pub(super) fn is_killed(&self) -> bool {
        matches!(self.end, Fate::Killed(_))
    }

    /// That it is killed, for the record.
    pub(super) fn proof(&self) -> Option<Proof> {
        let Fate::Killed(Kill { scenario, rule, size, bound, execution, .. }) = &self.end else { return None };
        let run = format!("n={size} {}", short(*bound));
        let (scenario, id) = ((*scenario).to_owned(), self.mutant.id.clone());
        Some(Proof { id, scenario, rule: rule.clone(), run, executions: *execution })
    }

    /// Killed, or known to be out of reach; and not both.
    pub(super) fn is_as_it_should_be(&self) -> bool {
        self.is_killed() != self.unmodelled.is_some()
    }
}

/// A run of a scenario in loom, and what it executes.
struct Candidate {
    scenario: &'static Scenario,
    run: Run,
    executions: u64,
    sites: BTreeSet<String>,
}

/// Tries every mutant.
pub(super) fn search<'a>(
    mutants: &'a [Mutant],
    worlds: &Worlds,
    threads: usize,
    ui: &Ui,
) -> Result<Vec<Verdict<'a>>, String> {
    let worker = worlds.worker(World::Loom).ok_or("the loom world was not built")?;
    let candidates = survey(worker, threads, ui)?;
    ui.say(&format!("{} mutants, {} runs of scenarios execute orderings", mutants.len(), candidates.len()));
    let overall = ui.overall(mutants.len());
    let order: Vec<_> = (0..mutants.len()).collect();
    let verdicts = pool::in_parallel(&order, threads, |index| {
        let verdict = judge(&mutants[index], &candidates, worker);
        overall.inc(1);
        verdict
    });
    overall.finish_and_clear();
    verdicts.into_iter().collect()
}

/// The runs that execute any ordering, the cheapest first.
fn survey(worker: &Worker, threads: usize, ui: &Ui) -> Result<Vec<Candidate>, String> {
    let runs: Vec<_> =
        scenarios::all().flat_map(|scenario| loom_runs(scenario).map(move |run| (scenario, run))).collect();
    let overall = ui.overall(runs.len());
    let order: Vec<_> = (0..runs.len()).collect();
    let candidates = pool::in_parallel(&order, threads, |index| {
        let (scenario, run) = runs[index];
        let run_within = Run { bound: SURVEY, ..run };
        let job = Job { orderings: Orderings::Surveyed, ..plan::job(scenario, run_within, 0, BUDGET) };
        let explored = process::explore(worker, &job, |_| ());
        overall.inc(1);
        if explored.end != End::Done {
            return Err(format!("{} fails or does not end as it is: {:?}", scenario.name, explored.end));
        }
        let sites = explored.tallies.into_iter().flat_map(|tally| tally.orderings).collect();
        Ok(Candidate { scenario, run, executions: explored.executions, sites })
    });
    overall.finish_and_clear();
    let mut candidates = candidates.into_iter().collect::<Result<Vec<_>, _>>()?;
    candidates.retain(|candidate| !candidate.sites.is_empty());
    candidates.sort_by_key(|candidate| candidate.executions);
    Ok(candidates)
}

/// What the smallest suite runs in loom.
fn loom_runs(scenario: &'static Scenario) -> impl Iterator<Item = Run> {
    plan::runs(scenario, Level::Quick).into_iter().filter(|run| run.engine == Engine::Loom)
}

fn judge<'a>(mutant: &'a Mutant, candidates: &[Candidate], worker: &Worker) -> Result<Verdict<'a>, String> {
    let unmodelled = unmodelled::of(mutant);
    let mut verdict = Verdict { mutant, end: Fate::NotTried, unmodelled, executions: 0 };
    if unmodelled.is_some_and(|unmodelled| !unmodelled.is_tried) {
        return Ok(verdict);
    }
    let weakening = &mutant.weakening;
    let place = format!("{}:{}:{}", weakening.file, weakening.line, weakening.column);
    let meant: Vec<_> = candidates.iter().filter(|candidate| candidate.sites.contains(&place)).collect();
    verdict.end = Fate::Survived(meant.len());
    for bound in BOUNDS {
        for candidate in meant.iter().filter(|candidate| is_within(bound, candidate.run.bound)) {
            let run = Run { bound, ..candidate.run };
            let orderings = Orderings::Weakened(weakening.clone());
            let job = Job { orderings, ..plan::job(candidate.scenario, run, 0, BUDGET) };
            let explored = process::explore(worker, &job, |_| ());
            verdict.executions += explored.executions;
            match explored.end {
                End::Done => {}
                End::Failed(failure) => {
                    verdict.end = Fate::Killed(kill(candidate, &job, *failure, explored.executions));
                    return Ok(verdict);
                }
                End::Capped(_) | End::Died(_) => {
                    return Err(format!("{weakening}: {} ended with {:?}", candidate.scenario.name, explored.end));
                }
            }
        }
    }
    Ok(verdict)
}

fn kill(candidate: &Candidate, job: &Job, failure: Failure, execution: u64) -> Kill {
    let token = Token::of(job, &failure);
    let Job { size, bound, .. } = *job;
    let (rule, message) = (failure.rule, failure.message);
    Kill { scenario: candidate.scenario.name, rule, message, size, bound, execution, token }
}
