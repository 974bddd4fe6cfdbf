//! Scripts beyond those that can be enumerated: proptest draws them, workers explore them, and proptest makes one that fails smaller.
//!
//! ```text
//! strategy ─> some tapes ─> a worker ─> none fails: the next ones
//!                                   └─> one fails: a smaller one ─> a worker ─> fails: smaller still
//!                                                                           └─> does not: another way to be smaller
//! ```
//!
//! The scripts of a tape differ in length and steps, so what is left of one that fails is short. The same seed draws the same scripts.

use std::time::{Duration, Instant};

use proptest::bits;
use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::audit::{End, Explored};
use crate::job::{Budget, Choices, Job, Scheduler};
use crate::record::Failure;
use crate::scenario::Scenario;
use crate::seed::{self, Random};
use crate::tape::Tape;

use super::worlds::Worker;
use super::{plan, process};

/// Scripts that a worker gets at once; an exhaustive engine, which takes longer with one, gets one.
const BATCH: usize = 16;

/// Executions by each random scheduler of a script: few, since another script shows more than the same one again.
const EXECUTIONS: u64 = 10;

/// Executions by each random scheduler of a script that may be smaller than one that failed: it is not to pass for want of luck.
const EXECUTIONS_OF_SMALLER: u64 = 200;

/// How many smaller scripts are tried.
const MAX_SMALLER: usize = 500;

/// Lets a worker do the job; several, one after the other, if the scripts are to be drawn.
pub(super) fn explore(worker: &Worker, scenario: &Scenario, job: &Job, mut progress: impl FnMut(u64)) -> Explored {
    if job.replay.is_some() || job.choices != Choices::Drawn {
        return process::explore(worker, job, progress);
    }
    let (started, mut before) = (Instant::now(), 0);
    let mut explored = search(scenario, job, |job| {
        let explored = process::explore(worker, job, |count| progress(before + count));
        before += explored.executions;
        explored
    });
    explored.seconds = started.elapsed().as_secs_f64();
    explored
}

/// Draws scripts until one fails, or the budget is spent.
fn search(scenario: &Scenario, job: &Job, mut explore: impl FnMut(&Job) -> Explored) -> Explored {
    let end = Instant::now() + Duration::from_millis(job.budget.milliseconds);
    let schedulers = if job.scheduler.is_some() { 1 } else { Scheduler::ALL.len() as u64 };
    let executions = job.budget.executions.saturating_mul(schedulers);
    let (mut runner, strategy) = (runner(job.seed), tapes(scenario, job.size));
    let mut all = Explored::nothing(job);
    let batch = if job.engine.is_exhaustive() { 1 } else { BATCH };
    for number in 0.. {
        if Instant::now() >= end || all.executions >= executions {
            break;
        }
        let trees: Result<Vec<_>, _> = (0..batch).map(|_| strategy.new_tree(&mut runner)).collect();
        let Ok(mut trees) = trees else { unreachable!("the strategy rejects nothing") };
        let with = |tapes, executions| part(job, seed::derive(job.seed, number), tapes, executions);
        let explored = explore(&with(trees.iter().map(|tree| tree.current().to_string()).collect(), EXECUTIONS));
        all.executions += explored.executions;
        all.tallies.extend(explored.tallies);
        all.end = explored.end;
        if let End::Failed(failure) = &mut all.end
            && let Some(at) = trees.iter().position(|tree| tree.current().to_string() == failure.tape)
        {
            make_smaller(trees.swap_remove(at), failure, |tape| {
                explore(&with(vec![tape.to_string()], EXECUTIONS_OF_SMALLER)).end
            });
        }
        if all.end != End::Done {
            break;
        }
    }
    all
}

/// Looks for a smaller tape that breaks the same rule, as proptest does, and takes its failure for the first one.
fn make_smaller(
    mut tree: impl ValueTree<Value = Tape>,
    failure: &mut Box<Failure>,
    mut explore: impl FnMut(&Tape) -> End,
) {
    let (first, mut tries) = (failure.tape.clone(), 0);
    let mut more = tree.simplify();
    while more && tries < MAX_SMALLER {
        tries += 1;
        more = match explore(&tree.current()) {
            End::Failed(smaller) if smaller.rule == failure.rule => {
                *failure = smaller;
                tree.simplify()
            }
            _ => tree.complicate(),
        };
    }
    failure.message.push_str(&format!("\nthe script that failed first: {first}; {tries} smaller ones were tried"));
}

/// The tapes with scripts that are at most so many times as long as the enumerated ones.
fn tapes(scenario: &Scenario, size: u8) -> impl Strategy<Value = Tape> + use<> {
    let script = |(actor, steps): (usize, &std::ops::Range<usize>)| {
        vec(0..scenario.kinds(actor), 0..=steps.len() * usize::from(size))
    };
    let scripts: Vec<_> = scenario.scripts.iter().enumerate().map(script).collect();
    let deadlines = scenario.deadlines_at(size);
    let fires = bits::u32::masked(1_u32.checked_shl(deadlines).map_or(u32::MAX, |bit| bit - 1));
    (scripts, fires, 0..=scenario.spurious).prop_map(|(scripts, fires, spurious)| Tape {
        choices: Vec::new(),
        scripts,
        fires,
        spurious: spurious.checked_sub(1),
    })
}

fn runner(seed: u64) -> TestRunner {
    let mut random = Random::new(seed);
    let bytes: Vec<u8> = (0..4).flat_map(|_| random.next().to_le_bytes()).collect();
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// The part of the job that a worker does.
fn part(job: &Job, seed: u64, tapes: Vec<String>, executions: u64) -> Job {
    let executions = if job.engine.is_exhaustive() { u64::MAX } else { executions };
    let budget = Budget { executions, ..plan::budget_of_part(job.budget) };
    Job { seed, budget, choices: Choices::Made(tapes), ..job.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Tally;
    use crate::scenario::{Cx, Level, Run};

    const SCENARIO: Scenario = Scenario {
        choices: &[3, 3, 2],
        scripts: &[0..2, 2..3],
        deadlines: 1,
        ..Scenario::new("test/drawn", &["RING-1"], "Nothing.", |_: &Cx| String::new())
    };

    /// A worker that says of each tape whether it fails.
    fn explored(job: &Job, fails: impl Fn(&Tape) -> bool) -> Explored {
        let tapes = job.tapes().unwrap();
        let failing = tapes.iter().find(|tape| fails(tape)).map(|tape| {
            let (rule, tape) = ("RING-1".to_owned(), tape.to_string());
            End::Failed(Box::new(Failure { rule, tape, ..Failure::default() }))
        });
        let tally = |tape: &Tape| Tally { tape: tape.to_string(), executions: 50, ..Tally::default() };
        let tallies: Vec<_> = tapes.iter().map(tally).collect();
        let executions = tallies.iter().map(|tally| tally.executions).sum();
        Explored { end: failing.unwrap_or(End::Done), tallies, executions, ..Explored::nothing(job) }
    }

    fn job(seed: u64) -> Job {
        let budget = Budget { milliseconds: 60_000, executions: 2_000, patience_milliseconds: 1 };
        plan::job(&SCENARIO, Run::portfolio(3, Level::Quick), seed, budget)
    }

    #[test]
    fn scripts_are_drawn_until_the_executions_are_spent() {
        let drawn = |seed| search(&SCENARIO, &job(seed), |job| explored(job, |_| false));
        let (all, again, other) = (drawn(1), drawn(1), drawn(2));
        assert_eq!((all.end.clone(), all.executions), (End::Done, 10_400));
        assert_eq!(all.tallies, again.tallies);
        assert_ne!(all.tallies, other.tallies);
        let tapes: Vec<Tape> = all.tallies.iter().map(|tally| tally.tape.parse().unwrap()).collect();
        let longest = |actor: usize| tapes.iter().map(|tape| tape.scripts[actor].len()).max();
        assert_eq!((longest(0), longest(1)), (Some(6), Some(3)));
        assert!(tapes.iter().all(|tape| tape.scripts[1].iter().all(|step| *step < 2) && tape.fires < 8));
        assert!(tapes.iter().any(|tape| tape.scripts.iter().any(Vec::is_empty)));
    }

    #[test]
    fn the_smallest_script_that_fails_is_found() {
        let fails =
            |tape: &Tape| tape.scripts[0].iter().filter(|step| **step > 0).count() > 2 && tape.scripts[1].len() > 1;
        let all = search(&SCENARIO, &job(3), |job| explored(job, fails));
        let End::Failed(failure) = all.end else { panic!("{:?}", all.end) };
        assert_eq!(failure.tape, "a1.1.1/0.0");
        assert!(failure.message.contains("the script that failed first: a"), "{}", failure.message);
    }
}
