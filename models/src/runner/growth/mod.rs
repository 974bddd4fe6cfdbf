//! How fast the state space grows: `cargo models --growth`.
//!
//! ```text
//! lines (what grows) ─> points ─> record (models/proofs/growth.toml) ─> page (docs/growth.md), chart (growth.svg)
//!                                         bounds (models/proofs) ───────^
//! ```
//!
//! For each component, one axis at a time: operations of each actor, actors, capacity, preemption bound. Every point has
//! a budget of executions, which is the same on every machine; one that spends it is shown as what it is, a lower bound,
//! and ends its line.

mod bounds;
mod chart;
mod lines;
mod page;
mod record;
mod table;

use std::fs;

use crate::audit::End;
use crate::job::Budget;

use super::cli::Options;
use super::plan;
use super::progress::Ui;
use super::worlds::{self, Sources, Worlds};
use super::{PASSED, pool, process};

use lines::{Axis, Line};

pub(super) use page::write as write_page;

/// What one point may take: some seconds, and what a bounded run of the default suite may have. The time is there for what
/// hangs: it is no part of the result.
const EXECUTIONS: u64 = 50_000;
const BUDGET: Budget = Budget { milliseconds: 300_000, executions: EXECUTIONS, patience_milliseconds: 20_000 };

/// One exploration, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Point {
    /// A component, or a scenario of the suites.
    of: &'static str,
    axis: Axis,
    /// The engine and its bound.
    line: String,
    /// Where on the axis.
    value: u8,
    executions: u64,
    milliseconds: u64,
    /// The budget was not enough: there are more executions than that.
    capped: bool,
}

impl Point {
    /// The executions, as they are to be read.
    fn told(&self) -> String {
        if self.capped { format!("> {}", self.executions) } else { self.executions.to_string() }
    }

    fn seconds(&self) -> String {
        format!("{:.1}", self.milliseconds as f64 / 1000.0)
    }
}

/// The whole command.
pub(super) fn run(options: &Options, ui: &Ui) -> Result<u8, String> {
    let mut components = lines::components();
    let wanted = options.filter.as_deref();
    components.retain(|name| wanted.is_none_or(|wanted| wanted == *name));
    if components.is_empty() {
        return Err(format!("--growth: no such component: {}", wanted.unwrap_or_default()));
    }
    let lines: Vec<_> = components.into_iter().map(lines::of).collect::<Result<_, _>>()?;
    let lines = lines.concat();
    let needed = lines.iter().flat_map(|line| &line.steps).map(|(_, _, run)| run.engine.world()).collect();
    let worlds = Worlds::build(&Sources::own()?, &needed, ui)?;
    let (overall, order) = (ui.overall(lines.len()), (0..lines.len()).collect::<Vec<_>>());
    let points = pool::in_parallel(&order, options.jobs(), |index| {
        overall.inc(1);
        explore(&lines[index], &worlds, ui)
    });
    let points = points.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    ui.finish();
    println!("\n{}\n{}", table::render(&points), bounds::text()?);
    draw(&points)?;
    record::differences(&points, &record::read(&lines)?).iter().for_each(|line| println!("growth of {line}"));
    if options.bless {
        record::write(&points)?;
        let stale = page::write()?;
        println!("docs/growth.md {}", if stale { "is written" } else { "is as it should be" });
    }
    Ok(PASSED)
}

/// Draws what was explored now: `target/models/growth.svg`.
fn draw(points: &[Point]) -> Result<(), String> {
    let path = worlds::target()?.join("models").join("growth.svg");
    fs::write(&path, chart::draw(points)?).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("drawn: {}", path.display());
    Ok(())
}

/// Explores a line until a point spends its budget.
fn explore(line: &Line, worlds: &Worlds, ui: &Ui) -> Result<Vec<Point>, String> {
    let mut points = Vec::new();
    for &(value, scenario, run) in &line.steps {
        let job = plan::job(scenario, run, 0, BUDGET);
        let worker = worlds.worker(run.engine.world()).ok_or("a world was not built")?;
        let bar = ui.working(&job);
        let explored = process::explore(worker, &job, |executions| bar.set_position(executions));
        bar.finish_and_clear();
        let capped = match explored.end {
            End::Done => false,
            End::Capped(executions) if executions == EXECUTIONS => true,
            ref end => return Err(format!("{} {} n={}: {end:?}", scenario.name, line.name, run.size)),
        };
        points.push(Point {
            of: line.of,
            axis: line.axis,
            line: line.name.clone(),
            value,
            executions: explored.executions,
            milliseconds: (explored.seconds * 1000.0).round() as u64,
            capped,
        });
        if capped {
            break;
        }
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn point(value: u8, executions: u64, capped: bool) -> Point {
        let line = "loom".to_owned();
        Point { of: "ring", axis: Axis::Operations, line, value, executions, milliseconds: 500, capped }
    }

    #[test]
    fn a_capped_point_is_a_lower_bound() {
        assert_eq!(point(1, 10, false).told(), "10");
        assert_eq!(point(1, 10, true).told(), "> 10");
    }
}
