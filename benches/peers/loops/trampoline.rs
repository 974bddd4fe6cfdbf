//! No loop at all: whoever posts first calls the event, and all that are posted meanwhile, on its own thread.

use std::cell::{Cell, RefCell};

use rdv_benches::event::Post;

use super::Event;

/// What is left of a chain, in which each event posts at most one, where nothing goes from thread to thread and nobody waits: its links, boxed.
#[derive(Clone)]
pub(crate) struct Trampoline;

impl Post for Trampoline {
    #[inline]
    fn post_event(&self, event: impl FnOnce() + Send + 'static) {
        thread_local! {
            static RUNS: Cell<bool> = const { Cell::new(false) };
            static NEXT: RefCell<Option<Event>> = const { RefCell::new(None) };
        }
        NEXT.set(Some(Box::new(event)));
        if !RUNS.replace(true) {
            while let Some(event) = NEXT.take() {
                event();
            }
            RUNS.set(false);
        }
    }
}
