//! The harness's own test: programs with known faults, each of which has to be caught, by the right rule.

use crate::audit::End;
use crate::broken::{self, Broken, Expected};
use crate::job::Budget;
use crate::record::Step;
use crate::scenario::{Bound, Engine, Level, Run};

use super::plan::{self, Planned};
use super::verdict::Row;

/// Far more than a fault here needs to show.
const MILLISECONDS: u64 = 20_000;

/// Enough for a loaded machine, and not too much to wait for the one program that hangs.
const PATIENCE_MILLISECONDS: u64 = 3_000;

/// A broken program, and whether the harness noticed.
#[derive(Debug)]
pub(super) struct Tested {
    broken: &'static Broken,
    pub(super) caught: bool,
    /// What the harness said instead.
    said: String,
}

/// The jobs of all broken programs.
pub(super) fn plan(seed: u64) -> Vec<Planned> {
    let jobs = broken::ALL.iter().flat_map(|broken| broken.engines.iter().map(move |engine| (broken, *engine)));
    jobs.map(|(broken, engine)| {
        let bound = if engine == Engine::Dfs { broken.scenario.audit_bound } else { Bound::Full };
        let run = Run { engine, bound, ..Run::loom(broken.size, Level::Quick) };
        let budget = Budget {
            milliseconds: MILLISECONDS,
            executions: broken.executions,
            patience_milliseconds: PATIENCE_MILLISECONDS,
        };
        Planned { scenario: &broken.scenario, job: plan::job(&broken.scenario, run, seed, budget), is_to_fail: true }
    })
    .collect()
}

/// Whether each broken program was caught.
pub(super) fn judge(rows: &[Row]) -> Vec<Tested> {
    let tested = rows.chunk_by(|left, right| left.scenario.name == right.scenario.name).map(|rows| {
        let broken = broken::ALL.iter().find(|broken| broken.scenario.name == rows[0].scenario.name)?;
        let said: Vec<_> = rows.iter().map(say).collect();
        Some(Tested { broken, caught: is_caught(broken.expected, rows), said: said.join(", ") })
    });
    tested.flatten().collect()
}

/// A broken rule has to be found by every engine that is set on the program, and its steps have to be told; a
/// check has to fail in one of the explorations that it looks at, and nothing else may have failed there.
fn is_caught(expected: Expected, rows: &[Row]) -> bool {
    match expected {
        Expected::Rule(rule) => rows.iter().all(|row| breaks(row, rule)),
        Expected::Script(rule, tape) => rows.iter().all(|row| breaks(row, rule) && tape_of(row) == Some(tape)),
        Expected::Check(check) => rows.iter().any(|row| row.findings.iter().any(|finding| finding.check == check)),
        Expected::Death => rows.iter().all(|row| matches!(row.explored.end, End::Died(_))),
    }
}

fn breaks(row: &Row, rule: &str) -> bool {
    let told = |steps: &[Step]| row.explored.job.engine == Engine::Stress || !steps.is_empty();
    matches!(&row.explored.end, End::Failed(failure) if failure.rule == rule && told(&failure.steps))
}

/// The tape of the execution that failed.
fn tape_of(row: &Row) -> Option<&str> {
    match &row.explored.end {
        End::Failed(failure) => Some(&failure.tape),
        _ => None,
    }
}

fn say(row: &Row) -> String {
    let engine = row.explored.job.engine;
    let end = match &row.explored.end {
        End::Failed(failure) => format!("{} by {} ({} steps told)", failure.rule, failure.tape, failure.steps.len()),
        End::Capped(executions) => format!("incomplete after {executions}"),
        End::Died(why) => format!("died: {why}"),
        End::Done => "green".to_owned(),
    };
    let findings: String = row.findings.iter().map(|finding| format!(", {}", finding.check)).collect();
    format!("{engine}: {end}{findings}")
}

/// Prints what the test has shown; the programs themselves only where the harness missed something.
pub(super) fn print(tested: &[Tested]) {
    if tested.is_empty() {
        return;
    }
    for Tested { broken, said, .. } in tested.iter().filter(|tested| !tested.caught) {
        println!("\nNOT CAUGHT {}: {}", broken.scenario.name, broken.scenario.about);
        println!("  expected {}, the harness says {said}", broken.expected);
    }
    let caught = tested.iter().filter(|tested| tested.caught).count();
    println!("the harness itself: {caught} of {} seeded faults caught", tested.len());
}
