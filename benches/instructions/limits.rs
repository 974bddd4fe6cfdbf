//! The reviewed limits.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/limits.toml");

const HEAD: &str =
    "# Instructions per round of each path on one thread, as counted when somebody last looked. Written by
# `cargo instructions --write`, never by hand; what changes here is reviewed like code.

";

/// A path may cost so many per cent more than its limit.
const OVER: u64 = 5;

/// A path that costs so many per cent less asks for a lower limit.
const UNDER: u64 = 10;

/// Instructions by path.
pub(crate) struct Limits(BTreeMap<String, u64>);

impl Limits {
    pub(crate) fn read() -> Result<Self, String> {
        let text = fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
        toml::from_str(&text).map(Self).map_err(|error| format!("{FILE}: {error}"))
    }

    pub(crate) fn write(&self) -> Result<(), String> {
        let table = toml::to_string(&self.0).map_err(|error| error.to_string())?;
        fs::write(FILE, [HEAD, &table].concat()).map_err(|error| format!("{FILE}: {error}"))
    }

    pub(crate) fn of(&self, path: &str) -> Option<u64> {
        self.0.get(path).copied()
    }

    pub(crate) fn set(&mut self, path: &str, limit: u64) {
        self.0.insert(path.to_owned(), limit);
    }

    /// Forgets what is none of `paths`.
    pub(crate) fn retain(&mut self, paths: &[String]) {
        self.0.retain(|name, _| paths.contains(name));
    }

    /// A name that is none of `paths`, if there is one.
    pub(crate) fn unknown(&self, paths: &[String]) -> Option<&str> {
        self.0.keys().find(|name| !paths.contains(name)).map(String::as_str)
    }
}

/// What a count is beside its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Within,
    Over,
    /// Well below: the limit guards nothing any more.
    Under,
    NoLimit,
}

impl Verdict {
    pub(crate) fn of(counted: u64, limit: Option<u64>) -> Self {
        match limit {
            None => Self::NoLimit,
            Some(limit) if 100 * counted > (100 + OVER) * limit => Self::Over,
            Some(limit) if 100 * counted < (100 - UNDER) * limit => Self::Under,
            Some(_) => Self::Within,
        }
    }

    pub(crate) fn passes(self) -> bool {
        matches!(self, Self::Within | Self::Under)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Within => Ok(()),
            Self::Over => write!(f, "MORE THAN {OVER} % OVER ITS LIMIT"),
            Self::Under => write!(f, "cheaper by more than {UNDER} %: lower the limit, `cargo instructions --write`"),
            Self::NoLimit => f.write_str("NO LIMIT: `cargo instructions --write`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict;

    #[test]
    fn a_count_is_judged_by_how_far_it_is_from_its_limit() {
        let verdicts = [105, 106, 90, 89].map(|counted| Verdict::of(counted, Some(100)));
        assert_eq!(verdicts, [Verdict::Within, Verdict::Over, Verdict::Within, Verdict::Under]);
        assert!(!Verdict::of(1, None).passes(), "a path without a limit is not guarded");
    }
}
