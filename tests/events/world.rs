//! What the tests of the event world share: listeners that write down what they are told, and brokers with an event face.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rdv::{
    AcceptListener, BrokerManager, ConnectError, ConnectListener, EventPump, Listener, MessageQueue, PumpHandle,
    QueueBroker, queue,
};

use crate::support::world::broker_in;

/// What happened, in order.
#[derive(Clone, Default, Debug)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Writes something down.
    pub(crate) fn add(&self, what: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(what.into());
    }

    /// Everything so far.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everything since this was asked last.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An event that writes something down.
    pub(crate) fn event(&self, what: impl Into<String>) -> impl FnOnce() + Send + 'static {
        let (log, what) = (self.clone(), what.into());
        move || log.add(what)
    }

    /// Something that is written down when it is dropped.
    pub(crate) fn on_drop(&self, what: impl Into<String>) -> OnDrop {
        let (log, what) = (self.clone(), what.into());
        OnDrop::new(move || log.add(what))
    }
}

/// Something whose destructor calls.
pub(crate) struct OnDrop(Option<Box<dyn FnOnce() + Send>>);

impl OnDrop {
    pub(crate) fn new(destructor: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(destructor)))
    }

    /// A message whose memory is freed by that destructor.
    pub(crate) fn message(text: &'static str, destructor: impl FnOnce() + Send + 'static) -> Bytes {
        struct Owner(&'static str, #[allow(dead_code, reason = "it is there to be dropped")] OnDrop);

        impl AsRef<[u8]> for Owner {
            fn as_ref(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        Bytes::from_owner(Owner(text, Self::new(destructor)))
    }
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(destructor) = self.0.take() {
            destructor();
        }
    }
}

type OnMessage = Box<dyn FnMut(&MessageQueue, Bytes) + Send>;
type OnCall = Box<dyn FnMut(&MessageQueue) + Send>;

/// A listener that writes down `name: message`, `name: writable`, `name: closed` and `name: dropped`, and may do more.
pub(crate) struct Told {
    name: String,
    log: Log,
    received: OnMessage,
    writable: OnCall,
    closed: OnCall,
}

impl Told {
    pub(crate) fn new(name: &str, log: &Log) -> Self {
        Self {
            name: name.to_owned(),
            log: log.clone(),
            received: Box::new(|_, _| {}),
            writable: Box::new(|_| {}),
            closed: Box::new(|_| {}),
        }
    }

    /// What else to do with a message.
    pub(crate) fn received(mut self, more: impl FnMut(&MessageQueue, Bytes) + Send + 'static) -> Self {
        self.received = Box::new(more);
        self
    }

    /// What else to do when there is room.
    pub(crate) fn writable(mut self, more: impl FnMut(&MessageQueue) + Send + 'static) -> Self {
        self.writable = Box::new(more);
        self
    }

    /// What else to do at the end.
    pub(crate) fn closed(mut self, more: impl FnMut(&MessageQueue) + Send + 'static) -> Self {
        self.closed = Box::new(more);
        self
    }
}

impl Listener for Told {
    fn received(&mut self, queue: &MessageQueue, message: Bytes) {
        self.log.add(format!("{}: {}", self.name, text(&message)));
        (self.received)(queue, message);
    }

    fn writable(&mut self, queue: &MessageQueue) {
        self.log.add(format!("{}: writable", self.name));
        (self.writable)(queue);
    }

    fn closed(&mut self, queue: &MessageQueue) {
        self.log.add(format!("{}: closed", self.name));
        (self.closed)(queue);
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.log.add(format!("{}: dropped", self.name));
    }
}

/// An accept listener that writes down `name: accepted`, `name: unbound` and `name: dropped`, and may do more.
pub(crate) struct Door<F> {
    pub(crate) name: &'static str,
    pub(crate) log: Log,
    pub(crate) accepted: F,
}

impl<F: FnMut(MessageQueue) + Send + 'static> AcceptListener for Door<F> {
    fn accepted(&mut self, queue: MessageQueue) {
        self.log.add(format!("{}: accepted", self.name));
        (self.accepted)(queue);
    }

    fn unbound(&mut self) {
        self.log.add(format!("{}: unbound", self.name));
    }
}

impl<F> Drop for Door<F> {
    fn drop(&mut self) {
        self.log.add(format!("{}: dropped", self.name));
    }
}

/// A connect listener that writes down `name: connected` or `name: refused: why`, and `name: dropped` if it is told nothing; keeps the queue.
pub(crate) struct Caller {
    name: &'static str,
    log: Log,
    kept: Kept,
    told: bool,
}

impl Caller {
    pub(crate) fn new(name: &'static str, log: &Log, kept: &Kept) -> Self {
        Self { name, log: log.clone(), kept: kept.clone(), told: false }
    }
}

impl ConnectListener for Caller {
    fn connected(mut self, queue: MessageQueue) {
        self.told = true;
        self.log.add(format!("{}: connected", self.name));
        self.kept.add(queue);
    }

    fn refused(mut self, why: ConnectError) {
        self.told = true;
        self.log.add(format!("{}: refused: {}", self.name, variant(&why)));
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        if !self.told {
            self.log.add(format!("{}: dropped", self.name));
        }
    }
}

/// Queues that stay open.
#[derive(Clone, Default)]
pub(crate) struct Kept(Arc<Mutex<Vec<MessageQueue>>>);

impl Kept {
    pub(crate) fn add(&self, queue: MessageQueue) {
        self.0.lock().expect("nobody panics").push(queue);
    }

    /// All of them; none stay.
    pub(crate) fn take(&self) -> Vec<MessageQueue> {
        std::mem::take(&mut *self.0.lock().expect("nobody panics"))
    }

    /// The only one.
    #[track_caller]
    pub(crate) fn one(&self) -> MessageQueue {
        let mut all = self.take();
        assert_eq!(all.len(), 1, "queues");
        all.remove(0)
    }
}

/// The name of a variant, without what it carries.
pub(crate) fn variant(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    text.split([' ', '(']).next().unwrap_or_default().to_owned()
}

/// A message as text.
pub(crate) fn text(message: &Bytes) -> String {
    String::from_utf8_lossy(message).into_owned()
}

/// Both ends of a queue.
#[track_caller]
pub(crate) fn queues(capacity: usize) -> (MessageQueue, MessageQueue) {
    queue::pair(capacity).expect("a capacity that can be had")
}

/// A pump that this thread drives, and a handle.
pub(crate) fn driven() -> (EventPump, PumpHandle) {
    let pump = EventPump::new();
    let handle = pump.handle();
    (pump, handle)
}

/// The event face of a new broker.
#[track_caller]
pub(crate) fn face(manager: &BrokerManager, name: &str, pump: &PumpHandle) -> QueueBroker {
    QueueBroker::new(&broker_in(manager, name), pump)
}

/// Both ends of a connection made by events on `pump`: the accepted and the connected one.
#[track_caller]
pub(crate) fn meet(pump: &mut EventPump, server: &QueueBroker, client: &QueueBroker) -> (MessageQueue, MessageQueue) {
    const MEETING: rdv::Port = 999;
    let (accepted, connected, log) = (Kept::default(), Kept::default(), Log::default());
    let keep = accepted.clone();
    server.bind(MEETING, move |queue: MessageQueue| keep.add(queue)).expect("the port is free");
    client.connect(server.broker().name(), MEETING, Caller::new("client", &log, &connected)).expect("the pump runs");
    pump.run_until_idle();
    server.unbind(MEETING).expect("it is bound");
    pump.run_until_idle();
    (accepted.one(), connected.one())
}
