//! Floor 0: the world. The only folder that may name `std::sync`, `std::thread`, `loom` or `shuttle`.
//!
//! Every other file of the crate is one source for three worlds, and this file holds the only switch:
//!
//! | world | flag | what stands behind the names below |
//! |---|---|---|
//! | std | none | the standard library, as thin as the optimiser makes it |
//! | loom | `--cfg loom` | [loom](https://docs.rs/loom): every interleaving, weak memory, data races |
//! | shuttle | `--cfg shuttle` | [shuttle](https://docs.rs/shuttle): depth-first and randomised schedules |
//!
//! # The contract
//!
//! | name | meaning | what the checked worlds do |
//! |---|---|---|
//! | [`atomic`] | atomics and fences | the checker's, recorded for failure reports |
//! | [`atomic::look`] | a load right before one's own exchange of that word | loom: a failing exchange, so that its reduction sees the dependency |
//! | [`cell::UnsafeCell`] | memory guarded by a protocol | loom reports every unordered pair of accesses |
//! | [`cell::Slots`] | contiguous memory guarded slot by slot | one tracked cell per slot beside the same memory |
//! | [`cell::Mirror`] | memory in which a slice may run over the end | written twice in software instead of mapped twice |
//! | [`Mutex`], [`Condvar`] | a lock without poison, sleeping with an optional deadline | the checker's; spurious wake-ups are a choice of the explorer |
//! | [`lock`] | what `Mutex` is made of | the same source, as a component that is checked by itself |
//! | [`asymmetric`] | a barrier that costs the frequent side nothing | both sides exchange a word |
//! | [`eventcount`] | sleeping until the next wake-up after a ticket | under the checker's lock |
//! | [`time::Deadline`] | a point in time, or never | a choice of the explorer: it may pass at every moment of a wait |
//! | [`thread`], [`thread_local!`] | named threads and their locals | the checker's |
//! | [`hint`] | how long to look before sleeping, who is on which core, what is needed soon | never: a look is a retry, which the explorer tries anyway |
//! | [`panic::catch`] | foreign code whose panic ends here | only a panic that the model marked as foreign does |
//! | [`time::Stopwatch`] | how long things take | nothing takes time |
//! | [`gauge::Gauge`] | a number that nothing correct depends on | std's, unseen by the checkers |
//! | [`Arc`], [`Weak`] | shared ownership | std's, unseen by the checkers |
//!
//! Two consequences for the floors above:
//!
//! * **`Arc` orders nothing.** Its count is invisible to the checkers, so no algorithm may lean on the
//!   ordering of a count for memory it guards: what is freed by "the last one" has a count of its own, in
//!   an [`atomic`], or is touched under a lock.
//! * **Every wait goes through [`Condvar`].** There is no `park`, no sleeping, no `try_lock`: loom 0.7 loses
//!   park tokens and reports false deadlocks for `try_lock`.
//!
//! What the stand-ins leave unchecked is listed in `docs/model-checking.md`.

#[cfg(any(loom, shuttle))]
#[path = "checked/mod.rs"]
mod world;
#[cfg(not(any(loom, shuttle)))]
#[path = "native/mod.rs"]
mod world;

#[cfg(loom)]
#[path = "loom.rs"]
mod engine;
#[cfg(all(shuttle, not(loom)))]
#[path = "shuttle.rs"]
mod engine;

#[cfg(any(loom, shuttle, not(target_os = "linux")))]
mod mirror_copied;
#[cfg(all(target_os = "linux", not(any(loom, shuttle))))]
mod mirror_mapped;

#[cfg(any(loom, shuttle, not(target_os = "linux")))]
use mirror_copied as mirror;
#[cfg(all(target_os = "linux", not(any(loom, shuttle))))]
use mirror_mapped as mirror;

pub mod gauge;
pub mod lines;
pub mod lock;
mod slots;

pub use std::sync::{Arc, Weak};
pub use world::{Condvar, Mutex, MutexGuard, asymmetric, atomic, eventcount, hint, panic, thread, thread_local, time};

#[cfg(any(loom, shuttle))]
pub use world::{explore, orderings};

/// Memory that a protocol guards instead of a lock.
pub mod cell {
    pub use super::mirror::Mirror;
    pub use super::slots::{OutOfMemory, Slots};
    pub use super::world::UnsafeCell;
}
