//! Every ordering names its other end: `// ORDERING(label): what the other end may now see`, the same label there.

use std::collections::BTreeMap;

use crate::assert_none;
use crate::source::{Source, identifiers, read};

/// The note stands at most so many lines above the ordering.
const ABOVE: usize = 8;

/// One place where order is made.
#[derive(Debug)]
struct Site {
    line: usize,
    ordering: String,
    labels: Vec<String>,
}

impl Site {
    fn releases(&self) -> bool {
        self.ordering != "Acquire"
    }

    fn acquires(&self) -> bool {
        self.ordering != "Release"
    }
}

/// The orderings in the production code of a file that are more than Relaxed.
fn sites(source: &Source) -> Vec<Site> {
    let strong = ["Acquire", "Release", "AcqRel", "SeqCst"];
    let tokens = identifiers(source.text.parse().expect("Rust"));
    let used = tokens.windows(2).filter(|pair| pair[0].0 == "Ordering" && strong.contains(&pair[1].0.as_str()));
    let production = used.filter(|pair| source.is_production(pair[1].1));
    let site = |(ordering, line): &(String, usize)| Site {
        line: *line,
        ordering: ordering.clone(),
        labels: labels(source, *line),
    };
    production.map(|pair| site(&pair[1])).collect()
}

/// The labels of the nearest note above a line.
fn labels(source: &Source, line: usize) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().take(line).map(str::trim).collect();
    let lowest = line.saturating_sub(ABOVE + 1);
    let Some(last) = (lowest..line).rev().find(|&at| lines[at].starts_with("//")) else { return Vec::new() };
    let comment: Vec<&str> =
        (0..=last).rev().take_while(|&at| lines[at].starts_with("//")).map(|at| lines[at]).collect();
    let notes = comment.iter().flat_map(|line| line.split("ORDERING(").skip(1));
    notes.filter_map(|note| note.split_once(')')).map(|(label, _)| label.to_owned()).collect()
}

/// Orderings without a note, and labels with one end only.
fn lonely(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut ends: BTreeMap<(String, String), Vec<(String, Site)>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.component().is_some_and(|own| own != "sync")) {
        for site in sites(source) {
            if site.labels.is_empty() {
                findings.push(source.finding(site.line, &format!("{} without an ORDERING note", site.ordering)));
            }
            for label in site.labels.clone() {
                let component = source.component().unwrap_or_default().to_owned();
                let place = source.finding(site.line, &label);
                let site = Site { labels: Vec::new(), ordering: site.ordering.clone(), ..site };
                ends.entry((component, label)).or_default().push((place, site));
            }
        }
    }
    for ((_, label), sites) in ends {
        let (released, acquired) =
            (sites.iter().any(|(_, site)| site.releases()), sites.iter().any(|(_, site)| site.acquires()));
        if sites.len() < 2 || !released || !acquired {
            findings.push(format!("{}: ORDERING({label}) has one end only", sites[0].0));
        }
    }
    findings
}

#[test]
fn both_ends_of_every_ordering_exist() {
    assert_none(&lonely(&read(&["src"], ".rs")));
}

#[test]
fn a_lonely_end_is_found() {
    let findings = |text: &str| lonely(&[Source::of("src/wait/a.rs", text)]);
    let release = "// ORDERING(go): see\n    a.store(1, Ordering::Release);";
    let acquire = "// ORDERING(go): see\n    a.load(Ordering::Acquire);";
    let other = "// ORDERING(stop): see\n    a.load(Ordering::Acquire);";
    assert!(findings(&format!("fn f() {{\n{release}\n{acquire}\n}}")).is_empty());
    assert!(findings(&format!("fn f() {{\n{release}\n{release}\n}}"))[0].contains("one end only"));
    assert_eq!(findings(&format!("fn f() {{\n{release}\n{other}\n}}")).len(), 2);
    assert!(findings("fn f() { a.load(Ordering::Acquire); }")[0].contains("without an ORDERING note"));
    assert!(findings("fn f() { fence(Ordering::SeqCst); }")[0].contains("without an ORDERING note"));
    assert!(findings("fn f() { a.load(Ordering::Relaxed); }").is_empty());
    assert!(findings("#[cfg(test)] mod tests { fn f() { a.load(Ordering::Acquire); } }").is_empty());
}
