//! The library's tests, compiled once with all mutants in them.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::runner::copy;
use crate::runner::progress::Ui;
use crate::runner::worlds::{self, Sources};

/// Those that say something about the library; the cheapest first.
const BINARIES: &[&str] = &["--lib", "contract", "acceptance", "events", "events_allocations", "leaks", "properties"];

/// Far more than any takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is looked whether one has ended.
const TICK: Duration = Duration::from_millis(5);

/// The binaries.
#[derive(Debug)]
pub(super) struct Tests {
    folder: PathBuf,
    binaries: Vec<(&'static str, PathBuf)>,
}

/// A line of `cargo test --message-format json-render-diagnostics`.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Tests {
    /// Builds them, and sees that they pass with nothing switched on.
    pub(super) fn build(sources: &Sources, ui: &Ui) -> Result<Self, String> {
        ui.say("building the tests of the copy");
        let mut command = Command::new("cargo");
        command.current_dir(&sources.root).args([
            "test",
            "--package",
            "rdv",
            "--no-run",
            "--message-format",
            "json-render-diagnostics",
        ]);
        for binary in BINARIES {
            command.args(if *binary == "--lib" { vec![*binary] } else { vec!["--test", binary] });
        }
        command.arg("--target-dir").arg(worlds::target()?);
        let told = command.output().map_err(|error| format!("cargo: {error}"))?;
        if !told.status.success() {
            return Err(format!("the tests do not build:\n{}", String::from_utf8_lossy(&told.stderr)));
        }
        let text = String::from_utf8_lossy(&told.stdout);
        let built: Vec<Message> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let binaries = BINARIES.iter().map(|&binary| Ok((binary, executable(&built, binary)?)));
        let tests = Self { folder: sources.root.clone(), binaries: binaries.collect::<Result<_, String>>()? };
        match tests.fails("")? {
            None => Ok(tests),
            Some(binary) => Err(format!("{binary} fails in the copy with nothing switched on")),
        }
    }

    /// The first binary that fails, or does not end, with that mutant switched on.
    pub(super) fn fails(&self, mutant: &str) -> Result<Option<String>, String> {
        for (name, binary) in &self.binaries {
            if !passes(Command::new(binary).current_dir(&self.folder).env(copy::VARIABLE, mutant))? {
                return Ok(Some((*name).to_owned()));
            }
        }
        Ok(None)
    }
}

fn executable(built: &[Message], binary: &str) -> Result<PathBuf, String> {
    let is_meant = |target: &Target| match binary {
        "--lib" => target.name == "rdv" && target.kind.iter().any(|kind| kind == "lib"),
        name => target.name == name && target.kind.iter().any(|kind| kind == "test"),
    };
    let mut found = built.iter().filter(|message| message.target.as_ref().is_some_and(is_meant));
    found.find_map(|message| message.executable.clone()).ok_or_else(|| format!("{binary} was not built"))
}

fn passes(command: &mut Command) -> Result<bool, String> {
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(status.success());
        }
        if started.elapsed() > PATIENCE {
            // Fails only if it has ended.
            let _ = child.kill();
            let _ = child.wait();
            return Ok(false);
        }
        std::thread::sleep(TICK);
    }
}
