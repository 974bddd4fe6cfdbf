//! Which steps are told one by one, and which only in sum.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{Kind, Step};

/// The model's main thread.
pub(super) const MAIN: &str = "main";

/// Steps of the main thread that are told after the last join, if it is there that a rule was broken.
const LAST_OF_MAIN: usize = 12;

/// Rows of a long execution: the last ones.
const MAX_ROWS: usize = 150;

/// A step, or some that are told as one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Folded {
    Step(usize),
    /// This one and the next, with nothing between.
    LockAndUnlock(usize),
    /// From the first to the last: of one thread, on what it alone touches.
    Own(usize, usize),
    /// `is_aside`: not in the diagram, where a main thread that only waits for others would be in the way.
    Steps {
        first: usize,
        last: usize,
        text: String,
        is_aside: bool,
    },
}

/// What is told. `main_failed`: it was the main thread that broke the rule.
pub(super) fn fold(steps: &[Step], main_failed: bool) -> Vec<Folded> {
    let setup = steps.iter().position(|step| step.kind == Kind::Spawns).unwrap_or(0);
    let epilogue = steps.iter().rposition(|step| step.kind == Kind::Joins).map_or(steps.len(), |join| join + 1);
    // Main may have joined some and wait for others: what those do is no epilogue.
    let is_over = steps[epilogue..].iter().all(|step| step.thread == MAIN);
    let epilogue = if is_over { epilogue } else { steps.len() };
    let shown = if main_failed { steps.len().saturating_sub(LAST_OF_MAIN).max(epilogue) } else { steps.len() };
    let private = private(&steps[setup..epilogue]);

    let mut rows = Vec::new();
    rows.extend(run(steps, 0, setup, "sets up"));
    let mut next = setup;
    while next < epilogue {
        let more = steps[next + 1..epilogue].iter().take_while(|step| joins(&steps[next], step, &private)).count();
        let is_locked = steps[next + 1..epilogue].first().is_some_and(|step| unlocks(&steps[next], step));
        let len = 1 + more.max(usize::from(is_locked));
        rows.extend(rows_of(steps, next, len, &private));
        next += len;
    }
    rows.extend(run(steps, epilogue, shown, "looks at what is left"));
    rows.extend((shown..steps.len()).map(|index| Folded::Step(index + 1)));
    shorten(rows)
}

fn run(steps: &[Step], first: usize, end: usize, does: &str) -> Option<Folded> {
    let count = end - first;
    let of = steps.get(first)?.thread.clone();
    let text = format!("{of} {does} ({count} step{})", if count == 1 { "" } else { "s" });
    (count > 0).then_some(Folded::Steps { first: first + 1, last: end, text, is_aside: false })
}

/// Whether the two consecutive steps are told as one.
fn joins(first: &Step, next: &Step, private: &BTreeSet<&str>) -> bool {
    let same = first.thread == next.thread;
    let is_private = |step: &Step| private.contains(step.object.as_str()) && !is_told(step.kind);
    same && ((is_private(first) && is_private(next)) || (first.kind == next.kind && is_life(first.kind)))
}

/// Whether the second gives the lock up that the first took.
fn unlocks(first: &Step, next: &Step) -> bool {
    let is_pair = first.operation == "lock" && next.operation == "unlock";
    is_pair && first.thread == next.thread && first.object == next.object
}

fn is_life(kind: Kind) -> bool {
    matches!(kind, Kind::Spawns | Kind::Joins)
}

/// Kinds of steps that are told whatever they touch.
fn is_told(kind: Kind) -> bool {
    matches!(kind, Kind::Blocks | Kind::Resumes | Kind::Notifies)
}

/// The rows of `len` steps that belong together.
fn rows_of(steps: &[Step], first: usize, len: usize, private: &BTreeSet<&str>) -> Option<Folded> {
    let step = &steps[first];
    let together = &steps[first..first + len];
    let is_aside = step.kind == Kind::Joins;
    let folded = |text| Some(Folded::Steps { first: first + 1, last: first + len, text, is_aside });
    match step.kind {
        Kind::Starts | Kind::Ends => None,
        Kind::Spawns | Kind::Joins => {
            let whom: Vec<_> = together.iter().map(|step| step.value.as_str()).collect();
            folded(format!("{} {}s {}", step.thread, step.operation, whom.join(", ")))
        }
        _ if len > 1 && private.contains(step.object.as_str()) => Some(Folded::Own(first + 1, first + len)),
        _ if len > 1 => Some(Folded::LockAndUnlock(first + 1)),
        _ => Some(Folded::Step(first + 1)),
    }
}

/// The objects that one thread alone touches.
fn private(steps: &[Step]) -> BTreeSet<&str> {
    let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for step in steps.iter().filter(|step| !step.object.is_empty()) {
        users.entry(&step.object).or_default().insert(&step.thread);
    }
    users.into_iter().filter(|(_, users)| users.len() == 1).map(|(object, _)| object).collect()
}

/// Drops the first rows of a long story.
fn shorten(mut rows: Vec<Folded>) -> Vec<Folded> {
    let dropped = rows.len().saturating_sub(MAX_ROWS);
    if dropped > 0 {
        let last = last_of(&rows[dropped - 1]);
        rows.drain(..dropped);
        let text = format!("{last} steps before");
        rows.insert(0, Folded::Steps { first: 1, last, text, is_aside: false });
    }
    rows
}

fn last_of(row: &Folded) -> usize {
    match row {
        Folded::Step(number) => *number,
        Folded::LockAndUnlock(number) => number + 1,
        Folded::Own(_, last) | Folded::Steps { last, .. } => *last,
    }
}

/// The threads with a step of their own in these rows, in the order of their first.
pub(super) fn lanes(steps: &[Step], rows: &[Folded]) -> Vec<String> {
    let mut lanes: Vec<String> = Vec::new();
    let spawned = steps.iter().filter(|step| step.kind == Kind::Starts).map(|step| &step.thread);
    let told = rows.iter().filter_map(|row| match row {
        Folded::Step(number) | Folded::LockAndUnlock(number) => Some(&steps[number - 1].thread),
        Folded::Own(..) | Folded::Steps { .. } => None,
    });
    let told: Vec<_> = told.collect();
    for thread in spawned.chain(told.iter().copied()) {
        if told.contains(&thread) && !lanes.contains(thread) {
            lanes.push(thread.clone());
        }
    }
    lanes
}
