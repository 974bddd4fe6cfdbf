//! `cargo models --bounds`: how few preemptions each seeded fault needs.
//!
//! The run that has to catch a fault is done with no preemption, with one, and so on, until the rule of the fault is
//! named. What a bounded run of the suites can be trusted with is measured by that: docs/growth.md is written from it.
//! An engine that has no bound is asked once.

use crate::audit::End;
use crate::job::Budget;
use crate::runner::cli::Options;
use crate::runner::preemptions;
use crate::runner::progress::Ui;
use crate::runner::proofs::{self, Of};
use crate::runner::worlds::Worlds;
use crate::runner::{FAILED, PASSED};
use crate::scenario::Run;

use super::{BUDGET, Fault, Tried, attempt, each, in_groups, read, table};

/// What one exploration may take. Many pass, and then go through everything within their bound.
const PATIENT: Budget = Budget { milliseconds: 120_000, ..BUDGET };

/// The whole command.
pub(in crate::runner) fn run(options: &Options, ui: &Ui) -> Result<u8, String> {
    let mut found = Vec::new();
    in_groups(options, ui, None, |faults, worlds| {
        found.extend(each(&faults, worlds, options, ui, |fault, worlds| smallest(fault, worlds, ui))?);
        Ok(())
    })?;
    ui.finish();
    let (caught, missed): (Vec<_>, Vec<_>) = found.into_iter().partition(Tried::is_caught);
    table::print(&caught);
    missed.iter().for_each(|tried| println!("NOT KNOWN {}: {}", tried.fault.id, left_open(tried)));
    let proofs: Vec<_> = caught.iter().filter_map(Tried::proof).collect();
    let known = read()?.into_iter().map(|fault| fault.id).collect();
    let reviewed = proofs::settle(Of::Bounds, &proofs, &known, options.bless)?;
    Ok(if missed.is_empty() && reviewed { PASSED } else { FAILED })
}

/// The first exploration that catches the fault; or the one that tells why it is not known which would.
fn smallest(fault: &Fault, worlds: &Worlds, ui: &Ui) -> Result<Tried, String> {
    let own = fault.run()?;
    let bounds: Vec<_> =
        if own.engine.is_exhaustive() { preemptions::up_to(own.bound).collect() } else { vec![own.bound] };
    let mut last = None;
    for bound in bounds {
        let tried = attempt(fault, Run { bound, ..own }, PATIENT, worlds, ui)?;
        let is_known = !matches!(tried.explored.end, End::Capped(_) | End::Died(_));
        let is_caught = tried.is_caught();
        last = Some(tried);
        if is_caught || !is_known {
            break;
        }
    }
    last.ok_or_else(|| format!("{}: there is no bound to try", fault.id))
}

/// Why a fault was not caught within a bound.
fn left_open(tried: &Tried) -> String {
    let run = table::run(tried);
    match &tried.explored.end {
        End::Done => format!("{run} passes"),
        End::Capped(executions) => format!("{run} has more than {executions} executions"),
        End::Failed(failure) => format!("{run} breaks {}", failure.rule),
        End::Died(why) => format!("{run}: {why}"),
    }
}
