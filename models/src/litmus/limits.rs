//! Where a checker gives up: how many threads it takes, and what becomes of a run that it is to end early.

use std::time::Duration;

use rdv::sync::Arc;

use super::{JOINED, Litmus, program, seen};
use crate::engine::{self, bare};
use crate::scenario::Cx;

pub(super) const ALL: &[Litmus] = &[
    Litmus {
        scenario: program("litmus/six-threads", "Main and five actors: nothing is wrong with them.", |cx| {
            let actors = [1, 2, 3, 4, 5].map(|_| cx.spawn("actor", || ()));
            actors.into_iter().for_each(|actor| actor.join().expect(JOINED));
            "ended".to_owned()
        }),
        loom: seen(&["panic: assertion failed: self.threads.len() < self.max()"], 1),
        dfs: seen(&["ended"], 120),
        lesson: "loom has five threads, main included: four actors",
    },
    Litmus {
        scenario: program(
            "litmus/ended-early",
            "A program of many executions, of which 10 are asked for, or no time is given.",
            ended_early,
        ),
        loom: seen(&["10: 15, no time: 15, all: 105"], 1),
        dfs: seen(&["10: 10, no time: 0, all: 251"], 1),
        lesson: "both call it a success, and loom looks every so often only: the harness has its own budget, which fails",
    },
];

/// How many executions there are of a program within those limits.
fn ended_early(_: &Cx) -> String {
    let executions = |most, time| engine::executions(two_counters, most, time);
    let [ten, no_time, all] =
        [(Some(10), None), (None, Some(Duration::ZERO)), (None, None)].map(|(most, time)| executions(most, time));
    format!("10: {ten}, no time: {no_time}, all: {all}")
}

/// Two threads, of which each counts to three.
fn two_counters() {
    let word = Arc::new(bare::sync::atomic::AtomicUsize::new(0));
    let counting = [(); 2].map(|()| {
        let word = word.clone();
        bare::thread::spawn(move || (0..3).for_each(|_| _ = word.fetch_add(1, bare::sync::atomic::Ordering::Relaxed)))
    });
    counting.into_iter().for_each(|counting| counting.join().expect(JOINED));
}
