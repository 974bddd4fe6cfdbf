//! The suites, one file per component. A new file is one `mod` line and one entry of [`SUITES`].

use crate::scenario::Scenario;

pub mod sync;

/// Every suite: what `cargo models --list` shows, in this order.
pub const SUITES: &[&[Scenario]] = &[sync::SCENARIOS];

/// Every scenario of every suite.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    SUITES.iter().copied().flatten()
}
