//! The points, for a terminal.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::Point;

/// A line per point, with a bar: each step of it is a factor of ten in four.
pub(super) fn render(points: &[Point]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["component", "grows", "", "engine", "executions", "s", ""]);
    for point in points {
        table.add_row([
            point.of.to_owned(),
            point.axis.name().to_owned(),
            point.value.to_string(),
            point.line.clone(),
            point.told(),
            point.seconds(),
            bar(point),
        ]);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if [2, 4, 5].contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn bar(point: &Point) -> String {
    let length = 1 + (4.0 * (point.executions.max(1) as f64).log10()).round() as usize;
    let mut bar = "\u{2587}".repeat(length);
    if point.capped {
        bar.push_str(" capped");
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::super::tests::point;
    use super::*;

    #[test]
    fn a_capped_point_never_looks_complete() {
        let text = render(&[point(1, 10, false), point(2, 1000, true)]);
        assert!(text.contains("> 1000") && text.contains("capped") && text.lines().count() == 3, "{text}");
    }
}
