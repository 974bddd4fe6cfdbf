//! Tables of what a group showed, in markdown.

use comfy_table::{CellAlignment, Table, presets};

use crate::driver::{Kind, Samples};

/// What a figure counts, made of what was counted per unit of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Nanoseconds; less is better.
    Nanoseconds,
    /// 10⁶ bytes per second; each case says how many bytes its unit of work moves.
    MegabytesPerSecond,
    /// Nanoseconds of all cores together; less is better.
    CpuNanoseconds,
    /// Of a thousand units of work; less is better.
    PerThousand,
    /// Bytes of memory; less is better.
    Bytes,
}

impl Unit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::MegabytesPerSecond => "MB/s",
            Self::CpuNanoseconds => "ns of CPU",
            Self::PerThousand => "per 1000",
            Self::Bytes => "bytes",
        }
    }

    /// The figure for a sample where a unit of work is `size` bytes.
    pub(crate) fn figure(self, sample: f64, size: f64) -> f64 {
        match self {
            Self::Nanoseconds | Self::CpuNanoseconds | Self::Bytes => sample,
            Self::PerThousand => sample * 1e3,
            Self::MegabytesPerSecond => size * 1e3 / sample,
        }
    }
}

/// One column: a case, and what all contestants showed in it.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Bytes in a unit of work.
    pub(crate) size: f64,
    pub(crate) samples: Vec<Samples>,
}

impl Column {
    fn of(&self, name: &str) -> Option<&Samples> {
        self.samples.iter().find(|one| one.name == name)
    }

    /// Who of a kind was fastest, or needed least.
    fn best(&self, kind: Kind) -> Option<&Samples> {
        let kind = self.samples.iter().filter(|one| one.kind == kind);
        kind.min_by(|one, other| one.median().total_cmp(&other.median()))
    }
}

/// Names and kinds in the order in which they first come.
pub(crate) fn rows(columns: &[Column]) -> Vec<(&str, Kind)> {
    let mut rows: Vec<(&str, Kind)> = Vec::new();
    for one in columns.iter().flat_map(|column| &column.samples) {
        if !rows.iter().any(|(name, _)| *name == one.name) {
            rows.push((&one.name, one.kind));
        }
    }
    rows
}

/// A line for each contestant, then lines of ratios for ours.
pub(crate) fn table(unit: Unit, columns: &[Column]) -> String {
    let mut table = Table::new();
    let head = columns.iter().map(|column| column.name.clone());
    table.load_style(presets::ASCII_MARKDOWN).set_header([unit.name().to_owned()].into_iter().chain(head));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let rows = rows(columns);
    for (name, kind) in &rows {
        let cells =
            columns.iter().map(|column| column.of(name).map_or_else(String::new, |one| cell(unit, column, one)));
        table.add_row([titled(name, *kind)].into_iter().chain(cells));
    }
    // Variants share what they are compared with; the first is the default one.
    for (name, _) in rows.iter().filter(|(_, kind)| *kind == Kind::Ours).take(1) {
        for (kind, what) in TO {
            let ratios: Vec<_> = columns.iter().map(|column| ratio(column, name, kind)).collect();
            if ratios.iter().any(|ratio| !ratio.is_empty()) {
                table.add_row([format!("**{name}** to {what}")].into_iter().chain(ratios));
            }
        }
    }
    table.to_string()
}

/// What ours are compared with.
const TO: [(Kind, &str); 5] = [
    (Kind::Blocking, "the best blocking peer"),
    (Kind::Parked, "the best parked ring"),
    (Kind::Burning, "the best that burns a core"),
    (Kind::Without, "the same"),
    (Kind::Limit, "the best limit"),
];

fn titled(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Ours => format!("**{name}**"),
        Kind::Blocking | Kind::Parked | Kind::Without => name.to_owned(),
        Kind::Burning => format!("{name} (burns a core)"),
        Kind::Limit => format!("*limit: {name}*"),
    }
}

fn cell(unit: Unit, column: &Column, samples: &Samples) -> String {
    let figure = |sample| unit.figure(sample, column.size);
    let (one, other) = (figure(samples.quantile(0.25)), figure(samples.quantile(0.75)));
    let median = short(figure(samples.median()));
    let (low, high) = (short(one.min(other)), short(one.max(other)));
    if low == high { median } else { format!("{median} ({low}..{high})") }
}

/// How much better ours is than the best of a kind, and who that is; nothing where there is nothing to divide by.
fn ratio(column: &Column, ours: &str, kind: Kind) -> String {
    let ratio = |ours: &Samples, best: &Samples| format!("{:.2} {}", best.median() / ours.median(), best.name);
    let pair = column.of(ours).zip(column.best(kind)).filter(|(ours, _)| ours.median() > 0.0);
    pair.map_or_else(String::new, |(ours, best)| ratio(ours, best))
}

/// Three digits are all that can be had from a busy machine; whole numbers are not cut.
pub(crate) fn short(value: f64) -> String {
    let decimals = match value {
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}
