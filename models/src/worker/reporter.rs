//! The thread that writes the worker's records, so that nobody formats anything on a checker's small stacks.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::job::{Job, Scheduler};
use crate::record::{Failure, Record};

/// How often the runner hears of progress.
const INTERVAL: Duration = Duration::from_millis(100);

/// The way to the reporting thread.
#[derive(Clone, Debug)]
pub(super) struct Reporter {
    outbox: Sender<Record>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    executions: AtomicU64,
    position: Mutex<Position>,
}

/// Where the exploration is.
#[derive(Clone, Debug, Default)]
pub(super) struct Position {
    pub(super) scheduler: Option<Scheduler>,
    pub(super) seed: u64,
    pub(super) tape: String,
    pub(super) execution: u64,
}

impl Reporter {
    /// Starts the thread. An execution that takes longer than the job's patience breaks the rule `hang`.
    pub(super) fn start(job: &Job, hang: &'static str) -> Self {
        let (outbox, inbox) = mpsc::channel();
        let shared = Arc::new(Shared::default());
        let watch = Watch {
            shared: Arc::clone(&shared),
            hang,
            patience: Duration::from_millis(job.budget.patience_milliseconds),
            executions: 0,
            since: Instant::now(),
        };
        std::thread::spawn(move || report(&inbox, watch));
        Self { outbox, shared }
    }

    /// Sends a record on its way.
    pub(super) fn send(&self, record: Record) {
        // The reporting thread ends only with the process.
        let _ = self.outbox.send(record);
    }

    /// Sends a last record; the process ends when it has been written.
    pub(super) fn finish(&self, record: Record) -> ! {
        self.send(record);
        loop {
            std::thread::park();
        }
    }

    /// Counts an execution that begins.
    pub(super) fn count(&self) -> u64 {
        self.shared.position().execution += 1;
        self.shared.executions.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Where the exploration is.
    pub(super) fn position(&self) -> Position {
        self.shared.position().clone()
    }

    /// The exploration goes on elsewhere.
    pub(super) fn moved(&self, position: Position) {
        *self.shared.position() = position;
    }
}

impl Shared {
    fn position(&self) -> std::sync::MutexGuard<'_, Position> {
        self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notices an execution that does not end.
struct Watch {
    shared: Arc<Shared>,
    hang: &'static str,
    patience: Duration,
    executions: u64,
    since: Instant,
}

impl Watch {
    fn look(&mut self) -> Record {
        let executions = self.shared.executions.load(Ordering::Relaxed);
        if executions != self.executions {
            self.executions = executions;
            self.since = Instant::now();
        }
        if self.since.elapsed() < self.patience {
            return Record::Progress(executions);
        }
        let Position { scheduler, seed, tape, execution } = self.shared.position().clone();
        let message = format!("hang: no end after {:.1} s; {}", self.since.elapsed().as_secs_f64(), threads());
        let (rule, at, thread, steps) = (self.hang.to_owned(), String::new(), String::new(), Vec::new());
        Record::Failed(Box::new(Failure { rule, message, at, thread, scheduler, seed, tape, execution, steps }))
    }
}

/// The names of the threads that are left, where the system tells.
fn threads() -> String {
    let name = |entry: io::Result<std::fs::DirEntry>| std::fs::read_to_string(entry.ok()?.path().join("comm")).ok();
    let names: Vec<_> = std::fs::read_dir("/proc/self/task").into_iter().flatten().filter_map(name).collect();
    let names: Vec<_> = names.iter().map(|name| name.trim()).collect();
    format!("threads left: {}", names.join(", "))
}

fn report(inbox: &Receiver<Record>, mut watch: Watch) {
    loop {
        let record = match inbox.recv_timeout(INTERVAL) {
            Ok(record) => record,
            Err(RecvTimeoutError::Timeout) => watch.look(),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let status = match record {
            Record::Failed(_) | Record::Capped(_) => Some(1),
            Record::Done => Some(0),
            _ => None,
        };
        let written = write(&record);
        if let Some(status) = status.or(written.is_err().then_some(super::ABANDONED)) {
            std::process::exit(status);
        }
    }
}

fn write(record: &Record) -> io::Result<()> {
    let mut line = serde_json::to_string(record)?;
    line.push('\n');
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes())?;
    out.flush()
}
