//! The worker process: one scenario, one engine, then it ends.
//!
//! A checker's failure is a panic, sometimes an abort, and a deadlock of real threads never ends, so every
//! exploration has a process of its own. It reads its [`Job`] as the first line of its
//! standard input and answers with [`Record`]s on its standard output. When its input
//! closes (because the runner is gone, however it went), it exits.

mod failure;
mod reporter;
mod session;

use std::io::{BufRead, Read};
use std::process::ExitCode;
use std::sync::Arc;

use crate::engine;
use crate::job::Job;
use crate::record::Record;
use crate::{broken, growth, litmus, scenarios};

pub use failure::rule_of;
pub use session::{Block, Body, Session};

use reporter::Reporter;

/// The exit status of a worker whose input was closed.
const ABANDONED: i32 = 3;

/// The whole life of a worker.
///
/// # Errors
/// An exit status other than success, after a line on standard error, if the job makes no sense.
#[must_use]
pub fn main() -> ExitCode {
    match read_job().and_then(start) {
        Ok(never) => match never {},
        Err(error) => {
            eprintln!("worker: {error}");
            ExitCode::from(2)
        }
    }
}

fn read_job() -> Result<Job, String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|error| format!("no job: {error}"))?;
    std::thread::spawn(|| {
        // Nothing more is sent: whatever ends the read, the runner is gone.
        let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
        std::process::exit(ABANDONED);
    });
    serde_json::from_str(&line).map_err(|error| format!("not a job: {error}"))
}

fn start(job: Job) -> Result<std::convert::Infallible, String> {
    let scenario = scenarios::all()
        .chain(broken::scenarios())
        .chain(growth::scenarios())
        .chain(litmus::scenarios())
        .find(|scenario| scenario.name == job.scenario)
        .ok_or_else(|| format!("no scenario is called {:?}", job.scenario))?;
    if job.engine.world() != engine::WORLD {
        return Err(format!("{} needs the {} world, this is {}", job.engine, job.engine.world(), engine::WORLD));
    }
    engine::set_orderings(&job.orderings);
    let reporter = Reporter::start(&job, scenario.hang);
    reporter.send(Record::World(engine::WORLD));
    let session = Arc::new(Session::new(job, scenario, reporter));
    failure::watch(&session);
    engine::run(&session)?;
    session.finish(Record::Done)
}
