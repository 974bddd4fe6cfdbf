//! A page of documentation whose tables this command writes.
//!
//! A table stands between two comments, `<!-- peers:stream/64KiB -->` and `<!-- /peers -->`; everything between them is written
//! anew when its group was measured.

use std::path::{Path, PathBuf};
use std::{env, fs, io, thread};

const END: &str = "<!-- /peers -->";

/// Puts `body` between the comments of `group`.
pub(crate) fn write(page: &Path, group: &str, body: &str) -> Result<(), String> {
    let text = read(page)?;
    let [before, after] = around(&text, page, group)?;
    let begin = begin(group);
    fs::write(page, format!("{before}{begin}\n{body}\n{END}{after}")).map_err(|error| told(page, &error))
}

/// Whether there is a place for `group`.
pub(crate) fn check(page: &Path, group: &str) -> Result<(), String> {
    around(&read(page)?, page, group).map(|_| ())
}

fn read(page: &Path) -> Result<String, String> {
    fs::read_to_string(page).map_err(|error| told(page, &error))
}

fn told(page: &Path, error: &io::Error) -> String {
    format!("{}: {error}", page.display())
}

fn begin(group: &str) -> String {
    format!("<!-- peers:{group} -->\n")
}

/// What stands before the comments of `group`, and behind them.
fn around<'a>(text: &'a str, page: &Path, group: &str) -> Result<[&'a str; 2], String> {
    let begin = begin(group);
    let (before, rest) = text.split_once(&begin).ok_or_else(|| format!("{}: no {begin}", page.display()))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| format!("the table of {group} has no end"))?;
    Ok([before, after])
}

/// Where the page is: benchmarks run in the folder of their package, people in that of the workspace.
pub(crate) fn find(page: &Path) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(page)
}

/// What a figure holds for: the command that measured it, and the machine.
pub(crate) fn provenance(command: &str) -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    format!("`{command}`, {cores} cores, {} ({})", model.unwrap_or("an unnamed processor").trim(), env::consts::ARCH)
}
