//! What is explored: lines of explorations, along each of which one thing grows.

use super::bounds;
use crate::growth::{self, Program};
use crate::scenario::{Level, Run, Scenario};

/// The longest lines.
const MAX_OPERATIONS: u8 = 6;
const MAX_PREEMPTIONS: u8 = 6;

/// Operations of each actor where something else grows: so many that a slot is used again, and one where actors grow.
const OPERATIONS: u8 = 2;

/// The preemptions of the bounded lines.
const PREEMPTIONS: u8 = 2;

/// Lines whose scenarios are no programs of ours, but those of the suites.
pub(super) const SUITE: &str = "suite";

/// What grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    Operations,
    Actors,
    Capacity,
    Preemptions,
}

impl Axis {
    pub(super) const ALL: [Self; 4] = [Self::Operations, Self::Actors, Self::Capacity, Self::Preemptions];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Operations => "operations",
            Self::Actors => "actors",
            Self::Capacity => "capacity",
            Self::Preemptions => "preemptions",
        }
    }
}

/// Explorations in the order in which they grow.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// A component, or a scenario of the suites.
    pub(super) of: &'static str,
    pub(super) axis: Axis,
    /// The engine and its bound.
    pub(super) name: String,
    /// Where on the axis, and what is explored there.
    pub(super) steps: Vec<(u8, &'static Scenario, Run)>,
}

/// The names of the components, and of the suites.
pub(super) fn components() -> Vec<&'static str> {
    let mut components: Vec<_> = growth::ALL.iter().map(|program| program.component).collect();
    components.dedup();
    components.push(SUITE);
    components
}

/// The lines of a component, or of the suites.
pub(super) fn of(component: &str) -> Result<Vec<Line>, String> {
    if component == SUITE {
        return bounds::lines();
    }
    let programs: Vec<_> = growth::ALL.iter().filter(|program| program.component == component).collect();
    Ok(Axis::ALL.into_iter().flat_map(|axis| along(axis, &programs)).filter(|line| line.steps.len() > 1).collect())
}

/// All lines.
pub(super) fn all() -> Result<Vec<Line>, String> {
    let lines: Vec<_> = components().into_iter().map(of).collect::<Result<_, _>>()?;
    Ok(lines.concat())
}

/// The lines of a component along an axis: one per engine and bound.
fn along(axis: Axis, programs: &[&'static Program]) -> Vec<Line> {
    let first = programs[0];
    if axis == Axis::Preemptions {
        let step = |most| (most, &first.scenario, Run::loom_bounded(OPERATIONS, most, Level::Quick));
        return vec![Line {
            of: first.component,
            axis,
            name: "loom".to_owned(),
            steps: (0..=MAX_PREEMPTIONS).map(step).collect(),
        }];
    }
    let line = |name: String, run: fn(u8) -> Run| {
        let steps = match axis {
            Axis::Operations => (1..=MAX_OPERATIONS).map(|size| (size, &first.scenario, run(size))).collect(),
            Axis::Actors => {
                let grown = programs.iter().filter(|program| program.capacity == first.capacity);
                grown.map(|program| (program.actors, &program.scenario, run(1))).collect()
            }
            Axis::Capacity | Axis::Preemptions => {
                let grown = programs.iter().filter(|program| program.actors == first.actors);
                grown.map(|program| (program.capacity, &program.scenario, run(OPERATIONS))).collect()
            }
        };
        Line { of: first.component, axis, name, steps }
    };
    vec![
        line("loom".to_owned(), |size| Run::loom(size, Level::Quick)),
        line(format!("loom p={PREEMPTIONS}"), |size| Run::loom_bounded(size, PREEMPTIONS, Level::Quick)),
        line("dfs".to_owned(), |size| Run::dfs(size, Level::Quick)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_every_line_something_grows() {
        for line in all().unwrap() {
            assert!(line.steps.len() > 1 && line.steps.is_sorted_by_key(|(value, ..)| *value), "{}", line.of);
        }
    }
}
