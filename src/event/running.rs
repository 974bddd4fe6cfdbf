//! What the pump on this thread is running, so that its events post to it without a lock.
//!
//! An event that posts to the pump it runs on is the commonest poster of all: a chain of steps, a listener that answers. While
//! nothing else has been posted since the pump last looked, its events may stand right behind the batch that is run, which only
//! this thread can reach (Q6).

use std::cell::Cell;
use std::ptr;

use crate::sync::thread_local;
use crate::thunk::ThunkQueue;

use super::queue::EventQueue;

/// The batch under way, if there is one.
struct Running {
    /// Whose; compared, never followed.
    queue: Cell<*const EventQueue>,
    events: ThunkQueue,
}

thread_local! {
    static RUNNING: Running = Running { queue: Cell::new(ptr::null()), events: ThunkQueue::default() };
}

/// Runs `run` with the events of `queue` as this thread's batch. A pump that is run inside an event of another is in front of it
/// meanwhile, and keeps the other's events where its own were.
pub(super) fn with<R>(queue: *const EventQueue, events: &ThunkQueue, run: impl FnOnce(&ThunkQueue) -> R) -> R {
    RUNNING.with(|running| {
        running.events.swap(events);
        let _restore = Restore { running, before: running.queue.replace(queue), events };
        run(&running.events)
    })
}

/// Puts everything back, also where a checker unwinds.
struct Restore<'a> {
    running: &'a Running,
    before: *const EventQueue,
    events: &'a ThunkQueue,
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        self.running.queue.set(self.before);
        self.running.events.swap(self.events);
    }
}

/// Puts an event behind this thread's batch, if that is one of `queue` and nobody else has news for it.
///
/// # Errors
/// The event, if it has to go through the queue. It has while the thread is taken down.
#[inline]
pub(super) fn push<F: FnOnce() + Send + 'static>(queue: &EventQueue, event: F) -> Result<(), F> {
    let mut event = Some(event);
    let _ = RUNNING.try_with(|running| {
        if ptr::eq(running.queue.get(), queue)
            && queue.is_quiet()
            && let Some(event) = event.take()
        {
            running.events.push(event);
        }
    });
    event.map_or(Ok(()), Err)
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::super::queue::Found;
    use super::{EventQueue, ThunkQueue, push, with};

    #[test]
    fn an_event_posts_right_behind_its_own_batch_while_nobody_else_has_posted() {
        let (queue, other, batch) = (EventQueue::new(), EventQueue::new(), ThunkQueue::default());
        let event = || {};
        assert!(push(&queue, event).is_err(), "no event is running");
        assert!(queue.post(event).is_ok() && queue.take(&batch) == Some(Found::Events));
        with(&raw const queue, &batch, |events| {
            assert!(push(&queue, event).is_ok() && push(&other, event).is_err());
            assert_eq!(events.len(), 2);
            std::thread::scope(|scope| assert!(scope.spawn(|| queue.post(event)).join().expect("it ends").is_ok()));
            assert!(push(&queue, event).is_err(), "PUMP-1: somebody else was first");
        });
        assert_eq!(batch.len(), 2);
        assert!(push(&queue, event).is_err(), "no event is running any more");
    }
}
