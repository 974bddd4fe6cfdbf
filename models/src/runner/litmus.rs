//! `cargo models --litmus`: do the checkers still see what they are known to see, and nothing else?

use crate::audit::{End, Explored};
use crate::litmus::{self, Litmus, Seen};
use crate::scenario::{Engine, Level, Run};

use super::plan::{self, Planned};
use super::{pages, worlds};

/// The checkers that are exhaustive.
const ENGINES: [Engine; 2] = [Engine::Loom, Engine::Dfs];

/// The jobs of all litmus tests.
pub(super) fn plan() -> Vec<Planned> {
    let jobs = litmus::all().flat_map(|litmus| ENGINES.map(|engine| (litmus, engine)));
    jobs.map(|(litmus, engine)| {
        let run = Run { engine, ..Run::loom(1, Level::Quick) };
        let job = plan::job(&litmus.scenario, run, 0, plan::budget_of_replay());
        Planned { scenario: &litmus.scenario, job, is_to_fail: true }
    })
    .collect()
}

/// What a checker shows that it is not known to show, or the reverse.
#[derive(Debug)]
pub(super) struct Change {
    litmus: &'static Litmus,
    engine: Engine,
    outcomes: Vec<String>,
    executions: u64,
}

/// Compares what was explored with what is known.
pub(super) fn judge(explored: &[Explored]) -> Vec<Change> {
    let known = litmus::all().flat_map(|litmus| ENGINES.map(|engine| (litmus, engine)));
    let changes = known.zip(explored).filter_map(|((litmus, engine), explored)| {
        let (outcomes, executions) = (shown(explored), explored.executions);
        let known = litmus.known(engine);
        let same = outcomes == known.outcomes && executions == known.executions;
        (!same).then_some(Change { litmus, engine, outcomes, executions })
    });
    changes.collect()
}

fn shown(explored: &Explored) -> Vec<String> {
    match &explored.end {
        End::Done => explored.outcomes().into_keys().map(str::to_owned).collect(),
        End::Failed(failure) => vec![finding(&failure.message).to_owned()],
        end => vec![format!("{end:?}")],
    }
}

/// What the checker found: of a panic all it says, of a finding of its own only what it is.
fn finding(message: &str) -> &str {
    let line = message.lines().next().unwrap_or_default();
    match line.split_once(": ") {
        Some((finding, _)) if finding != "panic" => finding,
        _ => line,
    }
}

/// Prints what has changed, and the last line.
pub(super) fn print(changes: &[Change]) {
    for Change { litmus, engine, outcomes, executions } in changes {
        let Seen { outcomes: known, executions: known_executions } = litmus.known(*engine);
        println!("\nCHANGED {} {engine}: {}", litmus.scenario.name, litmus.scenario.about);
        println!("  expected {known:?} in {known_executions} executions");
        println!("  seen     {outcomes:?} in {executions} executions");
    }
    let (all, changed) = (ENGINES.len() * litmus::all().count(), changes.len());
    println!("litmus tests of the checkers: {} of {all} as they are known", all - changed);
}

/// Writes the table of docs/model-checking.md; tells whether it was stale.
pub(super) fn write() -> Result<bool, String> {
    pages::rewrite(&worlds::root()?.join("docs").join("model-checking.md"), filled)
}

fn filled(text: &str) -> Result<String, String> {
    pages::with_table(text, "litmus", |_| markdown())
}

fn markdown() -> String {
    let mut text = "| program | allowed | loom shows | dfs shows | so |\n|---|---|---|---|---|\n".to_owned();
    for Litmus { scenario, loom, dfs, lesson } in litmus::all() {
        let name = scenario.name.trim_start_matches("litmus/");
        let (loom, dfs) = (shortly(loom), shortly(dfs));
        text.push_str(&format!("| `{name}` | {} | {loom} | {dfs} | {lesson} |\n", scenario.about));
    }
    text
}

/// The outcomes; of many, the first and the last.
fn shortly(seen: &Seen) -> String {
    let Seen { outcomes, executions } = seen;
    let quoted = |outcomes: &[&str]| outcomes.iter().map(|outcome| format!("`{outcome}`")).collect::<Vec<_>>();
    let told = match outcomes {
        [first, .., last] if outcomes.len() > 4 => {
            format!("{} outcomes, {}", outcomes.len(), quoted(&[first, last]).join(" to "))
        }
        few => quoted(few).join(", "),
    };
    format!("{told} ({executions})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_as_the_tests_are() {
        let path = worlds::root().unwrap().join("docs").join("model-checking.md");
        let text = std::fs::read_to_string(path).unwrap();
        assert!(filled(&text).unwrap() == text, "docs/model-checking.md is stale: run `cargo models --guarantees`");
    }

    #[test]
    fn what_is_known_is_sorted() {
        for litmus in litmus::all() {
            for seen in [litmus.loom, litmus.dfs] {
                assert!(seen.outcomes.is_sorted() && !seen.outcomes.is_empty(), "{}", litmus.scenario.name);
            }
        }
    }
}
