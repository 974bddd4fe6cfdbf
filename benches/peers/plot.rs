//! Plots of groups whose cases are sizes.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use crate::driver::Kind;
use crate::table::{Column, Unit, rows};

const SIZE: (u32, u32) = (1100, 640);

/// Draws the medians of all contestants over the sizes of the cases, both axes logarithmic.
pub(crate) fn draw(file: &Path, title: &str, unit: Unit, columns: &[Column]) -> Result<(), Box<dyn Error>> {
    let lines: Vec<_> = rows(columns).into_iter().map(|(name, kind)| (name, kind, line(unit, columns, name))).collect();
    let points = || lines.iter().flat_map(|(_, _, points)| points);
    let range = |values: Vec<f64>| values.iter().fold((f64::MAX, 0.0_f64), |(low, high), &v| (low.min(v), high.max(v)));
    let (left, right) = range(points().map(|point| point.0).collect());
    let (low, high) = range(points().map(|point| point.1).collect());
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(70)
        .right_y_label_area_size(170)
        .build_cartesian_2d((left..right).log_scale(), (low * 0.9..high * 1.1).log_scale())?;
    chart.configure_mesh().x_desc("bytes per call").y_desc(unit.name()).light_line_style(WHITE.mix(0.0)).draw()?;
    for (at, (name, kind, points)) in lines.iter().enumerate() {
        let colour = Palette99::pick(at).to_rgba();
        let width = if *kind == Kind::Ours { 3 } else { 1 };
        let style = colour.stroke_width(width);
        chart
            .draw_series(LineSeries::new(points.iter().copied(), style).point_size(width))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::Coordinate(SIZE.0 as i32 - 240, 10))
        .label_font(("sans-serif", 13))
        .draw()?;
    root.present()?;
    Ok(())
}

fn line(unit: Unit, columns: &[Column], name: &str) -> Vec<(f64, f64)> {
    let point = |column: &Column| {
        let samples = column.samples.iter().find(|one| one.name == name)?;
        Some((column.size, unit.figure(samples.median(), column.size)))
    };
    columns.iter().filter_map(point).collect()
}
