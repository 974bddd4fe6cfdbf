//! Looking before sleeping is for production: to the explorer a retry is a step like any other. So are cores and caches.

/// How many looks at once: none.
#[must_use]
pub fn looks_at_once() -> u32 {
    0
}

/// How many brief looks: none.
#[must_use]
pub fn brief_looks() -> u32 {
    0
}

/// How many patient looks: none.
#[must_use]
pub fn patient_looks() -> u32 {
    0
}

/// How many brief looks at a lock: none.
#[must_use]
pub fn brief_lock_looks() -> u32 {
    0
}

/// How many looks at a lock: none.
#[must_use]
pub fn lock_looks() -> u32 {
    0
}

/// How many rounds that keep the core: none.
#[must_use]
pub fn brief_rounds() -> u32 {
    0
}

/// How many rounds that give it up: none.
#[must_use]
pub fn patient_rounds() -> u32 {
    0
}

/// Nothing to wait for between two steps of a model.
pub fn spin_loop() {}

/// Nothing to wait for.
pub fn pause() {}

/// Nobody to give way to: the explorer decides who runs.
pub fn yield_now() {}

/// No caches.
pub fn will_write<T>(_place: *const T) {}

/// No caches.
pub fn will_read<T>(_place: *const T) {}

/// No cores.
#[must_use]
pub fn shares_core() -> bool {
    false
}

/// No cores.
#[derive(Debug, Default)]
pub struct Core;

impl Core {
    /// Everybody is somewhere else.
    pub fn note(&self, _other: &Self) -> bool {
        false
    }

    /// Nowhere.
    pub fn leave_trace(&self) {}

    /// Everybody is somewhere else.
    pub fn take_trace_here(&self) -> bool {
        false
    }
}
