//! How a scenario is run: by whom, how large, how far, and in which suites.

use serde::{Deserialize, Serialize};

/// One further run of a scenario: an engine, a size, and how far the engine goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Who explores.
    pub engine: Engine,
    /// What [`Cx::size`](super::Cx::size) answers.
    pub size: u8,
    /// How much of the space is explored; only the exhaustive engines know a bound other than [`Bound::Full`].
    pub bound: Bound,
    /// The smallest suite that includes the run.
    pub level: Level,
}

impl Run {
    /// loom, every interleaving.
    #[must_use]
    pub const fn loom(size: u8, level: Level) -> Self {
        Self { engine: Engine::Loom, size, bound: Bound::Full, level }
    }

    /// loom, every interleaving with at most `preemptions` switches away from a thread that could go on.
    #[must_use]
    pub const fn loom_bounded(size: u8, preemptions: u8, level: Level) -> Self {
        Self { engine: Engine::Loom, size, bound: Bound::Preemptions(preemptions), level }
    }

    /// shuttle's depth-first search, every interleaving.
    #[must_use]
    pub const fn dfs(size: u8, level: Level) -> Self {
        Self { engine: Engine::Dfs, size, bound: Bound::Full, level }
    }

    /// shuttle's depth-first search, every interleaving with at most `preemptions` switches away from a thread that could go on.
    #[must_use]
    pub const fn dfs_bounded(size: u8, preemptions: u8, level: Level) -> Self {
        Self { engine: Engine::Dfs, size, bound: Bound::Preemptions(preemptions), level }
    }

    /// shuttle's randomized schedulers, one after the other.
    #[must_use]
    pub const fn portfolio(size: u8, level: Level) -> Self {
        Self { engine: Engine::Portfolio, size, bound: Bound::Full, level }
    }

    /// Real threads on the real machine.
    #[must_use]
    pub const fn stress(size: u8, level: Level) -> Self {
        Self { engine: Engine::Stress, size, bound: Bound::Full, level }
    }
}

/// Who explores a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Engine {
    /// loom: exhaustive interleavings, weak memory, data races, leaks.
    Loom,
    /// shuttle's depth-first search: exhaustive interleavings, sequentially consistent.
    Dfs,
    /// shuttle's randomized schedulers: uniform, URW, PCT of depth 2, 3 and 5.
    Portfolio,
    /// Real threads in the production world, many times.
    Stress,
}

/// How much of the space an engine explores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Bound {
    /// Everything (for the randomized engines: no bound on the schedules drawn).
    Full,
    /// Every interleaving with at most so many preemptions.
    Preemptions(u8),
}

/// The suites, each including the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Minutes: for every commit.
    Quick,
    /// What `cargo models` runs without an option.
    Default,
    /// Up to an hour.
    Deep,
}
