//! Runs jobs, a few at a time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::audit::{End, Explored};
use crate::job::{Job, Replay};
use crate::record::Failure;
use crate::scenario::Engine;

use super::drawn;
use super::plan::{self, Planned};
use super::process;
use super::progress::Ui;
use super::report;
use super::worlds::Worlds;

/// Does all jobs, at most `threads` at a time, those first that took longest last time; answers in their order.
pub(super) fn explore(jobs: &[Planned], worlds: &Worlds, threads: usize, ui: &Ui) -> Vec<Explored> {
    let overall = ui.overall(jobs.len());
    let explored = in_parallel(&longest_first(jobs), threads, |index| {
        let explored = run(&jobs[index], worlds, ui);
        if !jobs[index].is_to_fail {
            ui.worked(&explored);
        }
        overall.inc(1);
        explored
    });
    overall.finish_and_clear();
    explored
}

/// Does the work of each number, begun in that order, at most `threads` at a time; answers by rising number.
pub(super) fn in_parallel<T: Send>(order: &[usize], threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, T)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, order.len().max(1)) {
            scope.spawn(|| {
                while let Some(&number) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = work(number);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((number, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

fn longest_first(jobs: &[Planned]) -> Vec<usize> {
    let seconds = report::last_seconds();
    let known: HashMap<usize, f64> = jobs
        .iter()
        .enumerate()
        .filter_map(|(index, planned)| Some((index, *seconds.get(&report::key(&planned.job))?)))
        .collect();
    let mut order: Vec<_> = (0..jobs.len()).collect();
    // What has never been timed may be the longest of all.
    let expected = |index: &usize| known.get(index).copied().unwrap_or(f64::INFINITY);
    order.sort_by(|left, right| expected(right).total_cmp(&expected(left)));
    order
}

/// Does the job. A failure that was not recorded is repeated, recorded: that costs as much as it took to fail.
fn run(planned: &Planned, worlds: &Worlds, ui: &Ui) -> Explored {
    let Planned { scenario, job, .. } = planned;
    let Some(worker) = worlds.worker(job.engine.world()) else {
        let end = End::Died(format!("the {} world was not built", job.engine.world()));
        return Explored { end, ..Explored::nothing(job) };
    };
    let bar = ui.working(job);
    let mut explored = drawn::explore(worker, scenario, job, |executions| bar.set_position(executions));
    if let End::Failed(failure) = &mut explored.end
        && job.engine != Engine::Stress
        && failure.steps.is_empty()
    {
        bar.set_position(0);
        let replayed = process::explore(worker, &replay_of(job, failure), |executions| bar.set_position(executions));
        adopt_steps(failure, replayed);
    }
    bar.finish_and_clear();
    explored
}

/// The job that repeats the failing execution only, and records it.
fn replay_of(job: &Job, failure: &Failure) -> Job {
    let replay = Replay { scheduler: failure.scheduler, tape: failure.tape.clone(), execution: failure.execution };
    Job { seed: failure.seed, replay: Some(replay), budget: plan::budget_of_replay(), ..job.clone() }
}

/// Takes the steps over if the replay failed in the same way. If it did not, the model depends on something
/// that is not under the checker's control, which is worth more attention than the failure.
fn adopt_steps(failure: &mut Failure, replayed: Explored) {
    match replayed.end {
        End::Failed(again) if again.rule == failure.rule && again.execution == failure.execution => {
            failure.steps = again.steps;
        }
        _ => failure.message.push_str(" (and its replay did not: the model is not deterministic)"),
    }
}
