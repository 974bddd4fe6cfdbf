//! What the pump on this thread is running, so that its events post to it without a lock.
//!
//! An event that posts to the pump it runs on is the commonest poster of all: a chain of steps, a listener that answers. While
//! nothing else has been posted since the pump last looked, its events may stand right behind the batch that is run, which only
//! this thread can reach (Q6).

use std::cell::RefCell;

use crate::sync::thread_local;
use crate::thunk::Thunk;

use super::fifo::Fifo;
use super::queue::EventQueue;

/// A batch under way.
struct Batch {
    /// Whose; compared, never followed.
    queue: *const EventQueue,
    events: Fifo,
}

thread_local! {
    static RUNNING: RefCell<Option<Batch>> = RefCell::default();
}

/// Runs `run` with the events of `queue` as this thread's batch. A pump that is run inside an event of another is in front of it
/// meanwhile.
pub(super) fn with<R>(queue: *const EventQueue, events: &mut Fifo, run: impl FnOnce() -> R) -> R {
    let batch = Batch { queue, events: std::mem::take(events) };
    let _restore = Restore { before: RUNNING.with(|running| running.replace(Some(batch))), events };
    run()
}

/// Puts everything back, also where a checker unwinds.
struct Restore<'a> {
    before: Option<Batch>,
    events: &'a mut Fifo,
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        let batch = RUNNING.with(|running| running.replace(self.before.take()));
        *self.events = batch.map(|batch| batch.events).unwrap_or_default();
    }
}

/// The next event of this thread's batch.
pub(super) fn next() -> Option<Thunk> {
    RUNNING.with(|running| running.borrow_mut().as_mut()?.events.pop_front())
}

/// Whether this thread runs a batch of that queue. Not while the thread is taken down.
pub(super) fn is_of(queue: &EventQueue) -> bool {
    let is_of = |running: &RefCell<Option<Batch>>| {
        running.borrow().as_ref().is_some_and(|batch| std::ptr::eq(batch.queue, queue))
    };
    RUNNING.try_with(is_of).unwrap_or(false)
}

/// Puts an event behind this thread's batch.
pub(super) fn push(event: Thunk) {
    RUNNING.with(|running| {
        if let Some(batch) = running.borrow_mut().as_mut() {
            batch.events.push_back(event);
        }
    });
}
