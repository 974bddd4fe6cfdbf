//! `cargo models --mutants`: does a scenario fail if an ordering of the source is weaker than written?
//!
//! ```text
//!  sites ─────────────> mutants ─┐
//!  (read from src/)              ├─> search ─> table, mutants.json
//!  survey ─────────────> where ──┘
//!  (which scenario executes which site)
//! ```
//!
//! Nothing is rebuilt and no source is touched: the worker of the loom world is told which ordering is to be weaker, see
//! `rdv::sync::orderings`. A mutant that no scenario kills is a gap in the models, or an ordering that is stronger than needed, or
//! it is [unmodelled]: out of loom's reach, which a litmus test shows.

mod search;
mod sites;
mod table;
mod unmodelled;

use std::collections::BTreeSet;
use std::time::Instant;

use crate::job::World;

use super::cli::Options;
use super::progress::Ui;
use super::proofs::{self, Of};
use super::worlds::{Sources, Worlds};
use super::{FAILED, PASSED};

/// Weakens each site that the filter lets through.
pub(super) fn run(options: &Options, ui: &Ui) -> Result<u8, String> {
    let started = Instant::now();
    let mutants = sites::mutants(options.filter.as_deref())?;
    let worlds = Worlds::build(&Sources::own()?, &[World::Loom].into(), ui)?;
    let verdicts = search::search(&mutants, &worlds, options.jobs(), ui)?;
    ui.finish();
    println!("\n{}", table::render(&verdicts));
    table::write(&verdicts)?;
    let proofs: Vec<_> = verdicts.iter().filter_map(search::Verdict::proof).collect();
    let reviewed = proofs::settle(Of::Mutants, &proofs, &known()?, options.bless)?;
    let passed = table::print_summary(&verdicts, started.elapsed()) && reviewed;
    Ok(if passed { PASSED } else { FAILED })
}

/// Those that somebody has to kill.
fn known() -> Result<BTreeSet<String>, String> {
    let mutants = sites::mutants(None)?.into_iter();
    Ok(mutants.filter(|mutant| unmodelled::of(mutant).is_none()).map(|mutant| mutant.id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weaker_ordering_was_killed() {
        let unsettled = proofs::unsettled(Of::Mutants, &known().unwrap()).unwrap();
        assert!(
            unsettled.is_empty(),
            "`cargo models --mutants FILTER --bless` tries and adds, or drops: {unsettled:?}"
        );
    }
}
