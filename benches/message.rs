//! Whole messages on their way through a queue.

use std::hint::black_box;
use std::iter::repeat_n;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use rdv::queue::pair;
use rdv::{EventPump, MessageQueue, PumpHandle};

use crate::apart::Apart;
use crate::event::Running;
use crate::gate::race;
use crate::tally::Tally;

/// How many messages a queue holds, if they are small: the default of brokers.
const MESSAGES: usize = 256;

/// How many bytes of messages a queue holds, if they are large.
const BYTES: usize = 16 << 20;

/// What is sent.
#[derive(Debug, Clone)]
pub struct Load {
    bytes: usize,
    memory: Memory,
    depth: usize,
}

#[derive(Debug, Clone)]
enum Memory {
    Static(Bytes),
    Recycled(Bytes),
    Fresh,
}

impl Load {
    /// Always the same memory, for which nobody counts handles.
    ///
    /// # Panics
    /// For more than 4096 bytes.
    #[must_use]
    pub fn fixed(bytes: usize) -> Self {
        static MEMORY: [u8; 4096] = [1; 4096];
        Self { memory: Memory::Static(Bytes::from_static(&MEMORY[..bytes])), ..Self::fresh(bytes) }
    }

    /// Always the same memory, one handle more for each message; the count of them, which all threads change, stands apart.
    #[must_use]
    pub fn recycled(bytes: usize) -> Self {
        Self { memory: Memory::Recycled(Bytes::from_owner(Apart(vec![1; bytes]))), ..Self::fresh(bytes) }
    }

    /// Memory of its own for each message, allocated and written by the sender, freed by the receiver.
    #[must_use]
    pub fn fresh(bytes: usize) -> Self {
        Self { bytes, memory: Memory::Fresh, depth: MESSAGES.min(BYTES / bytes) }
    }

    /// Whether each message has memory of its own.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        matches!(self.memory, Memory::Fresh)
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> String {
        let memory = match self.memory {
            Memory::Static(_) => "static",
            Memory::Recycled(_) => "recycled",
            Memory::Fresh => "fresh",
        };
        format!("{}-{memory}", self.bytes)
    }

    /// The next message.
    #[must_use]
    #[inline]
    pub fn message(&self) -> Bytes {
        match &self.memory {
            Memory::Static(bytes) | Memory::Recycled(bytes) => bytes.clone(),
            Memory::Fresh => black_box(vec![1; self.bytes]).into(),
        }
    }

    /// Two ends of a queue for messages like these.
    ///
    /// # Panics
    /// If the capacity cannot be had.
    #[must_use]
    pub fn queues(&self) -> (MessageQueue, MessageQueue) {
        pair(self.depth()).expect("a modest capacity")
    }

    /// The same, in a queue that holds so many.
    #[must_use]
    pub fn queued(self, depth: usize) -> Self {
        Self { depth, ..self }
    }

    /// How many messages like these a queue is to hold.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// How long each is.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Sends a message, as soon as there is room.
///
/// # Panics
/// If the queue is closed.
#[inline]
pub fn send(queue: &MessageQueue, message: Bytes) {
    queue.blocking_send(message).expect("the receiver is there");
}

/// Receives so many messages.
///
/// # Panics
/// If the queue is closed.
pub fn receive(queue: &MessageQueue, messages: u64) {
    for _ in 0..messages {
        black_box(queue.blocking_receive().expect("the senders are there"));
    }
}

/// How long `here` takes on this thread while so many senders call `send`, `messages` times in all.
pub fn from_crowd(senders: usize, messages: u64, send: impl Fn() + Sync, here: impl FnOnce()) -> Duration {
    // All senders look at what it refers to. Beside what this thread writes for each message, it would cost them a line each time.
    let send = Apart(send);
    race(repeat_n(&send.0, senders), messages, here)
}

/// Has a listener on `pump` count what arrives at `queue`: one event per message.
///
/// # Panics
/// If the pump was stopped.
pub fn count_each(queue: &MessageQueue, pump: &PumpHandle, tally: &'static Tally) {
    let listener = |_: &MessageQueue, message: Bytes| {
        black_box(message);
        tally.count();
    };
    queue.set_listener(pump, listener).expect("the pump runs");
}

/// What a message queue would do if it delivered in batches: one event for all that is there when it runs. Without a listener,
/// over the public face.
#[derive(Debug)]
pub struct Batches {
    queue: MessageQueue,
    pump: PumpHandle,
    tally: &'static Tally,
    /// An event was posted and has not begun to receive.
    posted: AtomicBool,
}

impl Batches {
    /// Messages that arrive at `queue`, counted on `pump`.
    #[must_use]
    pub fn new(queue: MessageQueue, pump: PumpHandle, tally: &'static Tally) -> Arc<Self> {
        Arc::new(Self { queue, pump, tally, posted: AtomicBool::new(false) })
    }

    /// To be called after each send.
    ///
    /// # Panics
    /// If the pump was stopped.
    #[inline]
    pub fn announce(self: &Arc<Self>) {
        // The look before the swap spares the line from travelling. It cannot miss: either `take` finds the message, or it found
        // the queue empty before, under the queue's lock, and what it wrote before that is seen here.
        if !self.posted.load(Ordering::Acquire) && !self.posted.swap(true, Ordering::AcqRel) {
            let this = self.clone();
            self.pump.post(move || this.take()).expect("the pump runs");
        }
    }

    fn take(&self) {
        self.posted.swap(false, Ordering::AcqRel);
        while let Ok(message) = self.queue.receive() {
            black_box(message);
            self.tally.count();
        }
    }
}

/// How long `rounds` round trips of one message take between this thread and another.
///
/// # Panics
/// If a queue is closed.
pub fn ping_pong(here: &MessageQueue, there: &MessageQueue, message: Bytes, rounds: u64) -> Duration {
    let answer = || send(there, there.blocking_receive().expect("the other side is there"));
    race([answer], rounds, || play(here, message, rounds))
}

/// Sends a message and waits until it comes back, again and again.
///
/// # Panics
/// If the queue is closed.
pub fn play(queue: &MessageQueue, message: Bytes, rounds: u64) {
    let mut message = message;
    for _ in 0..rounds {
        send(queue, message);
        message = queue.blocking_receive().expect("the other side is there");
    }
}

/// Has a listener on `pump` send back what arrives at `queue`.
///
/// # Panics
/// If the pump was stopped.
pub fn echo(queue: &MessageQueue, pump: &PumpHandle) {
    let listener = |queue: &MessageQueue, message: Bytes| queue.send(message).expect("there is room for every answer");
    queue.set_listener(pump, listener).expect("the pump runs");
}

/// A pump that serves many queues, and the clients' ends of them.
#[derive(Debug)]
pub struct Served {
    clients: Vec<MessageQueue>,
    // Dropped last: it waits for the pump, which has still to hear that the clients are gone.
    _pump: Running,
}

impl Served {
    /// Opens so many queues with an [`echo`], each for so many messages.
    ///
    /// # Panics
    /// If the capacity or a thread cannot be had.
    #[must_use]
    pub fn open(queues: usize, capacity: usize) -> Self {
        let pump = Running::start();
        let open = |_| {
            let (client, server) = pair(capacity).expect("a modest capacity");
            echo(&server, pump.handle());
            client
        };
        Self { clients: (0..queues).map(open).collect(), _pump: pump }
    }

    /// Sends `requests` messages, queue by queue in turns, then receives the answers in the same order.
    ///
    /// # Panics
    /// If a queue is closed.
    pub fn serve(&self, requests: usize, load: &Load) {
        let turns = || self.clients.iter().cycle().take(requests);
        turns().for_each(|client| send(client, load.message()));
        turns().for_each(|client| receive(client, 1));
    }
}

/// Sends `messages` messages and has a pump of this thread run what comes of it.
pub fn run_here(pump: &mut EventPump, messages: u64, send: impl Fn()) {
    (0..messages).for_each(|_| send());
    black_box(pump.run_until_idle());
}
