//! What is shown while the suites run: bars in a terminal, plain lines elsewhere.

use std::fmt;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{HumanCount, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::audit::{End, Explored};
use crate::job::Job;

use super::table;

/// How often bars are redrawn.
const TICK: Duration = Duration::from_millis(120);

/// One bar per running worker: 80 columns at most.
const WORKER_STYLE: &str = "{spinner} {prefix:40!} {human_pos:>12} {rate:>10} {elapsed:>4}";
/// The bar below them.
const OVERALL_STYLE: &str = "  {bar:40} {pos}/{len} jobs, {elapsed}";
/// The bar of a build.
const BUILD_STYLE: &str = "{spinner} {prefix} {wide_msg} {elapsed:>4}";

/// The terminal, or what stands in for it.
#[derive(Debug)]
pub(super) struct Ui {
    bars: MultiProgress,
    is_terminal: bool,
}

impl Ui {
    /// Bars if everything goes to a terminal.
    pub(super) fn new() -> Self {
        let is_terminal = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bars: MultiProgress::with_draw_target(target), is_terminal }
    }

    /// Prints a line, above the bars if there are any.
    pub(super) fn say(&self, line: &str) {
        self.bars.suspend(|| println!("{line}"));
    }

    /// Shows that something is being built.
    pub(super) fn building(&self, what: &str) -> Build {
        if !self.is_terminal {
            println!("building {what}");
        }
        let bar = self.bar(BUILD_STYLE, ProgressBar::no_length(), 0);
        bar.set_prefix(format!("building {what}:"));
        Build(bar)
    }

    /// Shows how many jobs are done.
    pub(super) fn overall(&self, jobs: usize) -> ProgressBar {
        self.bar(OVERALL_STYLE, ProgressBar::new(jobs as u64), 0)
    }

    /// Shows that a worker runs.
    pub(super) fn working(&self, job: &Job) -> ProgressBar {
        let bar = self.bar(WORKER_STYLE, ProgressBar::no_length(), 1);
        bar.set_prefix(format!("{} {} {}", job.scenario, job.engine, table::bound(job)));
        bar
    }

    /// Shows that a worker has ended: a line where there are no bars.
    pub(super) fn worked(&self, explored: &Explored) {
        if self.is_terminal {
            return;
        }
        let Explored { job, end, executions, seconds, .. } = explored;
        let end = match end {
            End::Done => "ran",
            End::Capped(_) => "INCOMPLETE",
            End::Failed(_) => "FAILED",
            End::Died(_) => "DIED",
        };
        let name = format!("{} {}", job.scenario, table::bound(job));
        println!("{end:10} {:9} {name:39} {executions:>10} {seconds:>6.1} s", job.engine);
    }

    /// Clears the bars.
    pub(super) fn finish(&self) {
        // Fails only if the terminal is gone.
        let _ = self.bars.clear();
    }

    /// A bar with so many below it.
    fn bar(&self, style: &str, bar: ProgressBar, below: usize) -> ProgressBar {
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style.with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| {
            // A bar that can't be drawn is not worth a failure.
            let _ = write!(out, "{}/s", HumanCount(state.per_sec() as u64));
        });
        let bar = self.bars.insert_from_back(below, bar.with_style(style));
        bar.enable_steady_tick(TICK);
        bar
    }
}

/// The bar of a build.
#[derive(Debug)]
pub(super) struct Build(ProgressBar);

impl Build {
    /// The compiler is at this package now.
    pub(super) fn compiling(&self, package: &str) {
        self.0.set_message(package.to_owned());
    }

    /// The build has ended.
    pub(super) fn done(&self) {
        self.0.finish_and_clear();
    }
}
