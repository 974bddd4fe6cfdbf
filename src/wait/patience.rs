//! Whether to stay awake for longer than a moment, learnt from what that came to.

use std::time::Duration;

use crate::sync::hint;

/// Who has been awake for so long has paid as much as sleeping and being woken costs.
pub(super) const LATE: Duration = Duration::from_micros(35);

/// What comes after so many patient looks, some 35 µs if nobody else wants the core, has cost as much. Fewer than there are at most.
pub(super) fn late() -> u32 {
    hint::patient_looks() / 5 * 3
}

/// Patience that does not pay is left out of so many waits, of twice as many the next time, and so on.
const LEFT_OUT: u8 = 7;

/// It is left out of at most so many.
const LEFT_OUT_MAX: u8 = 63;

/// The patience of waits that follow each other: of those that a moment was not enough for.
///
/// Where it does not pay, being in vain or longer than a wake-up takes, it is left out of the next waits and then tried again, until it pays: two sides
/// that have fallen into waking each other find back to staying awake, and one that waits for long each time wastes little. It has a
/// price even where nobody else wants the core: to the system, who gives a core away again and again is in no hurry, and when it is woken
/// later, it has to wait until the thread that woke it on the same core is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patience {
    /// So many waits to come have none.
    left_out: u8,
    /// So many will have none once it does not pay again.
    next: u8,
}

impl Default for Patience {
    fn default() -> Self {
        Self { left_out: 0, next: LEFT_OUT }
    }
}

impl Patience {
    /// Whether this wait has none.
    pub(super) fn is_left_out(&self) -> bool {
        self.left_out > 0
    }

    /// Whether this wait has patience. Asked once by each that gets beyond its brief looks.
    pub(super) fn has(&mut self) -> bool {
        let has = !self.is_left_out();
        self.left_out = self.left_out.saturating_sub(1);
        has
    }

    /// Something was found after so many patient looks, or nothing was.
    pub(super) fn learn(&mut self, found_after: Option<u32>) {
        if found_after.is_some_and(|looks| looks < late()) {
            *self = Self::default();
        } else {
            self.left_out = self.next;
            self.next = (2 * self.next + 1).min(LEFT_OUT_MAX);
        }
    }

    /// As two bytes, the default as zero; `next` is never below its default, so the difference fits.
    pub(super) fn bits(self) -> u16 {
        u16::from_le_bytes([self.left_out, self.next - LEFT_OUT])
    }

    /// From two bytes; from zero, the default.
    pub(super) fn from_bits(bits: u16) -> Self {
        let [left_out, next] = bits.to_le_bytes();
        Self { left_out, next: next + LEFT_OUT }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{LEFT_OUT_MAX, Patience, late};
    use crate::sync::hint;

    /// How many waits have none before one has, and what that one comes to.
    fn left_out(patience: &mut Patience, found_after: Option<u32>) -> u8 {
        let waits = (0..).take_while(|_| !patience.has()).count();
        patience.learn(found_after);
        waits.try_into().expect("it is left out of few")
    }

    #[test]
    fn something_can_be_late() {
        hint::settle();
        let looks = hint::patient_looks();
        assert!((looks / 2..looks / 3 * 2).contains(&late()), "{} of {looks}", late());
    }

    #[test]
    fn what_does_not_pay_is_left_out_of_more_waits_each_time() {
        hint::settle();
        let (mut patience, in_vain, late) = (Patience::default(), None, Some(late()));
        let waits = [in_vain, late, in_vain, late, late, in_vain].map(|found| left_out(&mut patience, found));
        assert_eq!(waits, [0, 7, 15, 31, LEFT_OUT_MAX, LEFT_OUT_MAX]);
    }

    #[test]
    fn what_pays_is_kept() {
        hint::settle();
        let (mut patience, in_vain, soon) = (Patience::default(), None, Some(late() - 1));
        let waits = [soon, in_vain, in_vain, soon, in_vain, soon].map(|found| left_out(&mut patience, found));
        assert_eq!(waits, [0, 0, 7, 15, 0, 7]);
    }

    #[test]
    fn it_goes_into_two_bytes() {
        assert_eq!(Patience::from_bits(0), Patience::default());
        let mut patience = Patience::default();
        for _ in 0..200 {
            if patience.has() {
                patience.learn(None);
            }
            assert_eq!(Patience::from_bits(patience.bits()), patience);
        }
    }
}
