//! Which faults stand in one copy of the workspace: those whose texts overlap are in different ones.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;

use super::super::copy::Copy;
use super::super::worlds::{self, Sources};
use super::registry::Fault;

/// Faults that can be in one copy.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Numbers of faults.
    pub(super) faults: Vec<usize>,
    /// Where they are, by file.
    places: BTreeMap<String, Vec<(Range<usize>, usize)>>,
}

/// Divides the faults, each into the first group in which it overlaps with none.
pub(super) fn groups(faults: &[Fault]) -> Result<Vec<Group>, String> {
    let mut groups: Vec<Group> = Vec::new();
    for (number, fault) in faults.iter().enumerate() {
        let path = worlds::root()?.join("src").join(&fault.file);
        let source = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let place = fault.place(&source)?;
        let at = groups.iter().position(|group| group.has_room(&fault.file, &place)).unwrap_or_else(|| {
            groups.push(Group::default());
            groups.len() - 1
        });
        groups[at].faults.push(number);
        groups[at].places.entry(fault.file.clone()).or_default().push((place, number));
    }
    Ok(groups)
}

impl Group {
    fn has_room(&self, file: &str, place: &Range<usize>) -> bool {
        let places = self.places.get(file).into_iter().flatten();
        places.into_iter().all(|(other, _)| other.end <= place.start || place.end <= other.start)
    }

    /// Writes the copy of that number.
    pub(super) fn write(&self, number: usize, faults: &[Fault]) -> Result<Sources, String> {
        let sources = worlds::root()?.join("src");
        let seeded = self.places.iter().map(|(file, places)| {
            let path = sources.join(file);
            let source = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            Ok((file.clone(), seeded(source, places, faults)))
        });
        Copy { name: ("faults", number), changed: seeded.collect::<Result<_, String>>()? }.write()
    }
}

/// The source with its faults, the last one first, so that the places of the others stay.
fn seeded(mut text: String, places: &[(Range<usize>, usize)], faults: &[Fault]) -> String {
    let mut places: Vec<_> = places.iter().collect();
    places.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    for (place, fault) in places {
        text.replace_range(place.clone(), &faults[*fault].seeded());
    }
    text
}
