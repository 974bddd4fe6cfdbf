//! The rules of the house, read from the sources: what no type can hold and no reviewer should have to look for.
//!
//! | module | rule |
//! |---|---|
//! | [`floors`] | a floor uses only floors below it |
//! | [`worlds`] | only `src/sync/` names what differs between the worlds |
//! | [`unsafety`] | `unsafe` stays on its floors, and each use of it says by which invariant it is sound |
//! | [`orderings`] | every ordering names its other end |
//! | [`rules`] | every rule is kept by code and checked by a scenario, and what is cited exists |
//! | [`sizes`] | files and functions stay small |
//!
//! The sources are parsed (syn), not searched, wherever comments, strings or nested `use` would fool a search. clippy
//! demands `SAFETY` comments, too, but cannot say what stands in them; there is no tool that knows our floors.
//! Each check is a function from sources to findings, and shown to find what it looks for.

#![cfg(not(any(loom, shuttle)))]

mod floors;
mod orderings;
mod paths;
mod rules;
mod sizes;
mod source;
mod unsafety;
mod worlds;

/// Fails with all findings of a check.
#[track_caller]
fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "{} against the rules of the house:\n  {}", findings.len(), findings.join("\n  "));
}
