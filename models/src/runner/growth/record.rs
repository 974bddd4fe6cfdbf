//! What was explored last, as it stands in models/proofs/growth.toml: docs/growth.md and its plot are drawn from it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Point;
use super::lines::{self, Axis, Line};
use crate::runner::counts::{Block, Counts};
use crate::runner::worlds;

const COMMENT: &str = "\
# How many executions there are of programs that do nothing but grow, and of bounded runs of the suites with more
# preemptions; of those that are too many it is known only that they are more. `cargo models --growth` compares the
# executions, `cargo models --growth --bless` writes this file, and docs/growth.md from it. Milliseconds are those of
# the machine that did.
";

const ALL: &str = "executions";
const MORE: &str = "more-than";
const TIME: &str = "milliseconds";

fn path() -> Result<PathBuf, String> {
    Ok(worlds::root()?.join("models").join("proofs").join("growth.toml"))
}

/// The points of each line, as far as they are on record.
pub(super) fn read(lines: &[Line]) -> Result<Vec<Point>, String> {
    let counts = Counts::read(&path()?)?;
    Ok(lines.iter().flat_map(|line| points(line, &counts)).collect())
}

fn points(line: &Line, counts: &Counts) -> Vec<Point> {
    let block = block(line.of, line.axis, &line.name);
    let [all, more, time] = [ALL, MORE, TIME].map(|column| counts.column(&block, column));
    let point = |(value, ..): &(u8, _, _)| {
        let key = value.to_string();
        let executions = all.get(&key).or(more.get(&key))?;
        Some(Point {
            of: line.of,
            axis: line.axis,
            line: line.name.clone(),
            value: *value,
            executions: *executions,
            capped: more.contains_key(&key),
            milliseconds: time.get(&key).copied().unwrap_or_default(),
        })
    };
    line.steps.iter().filter_map(point).collect()
}

/// Replaces the lines that were explored, and drops what no line stands for.
pub(super) fn write(found: &[Point]) -> Result<(), String> {
    let all = lines::all()?;
    let replaced: BTreeSet<_> = found.iter().map(block_of).collect();
    let mut points = read(&all)?;
    points.retain(|point| !replaced.contains(&block_of(point)));
    let mut counts = Counts::default();
    for point in points.iter().chain(found) {
        let (block, key) = (block_of(point), point.value.to_string());
        counts.set(block.clone(), &key, if point.capped { MORE } else { ALL }, point.executions);
        counts.set(block, &key, TIME, point.milliseconds);
    }
    counts.write(&path()?, COMMENT)
}

/// What is not as it was on record, but for the time.
pub(super) fn differences(found: &[Point], before: &[Point]) -> Vec<String> {
    let same = |one: &Point, other: &Point| (block_of(one), one.value) == (block_of(other), other.value);
    let difference = |now: &Point| {
        let before = before.iter().find(|before| same(now, before));
        let told = before.map_or_else(|| "not on record".to_owned(), Point::told);
        let name = format!("{} {} {}, {}", now.of, now.axis.name(), now.value, now.line);
        (told != now.told()).then(|| format!("{name}: {told}, now {}", now.told()))
    };
    found.iter().filter_map(difference).collect()
}

/// What is on record and was to be explored by nobody, or the reverse.
#[cfg(test)]
pub(super) fn unsettled(lines: &[Line]) -> Result<Vec<String>, String> {
    let counts = Counts::read(&path()?)?;
    let known: BTreeSet<_> = lines.iter().map(|line| block(line.of, line.axis, &line.name)).collect();
    let recorded: BTreeSet<_> = counts.iter().map(|(block, ..)| block.clone()).collect();
    let gone = recorded.difference(&known).map(|Block(of, line)| format!("{of}, {line}: gone"));
    let short = lines.iter().filter(|line| {
        let points = points(line, &counts);
        let is_capped = points.last().is_some_and(|point| point.capped && point.executions == super::EXECUTIONS);
        let is_prefix = points.iter().zip(&line.steps).all(|(point, step)| point.value == step.0);
        !(is_prefix && (is_capped || points.len() == line.steps.len()))
    });
    Ok(gone.chain(short.map(|line| format!("{} {}, {}: not explored", line.of, line.axis.name(), line.name))).collect())
}

fn block_of(point: &Point) -> Block {
    block(point.of, point.axis, &point.line)
}

fn block(of: &str, axis: Axis, line: &str) -> Block {
    Block(of.to_owned(), format!("{}, {line}", axis.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_is_of_what_there_is() {
        let unsettled = unsettled(&lines::all().unwrap()).unwrap();
        assert!(
            unsettled.is_empty(),
            "`cargo models --growth COMPONENT --bless` explores and adds, or drops: {unsettled:?}"
        );
    }

    #[test]
    fn other_executions_are_told_and_another_time_is_not() {
        let point =
            |executions, milliseconds| Point { executions, milliseconds, ..super::super::tests::point(1, 0, false) };
        assert_eq!(differences(&[point(1, 5)], &[point(1, 9)]), [""; 0]);
        assert_eq!(differences(&[point(1, 5)], &[point(2, 5)]), ["ring operations 1, loom: 2, now 1"]);
        assert_eq!(differences(&[point(1, 5)], &[]), ["ring operations 1, loom: not on record, now 1"]);
    }
}
