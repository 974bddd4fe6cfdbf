//! Every ordering names its other end: `// ORDERING(label): what the other end may now see`, the same label there.
//!
//! What a site is, and where its note stands, is `rdv-orderings`'s business; `cargo models --mutants` weakens the same sites.

use std::collections::BTreeMap;

use rdv_orderings::Site;

use crate::assert_none;
use crate::source::{Source, read};

fn releases(site: &Site) -> bool {
    site.ordering != "Acquire"
}

fn acquires(site: &Site) -> bool {
    site.ordering != "Release"
}

/// Orderings without a note, and labels with one end only.
fn lonely(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut ends: BTreeMap<(&str, String), Vec<Site>> = BTreeMap::new();
    for source in sources.iter().filter(|source| rdv_orderings::is_algorithm(&source.path)) {
        let (sites, complaints) = rdv_orderings::read(&source.path, &source.text).expect("Rust");
        findings.extend(complaints);
        for site in sites.into_iter().filter(Site::orders) {
            if site.labels.is_empty() {
                findings.push(source.finding(site.line, &format!("{} without an ORDERING note", site.ordering)));
            }
            for label in &site.labels {
                ends.entry((source.component().unwrap_or_default(), label.clone())).or_default().push(site.clone());
            }
        }
    }
    for ((_, label), sites) in ends {
        if sites.len() < 2 || !sites.iter().any(releases) || !sites.iter().any(acquires) {
            findings.push(format!("{}:{}: ORDERING({label}) has one end only", sites[0].file, sites[0].line));
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
    assert!(findings("fn f() { helper(Ordering::Acquire); }")[0].contains("no argument"));
}
