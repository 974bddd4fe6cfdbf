//! The model-checking suites of `rdv`, and the command that runs them: `cargo models`.
//!
//! A [`scenario`] is a small concurrent program, written once. It runs in four engines, in three worlds:
//!
//! ```text
//!            scenarios/*.rs                 one source
//!      ┌──────────┬─────┴──────┬─────────┐
//!    loom        dfs       portfolio   stress        engines
//!    loom world    shuttle world       std world     one compilation each
//!      └──────────┴─────┬──────┴─────────┘
//!              record.rs (JSON lines)                from worker processes
//!                    audit.rs                        is the green worth anything?
//!                    runner/                         builds, runs, prints, replays
//! ```
//!
//! | module | what it is |
//! |---|---|
//! | [`scenario`], [`scenarios`] | the vocabulary, and the suites written in it |
//! | [`broken`] | programs with known faults: what the harness must catch, every time it runs |
//! | [`growth`] | programs that do nothing but grow |
//! | [`litmus`] | what the checkers themselves are known to see |
//! | [`tape`], [`seed`] | the choices that no checker makes: enumerated, or drawn |
//! | [`engine`] | the checkers, and what the harness needs around one execution |
//! | [`worker`], [`job`], [`record`] | the process that does one exploration, what it is asked, what it answers |
//! | [`audit`] | what must be true of an exploration before its green means anything |
//! | [`runner`] | the command: builds the worlds, runs the workers, prints the table, replays failures |
//!
//! Floors: `runner` sees everything, `worker` and `engine` see everything but `runner`; the rest only vocabulary.

pub mod audit;
pub mod broken;
pub mod engine;
pub mod growth;
pub mod job;
pub mod litmus;
pub mod record;
pub mod scenario;
pub mod scenarios;
pub mod seed;
pub mod tape;
pub mod worker;

#[cfg(not(any(loom, shuttle)))]
pub mod runner;
#[cfg(any(loom, shuttle))]
#[path = "runner_elsewhere.rs"]
pub mod runner;
