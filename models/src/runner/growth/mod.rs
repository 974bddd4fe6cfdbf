//! How fast the state space grows: `cargo models --growth`.
//!
//! For each component, one axis at a time: operations of each actor, actors, capacity, preemption bound. Every point has a
//! budget; one that spends it is shown as what it is, a lower bound, and ends its line.

mod bounds;
mod chart;

use std::fs;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use crate::audit::End;
use crate::growth::{self, Program};
use crate::job::{Budget, World};
use crate::scenario::{Level, Run};

use super::plan::{self, Planned};
use super::progress::Ui;
use super::worlds::{self, Sources, Worlds};
use super::{PASSED, pool};

/// What one point may take.
const MILLISECONDS: u64 = 20_000;
const PATIENCE_MILLISECONDS: u64 = 20_000;

/// The longest lines.
const MAX_OPERATIONS: u8 = 6;
const MAX_PREEMPTIONS: u8 = 6;

/// Operations of each actor where something else grows: so many that a slot is used again, and one where actors grow.
const OPERATIONS: u8 = 2;

/// What grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Axis {
    Operations,
    Actors,
    Capacity,
    Preemptions,
}

impl Axis {
    const ALL: [Self; 4] = [Self::Operations, Self::Actors, Self::Capacity, Self::Preemptions];

    fn name(self) -> &'static str {
        match self {
            Self::Operations => "operations",
            Self::Actors => "actors",
            Self::Capacity => "capacity",
            Self::Preemptions => "preemptions",
        }
    }
}

/// One exploration, and where it stands.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Point {
    component: &'static str,
    axis: Axis,
    /// Where on the axis.
    value: u8,
    engine: String,
    operations: u8,
    actors: u8,
    capacity: u8,
    bound: String,
    executions: u64,
    seconds: f64,
    /// The budget was not enough: there are more executions than that.
    capped: bool,
}

/// The whole command.
pub(super) fn run(component: Option<&str>, ui: &Ui) -> Result<u8, String> {
    let mut components: Vec<_> = growth::ALL.iter().map(|program| program.component).collect();
    components.dedup();
    components.retain(|name| component.is_none_or(|wanted| wanted == *name));
    if components.is_empty() {
        return Err(format!("--growth: no such component: {}", component.unwrap_or_default()));
    }
    let worlds = Worlds::build(&Sources::own()?, &[World::Loom, World::Shuttle].into(), ui)?;
    let mut points = Vec::new();
    for name in components {
        for axis in Axis::ALL {
            for line in lines(name, axis) {
                points.extend(explore(&line, axis, &worlds, ui)?);
            }
        }
    }
    ui.finish();
    println!("\n{}", table(&points));
    write(&points)?;
    println!("{}", bounds::justify()?);
    Ok(PASSED)
}

/// The lines of an axis: programs and runs, in the order in which they grow.
fn lines(component: &str, axis: Axis) -> Vec<Vec<(u8, &'static Program, Run)>> {
    let programs: Vec<_> = growth::ALL.iter().filter(|program| program.component == component).collect();
    let first = programs[0];
    let loom = |size| Run::loom(size, Level::Quick);
    let bounded = |size| Run::loom_bounded(size, 2, Level::Quick);
    let dfs = |size| Run::dfs(size, Level::Quick);
    match axis {
        Axis::Operations => [loom as fn(u8) -> Run, bounded, dfs]
            .map(|run| (1..=MAX_OPERATIONS).map(|size| (size, first, run(size))).collect())
            .into(),
        Axis::Actors => {
            let grown = programs.iter().filter(|program| program.capacity == first.capacity);
            let line = |run: fn(u8) -> Run| grown.clone().map(|program| (program.actors, *program, run(1))).collect();
            keep_lines([line(loom), line(bounded), line(dfs)])
        }
        Axis::Capacity => {
            let grown = programs.iter().filter(|program| program.actors == first.actors);
            let line = |run: fn(u8) -> Run| {
                grown.clone().map(|program| (program.capacity, *program, run(OPERATIONS))).collect()
            };
            keep_lines([line(loom), line(bounded), line(dfs)])
        }
        Axis::Preemptions => {
            let run = |most| (most, first, Run::loom_bounded(OPERATIONS, most, Level::Quick));
            vec![(0..=MAX_PREEMPTIONS).map(run).collect()]
        }
    }
}

/// Those in which something grows.
fn keep_lines<T>(lines: [Vec<T>; 3]) -> Vec<Vec<T>> {
    lines.into_iter().filter(|line| line.len() > 1).collect()
}

/// Explores a line until a point spends its budget.
fn explore(line: &[(u8, &'static Program, Run)], axis: Axis, worlds: &Worlds, ui: &Ui) -> Result<Vec<Point>, String> {
    let budget =
        Budget { milliseconds: MILLISECONDS, executions: u64::MAX, patience_milliseconds: PATIENCE_MILLISECONDS };
    let mut points = Vec::new();
    for (value, program, run) in line {
        let job = plan::job(&program.scenario, *run, 0, budget);
        let planned = [Planned { scenario: &program.scenario, job, is_to_fail: true }];
        let explored = pool::explore(&planned, worlds, 1, ui).pop().ok_or("nothing was explored")?;
        let capped = match explored.end {
            End::Done => false,
            End::Capped(_) => true,
            ref end => return Err(format!("{} {} n={}: {end:?}", program.scenario.name, run.engine, run.size)),
        };
        let Program { component, actors, capacity, .. } = **program;
        points.push(Point {
            component,
            axis,
            value: *value,
            engine: run.engine.to_string(),
            operations: run.size,
            actors,
            capacity,
            bound: run.bound.to_string(),
            executions: explored.executions,
            seconds: explored.seconds,
            capped,
        });
        if capped {
            break;
        }
    }
    Ok(points)
}

/// The points as a table, with a bar per point: each step of it is a factor of ten in four.
fn table(points: &[Point]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["component", "grows", "", "engine", "bound", "ops", "actors", "cap.", "executions", "s", ""]);
    for point in points {
        let executions = if point.capped { format!("> {}", point.executions) } else { point.executions.to_string() };
        let capacity = if point.capacity == 0 { "-".to_owned() } else { point.capacity.to_string() };
        table.add_row([
            point.component.to_owned(),
            point.axis.name().to_owned(),
            point.value.to_string(),
            point.engine.clone(),
            point.bound.clone(),
            point.operations.to_string(),
            point.actors.to_string(),
            capacity,
            executions,
            format!("{:.1}", point.seconds),
            bar(point),
        ]);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if (5..=9).contains(&index) || index == 2 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn bar(point: &Point) -> String {
    let length = 1 + (4.0 * (point.executions.max(1) as f64).log10()).round() as usize;
    let mut bar = "\u{2587}".repeat(length);
    if point.capped {
        bar.push_str(" capped");
    }
    bar
}

/// `target/models/growth.json` and `growth.svg`.
fn write(points: &[Point]) -> Result<(), String> {
    let folder = worlds::target()?.join("models");
    let text = serde_json::to_string_pretty(points).map_err(|error| error.to_string())? + "\n";
    let written = fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join("growth.json"), text));
    written.map_err(|error| format!("{}: {error}", folder.display()))?;
    let path = folder.join("growth.svg");
    fs::write(&path, chart::draw(points)?).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("written: growth.json and growth.svg in {}", folder.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(value: u8, executions: u64, capped: bool) -> Point {
        Point {
            component: "ring",
            axis: Axis::Operations,
            value,
            engine: "loom".into(),
            operations: value,
            actors: 2,
            capacity: 1,
            bound: "full".into(),
            executions,
            seconds: 0.5,
            capped,
        }
    }

    #[test]
    fn a_capped_point_never_looks_complete() {
        let points = [point(1, 10, false), point(2, 1000, true)];
        let text = table(&points);
        assert!(text.contains("> 1000") && text.contains("capped") && text.lines().count() == 3, "{text}");
        assert!(chart::draw(&points).unwrap().contains("<svg"));
    }

    #[test]
    fn every_axis_grows() {
        for program in growth::ALL {
            for line in Axis::ALL.iter().flat_map(|axis| lines(program.component, *axis)) {
                assert!(line.len() > 1 && line.is_sorted_by_key(|(value, _, _)| *value), "{}", program.component);
            }
        }
    }
}
