//! `cargo models --schedulers`: how soon each checker finds each seeded fault.
//!
//! Every contestant runs the scenario of the fault, at the size at which the fault has to be caught. Weak memory, data races
//! and leaks are loom's alone; of the other faults this shows what a single random scheduler would miss.

use std::collections::BTreeMap;
use std::fs;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

use crate::job::{Budget, Job, Scheduler, World};
use crate::runner::cli::Options;
use crate::runner::progress::Ui;
use crate::runner::worlds::{self, Worlds};
use crate::runner::{PASSED, drawn, plan, pool};
use crate::scenario::{Engine, Run};

use super::{Fault, Tried, in_groups};

/// What a contestant may spend on one fault.
const BUDGET: Budget = Budget { milliseconds: 5_000, executions: 10_000, patience_milliseconds: 5_000 };

/// A checker, or one scheduler of the portfolio.
#[derive(Clone, Copy, Debug)]
struct Contestant {
    engine: Engine,
    scheduler: Option<Scheduler>,
}

/// How many executions each contestant took to find a fault; `None` if it did not.
#[derive(Debug)]
struct Line {
    fault: Fault,
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
        lines.extend(compete(faults, worlds, &contestants, options, ui)?);
        Ok(())
    })?;
    ui.finish();
    println!("\n{}", render(&lines, &contestants));
    print_summary(&lines, &contestants);
    write(&lines, &contestants)?;
    Ok(PASSED)
}

fn compete(
    faults: Vec<Fault>,
    worlds: &Worlds,
    contestants: &[Contestant],
    options: &Options,
    ui: &Ui,
) -> Result<Vec<Line>, String> {
    let overall = ui.overall(faults.len());
    let order: Vec<_> = (0..faults.len()).collect();
    let lines = pool::in_parallel(&order, options.jobs(), |index| {
        let fault = &faults[index];
        let worlds = worlds.with_fault(&fault.id);
        let executions = contestants.iter().map(|contestant| contestant.find(fault, &worlds, options.seed()));
        let executions = executions.collect::<Result<_, String>>()?;
        overall.inc(1);
        Ok(Line { fault: fault.clone(), executions })
    });
    overall.finish_and_clear();
    lines.into_iter().collect()
}

impl Contestant {
    fn find(self, fault: &Fault, worlds: &Worlds, seed: u64) -> Result<Option<u64>, String> {
        let own = fault.run()?;
        let run = Run { engine: self.engine, ..own };
        let scenario = fault.scenario()?;
        let job = Job { scheduler: self.scheduler, ..plan::job(scenario, run, seed, BUDGET) };
        let worker = worlds.worker(self.engine.world()).ok_or("a world was not built")?;
        let explored = drawn::explore(worker, scenario, &job, |_| ());
        let tried = Tried { fault: fault.clone(), run, explored };
        Ok(tried.is_caught().then_some(tried.explored.executions))
    }
}

fn render(lines: &[Line], contestants: &[Contestant]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let names = contestants.iter().map(ToString::to_string);
    table.set_header(["fault".to_owned(), "rule".to_owned()].into_iter().chain(names));
    for Line { fault, executions } in lines {
        let cells = executions.iter().map(|found| found.map_or_else(|| "-".to_owned(), |count| count.to_string()));
        table.add_row([fault.id.clone(), fault.rule.clone()].into_iter().chain(cells));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if index > 1 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The executions of a contestant that found something, in order.
fn found(lines: &[Line], contestant: usize) -> Vec<u64> {
    let mut found: Vec<_> = lines.iter().filter_map(|line| line.executions[contestant]).collect();
    found.sort_unstable();
    found
}

fn print_summary(lines: &[Line], contestants: &[Contestant]) {
    for (index, contestant) in contestants.iter().enumerate() {
        let (found, name) = (found(lines, index), contestant.to_string());
        let median =
            found.get(found.len() / 2).map_or_else(String::new, |count| format!(", median executions {count}"));
        println!("{name:7} found {} of {}{median}", found.len(), lines.len());
    }
    let most = BUDGET.executions;
    println!(
        "(each within {most} executions and {} s; loom alone sees weak memory, data races and leaks)",
        BUDGET.milliseconds / 1000
    );
}

/// Writes `target/models/schedulers.json`.
fn write(lines: &[Line], contestants: &[Contestant]) -> Result<(), String> {
    let path = worlds::target()?.join("models").join("schedulers.json");
    let objects: Vec<Value> = lines.iter().map(|line| object(line, contestants)).collect();
    let text = serde_json::to_string_pretty(&objects).map_err(|error| error.to_string())?;
    fs::write(&path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))
}

fn object(line: &Line, contestants: &[Contestant]) -> Value {
    let names = contestants.iter().map(ToString::to_string);
    let executions: BTreeMap<_, _> = names.zip(&line.executions).collect();
    json!({"id": line.fault.id, "rule": line.fault.rule, "scenario": line.fault.scenario, "executions": executions})
}
