//! Only `src/sync/` knows that there is more than one world.

use syn::visit::{self, Visit};

use crate::assert_none;
use crate::paths::paths;
use crate::source::{Source, identifiers, is_for_tests, read};

/// What the facade stands for: naming it elsewhere makes code that a checker does not see.
const PRIMITIVES: &[&str] =
    &["std::sync", "core::sync", "std::thread", "std::cell::UnsafeCell", "core::cell::UnsafeCell", "loom", "shuttle"];

/// The only file with a switch.
const SWITCH: &str = "src/sync/mod.rs";

/// Primitives named by production code outside the facade.
fn primitives(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.component() != Some("sync")) {
        for named in paths(&source.production()) {
            let path = named.parts.join("::");
            let is = |primitive: &&&str| path == **primitive || path.starts_with(&format!("{primitive}::"));
            if PRIMITIVES.iter().any(|primitive| is(&primitive)) {
                findings.push(source.finding(named.line, &format!("`{path}`: take it from crate::sync")));
            }
        }
    }
    findings
}

/// Conditions on a checked world, but for modules of tests, which run in one of them only.
fn switches(sources: &[Source]) -> Vec<String> {
    struct Switches(Vec<usize>);

    impl Switches {
        fn add(&mut self, tokens: proc_macro2::TokenStream) {
            let worlds = identifiers(tokens).into_iter().filter(|(name, _)| name == "loom" || name == "shuttle");
            self.0.extend(worlds.map(|(_, line)| line));
        }
    }

    impl<'ast> Visit<'ast> for Switches {
        fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
            if let syn::Meta::List(list) = &attribute.meta
                && (list.path.is_ident("cfg") || list.path.is_ident("cfg_attr"))
                && !is_for_tests(attribute)
            {
                self.add(list.tokens.clone());
            }
        }

        fn visit_macro(&mut self, item: &'ast syn::Macro) {
            if item.path.is_ident("cfg") {
                self.add(item.tokens.clone());
            }
            visit::visit_macro(self, item);
        }
    }

    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.path != SWITCH) {
        let mut switches = Switches(Vec::new());
        switches.visit_file(source.syntax.as_ref().expect("Rust"));
        findings.extend(switches.0.iter().map(|line| source.finding(*line, "a switch between worlds")));
    }
    findings
}

#[test]
fn no_primitive_outside_the_facade() {
    assert_none(&primitives(&read(&["src"], ".rs")));
}

#[test]
fn no_switch_between_worlds_outside_the_facade() {
    assert_none(&switches(&read(&["src"], ".rs")));
}

#[test]
fn a_primitive_is_found() {
    let found = |path: &str, text: &str| !primitives(&[Source::of(path, text)]).is_empty();
    for text in [
        "use std::sync::Arc;",
        "use std::{fmt, thread};",
        "fn f() { std::thread::yield_now() }",
        "struct S(std::cell::UnsafeCell<u8>);",
        "fn f() { m!(loom::model(|| 1)) }",
    ] {
        assert!(found("src/wait/mod.rs", text), "{text}");
        assert!(!found("src/sync/native/mod.rs", text), "{text}");
    }
    assert!(!found("src/wait/mod.rs", "use crate::sync::Arc; use std::cell::Cell;"));
    assert!(!found("src/wait/mod.rs", "#[cfg(test)] mod tests { use std::thread; }"));
}

#[test]
fn a_switch_is_found() {
    let found = |path: &str, text: &str| !switches(&[Source::of(path, text)]).is_empty();
    for text in ["#[cfg(loom)] fn f() {}", "fn f() { #[cfg(not(shuttle))] g() }", "fn f() { if cfg!(loom) { g() } }"] {
        assert!(found("src/wait/mod.rs", text), "{text}");
        assert!(!found(SWITCH, text), "{text}");
    }
    assert!(!found("src/wait/mod.rs", "#[cfg(all(test, not(any(loom, shuttle))))] mod tests {}"));
    assert!(!found("src/wait/mod.rs", "#[cfg(target_os = \"linux\")] fn f() {}"));
}
