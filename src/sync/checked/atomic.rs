//! Recorded atomics.

use std::panic::Location;
use std::sync::atomic::{AtomicBool as Flag, AtomicU32 as Count};

use super::super::engine;
use super::explore::{self, Object, Touch};
use super::orderings::effective;

pub use std::sync::atomic::Ordering;

/// The checker's atomic, with a name for the record and a count of its stores.
///
/// loom shows a load only the last seven stores, so a model that stores more often to one atomic that is loaded explores less
/// than it seems to: [`explore::usage`] tells the highest count. Exchanges, and [`look`], always meet the newest store.
#[derive(Debug)]
pub struct AtomicUsize {
    inner: engine::AtomicUsize,
    object: Object,
    stores: Count,
    loaded: Flag,
}

impl AtomicUsize {
    /// An atomic that holds `value`.
    #[track_caller]
    #[must_use]
    pub fn new(value: usize) -> Self {
        Self {
            inner: engine::AtomicUsize::new(value),
            object: Object::holding("atomic", value),
            stores: Count::new(0),
            loaded: Flag::new(false),
        }
    }

    /// Reads the value.
    #[track_caller]
    pub fn load(&self, order: Ordering) -> usize {
        let order = effective(order, Location::caller(), 0);
        let value = self.inner.load(order);
        self.loaded.store(true, Ordering::Relaxed);
        explore::stores(self.stores.load(Ordering::Relaxed), Location::caller());
        explore::step(self.object, Touch::Load(value), || (format!("load {order:?}"), format!("{value:#x}")));
        value
    }

    /// Writes the value.
    #[track_caller]
    pub fn store(&self, value: usize, order: Ordering) {
        let order = effective(order, Location::caller(), 0);
        self.inner.store(value, order);
        self.stored();
        explore::step(self.object, Touch::Store(value), || (format!("store {order:?}"), format!("{value:#x}")));
    }

    /// Writes the value and returns the one before.
    #[track_caller]
    pub fn swap(&self, value: usize, order: Ordering) -> usize {
        let order = effective(order, Location::caller(), 0);
        let before = self.inner.swap(value, order);
        self.changed("swap", order, before, value)
    }

    /// Adds, wrapping, and returns the value before.
    #[track_caller]
    pub fn fetch_add(&self, value: usize, order: Ordering) -> usize {
        let order = effective(order, Location::caller(), 0);
        let before = self.inner.fetch_add(value, order);
        self.changed("add", order, before, before.wrapping_add(value))
    }

    /// Subtracts, wrapping, and returns the value before.
    #[track_caller]
    pub fn fetch_sub(&self, value: usize, order: Ordering) -> usize {
        let order = effective(order, Location::caller(), 0);
        let before = self.inner.fetch_sub(value, order);
        self.changed("sub", order, before, before.wrapping_sub(value))
    }

    /// Sets bits and returns the value before.
    #[track_caller]
    pub fn fetch_or(&self, value: usize, order: Ordering) -> usize {
        let order = effective(order, Location::caller(), 0);
        let before = self.inner.fetch_or(value, order);
        self.changed("or", order, before, before | value)
    }

    /// Keeps bits and returns the value before.
    #[track_caller]
    pub fn fetch_and(&self, value: usize, order: Ordering) -> usize {
        let order = effective(order, Location::caller(), 0);
        let before = self.inner.fetch_and(value, order);
        self.changed("and", order, before, before & value)
    }

    /// Replaces `current` by `new`, or returns what was there instead.
    ///
    /// # Errors
    /// The value found, if it is not `current`.
    #[track_caller]
    pub fn compare_exchange(
        &self,
        current: usize,
        new: usize,
        success: Ordering,
        failure: Ordering,
    ) -> Result<usize, usize> {
        let at = Location::caller();
        let (success, failure) = (effective(success, at, 0), effective(failure, at, 1));
        let result = self.inner.compare_exchange(current, new, success, failure);
        match result {
            Ok(before) => {
                self.changed("exchange", success, before, new);
            }
            Err(found) => explore::step(self.object, Touch::Newest(found), || {
                (format!("exchange {failure:?} fails"), format!("{found:#x} not {current:#x}"))
            }),
        }
        result
    }

    #[track_caller]
    fn changed(&self, operation: &str, order: Ordering, before: usize, after: usize) -> usize {
        self.stored();
        let told = || (format!("{operation} {order:?}"), format!("{before:#x} -> {after:#x}"));
        explore::step(self.object, Touch::Replace(before, after), told);
        before
    }

    #[track_caller]
    fn stored(&self) {
        if !explore::is_at_work() {
            return;
        }
        let stores = 1 + self.stores.fetch_add(1, Ordering::Relaxed);
        if self.loaded.load(Ordering::Relaxed) {
            explore::stores(stores, Location::caller());
        }
    }
}

/// Reads a word that the same thread is about to exchange; the exchange tells whether it still was true. In the loom world this
/// always is the newest value.
#[track_caller]
pub fn look(word: &AtomicUsize, order: Ordering) -> usize {
    let order = effective(order, Location::caller(), 0);
    let value = engine::look(&word.inner, order);
    explore::step(word.object, Touch::Newest(value), || (format!("look {order:?}"), format!("{value:#x}")));
    value
}

/// A fence.
#[track_caller]
pub fn fence(order: Ordering) {
    let order = effective(order, Location::caller(), 0);
    // There is no relaxed fence, so that is what stands for one that was taken away.
    if order == Ordering::Relaxed {
        return;
    }
    engine::fence(order);
    explore::step(Object::NONE, Touch::Nothing, || (format!("fence {order:?}"), String::new()));
}
