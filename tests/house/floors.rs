//! Floors only look down.

use std::collections::BTreeMap;

use crate::assert_none;
use crate::paths::{Named, paths};
use crate::source::{Source, read};

/// The components from the ground up; those in one line know nothing of each other.
const FLOORS: &[&[&str]] = &[
    &["sync", "error"],
    &["buffer", "thunk"],
    &["wait"],
    &["rdv", "channel", "event"],
    &["queue"],
    &["broker"],
    // On the same floor as the broker, but a task holds one.
    &["task"],
    &["listen"],
];

fn floor(component: &str) -> Option<usize> {
    FLOORS.iter().position(|components| components.contains(&component))
}

/// What a name at the crate root stands for: the component it is re-exported from; nothing, if it is defined there.
fn root_names(lib: &Source) -> BTreeMap<String, String> {
    let file = lib.production();
    let uses: Vec<_> = file.items.iter().filter(|item| matches!(item, syn::Item::Use(_))).cloned().collect();
    let uses = syn::File { shebang: None, attrs: Vec::new(), items: uses };
    let own = |part: &String| part != "crate" && part != "self";
    let name = |named: Named| {
        let parts: Vec<_> = named.parts.into_iter().filter(own).collect();
        Some((parts.last()?.clone(), parts.first()?.clone()))
    };
    paths(&uses).into_iter().filter_map(name).collect()
}

/// The component that a path inside this crate leads to; none, if it leads elsewhere.
fn target(source: &Source, named: &Named, root: &BTreeMap<String, String>) -> Option<String> {
    let mut parts = named.parts.iter().map(String::as_str).peekable();
    match *parts.peek()? {
        "crate" => {
            parts.next();
        }
        "super" => {
            let ups = named.parts.iter().take_while(|part| *part == "super").count();
            if ups < module_depth(&source.path) + named.depth {
                return None;
            }
            parts.nth(ups - 1);
        }
        _ => return None,
    }
    let first = parts.next()?;
    Some(root.get(first).map_or(first, String::as_str).to_owned())
}

/// How many modules deep a file is: `src/a.rs` and `src/a/mod.rs` are one deep.
fn module_depth(path: &str) -> usize {
    path.matches('/').count() - usize::from(path.ends_with("/mod.rs"))
}

/// Paths that lead up, or sideways.
fn upward(sources: &[Source], lib: &Source) -> Vec<String> {
    let root = root_names(lib);
    let mut findings = Vec::new();
    for source in sources {
        let Some(own) = source.component().filter(|own| *own != "lib") else { continue };
        let Some(height) = floor(own) else {
            findings.push(source.finding(1, &format!("`{own}` stands on no floor: add it to FLOORS")));
            continue;
        };
        for named in paths(source.syntax.as_ref().expect("Rust")) {
            let to = target(source, &named, &root).filter(|to| to != own);
            if to.is_some_and(|to| floor(&to).is_some_and(|below| below >= height)) {
                findings
                    .push(source.finding(named.line, &format!("`{}` is not below `{own}`", named.parts.join("::"))));
            }
        }
    }
    findings
}

#[test]
fn floors_only_look_down() {
    let sources = read(&["src"], ".rs");
    let lib = sources.iter().find(|source| source.path == "src/lib.rs").expect("src/lib.rs");
    assert_none(&upward(&sources, lib));
}

#[test]
fn a_look_up_or_sideways_is_found() {
    let lib = Source::of(
        "src/lib.rs",
        "pub mod channel; pub use broker::{Broker, manager::BrokerManager}; pub type Port = u16;",
    );
    let found = |path: &str, text: &str| !upward(&[Source::of(path, text)], &lib).is_empty();
    assert!(found("src/buffer/a.rs", "use crate::broker::Broker;"));
    assert!(found("src/buffer/mod.rs", "use crate::{sync::Mutex, wait::Parking};"));
    assert!(found("src/buffer/mod.rs", "fn f() { crate::wait::park() }"));
    assert!(found("src/buffer/a.rs", "use super::super::wait::Parking;"));
    assert!(found("src/wait/mod.rs", "use crate::BrokerManager;"), "through a re-export");
    assert!(found("src/rdv.rs", "use crate::channel::Channel;"), "sideways");
    assert!(found("src/novelty.rs", ""), "a component that nobody knows");
    assert!(!found("src/broker/mod.rs", "use crate::{Port, buffer::Ring}; use super::wait::Parking;"));
    assert!(!found("src/broker/a.rs", "use super::table::Table; mod tests { use super::super::Broker; }"));
}
