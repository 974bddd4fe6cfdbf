//! The memory of a queue of events: it grows and shrinks by pieces, and never moves what stands in it.
//!
//! One large ring would double when it is full: then up to half of it is unused, everything in it is copied, under the lock that
//! every poster needs, and a burst's memory is kept for good. Pieces of a fixed size cost what they hold, and a few
//! empty ones are kept, so that nothing is allocated in a steady state.

use std::collections::VecDeque;

use crate::thunk::Thunk;

/// Events in one piece.
const PIECE: usize = 64;

/// Empty pieces that are kept.
const SPARE: usize = 32;

/// Events, first come first.
#[derive(Debug, Default)]
pub(super) struct Fifo {
    // Only a single piece may be empty.
    pieces: VecDeque<VecDeque<Thunk>>,
    spare: Vec<VecDeque<Thunk>>,
    len: usize,
    deepest: usize,
}

impl Fifo {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The most events that ever stood in it at once.
    pub(super) fn deepest(&self) -> usize {
        self.deepest
    }

    pub(super) fn push_back(&mut self, event: Thunk) {
        self.len += 1;
        self.deepest = self.deepest.max(self.len);
        match self.pieces.back_mut() {
            Some(last) if last.len() < PIECE => last.push_back(event),
            _ => self.push_piece(event),
        }
    }

    #[cold]
    fn push_piece(&mut self, event: Thunk) {
        let mut piece = self.spare.pop().unwrap_or_else(|| VecDeque::with_capacity(PIECE));
        piece.push_back(event);
        self.pieces.push_back(piece);
    }

    pub(super) fn pop_front(&mut self) -> Option<Thunk> {
        let first = self.pieces.front_mut()?;
        let event = first.pop_front()?;
        self.len -= 1;
        if first.is_empty() && self.len > 0 {
            self.drop_piece();
        }
        Some(event)
    }

    #[cold]
    fn drop_piece(&mut self) {
        let piece = self.pieces.pop_front();
        self.spare.extend(piece.filter(|_| self.spare.len() < SPARE));
    }
}

impl Iterator for Fifo {
    type Item = Thunk;

    fn next(&mut self) -> Option<Thunk> {
        self.pop_front()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{Fifo, PIECE, SPARE};
    use crate::sync::{Arc, Mutex};
    use crate::thunk::Thunk;

    #[test]
    fn first_come_first_and_nothing_is_lost() {
        let ran = Arc::new(Mutex::new(Vec::new()));
        let (mut fifo, mut put, mut taken) = (Fifo::default(), 0, 0);
        for (puts, takes) in
            [(1, 1), (PIECE, 1), (3 * PIECE, 2 * PIECE), (1, 1), (SPARE * PIECE * 2, usize::MAX), (5, 5)]
        {
            for number in put..put + puts {
                let ran = ran.clone();
                fifo.push_back(Thunk::new(move || ran.lock().push(number)));
            }
            put += puts;
            for event in std::iter::from_fn(|| fifo.pop_front()).take(takes) {
                event.call();
                taken += 1;
            }
            assert_eq!((fifo.len(), fifo.is_empty()), (put - taken, put == taken));
            assert!(fifo.spare.len() <= SPARE);
        }
        assert!(ran.lock().iter().copied().eq(0..put));
    }
}
