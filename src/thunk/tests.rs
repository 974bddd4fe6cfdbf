//! What the queue promises; and how it uses its pieces, which nobody outside sees.

use super::{PIECE, Piece, SPARE, ThunkQueue, WORDS};
use crate::sync::panic::catch;
use crate::sync::{Arc, Mutex};

type Log = Arc<Mutex<Vec<usize>>>;

/// Puts a closure there that logs a number, with so many words besides.
fn push<const N: usize>(queue: &ThunkQueue, log: &Log, number: usize) {
    let (log, ballast) = (log.clone(), [number; N]);
    queue.push(move || log.lock().push(number + ballast.iter().sum::<usize>() - N * number));
}

/// In several lengths, the last of them boxed.
fn push_one(queue: &ThunkQueue, log: &Log, number: usize) {
    match number % 4 {
        0 => push::<0>(queue, log, number),
        1 => push::<1>(queue, log, number),
        2 => push::<{ WORDS - 2 }>(queue, log, number),
        _ => push::<WORDS>(queue, log, number),
    }
}

#[test]
fn first_come_first_and_nothing_is_lost() {
    let (log, queue, other) = (Log::default(), ThunkQueue::default(), ThunkQueue::default());
    let (mut put, mut taken) = (0, 0);
    for (puts, takes) in
        [(1, 1), (PIECE, 1), (3 * PIECE, 2 * PIECE), (1, 1), (SPARE * PIECE, usize::MAX), (5, 5), (7, 7)]
    {
        (put..put + puts).for_each(|number| push_one(&queue, &log, number));
        put += puts;
        taken += (0..takes).take_while(|_| queue.call_front()).count();
        assert_eq!((queue.len(), queue.is_empty()), (put - taken, put == taken));
        assert!(queue.spares.get() <= SPARE);
        queue.swap(&other);
        assert_eq!((queue.len(), other.len()), (0, put - taken));
        other.swap(&queue);
    }
    assert!(log.lock().iter().copied().eq(0..put));
}

thread_local!(static QUEUE: ThunkQueue = ThunkQueue::default());

/// Uses the queue when it goes.
struct Late(Log);

impl Drop for Late {
    fn drop(&mut self) {
        QUEUE.with(|queue| push::<2>(queue, &self.0, 1));
    }
}

#[test]
fn what_is_called_or_dropped_may_use_the_queue() {
    /// Posts its successor, of another length, before it looks at what it holds.
    fn link(log: Log, left: usize) {
        let next = move || {
            if left > 0 {
                link(log.clone(), left - 1);
            }
            log.lock().push(left);
        };
        QUEUE.with(|queue| queue.push(next));
    }
    let log = Log::default();
    link(log.clone(), 2 * PIECE);
    QUEUE.with(|queue| while queue.call_front() {});
    assert!(log.lock().iter().copied().eq((0..=2 * PIECE).rev()));

    let late = Late(log.clone());
    QUEUE.with(|queue| queue.push(move || drop(late)));
    log.lock().clear();
    QUEUE.with(|queue| assert!(queue.drop_front() && queue.call_front() && !queue.call_front()));
    assert_eq!(*log.lock(), [1]);
}

/// Called or dropped, small or large: what the closure holds goes exactly once.
fn check<const N: usize>() {
    let (held, log, queue) = (Arc::new(()), Log::default(), ThunkQueue::default());
    let put = || {
        let held = held.clone();
        push::<N>(&queue, &log, 7);
        queue.push(move || drop(held));
    };
    put();
    assert!(queue.drop_front() && queue.drop_front() && !queue.drop_front());
    assert_eq!((Arc::strong_count(&held), Arc::strong_count(&log), log.lock().len()), (1, 1, 0));
    put();
    assert!(queue.call_front() && queue.call_front() && !queue.call_front());
    assert_eq!((Arc::strong_count(&held), Arc::strong_count(&log), log.lock().len()), (1, 1, 1));
    (0..PIECE).for_each(|_| put());
    drop(queue);
    assert_eq!((Arc::strong_count(&held), Arc::strong_count(&log), log.lock().len()), (1, 1, 1));
}

#[test]
fn what_it_holds_goes_exactly_once() {
    check::<0>();
    check::<{ WORDS - 1 }>();
    check::<WORDS>();
    check::<100>();
}

#[test]
fn a_panic_in_the_call_drops_what_it_holds_and_leaves_the_rest() {
    let (held, log, queue) = (Arc::new(()), Log::default(), ThunkQueue::default());
    let inside = held.clone();
    queue.push(move || {
        let _inside = inside;
        std::panic::resume_unwind(Box::new(()));
    });
    push::<0>(&queue, &log, 1);
    assert!(catch(|| queue.call_front()).is_err());
    assert_eq!((Arc::strong_count(&held), queue.len()), (1, 1));
    assert!(queue.call_front() && log.lock().len() == 1);
}

#[test]
fn overaligned_closures_are_boxed() {
    #[repr(align(64))]
    struct Aligned(u8);
    let (value, queue) = (Aligned(3), ThunkQueue::default());
    queue.push(|| {});
    queue.push(move || assert_eq!((&raw const value as usize % 64, value.0), (0, 3)));
    assert!(queue.call_front() && queue.call_front());
}

/// How many pieces are in a chain.
fn pieces(mut piece: *mut Piece) -> usize {
    let mut count = 0;
    while !piece.is_null() {
        count += 1;
        // SAFETY: (T3) it is linked or spare, and the queue that it is in is not used meanwhile.
        piece = unsafe { (*piece).next };
    }
    count
}

/// A closure that is nothing takes one word.
fn push_words(queue: &ThunkQueue, words: usize) {
    (0..words).for_each(|_| queue.push(|| {}));
}

#[test]
fn a_piece_is_filled_but_for_the_word_of_its_end() {
    let queue = ThunkQueue::default();
    push_words(&queue, PIECE - 1);
    assert_eq!(pieces(queue.first.get()), 1);
    push_words(&queue, 1);
    assert_eq!(pieces(queue.first.get()), 2);
}

#[test]
fn so_many_empty_pieces_are_kept_and_used_again() {
    let queue = ThunkQueue::default();
    let counts = || (pieces(queue.first.get()), pieces(queue.spare.get()), queue.spares.get());
    for _ in 0..2 {
        push_words(&queue, (SPARE + 3) * (PIECE - 1));
        assert_eq!(counts(), (SPARE + 3, 0, 0));
        while queue.call_front() {}
        assert_eq!(counts(), (1, SPARE, SPARE), "ALL-3: a burst's memory is not kept for good");
    }
}
