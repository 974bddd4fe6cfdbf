//! What the tests share: nothing here knows more of the library than its public face.
//!
//! * [`within`] kills a test that hangs, and says where each thread was.
//! * [`repeated`] runs a scenario as often as the environment variable `RDV_REPEAT` says (default 1).
//! * [`asleep`] tells when a thread has gone to sleep: the one thing a test wants to know that no call answers.
//! * [`streams`] makes payloads and moves them.
//! * [`world`] builds brokers and connections.

// Every test binary compiles this folder for itself and uses its own part of it.
#![allow(dead_code, unreachable_pub)]

pub mod asleep;
pub mod streams;
pub mod watchdog;
pub mod world;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use watchdog::within;

/// More than any test needs on a machine that does ten other things: only a hang lasts so long.
pub const LIMIT: Duration = Duration::from_secs(100);

/// A short time that nothing depends on: a time-out that is meant to pass.
pub const SOON: Duration = Duration::from_millis(5);

/// Runs `scenario` as often as `RDV_REPEAT` says, each time within [`LIMIT`].
pub fn repeated(scenario: impl Fn() + Send + Sync + 'static) {
    let scenario = Arc::new(scenario);
    let rounds = rounds();
    for round in 1..=rounds {
        let scenario = Arc::clone(&scenario);
        within(LIMIT, move || {
            let note = RoundNote { round, rounds };
            scenario();
            std::mem::forget(note);
        });
    }
}

/// How often a scenario is run.
pub fn rounds() -> u32 {
    let asked = std::env::var("RDV_REPEAT").ok();
    asked.map_or(1, |count| count.parse().expect("RDV_REPEAT is a number"))
}

/// Says in which round a scenario failed.
struct RoundNote {
    round: u32,
    rounds: u32,
}

impl Drop for RoundNote {
    fn drop(&mut self) {
        eprintln!("failed in round {} of {}", self.round, self.rounds);
    }
}

/// Waits until `condition` holds, giving way to others meanwhile.
#[track_caller]
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LIMIT, "this never became true: {what}");
        std::thread::yield_now();
    }
}
