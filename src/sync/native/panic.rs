//! Panics of foreign code.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs foreign code; a panic in it ends here and is returned.
///
/// # Errors
/// What the code panicked with.
pub fn catch<R>(foreign: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    // What the code may leave half done is its own: it is run with nothing of ours borrowed.
    catch_unwind(AssertUnwindSafe(foreign))
}
