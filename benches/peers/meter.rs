//! What work costs.

use std::thread;
use std::time::Duration;

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// Long enough for the loops and threads of others to have gone to sleep: what is counted is the whole process.
const SETTLE: Duration = Duration::from_millis(1);

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
    /// How much of it so many `units` of work take. What it takes to start threads and wait for their end is taken off, except where time is
    /// counted: that, `run` tells without.
    pub(crate) fn amount(self, run: &mut dyn FnMut(u64) -> Duration, units: u64) -> f64 {
        let used: fn(&Usage) -> i64 = match self {
            Self::Time => return run(units).as_nanos() as f64,
            Self::Cpu => cpu,
            Self::Switches => switches,
        };
        let mut count = |units| {
            thread::sleep(SETTLE);
            let before = usage();
            run(units);
            used(&usage()) - used(&before)
        };
        let idle = count(0);
        (count(units) - idle).max(0) as f64
    }
}

fn usage() -> Usage {
    getrusage(UsageWho::RUSAGE_SELF).expect("what this process has used can be had")
}

fn cpu(usage: &Usage) -> i64 {
    (usage.user_time() + usage.system_time()).num_nanoseconds()
}

fn switches(usage: &Usage) -> i64 {
    usage.voluntary_context_switches() + usage.involuntary_context_switches()
}
