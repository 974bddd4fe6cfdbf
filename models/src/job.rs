//! What a worker process is asked to do, and the one-line form of it that people can paste.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::record::Failure;
use crate::scenario::{Bound, Engine};
use crate::tape::Tape;

/// One exploration of one scenario by one engine: what a worker process does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The scenario's name.
    pub scenario: String,
    /// Who explores.
    pub engine: Engine,
    /// How large the scenario is.
    pub size: u8,
    /// How much is explored.
    pub bound: Bound,
    /// Where randomized engines start.
    pub seed: u64,
    /// When to stop.
    pub budget: Budget,
    /// Who makes the choices that no checker makes.
    #[serde(default)]
    pub choices: Choices,
    /// Explore one tape up to one execution only, and record the steps of that one.
    pub replay: Option<Replay>,
    /// Only this scheduler of the portfolio.
    #[serde(default)]
    pub scheduler: Option<Scheduler>,
    /// What becomes of the orderings of the source.
    #[serde(default)]
    pub orderings: Orderings,
}

/// Who makes the choices that no checker makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Choices {
    /// The engine: an exhaustive one goes through all tapes, a randomized one draws some.
    #[default]
    Engine,
    /// The runner: it draws scripts of any length up to the size, and makes those that fail smaller.
    Drawn,
    /// They are made: these tapes.
    Made(Vec<String>),
}

impl Job {
    /// The tapes that the job names: the one to replay, or those that are made; none if the engine has to find its own.
    ///
    /// # Errors
    /// If one of them is none.
    pub fn tapes(&self) -> Result<Vec<Tape>, String> {
        let made = match (&self.replay, &self.choices) {
            (Some(replay), _) => std::slice::from_ref(&replay.tape),
            (None, Choices::Made(tapes)) => tapes,
            (None, Choices::Engine | Choices::Drawn) => &[],
        };
        made.iter().map(|tape| tape.parse()).collect()
    }
}

/// What becomes of the orderings of the source, in the checked worlds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Orderings {
    /// Nothing.
    #[default]
    AsWritten,
    /// Those that are executed are told; see [`Tally::orderings`](crate::record::Tally::orderings).
    Surveyed,
    /// One of them is weaker.
    Weakened(Weakening),
}

/// One ordering of the source, and what it is instead.
///
/// Written `FILE:LINE:COLUMN=ORDERING`, with `!` before the `=` for the ordering of an exchange that fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weakening {
    /// The path of the source.
    pub file: String,
    /// The line of the operation's name, from 1.
    pub line: u32,
    /// The column of the operation's name, from 1.
    pub column: u32,
    /// Which ordering of the operation, from 0.
    pub number: usize,
    /// What it is.
    pub to: Strength,
}

/// A memory ordering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Strength {
    Relaxed,
    Acquire,
    Release,
    AcqRel,
    SeqCst,
}

impl Strength {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Relaxed, Self::Acquire, Self::Release, Self::AcqRel, Self::SeqCst];
}

impl fmt::Display for Weakening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, number, to } = self;
        let failure = if *number > 0 { "!" } else { "" };
        write!(f, "{file}:{line}:{column}{failure}={to:?}")
    }
}

impl FromStr for Weakening {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (place, to) = text.split_once('=')?;
            let to = Strength::ALL.into_iter().find(|strength| format!("{strength:?}") == to)?;
            let (place, number) = place.strip_suffix('!').map_or((place, 0), |place| (place, 1));
            let (rest, column) = place.rsplit_once(':')?;
            let (file, line) = rest.rsplit_once(':')?;
            Some(Self { file: file.into(), line: line.parse().ok()?, column: column.parse().ok()?, number, to })
        };
        read().ok_or_else(|| format!("{text:?} is no FILE:LINE:COLUMN=ORDERING, as --mutants prints it"))
    }
}

/// When an exploration stops. For an exhaustive engine a spent budget is a failure, for a randomized one the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// At most so much time in all.
    pub milliseconds: u64,
    /// At most so many executions: in all, or of each scheduler of the portfolio.
    pub executions: u64,
    /// An execution that takes longer than this hangs.
    pub patience_milliseconds: u64,
}

/// One execution of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// The scheduler, where the engine has several.
    pub scheduler: Option<Scheduler>,
    /// The tape.
    pub tape: String,
    /// The number of the execution among those of its tape (and seed), counted from 1.
    pub execution: u64,
}

/// shuttle's randomized schedulers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scheduler {
    /// Each next thread is drawn uniformly.
    Random,
    /// Uniform random walk: interleavings, not steps, are drawn about uniformly.
    Urw,
    /// Probabilistic concurrency testing: random priorities that change at a few random points.
    Pct(u8),
}

impl Scheduler {
    /// The portfolio.
    pub const ALL: [Self; 5] = [Self::Random, Self::Urw, Self::Pct(2), Self::Pct(3), Self::Pct(5)];
}

impl fmt::Display for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random => f.write_str("random"),
            Self::Urw => f.write_str("urw"),
            Self::Pct(depth) => write!(f, "pct{depth}"),
        }
    }
}

impl Engine {
    /// All engines, in the order of the table.
    pub const ALL: [Self; 4] = [Self::Loom, Self::Dfs, Self::Portfolio, Self::Stress];

    /// Whether the engine claims to have seen everything within its bound.
    #[must_use]
    pub fn is_exhaustive(self) -> bool {
        matches!(self, Self::Loom | Self::Dfs)
    }

    /// The world that the engine needs.
    #[must_use]
    pub fn world(self) -> World {
        match self {
            Self::Loom => World::Loom,
            Self::Dfs | Self::Portfolio => World::Shuttle,
            Self::Stress => World::Std,
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Loom => "loom",
            Self::Dfs => "dfs",
            Self::Portfolio => "portfolio",
            Self::Stress => "stress",
        })
    }
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|engine| engine.to_string() == text)
            .ok_or_else(|| format!("no engine is called {text:?} (there are loom, dfs, portfolio and stress)"))
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.pad("full"),
            Self::Preemptions(preemptions) => f.pad(&format!("p{preemptions}")),
        }
    }
}

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bound = match text.strip_prefix('p') {
            Some(preemptions) => preemptions.parse().ok().map(Self::Preemptions),
            None => (text == "full").then_some(Self::Full),
        };
        bound.ok_or_else(|| format!("{text:?} is no bound (full, or p2 for two preemptions)"))
    }
}

/// The three ways to compile the crate; see `rdv::sync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum World {
    /// Production.
    Std,
    /// `--cfg loom`.
    Loom,
    /// `--cfg shuttle`.
    Shuttle,
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Std => "std",
            Self::Loom => "loom",
            Self::Shuttle => "shuttle",
        })
    }
}

/// Where an execution stands in all of a suite: the argument of `--replay`.
///
/// Written `SCENARIO:ENGINE:SIZE:HOW:TAPE:EXECUTION`. The engine is `loom`, `dfs`, `stress` or a scheduler of
/// the portfolio; HOW is the bound (`full`, `p2`) of an exhaustive engine and the seed of a randomized one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The scenario's name.
    pub scenario: String,
    /// Who explores.
    pub engine: Engine,
    /// How large the scenario is.
    pub size: u8,
    /// How much is explored.
    pub bound: Bound,
    /// Where a randomized engine starts.
    pub seed: u64,
    /// Which execution.
    pub replay: Replay,
}

impl Token {
    /// Names the execution of that job that failed.
    #[must_use]
    pub fn of(job: &Job, failure: &Failure) -> Self {
        let Job { engine, size, bound, .. } = *job;
        let Failure { scheduler, seed, execution, .. } = *failure;
        let replay = Replay { scheduler, tape: failure.tape.clone(), execution };
        Self { scenario: job.scenario.clone(), engine, size, bound, seed, replay }
    }

    /// The job that repeats the execution.
    #[must_use]
    pub fn into_job(self, budget: Budget) -> Job {
        let Self { scenario, engine, size, bound, seed, replay } = self;
        let orderings = Orderings::AsWritten;
        let (choices, scheduler) = (Choices::Engine, None);
        Job { scenario, engine, size, bound, seed, budget, choices, replay: Some(replay), scheduler, orderings }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Replay { scheduler, tape, execution } = &self.replay;
        let engine = scheduler.map_or_else(|| self.engine.to_string(), |scheduler| scheduler.to_string());
        let how = if self.engine.is_exhaustive() { self.bound.to_string() } else { format!("{:x}", self.seed) };
        write!(f, "{}:{engine}:{}:{how}:{tape}:{execution}", self.scenario, self.size)
    }
}

impl FromStr for Token {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<_> = text.split(':').collect();
        let [scenario, engine, size, how, tape, execution] = parts[..] else {
            return Err(format!(
                "{text:?} does not have the six parts of SCENARIO:ENGINE:SIZE:HOW:TAPE:EXECUTION, \
                 as a failure prints them"
            ));
        };
        let scheduler = Scheduler::ALL.into_iter().find(|scheduler| scheduler.to_string() == engine);
        let engine = match scheduler {
            Some(_) => Engine::Portfolio,
            None => engine.parse()?,
        };
        if engine == Engine::Portfolio && scheduler.is_none() {
            return Err("a replay names the scheduler (random, urw, pct2, pct3, pct5), not the portfolio".into());
        }
        let (bound, seed) = read_how(engine, how)?;
        let size = size.parse().map_err(|_| format!("{size:?} is no size"))?;
        let tape = tape.parse::<Tape>()?.to_string();
        let execution = execution.parse().map_err(|_| format!("{execution:?} is no execution"))?;
        let replay = Replay { scheduler, tape, execution };
        Ok(Self { scenario: scenario.into(), engine, size, bound, seed, replay })
    }
}

fn read_how(engine: Engine, how: &str) -> Result<(Bound, u64), String> {
    if !engine.is_exhaustive() {
        let seed = u64::from_str_radix(how, 16).map_err(|_| format!("{how:?} is no seed (hexadecimal)"))?;
        return Ok((Bound::Full, seed));
    }
    how.parse().map(|bound| (bound, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back() {
        for text in [
            "ring-spsc/two-wraps:loom:2:full:-:17",
            "ring-spsc/two-wraps:loom:3:p2:c0.2-f01-s1:1",
            "rdv/meet:dfs:1:full:s0:965",
            "rdv/meet:pct5:4:1f0a:c1:250",
            "rdv/meet:random:4:0:-:3",
            "rdv/meet:stress:4:beef:f1:12",
        ] {
            assert_eq!(text.parse::<Token>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn weakenings_read_back() {
        for text in ["src/buffer/cursor.rs:157:23=Relaxed", "src/a.rs:1:2!=Acquire"] {
            assert_eq!(text.parse::<Weakening>().unwrap().to_string(), text);
        }
        assert!("src/a.rs:1=Acquire".parse::<Weakening>().is_err());
        assert!("src/a.rs:1:2=Strong".parse::<Weakening>().is_err());
    }

    #[test]
    fn a_malformed_token_is_told_which_part_is_wrong() {
        for (text, names) in [
            ("ring", "six parts"),
            ("ring:warp:1:full:-:1", "warp"),
            ("ring:portfolio:1:ff:-:1", "scheduler"),
            ("ring:loom:x:full:-:1", "size"),
            ("ring:loom:300:full:-:1", "size"),
            ("ring:loom:1:most:-:1", "bound"),
            ("ring:urw:1:full:-:1", "seed"),
            ("ring:loom:1:full:z:1", "tape"),
            ("ring:loom:1:full:-:many", "execution"),
        ] {
            let error = text.parse::<Token>().unwrap_err();
            assert!(error.contains(names), "{text}: {error}");
        }
    }
}
