//! The command line.

use clap::Parser;

use crate::job::Weakening;
use crate::scenario::{Engine, Level};
use crate::seed::Random;

/// Model-checks rdv: every scenario in loom, shuttle and on real threads.
///
/// Builds the workers of the loom and the shuttle world, runs the suites, audits them, prints a table, and
/// writes target/models/report.json. Exits with 1 if anything failed, with 2 if it was asked for nonsense.
#[derive(Clone, Debug, Parser)]
#[command(name = "cargo models", bin_name = "cargo models", disable_version_flag = true)]
pub(super) struct Options {
    /// Only scenarios whose name contains this text, or that check this rule (RING-5).
    pub(super) filter: Option<String>,
    /// The runs of every commit: within three minutes, builds included.
    #[arg(long, conflicts_with = "deep")]
    pub(super) quick: bool,
    /// Everything: up to an hour.
    #[arg(long)]
    pub(super) deep: bool,
    /// Only this engine: loom, dfs, portfolio or stress. Nothing is compared then.
    #[arg(long)]
    pub(super) engine: Option<Engine>,
    /// Show the scenarios and their runs instead of running them.
    #[arg(long)]
    pub(super) list: bool,
    /// Write the tables of docs/guarantees.md from the scenarios.
    #[arg(long, conflicts_with_all = ["filter", "engine", "list", "replay"])]
    pub(super) guarantees: bool,
    /// Weaken each memory ordering of the library, one at a time: does a scenario fail? FILTER is a label, a file or a function.
    #[arg(long, conflicts_with_all = ["quick", "deep", "engine", "list", "replay"])]
    pub(super) mutants: bool,
    /// Only the litmus tests of the checkers: do they see what they are known to see?
    #[arg(long, conflicts_with_all = ["filter", "engine", "replay", "list", "mutants"])]
    pub(super) litmus: bool,
    /// Repeat it with this ordering weakened, as --mutants prints it.
    #[arg(long, value_name = "SITE=ORDERING", requires = "replay")]
    pub(super) mutant: Option<Weakening>,
    /// Repeat one execution, as a failure prints it, and show its steps.
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["filter", "engine", "list"])]
    pub(super) replay: Option<String>,
    /// Draw the shortest execution that reached this witness ("asleep": in which somebody slept).
    #[arg(long, num_args = 1..=2, value_names = ["SCENARIO", "WITNESS"], conflicts_with_all = ["filter", "list", "replay"])]
    pub(super) show: Vec<String>,
    /// Draw the pictures of the docs.
    #[arg(long, conflicts_with_all = ["filter", "engine", "list", "replay", "show"])]
    pub(super) pictures: bool,
    /// How fast the state space grows with operations, actors, capacity and preemptions; --bless writes docs/growth.md.
    ///
    /// FILTER is a component: ring, channel, rdv, event, queue; or suite: the bounded runs of the default suite.
    #[arg(long, conflicts_with_all = ["quick", "deep", "engine", "list", "replay", "show", "pictures"])]
    pub(super) growth: bool,
    /// Take the outcomes seen for reviewed: writes models/outcomes, from the exhaustive engines. With --faults,
    /// --mutants, --bounds, --growth or --schedulers: models/proofs.
    #[arg(long, conflicts_with_all = ["quick", "deep", "engine", "list", "replay", "show", "pictures"])]
    pub(super) bless: bool,
    /// Switch a seeded fault on for that, by its id, or a mutant of --code, by its name.
    #[arg(long, value_name = "ID", requires = "replay")]
    pub(super) fault: Option<String>,
    /// Seed each fault of models/faults into a copy of the library: does its scenario catch it, by its rule?
    ///
    /// Only those whose id or scenario contains the filter, or that break this rule. Writes target/models/faults.json.
    #[arg(long, conflicts_with_all = ["quick", "deep", "engine", "list", "guarantees", "replay", "self_test"])]
    pub(super) faults: bool,
    /// Switch each mutant of the sources on that `cargo mutants` makes: does a scenario or a test notice?
    ///
    /// FILTER is part of a mutant's name: a file (src/rdv/point.rs), a component (src/wait), a function. Needs cargo-mutants. Writes
    /// target/models/code.json. Those that nobody notices have to stand in models/survivors.toml, with the reason.
    #[arg(long, conflicts_with_all = ["quick", "deep", "engine", "list", "guarantees", "replay", "self_test", "faults"])]
    pub(super) code: bool,
    /// How few preemptions does each seeded fault need? --bless writes models/proofs/bounds.toml, and docs/growth.md.
    #[arg(long, conflicts_with_all = ["quick", "deep", "engine", "list", "guarantees", "replay", "self_test", "faults"])]
    pub(super) bounds: bool,
    /// After how many executions do loom, depth-first search and each random scheduler find each seeded fault?
    ///
    /// Compares with models/proofs/schedulers.toml; --bless writes that, and docs/schedulers.md.
    #[arg(long, conflicts_with_all = ["quick", "deep", "engine", "list", "guarantees", "replay", "self_test", "faults"])]
    pub(super) schedulers: bool,
    /// Models at a time [default: one per processor].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Where the randomized engines start, hexadecimal [default: somewhere new every time].
    #[arg(long, value_name = "HEX", value_parser = read_seed)]
    seed: Option<u64>,
    /// Only the programs with known faults: does the harness catch them?
    #[arg(long, conflicts_with_all = ["filter", "engine", "replay", "list"])]
    pub(super) self_test: bool,
}

fn read_seed(text: &str) -> Result<u64, String> {
    u64::from_str_radix(text, 16).map_err(|_| "a seed is hexadecimal, at most 16 digits".into())
}

/// Reads the arguments of this process; ends it after `--help` or an argument that is none.
pub(super) fn parse() -> Result<Options, String> {
    let mut options = Options::parse();
    options.seed.get_or_insert_with(fresh_seed);
    Ok(options)
}

/// Short, because people copy it.
fn fresh_seed() -> u64 {
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanoseconds = clock.map_or(0, |time| time.as_nanos() as u64);
    Random::new(nanoseconds ^ u64::from(std::process::id())).next() >> 32
}

impl Options {
    /// The largest suite asked for.
    pub(super) fn level(&self) -> Level {
        match (self.quick, self.deep) {
            (true, _) => Level::Quick,
            (_, true) => Level::Deep,
            _ => Level::Default,
        }
    }

    /// Whether nothing is left out: then the harness tests itself too.
    pub(super) fn is_whole(&self) -> bool {
        self.filter.is_none() && self.engine.is_none() && !self.bless
    }

    /// What a replay has to be given again besides its token.
    pub(super) fn switched(&self) -> String {
        let mutant = self.mutant.iter().map(|mutant| format!(" --mutant {mutant}"));
        mutant.chain(self.fault.iter().map(|fault| format!(" --fault '{fault}'"))).collect()
    }

    /// Models at a time.
    pub(super) fn jobs(&self) -> usize {
        self.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
    }

    /// Where the randomized engines start.
    pub(super) fn seed(&self) -> u64 {
        self.seed.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options, String> {
        let arguments = std::iter::once("cargo models").chain(arguments.iter().copied());
        Options::try_parse_from(arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn the_command_is_well_formed() {
        use clap::CommandFactory;
        Options::command().debug_assert();
    }

    #[test]
    fn levels_and_engines_are_read() {
        assert_eq!(parse(&[]).unwrap().level(), Level::Default);
        assert_eq!(parse(&["ring", "--quick"]).unwrap().level(), Level::Quick);
        assert_eq!(parse(&["--deep", "--engine", "dfs"]).unwrap().engine, Some(Engine::Dfs));
    }

    #[test]
    fn a_replay_repeats_what_was_switched() {
        let options = parse(&["--replay", "t", "--mutant", "src/a.rs:1:2=Relaxed"]).unwrap();
        assert_eq!(options.switched(), " --mutant src/a.rs:1:2=Relaxed");
        assert_eq!(parse(&["--replay", "t", "--fault", "a b"]).unwrap().switched(), " --fault 'a b'");
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for (arguments, names) in [
            (&["--engine", "warp"][..], "warp"),
            (&["--quick", "--deep"], "--deep"),
            (&["--jobs", "0"], "0"),
            (&["--seed", "xyz"], "xyz"),
            (&["--fast"], "--fast"),
        ] {
            let error = parse(arguments).unwrap_err();
            assert!(error.contains(names), "{error}");
        }
    }
}
