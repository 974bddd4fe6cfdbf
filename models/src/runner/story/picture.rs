//! A story as a picture: a space-time diagram in SVG.

use svg::Document;
use svg::node::element::{Circle, Definitions, Group, Line, Marker, Path, Rectangle, Text, Title};

use crate::record::Kind;

use super::text::{label, said, summary};
use super::{Row, Story, Told};

const ROW: usize = 20;
const TOP: usize = 64;
const LEFT: usize = 44;
const FONT: usize = 11;
/// Ten characters of the font, in tenths of a pixel.
const TEN_CHARACTERS: usize = 67;
const LABEL_GAP: usize = 9;
const MIN_LANE: usize = 150;

const INK: &str = "#222222";
const FAINT: &str = "#9a9a9a";
const READS: &str = "#2f6db5";
const WAKES: &str = "#c46a00";
const WRONG: &str = "#c62828";
const BLOCKED: &str = "#e9dfc8";

/// The picture. With places, each step shows its source line when it is pointed at; without, edits that only move lines do not
/// change it.
pub(in super::super) fn draw(story: &Story, title: &str, with_places: bool) -> String {
    let canvas = Canvas::of(story, with_places);
    let mut document = Document::new()
        .set("viewBox", (0, 0, canvas.width, canvas.height))
        .set("width", canvas.width)
        .set("height", canvas.height)
        .set("font-family", "DejaVu Sans Mono, Menlo, Consolas, monospace")
        .set("font-size", FONT)
        .add(arrow_heads())
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "#ffffff"))
        .add(text(title, 12, 18, INK).set("font-weight", "bold"))
        .add(text(KEY, 12, 34, FAINT));
    document = document.add(canvas.lanes()).add(canvas.arrows()).add(canvas.steps());
    if let Some(verdict) = &story.verdict {
        let y = canvas.height - ROW / 2;
        document = document.add(text(&format!("\u{2716} {verdict}"), 12, y, WRONG).set("font-weight", "bold"));
    }
    format!("{document}\n")
}

const KEY: &str =
    "time runs down; blue: reads what was written there; orange: wakes; grey: lock handed on; shaded: blocked";

struct Canvas<'a> {
    story: &'a Story,
    with_places: bool,
    /// The line of each lane.
    x: Vec<usize>,
    /// The middle of each row, and of the one after the last.
    y: Vec<usize>,
    width: usize,
    height: usize,
}

impl<'a> Canvas<'a> {
    fn of(story: &'a Story, with_places: bool) -> Self {
        let wide = |lane: usize| {
            let own = story.rows.iter().filter(|row| row.lane() == Some(lane));
            own.map(|row| width(&said(row)) + 2 * LABEL_GAP + 14).max().unwrap_or(0).max(MIN_LANE)
        };
        let mut x = Vec::new();
        let mut at = LEFT + 10;
        for lane in 0..story.lanes.len() {
            x.push(at);
            at += wide(lane);
        }
        let is_told = |row: &Row| !matches!(row, Row::Fold { is_aside: true, .. });
        let mut y = vec![TOP + ROW / 2];
        for row in &story.rows {
            y.push(y.last().copied().unwrap_or(TOP) + if is_told(row) { ROW } else { 0 });
        }
        let height = y.last().copied().unwrap_or(TOP) + ROW * 3 / 2;
        let least =
            [KEY.len(), story.verdict.as_ref().map_or(0, String::len)].map(|len| len * TEN_CHARACTERS / 10 + 24);
        Self { story, with_places, x, y, width: least.into_iter().fold(at, usize::max), height }
    }

    fn y(&self, row: usize) -> usize {
        self.y[row]
    }

    /// Names, life lines and blocked stretches.
    fn lanes(&self) -> Group {
        let mut group = Group::new();
        for (lane, name) in self.story.lanes.iter().enumerate() {
            let x = self.x[lane];
            let (first, end) = self.story.life(lane);
            for (from, to) in self.story.blocked(lane) {
                let (top, bottom) = (self.y(from), to.map_or(self.y(self.story.rows.len()) - ROW / 2, |to| self.y(to)));
                let bar = Rectangle::new().set("x", x - 4).set("y", top).set("width", 8);
                group = group.add(bar.set("height", bottom.saturating_sub(top)).set("fill", BLOCKED));
            }
            let bottom = self.y(end.min(self.story.rows.len() - 1)) + ROW / 2;
            group = group.add(line(x, self.y(first) - ROW / 2, x, bottom, FAINT));
            if self.story.ended[lane] {
                group = group.add(line(x - 5, bottom, x + 5, bottom, FAINT));
            }
            group = group.add(text(name, x - 4, TOP - 8, INK).set("font-weight", "bold"));
        }
        group
    }

    /// From what was followed to what followed, between lanes.
    fn arrows(&self) -> Group {
        let mut group = Group::new().set("fill", "none");
        for (row, told) in self.story.told() {
            for source in told.from.iter().filter_map(|number| self.story.row_of(*number)) {
                let Row::Step(from) = &self.story.rows[source] else { continue };
                if let (Some(start), Some(end)) = (from.lane, told.lane)
                    && start != end
                {
                    group = group.add(self.arrow((source, start), (row, end), told));
                }
            }
        }
        group
    }

    fn arrow(&self, (from, start): (usize, usize), (to, end): (usize, usize), told: &Told) -> Path {
        let (x, y) = (self.x[start], self.y(from));
        let (to_x, to_y) = (self.x[end], self.y(to));
        // It arrives at the edge of the dot, from the side that it comes from.
        let edge = if to_x > x { to_x - 5 } else { to_x + 5 };
        let bend = (x + to_x) / 2;
        let path = Path::new().set("d", format!("M{x},{y} C{bend},{y} {bend},{to_y} {edge},{to_y}"));
        let (colour, head, wide) = match told.kind {
            Kind::Resumes if !told.object.is_empty() && told.operation != "lock" => (WAKES, "wakes", "2"),
            Kind::Locks | Kind::Resumes => (FAINT, "faint", "1"),
            _ => (READS, "reads", "1.3"),
        };
        let path = path.set("stroke", colour).set("stroke-width", wide).set("marker-end", format!("url(#{head})"));
        // One of several that it may have been.
        if told.from.len() > 1 && !told.operation.ends_with("slots") {
            path.set("stroke-dasharray", "4 3")
        } else {
            path
        }
    }

    fn steps(&self) -> Group {
        let mut group = Group::new();
        for (row, told) in self.story.rows.iter().enumerate() {
            let y = self.y(row) + 4;
            match told {
                Row::Step(told) => group = group.add(self.step(row, told)),
                Row::Fold { is_aside: true, .. } => {}
                Row::Fold { first, lane, .. } => {
                    let said = lane.map_or_else(|| summary(told), |_| said(told));
                    let x = lane.map_or(LEFT + 20, |lane| self.x[lane] + LABEL_GAP);
                    group = group.add(text(&first.to_string(), 12, y, FAINT));
                    group = group.add(haloed(&said, x, y, FAINT).set("font-style", "italic"));
                }
            }
        }
        group
    }

    fn step(&self, row: usize, told: &Told) -> Group {
        let y = self.y(row);
        let colour = match told {
            told if told.is_wrong || told.is_vain || told.is_stale => WRONG,
            _ => INK,
        };
        let mut group = Group::new().add(text(&told.number.to_string(), 12, y + 4, FAINT));
        if self.with_places {
            group = group.add(Title::new(format!("{} {} at {}", told.thread, label(told), told.at)));
        }
        let Some(lane) = told.lane else {
            let said = format!("{}: {}", told.thread, label(told));
            return group.add(haloed(&said, LEFT + 20, y + 4, colour));
        };
        let x = self.x[lane];
        let dot = Circle::new().set("cx", x).set("cy", y).set("r", 4).set("stroke", colour);
        group = group.add(dot.set("fill", if told.kind == Kind::Blocks { "#ffffff" } else { colour }));
        let said = haloed(&label(told), x + LABEL_GAP, y + 4, colour);
        group.add(if told.is_wrong { said.set("font-weight", "bold") } else { said })
    }
}

fn width(text: &str) -> usize {
    text.chars().count() * TEN_CHARACTERS / 10
}

fn text(content: &str, x: usize, y: usize, colour: &str) -> Text {
    Text::new(content).set("x", x).set("y", y).set("fill", colour)
}

/// Text that stays readable where an arrow crosses it.
fn haloed(content: &str, x: usize, y: usize, colour: &str) -> Text {
    let halo = text(content, x, y, colour).set("stroke", "#ffffff").set("stroke-width", 3);
    halo.set("paint-order", "stroke").set("stroke-linejoin", "round")
}

fn line(x: usize, y: usize, to_x: usize, to_y: usize, colour: &str) -> Line {
    Line::new().set("x1", x).set("y1", y).set("x2", to_x).set("y2", to_y).set("stroke", colour)
}

fn arrow_heads() -> Definitions {
    [("reads", READS), ("wakes", WAKES), ("faint", FAINT)].into_iter().fold(
        Definitions::new(),
        |heads, (id, colour)| {
            let head = Path::new().set("d", "M0,0 L8,4 L0,8 z").set("fill", colour);
            let marker = Marker::new().set("id", id).set("viewBox", "0 0 8 8").set("refX", 7).set("refY", 4);
            let marker = marker.set("markerWidth", 7).set("markerHeight", 7).set("markerUnits", "userSpaceOnUse");
            heads.add(marker.set("orient", "auto").add(head))
        },
    )
}
