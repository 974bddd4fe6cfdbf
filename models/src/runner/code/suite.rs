//! The library's tests, compiled once with all mutants in them, and asked one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::list::Mutant;
use super::memory;
use crate::runner::progress::Ui;
use crate::runner::worlds::{self, Sources};
use crate::runner::{copy, pool};

/// The binaries whose tests say something about the library.
const BINARIES: &[&str] = &["--lib", "contract", "acceptance", "events", "events_allocations", "leaks", "properties"];

/// What a test may take with a mutant switched on: so much more than it takes with nothing, and so many times that. What takes longer,
/// and is not done in twice that time either, hangs.
const PATIENCE: (Duration, u32) = (Duration::from_secs(5), 10);

/// What a test may take when nothing is known of it.
const PATIENCE_AT_FIRST: Duration = Duration::from_secs(60);

/// How often it is looked whether one has ended.
const TICK: Duration = Duration::from_millis(2);

/// The tests, the quickest first, and the binaries that they are in.
#[derive(Debug)]
pub(super) struct Tests {
    folder: PathBuf,
    binaries: BTreeMap<&'static str, PathBuf>,
    tests: Vec<Test>,
    /// Held by each test that runs for a mutant, and by no other beside one that has run out of time.
    turn: RwLock<()>,
}

/// A test, and which mutants it executes, by their names.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Test {
    binary: String,
    name: String,
    took: Duration,
    asked: BTreeSet<String>,
}

/// What was found out about the tests of a binary: of what it contained then.
type Surveyed = BTreeMap<String, (u64, Vec<Test>)>;

impl Tests {
    /// Builds them, sees that they pass with nothing switched on, and which mutants each executes; or takes what was written down
    /// for the same binary.
    pub(super) fn build(sources: &Sources, threads: usize, ui: &Ui) -> Result<Self, String> {
        ui.say("building the tests of the copy");
        let (folder, binaries) = (sources.root.clone(), binaries(sources)?);
        let mut tests = Self { folder, binaries, tests: Vec::new(), turn: RwLock::new(()) };
        let path = worlds::target()?.join("models").join("code-tests.json");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let mut surveyed: Surveyed = serde_json::from_str(&text).unwrap_or_default();
        for (&name, binary) in &tests.binaries {
            let stamp = memory::stamp_of(binary)?;
            if surveyed.get(name).is_none_or(|(last, _)| *last != stamp) {
                ui.say(&format!("which mutants the tests of {name} execute"));
                surveyed.insert(name.to_owned(), (stamp, tests.survey(name, binary, threads)?));
                let text = serde_json::to_string(&surveyed).map_err(|error| error.to_string())?;
                memory::write_whole(&path, &text)?;
            }
            tests.tests.extend(surveyed[name].1.iter().cloned());
        }
        tests.tests.sort_by_key(|test| test.took);
        Ok(tests)
    }

    /// The names of the binaries, and where they are.
    pub(super) fn binaries(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.binaries.iter().map(|(name, path)| (*name, path.as_path()))
    }

    /// The first test that fails, or does not end, with that mutant switched on.
    pub(super) fn fails(&self, mutant: &Mutant) -> Result<Option<Failed>, String> {
        self.execute(mutant).map(|test| self.ask(test, mutant)).find_map(Result::transpose).transpose()
    }

    /// That test, if it fails now; it has failed before.
    pub(super) fn again(&self, failed: &Failed, mutant: &Mutant) -> Result<Option<Failed>, String> {
        let test = self.execute(mutant).find(|test| test.name == failed.test && test.binary == failed.binary);
        test.map_or(Ok(None), |test| self.ask(test, mutant))
    }

    fn execute(&self, mutant: &Mutant) -> impl Iterator<Item = &Test> {
        self.tests.iter().filter(|test| test.asked.contains(&mutant.name))
    }

    fn ask(&self, test: &Test, mutant: &Mutant) -> Result<Option<Failed>, String> {
        let (more, times) = PATIENCE;
        let patience = more + test.took * times;
        let beside_others = || {
            let _turn = self.turn.read().unwrap_or_else(PoisonError::into_inner);
            self.run(test, &mutant.name, patience)
        };
        let alone = || {
            let _turn = self.turn.write().unwrap_or_else(PoisonError::into_inner);
            self.run(test, &mutant.name, 2 * patience)
        };
        let notices = notices(beside_others, alone)?;
        Ok(notices.then(|| Failed { binary: test.binary.clone(), test: test.name.clone() }))
    }

    /// The tests of a binary.
    fn survey(&self, name: &str, binary: &Path, threads: usize) -> Result<Vec<Test>, String> {
        let listed = Command::new(binary).args(["--list", "--format", "terse"]).output();
        let listed = listed.map_err(|error| format!("{name}: {error}"))?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let names: Vec<_> = listed.lines().filter_map(|line| line.strip_suffix(": test")).collect();
        let order: Vec<_> = (0..names.len()).collect();
        let surveyed = pool::in_parallel(&order, threads, |index| {
            let file = worlds::target()?.join("models").join(format!("asked-{index}.txt"));
            // Fails only if there is none.
            let _ = fs::remove_file(&file);
            let (binary, name) = (name.to_owned(), names[index].to_owned());
            let mut test = Test { binary, name, took: Duration::ZERO, asked: BTreeSet::new() };
            let started = Instant::now();
            let end = self.run(&test, "", PATIENCE_AT_FIRST)?;
            test.took = started.elapsed();
            if end != End::Passed {
                return Err(format!("{} {} fails with nothing switched on: {end:?}", test.binary, test.name));
            }
            // Fails where allocations are counted: it has been executed all the same.
            self.run(&test, &format!("{}{}", copy::SURVEY, file.display()), PATIENCE_AT_FIRST)?;
            test.asked = fs::read_to_string(&file).unwrap_or_default().lines().map(str::to_owned).collect();
            let _ = fs::remove_file(&file);
            Ok(test)
        });
        surveyed.into_iter().collect()
    }

    fn run(&self, test: &Test, switched_on: &str, patience: Duration) -> Result<End, String> {
        let mut command = Command::new(&self.binaries[&*test.binary]);
        command.args(["--exact", &test.name]).current_dir(&self.folder).env(copy::VARIABLE, switched_on);
        end_of(&mut command, patience)
    }
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Passed,
    Failed,
    /// It did not, in the time that it was given.
    Late,
}

/// Whether a test notices: it fails, or it is late twice. On a busy machine it may be late once with any mutant.
fn notices(
    first: impl FnOnce() -> Result<End, String>,
    again: impl FnOnce() -> Result<End, String>,
) -> Result<bool, String> {
    let end = match first()? {
        End::Late => again()?,
        end => end,
    };
    Ok(end != End::Passed)
}

/// A test that fails.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Failed {
    pub(super) binary: String,
    pub(super) test: String,
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

/// Builds the binaries.
fn binaries(sources: &Sources) -> Result<BTreeMap<&'static str, PathBuf>, String> {
    let mut command = Command::new("cargo");
    command.current_dir(&sources.root).args(["test", "--package", "rdv", "--no-run"]);
    command.args(["--message-format", "json-render-diagnostics"]);
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
    BINARIES.iter().map(|&binary| Ok((binary, executable(&built, binary)?))).collect()
}

fn executable(built: &[Message], binary: &str) -> Result<PathBuf, String> {
    let is_meant = |target: &Target| match binary {
        "--lib" => target.name == "rdv" && target.kind.iter().any(|kind| kind == "lib"),
        name => target.name == name && target.kind.iter().any(|kind| kind == "test"),
    };
    let mut found = built.iter().filter(|message| message.target.as_ref().is_some_and(is_meant));
    found.find_map(|message| message.executable.clone()).ok_or_else(|| format!("{binary} was not built"))
}

fn end_of(command: &mut Command, patience: Duration) -> Result<End, String> {
    let started = Instant::now();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(if status.success() { End::Passed } else { End::Failed });
        }
        if started.elapsed() > patience {
            // Fails only if it has ended.
            let _ = child.kill();
            let _ = child.wait();
            return Ok(End::Late);
        }
        std::thread::sleep(TICK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_late_once_has_noticed_nothing() {
        let case = |first, again| notices(|| Ok(first), || again).unwrap();
        let never = || Err("asked again".to_owned());
        assert!(!case(End::Passed, never()) && case(End::Failed, never()));
        assert!(!case(End::Late, Ok(End::Passed)));
        assert!(case(End::Late, Ok(End::Failed)) && case(End::Late, Ok(End::Late)));
    }

    #[test]
    fn a_test_passes_fails_or_is_late() {
        let end = |script: &str, patience| end_of(Command::new("sh").args(["-c", script]), patience).unwrap();
        assert_eq!(end("exit 0", Duration::MAX), End::Passed);
        assert_eq!(end("exit 1", Duration::MAX), End::Failed);
        assert_eq!(end("exec sleep 1000", Duration::ZERO), End::Late);
    }
}
