//! Which bounds are enough: what the seeded faults and the weakened orderings needed, as their last runs wrote it down.

use std::fs;

use serde_json::Value;

use super::super::worlds;
use crate::scenario::{Bound, Engine, Level, Scenario};
use crate::scenarios;

/// More preemptions than anybody needs: what only a run without a bound has found.
const UNBOUNDED: u8 = u8::MAX;

/// What the bounds of the default suite are measured by.
pub(super) fn justify() -> Result<String, String> {
    let mut text = String::new();
    let mut needed = None;
    for (file, what, field) in
        [("faults.json", "seeded faults", "caught"), ("mutants.json", "weakened orderings", "killed")]
    {
        let Some(found) = read(file, field)? else {
            text.push_str(&format!("{what}: no {file} in target/models, so nothing to measure bounds by\n"));
            continue;
        };
        let mut bounds = found.clone();
        bounds.sort_unstable();
        bounds.dedup();
        let count = |bound: &u8| found.iter().filter(|other| *other == bound).count();
        let told: Vec<_> = bounds.iter().map(|bound| format!("{} with {}", count(bound), words(*bound))).collect();
        text.push_str(&format!("{what}: {} found: {}\n", found.len(), told.join(", ")));
        needed = needed.max(found.into_iter().filter(|bound| *bound != UNBOUNDED).max());
    }
    if let Some(most) = needed {
        text.push_str(&format!(
            "the smallest bound that finds each of those that name one: {most}; plus one: {}\n",
            most + 1
        ));
        text.push_str(&below(most + 1));
    }
    Ok(text)
}

/// The bounded runs of the default suite that stay below.
fn below(bound: u8) -> String {
    let runs = scenarios::all().flat_map(|scenario: &Scenario| {
        let bounded = scenario.runs.iter().filter(|run| run.engine == Engine::Loom && run.level <= Level::Default);
        bounded.filter_map(move |run| match run.bound {
            Bound::Preemptions(most) if most < bound => Some(format!("{} n={} p={most}", scenario.name, run.size)),
            _ => None,
        })
    });
    let runs: Vec<_> = runs.collect();
    match runs.len() {
        0 => "no bounded run of the default suite stays below that\n".to_owned(),
        count => {
            format!("{count} bounded runs of the default suite stay below that: {}\n", runs.join(", "))
        }
    }
}

/// The bound that each entry needed which was found; none if the file is not there.
fn read(file: &str, field: &str) -> Result<Option<Vec<u8>>, String> {
    let path = worlds::target()?.join("models").join(file);
    let Ok(text) = fs::read_to_string(&path) else { return Ok(None) };
    let entries: Vec<Value> = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let found = entries.iter().filter(|entry| entry[field] == Value::Bool(true));
    Ok(Some(found.filter_map(|entry| entry["bound"].as_str().or(entry["by"].as_str()).map(bound)).collect()))
}

/// The number of preemptions in words such as `every interleaving of at most 2 preemptions`, or `loom n=1 p=2`.
fn bound(text: &str) -> u8 {
    let words: Vec<_> = text.split_whitespace().collect();
    let short = words.iter().find_map(|word| word.strip_prefix("p=")?.parse().ok());
    let long = words.windows(2).find(|pair| pair[1].starts_with("preemption")).and_then(|pair| pair[0].parse().ok());
    short.or(long).unwrap_or(UNBOUNDED)
}

fn words(bound: u8) -> String {
    match bound {
        UNBOUNDED => "no bound".to_owned(),
        1 => "1 preemption".to_owned(),
        most => format!("{most} preemptions"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_read_as_both_commands_write_them() {
        assert_eq!(bound("size 1, every interleaving of at most 2 preemptions"), 2);
        assert_eq!(bound("size 1, every interleaving"), UNBOUNDED);
        assert_eq!(bound("event/woken loom n=1 full"), UNBOUNDED);
        assert_eq!(bound("event/woken loom n=1 p=3"), 3);
    }
}
