//! Counts the instructions of the paths that run on one thread, and holds them against reviewed limits.
//!
//! ```sh
//! cargo instructions                   # counts every path; fails where one is over its limit
//! cargo instructions channel/spsc      # the paths that have this in their name
//! cargo instructions --write           # makes what was counted the limits: benches/instructions/limits.toml
//! ```
//!
//! A clock on a shared machine cannot tell a path that has become 5 % slower from a neighbour; a count of instructions can. It
//! says nothing about cache lines that travel between cores, nor about waiting: those are `cargo bench`'s.
//!
//! # What a figure is
//! Every path runs twice under valgrind's `cachegrind`, so many rounds and [`count::ROUNDS`] more. The difference, by those rounds, is
//! what one round costs: start-up, set-up and the first round's allocations fall out of it. Kernel code is not counted, and
//! no time passes ([`clock`]). The count depends on compiler and C library (its `memcpy` above all), so a change of either may ask for new limits; see
//! docs/decisions/0014 for why it is done like this.

mod clock;
mod count;
mod limits;
mod paths;

use std::process::ExitCode;

use clap::Parser;

use count::count;
use limits::{Limits, Verdict};

/// Counts the instructions of one round of each path on one thread.
#[derive(Debug, Parser)]
#[command(name = "cargo instructions", disable_version_flag = true)]
struct Options {
    /// Only paths whose name contains this text.
    #[arg(default_value = "")]
    filter: String,
    /// Make what is counted the limits.
    #[arg(long)]
    write: bool,
    /// Run so many rounds of the one path of that name, and count nothing: what runs under valgrind.
    #[arg(long, hide = true, value_name = "N")]
    rounds: Option<u64>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if let Some(rounds) = options.rounds {
        paths::run(&options.filter, rounds);
        return ExitCode::SUCCESS;
    }
    match compare(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Counts, prints a line per path, and writes the limits if that is asked for. False if a limit is exceeded.
fn compare(options: &Options) -> Result<bool, String> {
    let mut limits = Limits::read()?;
    let names = paths::names();
    let mut within = true;
    println!("{:<28} {:>12} {:>12}", "instructions per round", "counted", "limit");
    for name in names.iter().filter(|name| name.contains(&options.filter)) {
        let counted = count(name)?;
        let limit = limits.of(name);
        let verdict = Verdict::of(counted, limit);
        let shown = limit.map(|limit| limit.to_string()).unwrap_or_default();
        println!("{name:<28} {counted:>12} {shown:>12}  {verdict}");
        within &= options.write || verdict.passes();
        if options.write {
            limits.set(name, counted);
        }
    }
    if options.write {
        limits.retain(&names);
        limits.write()?;
    } else if let Some(unknown) = limits.unknown(&names) {
        return Err(format!("a limit for `{unknown}`, which is no path: `cargo instructions --write` strikes it"));
    }
    Ok(within)
}
