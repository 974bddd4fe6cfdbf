//! The orderings of the source, as they are in this process: as written, or with one of them weakened.
//!
//! An ordering is told apart by where its operation stands, which `#[track_caller]` says, and by its number among the orderings
//! of that operation. So one compilation serves all mutants: the harness says which ordering is to be weaker, and the facade
//! hands that to the checker.

use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::atomic::Ordering;

/// An ordering of the source: of the operation that stands at `file`, `line` and `column`, the one of that number. Only
/// compare-exchanges have a second one, for failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The path, as the compiler was told it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column of the operation's name, from 1.
    pub column: u32,
    /// Which ordering of the operation, from 0.
    pub number: usize,
}

impl Site {
    fn is_at(&self, at: &Location<'_>, number: usize) -> bool {
        (self.line, self.column, self.number) == (at.line(), at.column(), number) && self.file == at.file()
    }
}

#[derive(Debug)]
enum Plan {
    /// Where operations with an ordering stand that were executed.
    Survey(Mutex<BTreeSet<Location<'static>>>),
    Weaken(Site, Ordering),
}

/// Set once, before the first model runs.
static PLAN: OnceLock<Plan> = OnceLock::new();

/// From now on that ordering of the source is `to`; a relaxed fence is none.
///
/// # Panics
/// If something else was asked for before.
pub fn weaken(site: Site, to: Ordering) {
    PLAN.set(Plan::Weaken(site, to)).expect("a process does one thing");
}

/// From now on, operations that have an ordering are noted.
///
/// # Panics
/// If something else was asked for before.
pub fn survey() {
    PLAN.set(Plan::Survey(Mutex::default())).expect("a process does one thing");
}

/// The operations noted so far: `file:line:column`.
#[must_use]
pub fn surveyed() -> BTreeSet<String> {
    let Some(Plan::Survey(seen)) = PLAN.get() else { return BTreeSet::new() };
    seen.lock().unwrap_or_else(PoisonError::into_inner).iter().map(ToString::to_string).collect()
}

/// What the ordering of that number, of the operation at that place, is in this process.
#[inline]
pub(super) fn effective(written: Ordering, at: &'static Location<'static>, number: usize) -> Ordering {
    PLAN.get().map_or(written, |plan| plan.effective(written, at, number))
}

impl Plan {
    fn effective(&self, written: Ordering, at: &'static Location<'static>, number: usize) -> Ordering {
        match self {
            Self::Weaken(site, to) if site.is_at(at, number) => return *to,
            Self::Weaken(..) => {}
            Self::Survey(seen) => {
                seen.lock().unwrap_or_else(PoisonError::into_inner).insert(*at);
            }
        }
        written
    }
}
