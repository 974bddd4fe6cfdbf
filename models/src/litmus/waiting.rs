//! What the checkers see of waiting: who wakes, when, and who waits for ever.

use std::time::Duration;

use rdv::sync::atomic::Ordering;
use rdv::sync::thread::yield_now;
use rdv::sync::time::Deadline;
use rdv::sync::{Arc, Condvar, Mutex};

use super::{JOINED, Litmus, UNPOISONED, program, seen};
use crate::broken::races::Claim;
use crate::engine::bare;
use crate::scenario::Cx;

pub(super) const ALL: &[Litmus] = &[
    Litmus {
        scenario: program("litmus/notify-one", "Of two sleepers, either may be woken first.", notify_one),
        loom: seen(&["0 slept", "1 slept", "in turn"], 1319),
        dfs: seen(&["0 slept", "1 slept", "in turn", "out of turn"], 3614),
        lesson: "loom wakes in the order of arrival, shuttle in any: there only, a wake-up can go to the wrong one",
    },
    Litmus {
        scenario: program("litmus/spurious", "A sleeper may wake before it was notified.", spurious),
        loom: seen(&["open"], 9),
        dfs: seen(&["open"], 25),
        lesson: "condition variables never wake without cause: the tape makes them",
    },
    Litmus {
        scenario: program(
            "litmus/time-out",
            "Nobody notifies, and the wait may take a microsecond: it ends.",
            time_out,
        ),
        loom: seen(&[DEADLOCK], 1),
        dfs: seen(&[DEADLOCK], 1),
        lesson: "time never passes: the facade asks the tape instead",
    },
    Litmus {
        scenario: program("litmus/try-lock", "The lock is held until it has been tried: all go on.", try_lock),
        loom: seen(&[DEADLOCK], 22),
        dfs: seen(&["refused", "taken"], 192),
        lesson: "loom blocks who tries a lock that is held: no `try_lock` in the facade",
    },
    Litmus {
        scenario: program(
            "litmus/park-after-unpark",
            "A token that was there before a lock was taken ends `park`.",
            |cx| {
                let lock = Arc::new(Mutex::new(()));
                let sleeper = sleeper(&lock, |lock| {
                    drop(lock.lock());
                    bare::thread::park();
                    "went on".to_owned()
                });
                unparked(cx, sleeper, &lock, |sleeper, lock| {
                    sleeper.unpark();
                    drop(lock.lock());
                })
            },
        ),
        loom: seen(&[DEADLOCK], 4),
        dfs: seen(&["went on"], 34),
        lesson: "loom loses tokens",
    },
    Litmus {
        scenario: program(
            "litmus/unpark-within-lock",
            "Whoever waits for a lock is unparked: it goes on waiting.",
            |cx| {
                let lock = Arc::new(Mutex::new(()));
                let sleeper = sleeper(&lock, |lock| {
                    drop(lock.lock());
                    "went on".to_owned()
                });
                unparked(cx, sleeper, &lock, |sleeper, lock| {
                    let held = lock.lock();
                    sleeper.unpark();
                    yield_now();
                    drop(held);
                })
            },
        ),
        loom: seen(&["panic: expected to be able to acquire lock"], 3),
        dfs: seen(&["went on"], 18),
        lesson: "loom's `unpark` reaches into a lock: no `park` in the facade, a Parking sleeps under a mutex",
    },
    Litmus {
        scenario: program(
            "litmus/unpark-orders",
            "A cell, published by a relaxed store after `unpark`: a data race.",
            |cx| {
                let claim = Arc::new(Claim::default());
                let reader = sleeper(&claim, |claim| {
                    let is_published = claim.1.load(Ordering::Relaxed) == 1;
                    format!("read {}", if is_published { claim.read() } else { 0 })
                });
                unparked(cx, reader, &claim, |reader, claim| {
                    claim.write(1);
                    reader.unpark();
                    claim.1.store(1, Ordering::Relaxed);
                })
            },
        ),
        loom: seen(&["read 0", "read 1"], 12),
        dfs: seen(&["read 0", "read 1"], 10),
        lesson: "loom's `unpark` orders what comes after it for a thread that never parked, and hides the race",
    },
];

const DEADLOCK: &str = "deadlock, everybody left sleeps";

/// Who came, and who was woken, in which order; and that nobody is to sleep any more.
#[derive(Default)]
struct Beds {
    came: Vec<u8>,
    woken: Vec<u8>,
    closed: bool,
}

/// Two sleepers; somebody wakes one, who wakes the other.
fn notify_one(cx: &Cx) -> String {
    let beds = Arc::new((Mutex::new(Beds::default()), Condvar::new()));
    let sleepers = [1, 2].map(|number| {
        let beds = beds.clone();
        cx.spawn("sleeper", move || {
            let mut inside = beds.0.lock();
            if !inside.closed {
                inside.came.push(number);
                inside = beds.1.wait_until(inside, Deadline::NEVER).0;
                inside.woken.push(number);
                beds.1.notify_one();
            }
        })
    });
    let waker = {
        let beds = beds.clone();
        cx.spawn("waker", move || {
            beds.0.lock().closed = true;
            beds.1.notify_one();
        })
    };
    sleepers.into_iter().for_each(|sleeper| sleeper.join().expect(JOINED));
    waker.join().expect(JOINED);
    let inside = beds.0.lock();
    match inside.woken.len() {
        2 if inside.came == inside.woken => "in turn".to_owned(),
        2 => "out of turn".to_owned(),
        slept => format!("{slept} slept"),
    }
}

/// One sleeper that does not ask again.
fn spurious(cx: &Cx) -> String {
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let opener = {
        let gate = gate.clone();
        cx.spawn("opener", move || {
            *gate.0.lock() = true;
            gate.1.notify_one();
        })
    };
    let sleeper = cx.spawn("sleeper", move || {
        let open = gate.0.lock();
        if *open { *open } else { *gate.1.wait_until(open, Deadline::NEVER).0 }
    });
    opener.join().expect(JOINED);
    if sleeper.join().expect(JOINED) { "open" } else { "closed" }.to_owned()
}

/// One sleeper, alone, with the checker's own time-out.
fn time_out(cx: &Cx) -> String {
    let sleeper = cx.spawn("sleeper", || {
        let (lock, condvar) = (bare::sync::Mutex::new(()), bare::sync::Condvar::new());
        let waited = condvar.wait_timeout(lock.lock().expect(UNPOISONED), Duration::from_micros(1));
        waited.expect(UNPOISONED).1.timed_out()
    });
    if sleeper.join().expect(JOINED) { "timed out" } else { "woken" }.to_owned()
}

/// One holds a lock until the other has tried it.
fn try_lock(cx: &Cx) -> String {
    let lock = Arc::new(bare::sync::Mutex::new(()));
    let tried = Arc::new((Mutex::new(false), Condvar::new()));
    let holder = {
        let (lock, tried) = (lock.clone(), tried.clone());
        cx.spawn("holder", move || {
            let held = lock.lock().expect(UNPOISONED);
            let mut is_over = tried.0.lock();
            while !*is_over {
                is_over = tried.1.wait_until(is_over, Deadline::NEVER).0;
            }
            drop(held);
        })
    };
    let trying = cx.spawn("trying", move || {
        let taken = lock.try_lock().is_ok();
        *tried.0.lock() = true;
        tried.1.notify_one();
        taken
    });
    holder.join().expect(JOINED);
    if trying.join().expect(JOINED) { "taken" } else { "refused" }.to_owned()
}

/// A thread that can be unparked, which an actor can't.
fn sleeper<S: Send + Sync + 'static>(
    shared: &Arc<S>,
    act: impl FnOnce(&S) -> String + Send + 'static,
) -> bare::thread::JoinHandle<String> {
    let shared = shared.clone();
    let named = bare::thread::Builder::new().name("sleeper".to_owned());
    named.spawn(move || act(&shared)).expect("a model has its threads")
}

/// What the sleeper comes to while somebody does that to it.
fn unparked<S: Send + Sync + 'static>(
    cx: &Cx,
    sleeper: bare::thread::JoinHandle<String>,
    shared: &Arc<S>,
    act: impl FnOnce(&bare::thread::Thread, &S) + Send + 'static,
) -> String {
    let (thread, shared) = (sleeper.thread().clone(), shared.clone());
    let waker = cx.spawn("waker", move || act(&thread, &shared));
    waker.join().expect(JOINED);
    sleeper.join().expect(JOINED)
}
