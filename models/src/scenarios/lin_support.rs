//! What the scenarios about linearizability share: a record of who called what when, and its judgement.

use std::sync::{Mutex, PoisonError};

use rdv::sync::Arc;
use rdv::sync::atomic::{AtomicUsize, Ordering};
use rdv_spec::Spec;
use rdv_spec::history::{Call, Unexplained, explain, explain_to_each};

use crate::engine;
use crate::job::World;

/// The calls of all actors on one object, as they begin and end. Outside the checkers' knowledge: it orders nothing.
#[derive(Debug)]
pub struct Recorder<S: Spec>(std::sync::Arc<Mutex<Record<S>>>);

#[derive(Debug)]
struct Record<S: Spec> {
    calls: Vec<Call<S>>,
    now: usize,
}

impl<S: Spec> Default for Recorder<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Spec> Recorder<S> {
    /// Nothing has happened.
    #[must_use]
    pub fn new() -> Self {
        Self(std::sync::Arc::new(Mutex::new(Record { calls: Vec::new(), now: 0 })))
    }

    /// The pen of an actor.
    #[must_use]
    pub fn actor(&self, actor: usize) -> Pen<S> {
        Pen { record: Self(self.0.clone()), actor, step: Arc::new(AtomicUsize::new(0)) }
    }

    /// The calls so far, those that have not returned included.
    #[must_use]
    pub fn calls(&self) -> Vec<Call<S>> {
        self.with(|record| record.calls.clone())
    }

    /// Fails the execution, by the rule that the specification names, if no order explains the calls so far: none that keeps every call which had
    /// returned before another began in front of it. Objects that are guarded by one lock owe that under every memory model.
    pub fn check(&self, start: &S) {
        check(start, &self.calls());
    }

    /// The same for an object of atomics. loom shows a load what acquire and release allow: an answer that is `stale` may be so there.
    pub fn check_weakly(&self, start: &S, stale: impl Fn(&S::Response) -> bool) {
        check_weakly(start, &self.calls(), stale);
    }

    fn with<R>(&self, look: impl FnOnce(&mut Record<S>) -> R) -> R {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Fails the execution if no order explains the calls.
pub fn check<S: Spec>(start: &S, calls: &[Call<S>]) {
    settle(explain(start, calls));
}

/// The same for an object of atomics; see [`Recorder::check_weakly`].
pub fn check_weakly<S: Spec>(start: &S, calls: &[Call<S>], stale: impl Fn(&S::Response) -> bool) {
    if engine::WORLD == World::Loom {
        settle(explain_to_each(start, calls, stale));
    } else {
        check(start, calls);
    }
}

fn settle(judged: Result<(), Unexplained>) {
    if let Err(why) = judged {
        panic!("{}: {why}", why.mismatch.rule);
    }
}

/// Writes down what one actor does.
#[derive(Debug)]
pub struct Pen<S: Spec> {
    record: Recorder<S>,
    actor: usize,
    step: Arc<AtomicUsize>,
}

impl<S: Spec> Pen<S> {
    /// Makes a call, and returns what it returned and how that reads in the specification.
    pub fn call(&self, operation: S::Operation, call: impl FnOnce() -> S::Response) -> S::Response {
        self.call_in_parts(vec![operation], || vec![call()]).remove(0)
    }

    /// Makes a call that takes effect more than once.
    pub fn call_in_parts(
        &self,
        operations: Vec<S::Operation>,
        call: impl FnOnce() -> Vec<S::Response>,
    ) -> Vec<S::Response> {
        // Without a step of its own no other call could come between the end of the last one and the beginning of this one.
        self.step.load(Ordering::Relaxed);
        let first = self.record.with(|record| {
            let (first, begin) = (record.calls.len(), record.now);
            record.now += 1;
            let calls =
                operations.into_iter().map(|operation| Call { actor: self.actor, operation, begin, answer: None });
            record.calls.extend(calls);
            first
        });
        let responses = call();
        self.record.with(|record| {
            for (call, response) in record.calls[first..].iter_mut().zip(&responses) {
                call.answer = Some((response.clone(), record.now));
            }
            record.now += 1;
        });
        responses
    }

    /// The record.
    #[must_use]
    pub fn record(&self) -> &Recorder<S> {
        &self.record
    }
}
