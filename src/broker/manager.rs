//! The registry of brokers.

use std::collections::HashMap;
use std::collections::hash_map;
use std::fmt;

use crate::Port;
use crate::buffer::Ring;
use crate::buffer::spsc::Spsc;
use crate::channel::Channel;
use crate::error::{AcceptError, BrokerError, CapacityError, ConnectError};
use crate::queue;
use crate::sync::time::Deadline;
use crate::sync::{Arc, Mutex, Weak};

use super::core::{Caller, Core, Wait};
use super::ports::Kind;
use super::{Broker, Handle};

/// Bytes per direction of a channel, unless the builder says otherwise.
const CHANNEL_CAPACITY: usize = 64 * 1024;
/// Messages per direction of a queue, unless the builder says otherwise.
const QUEUE_CAPACITY: usize = 256;

/// A universe of brokers: names are unique within one manager and mean nothing in another.
///
/// A handle; clones are the same universe.
///
/// ```
/// use rdv::{Broker, BrokerManager};
/// use std::io::{Read, Write};
///
/// let manager = BrokerManager::new();
/// let server = Broker::new(&manager, "server")?;
/// let client = std::thread::spawn({
///     let manager = manager.clone();
///     move || manager.connect("server", 80)?.write_all(b"hello").map_err(Box::<dyn std::error::Error + Send + Sync>::from)
/// });
/// let mut heard = String::new();
/// server.accept(80)?.read_to_string(&mut heard)?;
/// assert_eq!(heard, "hello");
/// client.join().unwrap()?;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Default)]
pub struct BrokerManager {
    registry: Arc<Registry>,
}

/// Makes a [`BrokerManager`] with other capacities.
///
/// ```
/// let manager = rdv::BrokerManager::builder().channel_capacity(4096).build()?;
/// # Ok::<(), rdv::CapacityError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it builds"]
pub struct BrokerManagerBuilder {
    channel_capacity: usize,
    queue_capacity: usize,
}

impl BrokerManagerBuilder {
    /// Bytes per direction of the channels made by this manager's brokers; 64 KiB unless set.
    pub fn channel_capacity(mut self, bytes: usize) -> Self {
        self.channel_capacity = bytes;
        self
    }

    /// Messages per direction of the message queues made by this manager's brokers; 256 unless set.
    pub fn queue_capacity(mut self, messages: usize) -> Self {
        self.queue_capacity = messages;
        self
    }

    /// The manager.
    ///
    /// # Errors
    /// [`CapacityError`] for a capacity of zero or one that cannot be had.
    pub fn build(self) -> Result<BrokerManager, CapacityError> {
        <Spsc<u8> as Ring<u8>>::check(self.channel_capacity)?;
        queue::check(self.queue_capacity)?;
        Ok(BrokerManager { registry: Arc::new(Registry::new(self.channel_capacity, self.queue_capacity)) })
    }
}

impl BrokerManager {
    /// An empty universe with the default capacities.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A builder, for other capacities.
    pub fn builder() -> BrokerManagerBuilder {
        BrokerManagerBuilder { channel_capacity: CHANNEL_CAPACITY, queue_capacity: QUEUE_CAPACITY }
    }

    /// Accepts on a port of the broker of that name; blocks until somebody connects. The broker stays open for as long as this waits,
    /// unless it is [closed](Broker::close).
    ///
    /// # Errors
    /// As [`Broker::accept`], and `UnknownBroker` if there is none of that name.
    pub fn accept(&self, name: &str, port: Port) -> Result<Channel, AcceptError> {
        let unknown = || AcceptError::UnknownBroker { broker: name.into() };
        self.registry.handle(name).ok_or_else(unknown)?.accept(port)
    }

    /// Connects to a port of the broker of that name, from an endpoint without a name; blocks until somebody accepts.
    ///
    /// # Errors
    /// As [`Broker::connect`].
    pub fn connect(&self, name: &str, port: Port) -> Result<Channel, ConnectError> {
        self.registry.connect(None, name, port, Wait::Until(Deadline::NEVER))
    }

    pub(super) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }
}

impl fmt::Debug for BrokerManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerManager")
            .field("channel_capacity", &self.registry.channel_capacity)
            .finish_non_exhaustive()
    }
}

/// Who goes by which name.
pub(crate) struct Registry {
    channel_capacity: usize,
    queue_capacity: usize,
    brokers: Mutex<HashMap<Arc<str>, Registered>>,
}

struct Registered {
    core: Arc<Core>,
    handle: Weak<Handle>,
}

impl Default for Registry {
    fn default() -> Self {
        Self::new(CHANNEL_CAPACITY, QUEUE_CAPACITY)
    }
}

impl Registry {
    fn new(channel_capacity: usize, queue_capacity: usize) -> Self {
        Self { channel_capacity, queue_capacity, brokers: Mutex::default() }
    }

    pub(super) fn channel_capacity(&self) -> usize {
        self.channel_capacity
    }

    pub(super) fn queue_capacity(&self) -> usize {
        self.queue_capacity
    }

    /// Registers a new broker.
    pub(super) fn register(self: &Arc<Self>, name: String) -> Result<Broker, BrokerError> {
        if name.is_empty() {
            return Err(BrokerError::InvalidName { name });
        }
        let key: Arc<str> = name.as_str().into();
        let core = Arc::new(Core::new(key.clone(), self.clone()));
        let handle = Arc::new(Handle { core: core.clone() });
        let registered = Registered { core, handle: Arc::downgrade(&handle) };
        // The refused handle is dropped, and with it closed, after the lock is given up.
        let taken = match self.brokers.lock().entry(key) {
            hash_map::Entry::Vacant(free) => {
                free.insert(registered);
                false
            }
            hash_map::Entry::Occupied(_) => true,
        };
        if taken { Err(BrokerError::NameTaken { name }) } else { Ok(Broker { handle }) }
    }

    /// Frees the name of a broker, if it still is that broker's.
    pub(super) fn remove(&self, core: &Core) {
        let mut brokers = self.brokers.lock();
        let removed = match brokers.entry(core.name().clone()) {
            hash_map::Entry::Occupied(entry) if std::ptr::eq(&raw const *entry.get().core, core) => {
                Some(entry.remove())
            }
            _ => None,
        };
        drop(brokers);
        drop(removed);
    }

    pub(crate) fn core(&self, name: &str) -> Option<Arc<Core>> {
        self.brokers.lock().get(name).map(|registered| registered.core.clone())
    }

    /// A handle to the broker of that name, unless its last one is gone.
    fn handle(&self, name: &str) -> Option<Broker> {
        let handle = self.brokers.lock().get(name).map(|registered| registered.handle.clone())?;
        handle.upgrade().map(|handle| Broker { handle })
    }

    /// Connects to a port of the broker of that name (RDV-7).
    pub(super) fn connect<K: Kind>(
        &self,
        caller: Caller,
        name: &str,
        port: Port,
        wait: Wait,
    ) -> Result<K, ConnectError> {
        let unknown = || ConnectError::UnknownBroker { broker: name.into() };
        let target = self.core(name).ok_or_else(unknown)?;
        target.admit(caller, port, wait).map_err(|failed| failed.connecting(name, port))
    }
}
