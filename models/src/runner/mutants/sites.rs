//! Which orderings there are, and what each may be weakened to.

use std::fs;
use std::path::Path;

use rdv_orderings::Site;

use crate::job::{Strength, Weakening};
use crate::runner::worlds;

/// The folder whose files are read.
const SOURCES: &str = "src";

/// One ordering, one step or more weaker.
#[derive(Clone, Debug)]
pub(super) struct Mutant {
    /// What it is called in the record, where lines may move: labels, file, function, what becomes of the ordering.
    pub(super) id: String,
    pub(super) site: Site,
    pub(super) weakening: Weakening,
}

/// Every mutant of the library whose label, file or function contains the filter.
pub(super) fn mutants(filter: Option<&str>) -> Result<Vec<Mutant>, String> {
    let mut mutants: Vec<_> = sites()?.iter().flat_map(weaker).collect();
    tell_apart(&mut mutants);
    mutants.retain(|mutant| filter.is_none_or(|filter| names(&mutant.site).any(|name| name.contains(filter))));
    match filter {
        Some(filter) if mutants.is_empty() => Err(format!("no ordering is labelled, or stands in, {filter:?}")),
        _ => Ok(mutants),
    }
}

fn names(site: &Site) -> impl Iterator<Item = &str> {
    site.labels.iter().chain([&site.file, &site.function]).map(String::as_str)
}

fn weaker(site: &Site) -> Vec<Mutant> {
    let strength = |name: &str| Strength::ALL.into_iter().find(|strength| format!("{strength:?}") == name);
    let file = site.file.strip_prefix("src/").unwrap_or(&site.file);
    let place = format!("{}, {file} {}", site.labels.join(", "), site.function);
    let mutant = |to| Mutant {
        id: format!("{place}: {} to {to:?}", site.ordering),
        site: site.clone(),
        weakening: Weakening {
            file: site.file.clone(),
            line: site.line as u32,
            column: site.column as u32,
            number: site.number,
            to,
        },
    };
    site.weaker().into_iter().filter_map(strength).map(mutant).collect()
}

/// Numbers those of a function that would be called the same.
fn tell_apart(mutants: &mut [Mutant]) {
    let ids: Vec<_> = mutants.iter().map(|mutant| mutant.id.clone()).collect();
    for (index, mutant) in mutants.iter_mut().enumerate() {
        match ids[..index].iter().filter(|id| **id == ids[index]).count() {
            0 => {}
            before => mutant.id.push_str(&format!(" #{}", before + 1)),
        }
    }
}

/// Every ordering of the library that is more than relaxed.
fn sites() -> Result<Vec<Site>, String> {
    let root = worlds::root()?;
    let mut paths = Vec::new();
    collect(&root, SOURCES, &mut paths)?;
    paths.sort();
    let mut sites = Vec::new();
    for path in paths {
        let text = fs::read_to_string(root.join(&path)).map_err(|error| format!("{path}: {error}"))?;
        let (found, complaints) = rdv_orderings::read(&path, &text).map_err(|error| format!("{path}: {error}"))?;
        if let Some(complaint) = complaints.first() {
            return Err(complaint.clone());
        }
        sites.extend(found.into_iter().filter(Site::orders));
    }
    Ok(sites)
}

/// The Rust files below a folder, by their paths from the root.
fn collect(root: &Path, folder: &str, paths: &mut Vec<String>) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{folder}: {error}");
    for entry in fs::read_dir(root.join(folder)).map_err(told)? {
        let entry = entry.map_err(told)?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(root, &path, paths)?;
        } else if path.ends_with(".rs") && rdv_orderings::is_algorithm(&path) {
            paths.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ordering_is_found_and_has_a_label() {
        let sites = sites().unwrap();
        for label in ["publish", "departure", "stamp", "leave"] {
            assert!(sites.iter().any(|site| site.labels.iter().any(|own| own == label)), "{label}");
        }
        for site in &sites {
            assert!(!site.labels.is_empty(), "{site}");
        }
    }

    #[test]
    fn every_site_has_weaker_forms() {
        for site in sites().unwrap() {
            let mutants = weaker(&site);
            assert!(!mutants.is_empty(), "{site}");
            assert!(mutants.iter().all(|mutant| format!("{:?}", mutant.weakening.to) != site.ordering), "{site}");
        }
    }

    #[test]
    fn a_filter_is_a_label_a_file_or_a_function() {
        let all = mutants(None).unwrap().len();
        for filter in ["publish", "mpmc.rs", "leave"] {
            let some = mutants(Some(filter)).unwrap().len();
            assert!(some > 0 && some < all, "{filter}: {some} of {all}");
        }
        assert!(mutants(Some("no such label")).is_err());
    }
}
