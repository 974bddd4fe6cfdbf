//! What the checkers see of memory: values, their order, data races.

use rdv::sync::Arc;
use rdv::sync::atomic::{AtomicUsize, Ordering, fence};

use super::{JOINED, Litmus, program, seen};
use crate::broken::{lapses, races};
use crate::engine::bare;
use crate::scenario::{Actor, Cx, Scenario};

pub(super) const ALL: &[Litmus] = &[
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
        lesson: "in loom a plain store may fall into a read-modify-write: what somebody else may write meanwhile is only exchanged here",
    },
    Litmus {
        scenario: program(
            "litmus/late-store",
            "Relaxed stores: a swap may find 0 although the store of 1 is known of, so `1 0 1` may be.",
            |cx| {
                let words = Arc::new(Words::default());
                let storing = actor(cx, "store", &words, store_both);
                let swapping = actor(cx, "swap", &words, |words| {
                    pair(words.y.load(Ordering::Relaxed), words.x.swap(2, Ordering::Release))
                });
                storing.join().expect(JOINED);
                let found = swapping.join().expect(JOINED);
                format!("{found} {}", words.x.load(Ordering::Acquire))
            },
        ),
        loom: seen(&["0 0 1", "0 0 2", "0 1 2", "1 1 2"], 33),
        dfs: seen(&["0 0 1", "0 1 2", "1 1 2"], 20),
        lesson: "in loom a swap comes after every store that has been made: it does not show what makes a claim release the stamps before it",
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
        loom: seen(&["data race"], 2),
        dfs: seen(&["read Some(0)", "read Some(1)"], 6),
        lesson: "shuttle sees no data race",
    },
    Litmus {
        scenario: program(
            "litmus/weak-exchange",
            "An exchange of the weak form may fail where the other does not.",
            |_| {
                let word = bare::sync::atomic::AtomicUsize::new(0);
                let exchanged = word.compare_exchange_weak(0, 1, Ordering::AcqRel, Ordering::Relaxed);
                if exchanged.is_ok() { "exchanged" } else { "failed" }.to_owned()
            },
        ),
        loom: seen(&["exchanged"], 1),
        dfs: seen(&["exchanged"], 1),
        lesson: "the weak form never fails without cause: it is not part of the facade, loops retry the strong one",
    },
];

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
) -> Actor<T> {
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
