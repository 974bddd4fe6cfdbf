//! Files and functions stay small.

use crate::assert_none;
use crate::source::{Source, functions, read};

/// The most lines of a file.
const FILE: usize = 400;

/// The most lines of a function.
const FUNCTION: usize = 60;

/// What is too large.
fn large(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources {
        let lines = source.text.lines().count();
        if lines > FILE {
            findings.push(source.finding(lines, &format!("a file of {lines} lines; {FILE} are the most")));
        }
        for (name, first, last) in functions(source.syntax.as_ref().expect("Rust")) {
            let lines = last + 1 - first;
            if lines > FUNCTION {
                findings.push(source.finding(first, &format!("`{name}` has {lines} lines; {FUNCTION} are the most")));
            }
        }
    }
    findings
}

#[test]
fn files_and_functions_are_small() {
    assert_none(&large(&read(&["src", "models", "tests", "benches", "examples"], ".rs")));
}

#[test]
fn a_large_one_is_found() {
    let function = |lines| format!("impl S {{ fn f() {{{} }} }}", "\n".repeat(lines));
    assert!(large(&[Source::of("src/a.rs", &function(FUNCTION - 1))]).is_empty());
    assert_eq!(large(&[Source::of("src/a.rs", &function(FUNCTION))]).len(), 1);
    assert_eq!(large(&[Source::of("src/a.rs", &function(FILE))]).len(), 2);
}
