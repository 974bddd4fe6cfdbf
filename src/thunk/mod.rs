//! Floor 1: a queue of thunks, closures without their types, each kept in the memory of the queue.
//!
//! A boxed closure costs an allocation on the thread that makes it and a free on the thread that calls it; for a small closure that
//! is most of what posting it costs. Here a closure of up to [`WORDS`] words stands in the queue itself, in as many words as it
//! needs behind a word that says what it is, and is called from there; larger ones are boxed. What is small and packed is
//! few cache lines from the thread that posts to the thread that runs.
//!
//! ```text
//!   oldest piece                                  newest piece
//!   [ next | table closure.. | table .. | none ]  [ next | table closure.. | .......... ]
//!            ^ head                                                         ^ tail
//! ```
//!
//! The memory grows and shrinks by pieces, and nothing that stands in it is ever moved. One large ring would double when it is full: then up
//! to half of it is unused, everything in it is copied, and a burst's memory is kept for good. Pieces of a fixed size cost what
//! they hold, and some empty ones are kept, so that nothing is allocated in a steady state. A queue that has run empty begins
//! anew in the same place: one that never holds much always uses the same few lines.
//!
//! * **T1** between `head` and `tail`, over all pieces, stand `len` records, one behind the other: a table and a closure of the type that the
//!   table was made for, which may be sent to any thread. A piece that another one follows ends with a table that is none.
//! * **T2** a record is off the queue before anything is done with it, and its closure is moved out before foreign code runs. So
//!   whatever that does to the queue, it meets whole records only.
//! * **T3** a piece is linked, from `first` to `last`, or spare; `head` is in the first one and `tail` in the last one, and it is freed
//!   once, by the queue. Before the first event there is none, and `head` and `tail` are null.

mod record;

use std::alloc::{Layout, handle_alloc_error};
use std::cell::Cell;
use std::fmt;
use std::ptr::null_mut;

pub use record::WORDS;
use record::{Head, Table, Word, fits, words_of};

/// Words for records in one piece; with its link and what the allocator adds, a page.
const PIECE: usize = 509;

/// Empty pieces that are kept.
const SPARE: usize = 32;

struct Piece {
    /// The next one towards the tail, or the next spare one.
    next: *mut Piece,
    words: [Word; PIECE],
}

/// Closures that wait to be called, once each, first come first.
///
/// Whatever is called or dropped here may use the queue again, so everything goes by `&self`; a queue is one thread's at a time. What a
/// push touches comes first.
#[repr(C)]
pub struct ThunkQueue {
    tail: Cell<*mut Word>,
    /// Where the last piece has room for no more than the end of a piece.
    end: Cell<*mut Word>,
    len: Cell<usize>,
    head: Cell<*mut Word>,
    first: Cell<*mut Piece>,
    last: Cell<*mut Piece>,
    spare: Cell<*mut Piece>,
    spares: Cell<usize>,
}

// SAFETY: (T1, T3) only closures that are `Send` get in, and nobody else refers to the pieces.
unsafe impl Send for ThunkQueue {}

impl Default for ThunkQueue {
    fn default() -> Self {
        Self {
            tail: Cell::new(null_mut()),
            end: Cell::new(null_mut()),
            len: Cell::new(0),
            head: Cell::new(null_mut()),
            first: Cell::new(null_mut()),
            last: Cell::new(null_mut()),
            spare: Cell::new(null_mut()),
            spares: Cell::new(0),
        }
    }
}

impl ThunkQueue {
    /// How many closures wait.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Whether none waits.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts a closure at the end, in place if it is small.
    #[inline]
    pub fn push<F: FnOnce() + Send + 'static>(&self, closure: F) {
        if fits::<F>() {
            self.push_in_place(closure);
        } else {
            let boxed = Box::new(closure);
            self.push_in_place(boxed);
        }
    }

    #[inline]
    fn push_in_place<F: FnOnce() + Send + 'static>(&self, closure: F) {
        assert!(fits::<F>(), "a box fits");
        let words = words_of::<F>();
        if self.end.get().addr() - self.tail.get().addr() < words * size_of::<Word>() {
            self.add_piece();
        }
        let tail = self.tail.get();
        // SAFETY: (T1, T3) there is room for so many words, and one more for the end of the piece; size and alignment were checked.
        unsafe {
            tail.cast::<Head>().write(Some(Table::of::<F>()));
            tail.add(1).cast::<F>().write(closure);
            self.tail.set(tail.add(words));
        }
        self.len.set(self.len.get() + 1);
    }

    /// Goes on in another piece.
    #[cold]
    #[inline(never)]
    fn add_piece(&self) {
        let piece = self.spare_piece();
        let last = self.last.replace(piece);
        // SAFETY: (T1, T3) the piece is this queue's own; and the last one has a word for its end.
        unsafe {
            (*piece).next = null_mut();
            let words = (&raw mut (*piece).words).cast::<Word>();
            if last.is_null() {
                self.first.set(piece);
                self.head.set(words);
            } else {
                self.tail.get().cast::<Head>().write(None);
                (*last).next = piece;
            }
            self.tail.set(words);
            self.end.set(words.add(PIECE - 1));
        }
    }

    fn spare_piece(&self) -> *mut Piece {
        let spare = self.spare.get();
        if !spare.is_null() {
            // SAFETY: (T3) it is spare.
            self.spare.set(unsafe { (*spare).next });
            self.spares.set(self.spares.get() - 1);
            return spare;
        }
        let layout = Layout::new::<Piece>();
        // SAFETY: (T3) a piece has a size.
        let piece = unsafe { std::alloc::alloc(layout) }.cast::<Piece>();
        if piece.is_null() {
            handle_alloc_error(layout);
        }
        piece
    }

    /// Calls the closure at the front. False if there is none.
    #[inline]
    pub fn call_front(&self) -> bool {
        let Some((table, closure)) = self.pop() else { return false };
        // SAFETY: (T1, T2) the closure is of the table's type, and moves out before it runs.
        unsafe { (table.call)(closure) };
        true
    }

    /// Drops the closure at the front, uncalled. False if there is none.
    pub fn drop_front(&self) -> bool {
        let Some((table, closure)) = self.pop() else { return false };
        // SAFETY: (T1, T2) the closure is of the table's type, and moves out before it is dropped.
        unsafe { (table.drop)(closure) };
        true
    }

    /// Takes the first record off the queue; its closure stands where it stood until something is pushed.
    #[inline]
    fn pop(&self) -> Option<(&'static Table, *mut Word)> {
        let len = self.len.get().checked_sub(1)?;
        // SAFETY: (T1) the queue is not empty: a record stands here, or the end of a piece before one.
        let head = match unsafe { self.head.get().cast::<Head>().read() } {
            Some(_) => self.head.get(),
            None => self.drop_piece(),
        };
        // SAFETY: (T1) here stands a record.
        let (table, closure) = unsafe { (head.cast::<Head>().read()?, head.add(1)) };
        self.len.set(len);
        if len == 0 {
            self.restart();
        } else {
            self.head.set(head.wrapping_add(table.words));
        }
        Some((table, closure))
    }

    /// All is empty: begins anew, in the piece that it is in.
    #[inline]
    fn restart(&self) {
        // SAFETY: (T3) the last piece, which by now is the first one, too.
        let words = unsafe { (&raw mut (*self.last.get()).words).cast::<Word>() };
        self.head.set(words);
        self.tail.set(words);
    }

    /// Goes on behind the end of the first piece; gives where that is.
    #[cold]
    #[inline(never)]
    fn drop_piece(&self) -> *mut Word {
        let piece = self.first.get();
        // SAFETY: (T1, T3) a piece that ends is followed by another, and everything in it is off the queue.
        unsafe {
            let next = (*piece).next;
            self.first.set(next);
            if self.spares.get() < SPARE {
                (*piece).next = self.spare.replace(piece);
                self.spares.set(self.spares.get() + 1);
            } else {
                free(piece);
            }
            (&raw mut (*next).words).cast()
        }
    }

    /// Changes contents with another queue.
    pub fn swap(&self, other: &Self) {
        self.tail.swap(&other.tail);
        self.end.swap(&other.end);
        self.len.swap(&other.len);
        self.head.swap(&other.head);
        self.first.swap(&other.first);
        self.last.swap(&other.last);
        self.spare.swap(&other.spare);
        self.spares.swap(&other.spares);
    }
}

/// # Safety
/// A piece that nobody refers to any more.
unsafe fn free(piece: *mut Piece) {
    // SAFETY: (T3) all pieces come from `spare_piece`.
    unsafe { std::alloc::dealloc(piece.cast(), Layout::new::<Piece>()) };
}

impl Drop for ThunkQueue {
    fn drop(&mut self) {
        while self.drop_front() {}
        for chain in [self.first.get(), self.spare.get()] {
            let mut piece = chain;
            while !piece.is_null() {
                // SAFETY: (T3) each piece is in one of the two chains, once.
                unsafe {
                    let next = (*piece).next;
                    free(piece);
                    piece = next;
                }
            }
        }
    }
}

impl fmt::Debug for ThunkQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThunkQueue").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{PIECE, SPARE, ThunkQueue, WORDS};
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
}
