//! A story in a terminal: a table of its steps, and a space-time diagram with a lane per thread. No colours: it is read in logs.

use crate::record::Kind;

use super::{Row, Story, Told};

/// Everything fits this many columns.
const WIDTH: usize = 120;
/// The column of step numbers.
const MARGIN: usize = 5;
/// The widest a lane gets.
const MAX_LANE: usize = 56;

const ALIVE: char = '\u{2502}';
const BLOCKED: char = '\u{250a}';
const STEP: char = '\u{25cf}';
const BEGINS_TO_WAIT: char = '\u{25bd}';
const GOES_ON: char = '\u{25b3}';
const FOLD: char = '\u{22ee}';
const WRONG: char = '\u{2716}';

/// Prints the story.
pub(in super::super) fn print(story: &Story) {
    println!("\n{}", table(story));
    println!("{}", diagram(story));
    println!("{}", legend(story));
}

/// The steps, one line each.
fn table(story: &Story) -> String {
    let cells = |told: &Told| {
        let number = range(told.number, told.last);
        let number = if told.is_wrong { format!("{WRONG} {number}") } else { number };
        let Told { thread, operation, object, value, note, at, .. } = told.clone();
        [number, thread, operation, object, value, note, at]
    };
    let header = ["", "thread", "operation", "object", "value", "", "at"].map(str::to_owned);
    let rows = story.rows.iter().map(|row| match row {
        Row::Step(told) => Line::Cells(cells(told)),
        Row::Fold { first, last, .. } => Line::Across(range(*first, *last), summary(row)),
    });
    aligned(&std::iter::once(Line::Cells(header)).chain(rows).collect::<Vec<_>>())
}

/// What the objects are.
fn legend(story: &Story) -> String {
    let header = ["object", "is", "made at", "touched by"].map(str::to_owned);
    aligned(&std::iter::once(&header).chain(&story.objects).cloned().map(Line::Cells).collect::<Vec<_>>())
}

/// A line of a table.
enum Line<const N: usize> {
    Cells([String; N]),
    /// A first cell, and text that does not make a column wide.
    Across(String, String),
}

/// Columns as wide as they have to be.
fn aligned<const N: usize>(lines: &[Line<N>]) -> String {
    let mut widths = [0; N];
    for line in lines {
        match line {
            Line::Cells(cells) => {
                widths = std::array::from_fn(|column| widths[column].max(cells[column].chars().count()));
            }
            Line::Across(first, _) => widths[0] = widths[0].max(first.len()),
        }
    }
    let line = |line: &Line<N>| match line {
        Line::Cells(cells) => {
            (0..N).map(|column| format!("{:width$}  ", cells[column], width = widths[column])).collect()
        }
        Line::Across(first, text) => format!("{first:width$}  ({text})", width = widths[0]),
    };
    lines.iter().map(line).map(|line: String| format!("  {}\n", line.trim_end())).collect()
}

fn range(first: usize, last: usize) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

/// The space-time diagram.
fn diagram(story: &Story) -> String {
    let lane_width = lane_width(story);
    let mut text = format!("{:MARGIN$}  ", "");
    story.lanes.iter().for_each(|lane| text.push_str(&fit(lane, lane_width)));
    text = format!("{}\n", text.trim_end());
    for (index, row) in story.rows.iter().enumerate() {
        let number = match row {
            Row::Fold { is_aside: true, .. } => continue,
            Row::Fold { first, .. } => first,
            Row::Step(told) => &told.number,
        };
        let line = match row.lane() {
            Some(_) => lanes(story, index, lane_width),
            None => format!("\u{2500}\u{2500} {}", summary(row)),
        };
        let line = format!("{number:>MARGIN$}  {line}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if let Some(verdict) = &story.verdict {
        text.push_str(&format!("{WRONG:>MARGIN$}  {verdict}\n"));
    }
    text
}

fn lane_width(story: &Story) -> usize {
    let in_lanes = story.rows.iter().filter(|row| row.lane().is_some());
    let widest = in_lanes.map(|row| said(row).chars().count() + 4).max().unwrap_or(0);
    let room = (WIDTH - MARGIN - 2) / story.lanes.len().max(1);
    widest.min(MAX_LANE).min(room)
}

/// A row: what its own lane says, which may run on where nobody lives yet or any more, and what the others do meanwhile.
fn lanes(story: &Story, row: usize, width: usize) -> String {
    let own = &story.rows[row];
    let is_free = |lane: &usize| state(story, *lane, row) == ' ';
    let mut text = String::new();
    let mut lane = 0;
    while lane < story.lanes.len() {
        if own.lane() != Some(lane) {
            text.push_str(&fit(&state(story, lane, row).to_string(), width));
            lane += 1;
            continue;
        }
        let free = (lane + 1..story.lanes.len()).take_while(is_free).count();
        lane += 1 + free;
        let is_last = lane == story.lanes.len();
        let room = if is_last { WIDTH - MARGIN - text.chars().count() } else { width * (1 + free) };
        text.push_str(&fit(&format!("{} {}", glyph(own), said(own)), room));
    }
    text
}

/// What a lane does while another makes a step.
fn state(story: &Story, lane: usize, row: usize) -> char {
    let (first, end) = story.life(lane);
    let is_blocked = |(from, to): &(usize, Option<usize>)| *from < row && to.is_none_or(|to| row < to);
    match row {
        row if row < first || row > end => ' ',
        _ if story.blocked(lane).iter().any(is_blocked) => BLOCKED,
        _ => ALIVE,
    }
}

fn glyph(row: &Row) -> char {
    match row {
        Row::Fold { .. } => FOLD,
        Row::Step(told) if told.is_wrong => WRONG,
        Row::Step(told) => match told.kind {
            Kind::Blocks => BEGINS_TO_WAIT,
            Kind::Resumes => GOES_ON,
            _ => STEP,
        },
    }
}

/// What is said of a row where its lane says whose it is.
pub(super) fn said(row: &Row) -> String {
    match row {
        Row::Step(told) => label(told),
        Row::Fold { text, .. } => text.clone(),
    }
}

/// What is said of a row where nothing else says whose it is.
pub(super) fn summary(row: &Row) -> String {
    match row {
        Row::Step(told) => format!("{}: {}", told.thread, label(told)),
        Row::Fold { thread, text, .. } if thread.is_empty() => text.clone(),
        Row::Fold { thread, text, .. } => format!("{thread}: {text}"),
    }
}

/// What a step is called in the diagram.
pub(super) fn label(told: &Told) -> String {
    let parts = [short_operation(&told.operation), told.object.clone(), told.value.clone(), told.note.clone()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Orderings as C calls them, in short.
fn short_operation(operation: &str) -> String {
    let orderings =
        [("AcqRel", "acqrel"), ("Acquire", "acq"), ("Release", "rel"), ("Relaxed", "rlx"), ("SeqCst", "seqcst")];
    orderings.iter().fold(operation.to_owned(), |text, (long, short)| text.replace(long, short))
}

/// Exactly that wide, cut if need be.
fn fit(text: &str, width: usize) -> String {
    let len = text.chars().count();
    if len < width {
        return format!("{text:width$}");
    }
    let cut: String = text.chars().take(width.saturating_sub(2)).collect();
    format!("{cut}\u{2026} ")
}
