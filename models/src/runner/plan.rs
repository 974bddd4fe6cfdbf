//! What is to be run: the runs that every scenario has, and those that it declares.

use crate::broken;
use crate::job::{Budget, Choices, Job, Orderings, Token, World};
use crate::litmus;
use crate::scenario::{Bound, Engine, Level, Run, Scenario};
use crate::scenarios;
use crate::tape::Tape;

use super::cli::Options;
use super::outcomes;

/// An execution takes microseconds; one that takes this long hangs, however busy the machine is.
const PATIENCE_MILLISECONDS: u64 = 20_000;

/// One job, and whose it is.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) scenario: &'static Scenario,
    pub(super) job: Job,
    /// Part of the harness's own test: a failure is no news.
    pub(super) is_to_fail: bool,
}

/// The jobs of the suites that were asked for.
pub(super) fn suite(options: &Options) -> Result<Vec<Planned>, String> {
    // What is kept of the exhaustive engines is that of the default suite.
    let level = if options.bless { Level::Default } else { options.level() };
    let mut planned = Vec::new();
    for scenario in selected(options)? {
        let runs = runs(scenario, level).into_iter().filter(|run| !options.bless || outcomes::is_kept(scenario, run));
        planned.extend(runs.filter(|run| options.engine.is_none_or(|engine| engine == run.engine)).map(|run| {
            let job = job(scenario, run, options.seed(), budget_of(scenario, &run, level));
            Planned { scenario, job, is_to_fail: false }
        }));
    }
    Ok(planned)
}

/// The one job that repeats an execution.
pub(super) fn replay(token: &str, options: &Options) -> Result<Planned, String> {
    let token: Token = token.parse().map_err(|error| format!("--replay: {error}"))?;
    let scenario = scenarios::all()
        .chain(broken::scenarios())
        .chain(litmus::scenarios())
        .find(|scenario| scenario.name == token.scenario)
        .ok_or_else(|| format!("--replay: no scenario is called {:?}", token.scenario))?;
    if !is_tape_of(scenario, &token.replay.tape) {
        let (tape, arities) = (&token.replay.tape, scenario.choices);
        return Err(format!("--replay: {tape:?} is no tape of {}, whose choices are {arities:?}", scenario.name));
    }
    let budget = budget(token.engine, options.level().max(Level::Default));
    let budget = if token.engine.is_exhaustive() { budget_of_replay() } else { budget };
    let orderings = options.mutant.clone().map_or(Orderings::AsWritten, Orderings::Weakened);
    let job = Job { orderings, ..token.into_job(budget) };
    Ok(Planned { scenario, job, is_to_fail: false })
}

fn is_tape_of(scenario: &Scenario, tape: &str) -> bool {
    let Tape { choices, scripts, .. } = tape.parse().unwrap_or_default();
    if !scripts.is_empty() {
        let fits = |(actor, script): (usize, &Vec<u8>)| script.iter().all(|step| *step < scenario.kinds(actor));
        return choices.is_empty() && scripts.len() == scenario.scripts.len() && scripts.iter().enumerate().all(fits);
    }
    let fits = choices.iter().zip(scenario.choices).all(|(choice, arity)| choice < arity);
    fits && choices.len() == scenario.choices.len()
}

/// Who makes the choices of a run: beyond the audited size the engines of shuttle get scripts that are drawn, where there are scripts.
pub(super) fn choices(scenario: &Scenario, run: &Run) -> Choices {
    let beyond = run.engine.world() == World::Shuttle && run.size > scenario.audit;
    if beyond && !scenario.scripts.is_empty() { Choices::Drawn } else { Choices::Engine }
}

/// A replay ends with its execution, so nothing else has to end it.
pub(super) fn budget_of_replay() -> Budget {
    Budget { milliseconds: 3_600_000, executions: u64::MAX, patience_milliseconds: PATIENCE_MILLISECONDS }
}

/// The budget of a worker that does a part of a job: it is the job that ends.
pub(super) fn budget_of_part(whole: Budget) -> Budget {
    Budget { milliseconds: budget_of_replay().milliseconds, ..whole }
}

/// Prints the scenarios and their runs.
pub(super) fn list(options: &Options) -> Result<(), String> {
    for scenario in selected(options)? {
        println!("{}\n    {}\n    {}", scenario.name, scenario.about, scenario.rules.join(" "));
        let runs = runs(scenario, options.level());
        let runs: Vec<_> = runs.iter().map(|run| format!("{} {}", run.engine, describe(scenario, run))).collect();
        println!("    {}\n", runs.join(", "));
    }
    Ok(())
}

fn describe(scenario: &Scenario, run: &Run) -> String {
    let drawn = if choices(scenario, run) == Choices::Drawn { " scripts" } else { "" };
    match run.bound {
        Bound::Full => format!("n={}{drawn}", run.size),
        Bound::Preemptions(preemptions) => format!("n={}{drawn} p{preemptions}", run.size),
    }
}

/// The scenarios that the filter lets through.
fn selected(options: &Options) -> Result<Vec<&'static Scenario>, String> {
    let Some(filter) = &options.filter else { return Ok(scenarios::all().collect()) };
    let matches = |scenario: &&Scenario| {
        scenario.name.contains(filter.as_str()) || scenario.rules.iter().any(|rule| rule.eq_ignore_ascii_case(filter))
    };
    let selected: Vec<_> = scenarios::all().filter(matches).collect();
    if selected.is_empty() {
        return Err(format!("no scenario is called or checks {filter:?} (`cargo models --list` shows them)"));
    }
    Ok(selected)
}

/// The audited pair first; then what the scenario declares for this level; then the randomized engines, at the
/// largest size that it declares, unless it says itself how they are to run.
pub(super) fn runs(scenario: &Scenario, level: Level) -> Vec<Run> {
    let dfs = Run { bound: scenario.audit_bound, ..Run::dfs(scenario.audit, Level::Quick) };
    let mut runs = vec![Run::loom(scenario.audit, Level::Quick), dfs];
    let declared = scenario.runs.iter().filter(|run| run.level <= level);
    for run in declared.copied() {
        if !runs.iter().any(|other| (other.engine, other.size, other.bound) == (run.engine, run.size, run.bound)) {
            runs.push(run);
        }
    }
    let size = scenario.runs.iter().map(|run| run.size).max().unwrap_or(0).max(scenario.audit);
    for run in [Run::portfolio(size, Level::Quick), Run::stress(size, Level::Quick)] {
        if !runs.iter().any(|other| other.engine == run.engine) {
            runs.push(run);
        }
    }
    runs.sort_by_key(|run| (run.engine, run.size, run.bound));
    runs
}

/// How long an engine may take at a level: a limit that fails for the exhaustive ones, the whole time for the
/// randomized ones. The limits are there for what would never end; they leave room for a machine under load.
pub(super) fn budget(engine: Engine, level: Level) -> Budget {
    let (milliseconds, executions) = match (engine, level) {
        (Engine::Loom | Engine::Dfs, Level::Quick) => (120_000, u64::MAX),
        (Engine::Loom | Engine::Dfs, Level::Default) => (300_000, u64::MAX),
        (Engine::Loom | Engine::Dfs, Level::Deep) => (1_800_000, u64::MAX),
        (Engine::Portfolio, Level::Quick) => (500, 2_000),
        (Engine::Portfolio, Level::Default) => (3_000, 20_000),
        (Engine::Portfolio, Level::Deep) => (30_000, 200_000),
        (Engine::Stress, Level::Quick) => (400, u64::MAX),
        (Engine::Stress, Level::Default) => (2_000, u64::MAX),
        (Engine::Stress, Level::Deep) => (15_000, u64::MAX),
    };
    Budget { milliseconds, executions, patience_milliseconds: PATIENCE_MILLISECONDS }
}

/// Whoever explores scripts that are drawn, draws until the time is up.
fn budget_of(scenario: &Scenario, run: &Run, level: Level) -> Budget {
    let drawn = choices(scenario, run) == Choices::Drawn;
    budget(if drawn { Engine::Portfolio } else { run.engine }, level)
}

/// The job of a run.
pub(super) fn job(scenario: &Scenario, run: Run, seed: u64, budget: Budget) -> Job {
    let Run { engine, size, bound, .. } = run;
    let choices = choices(scenario, &run);
    Job {
        scenario: scenario.name.to_owned(),
        engine,
        size,
        bound,
        seed,
        budget,
        choices,
        replay: None,
        scheduler: None,
        orderings: Orderings::AsWritten,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Cx;

    fn nothing(_: &Cx) -> String {
        String::new()
    }

    const PLAIN: Scenario = Scenario::new("test/plain", &["RING-1"], "Nothing.", nothing);

    #[test]
    fn every_scenario_runs_in_every_engine() {
        let runs = runs(&PLAIN, Level::Quick);
        let engines: Vec<_> = runs.iter().map(|run| run.engine).collect();
        assert_eq!(engines, Engine::ALL);
    }

    #[test]
    fn declared_runs_come_at_their_level_and_replace_the_implied_ones() {
        const RUNS: &[Run] = &[
            Run::loom(1, Level::Deep),
            Run::loom_bounded(3, 2, Level::Default),
            Run::dfs(4, Level::Deep),
            Run::stress(2, Level::Quick),
        ];
        let scenario = Scenario { runs: RUNS, ..PLAIN };
        let quick = runs(&scenario, Level::Quick);
        assert_eq!(quick.len(), 4);
        assert!(quick.contains(&Run::stress(2, Level::Quick)));
        assert!(quick.contains(&Run::portfolio(4, Level::Quick)));
        assert_eq!(runs(&scenario, Level::Default).len(), 5);
        assert_eq!(runs(&scenario, Level::Deep).len(), 6);
    }

    #[test]
    fn names_of_scenarios_are_unique() {
        let mut names: Vec<_> = scenarios::all().chain(broken::scenarios()).map(|scenario| scenario.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
