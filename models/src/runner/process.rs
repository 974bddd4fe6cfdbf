//! Child processes: workers and guarded builds, and how they end.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::audit::{End, Explored};
use crate::engine;
use crate::job::{Job, World};
use crate::record::{Record, Tally};

use super::worlds::Worker;
use super::{copy, groups};

/// A worker reports ten times a second. One that is silent for so long is stuck where it can't even say so.
const SILENCE: Duration = Duration::from_secs(60);

/// How long children may take to end after a Ctrl-C.
const FAREWELL: Duration = Duration::from_secs(3);

/// Lines of a worker's standard error that are shown if it dies. shuttle writes there at every panic.
const LAST_LINES: usize = 20;

/// The conventional status of a process ended by Ctrl-C.
const INTERRUPTED: i32 = 130;

/// Our ends of the pipes that children watch: a child whose pipe is dropped ends.
#[derive(Default)]
struct Leashes {
    held: HashMap<u32, ChildStdin>,
    running: usize,
    /// There was a Ctrl-C: nothing starts, nobody looks at what became of the children.
    interrupted: bool,
}

static LEASHES: LazyLock<Mutex<Leashes>> = LazyLock::new(Mutex::default);
static ENDED: Condvar = Condvar::new();

fn leashes() -> MutexGuard<'static, Leashes> {
    LEASHES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on a Ctrl-C ends all children, and then this process.
pub(super) fn end_with_ctrl_c() -> Result<(), String> {
    ctrlc::set_handler(|| {
        let mut leashes = leashes();
        leashes.interrupted = true;
        leashes.held.clear();
        let _ = ENDED.wait_timeout_while(leashes, FAREWELL, |leashes| leashes.running > 0);
        eprintln!("interrupted");
        std::process::exit(INTERRUPTED);
    })
    .map_err(|error| format!("Ctrl-C can't be handled: {error}"))
}

/// A running child that ends with this process.
pub(super) struct Leashed(Child);

impl Leashed {
    /// Starts the command, and writes `input` to it. Its output is piped.
    pub(super) fn start(mut command: Command, input: &str) -> Result<Self, String> {
        groups::lead(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A child is counted before it runs, so that a Ctrl-C in between waits for it.
        let mut leashes = leashes();
        if leashes.interrupted {
            drop(leashes);
            stand_still();
        }
        let mut child = command.spawn().map_err(|error| format!("{:?}: {error}", command.get_program()))?;
        if let Some(mut pipe) = child.stdin.take() {
            // A child that does not read has ended, and is found to have.
            let _ = pipe.write_all(input.as_bytes());
            leashes.held.insert(child.id(), pipe);
        }
        leashes.running += 1;
        Ok(Self(child))
    }

    /// The lines that the child writes to its standard output.
    pub(super) fn lines(&mut self) -> Receiver<String> {
        lines_of(self.0.stdout.take())
    }

    /// The lines that the child writes to its standard error.
    pub(super) fn error_lines(&mut self) -> Receiver<String> {
        lines_of(self.0.stderr.take())
    }

    /// The last of those lines, once the child has ended.
    fn last_error_lines(&mut self) -> JoinHandle<Vec<String>> {
        let lines = self.error_lines();
        std::thread::spawn(move || {
            let mut last = VecDeque::new();
            for line in lines {
                last.push_back(line);
                if last.len() > LAST_LINES {
                    last.pop_front();
                }
            }
            last.into()
        })
    }

    /// Waits for the child to end; true if it did so well.
    pub(super) fn wait(mut self) -> (bool, String) {
        self.0.wait().map_or_else(|error| (false, error.to_string()), |status| (status.success(), status.to_string()))
    }

    fn kill(&mut self) {
        // Fails only if it has ended.
        let _ = self.0.kill();
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        let pipe = leashes().held.remove(&self.0.id());
        drop(pipe);
        self.kill();
        let _ = self.0.wait();
        let mut leashes = leashes();
        leashes.running -= 1;
        ENDED.notify_all();
        let interrupted = leashes.interrupted;
        drop(leashes);
        if interrupted {
            stand_still();
        }
    }
}

/// After a Ctrl-C this process is about to end; until then nothing more is to be done or said.
fn stand_still() -> ! {
    loop {
        std::thread::park();
    }
}

fn lines_of(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let lines = pipe.into_iter().flat_map(|pipe| BufReader::new(pipe).split(b'\n')).map_while(Result::ok);
        for line in lines {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Lets a worker do the job.
pub(super) fn explore(worker: &Worker, job: &Job, mut progress: impl FnMut(u64)) -> Explored {
    let started = Instant::now();
    let mut tallies: Vec<Tally> = Vec::new();
    let mut steps = Vec::new();
    let mut told = 0;
    let end = converse(worker, job, |record| match record {
        Record::Progress(count) => {
            told = count;
            progress(count);
        }
        Record::Tape(tally) => tallies.push(tally),
        Record::Steps(recorded) => steps = recorded,
        _ => {}
    });
    let end = end.unwrap_or_else(End::Died);
    let finished: u64 = tallies.iter().map(|tally| tally.executions).sum();
    let executions = match &end {
        End::Done => finished,
        End::Capped(executions) => *executions,
        End::Failed(failure) => finished + failure.execution,
        End::Died(_) => finished.max(told),
    };
    Explored { job: job.clone(), end, tallies, steps, executions, seconds: started.elapsed().as_secs_f64() }
}

fn converse(worker: &Worker, job: &Job, mut hear: impl FnMut(Record)) -> Result<End, String> {
    let mut command = Command::new(&worker.binary);
    command.arg(super::WORKER).env("RUST_BACKTRACE", "0").env_remove(copy::VARIABLE);
    if let Some(fault) = &worker.fault {
        command.env(copy::VARIABLE, fault);
    }
    forget_checkers_variables(&mut command);
    let line = serde_json::to_string(job).map_err(|error| error.to_string())?;
    let mut child = Leashed::start(command, &format!("{line}\n"))?;
    let (lines, errors) = (child.lines(), child.last_error_lines());
    let mut world = None;
    while let Ok(line) = lines.recv_timeout(SILENCE) {
        // A scenario that prints does no harm.
        let Ok(record) = serde_json::from_str(&line) else { continue };
        match record {
            Record::World(told) => world = Some(told),
            Record::Failed(failure) => return Ok(End::Failed(failure)),
            Record::Capped(executions) => return Ok(End::Capped(executions)),
            Record::Done => return same_world(world, job).map(|()| End::Done),
            record => hear(record),
        }
    }
    child.kill();
    let (_, status) = child.wait();
    let said = errors.join().unwrap_or_default().join("\n");
    Err(format!("the worker ended without a last word ({status})\n{said}").trim_end().to_owned())
}

/// A worker of the wrong world would explore nothing, and be green.
fn same_world(told: Option<World>, job: &Job) -> Result<(), String> {
    let needed = job.engine.world();
    match told {
        Some(world) if world == needed => Ok(()),
        Some(world) => Err(format!("{} needs the {needed} world, the worker is of the {world} world", job.engine)),
        None => Err("the worker did not say which world it is of".into()),
    }
}

/// Both checkers take orders from the environment. Ours come from the job alone.
fn forget_checkers_variables(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("LOOM_") || text.starts_with("SHUTTLE_") {
            command.env_remove(&name);
        }
    }
}

/// The world of this very binary.
pub(super) const OWN_WORLD: World = engine::WORLD;
