//! Executions worth looking at: `--show` draws one that reached a witness, `--pictures` those that the docs show.

use std::fs;
use std::path::PathBuf;

use crate::audit::Explored;
use crate::job::{Job, Replay};
use crate::record::Sighting;
use crate::scenario::{Bound, Engine, Level, Run, Scenario};
use crate::scenarios;

use super::plan::{self, Planned};
use super::progress::Ui;
use super::story::{self, Story};
use super::worlds::{self, Sources, Worlds};
use super::{FAILED, PASSED, failures, pool};

/// Stands for an execution in which somebody slept, whatever the scenario declares.
const ASLEEP: &str = "asleep";

/// The pictures of the docs: file, scenario, witness, what they show.
const PICTURES: &[(&str, &str, &str, &str)] = &[
    (
        "ring-sleep.svg",
        "ring-spsc/stream",
        ASLEEP,
        "An empty ring: the consumer leaves its mark and sleeps, the producer wakes it",
    ),
    (
        "bye.svg",
        "channel/bye",
        "told with the last byte",
        "Hang up after bye: the last byte tells that the peer has gone",
    ),
];

/// Draws the shortest execution of a scenario that reached a witness, and tells its steps.
pub(super) fn show(scenario: &str, witness: Option<&str>, engine: Engine, ui: &Ui) -> Result<u8, String> {
    let scenario = find(scenario)?;
    let witness = witness.or(scenario.witnesses.first().copied());
    let Some(witness) = witness.filter(|witness| *witness == ASLEEP || scenario.witnesses.contains(witness)) else {
        let known = scenario.witnesses.join("\", \"");
        return Err(format!("--show: the witnesses of {} are \"{known}\", and {ASLEEP}", scenario.name));
    };
    let Some(shown) = reach(scenario, witness, engine, ui)? else {
        println!("no execution reached {witness:?}");
        return Ok(FAILED);
    };
    ui.finish();
    println!("\n{}: {}\n  {witness:?}, in the shortest execution that reaches it", scenario.name, scenario.about);
    failures::tell_success(&shown, &worlds::root()?);
    Ok(PASSED)
}

/// Draws the pictures of the docs anew; says which were stale.
pub(super) fn pictures(ui: &Ui) -> Result<u8, String> {
    for (file, scenario, witness, title) in PICTURES {
        let shown = reach(find(scenario)?, witness, Engine::Loom, ui)?;
        let shown = shown.ok_or_else(|| format!("no execution of {scenario} reached {witness:?}"))?;
        let picture = story::draw(&Story::of(&shown.steps, None, &worlds::root()?), title, false);
        let path = folder()?.join(file);
        let is_stale = fs::read_to_string(&path).map_or(true, |before| before != picture);
        let written = folder().map(fs::create_dir_all)?.and_then(|()| fs::write(&path, picture));
        written.map_err(|error| format!("{}: {error}", path.display()))?;
        ui.say(&format!("docs/pictures/{file} {}", if is_stale { "is written" } else { "is as it should be" }));
    }
    Ok(PASSED)
}

fn folder() -> Result<PathBuf, String> {
    Ok(worlds::root()?.join("docs").join("pictures"))
}

fn find(name: &str) -> Result<&'static Scenario, String> {
    let known = scenarios::all().find(|scenario| scenario.name == name);
    known.ok_or_else(|| format!("no scenario is called {name:?} (`cargo models --list` shows them)"))
}

/// Explores the scenario at its audited size, and repeats the shortest execution that reached the witness.
fn reach(scenario: &'static Scenario, witness: &str, engine: Engine, ui: &Ui) -> Result<Option<Explored>, String> {
    let bound = if engine == Engine::Dfs { scenario.audit_bound } else { Bound::Full };
    let run = Run { engine, bound, ..Run::loom(scenario.audit, Level::Quick) };
    if !engine.is_exhaustive() {
        return Err("--show takes an exhaustive engine: loom or dfs".into());
    }
    let worlds = Worlds::build(&Sources::own()?, &[engine.world()].into(), ui)?;
    let job = plan::job(scenario, run, 0, plan::budget(engine, Level::Default));
    let explored = explore(scenario, job.clone(), &worlds, ui)?;
    let Some((tape, Sighting { execution, .. })) = shortest(&explored, witness) else { return Ok(None) };
    let replay = Some(Replay { scheduler: None, tape, execution });
    let replayed = Job { replay, budget: plan::budget_of_replay(), ..job };
    explore(scenario, replayed, &worlds, ui).map(Some)
}

fn explore(scenario: &'static Scenario, job: Job, worlds: &Worlds, ui: &Ui) -> Result<Explored, String> {
    let planned = Planned { scenario, job, is_to_fail: true };
    let explored = pool::explore(&[planned], worlds, 1, ui).pop().ok_or("nothing was explored")?;
    if explored.end == crate::audit::End::Done {
        Ok(explored)
    } else {
        Err(format!("{} does not pass: `cargo models {}` tells why", scenario.name, scenario.name))
    }
}

/// The shortest execution that reached the witness, over all tapes, and its tape.
fn shortest(explored: &Explored, witness: &str) -> Option<(String, Sighting)> {
    let of_tape = |tally: &crate::record::Tally| match witness {
        ASLEEP => tally.asleep,
        witness => tally.witnesses.get(witness).copied(),
    };
    let sightings = explored.tallies.iter().filter_map(|tally| Some((tally.tape.clone(), of_tape(tally)?)));
    sightings.min_by_key(|(tape, sighting)| (sighting.steps, tape.len(), sighting.execution))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_docs_show_exists() {
        for (file, scenario, witness, _) in PICTURES {
            let scenario = find(scenario).unwrap();
            assert!(*witness == ASLEEP || scenario.witnesses.contains(witness), "{file}");
            assert!(folder().unwrap().join(file).exists(), "{file}: `cargo models --pictures` draws it");
        }
    }
}
