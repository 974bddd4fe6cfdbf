//! The copy with all mutants in it, less those that the compiler refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;

use super::list::Mutant;
use super::switched::{Switched, switched};
use crate::job::World;
use crate::runner::copy::Copy;
use crate::runner::progress::Ui;
use crate::runner::worlds::{self, Sources};

/// The folder of the copy.
const FOLDER: &str = "code";

/// Compilers report by phases: first what does not resolve, then types, then loans. So many attempts are enough for all.
const ATTEMPTS: usize = 25;

/// The copy, and the numbers of those that are not in it.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) sources: Sources,
    pub(super) refused: BTreeSet<usize>,
}

/// Writes the copy and checks it in both worlds, again and again, until nothing is refused.
pub(super) fn build(mutants: &[Mutant], ui: &Ui) -> Result<Built, String> {
    let key = key(mutants)?;
    let mut refused = remembered(key)?;
    for attempt in 1..=ATTEMPTS {
        let (files, left_out) = changed(mutants, &refused)?;
        refused.extend(left_out);
        let changed = files.iter().map(|(file, switched)| (file.clone(), switched.text.clone())).collect();
        let sources = Copy { name: (FOLDER, 1), changed }.write()?;
        let mut errors = Vec::new();
        for world in [World::Loom, World::Std] {
            errors = check(&sources, world)?;
            if !errors.is_empty() {
                break;
            }
        }
        if errors.is_empty() {
            remember(key, &refused)?;
            return Ok(Built { sources, refused });
        }
        let blamed: BTreeSet<usize> = errors.iter().flat_map(|error| error.blamed(&files)).collect();
        if blamed.is_empty() {
            return Err(format!("no mutant is to be blamed for\n{}", errors[0].rendered));
        }
        refused.extend(&blamed);
        ui.say(&format!("attempt {attempt}: {} errors, {} mutants do not compile", errors.len(), refused.len()));
    }
    Err(format!("the mutants still do not compile after {ATTEMPTS} attempts"))
}

type Files = BTreeMap<String, Switched>;

/// The sources, by their paths below `src`, with all mutants but those refused; and those that can't be switched.
fn changed(mutants: &[Mutant], refused: &BTreeSet<usize>) -> Result<(Files, Vec<usize>), String> {
    let mut by_file: BTreeMap<&str, Vec<(usize, &Mutant)>> = BTreeMap::new();
    for (number, mutant) in mutants.iter().enumerate().filter(|(number, _)| !refused.contains(number)) {
        by_file.entry(&mutant.file).or_default().push((number, mutant));
    }
    let (mut files, mut left_out) = (Files::new(), Vec::new());
    for (file, mutants) in by_file {
        let (switched, left) = switched(&source(file)?, &mutants).map_err(|error| format!("{file}: {error}"))?;
        files.insert(file.trim_start_matches("src/").to_owned(), switched);
        left_out.extend(left);
    }
    Ok((files, left_out))
}

fn source(file: &str) -> Result<String, String> {
    fs::read_to_string(worlds::root()?.join(file)).map_err(|error| format!("{file}: {error}"))
}

/// An error of the compiler.
#[derive(Debug, Deserialize)]
struct Diagnostic {
    level: String,
    rendered: String,
    spans: Vec<Place>,
    #[serde(default)]
    children: Vec<Note>,
}

#[derive(Debug, Deserialize)]
struct Note {
    spans: Vec<Place>,
}

#[derive(Debug, Deserialize)]
struct Place {
    file_name: String,
    byte_start: usize,
    is_primary: bool,
}

/// A line of `cargo check --message-format json`.
#[derive(Debug, Deserialize)]
struct Message {
    message: Option<Diagnostic>,
}

impl Diagnostic {
    /// The mutants where it says that something is wrong; or where it says what that has to do with; or the last one before.
    fn blamed(&self, files: &Files) -> Vec<usize> {
        let notes = self.children.iter().flat_map(|note| &note.spans);
        let (primary, others): (Vec<_>, Vec<_>) = self.spans.iter().partition(|place| place.is_primary);
        let others: Vec<_> = others.into_iter().chain(notes).collect();
        for places in [&primary, &others] {
            let blamed: Vec<_> = places.iter().flat_map(|place| place.mutants(files)).collect();
            if !blamed.is_empty() {
                return blamed;
            }
        }
        primary.iter().filter_map(|place| place.switched(files)?.before(place.byte_start)).collect()
    }
}

impl Place {
    fn switched<'a>(&self, files: &'a Files) -> Option<&'a Switched> {
        files.get(self.file_name.trim_start_matches("src/"))
    }

    fn mutants(&self, files: &Files) -> Vec<usize> {
        self.switched(files).into_iter().flat_map(|switched| switched.at(self.byte_start)).collect()
    }
}

/// What the compiler says against the library of the copy.
fn check(sources: &Sources, world: World) -> Result<Vec<Diagnostic>, String> {
    let mut command = Command::new("cargo");
    command.current_dir(&sources.root).args(["check", "--package", "rdv", "--lib", "--message-format", "json"]);
    worlds::configure(&mut command, world, &worlds::target_of(world)?);
    let told = command.output().map_err(|error| format!("cargo: {error}"))?;
    let messages = String::from_utf8_lossy(&told.stdout);
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok()?.message);
    let errors: Vec<_> = messages.filter(|message| message.level == "error" && !message.spans.is_empty()).collect();
    if errors.is_empty() && !told.status.success() {
        return Err(format!("the copy does not build:\n{}", String::from_utf8_lossy(&told.stderr)));
    }
    Ok(errors)
}

/// Stands for the mutants, and for the sources that they are in.
fn key(mutants: &[Mutant]) -> Result<u64, String> {
    let mut hasher = DefaultHasher::new();
    let files: BTreeSet<_> = mutants.iter().map(|mutant| &mutant.file).collect();
    for file in files {
        source(file)?.hash(&mut hasher);
    }
    mutants.iter().for_each(|mutant| mutant.name.hash(&mut hasher));
    Ok(hasher.finish())
}

fn memory() -> Result<PathBuf, String> {
    Ok(worlds::target()?.join("models").join("code-refused.json"))
}

/// What was refused the last time, if nothing has changed since.
fn remembered(key: u64) -> Result<BTreeSet<usize>, String> {
    let text = fs::read_to_string(memory()?).unwrap_or_default();
    let last: Option<(u64, BTreeSet<usize>)> = serde_json::from_str(&text).ok();
    Ok(last.filter(|(last, _)| *last == key).map(|(_, refused)| refused).unwrap_or_default())
}

fn remember(key: u64, refused: &BTreeSet<usize>) -> Result<(), String> {
    let text = serde_json::to_string(&(key, refused)).map_err(|error| error.to_string())?;
    fs::write(memory()?, text).map_err(|error| error.to_string())
}
