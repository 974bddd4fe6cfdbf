//! The checked worlds: what the checker provides, wrapped so that the explorer can make the choices that the
//! checker does not make, and so that a failing execution can be told step by step.

pub mod asymmetric;
pub mod atomic;
mod cell;
pub mod eventcount;
pub mod explore;
pub mod hint;
mod lock;
pub mod orderings;
pub mod panic;
pub mod thread;
pub mod time;
mod trace;

pub(super) use cell::Track;

pub use super::engine::thread_local;
pub use cell::UnsafeCell;
pub use lock::{Condvar, Mutex, MutexGuard};
