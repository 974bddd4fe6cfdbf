//! The model-checking suites of `rdv`, and the command that runs them.
pub mod scenario;
pub mod scenarios;
