//! Faults in programs: each breaks a rule in some interleaving.

use rdv::sync::atomic::{AtomicUsize, Ordering};
use rdv::sync::cell::UnsafeCell;
use rdv::sync::thread::yield_now;
use rdv::sync::time::Deadline;
use rdv::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::{Broken, Expected};
use crate::rule;
use crate::scenario::{Cx, Engine, Scenario};

/// Every engine that explores or draws schedules.
const CHECKERS: &[Engine] = &[Engine::Loom, Engine::Dfs, Engine::Portfolio];

/// Faults that need no luck take far less; the portfolio takes as many from each scheduler if it finds nothing.
const EXECUTIONS: u64 = 20_000;

const fn broken(scenario: Scenario, engines: &'static [Engine], rule: &'static str) -> Broken {
    Broken { scenario, engines, size: 1, executions: EXECUTIONS, expected: Expected::Rule(rule) }
}

type Gate = Arc<(Mutex<bool>, Condvar)>;

fn gate() -> Gate {
    Arc::new((Mutex::new(false), Condvar::new()))
}

fn open(gate: &Gate) {
    *gate.0.lock() = true;
    gate.1.notify_one();
}

pub(super) const LOST_WAKE_UP: Broken = broken(
    Scenario::new(
        "broken/lost-wake-up",
        &["RING-5"],
        "The lock is given up between looking and sleeping: the notification falls in between.",
        |cx| {
            let gate = gate();
            let opener = cx.spawn("opener", {
                let gate = Arc::clone(&gate);
                move || open(&gate)
            });
            let sleeper = cx.spawn("sleeper", move || {
                let open = *gate.0.lock();
                if !open {
                    drop(gate.1.wait_until(gate.0.lock(), Deadline::NEVER));
                }
            });
            let _ = (opener.join(), sleeper.join());
            "woken".into()
        },
    ),
    CHECKERS,
    "RING-5",
);

pub(super) const HANG_FOR_REAL: Broken = broken(
    Scenario::new(
        "broken/hang-for-real",
        &["CHAN-1"],
        "On real threads a sleeper that nobody wakes can only be noticed by waiting for it.",
        |cx| {
            let gate = gate();
            let sleeper = cx.spawn("sleeper", move || {
                let mut open = gate.0.lock();
                while !*open {
                    open = gate.1.wait_until(open, Deadline::NEVER).0;
                }
            });
            let _ = sleeper.join();
            "never".into()
        },
    ),
    &[Engine::Stress],
    "CHAN-1",
);

/// A cell that claims to be shared safely.
pub(crate) struct Claim(UnsafeCell<usize>, pub(crate) AtomicUsize);

// SAFETY: it is not; the checker has to say so.
unsafe impl Sync for Claim {}

impl Default for Claim {
    fn default() -> Self {
        Self(UnsafeCell::new(0), AtomicUsize::new(0))
    }
}

impl Claim {
    pub(crate) fn write(&self, value: usize) {
        self.0.with_mut(|cell| {
            // SAFETY: the pointer is valid; that nobody else uses it is what the program gets wrong.
            unsafe { *cell = value }
        });
    }

    pub(crate) fn read(&self) -> usize {
        self.0.with(|cell| {
            // SAFETY: as above.
            unsafe { *cell }
        })
    }
}

pub(crate) const DATA_RACE: Broken = broken(
    Scenario::new(
        "broken/data-race",
        &["RING-1"],
        "A value is published by a relaxed store: nothing orders the write before the read.",
        |cx| {
            let claim = Arc::new(Claim::default());
            let writer = cx.spawn("writer", {
                let claim = Arc::clone(&claim);
                move || {
                    claim.write(1);
                    claim.1.store(1, Ordering::Relaxed);
                }
            });
            let reader =
                cx.spawn("reader", move || if claim.1.load(Ordering::Acquire) == 1 { claim.read() } else { 0 });
            let _ = writer.join();
            format!("read {:?}", reader.join().ok())
        },
    ),
    &[Engine::Loom],
    "RING-4",
);

pub(super) const STALE_READ: Broken = broken(
    Scenario::new(
        "broken/stale-read",
        &["RING-1"],
        "Two relaxed stores are seen in the other order: only a weak memory model shows it.",
        |cx| {
            let words = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
            let writer = cx.spawn("writer", {
                let words = Arc::clone(&words);
                move || {
                    words.0.store(1, Ordering::Relaxed);
                    words.1.store(1, Ordering::Relaxed);
                }
            });
            let reader = cx.spawn("reader", move || {
                let second = words.1.load(Ordering::Relaxed);
                let first = words.0.load(Ordering::Relaxed);
                rule!("RING-1", first >= second, "the second store was seen, the first was not");
            });
            let _ = (writer.join(), reader.join());
            "in order".into()
        },
    ),
    &[Engine::Loom],
    "RING-1",
);

pub(super) const LOCK_ORDER: Broken = broken(
    Scenario {
        hang: "ALL-2",
        ..Scenario::new("broken/lock-order", &["RDV-1"], "Two locks are taken in two orders.", |cx| {
            let locks = Arc::new((Mutex::new(()), Mutex::new(())));
            let left = cx.spawn("left", {
                let locks = Arc::clone(&locks);
                move || {
                    let _first = locks.0.lock();
                    drop(locks.1.lock());
                }
            });
            let right = cx.spawn("right", move || {
                let _second = locks.1.lock();
                drop(locks.0.lock());
            });
            let _ = (left.join(), right.join());
            "both".into()
        })
    },
    CHECKERS,
    "ALL-2",
);

/// Two actors add one each, by a load and a store.
fn lost_update(cx: &Cx) -> String {
    let total = Arc::new(AtomicUsize::new(0));
    let add = |name| {
        let total = Arc::clone(&total);
        cx.spawn(name, move || {
            let seen = total.load(Ordering::Acquire);
            yield_now();
            total.store(seen + 1, Ordering::Release);
        })
    };
    let adders = [add("left"), add("right")];
    let _ = adders.map(|adder| adder.join().is_ok());
    let total = total.load(Ordering::Acquire);
    rule!("RING-2", total == 2, "two additions gave {total}");
    total.to_string()
}

pub(super) const LOST_UPDATE: Broken = broken(
    Scenario::new("broken/lost-update", &["RING-1"], "An addition is a load and a store.", lost_update),
    CHECKERS,
    "RING-2",
);

pub(super) const LOST_UPDATE_FOR_REAL: Broken = broken(
    Scenario::new("broken/lost-update-for-real", &["RING-1"], "The same on real threads.", lost_update),
    &[Engine::Stress],
    "RING-2",
);

pub(super) const IF_FOR_WHILE: Broken = broken(
    Scenario {
        spurious: 1,
        ..Scenario::new(
            "broken/if-for-while",
            &["RING-5"],
            "Whoever wakes takes it for a notification: a wake-up without cause goes unnoticed.",
            |cx| {
                let gate = gate();
                let opener = cx.spawn("opener", {
                    let gate = Arc::clone(&gate);
                    move || open(&gate)
                });
                let sleeper = cx.spawn("sleeper", move || {
                    let mut open = gate.0.lock();
                    if !*open {
                        open = gate.1.wait_until(open, Deadline::NEVER).0;
                    }
                    rule!("RDV-1", *open, "went through a gate that is not open");
                });
                let _ = (opener.join(), sleeper.join());
                "through".into()
            },
        )
    },
    CHECKERS,
    "RDV-1",
);

pub(super) const LATE_DEADLINE: Broken = broken(
    Scenario {
        deadlines: 1,
        ..Scenario::new(
            "broken/late-deadline",
            &["RDV-5"],
            "A deadline that passes is believed, though the gate was opened meanwhile.",
            |cx| {
                let gate = gate();
                let opener = cx.spawn("opener", {
                    let gate = Arc::clone(&gate);
                    move || open(&gate)
                });
                let sleeper = cx.spawn("sleeper", move || {
                    let open = gate.0.lock();
                    if *open {
                        return;
                    }
                    let (open, passed) = gate.1.wait_until(open, Deadline::after(Duration::from_millis(1)));
                    rule!("RDV-5", !(passed && *open), "gave up at an open gate");
                });
                let _ = (opener.join(), sleeper.join());
                "through, or late".into()
            },
        )
    },
    CHECKERS,
    "RDV-5",
);

pub(super) const CHOICE: Broken = broken(
    Scenario {
        choices: &[2, 3],
        ..Scenario::new("broken/choice", &["RING-1"], "Only one combination of choices is wrong.", |cx| {
            let (first, second) = (cx.choice(0), cx.choice(1));
            let total = Arc::new(Mutex::new(0));
            let actor = cx.spawn("actor", {
                let total = Arc::clone(&total);
                move || {
                    *total.lock() += 1;
                    rule!("CHAN-2", (first, second) != (1, 2), "the choices {first} and {second}");
                }
            });
            let adder = cx.spawn("adder", move || *total.lock() += 1);
            let _ = (actor.join(), adder.join());
            "right".into()
        })
    },
    CHECKERS,
    "CHAN-2",
);

pub(super) const ENDLESS_RETRY: Broken = broken(
    Scenario::new("broken/endless-retry", &["RING-1"], "Somebody asks again and again for what nobody brings.", |cx| {
        let word = Arc::new(AtomicUsize::new(0));
        let asker = cx.spawn("asker", move || {
            while word.load(Ordering::Acquire) == 0 {
                yield_now();
            }
        });
        let _ = asker.join();
        "never".into()
    }),
    CHECKERS,
    "ALL-1",
);
