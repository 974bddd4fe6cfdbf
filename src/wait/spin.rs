//! A short look before sleeping.

use crate::sync::hint;

/// How long one side of something is worth spinning for, learnt from how its last waits ended.
///
/// A wake-up across cores costs as much as copying some 200 KiB, so a partner that is about to act is worth waiting for awake;
/// a partner that is not costs at most [`hint::spin_limit`] rounds, and fewer each time (ALL-1). Never below a
/// quarter of the limit, so that a side that became lively again is noticed.
///
/// The rounds get longer ([`hint::pause`]): the first ones catch an answer that is under way, the later ones let work pile up on the
/// other side, which is then met in one go, and the last ones give the core to whoever has that work to do.
#[derive(Debug)]
pub struct Spin {
    rounds: u32,
}

impl Default for Spin {
    fn default() -> Self {
        Self { rounds: hint::spin_limit() }
    }
}

impl Spin {
    /// Tries again and again, for a bounded number of rounds.
    pub fn until<R>(&mut self, mut attempt: impl FnMut() -> Option<R>) -> Option<R> {
        let limit = hint::spin_limit();
        for round in 0..self.rounds {
            hint::pause(round);
            if let Some(output) = attempt() {
                self.rounds = (self.rounds * 2).clamp(1, limit);
                return Some(output);
            }
        }
        self.rounds = (self.rounds / 2).max(limit / 4);
        None
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::Spin;
    use crate::sync::hint;

    /// Spins in vain; how often it tried.
    fn in_vain(spin: &mut Spin) -> u32 {
        let mut tries = 0;
        let found = spin.until(|| {
            tries += 1;
            None::<()>
        });
        assert!(found.is_none());
        tries
    }

    #[test]
    fn spinning_in_vain_gets_shorter_and_never_stops() {
        let (limit, mut spin) = (hint::spin_limit(), Spin::default());
        let tries: Vec<_> = (0..5).map(|_| in_vain(&mut spin)).collect();
        assert_eq!(tries, [limit, limit / 2, limit / 4, limit / 4, limit / 4], "ALL-1");
    }

    #[test]
    fn what_was_worth_it_is_done_longer_within_the_limit() {
        let limit = hint::spin_limit();
        for successes in 0..5 {
            let mut spin = Spin { rounds: limit / 4 };
            for _ in 0..successes {
                assert_eq!(spin.until(|| Some(7)), (limit / 4 > 0).then_some(7));
            }
            assert_eq!(in_vain(&mut spin), (limit / 4 * 2u32.pow(successes)).min(limit), "{successes}");
        }
    }
}
