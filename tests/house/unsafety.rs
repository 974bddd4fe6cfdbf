//! `unsafe` stays on its floors, and each use of it says by which invariant it is sound.

use std::collections::BTreeSet;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::assert_none;
use crate::rules::ids;
use crate::source::{Source, identifiers, read};

/// The components that may be unsafe.
const UNSAFE: &[&str] = &["buffer", "thunk", "sync"];

/// `unsafe` where it must not be.
fn misplaced(sources: &[Source]) -> Vec<String> {
    let outside = sources.iter().filter(|source| !source.component().is_some_and(|own| UNSAFE.contains(&own)));
    let uses = outside.flat_map(|source| {
        let tokens = source.text.parse().expect("Rust");
        let uses = identifiers(tokens).into_iter().filter(|(name, _)| name == "unsafe");
        uses.map(|(_, line)| source.finding(line, "unsafe above its floor")).collect::<Vec<_>>()
    });
    uses.collect()
}

/// Where `unsafe` blocks and implementations begin.
fn uses(file: &syn::File) -> Vec<usize> {
    struct Uses(Vec<usize>);

    impl<'ast> Visit<'ast> for Uses {
        fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
            self.0.push(block.unsafe_token.span.start().line);
            visit::visit_expr_unsafe(self, block);
        }

        fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
            if let Some(token) = item.unsafety {
                self.0.push(token.span().start().line);
            }
            visit::visit_item_impl(self, item);
        }
    }

    let mut uses = Uses(Vec::new());
    uses.visit_file(file);
    uses.0
}

/// The `SAFETY` comment above a line: at most so many lines of code may stand between.
fn safety_comment(source: &Source, line: usize) -> Option<String> {
    const BETWEEN: usize = 4;
    let above: Vec<&str> = source.text.lines().take(line).map(str::trim).collect();
    let comment = (0..line).rev().take(BETWEEN + 1).find(|&at| above[at].starts_with("//"))?;
    let first =
        (0..=comment).rev().take_while(|&at| above[at].starts_with("//")).find(|&at| above[at].contains("SAFETY:"))?;
    Some(above[first..=comment].join(" "))
}

/// The invariants that a safety comment cites, in parentheses.
fn cited(comment: &str) -> Vec<String> {
    let groups = comment.split('(').skip(1).filter_map(|rest| rest.split_once(')'));
    groups
        .flat_map(|(inside, _)| inside.split(',').map(|id| id.trim().to_owned()).collect::<Vec<_>>())
        .filter(|id| is_id(id))
        .collect()
}

/// Letters, perhaps a hyphen, digits: `S1`, `RING-4`.
fn is_id(text: &str) -> bool {
    let number = text.trim_start_matches(|character: char| character.is_ascii_uppercase());
    let digits = number.strip_prefix('-').unwrap_or(number);
    number.len() < text.len() && !digits.is_empty() && digits.chars().all(|character| character.is_ascii_digit())
}

/// The invariants that module docs state: `**S1** a slot belongs to ...`.
fn stated(sources: &[Source]) -> BTreeSet<String> {
    let docs =
        sources.iter().flat_map(|source| source.text.lines()).filter(|line| line.trim_start().starts_with("//!"));
    let bold = docs.flat_map(|line| line.split("**").skip(1).step_by(2));
    bold.filter_map(|bold| bold.split(' ').next()).filter(|id| is_id(id)).map(str::to_owned).collect()
}

/// Uses of `unsafe` that do not say by which invariant they are sound, or by one that nobody states.
fn unexplained(sources: &[Source]) -> Vec<String> {
    let stated = stated(sources);
    let mut findings = Vec::new();
    for source in sources {
        for line in uses(source.syntax.as_ref().expect("Rust")) {
            let Some(comment) = safety_comment(source, line) else {
                findings.push(source.finding(line, "unsafe without a SAFETY comment"));
                continue;
            };
            let cited = cited(&comment);
            if cited.is_empty() {
                findings.push(source.finding(line, "the SAFETY comment cites no invariant in parentheses"));
            }
            let unknown = |id: &&String| !stated.contains(*id) && ids(id).is_empty();
            findings
                .extend(cited.iter().filter(unknown).map(|id| source.finding(line, &format!("nobody states {id}"))));
        }
    }
    findings
}

#[test]
fn no_unsafe_above_its_floor() {
    assert_none(&misplaced(&read(&["src"], ".rs")));
}

#[test]
fn every_unsafe_cites_its_invariant() {
    assert_none(&unexplained(&read(&["src"], ".rs")));
}

#[test]
fn a_misplaced_unsafe_is_found() {
    let found = |path: &str| misplaced(&[Source::of(path, "fn f() { m!(unsafe { g() }) }")]).len();
    assert_eq!((found("src/wait/mod.rs"), found("src/buffer/a.rs")), (1, 0));
}

#[test]
fn an_unexplained_unsafe_is_found() {
    let findings = |comment: &str| {
        let text =
            format!("//! * **S1** what holds\nfn f() {{\n    {comment}\n    let a =\n        unsafe {{ g() }};\n}}");
        unexplained(&[Source::of("src/buffer/a.rs", &text)])
    };
    assert!(findings("// SAFETY: (S1, RING-4) because").is_empty());
    assert!(findings("// SAFETY: because")[0].contains("cites no invariant"));
    assert!(findings("// SAFETY: (S9) because")[0].contains("nobody states S9"));
    assert!(findings("// (S1) because")[0].contains("without a SAFETY comment"));
}
