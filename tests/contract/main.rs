//! The contract, rule by rule, as an ordinary program can observe it: each test names the rule that it holds the library to.
//!
//! Rules about what many threads do at once are tried by the scenarios in `tests/acceptance`, those about order and
//! loss in every state by the scripts in `tests/properties`; and every rule by the models.

#![cfg(not(any(loom, shuttle)))]

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod buffered;
mod channel_ends;
mod channel_states;
mod connections;
mod errors;
mod kinds;
mod meeting;
mod names;
mod tasks;
mod types;
mod waiting;

use std::io::{self, ErrorKind};

use support::{LIMIT, within};

/// Runs a test that could block.
#[track_caller]
fn test(body: impl FnOnce() + Send + 'static) {
    within(LIMIT, body);
}

/// The kind of an error.
#[track_caller]
fn kind<T>(result: io::Result<T>) -> ErrorKind {
    result.map(drop).expect_err("it must fail").kind()
}
