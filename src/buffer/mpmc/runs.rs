//! Runs: positions in a row that a side claims at once. A single element is a run of one.
//!
//! * **M4** of a run, the first slot is stamped last, and it alone may be marked, so the other stamps are plain stores. For positions are
//!   claimed in order, and no side comes past the first one before it is stamped: in a run that is being filled the head is at the first at
//!   most, and in one that is being emptied the tail is a lap after the first at most. Those are the slots that are waited at, each by a side
//!   that has itself seen, or written, all stamps before; clones of a shared end (M6) do not wait. The last position `F` (M1) is a tail, so its slot is none of the others, either.
//! * **M5** whoever has ended a side and so knows `F` has all stamps behind it of runs whose first slot was claimed anew before `F`, so that its
//!   mark is not overwritten by one of them: claims of the tail release what they have acquired from the stamps, and whoever departs acquires it.

use std::ptr::NonNull;

use crate::buffer::cursor::{Marks, Seen, pack};
use crate::buffer::laps::Stretch;
use crate::buffer::{PopError, Popped, PushError, Pushed, Side};
use crate::sync::atomic::{AtomicUsize, Ordering, look};

use super::{Stamped, Wait};

impl<T> Stamped<T> {
    /// How many positions from `first` on, of at most `len > 0`, bear the stamp that `ready` names; the word of the first stamp if that does not.
    #[inline]
    pub(super) fn run(&self, first: usize, len: usize, ready: impl Fn(usize) -> usize) -> Result<usize, usize> {
        // ORDERING(stamp): the slot is as its last owner left it. ORDERING(departure): a departure marked here is on the tail, too.
        let says = |stamp: &AtomicUsize| look(stamp, Ordering::Acquire);
        let word = says(&self.stamps[self.laps.slot(first)]);
        if Seen::of(word).index != ready(first) {
            return Err(word);
        }
        let mut count = 1;
        let len = len.min(self.laps.capacity());
        if count < len {
            for Stretch { position, slot, len } in &self.laps.stretches(self.laps.advance(first, 1), len - 1) {
                for (stamp, position) in self.stamps[*slot..slot + len].iter().zip(*position..) {
                    if Seen::of(says(stamp)).index != ready(position) {
                        return Ok(count);
                    }
                    count += 1;
                }
            }
        }
        Ok(count)
    }

    /// Claims up to `len` positions from the tail on, as many as are free, and fills them from `source`.
    ///
    /// # Safety
    /// `len > 0` elements can be read at `source`, and their owner forgets those that were moved. The side has not left, or was closed before,
    /// so that nothing is claimed (S3).
    #[inline]
    pub(super) unsafe fn push_run(&self, wait: &mut Wait, source: *const T, len: usize) -> Result<Pushed, PushError> {
        let mut seen = Seen { index: wait.next, marks: Marks::NONE };
        loop {
            if let Some(gone) = seen.marks.refuses_push() {
                return Err(gone);
            }
            let first = seen.index;
            match self.run(first, len, |position| position) {
                Ok(count) => {
                    let next = self.laps.advance(first, count);
                    let claim = pack(next, seen.marks);
                    // ORDERING(claim): the stamps of the lap before are written, up to here.
                    match self.tail.0.compare_exchange(seen.word(), claim, Ordering::Release, Ordering::Relaxed) {
                        Ok(_) => {
                            wait.next = next;
                            // SAFETY: (S1) the stamps said free and the claim made the slots ours; the caller vouches for `source`.
                            let met = unsafe { self.fill(first, count, source) };
                            return Ok(Pushed { count, wake: met.asleep() });
                        }
                        Err(newer) => seen = Seen::of(newer),
                    }
                }
                Err(word) => {
                    let now = Seen::of(self.tail.0.load(Ordering::Relaxed));
                    if now == seen {
                        *wait = Wait { next: first, word };
                        return Err(PushError::Full);
                    }
                    seen = now;
                }
            }
        }
    }

    /// Fills a run and stamps it.
    ///
    /// # Safety
    /// The caller has claimed the run of `count > 0` and not stamped it yet, and so many elements can be read at `source`.
    #[inline]
    pub(super) unsafe fn fill(&self, first: usize, count: usize, source: *const T) -> Marks {
        let mut from = source;
        self.each_stretch(first, count, |slot, len| {
            let target = self.slots().writing(slot, len);
            // SAFETY: (S1) the caller vouches for both.
            unsafe { target.copy_from_nonoverlapping(from, len) };
            from = from.wrapping_add(len);
        });
        self.stamp(first, count, |position| position + 1)
    }

    /// Claims up to `len` positions from the head on, as many as are filled, moves their elements to `target`, if there is one, and
    /// releases them.
    ///
    /// # Safety
    /// There is space for `len > 0` elements at `target`; without one, they are `Copy`. The side has not left, or was closed before, so that
    /// nothing is claimed (S3).
    #[inline]
    pub(super) unsafe fn pop_run(
        &self,
        wait: &mut Wait,
        target: Option<NonNull<T>>,
        len: usize,
    ) -> Result<Popped, PopError> {
        let mut seen = Seen { index: wait.next, marks: Marks::NONE };
        loop {
            if seen.marks.gone(Side::Consumer) {
                return Err(PopError::ConsumerGone);
            }
            let first = seen.index;
            match self.run(first, len, |position| position + 1) {
                Ok(count) => {
                    let next = self.laps.advance(first, count);
                    let claim = pack(next, seen.marks);
                    // ORDERING(departure): a producer whose departure is met here left its last tail behind.
                    match self.head.0.compare_exchange(seen.word(), claim, Ordering::Acquire, Ordering::Relaxed) {
                        Ok(_) => {
                            wait.next = next;
                            // SAFETY: (S1) the claim made the filled slots ours; the caller vouches for `target`.
                            let met = unsafe { self.empty(first, count, target) };
                            let ended = seen.marks.gone(Side::Producer) && self.last_tail() == next;
                            return Ok(Popped { count, wake: met.asleep(), ended });
                        }
                        Err(newer) => seen = Seen::of(newer),
                    }
                }
                Err(word) => {
                    let now = Seen::of(self.head.0.load(Ordering::Relaxed));
                    if now == seen {
                        *wait = Wait { next: first, word };
                        return Err(self.nothing_at(first));
                    }
                    seen = now;
                }
            }
        }
    }

    /// Empties a run and stamps it.
    ///
    /// # Safety
    /// The caller has claimed the run of `count > 0` and not stamped it yet, and there is space for so many elements at `target`.
    #[inline]
    unsafe fn empty(&self, first: usize, count: usize, target: Option<NonNull<T>>) -> Marks {
        if let Some(target) = target {
            let mut to = target.as_ptr();
            self.each_stretch(first, count, |slot, len| {
                let from = self.slots().reading(slot, len);
                // SAFETY: (S1) the caller vouches for both.
                unsafe { to.copy_from_nonoverlapping(from, len) };
                to = to.wrapping_add(len);
            });
        }
        self.stamp(first, count, |position| self.laps.next_lap(position))
    }

    /// Writes the next stamps of a run, the first one last (M4). Returns the marks that stood beside that.
    #[inline]
    fn stamp(&self, first: usize, count: usize, next: impl Fn(usize) -> usize) -> Marks {
        if count > 1 {
            for Stretch { position, slot, len } in &self.laps.stretches(self.laps.advance(first, 1), count - 1) {
                for (stamp, position) in self.stamps[*slot..slot + len].iter().zip(*position..) {
                    // ORDERING(stamp): the slot is done with before the stamp says so.
                    stamp.store(pack(next(position), Marks::NONE), Ordering::Release);
                }
            }
        }
        // ORDERING(stamp): as above, and all of the run is stamped. A mark that this overwrites is handed on (M2).
        let stamp = &self.stamps[self.laps.slot(first)];
        Seen::of(stamp.swap(pack(next(first), Marks::NONE), Ordering::Release)).marks
    }

    /// Hands the slots of a run to `act`, as many neighbours at once as there are.
    #[inline]
    pub(super) fn each_stretch(&self, first: usize, count: usize, mut act: impl FnMut(usize, usize)) {
        if count == 1 {
            // A length that the compiler knows.
            return act(self.laps.slot(first), 1);
        }
        for Stretch { slot, len, .. } in &self.laps.stretches(first, count) {
            if *len > 0 {
                act(*slot, *len);
            }
        }
    }
}
