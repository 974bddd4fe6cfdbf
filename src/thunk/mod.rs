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
#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;

use std::alloc::{Layout, handle_alloc_error};
use std::cell::Cell;
use std::fmt;
use std::ptr::null_mut;

use crate::sync::hint;
use crate::sync::lines::AHEAD;

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
        // The thread that called what stood here last has these lines; the next pushes would wait for them.
        hint::will_write(tail.wrapping_add(AHEAD / size_of::<Word>()).min(self.end.get()));
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
