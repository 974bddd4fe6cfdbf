//! The checked worlds have workers only.

use std::process::ExitCode;

/// Says that the command belongs to the std world.
#[must_use]
pub fn main() -> ExitCode {
    eprintln!(
        "rdv-models was built with --cfg loom or --cfg shuttle; `cargo models` without RUSTFLAGS builds it right"
    );
    ExitCode::from(2)
}
