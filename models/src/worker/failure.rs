//! From a panic to a broken rule.

use std::any::Any;
use std::panic::{self, PanicHookInfo};
use std::sync::Arc;

use super::session::Session;
use crate::engine;
use crate::record::{Failure, Record};
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

/// What the checkers say (loom 0.7, shuttle 0.9), the rule it breaks, and what it means.
const FINDINGS: &[(&str, &str, &str)] = &[
    ("deadlock; threads", HANG, "deadlock, everybody left sleeps"),
    ("deadlock! blocked tasks", HANG, "deadlock, everybody left sleeps"),
    ("Causality violation", "RING-4", "data race"),
    ("leaked.", "ALL-3", "leak"),
    ("exceeded maximum number of branches", "ALL-1", "an execution does not end"),
    ("exceeded max_steps", "ALL-1", "an execution does not end"),
];

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
