//! `cargo models --schedulers`: which checker finds which seeded fault, and after how many executions.
//!
//! Every contestant gets the scenario of the fault, in the run that has to catch it, and looks for the rule of the fault.
//! Weak memory, data races and leaks are loom's alone; of the other faults this shows what a single random scheduler would
//! miss. The seed and the budget are the same every time, so the result is, too: it is on record in
//! models/proofs/schedulers.toml, and docs/schedulers.md is written from that.

mod page;
mod record;
mod summary;
mod table;

use crate::job::{Budget, Choices, Job, Scheduler, World};
use crate::runner::cli::Options;
use crate::runner::progress::Ui;
use crate::runner::worlds::Worlds;
use crate::runner::{PASSED, drawn, plan};
use crate::scenario::{Engine, Run};

use super::{Fault, Tried, each, in_groups};

/// What a contestant may spend on one fault.
const EXECUTIONS: u64 = 10_000;

/// The time is there for what hangs: it is no part of the result.
const BUDGET: Budget = Budget { milliseconds: 120_000, executions: EXECUTIONS, patience_milliseconds: 20_000 };

/// Where all random schedulers start.
const SEED: u64 = 0;

/// A checker, or one scheduler of the portfolio.
#[derive(Clone, Copy, Debug)]
struct Contestant {
    engine: Engine,
    scheduler: Option<Scheduler>,
}

/// A fault, and how many executions each contestant took to find it; `None` if it did not.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    id: String,
    rule: String,
    scenario: String,
    executions: Vec<Option<u64>>,
}

fn contestants() -> Vec<Contestant> {
    let exhaustive = [Engine::Loom, Engine::Dfs].map(|engine| Contestant { engine, scheduler: None });
    let drawn = Scheduler::ALL.map(|scheduler| Contestant { engine: Engine::Portfolio, scheduler: Some(scheduler) });
    exhaustive.into_iter().chain(drawn).collect()
}

impl std::fmt::Display for Contestant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.scheduler {
            Some(scheduler) => scheduler.fmt(f),
            None => self.engine.fmt(f),
        }
    }
}

/// The whole command.
pub(in crate::runner) fn run(options: &Options, ui: &Ui) -> Result<u8, String> {
    let contestants = contestants();
    let mut lines = Vec::new();
    let both = [World::Loom, World::Shuttle].into();
    in_groups(options, ui, Some(&both), |faults, worlds| {
        lines.extend(each(&faults, worlds, options, ui, |fault, worlds| compete(fault, worlds, &contestants))?);
        Ok(())
    })?;
    ui.finish();
    println!("\n{}\n{}", table::of_faults(&lines, &contestants), table::of_contestants(&lines, &contestants));
    summary::remarks(&lines, &contestants).iter().for_each(|remark| println!("{remark}"));
    record::differences(&lines, &record::read(&contestants)?).iter().for_each(|line| println!("executions of {line}"));
    if options.bless {
        record::write(&lines, &contestants)?;
        let stale = page::write()?;
        println!("docs/schedulers.md {}", if stale { "is written" } else { "is as it should be" });
    }
    Ok(PASSED)
}

fn compete(fault: &Fault, worlds: &Worlds, contestants: &[Contestant]) -> Result<Line, String> {
    let executions = contestants.iter().map(|contestant| contestant.find(fault, worlds));
    let executions = executions.collect::<Result<_, String>>()?;
    let Fault { id, rule, scenario, .. } = fault.clone();
    Ok(Line { id, rule, scenario, executions })
}

impl Contestant {
    fn find(self, fault: &Fault, worlds: &Worlds) -> Result<Option<u64>, String> {
        let own = fault.run()?;
        let run = Run { engine: self.engine, ..own };
        let scenario = fault.scenario()?;
        let job = Job { scheduler: self.scheduler, ..plan::job(scenario, run, SEED, BUDGET) };
        if job.choices == Choices::Drawn && self.engine.is_exhaustive() {
            // It would search all of one script, and know no other.
            return Ok(None);
        }
        let worker = worlds.worker(self.engine.world()).ok_or("a world was not built")?;
        let explored = drawn::explore(worker, scenario, &job, |_| ());
        let tried = Tried { fault: fault.clone(), run, explored };
        Ok(tried.is_caught().then_some(tried.explored.executions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fault that each contestant took so long to find; 0 if it did not.
    pub(super) fn line(id: &str, executions: [u64; 7]) -> Line {
        let executions = executions.map(|executions| (executions > 0).then_some(executions)).into();
        let [id, rule, scenario] = [id, "RING-1", "ring/stream"].map(str::to_owned);
        Line { id, rule, scenario, executions }
    }

    #[test]
    fn there_are_as_many_contestants_as_engines_and_schedulers() {
        let names: Vec<_> = contestants().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["loom", "dfs", "random", "urw", "pct2", "pct3", "pct5"]);
    }
}
