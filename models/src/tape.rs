//! Tapes: the choices that no checker makes, enumerated outside the models.
//!
//! loom has no choice operator, and shuttle's random data panics under depth-first search, so everything that
//! a scheduler does not decide is written down before an execution starts: the scenario's explicit choices,
//! which deadlines beat a notification that came first, and which wait wakes without cause. One exploration
//! of a checker covers all schedules of one tape; the harness goes through all tapes.
//!
//! Deadlines and waits are counted while the tape is explored, and only bits that some execution has read are
//! varied: a tape that differs from an explored one in a bit that nobody looks at is not run twice.

use std::fmt;
use std::str::FromStr;

use crate::seed::Random;

/// The choices of one execution.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tape {
    /// The value of each explicit choice.
    pub choices: Vec<u8>,
    /// What each actor does, step by step, where that was drawn; then there are no choices.
    pub scripts: Vec<Vec<u8>>,
    /// Bit k: the k-th deadline passes even if a notification came before it.
    pub fires: u32,
    /// The wait that wakes without having been notified.
    pub spurious: Option<u32>,
}

/// How far the executions of one tape went, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Deadlines made.
    pub deadlines: u32,
    /// Waits begun.
    pub waits: u32,
}

/// All tapes of a scenario, in an order that is the same in every engine.
#[derive(Clone, Debug)]
pub struct Tapes {
    arities: Vec<u8>,
    max_spurious: u32,
    tape: Tape,
    /// Waits seen with these choices and without a spurious wake-up: each may be the spurious one.
    waits: u32,
}

impl Tapes {
    /// The tapes for choices of these arities, with each of the first `max_spurious` waits woken once.
    #[must_use]
    pub fn new(arities: &[u8], max_spurious: u32) -> Self {
        let tape = Tape { choices: vec![0; arities.len()], ..Tape::default() };
        Self { arities: arities.to_vec(), max_spurious, tape, waits: 0 }
    }

    /// The tape to explore now.
    #[must_use]
    pub fn current(&self) -> &Tape {
        &self.tape
    }

    /// Goes on to the next tape, given how far executions of the current one went; false after the last.
    pub fn advance(&mut self, reach: Reach) -> bool {
        if self.tape.spurious.is_none() {
            self.waits = self.waits.max(reach.waits);
        }
        self.next_fires(reach.deadlines) || self.next_spurious() || self.next_choices()
    }

    /// Counts up over the bits that were read: the last unset one is set, those after it are cleared.
    fn next_fires(&mut self, read: u32) -> bool {
        let unset = (0..read.min(u32::BITS)).rev().find(|bit| self.tape.fires >> bit & 1 == 0);
        let Some(bit) = unset else {
            self.tape.fires = 0;
            return false;
        };
        let before = (1 << bit) - 1;
        self.tape.fires = self.tape.fires & before | 1 << bit;
        true
    }

    fn next_spurious(&mut self) -> bool {
        let next = self.tape.spurious.map_or(0, |wait| wait + 1);
        let more = next < self.waits.min(self.max_spurious);
        self.tape.spurious = more.then_some(next);
        more
    }

    fn next_choices(&mut self) -> bool {
        self.waits = 0;
        for (choice, arity) in self.tape.choices.iter_mut().zip(&self.arities).rev() {
            *choice += 1;
            if *choice < *arity {
                return true;
            }
            *choice = 0;
        }
        false
    }
}

impl Tape {
    /// A tape drawn at random: for the engines that draw schedules too.
    #[must_use]
    pub fn draw(random: &mut Random, arities: &[u8], deadlines: u32, max_spurious: u32) -> Self {
        let choices = arities.iter().map(|&arity| random.below(u64::from(arity)) as u8).collect();
        let mask = 1_u32.checked_shl(deadlines).map_or(u32::MAX, |bit| bit - 1);
        let fires = random.next() as u32 & mask;
        // As likely without as with a spurious wake-up: both matter.
        let spurious = random.below(2 * u64::from(max_spurious) + 1);
        let spurious = spurious.checked_sub(u64::from(max_spurious) + 1).map(|wait| wait as u32);
        Self { choices, fires, spurious, ..Self::default() }
    }
}

impl Tape {
    /// Whether the other one makes the same explicit choices, follows the same scripts, and says the same of the first so many deadlines.
    #[must_use]
    pub fn agrees(&self, other: &Self, deadlines: u32) -> bool {
        let read = 1_u32.checked_shl(deadlines).map_or(u32::MAX, |bit| bit - 1);
        (&self.choices, &self.scripts) == (&other.choices, &other.scripts) && (self.fires ^ other.fires) & read == 0
    }
}

/// The short form in replay commands: `c0.2-f01-s1`, or `a0.1.1/2-f01` with a script for each of two actors; each part only where it says
/// something, `-` for none.
impl fmt::Display for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.choices.is_empty() {
            parts.push(format!("c{}", dotted(&self.choices)));
        }
        if !self.scripts.is_empty() {
            let scripts: Vec<_> = self.scripts.iter().map(|script| dotted(script)).collect();
            parts.push(format!("a{}", scripts.join("/")));
        }
        if self.fires != 0 {
            let bits = u32::BITS - self.fires.leading_zeros();
            let fires: String = (0..bits).map(|bit| if self.fires >> bit & 1 == 1 { '1' } else { '0' }).collect();
            parts.push(format!("f{fires}"));
        }
        if let Some(wait) = self.spurious {
            parts.push(format!("s{wait}"));
        }
        f.write_str(if parts.is_empty() { "-" } else { "" })?;
        f.write_str(&parts.join("-"))
    }
}

fn dotted(numbers: &[u8]) -> String {
    let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    numbers.join(".")
}

/// The numbers of a script, which may have no steps.
fn undotted(text: &str) -> Option<Vec<u8>> {
    text.split('.').filter(|_| !text.is_empty()).map(|number| number.parse().ok()).collect()
}

impl FromStr for Tape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut tape = Self::default();
        for part in text.split('-').filter(|part| !part.is_empty()) {
            tape.read_part(part).ok_or_else(|| format!("{part:?} is no part of a tape (c0.1, a0/1, f01 or s0)"))?;
        }
        Ok(tape)
    }
}

impl Tape {
    fn read_part(&mut self, part: &str) -> Option<()> {
        let (kind, rest) = part.split_at_checked(1)?;
        match kind {
            "c" => self.choices = rest.split('.').map(str::parse).collect::<Result<_, _>>().ok()?,
            "a" => self.scripts = rest.split('/').map(undotted).collect::<Option<_>>()?,
            "s" => self.spurious = Some(rest.parse().ok()?),
            "f" if !rest.is_empty() && rest.len() <= u32::BITS as usize => {
                for (bit, char) in rest.chars().enumerate() {
                    self.fires |= char.to_digit(2)? << bit;
                }
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(arities: &[u8], max_spurious: u32, reach: impl Fn(&Tape) -> Reach) -> Vec<String> {
        let mut tapes = Tapes::new(arities, max_spurious);
        let mut seen = vec![tapes.current().to_string()];
        while tapes.advance(reach(tapes.current())) {
            seen.push(tapes.current().to_string());
        }
        seen
    }

    #[test]
    fn a_scenario_without_choices_has_one_tape() {
        assert_eq!(walk(&[], 0, |_| Reach::default()), ["-"]);
    }

    #[test]
    fn choices_count_up_like_a_number() {
        let seen = walk(&[2, 3], 0, |_| Reach::default());
        assert_eq!(seen, ["c0.0", "c0.1", "c0.2", "c1.0", "c1.1", "c1.2"]);
    }

    #[test]
    fn only_deadlines_that_were_made_are_varied() {
        // A second deadline is made only if the first one fires.
        let reach = |tape: &Tape| Reach { deadlines: 1 + (tape.fires & 1), waits: 0 };
        assert_eq!(walk(&[], 0, reach), ["-", "f1", "f11"]);
    }

    #[test]
    fn waits_are_woken_one_at_a_time_and_only_if_they_happen() {
        let reach = |tape: &Tape| Reach { deadlines: 0, waits: 2 + u32::from(tape.spurious.is_some()) };
        assert_eq!(walk(&[], 9, reach), ["-", "s0", "s1"]);
        assert_eq!(walk(&[], 1, reach), ["-", "s0"]);
    }

    #[test]
    fn every_combination_appears_once() {
        let seen = walk(&[2], 2, |_| Reach { deadlines: 2, waits: 2 });
        assert_eq!(seen.len(), 2 * 4 * 3);
        let unique: std::collections::BTreeSet<_> = seen.iter().collect();
        assert_eq!(unique.len(), seen.len());
    }

    #[test]
    fn the_short_form_reads_back() {
        for text in ["-", "c0.2", "f01", "s3", "c1-f1", "c0.12-f011-s0", "a0.1/2", "a/-f1", "a0", "a/3.0/"] {
            let tape: Tape = text.parse().unwrap();
            assert_eq!(tape.to_string(), text);
        }
        for bad in ["c", "cx", "a0.", "ax/", "f2", "f", "s", "q1", "ü"] {
            assert!(bad.parse::<Tape>().is_err(), "{bad}");
        }
    }

    #[test]
    fn drawn_tapes_stay_within_what_is_declared() {
        let mut random = Random::new(7);
        let mut spurious = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let tape = Tape::draw(&mut random, &[2, 3], 2, 2);
            assert!(tape.choices[0] < 2 && tape.choices[1] < 3 && tape.fires < 4);
            spurious.insert(tape.spurious);
        }
        assert_eq!(spurious.into_iter().collect::<Vec<_>>(), [None, Some(0), Some(1)]);
    }
}
