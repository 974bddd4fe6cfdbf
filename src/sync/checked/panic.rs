//! Panics of foreign code, told apart from the checker's own.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// What foreign code in a model panics with: `std::panic::resume_unwind(Box::new(Foreign))`. Everything else that unwinds is the
/// checker giving up on the execution, or a failed assertion of the model, and must not end before it reaches the checker.
#[derive(Debug)]
pub struct Foreign;

/// Runs foreign code; a panic with [`Foreign`] ends here and is returned, any other goes on.
///
/// # Errors
/// What the code panicked with.
pub fn catch<R>(foreign: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(foreign))
        .or_else(|payload| if payload.is::<Foreign>() { Err(payload) } else { resume_unwind(payload) })
}
