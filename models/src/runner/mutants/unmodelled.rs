//! Weaker orderings that no scenario kills, each with the reason, and the litmus test that shows what loom does not see.
//!
//! Short, and reviewed: an entry is a claim that the ordering is needed and that a checker can't show it. `cargo models --mutants`
//! fails if an entry that is tried is killed after all.

use super::sites::Mutant;

/// One of them.
#[derive(Debug)]
pub(super) struct Unmodelled {
    file: &'static str,
    function: &'static str,
    /// The weaker ordering.
    to: &'static str,
    /// Why nothing kills it.
    pub(super) reason: &'static str,
    /// The litmus test that shows it.
    pub(super) litmus: &'static str,
    /// Whether it is looked for a scenario that kills it all the same.
    pub(super) is_tried: bool,
}

/// Reviewed one by one.
static KNOWN: &[Unmodelled] = &[of_the_lock("wait"), of_the_lock("tell"), CLAIM];

/// Whoever has told somebody has opened the lock before: the exchange that would miss that fails.
const fn of_the_lock(function: &'static str) -> Unmodelled {
    Unmodelled { file: "src/sync/lock.rs", function, to: "Relaxed", is_tried: true, ..FAILURE }
}

/// Whose departure knows the last claim marks a stamp, and no store of before may come behind that mark (M5 of `mpmc`). The other end of it
/// is needed for the clones of a shared end, too, which a model shows.
const CLAIM: Unmodelled = Unmodelled {
    file: "src/buffer/mpmc/runs.rs",
    function: "push_run",
    to: "Relaxed",
    reason: "an exchange comes after every store that was made",
    litmus: "late-store",
    is_tried: false,
};

/// What an exchange that fails acquires: loom lets it read the newest store only.
const FAILURE: Unmodelled = Unmodelled {
    file: "",
    function: "",
    to: "",
    reason: "a failing exchange reads the newest store only",
    litmus: "failing-exchange",
    is_tried: false,
};

/// Why that mutant can't be killed, if it is one of those.
pub(super) fn of(mutant: &Mutant) -> Option<&'static Unmodelled> {
    let is_it = |known: &&Unmodelled| {
        (known.file, known.function) == (mutant.site.file.as_str(), mutant.site.function.as_str())
            && known.to == format!("{:?}", mutant.weakening.to)
    };
    if mutant.site.number > 0 { Some(&FAILURE) } else { KNOWN.iter().find(is_it) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::mutants::sites;

    #[test]
    fn what_is_known_exists() {
        let mutants = sites::mutants(None).unwrap();
        for known in KNOWN {
            let found = mutants.iter().any(|mutant| of(mutant).is_some_and(|own| std::ptr::eq(own, known)));
            assert!(found, "{}: {} has no such ordering any more", known.file, known.function);
        }
    }
}
