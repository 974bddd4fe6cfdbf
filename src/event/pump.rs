//! EventPump: the single thread that runs events, one at a time, to completion.

use std::any::Any;
use std::fmt;
use std::io;
use std::time::Duration;

use crate::error::PumpStopped;
use crate::sync::Arc;
use crate::sync::panic::catch;
use crate::sync::thread::{JoinHandle, spawn_named};
use crate::sync::time::Deadline;
use crate::thunk::ThunkQueue;
use crate::wait::Spin;

use super::meter::Meter;
use super::queue::{EventQueue, Found, Kind, Member, Membership, TimerId};
use super::{Account, PanicReport, running};

/// Events of one batch after which the pump looks up, at what is due: events that post events may make a batch that never ends.
const ENOUGH: usize = 64;

/// Runs posted events, one at a time, each to completion, in the order of their posts.
///
/// The thread that calls [`run`](Self::run) is the pump thread. An event runs with no lock held and may call any non-blocking operation on
/// anything, this pump included. An event that panics ends alone: the panic goes to the [hook](Self::on_panic).
///
/// Dropping a pump drops the events it has not run, uncalled.
///
/// ```
/// use std::sync::mpsc;
///
/// let (heard, hears) = mpsc::channel();
/// let (pump, thread) = rdv::EventPump::spawn("pump")?;
/// for word in ["in", "this", "order"] {
///     let heard = heard.clone();
///     pump.post(move || heard.send(word).unwrap())?;
/// }
/// pump.stop();
/// thread.join().unwrap();
/// assert_eq!(hears.try_iter().collect::<Vec<_>>(), ["in", "this", "order"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct EventPump {
    queue: Arc<EventQueue>,
    batch: ThunkQueue,
    spin: Spin,
    hook: Box<dyn FnMut(PanicReport) + Send>,
    meter: Meter,
    finished: bool,
}

/// Posts to a pump, from any thread. Clones post to the same pump.
///
/// A pump that nobody can post to any more returns from [`run`](EventPump::run); so do not keep handles that are not needed.
pub struct PumpHandle {
    queue: Arc<EventQueue>,
}

impl EventPump {
    /// A pump with nothing to do.
    #[must_use]
    pub fn new() -> Self {
        Self {
            queue: Arc::new(EventQueue::new()),
            batch: ThunkQueue::default(),
            spin: Spin::default(),
            hook: Box::new(|report| eprintln!("rdv: {report}")),
            meter: Meter::new(),
            finished: false,
        }
    }

    /// A pump on a thread of its own, which runs until the pump is stopped or nobody can post any more. Characters that a thread's name
    /// cannot hold are replaced.
    ///
    /// # Errors
    /// What the system says if it has no thread to give.
    pub fn spawn(name: &str) -> io::Result<(PumpHandle, JoinHandle<()>)> {
        let mut pump = Self::new();
        let handle = pump.handle();
        let thread = spawn_named(name.replace('\0', "\u{fffd}"), move || pump.run())?;
        Ok((handle, thread))
    }

    /// A handle to post with.
    #[must_use]
    pub fn handle(&self) -> PumpHandle {
        self.queue.add_handle();
        PumpHandle { queue: self.queue.clone() }
    }

    /// Tells `hook` of every panic of an event from now on, on the pump thread; by default it is printed. A panic of the hook is ignored.
    pub fn on_panic(&mut self, hook: impl FnMut(PanicReport) + Send + 'static) {
        self.hook = Box::new(hook);
    }

    /// Runs events until the pump is [stopped](PumpHandle::stop), or nobody can post any more and nothing is left to run; sleeps while there
    /// is nothing to do.
    ///
    /// After a stop, everything that was posted before it runs; then pending connects are refused, ports unbound and queues closed, with
    /// their callbacks, and this returns. Again, it returns at once.
    pub fn run(&mut self) {
        self.meter.start();
        while !self.finished {
            if self.batch.is_empty() {
                let found = match self.queue.take(&self.batch) {
                    Some(found) => found,
                    None => self.wait(),
                };
                match found {
                    Found::Events => {}
                    Found::Stopped => return self.finish(),
                    Found::Nobody => return self.meter.show(&self.queue.dial),
                }
            }
            self.run_batch(usize::MAX);
        }
    }

    fn wait(&mut self) -> Found {
        self.meter.show(&self.queue.dial);
        let found = self.queue.wait(&self.batch, &mut self.spin);
        self.meter.start();
        found
    }

    /// Runs events until there is none, and returns how many; does not wait, also not for delayed ones.
    pub fn run_until_idle(&mut self) -> usize {
        let mut ran = 0;
        while !self.finished {
            match self.turn(usize::MAX) {
                0 => break,
                some => ran += some,
            }
        }
        ran
    }

    /// Runs at most `most` of the events that are there, and returns how many; does not wait.
    pub fn turn(&mut self, most: usize) -> usize {
        let mut ran = 0;
        self.meter.start();
        while ran < most && !self.finished {
            if self.batch.is_empty() {
                match self.queue.take(&self.batch) {
                    Some(Found::Events) => {}
                    Some(Found::Stopped) => {
                        self.finish();
                        break;
                    }
                    Some(Found::Nobody) | None => break,
                }
            }
            ran += self.run_batch(most - ran);
        }
        self.meter.show(&self.queue.dial);
        ran
    }

    /// What the pump has done so far.
    #[must_use]
    pub fn account(&self) -> Account {
        self.queue.dial.read()
    }

    /// Runs at most `most` events of the batch.
    fn run_batch(&mut self, most: usize) -> usize {
        let batch = std::mem::take(&mut self.batch);
        let ran = running::with(Arc::as_ptr(&self.queue), &batch, |events| self.run_events(events, most));
        self.batch = batch;
        ran
    }

    /// Runs at most `most` of the events that stand in this thread's batch.
    fn run_events(&mut self, events: &ThunkQueue, most: usize) -> usize {
        let mut ran = 0;
        while ran < most && !events.is_empty() {
            self.meter.found(events.len());
            if let Err(payload) = catch(|| events.call_front()) {
                self.report(payload);
            }
            self.meter.event();
            ran += 1;
            if ran % ENOUGH == 0 {
                self.meter.show(&self.queue.dial);
                self.queue.look_up();
            }
        }
        ran
    }

    fn report(&mut self, payload: Box<dyn Any + Send>) {
        let report = PanicReport::new(payload);
        // A hook that panics itself has nobody left to tell.
        let _ = catch(|| (self.hook)(report));
    }

    /// The pump has stopped: ends what depends on it, in the order that is promised.
    fn finish(&mut self) {
        self.finished = true;
        self.meter.show(&self.queue.dial);
        let (events, delayed, members) = self.queue.finish();
        debug_assert!(events.is_empty(), "PUMP-5: everything posted before the stop has run");
        for timer in delayed {
            self.guarded(|| drop(timer));
        }
        for member in members {
            self.guarded(|| member.pump_stopped(true));
        }
    }

    fn guarded(&mut self, foreign: impl FnOnce()) {
        if let Err(payload) = catch(foreign) {
            self.report(payload);
        }
    }
}

impl Default for EventPump {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for EventPump {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        self.finished = true;
        let (events, delayed, members) = self.queue.finish();
        let batch = std::mem::take(&mut self.batch);
        for queue in [batch, events] {
            while !queue.is_empty() {
                self.guarded(|| _ = queue.drop_front());
            }
        }
        for event in delayed {
            self.guarded(|| drop(event));
        }
        for member in members {
            self.guarded(|| member.pump_stopped(false));
        }
    }
}

impl fmt::Debug for EventPump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventPump").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl PumpHandle {
    /// Posts an event: `event` will run on the pump thread, after everything whose post returned before this was called. Never on the spot.
    ///
    /// # Errors
    /// [`PumpStopped`] after a stop; the event is dropped, not run.
    pub fn post(&self, event: impl FnOnce() + Send + 'static) -> Result<(), PumpStopped> {
        self.queue.post(event).map_err(|_event| PumpStopped)
    }

    /// Posts an event that joins the queue when `delay` has passed, delayed events in the order they are due. A delay past the end of
    /// time never passes. What is still delayed when the pump stops is dropped.
    ///
    /// # Errors
    /// [`PumpStopped`] after a stop; the event is dropped, not run.
    pub fn post_after(&self, delay: Duration, event: impl FnOnce() + Send + 'static) -> Result<(), PumpStopped> {
        match self.post_at(Deadline::after(delay), event) {
            Some(_) => Ok(()),
            None => Err(PumpStopped),
        }
    }

    /// Stops the pump: what was posted before still runs, later posts are refused. Returns at once, from any thread, events
    /// included. Again does nothing.
    pub fn stop(&self) {
        self.queue.stop();
    }

    /// Whether the pump was stopped, or dropped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.queue.is_stopped()
    }

    /// What the pump has done so far, up to its last batch.
    #[must_use]
    pub fn account(&self) -> Account {
        self.queue.dial.read()
    }

    /// Posts an event that can be cancelled; `None` after a stop.
    pub(crate) fn post_at(&self, due: Deadline, event: impl FnOnce() + Send + 'static) -> Option<TimerId> {
        self.queue.post_at(due, Box::new(event)).ok()
    }

    /// Drops a delayed event that is still pending.
    pub(crate) fn cancel(&self, timer: TimerId) {
        drop(self.queue.cancel(timer));
    }

    /// Has a member told when the pump stops; `None` if it has.
    pub(crate) fn join(&self, kind: Kind, member: Arc<dyn Member>) -> Option<Membership> {
        self.queue.join(kind, member)
    }

    /// A member ended by itself.
    pub(crate) fn part(&self, membership: Membership) {
        self.queue.part(membership);
    }

    /// Whether both post to the same pump.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.queue, &other.queue)
    }
}

impl Clone for PumpHandle {
    fn clone(&self) -> Self {
        self.queue.add_handle();
        Self { queue: self.queue.clone() }
    }
}

impl Drop for PumpHandle {
    fn drop(&mut self) {
        self.queue.remove_handle();
    }
}

impl fmt::Debug for PumpHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PumpHandle").field("queue", &self.queue).finish()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use std::sync::mpsc;

    use super::{ENOUGH, EventPump};

    #[test]
    fn a_pump_looks_up_after_so_many_events_of_a_batch() {
        let mut pump = EventPump::new();
        let (tell, told) = mpsc::channel();
        for _ in 0..=2 * ENOUGH {
            let (handle, tell) = (pump.handle(), tell.clone());
            let event = move || tell.send(handle.account().events as usize).expect("the test listens");
            pump.queue.post(event).ok().expect("it runs");
        }
        assert_eq!(pump.run_until_idle(), 2 * ENOUGH + 1);
        assert!(told.try_iter().eq((0..=2 * ENOUGH).map(|number| number / ENOUGH * ENOUGH)));
    }
}
