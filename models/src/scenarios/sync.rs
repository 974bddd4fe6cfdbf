//! The facade itself: that a condition variable of the checked worlds hands a token over.

use rdv::sync::time::Deadline;
use rdv::sync::{Arc, Condvar, Mutex};

use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[Scenario {
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
}];

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
