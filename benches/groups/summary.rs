//! Tables of what this run measured, from the estimates that criterion left.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs, io};

use comfy_table::{CellAlignment, Table, presets};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What a benchmark is called: criterion's `benchmark.json`.
#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
    throughput: Option<Throughput>,
}

/// What one iteration moves; no group counts anything else.
#[derive(Deserialize)]
enum Throughput {
    BytesDecimal(u64),
    Elements(u64),
}

/// What was measured: criterion's `estimates.json`, in nanoseconds per iteration.
#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

/// One benchmark of this run.
struct Measured {
    benchmark: Benchmark,
    median: Estimate,
    written: SystemTime,
}

impl Measured {
    fn function(&self) -> &str {
        self.benchmark.function_id.as_deref().unwrap_or_default()
    }

    fn value(&self) -> &str {
        self.benchmark.value_str.as_deref().unwrap_or_default()
    }

    /// How much goes through in what time, with its unit, if that was counted.
    fn rate(&self) -> Option<(&'static str, f64)> {
        let per_nanosecond = |count: u64| count as f64 / self.median.point_estimate;
        match self.benchmark.throughput.as_ref()? {
            Throughput::BytesDecimal(bytes) => {
                Some(("MB/s, medians, by bytes per chunk", per_nanosecond(*bytes) * 1e3))
            }
            Throughput::Elements(count) => Some(("thousands per second, medians", per_nanosecond(*count) * 1e6)),
        }
    }
}

/// Where bytes go from one thread to another: what tells variants apart. The capacity follows.
const STREAMS: &str = "buffer/two-threads/";

/// Prints a table for each group of which something was measured since `start`, and at the end one that tells which variant to take.
pub(super) fn print(start: SystemTime) {
    let measured = match measured_since(start) {
        Ok(measured) => measured,
        Err(error) => return eprintln!("no summary: {error}"),
    };
    let groups = in_order(measured.iter().map(|one| (one.benchmark.group_id.as_str(), one)));
    for (name, group) in groups {
        let (unit, table) = match by_rate(&group, |one| one.function().to_owned()) {
            Some((unit, table)) => (unit, table),
            None => ("ns, medians and their 95 % confidence intervals", one_by_one(&group)),
        };
        println!("\n{name} ({unit})\n{table}");
    }
    let capacity = |one: &Measured| one.benchmark.group_id.strip_prefix(STREAMS).map(str::to_owned);
    let streams: Vec<_> = measured.iter().filter(|one| capacity(one).is_some()).collect();
    let row = |one: &Measured| format!("{} of {}", one.function(), capacity(one).unwrap_or_default());
    if let Some((unit, table)) = by_rate(&streams, row) {
        println!("\nwhich variant to take, by capacity ({unit})\n{table}");
    }
}

/// Values by key, keys in the order in which they first come.
fn in_order<K: PartialEq, V>(pairs: impl Iterator<Item = (K, V)>) -> Vec<(K, Vec<V>)> {
    let mut ordered: Vec<(K, Vec<V>)> = Vec::new();
    for (key, value) in pairs {
        match ordered.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) => values.push(value),
            None => ordered.push((key, vec![value])),
        }
    }
    ordered
}

/// Rates of rows by values, and their unit, if all have a throughput.
fn by_rate(group: &[&Measured], row: impl Fn(&Measured) -> String) -> Option<(&'static str, Table)> {
    let unit = group.first()?.rate()?.0;
    let cell = |one: &Measured| Some((row(one), (one.value().to_owned(), one.rate()?.1)));
    let cells = group.iter().map(|one| cell(one)).collect::<Option<Vec<_>>>()?;
    let values = in_order(cells.iter().map(|(_, (value, _))| (value.clone(), ())));
    let mut table = table("what", values.iter().map(|(value, _)| value.clone()));
    for (row, cells) in in_order(cells.into_iter()) {
        let cells: BTreeMap<_, _> = cells.into_iter().collect();
        let figures = values.iter().map(|(value, _)| cells.get(value).copied().map(figure).unwrap_or_default());
        table.add_row([row].into_iter().chain(figures));
    }
    Some((unit, table))
}

/// A line for each, in the order in which they were measured.
fn one_by_one(group: &[&Measured]) -> Table {
    let mut table = table("what", ["ns", "from", "to"].map(String::from));
    for one in group {
        let name = [one.function(), one.value()].join(" ");
        let Interval { lower_bound, upper_bound } = one.median.confidence_interval;
        let cells = [one.median.point_estimate, lower_bound, upper_bound].map(figure);
        table.add_row([name.trim().to_owned()].into_iter().chain(cells));
    }
    table
}

/// An empty table: names to the left, figures to the right.
fn table(corner: &str, head: impl IntoIterator<Item = String>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([corner.to_owned()].into_iter().chain(head));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Three digits are all that can be had from a busy machine; whole numbers are not cut.
fn figure(value: f64) -> String {
    let decimals = match value {
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

/// What criterion has written since `start`, oldest first.
fn measured_since(start: SystemTime) -> io::Result<Vec<Measured>> {
    let mut measured = Vec::new();
    if let Some(home) = criterion_home() {
        collect(&home, start, &mut measured)?;
    }
    measured.sort_by_key(|one| one.written);
    Ok(measured)
}

/// Where criterion writes: it says so in its documentation, and nowhere else.
fn criterion_home() -> Option<PathBuf> {
    let set = env::var_os("CRITERION_HOME").map(PathBuf::from);
    let chosen = env::var_os("CARGO_TARGET_DIR").map(|target| Path::new(&target).join("criterion"));
    // A folder in the target folder, as cargo knew it when it built this.
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let found = || tmp.ancestors().map(|folder| folder.join("criterion")).find(|home| home.is_dir());
    set.or(chosen).or_else(found).filter(|home| home.is_dir())
}

/// Every `new` folder below `folder` holds the last result of one benchmark.
fn collect(folder: &Path, start: SystemTime, measured: &mut Vec<Measured>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            continue;
        }
        if entry.file_name() == "new" {
            measured.extend(read(&entry.path(), start)?);
        } else {
            collect(&entry.path(), start, measured)?;
        }
    }
    Ok(())
}

/// A result, if it was written since `start`.
fn read(folder: &Path, start: SystemTime) -> io::Result<Option<Measured>> {
    let estimates = folder.join("estimates.json");
    let Ok(written) = fs::metadata(&estimates).and_then(|file| file.modified()) else {
        return Ok(None);
    };
    if written < start {
        return Ok(None);
    }
    let Estimates { median } = json(&estimates)?;
    Ok(Some(Measured { benchmark: json(&folder.join("benchmark.json"))?, median, written }))
}

fn json<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    serde_json::from_slice(&fs::read(path)?).map_err(io::Error::from)
}
