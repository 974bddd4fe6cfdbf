//! Sleeping and waking by themselves: the place where a waiter is told, and the order of looking, marking and sleeping.

use std::sync::Mutex as Plain;
use std::task::{Wake, Waker};
use std::time::Duration;

use rdv::sync::Arc;
use rdv::sync::atomic::{AtomicUsize, Ordering};
use rdv::sync::time::Deadline;
use rdv::wait::{Attempt, Parking, Spin, wait};

use super::support::{Ghost, JOINED, holds_token};
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        hang: "RING-5",
        spurious: 2,
        witnesses: &["told"],
        runs: &[Run::loom(2, Level::Quick)],
        ..Scenario::new(
            "wait/told",
            &["RING-5", "ALL-1"],
            "A sleeper returns when, and only when, it was told; what was done before it was told, it sees.",
            told,
        )
    },
    Scenario {
        hang: "RING-5",
        spurious: 2,
        deadlines: 1,
        witnesses: &["passed", "told in time"],
        ..Scenario::new(
            "wait/deadline",
            &["RING-5"],
            "A deadline races a wake-up: the sleeper says true if it took the wake-up, else the wake-up is still there.",
            deadline,
        )
    },
    Scenario {
        hang: "RING-5",
        choices: &[2],
        spurious: 2,
        deadlines: 1,
        witnesses: &["slept", "did not sleep", "gave up"],
        ..Scenario::new(
            "wait/protocol",
            &["RING-5", "ALL-1"],
            "Look, mark, sleep, look again: no change is missed, each mark is met by one wake-up, giving up leaves nothing behind.",
            protocol,
        )
    },
    Scenario {
        hang: "ALL-2",
        choices: &[3],
        witnesses: &["told at once", "told later"],
        ..Scenario::new(
            "wait/waker",
            &["ALL-2", "RING-5", "ALL-3"],
            "A waker instead of a sleeping thread: woken once, replaced by the next, called and dropped without a lock.",
            wakers,
        )
    },
];

/// As many wakers as the size says, one sleeper.
fn told(cx: &Cx) -> String {
    let size = cx.size();
    let parking = Arc::new(Parking::new());
    let (begun, done) = (Arc::new(Ghost::new()), Arc::new(AtomicUsize::new(0)));
    let wakers: Vec<_> = (0..size)
        .map(|_| {
            let (parking, begun, done) = (parking.clone(), begun.clone(), done.clone());
            cx.spawn("waker", move || {
                done.fetch_add(1, Ordering::Relaxed);
                begun.count();
                parking.wake();
            })
        })
        .collect();
    let sleeper = {
        let (cx, parking) = (cx.clone(), parking.clone());
        cx.clone().spawn("sleeper", move || {
            let (mut returned, mut seen) = (0, 0);
            while seen < size {
                rule!("RING-5", parking.sleep(Deadline::NEVER), "no deadline, and it has passed");
                returned += 1;
                cx.witness("told");
                let told = begun.get();
                rule!("RING-5", returned <= told, "returned {returned} times, told {told} times");
                // Relaxed: the wake-up itself is what makes it visible.
                let now = done.load(Ordering::Relaxed);
                rule!("RING-5", now >= returned, "told {returned} times, but only {now} changes can be seen");
                seen = now;
            }
            returned
        })
    };
    wakers.into_iter().for_each(|waker| waker.join().expect(JOINED));
    let returned = sleeper.join().expect(JOINED);
    format!("returned {returned} times")
}

fn deadline(cx: &Cx) -> String {
    let parking = Arc::new(Parking::new());
    let deadline = Deadline::after(Duration::from_micros(20));
    let begun = Arc::new(Ghost::new());
    let waker = {
        let (parking, begun) = (parking.clone(), begun.clone());
        cx.spawn("waker", move || {
            begun.count();
            parking.wake();
        })
    };
    let sleeper = {
        let parking = parking.clone();
        cx.spawn("sleeper", move || {
            let told = parking.sleep(deadline);
            rule!("RING-5", !told || begun.is_set(), "returned as if told, but nobody told it");
            told
        })
    };
    waker.join().expect(JOINED);
    let told = sleeper.join().expect(JOINED);
    let left = holds_token(&parking);
    rule!("RING-5", told != left, "told in time: {told}; the wake-up is still there: {left}");
    cx.witness(if told { "told in time" } else { "passed" });
    format!("told in time: {told}")
}

const ASLEEP: usize = 1;
const CHANGE: usize = 2;

/// The smallest thing to wait for: a word that counts changes beside a mark.
struct Word {
    word: Arc<AtomicUsize>,
    /// How many changes are waited for.
    wanted: usize,
    seen: usize,
    armed: usize,
    disarmed: usize,
}

impl Attempt for Word {
    type Output = ();

    fn attempt(&mut self) -> Option<()> {
        self.seen = self.word.load(Ordering::Relaxed);
        (self.seen >= self.wanted * CHANGE).then_some(())
    }

    fn arm(&mut self) -> bool {
        let mark = |seen| self.word.compare_exchange(seen, seen | ASLEEP, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        let armed = self.seen & ASLEEP == 0 && mark(self.seen);
        self.armed += usize::from(armed);
        armed
    }

    fn disarm(&mut self) -> bool {
        let disarmed = self.word.fetch_and(!ASLEEP, Ordering::Relaxed) & ASLEEP != 0;
        self.disarmed += usize::from(disarmed);
        disarmed
    }
}

/// As many changes as the size says are waited for, with or without a deadline.
fn protocol(cx: &Cx) -> String {
    let (size, hasty) = (cx.size(), cx.choice(0) == 1);
    let (word, parking) = (Arc::new(AtomicUsize::new(0)), Arc::new(Parking::new()));
    let deadline = if hasty { Deadline::after(Duration::from_micros(20)) } else { Deadline::NEVER };
    let waiting = {
        let (word, parking) = (word.clone(), parking.clone());
        cx.spawn("waiter", move || {
            let mut what = Word { word, wanted: size, seen: 0, armed: 0, disarmed: 0 };
            let done = wait(&mut what, &parking, &mut Spin::default(), deadline).is_some();
            (done, what.armed, what.disarmed)
        })
    };
    let changing = {
        let parking = parking.clone();
        cx.spawn("changer", move || {
            let change = |_: &usize| {
                let before = word.fetch_add(CHANGE, Ordering::Relaxed);
                before & ASLEEP != 0 && word.fetch_and(!ASLEEP, Ordering::Relaxed) & ASLEEP != 0
            };
            (0..size).filter(change).map(|_| parking.wake()).count()
        })
    };
    let (done, armed, disarmed) = waiting.join().expect(JOINED);
    let woken = changing.join().expect(JOINED);
    rule!("RING-5", done || hasty, "gave up without a deadline");
    rule!("RING-5", done || woken < size, "gave up though it was told of the last change");
    rule!("RING-5", armed == disarmed + woken, "{armed} marks, {disarmed} taken back, {woken} wake-ups");
    rule!("RING-5", !holds_token(&parking), "a wake-up is left behind");
    cx.witness(if !done {
        "gave up"
    } else if armed > 0 {
        "slept"
    } else {
        "did not sleep"
    });
    format!("done: {done}, slept {armed} times, woken {woken} times")
}

/// A waker that uses the place it is told by, when it is woken and when it is dropped.
struct Nosy {
    parking: Arc<Parking>,
    then: Plain<Option<Waker>>,
    woken: Arc<Ghost>,
}

impl Wake for Nosy {
    fn wake(self: Arc<Self>) {
        self.woken.count();
        if let Some(next) = self.then.lock().expect("nobody panics with it").take() {
            self.parking.register(next);
        }
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        self.parking.wake();
    }
}

/// Choice 0: one waker; two, the second replacing the first; one that registers the next when it is woken and wakes when it is dropped.
fn wakers(cx: &Cx) -> String {
    let choice = cx.choice(0);
    let parking = Arc::new(Parking::new());
    let ghosts = [Arc::new(Ghost::new()), Arc::new(Ghost::new())];
    let registering = {
        let (parking, [first, second]) = (parking.clone(), ghosts.clone());
        cx.spawn("registrar", move || {
            if choice == 2 {
                let then = Plain::new(Some(Waker::from(second)));
                let nosy = Nosy { parking: parking.clone(), then, woken: first };
                parking.register(Waker::from(Arc::new(nosy)));
                return 0;
            }
            parking.register(Waker::from(first.clone()));
            let at_once = first.get();
            if choice == 1 {
                parking.register(Waker::from(second));
            }
            at_once
        })
    };
    let waking = {
        let parking = parking.clone();
        cx.spawn("waker", move || parking.wake())
    };
    let at_once = registering.join().expect(JOINED);
    waking.join().expect(JOINED);
    let woken = ghosts.each_ref().map(|ghost| ghost.get());
    // Nosy's drop is a wake-up of its own, for the one registered when it was woken.
    let due = if choice == 2 { 2 } else { 1 };
    rule!("RING-5", woken[0] + woken[1] == due, "wakers woken {woken:?} times, {due} in all are due");
    rule!("RING-5", !holds_token(&parking), "a wake-up is left behind");
    if choice == 1 {
        let kept = ghosts.each_ref().map(Arc::strong_count);
        // The question whether a token is left has replaced the second.
        rule!("ALL-3", kept == [1, 1], "wakers that nobody needs are kept: {kept:?}");
    }
    cx.witness(if at_once > 0 { "told at once" } else { "told later" });
    format!("woken {woken:?}")
}
