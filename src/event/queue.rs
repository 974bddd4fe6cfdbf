//! EventQueue: the FIFO that many threads post to and one pump drains.
//!
//! One lock around a queue, which the pump takes whole: it swaps the queue against its own empty one and runs the events without
//! the lock. A post is a lock, a move and an unlock, all in one cache line and the event's own; it notifies only a pump that
//! sleeps. An event that posts to its own pump does not even need the lock, unless somebody else has posted since the pump last
//! looked.
//!
//! * **Q1** posts are ordered by the lock, so a post that returned before another was called stands before it (PUMP-1).
//! * **Q2** everything stands in `incoming` from its post until the pump swaps, and in the pump's batch, in the same order, until it
//!   runs; the pump swaps only when its batch is empty. So each runs once, in order (PUMP-1, PUMP-2).
//! * **Q3** `stopped` is set under the same lock: a post is either before the stop and runs, or after it and is refused (PUMP-5).
//! * **Q4** the pump marks itself `asleep` in the critical section in which it found nothing to do; whatever gives it something to do
//!   comes later, meets the mark, takes it away and owes the one wake-up (PUMP-4).
//! * **Q6** an event that posts to the pump it runs on may put the new one right behind the pump's batch, but only while `news` says
//!   that nothing is in `incoming` and that nobody has stopped the pump. `news` changes under the lock, in the critical section of
//!   what it tells of. So whatever was posted, or stopped, before the event's post is seen by it (a load cannot miss a store that
//!   happened before it, whatever its ordering), and whatever is posted afterwards stands in `incoming`, behind the batch (PUMP-1,
//!   PUMP-5).
//! * **Q5** whoever can still post is counted in `handles`. When it is zero, nothing is queued and nothing is due, nothing can ever
//!   come.

use std::collections::BTreeMap;
use std::fmt;

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::gauge::Gauge;
use crate::sync::time::Deadline;
use crate::sync::{Arc, Mutex};
use crate::thunk::ThunkQueue;
use crate::wait::{Attempt, Parking, Spin, wait};

use super::meter::Dial;
use super::running;

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;

/// So many events make a batch worth its price, which is that poster and pump meet at the lock; more would leave the cache.
const PLENTY: usize = 1024;

/// Something that ends when its pump stops, in the order of these kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A connect whose outcome the pump is to tell.
    Connect,
    /// A port whose listener the pump calls.
    Port,
    /// A queue whose listener the pump calls.
    Queue,
}

/// What is told when its pump has stopped.
pub(crate) trait Member: Send + Sync {
    /// The pump has run its last event: ends, and calls what is to be called, on the pump thread, without any lock. If the pump was dropped
    /// instead, `last_words` is false and nothing of the user's is called.
    fn pump_stopped(&self, last_words: bool);
}

/// A member's number with its pump.
pub(crate) type Membership = (Kind, u64);

/// A delayed event's number with its pump.
pub(crate) type TimerId = (Deadline, u64);

/// A delayed event. They are few, and the map that they wait in allocates anyway.
pub(super) type Delayed = Box<dyn FnOnce() + Send>;

/// Where events are posted. What a post touches comes first, and shares a cache line.
#[repr(C, align(128))]
pub(crate) struct EventQueue {
    /// Q6: [`QUEUED`] and [`STOPPED`].
    news: AtomicUsize,
    /// How much there is to do, for looks.
    waiting: Gauge,
    state: Mutex<State>,
    parking: Parking,
    /// What the pump has done.
    pub(super) dial: Dial,
}

/// In `news`: something stands in `incoming`.
const QUEUED: u8 = 1;
/// In `news`: the pump was stopped.
const STOPPED: u8 = 2;

#[derive(Default)]
#[repr(C)]
struct State {
    stopped: bool,
    asleep: bool,
    /// What `news` says.
    told: u8,
    incoming: ThunkQueue,
    timers: BTreeMap<TimerId, Delayed>,
    members: BTreeMap<Membership, Arc<dyn Member>>,
    next: u64,
    handles: usize,
}

/// What the pump found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Events, in the batch.
    Events,
    /// The pump was stopped, and everything posted before has run.
    Stopped,
    /// Nothing, and nobody who could ever post.
    Nobody,
}

impl State {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Puts the delayed events that are due at the end of the queue, in due order.
    fn collect_due(&mut self) {
        while let Some(timer) = self.timers.first_entry().filter(|timer| timer.key().0.passed()) {
            self.incoming.push(timer.remove());
        }
    }

    /// When the first delayed event is due.
    fn first_due(&self) -> Deadline {
        self.timers.first_key_value().map_or(Deadline::NEVER, |(&(due, _), _)| due)
    }

    /// Q5: whether nobody can post any more, and nothing is ever going to be due.
    fn is_forsaken(&self) -> bool {
        self.handles == 0 && self.first_due() == Deadline::NEVER
    }

    /// Whether there is nothing to do but to sleep.
    fn is_idle(&self) -> bool {
        self.incoming.is_empty() && !self.stopped && !self.is_forsaken()
    }

    /// Q6: what there is to tell.
    fn news(&self) -> u8 {
        let queued = if self.incoming.is_empty() { 0 } else { QUEUED };
        queued | if self.stopped { STOPPED } else { 0 }
    }

    /// Looks for something to do; events are moved to `batch`, which is empty.
    fn take(&mut self, batch: &ThunkQueue) -> Option<Found> {
        if !self.stopped {
            self.collect_due();
        }
        if !self.incoming.is_empty() {
            self.incoming.swap(batch);
            Some(Found::Events)
        } else if self.stopped {
            Some(Found::Stopped)
        } else if self.is_forsaken() {
            Some(Found::Nobody)
        } else {
            None
        }
    }
}

impl EventQueue {
    pub(super) fn new() -> Self {
        Self {
            news: AtomicUsize::new(0),
            waiting: Gauge::default(),
            state: Mutex::default(),
            parking: Parking::new(),
            dial: Dial::default(),
        }
    }

    /// Changes the state, and wakes the pump if the change gave it something to do (Q4).
    #[inline]
    fn change<R>(&self, change: impl FnOnce(&mut State) -> (R, bool)) -> R {
        let mut state = self.state.lock();
        let (result, something_to_do) = change(&mut state);
        let wake = something_to_do && std::mem::take(&mut state.asleep);
        self.tell(&mut state);
        drop(state);
        if wake {
            self.parking.wake();
        }
        result
    }

    /// Q6: keeps `news` true, for whoever changes the state.
    #[inline]
    fn tell(&self, state: &mut State) {
        let news = state.news();
        self.waiting.update(state.incoming.len() + usize::from(state.stopped));
        if state.told != news {
            state.told = news;
            self.news.store(news.into(), Ordering::Relaxed);
        }
    }

    /// Posts an event.
    ///
    /// # Errors
    /// The event, if the pump was stopped.
    #[inline]
    pub(super) fn post<F: FnOnce() + Send + 'static>(&self, event: F) -> Result<(), F> {
        let Err(event) = running::push(self, event) else { return Ok(()) };
        self.change(|state| {
            if state.stopped {
                return (Err(event), false);
            }
            state.incoming.push(event);
            (Ok(()), true)
        })
    }

    /// Q6: whether nobody else has posted since the pump last looked, nor stopped it.
    pub(super) fn is_quiet(&self) -> bool {
        self.news.load(Ordering::Relaxed) == 0
    }

    /// Posts an event that joins the queue when `due` has passed.
    ///
    /// # Errors
    /// The event, if the pump was stopped.
    pub(super) fn post_at(&self, due: Deadline, event: Delayed) -> Result<TimerId, Delayed> {
        self.change(|state| {
            if state.stopped {
                return (Err(event), false);
            }
            let id = (due, state.number());
            state.timers.insert(id, event);
            // A pump that sleeps does so until what was the first one.
            let first = state.timers.first_key_value().is_some_and(|(first, _)| *first == id);
            (Ok(id), first)
        })
    }

    /// Takes a delayed event back; `None` if it is not pending any more.
    pub(super) fn cancel(&self, timer: TimerId) -> Option<Delayed> {
        self.change(|state| {
            let event = state.timers.remove(&timer);
            (event, true)
        })
    }

    /// Has a member told when the pump stops. False if it has been stopped.
    pub(super) fn join(&self, kind: Kind, member: Arc<dyn Member>) -> Option<Membership> {
        let mut state = self.state.lock();
        if state.stopped {
            return None;
        }
        let membership = (kind, state.number());
        state.members.insert(membership, member);
        Some(membership)
    }

    /// A member ended by itself.
    pub(super) fn part(&self, membership: Membership) {
        let gone = self.state.lock().members.remove(&membership);
        drop(gone);
    }

    /// Refuses everything from now on.
    pub(super) fn stop(&self) {
        self.change(|state| {
            state.stopped = true;
            ((), true)
        });
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state.lock().stopped
    }

    pub(super) fn add_handle(&self) {
        self.state.lock().handles += 1;
    }

    pub(super) fn remove_handle(&self) {
        self.change(|state| {
            state.handles -= 1;
            ((), state.handles == 0)
        });
    }

    /// Ends everything: whatever is queued or delayed is handed out, and whoever is to be told, in order.
    pub(super) fn finish(&self) -> (ThunkQueue, Vec<Delayed>, Vec<Arc<dyn Member>>) {
        let mut state = self.state.lock();
        state.stopped = true;
        self.tell(&mut state);
        let members = std::mem::take(&mut state.members).into_values().collect();
        let timers = std::mem::take(&mut state.timers).into_values().collect();
        (std::mem::take(&mut state.incoming), timers, members)
    }

    /// Looks for something to do, without waiting.
    pub(super) fn take(&self, batch: &ThunkQueue) -> Option<Found> {
        let mut state = self.state.lock();
        self.take_locked(&mut state, batch)
    }

    fn take_locked(&self, state: &mut State, batch: &ThunkQueue) -> Option<Found> {
        let found = state.take(batch);
        self.tell(state);
        found
    }

    /// Waits for something to do.
    pub(super) fn wait(&self, batch: &ThunkQueue, spin: &mut Spin) -> Found {
        loop {
            let due = self.first_due();
            let look = wait(&mut Look { queue: self, batch, due }, &self.parking, spin, due);
            if let Some(Some(found)) = look {
                return found;
            }
        }
    }

    /// The pump has been running for a while without a look at the queue: what is due joins it.
    pub(super) fn look_up(&self) {
        let mut state = self.state.lock();
        state.collect_due();
        self.tell(&mut state);
    }

    fn first_due(&self) -> Deadline {
        self.state.lock().first_due()
    }
}

/// The pump, looking for something to do.
struct Look<'a> {
    queue: &'a EventQueue,
    batch: &'a ThunkQueue,
    /// Until when it is going to sleep.
    due: Deadline,
}

impl Attempt for Look<'_> {
    /// What was found; `None` if the first delayed event is due earlier than this look is going to sleep.
    type Output = Option<Found>;

    fn attempt(&mut self) -> Option<Self::Output> {
        let mut state = self.queue.state.lock();
        match self.queue.take_locked(&mut state, self.batch) {
            None if state.first_due() < self.due => Some(None),
            None => None,
            found => Some(found),
        }
    }

    fn looks(&self) -> usize {
        self.queue.waiting.get()
    }

    fn plenty(&self) -> usize {
        PLENTY
    }

    fn comes_anyway(&self) -> bool {
        true
    }

    fn arm(&mut self) -> bool {
        let mut state = self.queue.state.lock();
        state.asleep = state.is_idle() && state.first_due() >= self.due && !state.first_due().passed();
        state.asleep
    }

    fn disarm(&mut self) -> bool {
        std::mem::take(&mut self.queue.state.lock().asleep)
    }
}

impl fmt::Debug for EventQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        f.debug_struct("EventQueue")
            .field("queued", &state.incoming.len())
            .field("delayed", &state.timers.len())
            .field("members", &state.members.len())
            .field("stopped", &state.stopped)
            .finish_non_exhaustive()
    }
}
