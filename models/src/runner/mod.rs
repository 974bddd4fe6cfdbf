//! The runner: `cargo models`.
//!
//! ```text
//! cli ─> plan ─> worlds (builds the workers) ─> pool ─> verdict ─> table, failures, report.json
//!                                                │
//!                                    process: one worker per job, at most two at a time
//! ```
//!
//! `mutants` asks the same workers with an ordering of the source weakened.
//!
//! Whatever happens to this process, nothing is left behind: workers and builds watch the pipe that they read
//! from, and end when it closes.

mod cli;
mod code;
mod copy;
mod counts;
mod drawn;
mod failures;
mod faults;
mod growth;
mod guarantees;
mod guard;
mod litmus;
mod mutants;
mod outcomes;
mod pages;
mod plan;
mod pool;
mod preemptions;
mod process;
mod progress;
mod proofs;
mod report;
mod selftest;
mod show;
mod story;
mod table;
mod verdict;
mod worlds;

#[cfg(unix)]
#[path = "groups_unix.rs"]
mod groups;
#[cfg(not(unix))]
#[path = "groups_elsewhere.rs"]
mod groups;

use std::collections::BTreeSet;
use std::process::ExitCode;

use crate::job::World;
use crate::scenario::Engine;
use crate::worker;

use cli::Options;
use plan::Planned;
use progress::Ui;
use worlds::{Sources, Worlds};

/// Everything was explored, and nothing failed.
const PASSED: u8 = 0;
/// Something failed.
const FAILED: u8 = 1;
/// What was asked for makes no sense, or could not be done.
const REFUSED: u8 = 2;

/// The first argument of this binary when it is a worker of the std world.
const WORKER: &str = "worker";
/// The first argument of this binary when it guards another command.
const GUARD: &str = "guard";

/// The whole command.
#[must_use]
pub fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some(WORKER) => return worker::main(),
        Some(GUARD) => return guard::main(arguments),
        _ => {}
    }
    match cli::parse().and_then(|options| run(&options)) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("cargo models: {error}");
            ExitCode::from(REFUSED)
        }
    }
}

fn run(options: &Options) -> Result<u8, String> {
    if options.list {
        plan::list(options)?;
        return Ok(PASSED);
    }
    if options.guarantees {
        for (file, stale) in [("guarantees", guarantees::write()?), ("model-checking", litmus::write()?)] {
            println!("docs/{file}.md {}", if stale { "is written" } else { "is as it should be" });
        }
        return Ok(PASSED);
    }
    process::end_with_ctrl_c()?;
    let ui = Ui::new();
    if options.mutants {
        return mutants::run(options, &ui);
    }
    if options.litmus {
        let jobs = litmus::plan();
        let worlds = Worlds::build(&Sources::own()?, &needed(jobs.iter()), &ui)?;
        return Ok(if check_the_checkers(&jobs, &worlds, options, &ui) { PASSED } else { FAILED });
    }
    if let Some(token) = &options.replay {
        return replay(token, options, &ui);
    }
    if let [scenario, witness @ ..] = &options.show[..] {
        let engine = options.engine.unwrap_or(Engine::Loom);
        return show::show(scenario, witness.first().map(String::as_str), engine, &ui);
    }
    if options.growth {
        return growth::run(options, &ui);
    }
    if options.pictures {
        return show::pictures(&ui);
    }
    if options.faults {
        return faults::run(options, &ui);
    }
    if options.bounds {
        return faults::find_bounds(options, &ui);
    }
    if options.code {
        return code::run(options, &ui);
    }
    if options.schedulers {
        return faults::compare_schedulers(options, &ui);
    }
    suite(options, &ui)
}

/// Runs the suites and the harness's own test, and prints everything there is to say.
fn suite(options: &Options, ui: &Ui) -> Result<u8, String> {
    let planned = if options.self_test { Vec::new() } else { plan::suite(options)? };
    let broken = if options.is_whole() { selftest::plan(options.seed()) } else { Vec::new() };
    let worlds = Worlds::build(&Sources::own()?, &needed(planned.iter().chain(&broken)), ui)?;

    ui.say(&format!("seed {:x}, {} jobs at a time", options.seed(), options.jobs()));
    let split = broken.len();
    let jobs: Vec<_> = broken.into_iter().chain(planned).collect();
    let mut explored = pool::explore(&jobs, &worlds, options.jobs(), ui);
    ui.finish();
    let of_suite = explored.split_off(split);

    let mut rows = verdict::judge(&jobs[split..], of_suite);
    let notes = if options.bless { outcomes::bless(&rows)? } else { outcomes::check(&mut rows)? };
    if options.bless && guarantees::write()? {
        ui.say("docs/guarantees.md is written: it has the counts of executions");
    }
    if !rows.is_empty() {
        println!("\n{}", table::render(&rows));
        report::write(&rows, options)?;
    }
    let tested = selftest::judge(&verdict::judge(&jobs[..split], explored));
    failures::print(&rows, "", &worlds::root()?);
    notes.iter().for_each(|note| println!("outcomes of {note}"));
    selftest::print(&tested);
    let known = !options.is_whole() || check_the_checkers(&litmus::plan(), &worlds, options, ui);
    let passed = verdict::print_summary(&rows) && tested.iter().all(|tested| tested.caught);
    Ok(if passed && known { PASSED } else { FAILED })
}

/// Runs the litmus tests; true if the checkers see what they are known to see.
fn check_the_checkers(jobs: &[Planned], worlds: &Worlds, options: &Options, ui: &Ui) -> bool {
    let changes = litmus::judge(&pool::explore(jobs, worlds, options.jobs(), ui));
    ui.finish();
    litmus::print(&changes);
    changes.is_empty()
}

/// Repeats one execution and tells it step by step.
fn replay(token: &str, options: &Options, ui: &Ui) -> Result<u8, String> {
    let planned = plan::replay(token, options)?;
    let needed = [planned.job.engine.world()].into();
    let worlds = match &options.fault {
        Some(id) if faults::is_one(id)? => faults::build(id, &needed, ui)?,
        Some(name) => code::build(name, &needed, ui)?,
        None => Worlds::build(&Sources::own()?, &needed, ui)?,
    };
    let explored = pool::explore(std::slice::from_ref(&planned), &worlds, 1, ui);
    ui.finish();
    let rows = verdict::judge(std::slice::from_ref(&planned), explored);
    // A copy with faults has other lines, and names stand in lines.
    let root = &worlds.worker(planned.job.engine.world()).ok_or("a world was not built")?.root;
    failures::print(&rows, &options.switched(), root);
    if !rows.iter().all(verdict::Row::ended_well) {
        return Ok(FAILED);
    }
    rows.iter().for_each(|row| failures::tell_success(&row.explored, root));
    println!("the execution breaks no rule");
    Ok(PASSED)
}

fn needed<'a>(planned: impl Iterator<Item = &'a Planned>) -> BTreeSet<World> {
    planned.map(|planned| planned.job.engine.world()).collect()
}
