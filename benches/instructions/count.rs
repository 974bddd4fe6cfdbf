//! Counting under valgrind.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// How many rounds more the second run makes: whole laps of a ring of 64 KiB, in chunks from 128 bytes up.
pub(crate) const ROUNDS: u64 = 512;

/// The instructions of one round of a path.
pub(crate) fn count(path: &str) -> Result<u64, String> {
    let [few, more] = [total(path, ROUNDS)?, total(path, 2 * ROUNDS)?];
    Ok((more.saturating_sub(few) + ROUNDS / 2) / ROUNDS)
}

/// The instructions of this program when it runs a path so many times. The count by line is left beside it, for `cg_annotate`.
fn total(path: &str, rounds: u64) -> Result<u64, String> {
    let program = env::current_exe().map_err(|error| format!("where is this program? {error}"))?;
    let file = program.with_file_name(format!("{}-{rounds}.cachegrind", path.replace('/', "-")));
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--error-exitcode=1"])
        .arg(format!("--cachegrind-out-file={}", file.display()))
        .arg(&program)
        .args(["--rounds", &rounds.to_string(), path])
        .output()
        .map_err(|error| format!("valgrind does not start, is it installed? {error}"))?;
    if !output.status.success() {
        return Err(format!("{path}, {}:\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    summary(&file).ok_or_else(|| format!("no summary in {}", file.display()))
}

/// The last line of what cachegrind writes: `summary: 1234`.
fn summary(file: &Path) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let figures = text.lines().rev().find_map(|line| line.strip_prefix("summary:"))?;
    figures.split_whitespace().next()?.parse().ok()
}
