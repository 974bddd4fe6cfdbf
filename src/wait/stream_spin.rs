//! A look before sleeping, for a side of a stream.

use std::cmp::Ordering;

use crate::sync::hint;

use super::patience::Patience;
use super::{Attempt, moves};

/// At most so many pauses come before the first look, some 6 µs.
const LINGER_MAX: u8 = 240;

/// How many times as long, or as short, a wait is that tries something else.
const STEP: u8 = 16;

/// How many doublings more it has to bring. Less than the step, since a stream is not even; more than the few pieces of one answer.
const PAYS: u8 = 2;

/// So many doublings of plenty are too much: half the ring is full, and the partner is about to stop. No more than what pays, so where there
/// was plenty already nothing longer is kept.
const STOPS: u8 = 2;

/// After so many waits one tries to linger longer; if that is in vain, after twice as many the next time, and so on.
const TRY_LONGER: u8 = 8;

/// After so many waits one tries to linger longer, whatever came of it.
const TRY_LONGER_MAX: u8 = 128;

/// Every so many waits one tries not to linger as long. Seldom, since a single wait can be lucky.
const TRY_SHORTER: u8 = 32;

/// Of so many waits, the first ones ask on which core the partner is, which costs as much as a look that succeeds.
const ASK_EVERY: u8 = 16;

/// So many in a row: who asks says where it is, so the second time the partner may have said it, too.
const ASKS: u8 = 2;

/// How one side of a stream waits before it sleeps, learnt from how its last waits ended.
///
/// Sleeping and being woken across cores costs 5 to 50 µs, as much as copying some 200 KiB; so a partner that is about to act is
/// worth waiting for awake. How long is bounded (ALL-1), in two phases. *Brief* looks keep the core: the first ones back to back, for an
/// answer that is on its way, the others with the shortest of pauses between them, which leave the cache line to who is to write it.
/// *Patient* ones give the core up in between, so that threads that outnumber the cores get on.
///
/// A side that *lingers* lets some time go by before its first look. In a stream of tiny elements the partner is on its way to the
/// next one while this side has just found none; looking at once would take the cache line away from it for each of them, and
/// lingering gathers many. Whether it pays is found out by trying: now and then a wait lingers longer, or not as long, and what
/// it brings decides. A stream brings more the longer it is left alone. An answer, as in a round trip, does not, and is tried ever less.
#[derive(Debug)]
pub struct StreamSpin {
    /// Pauses before the first look.
    linger: u8,
    /// How much that brought last, in bits: an end has to be small.
    brought: u8,
    waits: u8,
    /// After so many waits one lingers longer.
    longer_in: u8,
    /// So many waits were to pass before it when that was decided.
    longer_every: u8,
    patience: Patience,
    partner: Partner,
}

/// Where the partner was seen last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Partner {
    Elsewhere,
    /// On the same core, when that was asked.
    Beside,
    /// On the core on which this thread woke up, which it did by that partner.
    HasWoken,
}

impl Default for StreamSpin {
    fn default() -> Self {
        let (longer_in, longer_every) = (TRY_LONGER, TRY_LONGER);
        let patience = Patience::default();
        Self { linger: 1, brought: 0, waits: 0, longer_in, longer_every, patience, partner: Partner::Elsewhere }
    }
}

impl StreamSpin {
    /// Begins a wait: whether the partner is on this thread's core, where it does nothing while this side looks. It is if it was when it woke this
    /// thread from the last wait, else if `ask` says so. That is called each time after a yes, and now and then; in between the last answer holds.
    pub fn is_beside(&mut self, ask: impl FnOnce() -> bool) -> bool {
        let has_woken = self.partner == Partner::HasWoken;
        if self.partner != Partner::Elsewhere || self.waits % ASK_EVERY < ASKS {
            // In this order: asking tells the partner where this side is.
            let beside = ask() || has_woken;
            self.partner = if beside { Partner::Beside } else { Partner::Elsewhere };
        }
        let beside = self.partner == Partner::Beside;
        // A wait that looks briefly is counted there.
        self.waits = self.waits.wrapping_add(beside.into());
        beside
    }

    /// Notes that the partner has woken this thread from a sleep, on the core that both are on.
    pub(super) fn note_woken_from_here(&mut self) {
        self.partner = Partner::HasWoken;
    }

    /// Looks for a moment.
    pub fn briefly<A: Attempt>(&mut self, what: &mut A) -> Option<A::Output> {
        let linger = self.next_linger();
        (0..linger).for_each(|_| hint::pause());
        let output = (0..hint::looks_at_once()).find_map(|_| what.attempt()).or_else(|| {
            (0..hint::brief_looks()).find_map(|_| {
                // As short as the processor can: in a round trip every one of these may be the delay.
                hint::spin_loop();
                what.attempt()
            })
        })?;
        self.learn(linger, what.amount(&output), what.plenty());
        Some(output)
    }

    /// The pauses of this wait: the usual ones, or what is to be tried.
    fn next_linger(&mut self) -> u8 {
        self.waits = self.waits.wrapping_add(1);
        self.longer_in = self.longer_in.saturating_sub(1);
        if self.waits.is_multiple_of(TRY_SHORTER) {
            (self.linger / STEP).max(1)
        } else if self.longer_in == 0 {
            // In vain until it is known better.
            self.longer_every = self.longer_every.saturating_mul(2).min(TRY_LONGER_MAX);
            self.longer_in = self.longer_every;
            self.linger.saturating_mul(STEP).min(LINGER_MAX)
        } else {
            self.linger
        }
    }

    /// A wait that lingered so long has found so much.
    fn learn(&mut self, linger: u8, found: usize, plenty: usize) {
        let found = bits(found);
        let better = match linger.cmp(&self.linger) {
            Ordering::Equal => true,
            Ordering::Greater => found >= self.brought + PAYS && found < bits(plenty) + STOPS,
            Ordering::Less => found + PAYS > self.brought,
        };
        if better {
            if linger > self.linger {
                (self.longer_in, self.longer_every) = (TRY_LONGER, TRY_LONGER);
            }
            self.linger = linger;
            self.brought = found;
        }
    }

    /// Looks for a while, giving up the core in between.
    pub fn patiently<A: Attempt>(&mut self, what: &mut A) -> Option<A::Output> {
        if !self.patience.has() || moves(self.waits) {
            return None;
        }
        for look in 0..hint::patient_looks() {
            hint::yield_now();
            if let Some(output) = what.attempt() {
                self.patience.learn(Some(look));
                return Some(output);
            }
        }
        self.patience.learn(None);
        None
    }
}

/// How many binary digits an amount has.
fn bits(amount: usize) -> u8 {
    (usize::BITS - amount.leading_zeros()) as u8
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{
        ASK_EVERY, ASKS, LINGER_MAX, PAYS, STEP, STOPS, StreamSpin, TRY_LONGER, TRY_LONGER_MAX, TRY_SHORTER, bits,
    };
    use crate::sync::hint;
    use crate::wait::Attempt;
    use crate::wait::patience::late;

    /// Succeeds at that look, from 1; counts them.
    struct Looks {
        succeeds: u32,
        looks: u32,
        amount: usize,
        plenty: usize,
    }

    impl Looks {
        fn at(succeeds: u32) -> Self {
            Self { succeeds, looks: 0, amount: 1, plenty: usize::MAX }
        }
    }

    impl Attempt for Looks {
        type Output = ();

        fn attempt(&mut self) -> Option<()> {
            self.looks += 1;
            (self.looks == self.succeeds).then_some(())
        }

        fn arm(&mut self) -> bool {
            false
        }

        fn disarm(&mut self) -> bool {
            false
        }

        fn amount(&self, (): &()) -> usize {
            self.amount
        }

        fn plenty(&self) -> usize {
            self.plenty
        }
    }

    /// Waits that often for what has so much after lingering so long, at the first look; what it lingers in the end.
    fn linger(spin: &mut StreamSpin, waits: u8, plenty: usize, amount: impl Fn(usize) -> usize) -> u8 {
        for _ in 0..waits {
            // What this wait is going to linger.
            let next = StreamSpin { ..*spin }.next_linger();
            let mut what = Looks { amount: amount(next.into()), plenty, ..Looks::at(1) };
            assert_eq!(spin.briefly(&mut what).is_some(), hint::brief_looks() > 0);
        }
        spin.linger
    }

    #[test]
    fn looks_are_bounded_and_all_of_them_are_made() {
        hint::settle();
        let (mut spin, mut never) = (StreamSpin::default(), Looks::at(0));
        assert!(spin.briefly(&mut never).is_none());
        let briefly = hint::looks_at_once() + hint::brief_looks();
        assert_eq!(never.looks, briefly, "ALL-1");
        assert!(spin.patiently(&mut never).is_none());
        assert_eq!(never.looks, briefly + hint::patient_looks(), "ALL-1");
    }

    #[test]
    fn patience_that_does_not_pay_is_left_out_of_the_next_waits() {
        hint::settle();
        let looks = hint::patient_looks();
        // What is found there pays, or not, or is nothing.
        for (succeeds, then) in [(late(), looks), (late() + 1, 0), (0, 0)] {
            let (mut spin, mut what, mut next) = (StreamSpin::default(), Looks::at(succeeds), Looks::at(0));
            assert_eq!(spin.patiently(&mut what).is_some(), succeeds > 0 && looks > 0);
            assert_eq!((spin.patiently(&mut next), next.looks), (None, then), "found at look {succeeds}");
        }
    }

    #[test]
    fn what_grows_is_lingered_for_and_an_answer_is_not() {
        let mut spin = StreamSpin::default();
        assert_eq!(linger(&mut spin, TRY_LONGER, 1_000, |pauses| pauses), STEP);
        assert_eq!(linger(&mut spin, 4 * TRY_LONGER, 1_000, |pauses| pauses), LINGER_MAX, "and no longer: ALL-1");
        assert_eq!(linger(&mut spin, 4 * TRY_SHORTER, 1_000, |pauses| pauses), LINGER_MAX, "a stream goes on");
        assert_eq!(linger(&mut spin, 2 * TRY_SHORTER, 1_000, |_| 1), 1, "it was the last of the stream");
        assert_eq!(linger(&mut spin, 4 * TRY_SHORTER, 1_000, |pauses| pauses.min(2)), 1, "an answer in two pieces");
    }

    #[test]
    fn plenty_is_enough() {
        let mut spin = StreamSpin::default();
        assert_eq!(linger(&mut spin, 4 * TRY_LONGER, 1, |pauses| pauses), 1);
        assert_eq!(linger(&mut spin, 4 * TRY_LONGER, usize::from(STEP), |pauses| pauses), STEP);
    }

    #[test]
    fn a_wait_that_tries_something_else_differs_by_a_step_within_bounds() {
        let next = |waits, longer_in| {
            [1, STEP, LINGER_MAX]
                .map(|linger| StreamSpin { linger, waits, longer_in, ..StreamSpin::default() }.next_linger())
        };
        assert_eq!(next(0, 2), [1, STEP, LINGER_MAX]);
        assert_eq!(next(0, 1), [STEP, LINGER_MAX, LINGER_MAX]);
        assert_eq!(next(TRY_SHORTER - 1, 2), [1, 1, LINGER_MAX / STEP]);
    }

    #[test]
    fn what_does_not_pay_is_tried_ever_less_until_it_does() {
        let mut spin = StreamSpin::default();
        let tries = |spin: &mut StreamSpin, amount: fn(u8) -> usize| -> Vec<usize> {
            let tried = |_: &usize| {
                let linger = spin.next_linger();
                spin.learn(linger, amount(linger), usize::MAX);
                linger > 1
            };
            (1..=600).filter(tried).collect()
        };
        assert_eq!(tries(&mut spin, |_| 1), [8, 24, 56, 120, 248, 376, 504]);
        assert_eq!(spin.longer_every, TRY_LONGER_MAX);
        spin.learn(STEP, 1 << PAYS, usize::MAX);
        assert_eq!((spin.linger, spin.longer_every), (STEP, TRY_LONGER));
    }

    #[test]
    fn where_the_partner_is_is_asked_seldom_unless_it_is_beside() {
        let mut spin = StreamSpin::default();
        let asked = |spin: &mut StreamSpin, is_beside| {
            let mut asked = false;
            let answer = spin.is_beside(|| {
                asked = true;
                is_beside
            });
            (asked, answer)
        };
        for wait in 0..ASK_EVERY {
            assert_eq!(asked(&mut spin, false), (wait < ASKS, false));
            spin.next_linger();
        }
        assert_eq!(asked(&mut spin, true), (true, true));
        (0..ASKS).for_each(|_| _ = spin.next_linger());
        assert_eq!([true, false].map(|is_beside| asked(&mut spin, is_beside)), [(true, true), (true, false)]);
        assert_eq!(asked(&mut spin, true), (false, false));
    }

    #[test]
    fn a_partner_that_has_woken_this_side_is_beside_it_whatever_it_says_itself() {
        let mut spin = StreamSpin { waits: ASKS, ..StreamSpin::default() };
        spin.note_woken_from_here();
        let mut asked = 0;
        let answers = [(); 3].map(|()| {
            spin.is_beside(|| {
                asked += 1;
                false
            })
        });
        assert_eq!((answers, asked), ([true, false, false], 2), "it is asked, so that it learns where this side is");
    }

    #[test]
    fn longer_has_to_bring_more_and_shorter_not_much_less() {
        const USUAL: u8 = STEP;
        const BROUGHT: u8 = 5;
        let amount = |digits: u8| 1 << (digits - 1);
        // What is lingered, and what it brought, after a wait that lingered so long and found so many digits.
        let after = |linger, digits, plenty| {
            let mut spin = StreamSpin { linger: USUAL, brought: BROUGHT, ..StreamSpin::default() };
            spin.learn(linger, amount(digits), amount(plenty));
            (spin.linger, spin.brought)
        };
        let (before, enough) = ((USUAL, BROUGHT), BROUGHT + PAYS);
        assert_eq!(after(LINGER_MAX, enough, BROUGHT + 1), (LINGER_MAX, enough));
        assert_eq!(after(LINGER_MAX, enough - 1, BROUGHT + 1), before);
        assert_eq!(after(LINGER_MAX, enough, BROUGHT), before, "there was plenty already");
        let most = BROUGHT + STOPS;
        assert_eq!(after(LINGER_MAX, most, BROUGHT + 1), (LINGER_MAX, most));
        assert_eq!(after(LINGER_MAX, most + 1, BROUGHT + 1), before, "the ring is half full");
        let not_much_less = BROUGHT - PAYS + 1;
        assert_eq!(after(1, not_much_less, BROUGHT), (1, not_much_less));
        assert_eq!(after(1, not_much_less - 1, BROUGHT), before);
        assert_eq!([1, 60].map(|digits| after(USUAL, digits, 60)), [(USUAL, 1), (USUAL, 60)]);
        assert_eq!([0, 1, 2, 255, 256, usize::MAX].map(bits), [0, 1, 2, 8, 9, usize::BITS as u8]);
    }
}
