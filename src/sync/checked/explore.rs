//! What the harness tells and asks about the execution at hand, outside the checker's knowledge.
//!
//! Both checkers run all threads of a model on one thread of the system, so a plain thread-local of std is shared
//! by all actors, orders nothing between them and costs nothing. The harness calls [`begin`] first thing in
//! every execution.

use std::cell::RefCell;
use std::panic::Location;
use std::time::Duration;

use super::thread;

/// The tape of one execution: the choices that neither checker makes by itself. The harness enumerates them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Script {
    /// Bit k: the k-th deadline of the execution passes even if a notification came before it; else the
    /// notification wins.
    pub fires: u32,
    /// The wait (counted from 0 over the execution) that wakes without having been notified.
    pub spurious: Option<u32>,
}

/// What an execution made use of: more than its scenario declares means that choices were left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Deadlines made.
    pub deadlines: u32,
    /// Waits on condition variables begun.
    pub waits: u32,
    /// The most stores that any one atomic saw that was loaded, by the last load or after it, while actors were at work.
    pub max_stores: u32,
    /// Where the last of them stands.
    pub max_stores_at: String,
}

/// One recorded operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The actor.
    pub thread: String,
    /// What it did, with its memory ordering where it has one.
    pub operation: String,
    /// What it did that to.
    pub object: String,
    /// The value read or written.
    pub value: String,
    /// The source line.
    pub at: String,
}

/// A name for the record: its kind and its number within the execution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object {
    kind: &'static str,
    number: u32,
}

#[derive(Default)]
struct State {
    script: Script,
    now: Duration,
    deadlines: u32,
    waits: u32,
    objects: u32,
    max_stores: u32,
    max_stores_at: Option<&'static Location<'static>>,
    quiet: bool,
    recording: bool,
    steps: Vec<Step>,
}

std::thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

fn with<R>(access: impl FnOnce(&mut State) -> R) -> R {
    STATE.with(|state| access(&mut state.borrow_mut()))
}

/// Starts an execution: counters and record begin anew.
pub fn begin(script: Script) {
    with(|state| *state = State { script, recording: state.recording, ..State::default() });
}

/// Whether steps are recorded. Off unless asked for: telling costs more than doing.
pub fn record(on: bool) {
    with(|state| state.recording = on);
}

/// The steps of the execution so far.
#[must_use]
pub fn steps() -> Vec<Step> {
    with(|state| state.steps.clone())
}

/// What the execution used so far.
#[must_use]
pub fn usage() -> Usage {
    with(|state| Usage {
        deadlines: state.deadlines,
        waits: state.waits,
        max_stores: state.max_stores,
        max_stores_at: state.max_stores_at.map(ToString::to_string).unwrap_or_default(),
    })
}

impl Object {
    pub(super) const NONE: Self = Self { kind: "", number: 0 };

    pub(super) fn new(kind: &'static str) -> Self {
        let number = with(|state| {
            state.objects += 1;
            state.objects
        });
        Self { kind, number }
    }
}

/// The explorer's clock.
pub(super) fn now() -> Duration {
    with(|state| state.now)
}

/// Moves the clock on, never back.
pub(super) fn advance(to: Duration) {
    with(|state| state.now = state.now.max(to));
}

/// Makes the next deadline: does it beat a notification that came first?
pub(super) fn deadline_wins() -> bool {
    with(|state| {
        let bit = state.deadlines;
        state.deadlines += 1;
        bit < u32::BITS && state.script.fires >> bit & 1 == 1
    })
}

/// Begins a wait: is it the one that wakes without cause?
pub(super) fn wait_is_spurious() -> bool {
    with(|state| {
        let wait = state.waits;
        state.waits += 1;
        state.script.spurious == Some(wait)
    })
}

/// No actor is at work any more: whatever is stored from now on is met by nobody's load.
pub fn quiesce() {
    with(|state| state.quiet = true);
}

pub(super) fn stores(count: u32, at: &'static Location<'static>) {
    with(|state| {
        if count > state.max_stores && !state.quiet {
            state.max_stores = count;
            state.max_stores_at = Some(at);
        }
    });
}

/// Records a step, called right after the operation (or right before one that may not return).
#[track_caller]
pub(super) fn step(object: Object, tell: impl FnOnce() -> (String, String)) {
    if !with(|state| state.recording) {
        return;
    }
    let at = Location::caller().to_string();
    let thread = thread::name();
    let (operation, value) = tell();
    let object = if object.kind.is_empty() { String::new() } else { format!("{}#{}", object.kind, object.number) };
    with(|state| state.steps.push(Step { thread, operation, object, value, at }));
}
