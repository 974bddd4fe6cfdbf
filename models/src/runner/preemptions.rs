//! The bounds that are tried one after the other where it is looked for the smallest one that shows something.

use crate::scenario::Bound;

/// Most of what can be found is found within a few preemptions, and these are cheap; what none of them finds needs all.
pub(super) const BOUNDS: [Bound; 5] =
    [Bound::Preemptions(0), Bound::Preemptions(1), Bound::Preemptions(2), Bound::Preemptions(3), Bound::Full];

/// The bounds to try for a run that goes so far: the smaller ones, and that one.
pub(super) fn up_to(most: Bound) -> impl Iterator<Item = Bound> {
    BOUNDS.into_iter().filter(move |bound| *bound != most && is_within(*bound, most)).chain([most])
}

/// Whether a run that goes so far is asked to go no further.
pub(super) fn is_within(bound: Bound, most: Bound) -> bool {
    match (bound, most) {
        (_, Bound::Full) => true,
        (Bound::Full, _) => false,
        (Bound::Preemptions(bound), Bound::Preemptions(most)) => bound <= most,
    }
}

/// A bound, in short.
pub(super) fn short(bound: Bound) -> String {
    match bound {
        Bound::Full => "full".to_owned(),
        Bound::Preemptions(most) => format!("p={most}"),
    }
}

/// The bound that stands, in short, at the end of what a run is called: `loom n=2 p=1`.
pub(super) fn of_run(run: &str) -> Option<Bound> {
    match run.rsplit(' ').next()? {
        "full" => Some(Bound::Full),
        short => short.strip_prefix("p=")?.parse().ok().map(Bound::Preemptions),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bound_is_that_of_the_run() {
        let shorts = |most| up_to(most).map(short).collect::<Vec<_>>().join(" ");
        assert_eq!(shorts(Bound::Full), "p=0 p=1 p=2 p=3 full");
        assert_eq!(shorts(Bound::Preemptions(2)), "p=0 p=1 p=2");
        assert_eq!(shorts(Bound::Preemptions(5)), "p=0 p=1 p=2 p=3 p=5");
    }

    #[test]
    fn what_is_short_reads_back() {
        for bound in BOUNDS {
            assert_eq!(of_run(&format!("loom n=2 {}", short(bound))), Some(bound));
        }
        assert_eq!(of_run("portfolio n=2 drawn"), None);
    }
}
