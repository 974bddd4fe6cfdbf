//! Where threads cannot be kept on a core: all float.

/// From now on the system places all threads, as it does anyway.
pub fn let_float() {}

/// The system places the threads that `run` starts, as it does anyway.
pub fn floating<R>(run: impl FnOnce() -> R) -> R {
    run()
}

/// Cores for threads; there are none to be had.
#[derive(Debug, Clone, Copy)]
pub enum Cores {}

impl Cores {
    /// `None`.
    #[must_use]
    pub fn for_each_of(_threads: usize) -> Option<Self> {
        None
    }

    /// Never called.
    #[must_use]
    pub fn stay(&self, _number: usize) -> Stay {
        match *self {}
    }
}

/// Nothing to let go.
#[derive(Debug)]
pub struct Stay;
