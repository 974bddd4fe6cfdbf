//! What an event-based task is told about a queue.

use bytes::Bytes;

use super::MessageQueue;

/// The callbacks of one end of a queue. All of them come from the pump that the listener was
/// [set](MessageQueue::set_listener) on, one at a time, never on the stack of whoever caused them, in the order of their causes.
///
/// They may call any non-blocking operation on anything. A panic is reported to the pump's hook and closes the end.
///
/// A closure `|queue: &MessageQueue, message: Bytes| ...` is a listener that only receives; its parameters need their types.
pub trait Listener: Send + 'static {
    /// A message has arrived.
    fn received(&mut self, queue: &MessageQueue, message: Bytes);

    /// After a send was refused as `Full`: there is room again. Once per refusal, or per several refusals until there was room.
    fn writable(&mut self, queue: &MessageQueue) {
        let _ = queue;
    }

    /// This end is closed: by itself, by its peer once everything it sent was received, or by the stop of the pump. Comes once and last.
    fn closed(&mut self, queue: &MessageQueue) {
        let _ = queue;
    }
}

impl<F: FnMut(&MessageQueue, Bytes) + Send + 'static> Listener for F {
    fn received(&mut self, queue: &MessageQueue, message: Bytes) {
        self(queue, message);
    }
}
