//! The tables of `docs/guarantees.md`: which scenarios check which rule, by which engines, in which sizes and bounds, which
//! seeded faults they have failed on, by that rule, and which weakened orderings. Executions are those of the last review: of the
//! outcomes, models/outcomes, and of the proofs, models/proofs.
//!
//! The tables of a rule stand between two comments, `<!-- scenarios:RING-1 -->` and `<!-- /scenarios -->`; everything between them
//! is written anew.

use std::fs;
use std::path::PathBuf;

use crate::job::Choices;
use crate::scenario::{Bound, Engine, Level, Run, Scenario};
use crate::scenarios;

use super::faults::{self, Fault};
use super::outcomes::{self, Store};
use super::proofs::{self, Of, Proof};
use super::{pages, plan, worlds};

const BEGIN: &str = "<!-- scenarios:";
const END: &str = "<!-- /scenarios -->";

/// Writes the tables; tells whether they were stale.
pub(super) fn write() -> Result<bool, String> {
    pages::rewrite(&path()?, filled)
}

/// The rules that have a table, which are all: a test of the house sees to that.
pub(super) fn rules() -> Result<Vec<String>, String> {
    let path = path()?;
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.lines().filter_map(rule_of_table).map(str::to_owned).collect())
}

/// The rule whose table begins with that line.
fn rule_of_table(line: &str) -> Option<&str> {
    line.strip_prefix(BEGIN)?.strip_suffix(" -->")
}

fn path() -> Result<PathBuf, String> {
    Ok(worlds::root()?.join("docs").join("guarantees.md"))
}

/// The text with its tables as they should be.
fn filled(text: &str) -> Result<String, String> {
    let proofs =
        Proofs { faults: faults::read()?, caught: proofs::read(Of::Faults)?, killed: proofs::read(Of::Mutants)? };
    let mut store = Store::default();
    let mut after = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        after.push_str(line);
        after.push('\n');
        if let Some(rule) = rule_of_table(line) {
            if !lines.by_ref().any(|line| line == END) {
                return Err(format!("the table of {rule} has no end"));
            }
            let (scenarios, orderings) = (table(rule, &proofs, &mut store)?, proofs.orderings(rule));
            after.push_str(&format!("\n{scenarios}\n{orderings}{END}\n"));
        }
    }
    Ok(after)
}

/// What shows that a rule is checked.
struct Proofs {
    faults: Vec<Fault>,
    caught: Vec<Proof>,
    killed: Vec<Proof>,
}

impl Proofs {
    /// The faults that break a rule and that one of these scenarios has to fail on; behind each, in which execution it did.
    fn faults(&self, rule: &str, scenarios: &[&str]) -> String {
        let own = self.faults.iter().filter(|fault| fault.rule == rule && scenarios.contains(&fault.scenario.as_str()));
        let told = own.map(|fault| match self.caught.iter().find(|proof| proof.id == fault.id) {
            Some(proof) => format!("{} ({})", fault.id, proof.executions),
            None => format!("{} (never tried)", fault.id),
        });
        told.collect::<Vec<_>>().join(", ")
    }

    /// The table of the orderings without which a rule is broken; nothing if there is none.
    fn orderings(&self, rule: &str) -> String {
        let mut own: Vec<_> = self.killed.iter().filter(|proof| proof.rule == rule).collect();
        own.sort_by_key(|proof| &proof.id);
        let line = |proof: &&Proof| {
            let Proof { id, scenario, run, executions, .. } = proof;
            format!("| {id} | `{scenario}` {run} | {executions} |\n")
        };
        let lines: String = own.iter().map(line).collect();
        let header = "| weakened ordering | shown by | execution |\n|---|---|---|\n";
        if lines.is_empty() { lines } else { format!("{header}{lines}\n") }
    }
}

fn table(rule: &str, proofs: &Proofs, store: &mut Store) -> Result<String, String> {
    let mut rows: Vec<(Vec<&str>, String)> = Vec::new();
    for scenario in scenarios::all().filter(|scenario| scenario.rules.contains(&rule)) {
        let cells = cells(scenario, store)?;
        // The variants of a ring have their scenarios in common.
        match rows.iter_mut().find(|(names, other)| *other == cells && what(names[0]) == what(scenario.name)) {
            Some((names, _)) => names.push(scenario.name),
            None => rows.push((vec![scenario.name], cells)),
        }
    }
    if rows.is_empty() {
        return Ok("No scenario yet.\n".to_owned());
    }
    let mut text = "| scenario | loom | dfs | portfolio | stress | faults |\n|---|---|---|---|---|---|\n".to_owned();
    for (names, cells) in rows {
        let caught = proofs.faults(rule, &names);
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        text.push_str(&format!("| {} {cells} {} |\n", names.join("<br>"), caught));
    }
    Ok(text)
}

/// What is left of a scenario's name without its component.
fn what(name: &str) -> &str {
    name.split_once('/').map_or(name, |(_, what)| what)
}

fn cells(scenario: &Scenario, store: &mut Store) -> Result<String, String> {
    let runs = plan::runs(scenario, Level::Deep);
    let mut text = String::new();
    for engine in Engine::ALL {
        let runs = runs.iter().filter(|run| run.engine == engine);
        let cells = runs.map(|run| Ok(describe(scenario, run, outcomes::executions(store, scenario, run)?)));
        text.push_str(&format!("| {} ", cells.collect::<Result<Vec<_>, String>>()?.join(", ")));
    }
    Ok(text + "|")
}

fn describe(scenario: &Scenario, run: &Run, executions: Option<u64>) -> String {
    let bound = match run.bound {
        Bound::Full => String::new(),
        Bound::Preemptions(most) => format!(" p={most}"),
    };
    let deep = if run.level == Level::Deep { " deep" } else { "" };
    let executions = executions.map_or_else(String::new, |count| format!(": {count}"));
    let drawn = if plan::choices(scenario, run) == Choices::Drawn { " scripts" } else { "" };
    format!("n={}{drawn}{bound}{deep}{executions}", run.size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_as_the_scenarios_are() {
        let text = fs::read_to_string(path().unwrap()).unwrap();
        assert!(filled(&text).unwrap() == text, "docs/guarantees.md is stale: run `cargo models --guarantees`");
    }

    #[test]
    fn every_rule_that_a_scenario_checks_has_a_table() {
        let text = fs::read_to_string(path().unwrap()).unwrap();
        for rule in scenarios::all().flat_map(|scenario| scenario.rules) {
            assert!(text.contains(&format!("{BEGIN}{rule} -->")), "{rule}");
        }
    }

    #[test]
    fn only_what_stands_between_the_comments_changes() {
        let text = "before\n<!-- scenarios:RING-5 -->\nold\n<!-- /scenarios -->\nafter\n";
        let once = filled(text).unwrap();
        assert!(once.starts_with("before\n<!-- scenarios:RING-5 -->\n\n| scenario |"), "{once}");
        assert!(once.contains("`sync/token`") && once.ends_with("\n\n<!-- /scenarios -->\nafter\n"), "{once}");
        assert_eq!(filled(&once).unwrap(), once);
        assert!(filled("<!-- scenarios:RING-5 -->\n").unwrap_err().contains("RING-5"));
    }
}
