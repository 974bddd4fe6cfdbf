//! The table at the end, at most 80 columns wide.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use crate::audit::End;
use crate::job::Job;
use crate::scenario::{Bound, Engine};

use super::preemptions;
use super::verdict::{self, Audit, Row};

/// Everything fits a terminal of the classic width.
pub(super) const WIDTH: u16 = 80;

/// The widest that names of scenarios and lists of rules are shown.
const NAME_WIDTH: usize = 27;

/// The size and the bound of a job, in short.
pub(super) fn bound(job: &Job) -> String {
    let size = job.size;
    match (job.engine, job.bound) {
        (Engine::Portfolio, _) => format!("n={size} drawn"),
        (Engine::Stress, _) => format!("n={size} timed"),
        (_, bound) => format!("n={size} {}", preemptions::short(bound)),
    }
}

/// The table, and below it what does not fit into it.
pub(super) fn render(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table.set_header(["scenario, rules", "engine", "bound", "executions", "s", "out", "audited"]);
    let groups: Vec<_> = rows.chunk_by(|left, right| left.scenario.name == right.scenario.name).collect();
    for group in &groups {
        let titles = titles(group);
        for (row, title) in group.iter().zip(titles) {
            table.add_row(cells(row, &title));
        }
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if (3..=5).contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text: String = table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect();
    text.push_str(LEGEND);
    rows.iter().for_each(|row| text.push_str(&note(row)));
    text
}

const LEGEND: &str = "
n size, full: every interleaving, p=2: every one with at most 2 preemptions;
s seconds, out: different outcomes. audited yes: loom saw every outcome that
depth-first search saw, at this size (at n=1: at that size only), and all else
that an audit checks; p=2: that it saw with at most 2 preemptions; drawn: at
random, loom saw the outcomes, too, if it explored everything of this size;
9 scripts: so many, drawn by proptest, of any length up to the size.
";

/// The first cells of a scenario's rows: its name, then its rules.
fn titles(group: &[Row]) -> Vec<String> {
    let scenario = group[0].scenario;
    let mut lines = vec![String::new()];
    for rule in scenario.rules {
        let full = lines.last().is_none_or(|line| line.chars().count() + rule.len() + 1 >= NAME_WIDTH);
        match lines.last_mut() {
            Some(line) if !full => *line = format!("{line} {rule}"),
            _ => lines.push(format!(" {rule}")),
        }
    }
    lines.insert(0, scenario.name.to_owned());
    let last = group.len() - 1;
    if lines.len() > group.len() {
        let rest = lines.split_off(last).join("\n");
        lines.push(rest);
    }
    lines.resize(group.len(), String::new());
    lines
}

fn cells(row: &Row, title: &str) -> Vec<Cell> {
    let explored = &row.explored;
    let outcomes = explored.outcomes().len();
    [
        title.to_owned(),
        explored.job.engine.to_string(),
        bound(&explored.job),
        explored.executions.to_string(),
        format!("{:.1}", explored.seconds),
        outcomes.to_string(),
        audited(row),
    ]
    .map(Cell::new)
    .into()
}

fn audited(row: &Row) -> String {
    match (&row.explored.end, row.findings.first(), &row.audit) {
        (End::Failed(failure), ..) => format!("FAIL {}", failure.rule),
        (End::Capped(_), ..) => "FAIL cap".to_owned(),
        (End::Died(_), ..) => "FAIL died".to_owned(),
        (End::Done, Some(_), _) => "FAIL audit".to_owned(),
        (End::Done, None, Audit::Compared(Bound::Full)) => "yes".to_owned(),
        (End::Done, None, Audit::Compared(Bound::Preemptions(most))) => format!("p={most}"),
        (End::Done, None, Audit::Not(short, _)) => short.clone(),
    }
}

/// A line about an exploration that leaves something out.
fn note(row: &Row) -> String {
    let Some((tried, waits)) = verdict::spurious_left_out(row).filter(|(tried, _)| *tried > 0) else {
        return String::new();
    };
    let job = &row.explored.job;
    format!("{} {} {}: spurious wake-ups in {tried} of {waits} waits\n", job.scenario, job.engine, bound(job))
}
