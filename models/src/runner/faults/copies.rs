//! Copies of the workspace with faults in them, behind switches.
//!
//! All faults of a *group* are in one copy: each is text that asks at run time whether it is the one that is switched
//! on. So a world is compiled once per group and not once per fault ("mutant schemata": Untch, Offutt and Harrold, *Mutation
//! analysis using mutant schemata*, ISSTA 1993). Faults whose texts overlap are in different groups. Nothing of this
//! touches the library's own sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, value};

use super::super::worlds::{self, Sources};
use super::registry::Fault;

/// What is copied: what cargo needs in order to build a worker.
const COPIED: &[&str] = &["Cargo.toml", "Cargo.lock", "README.md", "src", "models", "tests", "benches", "examples"];

/// What is compiled without optimisation: faults show early, so compiling takes longer than running. The checkers
/// below are those of the ordinary workers, compiled once.
const PLAIN: &[&str] = &["rdv", "rdv-spec", "rdv-models"];

/// The file that every fault asks.
const ROOT_MODULE: &str = "src/lib.rs";

/// The file that says which version this is.
const MANIFEST: &str = "Cargo.toml";

/// Faults that can be in one copy.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Numbers of faults.
    pub(super) faults: Vec<usize>,
    /// Where they are, by file.
    places: BTreeMap<String, Vec<(Range<usize>, usize)>>,
}

/// Divides the faults, each into the first group in which it overlaps with none.
pub(super) fn groups(faults: &[Fault]) -> Result<Vec<Group>, String> {
    let mut groups: Vec<Group> = Vec::new();
    for (number, fault) in faults.iter().enumerate() {
        let path = worlds::root()?.join("src").join(&fault.file);
        let source = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let place = fault.place(&source)?;
        let at = groups.iter().position(|group| group.has_room(&fault.file, &place)).unwrap_or_else(|| {
            groups.push(Group::default());
            groups.len() - 1
        });
        groups[at].faults.push(number);
        groups[at].places.entry(fault.file.clone()).or_default().push((place, number));
    }
    Ok(groups)
}

impl Group {
    fn has_room(&self, file: &str, place: &Range<usize>) -> bool {
        let places = self.places.get(file).into_iter().flatten();
        places.into_iter().all(|(other, _)| other.end <= place.start || place.end <= other.start)
    }

    /// Writes the copy of that number.
    pub(super) fn write(&self, number: usize, faults: &[Fault]) -> Result<Sources, String> {
        let (from, to) = (worlds::root()?, worlds::target()?.join("models").join("faults").join(number.to_string()));
        let worker = format!("worker-with-faults-{number}");
        let mut written = BTreeSet::new();
        for file in files(&from)? {
            let mut text = fs::read(from.join(&file)).map_err(|error| format!("{}: {error}", file.display()))?;
            if let Some(places) = file.strip_prefix("src").ok().and_then(|below| self.places.get(below.to_str()?)) {
                text = seeded(text, places, faults)?;
            }
            if file == Path::new(ROOT_MODULE) {
                text.extend_from_slice(asking().as_bytes());
            }
            if file == Path::new(MANIFEST) {
                text = versioned(text, number)?;
            }
            let mut place = to.join(&file);
            if file.ends_with("src/bin/worker.rs") {
                place.set_file_name(format!("{worker}.rs"));
            }
            write_if_new(&place, &text)?;
            written.insert(place);
        }
        remove_others(&to, &written)?;
        let config = PLAIN.iter().map(|package| format!("profile.models.package.{package}.opt-level=0")).collect();
        Ok(Sources { root: to, worker, about: format!(" with faults ({number})"), config })
    }
}

/// The manifest of the workspace, with a version of the copy's own. The copies share a target folder, and there cargo tells
/// workspaces apart by nothing but the names and versions of their packages: it would take what was built from one copy for
/// what is to be built from another.
fn versioned(manifest: Vec<u8>, number: usize) -> Result<Vec<u8>, String> {
    let text = String::from_utf8(manifest).map_err(|error| error.to_string())?;
    let mut manifest: DocumentMut = text.parse().map_err(|error| format!("{MANIFEST}: {error}"))?;
    let version = &mut manifest["workspace"]["package"]["version"];
    let own = version.as_str().ok_or_else(|| format!("{MANIFEST} does not say the version of the workspace"))?;
    *version = value(format!("{own}+faults.{number}"));
    Ok(manifest.to_string().into_bytes())
}

/// The source with its faults, the last one first, so that the places of the others stay.
fn seeded(source: Vec<u8>, places: &[(Range<usize>, usize)], faults: &[Fault]) -> Result<Vec<u8>, String> {
    let mut text = String::from_utf8(source).map_err(|error| error.to_string())?;
    let mut places: Vec<_> = places.iter().collect();
    places.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    for (place, fault) in places {
        text.replace_range(place.clone(), &faults[*fault].seeded());
    }
    Ok(text.into_bytes())
}

/// What every fault asks. It is invisible to the checkers, and read once: no step of a model.
fn asking() -> String {
    let variable = super::VARIABLE;
    format!(
        "
/// Whether that fault is the one that is switched on.
#[doc(hidden)]
pub fn seeded(fault: &str) -> bool {{
    static SWITCHED_ON: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    SWITCHED_ON.get_or_init(|| std::env::var({variable:?}).unwrap_or_default()) == fault
}}
"
    )
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

/// Writes a file, unless it is as it should be: cargo goes by the time of the last change.
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
        let [one, two] = [1, 2].map(|number| versioned(manifest.clone(), number).unwrap());
        assert!(one != two && one != manifest && two != manifest);
        assert!(versioned(b"[workspace]".to_vec(), 1).unwrap_err().contains(MANIFEST));
    }
}
