//! Ends that many threads share: one element at a time, without private notes.

use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;

use crate::buffer::{PopError, Popped, Pushed, Rejected};

use super::{Stamped, Wait};

impl<T: Send> Stamped<T> {
    /// Moves one element in; any number of threads may do so at once, on a ring whose producing end is not in use otherwise.
    ///
    /// # Errors
    /// The element and why it was refused; `Full` may be due to another thread's operation that is not done yet.
    pub fn push_shared(&self, element: T) -> Result<Pushed, Rejected<T>> {
        let element = ManuallyDrop::new(element);
        let pushed = self.push_run(&mut Wait::at(&self.tail.0), &raw const *element, 1);
        pushed.map_err(|why| Rejected { element: ManuallyDrop::into_inner(element), why })
    }

    /// Moves one element out; any number of threads may do so at once, on a ring whose consuming end is not in use otherwise.
    ///
    /// # Errors
    /// Why there is none; `Empty` may be due to another thread's operation that is not done yet.
    pub fn pop_shared(&self) -> Result<(T, Popped), PopError> {
        let mut element = MaybeUninit::<T>::uninit();
        let popped = self.pop_run(&mut Wait::at(&self.head.0), NonNull::new(element.as_mut_ptr()), 1)?;
        // SAFETY: (RING-4) a claimed slot has been moved out.
        Ok((unsafe { element.assume_init() }, popped))
    }
}
