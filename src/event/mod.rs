//! Floor 3: EventQueue and EventPump, how event-based tasks run.
//!
//! ```text
//!   any thread --post--> [ EventQueue, one FIFO ] --take all--> [ batch ] --> run one, run the next ...
//!   any thread --post_after--> [ by due time ] --when due, to the end--^         on the pump thread, no lock held
//! ```
//!
//! | state | `post` | `stop` | the pump |
//! |---|---|---|---|
//! | running | accepted | becomes stopping | runs events, sleeps when there are none |
//! | stopping | refused | nothing | runs what is left, then ends its connects, ports and queues |
//! | finished | refused | nothing | `run` returns at once |
//!
//! # Proof sketch
//! PUMP-1 to PUMP-5: the invariants Q1 to Q6 of the queue. PUMP-3: `run_batch` calls one event after the other and holds nothing; an event that
//! posts changes the incoming queue, not the batch that is run. PUMP-6: every event is called inside `catch`. PUMP-7: a delayed event
//! joins the FIFO in `collect_due`, which asks each deadline whether it has passed, in due order.
//!
//! What is posted is kept in place if it is small ([`crate::thunk`]), and both queues keep their memory, so in a steady state
//! nothing is allocated per event.

mod meter;
mod pump;
mod queue;
mod running;

use std::any::Any;
use std::fmt;
use std::time::Duration;

pub use pump::{EventPump, PumpHandle};
pub(crate) use queue::{Kind, Member, Membership, TimerId};

/// What a pump has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// Events that have run.
    pub events: u64,
    /// The longest that one event took. Events that are over within a microsecond or so share a look at the clock, and count as one.
    pub longest: Duration,
    /// The most events that waited at once.
    pub deepest: usize,
}

/// A panic of an event.
pub struct PanicReport {
    payload: Box<dyn Any + Send>,
}

impl PanicReport {
    pub(crate) fn new(payload: Box<dyn Any + Send>) -> Self {
        Self { payload }
    }

    /// The panic's message, if it has one.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        let text = self.payload.downcast_ref::<&str>().copied();
        text.or_else(|| self.payload.downcast_ref::<String>().map(String::as_str))
    }

    /// What the event panicked with.
    #[must_use]
    pub fn into_payload(self) -> Box<dyn Any + Send> {
        self.payload
    }
}

impl fmt::Display for PanicReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an event panicked: {}", self.message().unwrap_or("(no message)"))
    }
}

impl fmt::Debug for PanicReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PanicReport").field("message", &self.message()).finish_non_exhaustive()
    }
}
