//! Sequential specifications.
