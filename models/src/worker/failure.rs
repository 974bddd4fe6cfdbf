//! From a panic to a broken rule.

use std::any::Any;
use std::panic::{self, PanicHookInfo};
use std::sync::Arc;

use super::session::Session;
use crate::engine;
use crate::record::{Failure, Kind, Record, Step};
use crate::scenario::Scenario;

/// Ends the worker with a [`Failure`] at the first panic.
///
/// The hook runs before anything is unwound: afterwards loom tends to abort the process, and destructors
/// would run on. It only collects; the reporting thread does the rest while this one stands still. Panics that
/// are part of a scenario don't come here, see [`panic_deliberately`](crate::scenario::panic_deliberately).
pub(super) fn watch(session: &Arc<Session>) {
    let session = Arc::clone(session);
    panic::set_hook(Box::new(move |info| {
        session.finish(Record::Failed(Box::new(describe(&session, info))));
    }));
}

fn describe(session: &Session, info: &PanicHookInfo<'_>) -> Failure {
    let (rule, message) = rule_of(session.scenario(), text(info.payload()));
    let at = info.location().map(ToString::to_string).unwrap_or_default();
    session.failure(rule, message, at, engine::steps())
}

fn text(payload: &dyn Any) -> &str {
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message")
}

/// Which rule a panic breaks, and what is left to say about it.
///
/// `rule!` puts the rule first. The checkers' own findings have a rule each: a deadlock is the one that the
/// scenario names, a data race is RING-4, a leak ALL-3, an endless retry ALL-1. Any other panic (an assertion
/// inside the library, say) breaks what the scenario is about: the first of its rules.
#[must_use]
pub fn rule_of(scenario: &Scenario, message: &str) -> (String, String) {
    if let Some((rule, message)) = message.split_once(": ").filter(|(rule, _)| is_rule(rule)) {
        return (rule.to_owned(), message.to_owned());
    }
    let found = FINDINGS.iter().find(|(sign, _, _)| message.contains(sign));
    match found {
        Some(&(_, rule, meaning)) => {
            let rule = if rule == HANG { scenario.hang } else { rule };
            (rule.to_owned(), format!("{meaning}: {}", message.trim()))
        }
        None => (scenario.rules[0].to_owned(), format!("panic: {}", message.trim())),
    }
}

/// Stands for the rule that the scenario names.
const HANG: &str = "";

const DEADLOCK: &str = "deadlock, everybody left sleeps";
const LEAK: &str = "leak";

/// What the checkers say (loom 0.7, shuttle 0.9), the rule it breaks, and what it means.
const FINDINGS: &[(&str, &str, &str)] = &[
    ("deadlock; threads", HANG, DEADLOCK),
    ("deadlock! blocked tasks", HANG, DEADLOCK),
    ("Causality violation", "RING-4", "data race"),
    ("leaked.", "ALL-3", LEAK),
    ("exceeded maximum number of branches", "ALL-1", "an execution does not end"),
    ("exceeded max_steps", "ALL-1", "an execution does not end"),
];

/// Who noticed, and the steps in their order.
///
/// The checkers switch threads before an operation only, so the one whose step was recorded last noticed; of a deadlock or a leak
/// nobody in particular did. In a deadlock nobody who was notified sleeps. So whoever still sleeps fell asleep after the last
/// notification that woke nobody, though going to sleep was recorded first.
pub(super) fn settled(message: &str, mut steps: Vec<Step>) -> (String, Vec<Step>) {
    if message.starts_with(DEADLOCK) {
        for sleeper in asleep(&steps) {
            sleep_later(&mut steps, sleeper);
        }
        return (String::new(), steps);
    }
    let own = steps.iter().rev().find(|step| step.operation != "wait for");
    let thread = own.filter(|_| !message.starts_with(LEAK)).map(|step| step.thread.clone());
    (thread.unwrap_or_default(), steps)
}

/// The numbers of the steps that began a sleep that did not end, the last first.
fn asleep(steps: &[Step]) -> Vec<usize> {
    let ended = |number: &usize| steps.iter().any(|step| step.since == Some(*number));
    let numbers = (1..=steps.len()).rev().filter(|number| steps[number - 1].operation == "sleep");
    numbers.filter(|number| !ended(number)).collect()
}

/// Moves that step behind the last notification that it missed, and renumbers what follows.
fn sleep_later(steps: &mut Vec<Step>, sleep: usize) {
    let object = steps[sleep - 1].object.clone();
    let woke = |number: &usize| steps.iter().any(|step| step.from.contains(number));
    let missed = |number: &usize| {
        let step = &steps[number - 1];
        step.kind == Kind::Notifies && step.object == object && !woke(number)
    };
    let Some(last) = (sleep + 1..=steps.len()).rev().find(missed) else { return };
    steps[sleep - 1..last].rotate_left(1);
    let renumbered = |number: usize| match number {
        number if number == sleep => last,
        number if (sleep + 1..=last).contains(&number) => number - 1,
        number => number,
    };
    for step in steps {
        step.from
            .iter_mut()
            .chain(&mut step.newer)
            .chain(&mut step.since)
            .for_each(|number| *number = renumbered(*number));
    }
}

fn is_rule(text: &str) -> bool {
    text.split_once('-').is_some_and(|(area, number)| {
        !area.is_empty()
            && area.bytes().all(|byte| byte.is_ascii_uppercase())
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Cx;

    const SCENARIO: Scenario = Scenario {
        hang: "RING-5",
        ..Scenario::new("test/none", &["CHAN-1", "CHAN-2"], "None.", |_: &Cx| String::new())
    };

    fn step(thread: &str, operation: &str, kind: Kind) -> Step {
        Step { thread: thread.into(), operation: operation.into(), object: "condvar#1".into(), kind, ..Step::default() }
    }

    #[test]
    fn who_sleeps_for_ever_fell_asleep_after_the_notification_that_it_missed() {
        let steps = vec![
            step("sleeper", "sleep", Kind::Blocks),
            step("waker", "notify", Kind::Notifies),
            Step { from: vec![2], ..step("other", "woken", Kind::Resumes) },
        ];
        let (thread, settled) = settled(DEADLOCK, steps.clone());
        assert_eq!(thread, "");
        assert_eq!(
            settled.iter().map(|step| step.operation.as_str()).collect::<Vec<_>>(),
            ["sleep", "notify", "woken"]
        );
        let (_, settled) = super::settled(DEADLOCK, steps[..2].to_vec());
        assert_eq!(settled.iter().map(|step| step.operation.as_str()).collect::<Vec<_>>(), ["notify", "sleep"]);
        assert_eq!(super::settled("a rule", steps).0, "other");
    }

    #[test]
    fn every_kind_of_panic_breaks_a_rule() {
        for (message, rule) in [
            ("RING-2: 3 elements in a buffer of 2", "RING-2"),
            ("deadlock; threads = [(Id(0), Blocked)]", "RING-5"),
            ("deadlock! blocked tasks: [producer (task 1)]", "RING-5"),
            ("Causality violation: Concurrent write accesses to `UnsafeCell`.", "RING-4"),
            ("Arc leaked.\n  Index: 3", "ALL-3"),
            ("exceeded max_steps bound 10", "ALL-1"),
            ("index out of bounds: the len is 1", "CHAN-1"),
            ("A-b: not a rule", "CHAN-1"),
        ] {
            assert_eq!(rule_of(&SCENARIO, message).0, rule, "{message}");
        }
    }
}
