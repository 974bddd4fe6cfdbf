//! What is known of each mutant: `target/models/code.json`. A run that was cut short goes on where it was.
//!
//! A verdict holds as long as the binaries that gave it are the same. After that it is a hint: what noticed a mutant last time is
//! asked first.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::Fate;
use super::list::{Mutant, place};
use crate::runner::worlds;

/// What the worker is called among the binaries.
pub(super) const WORKER: &str = "worker";

/// The present binaries by what they contain: workers and tests, by their names.
#[derive(Debug, Default)]
pub(super) struct Stamps(BTreeMap<String, u64>);

/// A verdict, and which binaries gave it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    stamp: u64,
    #[serde(flatten)]
    fate: Fate,
}

/// All verdicts, old and new.
#[derive(Debug)]
pub(super) struct Memory {
    path: PathBuf,
    stamps: Stamps,
    mutants: HashSet<String>,
    entries: Mutex<BTreeMap<String, Entry>>,
    hints: HashMap<String, Fate>,
}

/// Stands for the contents of a file.
pub(super) fn stamp_of(path: &Path) -> Result<u64, String> {
    Ok(stamp(&fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?))
}

fn stamp(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

impl Stamps {
    /// Of the worker and the tests.
    pub(super) fn read<'a>(binaries: impl IntoIterator<Item = (&'a str, &'a Path)>) -> Result<Self, String> {
        let stamps = binaries.into_iter().map(|(name, path)| Ok((name.to_owned(), stamp_of(path)?)));
        Ok(Self(stamps.collect::<Result<_, String>>()?))
    }

    /// Those of the binaries that a verdict is of: of what noticed, or, if nobody did, of all.
    fn of(&self, fate: &Fate) -> u64 {
        let asked = match fate {
            Fate::Killed(kill) if kill.token.is_some() => WORKER,
            Fate::Failed(failed) => &failed.binary,
            // What an audit finds comes after the tests.
            _ => return stamp(&self.0.values().flat_map(|stamp| stamp.to_le_bytes()).collect::<Vec<_>>()),
        };
        self.0.get(asked).copied().unwrap_or_default()
    }
}

impl Memory {
    /// What earlier runs have left of it.
    pub(super) fn read(mutants: &[Mutant], stamps: Stamps) -> Result<Self, String> {
        let path = worlds::target()?.join("models").join("code.json");
        Ok(Self::of(path, mutants, stamps))
    }

    fn of(path: PathBuf, mutants: &[Mutant], stamps: Stamps) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let entries: BTreeMap<String, Entry> = serde_json::from_str(&text).unwrap_or_default();
        let hints = entries.iter().map(|(name, entry)| (place(name), entry.fate.clone())).collect();
        let mutants = mutants.iter().map(|mutant| mutant.name.clone()).collect();
        Self { path, stamps, mutants, entries: Mutex::new(entries), hints }
    }

    /// What became of it, if that still holds.
    pub(super) fn recall(&self, mutant: &Mutant) -> Option<Fate> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(&mutant.name)?;
        (entry.stamp == self.stamps.of(&entry.fate)).then(|| entry.fate.clone())
    }

    /// What became of it last time, or of one like it in the same function.
    pub(super) fn hint(&self, mutant: &Mutant) -> Option<&Fate> {
        self.hints.get(&place(&mutant.name))
    }

    /// Writes down what became of it; whatever else is known of a mutant that stood elsewhere, and is none any more, goes.
    pub(super) fn keep(&self, mutant: &Mutant, fate: &Fate) -> Result<(), String> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let place_of_mutant = place(&mutant.name);
        entries.retain(|name, _| self.mutants.contains(name) || place(name) != place_of_mutant);
        entries.insert(mutant.name.clone(), Entry { stamp: self.stamps.of(fate), fate: fate.clone() });
        let text = serde_json::to_string_pretty(&*entries).map_err(|error| error.to_string())?;
        write_whole(&self.path, &(text + "\n"))
    }
}

/// Replaces a file: whoever ends this process leaves the old text or the new one.
pub(super) fn write_whole(path: &Path, text: &str) -> Result<(), String> {
    let new = path.with_extension("new");
    let written = fs::write(&new, text).and_then(|()| fs::rename(&new, path));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::super::suite::Failed;
    use super::*;

    fn mutant(name: &str) -> Mutant {
        let json = serde_json::json!({
            "name": name, "file": "src/a.rs", "genre": "FnValue", "replacement": "",
            "span": {"start": {"line": 1, "column": 1}, "end": {"line": 1, "column": 1}},
        });
        serde_json::from_value(json).unwrap()
    }

    fn memory(path: &Path, mutants: &[Mutant], stamp: u64) -> Memory {
        let stamps = [("worker".to_owned(), 1), ("contract".to_owned(), stamp)].into();
        Memory::of(path.to_owned(), mutants, Stamps(stamps))
    }

    #[test]
    fn a_verdict_holds_while_its_binaries_are_the_same() {
        let path = std::env::temp_dir().join(format!("rdv-code-memory-{}.json", std::process::id()));
        let mutants = ["src/a.rs:1:2: replace + with -", "src/a.rs:3:2: replace < with >"].map(mutant);
        let first = memory(&path, &mutants, 7);
        assert!(first.recall(&mutants[0]).is_none() && first.hint(&mutants[0]).is_none());
        let failed = Failed { binary: "contract".to_owned(), test: "test".to_owned() };
        first.keep(&mutants[0], &Fate::Failed(failed)).unwrap();
        first.keep(&mutants[1], &Fate::Survived { scenarios: 2 }).unwrap();
        let same = memory(&path, &mutants, 7);
        assert!(mutants.iter().all(|mutant| same.recall(mutant).is_some()));

        let moved = [mutant("src/a.rs:9:9: replace + with -"), mutants[1].clone()];
        let other = memory(&path, &moved, 8);
        assert!(moved.iter().all(|mutant| other.recall(mutant).is_none()));
        assert!(matches!(other.hint(&moved[0]), Some(Fate::Failed(failed)) if failed.test == "test"));
        other.keep(&moved[0], &Fate::Survived { scenarios: 0 }).unwrap();
        let names: Vec<_> = other.entries.lock().unwrap().keys().cloned().collect();
        assert_eq!(names, [&moved[1].name, &moved[0].name].map(Clone::clone));
        fs::remove_file(path).unwrap();
    }
}
