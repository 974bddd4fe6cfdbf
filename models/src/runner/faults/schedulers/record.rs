//! The executions of all contestants, as they stand in models/proofs/schedulers.toml.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{Contestant, Line};
use crate::runner::counts::{Block, Counts};
use crate::runner::faults::read as registry;
use crate::runner::worlds;

const COMMENT: &str = "\
# After how many executions each checker, and each random scheduler, has found each seeded fault by its rule; 0: not
# within the budget. `cargo models --schedulers` compares, `cargo models --schedulers --bless` writes this file, and
# docs/schedulers.md from it.
";

/// Stands for a fault that was not found.
const MISSED: u64 = 0;

fn path() -> Result<PathBuf, String> {
    Ok(worlds::root()?.join("models").join("proofs").join("schedulers.toml"))
}

/// The faults on record, by scenario and rule.
pub(super) fn read(contestants: &[Contestant]) -> Result<Vec<Line>, String> {
    let counts = Counts::read(&path()?)?;
    let named: BTreeSet<_> = counts.iter().map(|(block, id, ..)| (block.clone(), id.to_owned())).collect();
    let line = |(Block(scenario, rule), id): (Block, String)| {
        let block = Block(scenario.clone(), rule.clone());
        let count = |contestant: &Contestant| counts.column(&block, &contestant.to_string()).get(&id).copied();
        let executions = contestants.iter().map(|contestant| count(contestant).filter(|count| *count != MISSED));
        Line { executions: executions.collect(), id, rule, scenario }
    };
    Ok(named.into_iter().map(line).collect())
}

/// Replaces the faults that were tried, and drops those that there are no more.
pub(super) fn write(found: &[Line], contestants: &[Contestant]) -> Result<(), String> {
    let faults: BTreeSet<_> = registry()?.into_iter().map(|fault| fault.id).collect();
    let is_tried = |line: &Line| found.iter().any(|found| found.id == line.id);
    let mut lines = read(contestants)?;
    lines.retain(|line| faults.contains(&line.id) && !is_tried(line));
    let mut counts = Counts::default();
    for Line { id, rule, scenario, executions } in lines.iter().chain(found) {
        for (contestant, executions) in contestants.iter().zip(executions) {
            let block = Block(scenario.clone(), rule.clone());
            counts.set(block, id, &contestant.to_string(), executions.unwrap_or(MISSED));
        }
    }
    counts.write(&path()?, COMMENT)
}

/// What is not as it was on record.
pub(super) fn differences(found: &[Line], before: &[Line]) -> Vec<String> {
    let told =
        |line: &Line| format!("{:?}", line.executions.iter().map(|count| count.unwrap_or(MISSED)).collect::<Vec<_>>());
    let difference = |now: &Line| {
        let before = before.iter().find(|before| before.id == now.id);
        let is_new = before != Some(now);
        let before = before.map_or_else(|| "not on record".to_owned(), told);
        is_new.then(|| format!("{}: {before}, now {}", now.id, told(now)))
    };
    found.iter().filter_map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::super::contestants;
    use super::super::tests::line;
    use super::*;

    #[test]
    fn every_fault_was_tried_by_all() {
        let known = |fault: crate::runner::faults::Fault| (fault.id, fault.rule, fault.scenario);
        let known: BTreeSet<_> = registry().unwrap().into_iter().map(known).collect();
        let on_record = |line: Line| (line.id, line.rule, line.scenario);
        let on_record: BTreeSet<_> = read(&contestants()).unwrap().into_iter().map(on_record).collect();
        let unsettled: Vec<_> = known.symmetric_difference(&on_record).collect();
        assert!(
            unsettled.is_empty(),
            "`cargo models --schedulers FILTER --bless` tries and adds, or drops: {unsettled:?}"
        );
        for (_, line, column, _) in Counts::read(&path().unwrap()).unwrap().iter() {
            let is_one = contestants().iter().any(|contestant| contestant.to_string() == column);
            assert!(is_one, "{line}: there is no {column}");
        }
    }

    #[test]
    fn another_count_is_told() {
        let before = [line("a", [1, 2, 3, 4, 5, 6, 7])];
        assert_eq!(differences(&before, &before), [""; 0]);
        let now = [line("a", [1, 2, 3, 4, 5, 6, 0]), line("b", [1; 7])];
        assert_eq!(
            differences(&now, &before),
            ["a: [1, 2, 3, 4, 5, 6, 7], now [1, 2, 3, 4, 5, 6, 0]", "b: not on record, now [1, 1, 1, 1, 1, 1, 1]"]
        );
    }
}
