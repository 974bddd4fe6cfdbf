//! docs/schedulers.md, from what is on record.

use std::path::PathBuf;

use super::summary::remarks;
use super::table::{self, count};
use super::{Contestant, EXECUTIONS, Line, contestants, record};
use crate::runner::pages::{self, markdown};
use crate::runner::worlds;

fn path() -> Result<PathBuf, String> {
    Ok(worlds::root()?.join("docs").join("schedulers.md"))
}

/// Writes the page; tells whether it was stale.
pub(super) fn write() -> Result<bool, String> {
    pages::rewrite(&path()?, filled)
}

fn filled(text: &str) -> Result<String, String> {
    let contestants = contestants();
    let lines = record::read(&contestants)?;
    let text = pages::with_table(text, "contestants", |_| of_contestants(&lines, &contestants))?;
    pages::with_table(&text, "faults", |_| of_faults(&lines, &contestants))
}

/// A table of the contestants, and what there is to say.
fn of_contestants(lines: &[Line], contestants: &[Contestant]) -> String {
    let rows = contestants.iter().enumerate().map(|(index, contestant)| table::standing(lines, index, contestant));
    let standings = markdown(&table::HEADER, 1, rows);
    let remarks: String = remarks(lines, contestants).iter().map(|remark| format!("* {remark}\n")).collect();
    format!("{} faults, {EXECUTIONS} executions each.\n\n{standings}\n{remarks}", lines.len())
}

/// A table of the faults of each component.
fn of_faults(lines: &[Line], contestants: &[Contestant]) -> String {
    let names: Vec<_> = contestants.iter().map(ToString::to_string).collect();
    let header: Vec<_> = ["fault", "rule", "scenario"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let row = |line: &Line| {
        let named = [line.id.clone(), line.rule.clone(), format!("`{}`", line.scenario)];
        named.into_iter().chain(line.executions.iter().copied().map(count)).collect()
    };
    let groups = lines.chunk_by(|left, right| component(left) == component(right));
    let table =
        |group: &[Line]| format!("### {}\n\n{}\n", component(&group[0]), markdown(&header, 3, group.iter().map(row)));
    groups.map(table).collect()
}

/// What the fault is in.
fn component(line: &Line) -> &str {
    line.scenario.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::line;
    use super::*;

    #[test]
    fn the_page_is_as_the_record_is() {
        let text = std::fs::read_to_string(path().unwrap()).unwrap();
        assert!(
            filled(&text).unwrap() == text,
            "docs/schedulers.md is stale: `cargo models --schedulers FILTER --bless`"
        );
    }

    #[test]
    fn faults_stand_by_component() {
        let other = Line { scenario: "wait/sleep".to_owned(), ..line("b", [1; 7]) };
        let text = of_faults(&[line("a", [1, 0, 2, 3, 4, 5, 6]), other], &contestants());
        assert!(text.starts_with("### ring\n\n| fault | rule | scenario | loom |"), "{text}");
        assert!(text.contains("| a | RING-1 | `ring/stream` | 1 | - | 2 |") && text.contains("\n### wait\n"), "{text}");
    }
}
