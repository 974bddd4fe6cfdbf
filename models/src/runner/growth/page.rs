//! docs/growth.md and its plot, from what is on record: nothing is explored for it.

use std::fs;
use std::iter::once;
use std::path::{Path, PathBuf};

use super::bounds::{self, Need, Needs};
use super::lines::{self, Axis, Line};
use super::{EXECUTIONS, Point, chart, record};
use crate::runner::proofs::Proof;
use crate::runner::{pages, worlds};

fn folder() -> Result<PathBuf, String> {
    Ok(worlds::root()?.join("docs"))
}

/// Writes the page and its plot; tells whether they were stale.
pub(in crate::runner) fn write() -> Result<bool, String> {
    let folder = folder()?;
    let is_stale = pages::rewrite(&folder.join("growth.md"), filled)?;
    let path = folder.join("pictures").join("growth.svg");
    Ok(write_if_stale(&path, &picture()?)? || is_stale)
}

fn write_if_stale(path: &Path, text: &str) -> Result<bool, String> {
    let is_stale = fs::read_to_string(path).map_or(true, |before| before != text);
    let written = if is_stale { fs::write(path, text) } else { Ok(()) };
    written.map(|()| is_stale).map_err(|error| format!("{}: {error}", path.display()))
}

/// The components, each with what is on record of its lines.
fn on_record() -> Result<Vec<(&'static str, Vec<Point>)>, String> {
    let components = lines::components().into_iter().filter(|name| *name != lines::SUITE);
    components.map(|name| Ok((name, record::read(&lines::of(name)?)?))).collect()
}

fn picture() -> Result<String, String> {
    let points: Vec<_> = on_record()?.into_iter().flat_map(|(_, points)| points).collect();
    chart::draw(&points)
}

fn filled(text: &str) -> Result<String, String> {
    let growth: String = on_record()?.iter().map(|(name, points)| component(name, points)).collect();
    let budget =
        format!("Each point has {EXECUTIONS} executions; `>` is a point that needs more, and ends its line.\n\n");
    let text = pages::with_table(text, "growth", |_| budget + &growth)?;
    let bounds = justified(&Needs::read()?, &bounds::lines()?, bounds::bounded().len())?;
    pages::with_table(&text, "bounds", |_| bounds)
}

/// The tables of a component, one per axis.
fn component(name: &str, points: &[Point]) -> String {
    let axes = Axis::ALL.into_iter().filter_map(|axis| {
        let own: Vec<_> = points.iter().filter(|point| point.axis == axis).collect();
        (!own.is_empty()).then(|| table(axis.name(), &own))
    });
    format!("### {name}\n\n{}", axes.collect::<String>())
}

/// A line per engine and bound, a column per value: executions, and seconds.
fn table(title: &str, points: &[&Point]) -> String {
    let mut values: Vec<_> = points.iter().map(|point| point.value).collect();
    values.sort_unstable();
    values.dedup();
    let names = values.iter().map(u8::to_string);
    let row = |line: &[&Point]| {
        let at = |value: &u8| line.iter().find(|point| point.value == *value);
        let cells = values.iter().map(|value| at(value).map_or_else(String::new, |point| cell(point)));
        once(line[0].line.clone()).chain(cells).collect()
    };
    let rows = points.chunk_by(|left, right| left.line == right.line).map(row);
    table_of(title, names, rows) + "\n"
}

/// A table whose columns are values.
fn table_of(title: &str, values: impl Iterator<Item = String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let names: Vec<_> = once(title.to_owned()).chain(values).collect();
    pages::markdown(&names.iter().map(String::as_str).collect::<Vec<_>>(), 1, rows)
}

fn cell(point: &Point) -> String {
    format!("{} ({} s)", point.told(), point.seconds())
}

/// What the bounds rest on.
fn justified(needs: &Needs, below: &[Line], bounded: usize) -> Result<String, String> {
    let (most, goal) = (needs.most(), needs.goal());
    let mut text = format!("{}\n{}", by_kind(needs), by_component(needs));
    for (need, told) in [
        (Need::Preemptions(most), "The most preemptions are needed by:"),
        (Need::All, "No bound that was tried is enough for these, they show where everything is explored:"),
        (Need::Drawn, "These show in scripts that are drawn, where there is no bound:"),
    ] {
        if needs.who(need).next().is_some() {
            text.push_str(&format!("\n{told}\n\n{}", list(needs, need)));
        }
    }
    let reached = bounded - below.len();
    text.push_str(&format!(
        "\nThe smallest bound that finds all that a bound finds is p={most}, and one more **p={goal}**. Of {bounded} \
         bounded runs of loom in the default suite, {reached} have that or more.\n"
    ));
    if !below.is_empty() {
        text.push_str(&short_of(needs, below)?);
    }
    Ok(text)
}

/// How many faults and orderings show with what.
fn by_kind(needs: &Needs) -> String {
    let all = needs.all();
    let rows = needs.kinds.iter().map(|(kind, own)| {
        let counts = all.iter().map(|need| own.get(need).map_or(0, Vec::len).to_string());
        once((*kind).to_owned()).chain(counts).collect()
    });
    table_of("shows with", all.iter().map(|need| need.name()), rows)
}

/// What those of each component need.
fn by_component(needs: &Needs) -> String {
    let row = |(name, (count, most)): (&str, (usize, u8))| {
        vec![name.to_owned(), count.to_string(), bounds::name(most), bounds::name(most + 1)]
    };
    let header = ["component", "faults and orderings", "smallest bound that finds all", "one more"];
    pages::markdown(&header, 1, needs.components().into_iter().map(row))
}

/// Who needs that, and where it shows.
fn list(needs: &Needs, need: Need) -> String {
    let line = |proof: &Proof| format!("* {}: `{}` {}\n", proof.id, proof.scenario, proof.run);
    needs.who(need).map(line).collect()
}

/// The runs that stay below the goal, with what they cost as they are and with more preemptions.
fn short_of(needs: &Needs, below: &[Line]) -> Result<String, String> {
    let components = needs.components();
    let own_goal = |line: &Line| components.get(bounds::component(line.of)).map_or(1, |(_, most)| most + 1);
    let below = below.iter().map(|line| Ok((line, record::read(std::slice::from_ref(line))?)));
    let below: Vec<_> = below.collect::<Result<_, String>>()?;
    let values = || below.iter().flat_map(|(_, points)| points).map(|point| point.value);
    let columns: Vec<_> = (values().min().unwrap_or(0)..=values().max().unwrap_or(0)).collect();
    let row = |(line, points): &(&Line, Vec<Point>)| {
        let cell_of = |value: &u8| points.iter().find(|point| point.value == *value).map_or_else(String::new, cell);
        let names = [called(line), bounds::name(own_goal(line))];
        names.into_iter().chain(columns.iter().map(cell_of)).collect()
    };
    let names = ["run".to_owned(), "its component".to_owned()];
    let header: Vec<_> = names.into_iter().chain(columns.iter().map(|most| bounds::name(*most))).collect();
    let table = pages::markdown(&header.iter().map(String::as_str).collect::<Vec<_>>(), 2, below.iter().map(row));
    let those = |is_meant: &dyn Fn(&Line, &[Point]) -> bool| {
        let meant = below.iter().filter(|(line, points)| is_meant(line, points));
        let names: Vec<_> = meant.map(|(line, _)| called(line)).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    Ok(format!(
        "The others follow, each with the bound that it has and then with more, until there are more than the \
         {EXECUTIONS} executions that such a run may have. Could have one more: {}. Have less than their own component needs, and one \
         more: {}.\n\n{table}",
        those(&|_, points| points.get(1).is_some_and(|next| !next.capped)),
        those(&|line, points| points.first().is_some_and(|own| own.value < own_goal(line))),
    ))
}

fn called(line: &Line) -> String {
    format!("`{}` {}", line.of, line.name)
}

#[cfg(test)]
mod tests {
    use super::super::tests::point;
    use super::*;

    #[test]
    fn the_page_and_the_plot_are_as_the_record_is() {
        let text = fs::read_to_string(folder().unwrap().join("growth.md")).unwrap();
        assert!(filled(&text).unwrap() == text, "docs/growth.md is stale: `cargo models --growth COMPONENT --bless`");
        let drawn = fs::read_to_string(folder().unwrap().join("pictures").join("growth.svg")).unwrap();
        assert!(picture().unwrap() == drawn, "docs/pictures/growth.svg is stale");
    }

    #[test]
    fn a_line_ends_with_the_point_that_spent_its_budget() {
        let dfs = |value, executions, capped| Point { line: "dfs".to_owned(), ..point(value, executions, capped) };
        let points = [point(1, 10, false), point(2, 20, false), dfs(1, 99, true)];
        let text = table("operations", &points.iter().collect::<Vec<_>>());
        assert_eq!(
            text,
            "| operations | 1 | 2 |\n|---|--:|--:|\n| loom | 10 (0.5 s) | 20 (0.5 s) |\n| dfs | > 99 (0.5 s) |  |\n\n"
        );
    }
}
