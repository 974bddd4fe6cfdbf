//! What the harness tells and asks about the execution at hand, outside the checker's knowledge.
//!
//! Both checkers run all threads of a model on one thread of the system, so a plain thread-local of std is shared
//! by all actors, orders nothing between them and costs nothing. The harness calls [`begin`] first thing in
//! every execution.

use std::cell::RefCell;
use std::panic::Location;
use std::time::Duration;

use super::thread;
use super::trace::Trace;

pub use super::trace::{Kind, Step};
pub(super) use super::trace::{Object, Touch};

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

#[derive(Default)]
struct State {
    script: Script,
    now: Duration,
    deadlines: u32,
    waits: u32,
    max_stores: u32,
    max_stores_at: Option<&'static Location<'static>>,
    at_work: bool,
    recording: bool,
    /// Steps so far, recorded or not.
    length: usize,
    trace: Trace,
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
    with(|state| state.trace.steps().to_vec())
}

/// How many steps are on record so far.
#[must_use]
pub fn steps_so_far() -> usize {
    with(|state| state.trace.steps().len())
}

/// How many steps there were so far, recorded or not.
#[must_use]
pub fn length() -> usize {
    with(|state| state.length)
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
    /// A new object of that kind.
    #[track_caller]
    pub(super) fn new(kind: &'static str) -> Self {
        let made = Location::caller();
        with(|state| state.trace.object(kind, state.recording.then_some(made)))
    }

    /// A new object that holds a value.
    #[track_caller]
    pub(super) fn holding(kind: &'static str, value: usize) -> Self {
        let object = Self::new(kind);
        with(|state| state.trace.holds(object, value));
        object
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

/// Whether actors are at work. What is stored while none is comes before all that the next ones do, or after all that those
/// before did, so no load can miss it.
pub fn at_work(actors: bool) {
    with(|state| state.at_work = actors);
}

pub(super) fn is_at_work() -> bool {
    with(|state| state.at_work)
}

pub(super) fn stores(count: u32, at: &'static Location<'static>) {
    with(|state| {
        if count > state.max_stores && state.at_work {
            state.max_stores = count;
            state.max_stores_at = Some(at);
        }
    });
}

/// Records a step, called right after the operation (or right before one that may not return).
#[track_caller]
pub(super) fn step(object: Object, touch: Touch, tell: impl FnOnce() -> (String, String)) {
    let recording = with(|state| {
        state.length += 1;
        state.recording
    });
    if recording {
        let (site, told) = (thread::site(Location::caller()), tell());
        with(|state| state.trace.add(&site, object, touch, told));
    }
}

/// The lock of a sleeper is given up, or taken again, as part of the step recorded last.
pub(super) fn lock_changes_hands(lock: Object, is_held: bool) {
    if is_recording() {
        with(|state| state.trace.lock_changes_hands(lock, is_held));
    }
}

/// Records a step in the life of a thread; its number, or 0 if steps are not recorded.
#[track_caller]
pub(super) fn of_threads(kind: Kind, whom: &str, from: usize) -> usize {
    if !is_recording() {
        return 0;
    }
    let site = thread::site(Location::caller());
    with(|state| state.trace.of_threads(&site, kind, whom, from))
}

fn is_recording() -> bool {
    with(|state| state.recording)
}
