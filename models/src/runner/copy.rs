//! Copies of the workspace with switches in the sources: a change is text that asks at run time whether it is the one that is
//! switched on.
//!
//! So a world is compiled once per copy and not once per change ("mutant schemata": Untch, Offutt and Harrold, *Mutation
//! analysis using mutant schemata*, ISSTA 1993). Nothing of this touches the library's own sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, value};

use super::worlds::{self, Sources};

/// Tells a worker or a test which change is switched on.
pub(super) const VARIABLE: &str = "RDV_MODELS_FAULT";

/// What is switched on to learn which changes are asked for: the rest is the file that they are written to, a line each.
pub(super) const SURVEY: &str = "survey:";

/// What is copied: what cargo needs in order to build a worker and the tests.
const COPIED: &[&str] = &["Cargo.toml", "Cargo.lock", "README.md", "src", "models", "tests", "benches", "examples"];

/// What is compiled without optimisation: faults show early, so compiling takes longer than running. The checkers
/// below are those of the ordinary workers, compiled once.
const PLAIN: &[&str] = &["rdv", "rdv-spec", "rdv-models"];

/// The file that has the switch.
const ROOT_MODULE: &str = "src/lib.rs";

/// A change may be one that a lint refuses. No line of its own: lines stay where they are.
const ALLOWED: &str = "#![allow(warnings, arithmetic_overflow, unconditional_panic, unconditional_recursion)] ";

/// The file that says which version this is.
const MANIFEST: &str = "Cargo.toml";

/// A copy that is to be written.
#[derive(Debug)]
pub(super) struct Copy {
    /// A folder of `target/models`, and a number in it: what no other copy has.
    pub(super) name: (&'static str, usize),
    /// The sources that are different, by their paths below `src`.
    pub(super) changed: BTreeMap<String, String>,
}

/// The text that asks whether that change is switched on.
pub(super) fn asks(change: &str) -> String {
    format!("crate::seeded({change:?})")
}

impl Copy {
    /// Writes what is not as it should be: cargo goes by the time of the last change.
    pub(super) fn write(&self) -> Result<Sources, String> {
        let (folder, number) = self.name;
        let (from, to) = (worlds::root()?, worlds::target()?.join("models").join(folder).join(number.to_string()));
        let worker = format!("worker-with-{folder}-{number}");
        let mut written = BTreeSet::new();
        for file in files(&from)? {
            let mut place = to.join(&file);
            if file.ends_with("src/bin/worker.rs") {
                place.set_file_name(format!("{worker}.rs"));
            }
            write_if_new(&place, &self.text(&from, &file)?)?;
            written.insert(place);
        }
        remove_others(&to, &written)?;
        let config = PLAIN.iter().map(|package| format!("profile.models.package.{package}.opt-level=0")).collect();
        Ok(Sources { root: to, worker, about: format!(" with {folder} ({number})"), config })
    }

    /// What stands in the copy of that file.
    fn text(&self, from: &Path, file: &Path) -> Result<Vec<u8>, String> {
        let changed = file.strip_prefix("src").ok().and_then(|below| self.changed.get(below.to_str()?));
        let mut text = match changed {
            Some(changed) => changed.clone().into_bytes(),
            None => fs::read(from.join(file)).map_err(|error| format!("{}: {error}", file.display()))?,
        };
        if file == Path::new(ROOT_MODULE) {
            text = [ALLOWED.as_bytes(), &text, switch().as_bytes()].concat();
        }
        if file == Path::new(MANIFEST) { versioned(text, self.name) } else { Ok(text) }
    }
}

/// The manifest of the workspace, with a version of the copy's own. The copies share a target folder, and there cargo tells
/// workspaces apart by nothing but the names and versions of their packages: it would take what was built from one copy for
/// what is to be built from another.
fn versioned(manifest: Vec<u8>, (folder, number): (&str, usize)) -> Result<Vec<u8>, String> {
    let text = String::from_utf8(manifest).map_err(|error| error.to_string())?;
    let mut manifest: DocumentMut = text.parse().map_err(|error| format!("{MANIFEST}: {error}"))?;
    let version = &mut manifest["workspace"]["package"]["version"];
    let own = version.as_str().ok_or_else(|| format!("{MANIFEST} does not say the version of the workspace"))?;
    *version = value(format!("{own}+{folder}.{number}"));
    Ok(manifest.to_string().into_bytes())
}

/// What every change asks. It is invisible to the checkers, and read once: no step of a model.
fn switch() -> String {
    include_str!("switch.rs").replace("VARIABLE", &format!("{VARIABLE:?}")).replace("SURVEY", &format!("{SURVEY:?}"))
}

/// The files that are copied, by their paths in the workspace.
fn files(root: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    let mut left: Vec<PathBuf> = COPIED.iter().map(PathBuf::from).collect();
    while let Some(path) = left.pop() {
        let told = |error: std::io::Error| format!("{}: {error}", path.display());
        if !root.join(&path).is_dir() {
            files.push(path);
            continue;
        }
        for entry in fs::read_dir(root.join(&path)).map_err(told)? {
            left.push(path.join(entry.map_err(told)?.file_name()));
        }
    }
    Ok(files)
}

/// Writes a file, unless it is as it should be.
fn write_if_new(path: &Path, text: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::write(path, text)).map_err(|error| format!("{}: {error}", path.display()))
}

/// Removes what an earlier copy has left.
fn remove_others(folder: &Path, written: &BTreeSet<PathBuf>) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(told)? {
        let path = entry.map_err(told)?.path();
        if path.is_dir() {
            remove_others(&path, written)?;
        } else if !written.contains(&path) {
            fs::remove_file(&path).map_err(told)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_copies_have_one_version() {
        let manifest = fs::read(worlds::root().unwrap().join(MANIFEST)).unwrap();
        let [one, two] = [1, 2].map(|number| versioned(manifest.clone(), ("faults", number)).unwrap());
        assert!(one != two && one != manifest && two != manifest);
        assert!(versioned(b"[workspace]".to_vec(), ("faults", 1)).unwrap_err().contains(MANIFEST));
    }
}
