//! What is compared, group by group.

mod connect;
mod cost;
mod event;
mod memory;
mod message;
mod pair;
mod round_trip;
mod scale;
mod shape;
mod single;
mod stream;
mod technique;

use std::fs;
use std::path::Path;

use crate::driver::{Contestant, Kind, Rounds, Samples};
use crate::options::{Options, Sizes};
use crate::table::{Column, Unit, table};
use crate::{page, plot};

/// Runs what a case consists of.
type Measure = dyn FnOnce(&Options) -> Vec<Samples>;

/// One column of a group's table, not measured yet.
pub(crate) struct Case {
    name: String,
    /// Bytes in a unit of work, where that counts.
    size: usize,
    measure: Box<Measure>,
}

impl Case {
    /// Contestants that take turns; they are made when it is their case's turn.
    fn in_turns(name: impl Into<String>, size: usize, contestants: impl FnOnce() -> Vec<Contestant> + 'static) -> Self {
        let measure = |options: &Options| {
            let mut contestants = contestants();
            contestants.retain(|one| one.kind == Kind::Limit || options.admits(&one.name));
            Rounds { count: options.rounds(), length: options.round() }.run(contestants)
        };
        Self { name: name.into(), size, measure: Box::new(measure) }
    }
}

/// What one table shows.
pub(crate) struct Group {
    name: String,
    title: String,
    unit: Unit,
    /// Whether the cases are sizes, of which a plot makes sense.
    sizes: bool,
    cases: Vec<Case>,
}

/// As on the page.
fn all(sizes: &Sizes) -> Vec<Group> {
    let groups: [&dyn Fn() -> Vec<Group>; _] = [
        &|| stream::groups(sizes),
        &shape::groups,
        &|| single::groups(sizes),
        &round_trip::groups,
        &message::groups,
        &event::groups,
        &cost::groups,
        &connect::groups,
        &pair::groups,
        &memory::groups,
        &scale::groups,
        &technique::groups,
    ];
    groups.into_iter().flat_map(|groups| groups()).collect()
}

/// Measures what is asked for, and shows it.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut groups = all(&options.sizes());
    groups.retain(|group| options.takes(&group.name) && (group.sizes || !options.has_sizes()));
    if groups.is_empty() {
        let sizes = if options.has_sizes() { " and such sizes" } else { "" };
        return Err(format!("no group has that in its name{sizes}"));
    }
    groups.retain(|group| !group.cases.is_empty());
    if groups.is_empty() {
        return Err("no chunk fits into a capacity".to_owned());
    }
    if let Some(page) = &options.write {
        // Before minutes are spent on them.
        groups.iter().try_for_each(|group| page::check(&page::find(page), &group.name))?;
    }
    for group in groups {
        if options.list {
            println!("{}: {}", group.name, group.title);
        } else {
            group.run(options, &folder)?;
        }
    }
    Ok(())
}

impl Group {
    fn new(name: impl Into<String>, title: impl Into<String>, unit: Unit, cases: Vec<Case>) -> Self {
        Self { name: name.into(), title: title.into(), unit, sizes: false, cases }
    }

    /// Whose cases are sizes.
    fn by_size(self) -> Self {
        Self { sizes: true, ..self }
    }

    fn run(self, options: &Options, folder: &Path) -> Result<(), String> {
        let measured = |case: Case| {
            let samples = (case.measure)(options);
            Column { name: case.name, size: case.size as f64, samples }
        };
        let columns: Vec<_> = self.cases.into_iter().map(measured).collect();
        let table = table(self.unit, &columns);
        println!("\n{}: {}\n\n{table}", self.name, self.title);
        let file = self.name.replace('/', "-");
        let samples: Vec<_> = columns.iter().map(|column| (&column.name, &column.samples)).collect();
        let json = serde_json::to_string(&samples).map_err(|error| error.to_string())?;
        fs::write(folder.join(format!("{file}.json")), json).map_err(|error| error.to_string())?;
        let drawing = folder.join(format!("{file}.svg"));
        let plotted = self.sizes && columns.len() > 1;
        if plotted {
            plot::draw(&drawing, &self.title, self.unit, &columns).map_err(|error| error.to_string())?;
        }
        let Some(page) = options.write.as_deref().map(page::find) else { return Ok(()) };
        let mut body = format!("{}\n\n{table}\n", page::provenance(&options.command()));
        if plotted {
            let plots = page.with_extension("");
            fs::create_dir_all(&plots).map_err(|error| format!("{}: {error}", plots.display()))?;
            fs::copy(&drawing, plots.join(format!("{file}.svg"))).map_err(|error| error.to_string())?;
            let stem = plots.file_name().unwrap_or_default().to_string_lossy().into_owned();
            body.push_str(&format!("\n![{}]({stem}/{file}.svg)\n", self.title));
        }
        page::write(&page, &self.name, &body)
    }
}
