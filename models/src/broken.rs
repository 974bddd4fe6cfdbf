//! Broken.
use crate::scenario::Scenario;
/// All.
pub fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    [].into_iter()
}
