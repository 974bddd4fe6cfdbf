//! The event world: pumps, message queues, listeners, and how they meet threads.
//!
//! The modules `pump_*`, `queue_*` and `ports_*` hold the library to its contract, rule by rule, on pumps that the test's own thread
//! drives, so that every step is decided. `serving`, `mixed`, `messages` and `many` are what people do with it, on real threads;
//! `RDV_REPEAT=1000 cargo test --test events` runs each of those so many times. `script_*` tries random scripts against the
//! sequential specification of the event world.

#![cfg(not(any(loom, shuttle)))]

#[path = "../support/mod.rs"]
mod support;

mod world;

mod foreign;
mod messages;
mod ports_bind;
mod ports_connect;
mod pump_order;
mod pump_stop;
mod queue_listeners;
mod queue_messages;
mod queue_moves;
mod races;
#[path = "../properties/script.rs"]
mod script;
mod script_callbacks;
mod script_steps;
mod script_world;
mod serving;
mod types;

use support::{LIMIT, within};

/// Runs a test that could block.
#[track_caller]
fn test(body: impl FnOnce() + Send + 'static) {
    within(LIMIT, body);
}
