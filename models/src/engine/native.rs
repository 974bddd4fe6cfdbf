//! Around an execution in the std world: nothing is recorded, and actors start after random pauses.

use std::collections::BTreeSet;

use crate::job::Orderings;
use crate::record::{Step, Usage};
use crate::tape::Tape;

/// What a panic carries that is part of a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Deliberate;

/// Orderings are as written here.
pub fn set_orderings(_plan: &Orderings) {}

/// Unknown here.
#[must_use]
pub fn surveyed() -> BTreeSet<String> {
    BTreeSet::new()
}

/// Starts an execution. Deadlines and wake-ups are the system's here; only the explicit choices are the tape's.
pub fn begin(_tape: &Tape, _recorded: bool) {}

/// Unknown here.
#[must_use]
pub fn usage() -> Usage {
    Usage::default()
}

/// Unknown here.
#[must_use]
pub fn steps() -> Vec<Step> {
    Vec::new()
}

/// Nothing is counted here.
pub fn at_work(_actors: bool) {}

/// None.
#[must_use]
pub fn steps_so_far() -> usize {
    0
}

/// Unknown here.
#[must_use]
pub fn length() -> usize {
    0
}

/// Pauses before actors start, so that they meet in ever different ways.
pub mod pause {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use crate::seed::{self, Random};

    static SEED: AtomicU64 = AtomicU64::new(0);

    /// Sets the seed of the execution that begins.
    pub fn begin(seed: u64) {
        SEED.store(seed, Ordering::Relaxed);
    }

    /// What an actor does before it starts.
    #[derive(Clone, Copy, Debug)]
    pub enum Pause {
        /// Nothing.
        None,
        /// Gives way so many times.
        Yield(u64),
        /// Spins so many rounds.
        Spin(u64),
        /// Sleeps so many microseconds.
        Sleep(u64),
    }

    /// The pause of the actor of that number.
    #[must_use]
    pub fn for_actor(number: u32) -> Pause {
        let mut random = Random::new(seed::derive(SEED.load(Ordering::Relaxed), u64::from(number)));
        match random.below(8) {
            0..3 => Pause::None,
            3..5 => Pause::Yield(1 + random.below(3)),
            5..7 => Pause::Spin(random.below(2_000)),
            _ => Pause::Sleep(random.below(100)),
        }
    }

    impl Pause {
        /// Pauses.
        pub fn wait(self) {
            match self {
                Self::None => {}
                Self::Yield(times) => (0..times).for_each(|_| std::thread::yield_now()),
                Self::Spin(rounds) => (0..rounds).for_each(|_| std::hint::spin_loop()),
                Self::Sleep(microseconds) => std::thread::sleep(Duration::from_micros(microseconds)),
            }
        }
    }
}
