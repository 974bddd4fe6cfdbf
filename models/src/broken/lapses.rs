//! Lapses of whoever writes a scenario: nothing breaks a rule, and the green would mean nothing.

use rdv::sync::atomic::{AtomicUsize, Ordering};
use rdv::sync::thread::spawn_named;
use rdv::sync::time::Deadline;
use rdv::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::{Broken, Expected};
use crate::audit::Check;
use crate::scenario::{Bound, Cx, Engine, Scenario};

/// The exhaustive engines: the audit looks at what they claim.
const EXHAUSTIVE: &[Engine] = &[Engine::Loom, Engine::Dfs];

const fn broken(scenario: Scenario, engines: &'static [Engine], check: Check) -> Broken {
    Broken { scenario, engines, size: 1, executions: u64::MAX, expected: Expected::Check(check) }
}

/// Two actors that count together, correctly.
fn count(cx: &Cx) -> String {
    let total = Arc::new(AtomicUsize::new(0));
    let add = |name| {
        let total = Arc::clone(&total);
        cx.spawn(name, move || total.fetch_add(1, Ordering::AcqRel))
    };
    let (left, right) = (add("left"), add("right"));
    format!("{:?} {:?}", left.join().ok(), right.join().ok())
}

pub(super) const CAPPED: Broken = Broken {
    executions: 1,
    ..broken(
        Scenario::new("broken/capped", &["RING-1"], "The budget ends before the executions do.", count),
        EXHAUSTIVE,
        Check::Complete,
    )
};

pub(super) const UNSEEN_WITNESS: Broken = broken(
    Scenario {
        witnesses: &["counted to three"],
        ..Scenario::new("broken/unseen-witness", &["RING-1"], "A state that no execution reaches.", count)
    },
    EXHAUSTIVE,
    Check::Witnesses,
);

pub(super) const STRANGERS: Broken = broken(
    Scenario::new("broken/strangers", &["RING-1"], "Two actors that share nothing.", |cx| {
        let count = || AtomicUsize::new(0).fetch_add(1, Ordering::AcqRel);
        let (left, right) = (cx.spawn("left", count), cx.spawn("right", count));
        format!("{:?} {:?}", left.join().ok(), right.join().ok())
    }),
    &[Engine::Loom],
    Check::Floor,
);

pub(super) const MAIN_ACTS: Broken = broken(
    Scenario::new("broken/main-acts", &["RING-1"], "The main thread plays along.", |cx| {
        let total = Arc::new(AtomicUsize::new(0));
        let actor = cx.spawn("actor", {
            let total = Arc::clone(&total);
            move || total.fetch_add(1, Ordering::AcqRel)
        });
        let own = total.fetch_add(1, Ordering::AcqRel);
        format!("{own} {:?}", actor.join().ok())
    }),
    EXHAUSTIVE,
    Check::Main,
);

/// A ring of one place whose owners load their own index: how many pushes and pops succeed.
#[derive(Default)]
struct Textbook {
    head: Index,
    tail: Index,
}

struct Index(AtomicUsize);

impl Default for Index {
    fn default() -> Self {
        Self(AtomicUsize::new(0))
    }
}

impl Textbook {
    fn push(&self) -> bool {
        let tail = self.tail.0.load(Ordering::Relaxed);
        let room = tail == self.head.0.load(Ordering::Acquire);
        if room {
            self.tail.0.store(tail + 1, Ordering::Release);
        }
        room
    }

    fn pop(&self) -> bool {
        let head = self.head.0.load(Ordering::Relaxed);
        let data = head != self.tail.0.load(Ordering::Acquire);
        if data {
            self.head.0.store(head + 1, Ordering::Release);
        }
        data
    }
}

/// What loom's reduction does not see: it forgets a load once another thread has loaded the same atomic. The producer is spawned by the consumer,
/// so that only that matters.
const fn hidden_load(name: &'static str, about: &'static str) -> Scenario {
    Scenario {
        alone: Some("the consumer spawns the producer"),
        ..Scenario::new(name, &["RING-1"], about, |cx| {
            let consumer = cx.spawn("consumer", || {
                let ring = Arc::new(Textbook::default());
                let producer = spawn_named("producer".into(), {
                    let ring = Arc::clone(&ring);
                    move || [ring.push(), ring.push()]
                });
                let popped = [ring.pop(), ring.pop()];
                format!("pushed {:?}, popped {popped:?}", producer.map(|producer| producer.join().ok()).ok())
            });
            consumer.join().unwrap_or_default()
        })
    }
}

pub(crate) const HIDDEN_LOAD: Broken = broken(
    hidden_load("broken/hidden-load", "loom misses outcomes that depth-first search sees."),
    EXHAUSTIVE,
    Check::Outcomes,
);

pub(super) const HIDDEN_LOAD_WITHIN_A_BOUND: Broken = broken(
    Scenario {
        audit_bound: Bound::Preemptions(1),
        ..hidden_load(
            "broken/hidden-load-bounded",
            "loom misses outcomes that depth-first search sees with one preemption.",
        )
    },
    EXHAUSTIVE,
    Check::Outcomes,
);

pub(super) const HIDDEN_LOAD_DRAWN: Broken = Broken {
    executions: 1_000,
    ..broken(
        hidden_load("broken/hidden-load-drawn", "loom misses outcomes that random schedules reach."),
        &[Engine::Loom, Engine::Portfolio],
        Check::Outcomes,
    )
};

pub(super) const ONE_ACTOR: Broken = broken(
    Scenario::new(
        "broken/one-actor",
        &["RING-1"],
        "One actor after the other: there is nothing to interleave.",
        |cx| {
            let total = Arc::new(AtomicUsize::new(0));
            let add = || {
                let total = Arc::clone(&total);
                cx.spawn("actor", move || total.fetch_add(1, Ordering::AcqRel)).join().ok()
            };
            format!("{:?} {:?}", add(), add())
        },
    ),
    EXHAUSTIVE,
    Check::Alone,
);

pub(super) const MANY_STORES: Broken = broken(
    Scenario::new("broken/many-stores", &["RING-1"], "loom shows the last seven stores only.", |cx| {
        let word = Arc::new(AtomicUsize::new(0));
        let writer = cx.spawn("writer", {
            let word = Arc::clone(&word);
            move || (1..=7).for_each(|value| word.store(value, Ordering::Release))
        });
        let reader = cx.spawn("reader", move || word.load(Ordering::Acquire));
        let _ = writer.join();
        format!("{:?}", reader.join().ok())
    }),
    &[Engine::Loom],
    Check::Stores,
);

/// An actor that waits for another, with a deadline or without.
fn wait(cx: &Cx, deadline: impl Fn() -> Deadline + Send + 'static) -> String {
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let opener = cx.spawn("opener", {
        let gate = Arc::clone(&gate);
        move || {
            *gate.0.lock() = true;
            gate.1.notify_one();
        }
    });
    let sleeper = cx.spawn("sleeper", move || {
        let mut open = gate.0.lock();
        while !*open {
            let passed;
            (open, passed) = gate.1.wait_until(open, deadline());
            if passed {
                break;
            }
        }
        *open
    });
    let _ = opener.join();
    format!("{:?}", sleeper.join().ok())
}

pub(super) const UNDECLARED_DEADLINE: Broken = broken(
    Scenario::new("broken/undeclared-deadline", &["RDV-5"], "A deadline that is never varied.", |cx| {
        wait(cx, || Deadline::after(Duration::from_millis(1)))
    }),
    EXHAUSTIVE,
    Check::Deadlines,
);

pub(super) const UNDECLARED_WAIT: Broken = broken(
    Scenario {
        spurious: 1,
        ..Scenario::new("broken/undeclared-wait", &["RING-5"], "Two sleepers, one of them woken spuriously.", |cx| {
            let first = wait(cx, || Deadline::NEVER);
            format!("{first}, then {}", wait(cx, || Deadline::NEVER))
        })
    },
    &[Engine::Loom],
    Check::Spurious,
);

pub(super) const DEATH: Broken = Broken {
    expected: Expected::Death,
    ..broken(
        Scenario::new("broken/death", &["ALL-4"], "The process of the model is aborted.", |_| std::process::abort()),
        EXHAUSTIVE,
        Check::Complete,
    )
};
