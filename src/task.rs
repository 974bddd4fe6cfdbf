//! Floor 5: Task, a named thread that owns a broker.

use std::cell::RefCell;
use std::fmt;
use std::io;

use crate::broker::Broker;
use crate::sync::thread::{JoinHandle, spawn_named};
use crate::sync::thread_local;

thread_local! {
    static CURRENT: RefCell<Option<Task>> = RefCell::default();
}

/// A thread-based task: a thread that is named after its broker, holds a handle to it for as long as it runs, and can ask for it.
///
/// A panic ends the task alone: what it held is dropped, so its channels disconnect, and [`join`](std::thread::JoinHandle::join)
/// returns the panic.
///
/// ```
/// use rdv::{Broker, BrokerManager, Task};
///
/// let broker = Broker::new(&BrokerManager::new(), "worker")?;
/// let task = Task::spawn(broker, |task| task.broker().name().to_owned())?;
/// assert_eq!(task.join().unwrap(), "worker");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Task {
    broker: Broker,
}

impl Task {
    /// Starts a thread that runs `body`, with `broker` as its broker. The thread is named after it; characters that a thread's name
    /// cannot hold are replaced, and the system may shorten it.
    ///
    /// # Errors
    /// What the system says if it has no thread to give; the broker handle and `body` are dropped then.
    pub fn spawn<T: Send + 'static>(
        broker: Broker,
        body: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> io::Result<JoinHandle<T>> {
        let name = broker.name().replace('\0', "\u{fffd}");
        spawn_named(name, move || {
            let task = Self { broker };
            let _current = Current::enter(task.clone());
            body(&task)
        })
    }

    /// The task that the calling thread is, if it is one.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
    }

    /// The broker it owns.
    #[must_use]
    pub fn broker(&self) -> &Broker {
        &self.broker
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("broker", &self.broker.name()).finish_non_exhaustive()
    }
}

/// While it lives, the thread is the task. Ends with the body, also by panic, so that the broker handle is gone before the
/// thread can be joined.
struct Current;

impl Current {
    fn enter(task: Task) -> Self {
        CURRENT.with(|current| *current.borrow_mut() = Some(task));
        Self
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        // Taken out first: dropping a broker may run code that asks for the current task.
        let task = CURRENT.try_with(|current| current.borrow_mut().take());
        drop(task);
    }
}
