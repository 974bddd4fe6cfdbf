//! Which bound is enough: the smallest within which every seeded fault and every weakened ordering shows, and one more.
//!
//! What each of them needs is on record in models/proofs, so nothing is explored for that. Bounded runs of the default
//! suite that stay below are lines that grow: what they would cost with more preemptions is the reason.

use std::collections::BTreeMap;

use super::lines::{Axis, Line};
use crate::runner::preemptions::{self, short};
use crate::runner::proofs::{self, Of, Proof};
use crate::scenario::{Bound, Engine, Level, Run, Scenario};
use crate::scenarios;

/// What the faults and the orderings need.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Those of each kind, by what they need.
    pub(super) kinds: Vec<(&'static str, BTreeMap<Need, Vec<Proof>>)>,
}

/// Within what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    /// So many preemptions.
    Preemptions(u8),
    /// No fewer than all.
    All,
    /// An engine that knows no bound.
    Drawn,
}

impl Need {
    fn of(proof: &Proof) -> Self {
        match preemptions::of_run(&proof.run) {
            Some(Bound::Preemptions(most)) => Self::Preemptions(most),
            Some(Bound::Full) => Self::All,
            None => Self::Drawn,
        }
    }

    pub(super) fn name(self) -> String {
        match self {
            Self::Preemptions(most) => name(most),
            Self::All => "no bound".to_owned(),
            Self::Drawn => "at random".to_owned(),
        }
    }
}

impl Needs {
    /// As it stands in models/proofs.
    pub(super) fn read() -> Result<Self, String> {
        let kinds = [("seeded faults", Of::Bounds), ("weakened orderings", Of::Mutants)];
        let kinds = kinds.map(|(name, of)| {
            let mut needs: BTreeMap<_, Vec<_>> = BTreeMap::new();
            proofs::read(of)?.into_iter().for_each(|proof| needs.entry(Need::of(&proof)).or_default().push(proof));
            Ok((name, needs))
        });
        Ok(Self { kinds: kinds.into_iter().collect::<Result<_, String>>()? })
    }

    /// All that somebody needs, the least first.
    pub(super) fn all(&self) -> Vec<Need> {
        let mut all: Vec<_> = self.each().map(|(need, _)| need).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Who needs that.
    pub(super) fn who(&self, need: Need) -> impl Iterator<Item = &Proof> {
        self.each().filter(move |(other, _)| *other == need).map(|(_, proof)| proof)
    }

    /// The smallest bound that is enough for all that a bound is enough for.
    pub(super) fn most(&self) -> u8 {
        self.components().values().map(|(_, most)| *most).max().unwrap_or_default()
    }

    /// The same of each component, behind how many there are.
    pub(super) fn components(&self) -> BTreeMap<&str, (usize, u8)> {
        let mut components: BTreeMap<&str, (usize, u8)> = BTreeMap::new();
        for (need, proof) in self.each() {
            let (count, most) = components.entry(component(&proof.scenario)).or_default();
            *count += 1;
            if let Need::Preemptions(own) = need {
                *most = own.max(*most);
            }
        }
        components
    }

    fn each(&self) -> impl Iterator<Item = (Need, &Proof)> {
        let kinds = self.kinds.iter().flat_map(|(_, needs)| needs);
        kinds.flat_map(|(need, who)| who.iter().map(|proof| (*need, proof)))
    }

    /// One more than that: what bounded runs are to have.
    pub(super) fn goal(&self) -> u8 {
        self.most() + 1
    }
}

/// So many preemptions, in short.
pub(super) fn name(most: u8) -> String {
    short(Bound::Preemptions(most))
}

/// What a scenario is about: the variants of a component are one.
pub(super) fn component(scenario: &str) -> &str {
    scenario.split(['/', '-']).next().unwrap_or(scenario)
}

/// The bounded runs of loom in the default suite, those that another one of the same size includes left out.
pub(super) fn bounded() -> Vec<(&'static Scenario, u8, u8)> {
    let of_scenario = |scenario: &'static Scenario| {
        let own = scenario.runs.iter().filter(|run| run.engine == Engine::Loom && run.level <= Level::Default);
        let mut widest: BTreeMap<u8, Bound> = [(scenario.audit, Bound::Full)].into();
        own.for_each(|run| {
            let bound = widest.entry(run.size).or_insert(run.bound);
            if preemptions::is_within(*bound, run.bound) {
                *bound = run.bound;
            }
        });
        let bounded =
            move |(size, bound)| if let Bound::Preemptions(most) = bound { Some((scenario, size, most)) } else { None };
        widest.into_iter().filter_map(bounded)
    };
    scenarios::all().flat_map(of_scenario).collect()
}

/// The runs that stay below the goal, each with as many preemptions as it has, with one more, and so on to the goal.
pub(super) fn lines() -> Result<Vec<Line>, String> {
    let goal = Needs::read()?.goal();
    let below = bounded().into_iter().filter(|(_, _, most)| *most < goal);
    let line = |(scenario, size, most): (&'static Scenario, u8, u8)| Line {
        of: scenario.name,
        axis: Axis::Preemptions,
        name: format!("loom n={size}"),
        steps: (most..=goal).map(|most| (most, scenario, Run::loom_bounded(size, most, Level::Default))).collect(),
    };
    Ok(below.map(line).collect())
}

/// The same, for a terminal.
pub(super) fn text() -> Result<String, String> {
    let needs = Needs::read()?;
    let mut text = String::new();
    for (kind, own) in &needs.kinds {
        let told: Vec<_> = own.iter().map(|(need, who)| format!("{} with {}", who.len(), need.name())).collect();
        text.push_str(&format!("{kind}: {}\n", told.join(", ")));
    }
    let (all, below) = (bounded().len(), lines()?.len());
    let (most, goal) = (needs.most(), needs.goal());
    text.push_str(&format!("the smallest bound that finds all that a bound finds: p={most}; plus one: p={goal}\n"));
    text.push_str(&format!("bounded runs of the default suite: {all}, {below} of them below that\n"));
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(runs: &[&str]) -> Needs {
        let mut own: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for run in runs {
            let [id, scenario, rule, run] = ["a", "ring/x", "RING-1", run].map(str::to_owned);
            let proof = Proof { id, scenario, rule, run, executions: 1 };
            own.entry(Need::of(&proof)).or_default().push(proof);
        }
        Needs { kinds: vec![("seeded faults", own)] }
    }

    #[test]
    fn the_goal_is_one_more_than_any_bound_that_was_needed() {
        let needs = needs(&["loom n=1 p=0", "n=1 p=2", "loom n=1 full", "portfolio n=3 drawn"]);
        assert_eq!((needs.most(), needs.goal()), (2, 3));
        let names: Vec<_> = needs.all().into_iter().map(Need::name).collect();
        assert_eq!(names, ["p=0", "p=2", "no bound", "at random"]);
        assert_eq!(needs.who(Need::All).count(), 1);
    }

    #[test]
    fn bounded_runs_are_named_once() {
        let mut runs: Vec<_> = bounded().into_iter().map(|(scenario, size, _)| (scenario.name, size)).collect();
        let all = runs.len();
        runs.dedup();
        assert_eq!(runs.len(), all);
    }
}
