//! What people do with the system, on real threads: the byte-channel scenarios that a user would try first.
//!
//! `RDV_REPEAT=1000 cargo test --test acceptance` runs each of them so many times; a failure tells the round. A
//! scenario that hangs is killed with a message that says where each thread was.

#![cfg(not(any(loom, shuttle)))]

#[path = "../support/mod.rs"]
mod support;

mod disconnecting;
mod echo;
mod many;
mod meeting;
mod streaming;
