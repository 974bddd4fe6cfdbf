//! Mutants that nobody notices, each with the reason: `models/survivors.toml`.
//!
//! Short, and reviewed: an entry is a claim that the mutant breaks no promise. `cargo models --code` fails if one is noticed after
//! all, or is no mutant any more.

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use super::list::Mutant;
use crate::runner::worlds;

/// One of them, or those of a function.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Survivor {
    /// The path of the source.
    pub(super) file: String,
    /// The function, as `cargo mutants` calls it: `Point<I, T>::withdraw`.
    pub(super) function: String,
    /// What is changed, as `cargo mutants` says it, without the place; else it is whatever survives in that function.
    #[serde(default)]
    pub(super) mutants: Vec<String>,
    /// Why nobody can notice.
    pub(super) reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    survivor: Vec<Survivor>,
}

impl Survivor {
    /// Whether it is, or may be, that mutant.
    pub(super) fn covers(&self, mutant: &Mutant) -> bool {
        let named = || self.mutants.is_empty() || self.mutants.iter().any(|own| own == mutant.what());
        self.file == mutant.file && self.function == mutant.function() && named()
    }

    /// What does not survive any more: what it names, or the whole entry.
    pub(super) fn stale(&self, survivors: &[&Mutant]) -> Vec<String> {
        let survivors: Vec<_> = survivors.iter().filter(|survivor| self.covers(survivor)).collect();
        let name = |what: &str| format!("{} {}: {what}", self.file, self.function);
        if self.mutants.is_empty() && survivors.is_empty() {
            return vec![name("nothing survives")];
        }
        let gone = self.mutants.iter().filter(|own| !survivors.iter().any(|survivor| survivor.what() == *own));
        gone.map(|own| name(own)).collect()
    }
}

fn path() -> Result<PathBuf, String> {
    Ok(worlds::root()?.join("models").join("survivors.toml"))
}

/// All of them.
pub(super) fn read() -> Result<Vec<Survivor>, String> {
    let path = path()?;
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(&path).map_err(|error| told(&error))?;
    let list: List = toml::from_str(&text).map_err(|error| told(&error))?;
    match list.survivor.iter().find(|survivor| survivor.reason.is_empty()) {
        Some(survivor) => Err(told(&format!("{} is given no reason", survivor.function))),
        None => Ok(list.survivor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_may_still_exist() {
        for Survivor { file, function, .. } in read().unwrap() {
            let source = fs::read_to_string(worlds::root().unwrap().join(&file)).unwrap_or_default();
            let name = function.rsplit("::").next().unwrap_or_default();
            assert!(source.contains(&format!("fn {name}")), "{file} has no function {function}");
        }
    }
}
