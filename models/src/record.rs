//! What a worker process tells the runner: one JSON object per line of its standard output.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::job::{Scheduler, World};

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Record {
    /// The first line: the world that the worker was really compiled for.
    World(World),
    /// How many executions there were so far.
    Progress(u64),
    /// Everything seen with one tape.
    Tape(Tally),
    /// What was done in the execution to replay, which broke no rule.
    Steps(Vec<Step>),
    /// A last line: an execution broke a rule.
    Failed(Box<Failure>),
    /// A last line: the budget was spent before everything was explored.
    Capped(u64),
    /// A last line: everything that was asked for has been explored.
    Done,
}

/// What all executions of one tape (of a randomized engine: of one block) have shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The tape, in short form.
    pub tape: String,
    /// The scheduler, where the engine has several.
    pub scheduler: Option<Scheduler>,
    /// How many executions there were.
    pub executions: u64,
    /// How often each outcome was seen.
    pub outcomes: BTreeMap<String, u64>,
    /// The witnesses seen, each with the execution of fewest steps that reached it.
    pub witnesses: BTreeMap<String, Sighting>,
    /// The execution of fewest steps in which somebody slept.
    #[serde(default)]
    pub asleep: Option<Sighting>,
    /// The most actors at work at once.
    pub actors: u32,
    /// The most of everything that one execution used.
    pub usage: Usage,
    /// An operation that the main thread did while actors were at work.
    pub main_acted: Option<String>,
    /// Where orderings of the source were executed, `file:line:column`, if the job was to survey them.
    #[serde(default)]
    pub orderings: BTreeSet<String>,
}

/// An execution of a tape, and how long it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sighting {
    /// How many steps it had.
    pub steps: usize,
    /// Its number.
    pub execution: u64,
}

/// What one execution used of things that are limited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Deadlines made.
    pub deadlines: u32,
    /// Waits on condition variables begun.
    pub waits: u32,
    /// The most stores to one atomic.
    pub max_stores: u32,
    /// The source line of the last of them.
    pub max_stores_at: String,
}

impl Usage {
    /// Keeps the larger of each figure.
    pub fn join(&mut self, other: Self) {
        self.deadlines = self.deadlines.max(other.deadlines);
        self.waits = self.waits.max(other.waits);
        if other.max_stores > self.max_stores {
            self.max_stores = other.max_stores;
            self.max_stores_at = other.max_stores_at;
        }
    }
}

/// An execution that broke a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The rule.
    pub rule: String,
    /// What happened.
    pub message: String,
    /// The source line that noticed.
    pub at: String,
    /// The thread that noticed; nobody, where all are stuck.
    pub thread: String,
    /// The scheduler, where the engine has several.
    pub scheduler: Option<Scheduler>,
    /// The seed of a randomized engine's block.
    pub seed: u64,
    /// The tape, in short form.
    pub tape: String,
    /// The number of the execution among those of its tape.
    pub execution: u64,
    /// What was done, if the execution was recorded.
    pub steps: Vec<Step>,
}

/// One recorded operation. Steps are numbered from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The actor.
    pub thread: String,
    /// What it did.
    pub operation: String,
    /// What it did that to: its kind and its number.
    pub object: String,
    /// The source line that made that.
    pub made: String,
    /// The value read or written.
    pub value: String,
    /// The source line.
    pub at: String,
    /// How it concerns others.
    pub kind: Kind,
    /// The steps that it follows from, as its kind says; one of them, if there are several.
    pub from: Vec<usize>,
    /// The newest store, if a load returned an older one.
    pub newer: Option<usize>,
    /// The step that began the stretch that this one ends.
    pub since: Option<usize>,
}

/// How a step concerns others; see `rdv::sync::explore::Kind` of the checked worlds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Reads what `from` wrote (0: the initial value), or writes.
    #[default]
    Access,
    /// Takes a lock that `from` gave up.
    Locks,
    /// Blocked from here on.
    Blocks,
    /// No longer blocked `since`, because of `from`.
    Resumes,
    /// Wakes who sleeps.
    Notifies,
    /// Starts the thread of that value.
    Spawns,
    /// Begins, spawned by `from`.
    Starts,
    /// Ends.
    Ends,
    /// Has waited for the end `from`.
    Joins,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back() {
        let tally = Tally {
            tape: "c1-f01".into(),
            scheduler: Some(Scheduler::Pct(3)),
            executions: 3,
            outcomes: [("a \"quoted\" outcome".into(), 3)].into(),
            ..Tally::default()
        };
        for record in [Record::World(World::Loom), Record::Progress(7), Record::Tape(tally), Record::Done] {
            let line = serde_json::to_string(&record).unwrap();
            assert!(!line.contains('\n'));
            assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
        }
    }

    #[test]
    fn joined_usage_keeps_the_most() {
        let mut usage = Usage { deadlines: 2, waits: 1, max_stores: 3, max_stores_at: "a".into() };
        usage.join(Usage { deadlines: 1, waits: 4, max_stores: 3, max_stores_at: "b".into() });
        assert_eq!(usage, Usage { deadlines: 2, waits: 4, max_stores: 3, max_stores_at: "a".into() });
    }
}
