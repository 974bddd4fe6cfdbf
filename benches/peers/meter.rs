//! What work costs.

use std::time::Duration;

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// What is counted while work is done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Meter {
    /// Nanoseconds until it is done.
    Time,
    /// Nanoseconds that cores spend on this process.
    Cpu,
    /// How often the kernel takes a core away from a thread, or a thread gives it up, to sleep or to let others run.
    Switches,
}

impl Meter {
    /// How much of it `work`, which tells its time, takes.
    pub(crate) fn amount(self, work: impl FnOnce() -> Duration) -> f64 {
        let before = used();
        let took = work();
        let after = used();
        match self {
            Self::Time => took.as_nanos() as f64,
            Self::Cpu => (cpu(&after) - cpu(&before)) as f64,
            Self::Switches => (switches(&after) - switches(&before)) as f64,
        }
    }
}

fn used() -> Usage {
    getrusage(UsageWho::RUSAGE_SELF).expect("what this process has used can be had")
}

fn cpu(usage: &Usage) -> i64 {
    (usage.user_time() + usage.system_time()).num_nanoseconds()
}

fn switches(usage: &Usage) -> i64 {
    usage.voluntary_context_switches() + usage.involuntary_context_switches()
}
