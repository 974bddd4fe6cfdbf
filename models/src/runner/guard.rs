//! A guard around a command that knows nothing of us: when the runner is gone, so is the command, with
//! everything that it started.
//!
//! The runner starts itself again as the guard and keeps the pipe to the guard's input open. Pipes close
//! however a process ends, so the guard learns of a runner that was killed too.

use std::io::Read;
use std::process::{Command, ExitCode, Stdio};

use super::groups;

/// The whole life of a guard.
pub(super) fn main(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    let Some(program) = arguments.next() else {
        eprintln!("guard: nothing to start");
        return ExitCode::from(super::REFUSED);
    };
    std::thread::spawn(|| {
        // Nothing is ever sent: whatever ends the read, the runner is gone.
        let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
        groups::kill_own();
    });
    match Command::new(&program).args(arguments).stdin(Stdio::null()).status() {
        Ok(status) => ExitCode::from(status.code().map_or(super::FAILED, |code| code.clamp(0, 255) as u8)),
        Err(error) => {
            eprintln!("guard: {program}: {error}");
            ExitCode::from(super::REFUSED)
        }
    }
}
