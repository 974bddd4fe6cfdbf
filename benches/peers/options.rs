//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use clap::{Parser, value_parser};
use rdv_benches::{CAPACITIES, CHUNKS};

/// Measures rdv and its peers in turns; prints a table per group.
#[derive(Debug, Parser)]
#[command(name = "cargo bench -p rdv-peers --", disable_version_flag = true)]
pub(crate) struct Options {
    /// Only groups whose name contains this text.
    filter: Option<String>,
    /// Short rounds, and few of them.
    #[arg(long)]
    quick: bool,
    /// How many rounds each contestant runs [default: 15, or 5 if quick].
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..))]
    rounds: Option<u16>,
    /// Only contestants whose name contains this text, and the limits.
    #[arg(long, value_name = "TEXT", conflicts_with = "write")]
    only: Option<String>,
    /// Bytes per call of byte streams, instead of the usual ones; may be repeated. Groups that have no such sizes are left out.
    #[arg(long = "chunk", value_name = "BYTES", value_parser = size(LARGEST_CHUNK), conflicts_with = "write")]
    chunks: Vec<usize>,
    /// Capacities of byte streams, instead of the usual ones; may be repeated. What is in the kernel has a least one of its own.
    #[arg(long = "capacity", value_name = "BYTES", value_parser = size(LARGEST_CAPACITY), conflicts_with = "write")]
    capacities: Vec<usize>,
    /// Let the system place threads; else each has a core of its own, where there are as many.
    #[arg(long, conflicts_with = "write")]
    pub(crate) float: bool,
    /// Show the names of the groups and measure nothing.
    #[arg(long)]
    pub(crate) list: bool,
    /// Write tables and plots into this page, between the comments that name their groups.
    #[arg(long, value_name = "FILE")]
    pub(crate) write: Option<PathBuf>,
    /// What cargo tells every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What byte streams are measured with, in bytes.
pub(crate) struct Sizes {
    pub(crate) chunks: Vec<usize>,
    pub(crate) capacities: Vec<usize>,
}

/// More in one call goes through every buffer in pieces, and takes long.
const LARGEST_CHUNK: u64 = 16 << 20;

/// A pipe of somebody who is not privileged holds no more, unless the system was told otherwise.
const LARGEST_CAPACITY: u64 = 1 << 20;

/// A size from one byte to so many.
fn size(most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=most)
}

/// What is asked for, each once and in order; or what is usual.
fn or_usual(asked: &[usize], usual: &[usize]) -> Vec<usize> {
    let mut sizes = if asked.is_empty() { usual } else { asked }.to_vec();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

impl Options {
    /// Reads the arguments of this process; ends it after `--help` or an argument that is none.
    pub(crate) fn read() -> Self {
        Self::parse()
    }

    /// Whether a group is asked for.
    pub(crate) fn takes(&self, group: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| group.contains(filter.as_str()))
    }

    /// Whether a contestant takes part.
    pub(crate) fn admits(&self, contestant: &str) -> bool {
        self.only.as_ref().is_none_or(|only| contestant.contains(only.as_str()))
    }

    /// What byte streams are measured with.
    pub(crate) fn sizes(&self) -> Sizes {
        Sizes { chunks: or_usual(&self.chunks, &CHUNKS), capacities: or_usual(&self.capacities, &CAPACITIES) }
    }

    /// Whether sizes are asked for, which not all groups have.
    pub(crate) fn has_sizes(&self) -> bool {
        !(self.chunks.is_empty() && self.capacities.is_empty())
    }

    /// How many rounds each contestant runs.
    pub(crate) fn rounds(&self) -> usize {
        self.rounds.map_or(if self.quick { 5 } else { 15 }, usize::from)
    }

    /// How long a round is to take.
    pub(crate) fn round(&self) -> Duration {
        Duration::from_millis(if self.quick { 12 } else { 25 })
    }

    /// The command that measures the same.
    pub(crate) fn command(&self) -> String {
        let mut command = "cargo bench -p rdv-peers".to_owned();
        let filter = self.filter.clone();
        let quick = self.quick.then(|| "--quick".to_owned());
        let rounds = self.rounds.map(|rounds| format!("--rounds {rounds}"));
        for (at, argument) in [filter, quick, rounds].into_iter().flatten().enumerate() {
            command.push_str(if at == 0 { " -- " } else { " " });
            command.push_str(&argument);
        }
        command
    }
}
