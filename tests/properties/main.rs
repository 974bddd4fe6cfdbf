//! Random scripts of operations against the sequential specifications that the models use too (`rdv_spec`).
//!
//! Every subject is tried by two tools with generators of their own, proptest and quickcheck. What fails is shrunk to a
//! script that prints as Rust, to be pasted into a test:
//!
//! ```text
//! RING-1: expected Took([0, 1]), answered Took([1, 0]) in step 2
//! minimal failing input: Script::<RingOf<Spsc<u8>>>::of(Setup { capacity: 2, start: 0 }, vec![
//!     Put(2),
//!     Take(2),
//! ])
//! ```
//!
//! `PROPTEST_CASES` and `QUICKCHECK_TESTS` set how many scripts are tried.

#![cfg(not(any(loom, shuttle)))]

#[path = "../support/mod.rs"]
mod support;

mod channel;
mod drops;
mod meeting;
mod names;
mod ring;
mod script;
