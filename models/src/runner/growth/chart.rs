//! The plot: a row per component, a column per axis, executions on a logarithmic scale. A capped point is hollow.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::Point;
use super::lines::Axis;

const CELL: (u32, u32) = (330, 240);

/// The plot, as SVG.
pub(super) fn draw(points: &[Point]) -> Result<String, String> {
    let has_line = |point: &&Point| LINES.iter().any(|(name, _)| point.line == *name);
    let points: Vec<_> = points.iter().filter(has_line).collect();
    let mut components: Vec<_> = points.iter().map(|point| point.of).collect();
    components.dedup();
    let size = (CELL.0 * Axis::ALL.len() as u32, CELL.1 * components.len() as u32);
    let mut text = String::new();
    let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
    root.fill(&WHITE).map_err(told)?;
    let cells = root.split_evenly((components.len(), Axis::ALL.len()));
    let places = components.iter().flat_map(|component| Axis::ALL.map(|axis| (*component, axis)));
    for (cell, (component, axis)) in cells.iter().zip(places) {
        let own: Vec<_> = points.iter().filter(|point| point.of == component && point.axis == axis).copied().collect();
        if !own.is_empty() {
            panel(cell, &format!("{component}: {}", axis.name()), &own)?;
        }
    }
    root.present().map_err(told)?;
    drop(cells);
    drop(root);
    Ok(text)
}

fn panel(cell: &DrawingArea<SVGBackend<'_>, Shift>, title: &str, points: &[&Point]) -> Result<(), String> {
    let values = points.iter().map(|point| i32::from(point.value));
    let (least, most) = (values.clone().min().unwrap_or(0), values.max().unwrap_or(1));
    let executions = points.iter().map(|point| point.executions).max().unwrap_or(1).max(10);
    let mut chart = ChartBuilder::on(cell)
        .caption(title, ("sans-serif", 14))
        .margin(8)
        .x_label_area_size(24)
        .y_label_area_size(56)
        .build_cartesian_2d(least..most.max(least + 1), (1..executions * 2).log_scale())
        .map_err(told)?;
    let label = |value: &i32| value.to_string();
    let steps = (most - least + 1) as usize;
    chart.configure_mesh().x_labels(steps).x_label_formatter(&label).light_line_style(WHITE).draw().map_err(told)?;
    for (name, colour) in &LINES {
        let own: Vec<_> = points.iter().filter(|point| point.line == *name).collect();
        let at = |point: &&&&Point| (i32::from(point.value), point.executions.max(1));
        if own.is_empty() {
            continue;
        }
        let series = chart.draw_series(LineSeries::new(own.iter().map(|point| at(&point)), colour)).map_err(told)?;
        let (colour, name) = (*colour, *name);
        series.label(name).legend(move |(x, y)| PathElement::new([(x, y), (x + 14, y)], colour));
        let dot = |point: &&&Point| {
            let style = if point.capped { colour.stroke_width(1) } else { colour.filled() };
            Circle::new((i32::from(point.value), point.executions.max(1)), 3, style)
        };
        chart.draw_series(own.iter().map(dot)).map_err(told)?;
    }
    let mut labels = chart.configure_series_labels();
    labels.position(SeriesLabelPosition::UpperLeft).border_style(BLACK.mix(0.2)).background_style(WHITE.mix(0.8));
    labels.draw().map_err(told)
}

/// The lines of a panel.
const LINES: [(&str, RGBColor); 3] =
    [("loom", RGBColor(47, 109, 181)), ("loom p=2", RGBColor(46, 125, 50)), ("dfs", RGBColor(196, 106, 0))];

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::super::tests::point;
    use super::*;

    #[test]
    fn a_picture_is_drawn() {
        assert!(draw(&[point(1, 10, false), point(2, 1000, true)]).unwrap().contains("<svg"));
    }

    #[test]
    fn every_line_of_a_component_has_a_colour() {
        for line in lines::all().unwrap().iter().filter(|line| lines::components().contains(&line.of)) {
            assert!(LINES.iter().any(|(name, _)| line.name == *name), "{}", line.name);
        }
    }
}
