//! Litmus tests of the checkers: small programs, and what loom and shuttle are known to see of them.
//!
//! What a checker shows is compared with what stands here, outcome by outcome, together with the number of executions. So an
//! upgrade of a checker that sees more, less, or otherwise does not pass unnoticed: `cargo models --litmus`, and every whole run.

use rdv::sync::atomic::{AtomicUsize, Ordering, fence};
use rdv::sync::time::Deadline;
use rdv::sync::{Arc, Condvar, Mutex};

use crate::broken::{lapses, races};
use crate::scenario::{Cx, Engine, Scenario};

/// A program, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Litmus {
    /// The program; its `about` says what C11, or the standard library, allows.
    pub scenario: Scenario,
    /// What loom 0.7.2 shows.
    pub loom: Seen,
    /// What the depth-first search of shuttle 0.9.9 shows.
    pub dfs: Seen,
    /// What follows for whoever reads a green run.
    pub lesson: &'static str,
}

/// What a checker shows of a program.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Every outcome, sorted; a single `breaks RULE` if it is a failure.
    pub outcomes: &'static [&'static str],
    /// In so many executions.
    pub executions: u64,
}

impl Litmus {
    /// What that checker is known to show.
    #[must_use]
    pub fn known(&self, engine: Engine) -> Seen {
        if engine == Engine::Loom { self.loom } else { self.dfs }
    }
}

const fn seen(outcomes: &'static [&'static str], executions: u64) -> Seen {
    Seen { outcomes, executions }
}

const fn program(name: &'static str, about: &'static str, body: fn(&Cx) -> String) -> Scenario {
    Scenario::new(name, &["ALL-1"], about, body)
}

/// All of them.
pub const ALL: &[Litmus] = &[
    Litmus {
        scenario: program("litmus/store-buffering", "SeqCst accesses: never `0 0`.", |cx| {
            let act = |mine: &AtomicUsize, other: &AtomicUsize| {
                mine.store(1, Ordering::SeqCst);
                other.load(Ordering::SeqCst)
            };
            two(cx, move |words| act(&words.x, &words.y), move |words| act(&words.y, &words.x))
        }),
        loom: seen(&["0 0", "0 1", "1 0", "1 1"], 60),
        dfs: seen(&["0 1", "1 0", "1 1"], 20),
        lesson: "loom takes SeqCst accesses for AcqRel: a correct program fails there",
    },
    Litmus {
        scenario: program("litmus/store-buffering-fences", "SeqCst fences: never `0 0`.", |cx| {
            let act = |mine: &AtomicUsize, other: &AtomicUsize| {
                mine.store(1, Ordering::Relaxed);
                fence(Ordering::SeqCst);
                other.load(Ordering::Relaxed)
            };
            two(cx, move |words| act(&words.x, &words.y), move |words| act(&words.y, &words.x))
        }),
        loom: seen(&["0 1", "1 0", "1 1"], 30),
        dfs: seen(&["0 1", "1 0", "1 1"], 20),
        lesson: "loom models SeqCst fences",
    },
    Litmus {
        scenario: program("litmus/message-passing", "Relaxed stores, seen in either order: `1 0` may be.", |cx| {
            two(cx, store_both, |words| pair(words.y.load(Ordering::Relaxed), words.x.load(Ordering::Relaxed)))
        }),
        loom: seen(&["0 0", "0 1", "1 0", "1 1"], 57),
        dfs: seen(&["0 0", "0 1", "1 1"], 20),
        lesson: "loom shows stale values; to shuttle, all is sequentially consistent",
    },
    Litmus {
        scenario: program("litmus/failing-exchange", "The same, the second load being an exchange that fails.", |cx| {
            two(cx, store_both, |words| {
                let first = words.y.load(Ordering::Relaxed);
                let exchanged = words.x.compare_exchange(9, 9, Ordering::Relaxed, Ordering::Relaxed);
                pair(first, exchanged.unwrap_or_else(|found| found))
            })
        }),
        loom: seen(&["0 0", "0 1", "1 1"], 30),
        dfs: seen(&["0 0", "0 1", "1 1"], 20),
        lesson: "in loom a failing exchange reads the newest store, whatever its failure ordering",
    },
    Litmus {
        scenario: program("litmus/eight-stores", "After the last of 8 relaxed stores any value may be loaded.", |cx| {
            let store = |words: &Words| {
                (1..=8).for_each(|value| words.x.store(value, Ordering::Relaxed));
                words.y.store(1, Ordering::Relaxed);
                ""
            };
            two(cx, store, |words| {
                let last = words.y.load(Ordering::Relaxed) == 1;
                let value = words.x.load(Ordering::Relaxed);
                if last { format!("at last {value}") } else { "early".to_owned() }
            })
        }),
        loom: seen(
            &["at last 2", "at last 3", "at last 4", "at last 5", "at last 6", "at last 7", "at last 8", "early"],
            3507,
        ),
        dfs: seen(&["at last 8", "early"], 286),
        lesson: "loom remembers seven stores of each atomic",
    },
    Litmus {
        scenario: program("litmus/swap-beside-store", "A swap that found 0 comes first: never `0 2`.", |cx| {
            let words = Arc::new(Words::default());
            let swapping = actor(cx, "swap", &words, |words| words.x.swap(2, Ordering::AcqRel));
            let storing = actor(cx, "store", &words, |words| words.x.store(1, Ordering::Release));
            let found = swapping.join().expect(JOINED);
            storing.join().expect(JOINED);
            format!("{found} {}", words.x.load(Ordering::Acquire))
        }),
        loom: seen(&["0 1", "0 2", "1 2"], 15),
        dfs: seen(&["0 1", "1 2"], 6),
        lesson: "in loom a plain store may fall into a read-modify-write: shared words are only exchanged here",
    },
    Litmus {
        scenario: Scenario {
            name: "litmus/hidden-load",
            about: "A ring whose owners load their own index, the consumer being main: any prefix fits.",
            ..lapses::HIDDEN_LOAD.scenario
        },
        loom: seen(&["pushed Some(Some([true, false])), popped [false, false]"], 1),
        dfs: seen(
            &[
                "pushed Some(Some([true, false])), popped [false, false]",
                "pushed Some(Some([true, false])), popped [false, true]",
                "pushed Some(Some([true, false])), popped [true, false]",
                "pushed Some(Some([true, true])), popped [false, true]",
                "pushed Some(Some([true, true])), popped [true, false]",
                "pushed Some(Some([true, true])), popped [true, true]",
            ],
            389,
        ),
        lesson: "loom's reduction skips interleavings: owners remember their index, main does not act",
    },
    Litmus {
        scenario: Scenario {
            name: "litmus/data-race",
            about: "A cell, published by a relaxed store: a data race.",
            ..races::DATA_RACE.scenario
        },
        loom: seen(&["breaks RING-4"], 2),
        dfs: seen(&["read Some(0)", "read Some(1)"], 6),
        lesson: "shuttle sees no data race",
    },
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
];

/// The programs, as scenarios.
pub fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    ALL.iter().map(|litmus| &litmus.scenario)
}

const JOINED: &str = "an actor's panic ends the run";

struct Words {
    x: AtomicUsize,
    y: AtomicUsize,
}

impl Default for Words {
    fn default() -> Self {
        Self { x: AtomicUsize::new(0), y: AtomicUsize::new(0) }
    }
}

fn actor<T: Send + 'static>(
    cx: &Cx,
    name: &str,
    words: &Arc<Words>,
    act: impl FnOnce(&Words) -> T + Send + 'static,
) -> crate::scenario::Actor<T> {
    let words = words.clone();
    cx.spawn(name, move || act(&words))
}

/// What two actors on two words, both 0, come to.
fn two<L: ToString + Send + 'static, R: ToString + Send + 'static>(
    cx: &Cx,
    left: impl FnOnce(&Words) -> L + Send + 'static,
    right: impl FnOnce(&Words) -> R + Send + 'static,
) -> String {
    let words = Arc::new(Words::default());
    let (left, right) = (actor(cx, "left", &words, left), actor(cx, "right", &words, right));
    let (left, right) = (left.join().expect(JOINED).to_string(), right.join().expect(JOINED).to_string());
    format!("{left} {right}").trim().to_owned()
}

fn store_both(words: &Words) -> &'static str {
    words.x.store(1, Ordering::Relaxed);
    words.y.store(1, Ordering::Relaxed);
    ""
}

fn pair(first: usize, second: usize) -> String {
    format!("{first} {second}")
}

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
