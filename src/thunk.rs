//! Floor 1: Thunk, something to be called once, kept in place if it is small.
//!
//! A boxed closure costs an allocation on the thread that makes it and a free on the thread that calls it; for a small closure that
//! is most of what posting it costs. A thunk keeps closures of up to [`WORDS`] words inside itself and boxes the rest.
//!
//! * **T1** `data` holds a value of the type that `table` was made for, from `new` until `call` or `drop`, whichever comes first.

use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};

/// Closures up to so many machine words are kept in place.
pub const WORDS: usize = 5;

type Data = [MaybeUninit<usize>; WORDS];

/// A closure without its type.
pub struct Thunk {
    data: Data,
    table: &'static Table,
}

/// What is known of the type that was forgotten.
struct Table {
    /// Moves the closure out and calls it.
    call: unsafe fn(*mut Data),
    /// Drops the closure where it is.
    drop: unsafe fn(*mut Data),
}

// SAFETY: (T1) only closures that are `Send` get in.
unsafe impl Send for Thunk {}

impl Thunk {
    /// Keeps a closure, in place if it is small.
    pub fn new<F: FnOnce() + Send + 'static>(closure: F) -> Self {
        if size_of::<F>() <= size_of::<Data>() && align_of::<F>() <= align_of::<Data>() {
            Self::in_place(closure)
        } else {
            Self::in_place(Box::new(closure))
        }
    }

    fn in_place<F: FnOnce() + Send + 'static>(closure: F) -> Self {
        assert!(size_of::<F>() <= size_of::<Data>() && align_of::<F>() <= align_of::<Data>(), "a box fits");
        let mut data = [MaybeUninit::uninit(); WORDS];
        // SAFETY: (T1) size and alignment were checked.
        unsafe { data.as_mut_ptr().cast::<F>().write(closure) };
        Self { data, table: const { &Table { call: call::<F>, drop: drop_in_place::<F> } } }
    }

    /// Calls the closure.
    pub fn call(self) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: (T1) the closure moves out, and `this` is not dropped any more.
        unsafe { (this.table.call)(&raw mut this.data) };
    }
}

/// # Safety
/// `data` holds an `F`, which is gone afterwards.
unsafe fn call<F: FnOnce()>(data: *mut Data) {
    // SAFETY: (T1) as promised by the caller.
    let closure = unsafe { data.cast::<F>().read() };
    closure();
}

/// # Safety
/// `data` holds an `F`, which is gone afterwards.
unsafe fn drop_in_place<F>(data: *mut Data) {
    // SAFETY: (T1) as promised by the caller.
    unsafe { data.cast::<F>().drop_in_place() };
}

impl Drop for Thunk {
    fn drop(&mut self) {
        // SAFETY: (T1) neither called nor dropped before.
        unsafe { (self.table.drop)(&raw mut self.data) };
    }
}

impl fmt::Debug for Thunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thunk").finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{Thunk, WORDS};
    use crate::sync::Arc;

    /// Called or dropped, small or large: what the closure holds goes exactly once.
    fn check<const N: usize>() {
        let (held, called) = (Arc::new(()), Arc::new(crate::sync::Mutex::new(0)));
        let ballast = [7_usize; N];
        let make = || {
            let (held, called) = (held.clone(), called.clone());
            Thunk::new(move || {
                let _held = &held;
                *called.lock() += ballast.iter().sum::<usize>() + 1;
            })
        };
        drop(make());
        assert_eq!((Arc::strong_count(&held), *called.lock()), (1, 0));
        make().call();
        assert_eq!((Arc::strong_count(&held), *called.lock()), (1, 7 * N + 1));
    }

    #[test]
    fn what_it_holds_goes_exactly_once() {
        check::<0>();
        check::<{ WORDS - 2 }>();
        check::<{ WORDS - 1 }>();
        check::<100>();
    }

    #[test]
    fn a_panic_in_the_call_drops_what_it_holds() {
        let held = Arc::new(());
        let inside = held.clone();
        let thunk = Thunk::new(move || {
            let _inside = inside;
            std::panic::resume_unwind(Box::new(()));
        });
        assert!(crate::sync::panic::catch(|| thunk.call()).is_err());
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[test]
    fn overaligned_closures_are_boxed() {
        #[repr(align(64))]
        struct Aligned(u8);
        let value = Aligned(3);
        Thunk::new(move || assert_eq!((&raw const value as usize % 64, value.0), (0, 3))).call();
    }
}
