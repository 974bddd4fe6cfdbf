//! The seeded faults: `models/faults/*.toml`, one file per component.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;

use crate::scenario::{Bound, Engine, Level, Run, Scenario};
use crate::scenarios;

use super::super::{copy, guarantees, worlds};

/// Stands in the faulty text for the question whether the fault is switched on.
pub(super) const SWITCH: &str = "SEEDED";

/// One fault: what somebody could have written instead, and who has to notice.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::runner) struct Fault {
    /// Unique.
    pub(in crate::runner) id: String,
    /// The rule that it breaks, and that has to be named.
    pub(in crate::runner) rule: String,
    /// The scenario that has to fail.
    pub(in crate::runner) scenario: String,
    /// Which of its runs: the audited one of loom, unless something else is said.
    engine: Option<String>,
    size: Option<u8>,
    bound: Option<String>,
    /// The file that it is in, below `src`.
    pub(super) file: String,
    /// The text that is right: it stands in that file once.
    before: String,
    /// The text with the fault, which asks [`SWITCH`].
    after: String,
    /// What is wrong, in one sentence.
    pub(super) about: String,
}

/// The file of a component.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Component {
    fault: Vec<Fault>,
}

/// All faults, in the order of their files.
pub(in crate::runner) fn read() -> Result<Vec<Fault>, String> {
    let folder = worlds::root()?.join("models").join("faults");
    let told = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let entries = fs::read_dir(&folder).map_err(|error| told(&folder, &error))?;
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let mut faults = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| told(&path, &error))?;
        let component: Component = toml::from_str(&text).map_err(|error| told(&path, &error))?;
        faults.extend(component.fault);
    }
    Ok(faults)
}

impl Fault {
    /// The scenario.
    pub(super) fn scenario(&self) -> Result<&'static Scenario, String> {
        scenarios::all()
            .find(|scenario| scenario.name == self.scenario)
            .ok_or_else(|| format!("{}: no scenario is called {:?}", self.id, self.scenario))
    }

    /// The run that has to fail.
    pub(super) fn run(&self) -> Result<Run, String> {
        let told = |error: String| format!("{}: {error}", self.id);
        let size = self.size.unwrap_or(self.scenario()?.audit);
        let engine = self.engine.as_deref().map_or(Ok(Engine::Loom), str::parse).map_err(told)?;
        let bound = self.bound.as_deref().map_or(Ok(Bound::Full), str::parse).map_err(told)?;
        Ok(Run { engine, size, bound, level: Level::Quick })
    }

    /// Where the right text stands in the source of its file.
    pub(super) fn place(&self, source: &str) -> Result<Range<usize>, String> {
        let mut found = source.match_indices(&self.before);
        match (found.next(), found.next()) {
            (Some((at, _)), None) => Ok(at..at + self.before.len()),
            (None, _) => Err(format!("{}: its text does not stand in src/{}", self.id, self.file)),
            (Some(_), Some(_)) => Err(format!("{}: its text stands in src/{} more than once", self.id, self.file)),
        }
    }

    /// The faulty text, which asks whether the fault is switched on.
    pub(super) fn seeded(&self) -> String {
        self.after.replace(SWITCH, &copy::asks(&self.id))
    }

    /// Whether the filter of the command line lets it through.
    pub(super) fn matches(&self, filter: &str) -> bool {
        self.id.contains(filter) || self.scenario.contains(filter) || self.rule.eq_ignore_ascii_case(filter)
    }
}

/// What is wrong with the registry itself: faults that do not apply any more, or name what does not exist.
pub(super) fn complaints(faults: &[Fault]) -> Result<Vec<String>, String> {
    let source = worlds::root()?.join("src");
    let rules = guarantees::rules()?;
    let mut ids = BTreeSet::new();
    let mut complaints = Vec::new();
    for fault in faults {
        let Fault { id, rule, file, after, .. } = fault;
        if !ids.insert(id) {
            complaints.push(format!("{id}: two faults are called so"));
        }
        if !rules.contains(rule) {
            complaints.push(format!("{id}: there is no rule {rule}"));
        }
        if !after.contains(SWITCH) {
            complaints.push(format!("{id}: its faulty text does not ask {SWITCH}"));
        }
        match fs::read_to_string(source.join(file)) {
            Ok(text) => complaints.extend(fault.place(&text).err()),
            Err(error) => complaints.push(format!("{id}: src/{file}: {error}")),
        }
        complaints.extend(fault.run().err());
        let checks = fault.scenario().is_ok_and(|scenario| scenario.rules.contains(&rule.as_str()));
        if !checks {
            complaints.push(format!("{id}: {} does not say that it checks {rule}", fault.scenario));
        }
    }
    Ok(complaints)
}

/// Rules that no fault breaks.
pub(super) fn unproven(faults: &[Fault]) -> Result<Vec<String>, String> {
    let mut rules = guarantees::rules()?;
    rules.retain(|rule| !faults.iter().any(|fault| fault.rule == *rule));
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::proofs::{self, Of};

    #[test]
    fn every_fault_applies_and_names_what_exists() {
        assert_eq!(complaints(&read().unwrap()).unwrap(), [""; 0]);
    }

    fn is_settled(of: Of) {
        let faults = read().unwrap();
        let known = faults.iter().map(|fault| fault.id.clone()).collect();
        let unsettled = proofs::unsettled(of, &known).unwrap();
        let command = format!("cargo models --{} FILTER --bless", of.name());
        assert!(unsettled.is_empty(), "`{command}` tries and adds, or drops: {unsettled:?}");
        for proof in proofs::read(of).unwrap() {
            let fault = faults.iter().find(|fault| fault.id == proof.id).unwrap();
            assert_eq!((&proof.rule, &proof.scenario), (&fault.rule, &fault.scenario), "{}", fault.id);
        }
    }

    #[test]
    fn every_fault_was_caught_by_its_rule() {
        is_settled(Of::Faults);
    }

    #[test]
    fn what_every_fault_needs_is_on_record() {
        is_settled(Of::Bounds);
    }

    #[test]
    fn every_rule_has_a_fault() {
        assert_eq!(unproven(&read().unwrap()).unwrap(), [""; 0]);
    }
}
