//! The facade itself: that a condition variable of the checked worlds hands a token over; and the lock that production's mutexes are
//! made of.

use std::sync::Mutex as Plain;

use rdv::sync::atomic::{AtomicUsize, Ordering};
use rdv::sync::cell::Slots;
use rdv::sync::lock::Lock;
use rdv::sync::time::Deadline;
use rdv::sync::{Arc, Condvar, Mutex};

use super::support::{Ghost, JOINED};
use crate::rule;
use crate::scenario::{Bound, Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        witnesses: &["waited", "was given first"],
        hang: "RING-5",
        spurious: 2,
        audit: 1,
        runs: &[Run::loom(2, Level::Quick), Run::portfolio(2, Level::Quick)],
        ..Scenario::new(
            "sync/token",
            &["RING-5"],
            "A taker sleeps until a giver has put down a token; no token is lost, none is made up.",
            token,
        )
    },
    Scenario {
        hang: "RING-5",
        witnesses: &["contended"],
        spurious: 1,
        audit_bound: Bound::Preemptions(3),
        runs: &[
            Run::loom_bounded(2, 3, Level::Quick),
            Run::loom_bounded(2, 4, Level::Default),
            Run::loom_bounded(3, 4, Level::Default),
            Run::loom_bounded(4, 2, Level::Quick),
            Run::loom_bounded(4, 3, Level::Default),
            Run::portfolio(3, Level::Quick),
            Run::portfolio(4, Level::Quick),
        ],
        ..Scenario::new(
            "sync/lock",
            &["RING-4", "RING-5"],
            "Whoever has the lock has it alone and sees what was done under it before; nobody who waits for it sleeps on.",
            lock,
        )
    },
];

/// By size: how often each actor takes the lock.
const ROUNDS: [&[usize]; 4] = [&[1, 1], &[2, 1], &[3, 1], &[1, 1, 1]];

/// What the lock guards: a slot, for the race detector, and a count that is only right if each sees the one before.
struct Guarded {
    lock: Lock,
    slot: Slots<u8>,
    count: AtomicUsize,
    arrived: Ghost,
    entered: Plain<Vec<usize>>,
}

fn lock(cx: &Cx) -> String {
    let rounds = ROUNDS[cx.size() - 1];
    let guarded = Arc::new(Guarded {
        lock: Lock::default(),
        slot: Slots::try_new(1).expect("one byte"),
        count: AtomicUsize::new(0),
        arrived: Ghost::new(),
        entered: Plain::default(),
    });
    let actor = |(number, rounds): (usize, &usize)| {
        let (cx, guarded, rounds) = (cx.clone(), guarded.clone(), *rounds);
        cx.clone().spawn("owner", move || (0..rounds).for_each(|_| own(&cx, &guarded, number)))
    };
    let actors: Vec<_> = rounds.iter().enumerate().map(actor).collect();
    actors.into_iter().for_each(|actor| actor.join().expect(JOINED));
    let entered = guarded.entered.lock().expect("nobody panics under it").clone();
    let all: usize = rounds.iter().sum();
    let count = guarded.count.load(Ordering::Relaxed);
    rule!("RING-4", count == all, "{all} owners counted {count}");
    format!("{entered:?}")
}

fn own(cx: &Cx, guarded: &Guarded, number: usize) {
    guarded.arrived.count();
    guarded.lock.acquire();
    let _address = guarded.slot.writing(0, 1);
    let count = guarded.count.load(Ordering::Relaxed);
    guarded.count.store(count + 1, Ordering::Relaxed);
    let entered = {
        let mut entered = guarded.entered.lock().expect("nobody panics under it");
        entered.push(number);
        entered.len()
    };
    if guarded.arrived.get() > entered {
        cx.witness("contended");
    }
    guarded.lock.release();
}

/// A giver puts down as many tokens as the size says, one at a time; a taker takes them.
fn token(cx: &Cx) -> String {
    let place = Arc::new((Mutex::new(0_usize), Condvar::new()));
    let size = cx.size();
    let giver = {
        let place = Arc::clone(&place);
        cx.spawn("giver", move || {
            for _ in 0..size {
                *place.0.lock() += 1;
                place.1.notify_one();
            }
        })
    };
    let taker = {
        let (cx, place) = (cx.clone(), Arc::clone(&place));
        cx.clone().spawn("taker", move || (0..size).filter(|_| take(&cx, &place)).count())
    };
    giver.join().expect("an actor's panic ends the run");
    let waits = taker.join().expect("an actor's panic ends the run");
    let left = *place.0.lock();
    rule!("RING-5", left == 0, "{left} tokens were never taken");
    format!("waited {waits} times")
}

/// Takes one token; true if it had to wait for it.
fn take(cx: &Cx, place: &(Mutex<usize>, Condvar)) -> bool {
    let mut tokens = place.0.lock();
    let waits = *tokens == 0;
    while *tokens == 0 {
        tokens = place.1.wait_until(tokens, Deadline::NEVER).0;
    }
    *tokens -= 1;
    cx.witness(if waits { "waited" } else { "was given first" });
    waits
}
