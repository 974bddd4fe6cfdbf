//! Reviewed proofs: which scenario has shown each seeded fault and each weakened ordering, by which rule, after how many executions,
//! as it stands in models/proofs.
//!
//! docs/guarantees.md is written from them. What a run of `cargo models --faults` or `--mutants` finds is compared: another scenario
//! or another rule fails it, another count is shown. A test fails if there is a proof of what does not exist any more, or none of what
//! does.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::counts::{Block, Counts};
use super::{growth, guarantees, worlds};

/// What is proved by failing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Of {
    /// The seeded faults.
    Faults,
    /// The orderings, each weakened.
    Mutants,
    /// The seeded faults again, each within the fewest preemptions that show it.
    Bounds,
}

/// Somebody has noticed something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proof {
    /// What was noticed.
    pub(super) id: String,
    /// Who noticed.
    pub(super) scenario: String,
    /// The rule that was broken.
    pub(super) rule: String,
    /// The engine, where it is not loom, the size and the bound.
    pub(super) run: String,
    /// The number of the failing execution.
    pub(super) executions: u64,
}

impl Of {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Faults => "faults",
            Self::Mutants => "mutants",
            Self::Bounds => "bounds",
        }
    }

    fn comment(self) -> String {
        let name = self.name();
        let what = match self {
            Self::Faults => "each seeded fault",
            Self::Mutants => "each weakened ordering",
            Self::Bounds => "each seeded fault within the fewest preemptions",
        };
        format!(
            "# Which scenario has shown {what}, by which rule, and in which execution. `cargo models --{name}` compares,\n\
             # `cargo models --{name} --bless` writes this file: read what it changes.\n"
        )
    }

    fn path(self) -> Result<PathBuf, String> {
        Ok(worlds::root()?.join("models").join("proofs").join(format!("{}.toml", self.name())))
    }
}

/// The reviewed proofs, by scenario and rule.
pub(super) fn read(of: Of) -> Result<Vec<Proof>, String> {
    let counts = Counts::read(&of.path()?)?;
    let proof = |(Block(scenario, rule), id, run, executions): (&Block, &str, &str, u64)| {
        let [id, scenario, rule, run] = [id, scenario, rule, run].map(str::to_owned);
        Proof { id, scenario, rule, run, executions }
    };
    Ok(counts.iter().map(proof).collect())
}

fn write(of: Of, proofs: &[Proof]) -> Result<(), String> {
    let mut counts = Counts::default();
    for Proof { id, scenario, rule, run, executions } in proofs {
        counts.set(Block(scenario.clone(), rule.clone()), id, run, *executions);
    }
    let path = of.path()?;
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.map_err(|error| format!("{}: {error}", path.display()))?;
    counts.write(&path, &of.comment())
}

/// Compares what was found with what was reviewed, and says what differs: false if anything does. To bless is to write it instead, and
/// what is written from it.
pub(super) fn settle(of: Of, found: &[Proof], known: &BTreeSet<String>, bless: bool) -> Result<bool, String> {
    let reviewed = read(of)?;
    let Differences { changed, counted } = compare(&reviewed, found);
    changed.iter().chain(&counted).for_each(|line| println!("proof of {line}"));
    if bless {
        write(of, &merged(reviewed, found, known))?;
        guarantees::write()?;
        growth::write_page()?;
    } else if !changed.is_empty() {
        println!("proofs are not as reviewed: `cargo models --{} --bless` writes models/proofs", of.name());
    }
    Ok(bless || changed.is_empty())
}

/// How what was found differs from what was reviewed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Differences {
    /// Somebody else, by another rule, or nobody before.
    changed: Vec<String>,
    /// The same by the same, sooner or later.
    counted: Vec<String>,
}

fn compare(reviewed: &[Proof], found: &[Proof]) -> Differences {
    let mut differences = Differences::default();
    for now in found {
        let Proof { id, scenario, rule, run, executions } = now;
        match reviewed.iter().find(|before| before.id == *id) {
            Some(before) if before == now => {}
            Some(before) if (&before.scenario, &before.rule) == (scenario, rule) => {
                let counts = format!("{} executions at {}, now {executions} at {run}", before.executions, before.run);
                differences.counted.push(format!("{id}: {counts}"));
            }
            Some(before) => {
                let by = format!("{} {}, now {scenario} {rule}", before.scenario, before.rule);
                differences.changed.push(format!("{id}: by {by}"));
            }
            None => differences.changed.push(format!("{id}: never reviewed, by {scenario} {rule}")),
        }
    }
    differences
}

/// The reviewed proofs, with what was found in the place of what it replaces, and without those of what is not known any more.
fn merged(mut reviewed: Vec<Proof>, found: &[Proof], known: &BTreeSet<String>) -> Vec<Proof> {
    reviewed.retain(|proof| known.contains(&proof.id) && found.iter().all(|found| found.id != proof.id));
    reviewed.extend_from_slice(found);
    reviewed
}

/// What is known and has no proof, or has one and is not known.
#[cfg(test)]
pub(super) fn unsettled(of: Of, known: &BTreeSet<String>) -> Result<Vec<String>, String> {
    let proved: BTreeSet<_> = read(of)?.into_iter().map(|proof| proof.id).collect();
    Ok(known.symmetric_difference(&proved).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(id: &str, scenario: &str, executions: u64) -> Proof {
        let [id, scenario, rule, run] = [id, scenario, "RING-1", "n=1 full"].map(str::to_owned);
        Proof { id, scenario, rule, run, executions }
    }

    #[test]
    fn another_scenario_is_a_change_and_another_count_is_told() {
        let reviewed = [proof("a", "ring/x", 1), proof("b", "ring/x", 2), proof("c", "ring/x", 3)];
        let found =
            [proof("a", "ring/x", 1), proof("b", "ring/x", 5), proof("c", "ring/y", 3), proof("d", "ring/x", 1)];
        let Differences { changed, counted } = compare(&reviewed, &found);
        assert_eq!(counted, ["b: 2 executions at n=1 full, now 5 at n=1 full"]);
        assert_eq!(changed, ["c: by ring/x RING-1, now ring/y RING-1", "d: never reviewed, by ring/x RING-1"]);
    }

    #[test]
    fn to_bless_is_to_replace_what_was_found_and_to_drop_what_is_gone() {
        let reviewed = vec![proof("a", "ring/x", 1), proof("b", "ring/x", 2), proof("gone", "ring/x", 3)];
        let known = ["a", "b", "c"].map(str::to_owned).into();
        let merged = merged(reviewed, &[proof("b", "ring/y", 1), proof("c", "ring/y", 1)], &known);
        assert_eq!(merged, [proof("a", "ring/x", 1), proof("b", "ring/y", 1), proof("c", "ring/y", 1)]);
    }
}
