//! A record: a closure without its type, and before it what is known of that type.

use std::mem::MaybeUninit;

/// Closures up to so many machine words are kept in place.
pub const WORDS: usize = 5;

pub(super) type Word = MaybeUninit<usize>;

/// What a record begins with; none ends a piece.
pub(super) type Head = Option<&'static Table>;

/// What is known of a type that was forgotten.
pub(super) struct Table {
    /// Moves the closure out and calls it.
    pub(super) call: unsafe fn(*mut Word),
    /// Moves the closure out and drops it.
    pub(super) drop: unsafe fn(*mut Word),
    /// How long a record is.
    pub(super) words: usize,
}

impl Table {
    /// What is known of `F`.
    pub(super) const fn of<F: FnOnce() + Send + 'static>() -> &'static Self {
        const { &Self { call: call::<F>, drop: drop_out::<F>, words: words_of::<F>() } }
    }
}

/// Whether a closure may stand in a record.
pub(super) const fn fits<F>() -> bool {
    size_of::<F>() <= size_of::<[Word; WORDS]>() && align_of::<F>() <= align_of::<Word>()
}

/// How long the record of a closure is.
pub(super) const fn words_of<F>() -> usize {
    1 + size_of::<F>().div_ceil(size_of::<Word>())
}

/// # Safety
/// `closure` holds an `F`, which is gone afterwards.
unsafe fn call<F: FnOnce()>(closure: *mut Word) {
    // SAFETY: (T2) as promised by the caller.
    let closure = unsafe { closure.cast::<F>().read() };
    closure();
}

/// # Safety
/// `closure` holds an `F`, which is gone afterwards.
unsafe fn drop_out<F>(closure: *mut Word) {
    // SAFETY: (T2) as promised by the caller.
    drop(unsafe { closure.cast::<F>().read() });
}
