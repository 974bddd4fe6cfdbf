//! One job under way: its executions, what they showed, and when it has to stop.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::failure;
use super::reporter::{Position, Reporter};
use crate::engine::{self, actors};
use crate::job::{Job, Scheduler};
use crate::record::{Failure, Kind, Record, Sighting, Step, Tally};
use crate::scenario::{Cx, Notes, Scenario};
use crate::tape::{Reach, Tape, Tapes};

/// A model as the checkers want it.
pub type Body = Box<dyn Fn() + Send + Sync>;

/// A stretch of executions of one tape by one scheduler.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// The scheduler, where the engine has several.
    pub scheduler: Option<Scheduler>,
    /// Where a randomized scheduler starts.
    pub seed: u64,
    /// The tape.
    pub tape: Tape,
}

/// One job under way.
pub struct Session {
    job: Job,
    scenario: &'static Scenario,
    reporter: Reporter,
    started: Instant,
    tally: Mutex<Tally>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("job", &self.job).finish_non_exhaustive()
    }
}

impl Session {
    pub(super) fn new(job: Job, scenario: &'static Scenario, reporter: Reporter) -> Self {
        Self { job, scenario, reporter, started: Instant::now(), tally: Mutex::default() }
    }

    /// What is to be done.
    #[must_use]
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// With what.
    #[must_use]
    pub fn scenario(&self) -> &'static Scenario {
        self.scenario
    }

    /// Goes through all tapes with a checker that explores everything of each (or through those that the job names).
    ///
    /// # Errors
    /// If the checker reports another number of executions than there were, where it reports one: then it
    /// stopped early, or counts what it did not run.
    pub fn explore_tapes(self: &Arc<Self>, check: impl Fn(Body) -> Option<u64>) -> Result<(), String> {
        let given = self.job.tapes()?;
        if !given.is_empty() {
            return given.into_iter().try_for_each(|tape| {
                self.explore(&Block { tape, ..Block::default() }, &check)?;
                Ok(())
            });
        }
        let mut tapes = Tapes::new(self.scenario.choices, self.scenario.spurious);
        loop {
            let tape = tapes.current().clone();
            let reach = self.explore(&Block { tape, ..Block::default() }, &check)?;
            if !tapes.advance(reach) {
                return Ok(());
            }
        }
    }

    /// Lets a checker explore one block.
    ///
    /// # Errors
    /// If the checker counts differently; see [`Session::explore_tapes`].
    pub fn explore(self: &Arc<Self>, block: &Block, check: impl Fn(Body) -> Option<u64>) -> Result<Reach, String> {
        self.begin(block);
        let (session, tape) = (Arc::clone(self), block.tape.clone());
        let counted = check(Box::new(move || session.execute(&tape)));
        let mut tally = std::mem::take(&mut *self.tally());
        tally.orderings = engine::surveyed();
        if counted.is_some_and(|counted| counted != tally.executions) {
            return Err(format!("the checker ran {counted:?} executions, the harness saw {}", tally.executions));
        }
        let reach = Reach { deadlines: tally.usage.deadlines, waits: tally.usage.waits };
        self.reporter.send(Record::Tape(tally));
        Ok(reach)
    }

    /// Starts a block: what follows is counted to it.
    pub fn begin(&self, block: &Block) {
        let tape = block.tape.to_string();
        *self.tally() = Tally { tape: tape.clone(), scheduler: block.scheduler, ..Tally::default() };
        self.reporter.moved(Position { scheduler: block.scheduler, seed: block.seed, tape, execution: 0 });
    }

    /// Runs the scenario once. An exhaustive exploration that is over its budget ends here: the process does.
    pub fn execute(&self, tape: &Tape) {
        let total = self.reporter.count();
        let number = self.reporter.position().execution;
        self.stop_if_due(total, number);
        let replayed = self.job.replay.as_ref().map_or(1, |replay| replay.execution);
        let recorded = number == replayed;
        actors::begin();
        engine::begin(tape, recorded);
        let cx = Cx::new(self.scenario, self.job.size, tape);
        let outcome = (self.scenario.body)(&cx);
        self.note(outcome, &cx.notes(), recorded);
    }

    fn stop_if_due(&self, total: u64, number: u64) {
        if !self.job.engine.is_exhaustive() {
            return;
        }
        if self.job.replay.as_ref().is_some_and(|replay| number > replay.execution) {
            self.finish(Record::Done);
        }
        if self.is_past(1.0) || total > self.job.budget.executions {
            self.finish(Record::Capped(total - 1));
        }
    }

    fn note(&self, outcome: String, notes: &Notes, recorded: bool) {
        let (usage, length) = (engine::usage(), engine::length());
        let steps = if recorded { engine::steps() } else { Vec::new() };
        let acted = main_acted(notes, &steps);
        if recorded && self.job.replay.is_some() {
            self.reporter.send(Record::Steps(steps));
        }
        let mut tally = self.tally();
        tally.executions += 1;
        *tally.outcomes.entry(outcome).or_default() += 1;
        let sighting = Sighting { steps: length, execution: tally.executions };
        for &witness in &notes.witnesses {
            match tally.witnesses.get_mut(witness) {
                Some(shortest) => *shortest = sighting.min(*shortest),
                None => drop(tally.witnesses.insert(witness.to_owned(), sighting)),
            }
        }
        if usage.waits > 0 {
            tally.asleep = Some(tally.asleep.map_or(sighting, |shortest| shortest.min(sighting)));
        }
        tally.actors = tally.actors.max(notes.at_work);
        tally.usage.join(usage);
        tally.main_acted = tally.main_acted.take().or(acted);
    }

    /// Whether that share of the time is up.
    #[must_use]
    pub fn is_past(&self, share: f64) -> bool {
        self.started.elapsed() > Duration::from_millis(self.job.budget.milliseconds).mul_f64(share)
    }

    /// Hands over what was counted since [`Session::begin`]: for engines that don't [`Session::explore`].
    pub fn end(&self) {
        let tally = std::mem::take(&mut *self.tally());
        self.reporter.send(Record::Tape(tally));
    }

    /// Ends the process with this record as its last word.
    pub fn finish(&self, record: Record) -> ! {
        self.reporter.finish(record)
    }

    pub(super) fn failure(&self, rule: String, message: String, at: String, steps: Vec<Step>) -> Failure {
        let (thread, steps) = failure::settled(&message, steps);
        let Position { scheduler, seed, tape, execution } = self.reporter.position();
        Failure { rule, message, at, thread, scheduler, seed, tape, execution, steps }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first operation of the model's main thread between the first spawn and the last join, if there is one.
///
/// An actor on the main thread hides interleavings from loom: main spawns and joins, nothing else. What it does
/// before and after is sequential, and harmless.
fn main_acted(notes: &Notes, steps: &[Step]) -> Option<String> {
    let concurrent = steps.get(notes.first_spawn?..notes.last_join)?;
    let acts = |step: &&Step| step.thread == "main" && !matches!(step.kind, Kind::Spawns | Kind::Joins);
    let acted = concurrent.iter().find(acts)?;
    Some(format!("{} {} at {}", acted.operation, acted.object, acted.at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(thread: &str) -> Step {
        Step { thread: thread.into(), operation: "load".into(), ..Step::default() }
    }

    #[test]
    fn main_may_act_only_before_and_after_its_actors() {
        let steps = [step("main"), step("actor"), step("main")];
        let notes = |first_spawn, last_join| Notes { first_spawn, last_join, ..Notes::default() };
        assert_eq!(main_acted(&notes(Some(1), 2), &steps), None);
        assert!(main_acted(&notes(Some(1), 3), &steps).is_some());
        assert!(main_acted(&notes(Some(0), 2), &steps).is_some());
        assert_eq!(main_acted(&notes(None, 0), &steps), None);
        // Somebody was spawned and never joined: nothing to say.
        assert_eq!(main_acted(&notes(Some(2), 0), &steps), None);
    }
}
