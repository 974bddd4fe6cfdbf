//! Who finds what: figures of each contestant, and what only some of them find.

use super::{Contestant, Line};

/// What a contestant has found, and how soon.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) found: usize,
    /// Faults that nobody else has found.
    pub(super) alone: usize,
    /// Executions until half, three quarters and all of what it has found were found; `None` if it has found nothing.
    pub(super) median: Option<u64>,
    pub(super) upper_quartile: Option<u64>,
    pub(super) most: Option<u64>,
}

/// How a contestant stands.
pub(super) fn standing(lines: &[Line], contestant: usize) -> Standing {
    let mut found: Vec<_> = lines.iter().filter_map(|line| line.executions[contestant]).collect();
    found.sort_unstable();
    // The smallest count within which that share, in quarters, was found.
    let quantile = |quarters: usize| found.get((found.len() * quarters).div_ceil(4).max(1) - 1).copied();
    let [median, upper_quartile, most] = [2, 3, 4].map(quantile);
    let is_alone = |line: &&Line| finders(line) == [contestant];
    let alone = lines.iter().filter(is_alone).count();
    Standing { found: found.len(), alone, median, upper_quartile, most }
}

/// The contestants that have found a fault.
fn finders(line: &Line) -> Vec<usize> {
    (0..line.executions.len()).filter(|contestant| line.executions[*contestant].is_some()).collect()
}

/// What there is to say about it, a sentence each.
pub(super) fn remarks(lines: &[Line], contestants: &[Contestant]) -> Vec<String> {
    let of = |is_meant: &dyn Fn(&Line) -> bool| -> Vec<&str> {
        lines.iter().filter(|line| is_meant(line)).map(|line| line.id.as_str()).collect()
    };
    let everybody = of(&|line| finders(line).len() == contestants.len());
    let mut remarks = vec![format!("{} of {} faults are found by every contestant.", everybody.len(), lines.len())];
    let mut say = |told: &str, ids: Vec<&str>| {
        if !ids.is_empty() {
            remarks.push(format!("{told}: {} ({}).", ids.len(), ids.join(", ")));
        }
    };
    for (index, contestant) in contestants.iter().enumerate() {
        say(&format!("Found by {contestant} alone"), of(&|line| finders(line) == [index]));
    }
    let drawn: Vec<_> = (0..contestants.len()).filter(|index| contestants[*index].scheduler.is_some()).collect();
    let is_drawn = |line: &Line| drawn.iter().any(|index| line.executions[*index].is_some());
    say("Found by loom and depth-first search, and by no random scheduler", of(&|line| finders(line) == [0, 1]));
    for &index in &drawn {
        let told = format!("Missed by {}, and found by another random scheduler", contestants[index]);
        say(&told, of(&|line| line.executions[index].is_none() && is_drawn(line)));
    }
    let exhaustive = (0..contestants.len()).filter(|index| !drawn.contains(index));
    for index in exhaustive {
        let told = format!("Missed by {}, and found by a random scheduler", contestants[index]);
        say(&told, of(&|line| line.executions[index].is_none() && is_drawn(line)));
    }
    say("Found by nobody within the budget", of(&|line| finders(line).is_empty()));
    remarks
}

#[cfg(test)]
mod tests {
    use super::super::contestants;
    use super::super::tests::line;
    use super::*;

    #[test]
    fn quantiles_are_of_what_was_found() {
        let lines = [4, 0, 1, 3, 2].map(|executions| line("a", [executions, 0, 1, 1, 1, 1, 1]));
        let Standing { found, median, upper_quartile, most, .. } = standing(&lines, 0);
        assert_eq!((found, median, upper_quartile, most), (4, Some(2), Some(3), Some(4)));
        let Standing { found, median, .. } = standing(&lines, 1);
        assert_eq!((found, median), (0, None));
    }

    #[test]
    fn what_only_some_find_is_named() {
        let lines = [
            line("all", [1; 7]),
            line("weak", [9, 0, 0, 0, 0, 0, 0]),
            line("deep", [1, 1, 0, 1, 1, 1, 1]),
            line("rare", [1, 1, 0, 0, 0, 0, 0]),
            line("never", [0; 7]),
        ];
        assert_eq!(
            remarks(&lines, &contestants()),
            [
                "1 of 5 faults are found by every contestant.",
                "Found by loom alone: 1 (weak).",
                "Found by loom and depth-first search, and by no random scheduler: 1 (rare).",
                "Missed by random, and found by another random scheduler: 1 (deep).",
                "Found by nobody within the budget: 1 (never).",
            ]
        );
        assert_eq!(standing(&lines, 0).alone, 1);
    }
}
