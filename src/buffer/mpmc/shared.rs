//! Ends that many threads share: element by element, without private notes.

use std::mem::{ManuallyDrop, MaybeUninit};

use crate::buffer::{PopError, Popped, Pushed, Rejected};

use super::{Stamped, Wait};

impl<T: Send> Stamped<T> {
    /// Moves one element in; any number of threads may do so at once, on a ring whose ends are not in use otherwise.
    ///
    /// # Errors
    /// The element and why it was refused; `Full` may be due to another thread's operation that is not done yet.
    pub fn push_shared(&self, element: T) -> Result<Pushed, Rejected<T>> {
        let element = ManuallyDrop::new(element);
        match self.push_one(&raw const *element, &mut Wait::at(&self.tail.0)) {
            Ok(met) => Ok(Pushed { count: 1, wake: met.asleep() }),
            Err(why) => Err(Rejected { element: ManuallyDrop::into_inner(element), why }),
        }
    }

    /// Moves one element out; any number of threads may do so at once, on a ring whose ends are not in use otherwise.
    ///
    /// # Errors
    /// Why there is none; `Empty` may be due to another thread's operation that is not done yet.
    pub fn pop_shared(&self) -> Result<(T, Popped), PopError> {
        let mut element = MaybeUninit::<T>::uninit();
        let (met, ended) = self.pop_one(&mut Wait::at(&self.head.0), |slot| {
            let from = self.slots().reading(slot, 1);
            // SAFETY: (S1) the claim made the filled slot ours.
            unsafe { element.as_mut_ptr().copy_from_nonoverlapping(from, 1) };
        })?;
        // SAFETY: (RING-4) a claimed slot has been moved out.
        Ok((unsafe { element.assume_init() }, Popped { count: 1, wake: met.asleep(), ended }))
    }
}
