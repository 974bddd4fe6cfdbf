//! Process groups: how a command and everything it starts end together.

use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Signal, getpid, kill_process_group};

/// Makes the command the leader of a group of its own. A Ctrl-C in the terminal then reaches only the runner,
/// which ends the others in order.
pub(super) fn lead(command: &mut Command) {
    command.process_group(0);
}

/// Kills the group that this process leads, and so this process.
pub(super) fn kill_own() {
    // Fails only if there is no such group.
    let _ = kill_process_group(getpid(), Signal::KILL);
}
