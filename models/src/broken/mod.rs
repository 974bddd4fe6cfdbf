//! Programs with known faults: what the harness has to catch, every time it runs.
//!
//! A harness that finds nothing looks like a library without faults. So each whole run of the suites explores
//! these programs too, and fails if one of them is not caught, or caught by another rule. They are scenarios
//! like any other, but in no suite; `cargo models --self-test` runs them alone.

pub(crate) mod lapses;
pub(crate) mod races;
pub(crate) mod scripts;

use std::fmt;

use crate::audit::Check;
use crate::scenario::{Engine, Scenario};

/// A program with a known fault.
#[derive(Clone, Copy, Debug)]
pub struct Broken {
    /// The program.
    pub scenario: Scenario,
    /// Who has to catch it.
    pub engines: &'static [Engine],
    /// At which size.
    pub size: u8,
    /// At most so many executions: in all, or of each scheduler of the portfolio.
    pub executions: u64,
    /// What has to be found.
    pub expected: Expected,
}

/// What has to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// An execution that breaks this rule.
    Rule(&'static str),
    /// An execution that breaks this rule, with this script: the smallest that does.
    Script(&'static str, &'static str),
    /// A failed check of the audit.
    Check(Check),
    /// A worker that ended without a last word.
    Death,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => write!(f, "{rule} to be broken"),
            Self::Script(rule, tape) => write!(f, "{rule} to be broken by the tape {tape}"),
            Self::Check(check) => write!(f, "the audit to say {:?}", check.to_string()),
            Self::Death => f.write_str("a worker that dies"),
        }
    }
}

/// All of them.
pub const ALL: &[Broken] = &[
    races::LOST_WAKE_UP,
    races::DATA_RACE,
    races::STALE_READ,
    races::LOCK_ORDER,
    races::LOST_UPDATE,
    races::LOST_UPDATE_FOR_REAL,
    races::HANG_FOR_REAL,
    races::IF_FOR_WHILE,
    races::LATE_DEADLINE,
    races::CHOICE,
    races::ENDLESS_RETRY,
    scripts::LAST_FOR_FIRST,
    lapses::CAPPED,
    lapses::UNSEEN_WITNESS,
    lapses::STRANGERS,
    lapses::MAIN_ACTS,
    lapses::HIDDEN_LOAD,
    lapses::HIDDEN_LOAD_WITHIN_A_BOUND,
    lapses::HIDDEN_LOAD_DRAWN,
    lapses::ONE_ACTOR,
    lapses::MANY_STORES,
    lapses::UNDECLARED_DEADLINE,
    lapses::UNDECLARED_WAIT,
    lapses::DEATH,
];

/// The programs, as scenarios.
pub fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    ALL.iter().map(|broken| &broken.scenario)
}
