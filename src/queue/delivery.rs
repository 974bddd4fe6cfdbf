//! Running a listener, on its pump.

use std::panic::resume_unwind;

use bytes::Bytes;

use crate::sync::Arc;
use crate::sync::panic::catch;

use super::pair::{Pair, What};
use super::{Listener, MessageQueue};

impl Pair {
    /// The event about `end` that was posted in `epoch`. A panic of the listener closes the end and goes on to the pump.
    pub(super) fn deliver(self: &Arc<Self>, end: usize, epoch: u64, what: What) {
        let Some((mut listener, message)) = self.begin(end, epoch, what) else { return };
        // The handle is counted by `begin` and uncounted by `finish`, under the locks they take anyway.
        let queue = MessageQueue::borrowed(self.clone(), end);
        let called = catch(|| call(&mut *listener, &queue, what, message));
        self.finish(end, listener, what, called.is_err());
        if let Err(payload) = called {
            resume_unwind(payload);
        }
    }

    /// The last call of a listener whose pump has stopped.
    pub(super) fn say_closed(
        self: &Arc<Self>,
        end: usize,
        mut listener: Box<dyn Listener>,
        aloud: bool,
        in_place: bool,
    ) {
        // Counted only if `finish` uncounts it: the end is closed already, whoever has a handle to it.
        let queue = MessageQueue::borrowed(self.clone(), end);
        let called = if aloud { catch(|| listener.closed(&queue)) } else { Ok(()) };
        if in_place {
            self.finish(end, listener, What::Closed, false);
        } else {
            drop(listener);
        }
        if let Err(payload) = called {
            resume_unwind(payload);
        }
    }
}

fn call(listener: &mut dyn Listener, queue: &MessageQueue, what: What, message: Option<Bytes>) {
    match (what, message) {
        (What::Message, Some(message)) => listener.received(queue, message),
        (What::Message, None) => {}
        (What::Writable, _) => listener.writable(queue),
        (What::Closed, _) => listener.closed(queue),
    }
}
