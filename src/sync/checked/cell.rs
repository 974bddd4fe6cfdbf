//! Tracked memory.

use super::super::engine;
use super::explore::{self, Object, Touch};

/// Memory that a protocol guards: `with` to read, `with_mut` to write.
#[derive(Debug)]
pub struct UnsafeCell<T> {
    inner: engine::UnsafeCell<T>,
    object: Object,
}

impl<T> UnsafeCell<T> {
    /// A cell that holds `value`.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self { inner: engine::UnsafeCell::new(value), object: Object::new("cell") }
    }

    /// Reads through the pointer, inside `access`.
    #[track_caller]
    pub fn with<R>(&self, access: impl FnOnce(*const T) -> R) -> R {
        explore::step(self.object, Touch::Read(0, 1), || ("read".into(), String::new()));
        self.inner.with(access)
    }

    /// Writes through the pointer, inside `access`.
    #[track_caller]
    pub fn with_mut<R>(&self, access: impl FnOnce(*mut T) -> R) -> R {
        explore::step(self.object, Touch::Write(0, 1), || ("write".into(), String::new()));
        self.inner.with_mut(access)
    }
}

/// One tracked cell beside each slot of a block of memory, plus the checker's eye on leaks of the block.
#[derive(Debug)]
pub(in crate::sync) struct Track {
    slots: Box<[engine::UnsafeCell<()>]>,
    object: Object,
    _leak: engine::LeakCheck,
}

// SAFETY: (RING-4) the tracked cells hold nothing; that accesses to them are ordered is what the checker checks.
unsafe impl Sync for Track {}

impl Track {
    #[track_caller]
    pub(in crate::sync) fn new(len: usize) -> Self {
        Self {
            slots: (0..len).map(|_| engine::UnsafeCell::new(())).collect(),
            object: Object::new("slots"),
            _leak: engine::leak_check(),
        }
    }

    #[track_caller]
    pub(in crate::sync) fn read(&self, at: usize, len: usize) {
        explore::step(self.object, Touch::Read(at, len), || ("read slots".into(), format!("{at}+{len}")));
        self.slots[at..at + len].iter().for_each(|slot| slot.with(|_| ()));
    }

    #[track_caller]
    pub(in crate::sync) fn write(&self, at: usize, len: usize) {
        explore::step(self.object, Touch::Write(at, len), || ("write slots".into(), format!("{at}+{len}")));
        self.slots[at..at + len].iter().for_each(|slot| slot.with_mut(|_| ()));
    }
}
