//! The comparison, for a terminal.

use comfy_table::{CellAlignment, Table, presets};

use super::summary::{self, Standing};
use super::{Contestant, Line};

/// A line per fault.
pub(super) fn of_faults(lines: &[Line], contestants: &[Contestant]) -> String {
    let names = contestants.iter().map(ToString::to_string);
    let header = ["fault".to_owned(), "rule".to_owned()].into_iter().chain(names).collect();
    let row = |line: &Line| {
        let cells = line.executions.iter().copied().map(count);
        [line.id.clone(), line.rule.clone()].into_iter().chain(cells).collect()
    };
    render(header, lines.iter().map(row), 2)
}

/// A line per contestant.
pub(super) fn of_contestants(lines: &[Line], contestants: &[Contestant]) -> String {
    let header = HEADER.map(str::to_owned).into();
    render(header, contestants.iter().enumerate().map(|(index, contestant)| standing(lines, index, contestant)), 1)
}

/// What is told of a contestant.
pub(super) const HEADER: [&str; 6] = ["contestant", "found", "alone", "median", "upper quartile", "most"];

/// That, of one of them.
pub(super) fn standing(lines: &[Line], index: usize, contestant: &Contestant) -> Vec<String> {
    let Standing { found, alone, median, upper_quartile, most } = summary::standing(lines, index);
    let counts = [median, upper_quartile, most].map(count);
    [contestant.to_string(), found.to_string(), alone.to_string()].into_iter().chain(counts).collect()
}

/// Executions until something was found.
pub(super) fn count(executions: Option<u64>) -> String {
    executions.map_or_else(|| "-".to_owned(), |count| count.to_string())
}

fn render(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>, names: usize) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table.add_rows(rows);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if index >= names {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
