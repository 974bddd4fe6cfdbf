//! rdv
#[doc(hidden)]
pub mod sync;
