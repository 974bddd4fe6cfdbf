//! What a scenario is: the vocabulary in which the suites are written.
//!
//! A [`Scenario`] is one small concurrent program with the rules it checks and everything the harness must
//! know to run it in every engine: how large it may be, which choices it makes, what it must have seen to
//! prove anything. Its body is the same source in all three worlds.
//!
//! ```
//! use rdv_models::rule;
//! use rdv_models::scenario::{Cx, Scenario};
//! use rdv::sync::{Arc, Mutex};
//!
//! fn body(cx: &Cx) -> String {
//!     let total = Arc::new(Mutex::new(0));
//!     let actors: Vec<_> = (0..2)
//!         .map(|_| {
//!             let total = Arc::clone(&total);
//!             cx.spawn("adder", move || *total.lock() += 1)
//!         })
//!         .collect();
//!     for actor in actors {
//!         actor.join().expect("an actor's panic ends the run");
//!     }
//!     let total = *total.lock();
//!     rule!("ALL-1", total == 2, "two additions gave {total}");
//!     total.to_string()
//! }
//!
//! const EXAMPLE: Scenario = Scenario { audit: 1, ..Scenario::new("example/adders", &["ALL-1"], "Two adders.", body) };
//! # assert_eq!(EXAMPLE.hang, "ALL-1");
//! ```

mod run;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use rdv::sync::thread::{self, JoinHandle};

use crate::engine::{self, Deliberate, actors, pause};
use crate::tape::Tape;

pub use run::{Bound, Engine, Level, Run};

/// One small concurrent program, and what it claims to show.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// `component/what`, unique over all suites.
    pub name: &'static str,
    /// The rules of the contract that it checks.
    pub rules: &'static [&'static str],
    /// One sentence for people who read the list.
    pub about: &'static str,
    /// States that the scenario exists for: each must be reached in every engine that claims completeness.
    pub witnesses: &'static [&'static str],
    /// The rule that an execution breaks if it never ends.
    pub hang: &'static str,
    /// How many values each explicit choice has; the body reads them with [`Cx::choice`].
    pub choices: &'static [u8],
    /// Which of the choices are the steps of an actor, for each actor that follows a script; see [`Cx::script`]. Beyond the audited size the
    /// engines of shuttle get scripts of other lengths, which are drawn.
    pub scripts: &'static [Range<usize>],
    /// How many deadlines one execution creates at most; every combination of their modes is explored.
    pub deadlines: u32,
    /// How many condition-variable waits are tried with a spurious wake-up: none, then each of the first so many.
    pub spurious: u32,
    /// The size at which loom without a bound and shuttle's depth-first search both complete and are compared.
    pub audit: u8,
    /// How far depth-first search goes at that size. It has no reduction, so it may be too much for it what is not for loom; then it
    /// explores everything within a bound, and the comparison holds loom to that.
    pub audit_bound: Bound,
    /// Why one actor is enough, where there are never two at work at once. Without a reason this fails the audit.
    pub alone: Option<&'static str>,
    /// Runs besides the audited pair.
    pub runs: &'static [Run],
    /// The program. It runs as the model's main thread: it spawns actors, joins them and returns the outcome.
    pub body: fn(&Cx) -> String,
}

impl Scenario {
    /// A scenario without choices, deadlines, spurious wake-ups, witnesses and further runs, of size 1, whose
    /// hang breaks the first of its rules. Meant as the base of a struct update.
    ///
    /// # Panics
    /// If `rules` is empty.
    #[must_use]
    pub const fn new(
        name: &'static str,
        rules: &'static [&'static str],
        about: &'static str,
        body: fn(&Cx) -> String,
    ) -> Self {
        assert!(!rules.is_empty(), "a scenario checks at least one rule");
        Self {
            name,
            rules,
            about,
            witnesses: &[],
            hang: rules[0],
            choices: &[],
            scripts: &[],
            deadlines: 0,
            spurious: 0,
            audit: 1,
            audit_bound: Bound::Full,
            alone: None,
            runs: &[],
            body,
        }
    }
}

impl Scenario {
    /// How many values each step of that script has: all have as many.
    #[must_use]
    pub fn kinds(&self, script: usize) -> u8 {
        self.choices[self.scripts[script].start]
    }

    /// How many deadlines one execution creates at most, if actors do so many times what they do at the audited size.
    #[must_use]
    pub fn deadlines_at(&self, size: u8) -> u32 {
        self.deadlines * u32::from(size)
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenario").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What one execution of a scenario gets from the harness. Cheap to clone, and may move into actors.
#[derive(Clone, Debug)]
pub struct Cx {
    shared: Arc<Shared>,
}

/// Plain standard-library state: invisible to the checkers, and locked only where no switch can happen.
#[derive(Debug)]
struct Shared {
    size: u8,
    choices: Vec<u8>,
    scripts: Vec<Vec<u8>>,
    notes: Mutex<Notes>,
}

/// What an execution has shown so far.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// Names passed to [`Cx::witness`].
    pub witnesses: BTreeSet<&'static str>,
    /// How many actors were spawned.
    pub actors: u32,
    /// The most of them at work at once.
    pub at_work: u32,
    /// How many steps were on record when the first actor was spawned.
    pub first_spawn: Option<usize>,
    /// How many steps were on record when an actor was last joined.
    pub last_join: usize,
}

/// A spawned actor, to be joined by the scenario's body.
#[derive(Debug)]
pub struct Actor<T> {
    handle: JoinHandle<T>,
    cx: Cx,
}

impl<T> Actor<T> {
    /// Waits until the actor has ended.
    ///
    /// # Errors
    /// None in practice: the harness ends the run as soon as an actor panics. The type is that of a thread's
    /// join, so that bodies read like ordinary programs.
    pub fn join(self) -> std::thread::Result<T> {
        let result = self.handle.join();
        actors::joined();
        if actors::at_work() == 0 {
            engine::at_work(false);
        }
        self.cx.with_notes(|notes| notes.last_join = engine::steps_so_far());
        result
    }
}

impl Cx {
    /// The surroundings of one execution; engines make them.
    #[must_use]
    pub fn new(scenario: &Scenario, size: u8, tape: &Tape) -> Self {
        let repeated = |steps: &Range<usize>| tape.choices.get(steps.clone()).unwrap_or_default().repeat(size.into());
        let scripts = if tape.scripts.is_empty() {
            scenario.scripts.iter().map(repeated).collect()
        } else {
            tape.scripts.clone()
        };
        let shared = Shared { size, choices: tape.choices.clone(), scripts, notes: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// How large the scenario is to be: what it counts is the scenario's own business.
    #[must_use]
    pub fn size(&self) -> usize {
        usize::from(self.shared.size)
    }

    /// The value of the `index`-th explicit choice, below its arity in [`Scenario::choices`].
    ///
    /// # Panics
    /// If the scenario declares fewer choices.
    #[must_use]
    pub fn choice(&self, index: usize) -> usize {
        match self.shared.choices.get(index) {
            Some(&choice) => usize::from(choice),
            None => panic!("choice {index} was not declared in the scenario's `choices`"),
        }
    }

    /// What the `index`-th actor of [`Scenario::scripts`] does, step by step: its choices, as often as the scenario is large, or the script that
    /// was drawn for it.
    ///
    /// # Panics
    /// If the scenario declares fewer scripts.
    #[must_use]
    pub fn script(&self, index: usize) -> Vec<usize> {
        match self.shared.scripts.get(index) {
            Some(script) => script.iter().copied().map(usize::from).collect(),
            None => panic!("script {index} was not declared in the scenario's `scripts`"),
        }
    }

    /// Notes that the execution has reached the state of that name; see [`Scenario::witnesses`].
    pub fn witness(&self, name: &'static str) {
        self.with_notes(|notes| notes.witnesses.insert(name));
    }

    /// Starts an actor: a named thread of the model.
    ///
    /// # Panics
    /// If the thread can't be spawned; a model has nothing to do without its actors.
    pub fn spawn<T, F>(&self, name: &str, actor: F) -> Actor<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        actors::spawned();
        engine::at_work(true);
        let number = self.with_notes(|notes| {
            notes.first_spawn.get_or_insert_with(engine::steps_so_far);
            notes.actors += 1;
            notes.at_work = notes.at_work.max(actors::at_work());
            notes.actors
        });
        let start = pause::for_actor(number);
        let spawned = thread::spawn_named(name.to_owned(), move || {
            start.wait();
            survive(actor).unwrap_or_else(|| panic!("a panic that is part of the scenario ended an actor"))
        });
        match spawned {
            Ok(handle) => Actor { handle, cx: self.clone() },
            Err(error) => panic!("the actor {name:?} could not be spawned: {error}"),
        }
    }

    /// What the execution has shown so far.
    #[must_use]
    pub fn notes(&self) -> Notes {
        self.with_notes(|notes| notes.clone())
    }

    fn with_notes<R>(&self, look: impl FnOnce(&mut Notes) -> R) -> R {
        look(&mut self.shared.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Panics as foreign code does that is part of the scenario: a task that is to panic, say. The library takes it
/// for any other panic; the harness, which takes any other for a failure, lets it pass.
///
/// # Panics
/// Always. [`survive`] it on the same thread, where the library does not.
pub fn panic_deliberately() -> ! {
    // Not `panic!`: the hooks are not to hear of it.
    std::panic::resume_unwind(Box::new(Deliberate))
}

/// Runs a part of an actor that may [`panic_deliberately`]; `None` if it did, all it held being dropped.
///
/// # Panics
/// If the part panics in any other way, or the checker unwinds it.
pub fn survive<T>(part: impl FnOnce() -> T) -> Option<T> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(part)) {
        Ok(value) => Some(value),
        Err(payload) if payload.is::<Deliberate>() => None,
        Err(payload) => std::panic::resume_unwind(payload),
    }
}

/// Fails the execution with the rule's ID and a message if the condition does not hold.
///
/// `rule!("RING-1", got == sent, "got {got:?}, sent {sent:?}")`; the message may be left out.
#[macro_export]
macro_rules! rule {
    ($rule:literal, $condition:expr $(,)?) => {
        $crate::rule!($rule, $condition, "{} does not hold", stringify!($condition))
    };
    ($rule:literal, $condition:expr, $($message:tt)+) => {
        if !$condition {
            panic!("{}: {}", $rule, format_args!($($message)+));
        }
    };
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn only_deliberate_panics_are_survived() {
        assert_eq!(survive(|| 1), Some(1));
        assert_eq!(survive(|| panic_deliberately()), None::<()>);
        let other = std::panic::catch_unwind(|| survive(|| panic!("another")));
        assert!(other.is_err());
    }

    #[test]
    #[should_panic(expected = "RING-1: 1 is not 2")]
    fn a_broken_rule_is_named() {
        rule!("RING-1", 1 + 1 == 2);
        rule!("RING-1", 1 + 1 == 1, "{} is not {}", 1, 2);
    }
}
