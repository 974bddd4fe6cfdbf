//! What the scenarios of the event world share: logs that no checker sees, and listeners that keep them.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use rdv::sync::{Arc, thread_local};
use rdv::{EventPump, Listener, MessageQueue, PumpHandle, ReceiveError};

use super::support::{Ghost, JOINED};
use crate::scenario::{Actor, Cx};

/// What happened on one pump, in order. Outside the checkers' knowledge, so it orders nothing: what several threads write at once must
/// not be compared.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Adds a word.
    pub fn add(&self, word: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(word.into());
    }

    /// Everything.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everything that begins so, without the beginning.
    #[must_use]
    pub fn after(&self, beginning: &str) -> Vec<String> {
        self.words().iter().filter_map(|word| word.strip_prefix(beginning)).map(str::to_owned).collect()
    }

    /// How often a word stands there.
    #[must_use]
    pub fn times(&self, word: &str) -> usize {
        self.words().iter().filter(|it| *it == word).count()
    }

    /// Where a word stands first.
    #[must_use]
    pub fn position(&self, word: &str) -> Option<usize> {
        self.words().iter().position(|it| it == word)
    }

    /// Whether both words stand there, in this order.
    #[must_use]
    pub fn has_in_order(&self, first: &str, second: &str) -> bool {
        matches!((self.position(first), self.position(second)), (Some(first), Some(second)) if first < second)
    }

    /// Whether nothing has happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words().is_empty()
    }

    /// Everything, for an outcome.
    #[must_use]
    pub fn text(&self) -> String {
        self.words().join(" ")
    }
}

/// What an event holds, to see that it goes exactly once.
#[derive(Debug)]
pub struct Held(Arc<Ghost>);

impl Held {
    /// Something, and where it is counted when it goes.
    #[must_use]
    pub fn new() -> (Self, Arc<Ghost>) {
        let gone = Arc::new(Ghost::new());
        (Self(gone.clone()), gone)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.count();
    }
}

/// A pump that does not run yet, and its only handle. It is shared and not cloned by the actors and events of a scenario: each clone and each
/// drop of a handle is a step that the checkers would have to interleave.
#[must_use]
pub fn pump() -> (EventPump, Arc<PumpHandle>) {
    let pump = EventPump::new();
    let handle = pump.handle();
    (pump, Arc::new(handle))
}

/// Runs two parts as two actors.
pub fn race<A, B>(
    cx: &Cx,
    one: impl FnOnce() -> A + Send + 'static,
    other: impl FnOnce() -> B + Send + 'static,
) -> (A, B)
where
    A: Send + 'static,
    B: Send + 'static,
{
    let (one, other) = (cx.spawn("one", one), cx.spawn("other", other));
    (join(one), join(other))
}

thread_local! {
    static RUNNING: Cell<&'static str> = Cell::default();
}

/// Lets a pump of that name work on the calling thread.
pub fn working<T>(pump: &'static str, work: impl FnOnce() -> T) -> T {
    RUNNING.with(|running| running.set(pump));
    let result = work();
    RUNNING.with(|running| running.set(""));
    result
}

/// The pump that is [at work](working) on the calling thread.
#[must_use]
pub fn at_work() -> &'static str {
    RUNNING.with(Cell::get)
}

/// Runs a pump in an actor of its own until it returns.
pub fn run(cx: &Cx, mut pump: EventPump) -> Actor<EventPump> {
    cx.spawn("pump", move || {
        pump.run();
        pump
    })
}

/// Runs a pump in an actor of its own until it is idle once.
pub fn run_until_idle(cx: &Cx, mut pump: EventPump) -> Actor<EventPump> {
    cx.spawn("pump", move || {
        pump.run_until_idle();
        pump
    })
}

/// Posts an event that adds a word to the log; true if it was accepted.
pub fn post_word(pump: &PumpHandle, log: &Log, word: impl Into<String>) -> bool {
    let (log, word) = (log.clone(), word.into());
    pump.post(move || log.add(word)).is_ok()
}

/// Two ends that hold so many messages each way. Shared and not cloned, as pumps are.
#[must_use]
pub fn ends(capacity: usize) -> (Arc<MessageQueue>, Arc<MessageQueue>) {
    let (here, there) = rdv::queue::pair(capacity).expect("a small queue can be had");
    (Arc::new(here), Arc::new(there))
}

/// Receives everything that is there, and says what refused the next.
#[must_use]
pub fn drain(queue: &MessageQueue) -> (Vec<String>, ReceiveError) {
    let mut got = Vec::new();
    loop {
        match queue.receive() {
            Ok(message) => got.push(text_of(&message)),
            Err(why) => return (got, why),
        }
    }
}

/// A message that says one thing.
#[must_use]
pub fn message(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

/// What a message says.
#[must_use]
pub fn text_of(message: &Bytes) -> String {
    String::from_utf8_lossy(message).into_owned()
}

/// What an [`Ear`] does besides keeping its log.
pub type Reaction = Box<dyn FnMut(&MessageQueue, &str) + Send>;

/// A listener that logs its callbacks, each word beginning with its name: `a:text`, `a:writable`, `a:closed`, `a:dropped`.
pub struct Ear {
    name: &'static str,
    log: Log,
    reaction: Option<Reaction>,
}

impl Ear {
    /// A listener that does nothing else.
    #[must_use]
    pub fn new(name: &'static str, log: &Log) -> Self {
        Self { name, log: log.clone(), reaction: None }
    }

    /// A listener that, after it has logged something, does this with it.
    #[must_use]
    pub fn reacting(name: &'static str, log: &Log, reaction: impl FnMut(&MessageQueue, &str) + Send + 'static) -> Self {
        Self { name, log: log.clone(), reaction: Some(Box::new(reaction)) }
    }

    fn note(&mut self, queue: &MessageQueue, what: &str) {
        self.log.add(format!("{}:{what}", self.name));
        if let Some(reaction) = &mut self.reaction {
            reaction(queue, what);
        }
    }
}

impl std::fmt::Debug for Ear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ear").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Listener for Ear {
    fn received(&mut self, queue: &MessageQueue, message: Bytes) {
        self.note(queue, &text_of(&message));
    }

    fn writable(&mut self, queue: &MessageQueue) {
        self.note(queue, "writable");
    }

    fn closed(&mut self, queue: &MessageQueue) {
        self.note(queue, "closed");
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.log.add(format!("{}:dropped", self.name));
    }
}

/// Waits for an actor.
pub fn join<T>(actor: Actor<T>) -> T {
    actor.join().expect(JOINED)
}
