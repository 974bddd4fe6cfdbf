//! The memory orderings of Rust source, as named sites: where each stands, and what its `// ORDERING(label)` note calls it.
//!
//! Used by the rules of the house, which demand a note with two ends, and by `cargo models --mutants`, which weakens one site after
//! the other. A mutant is made at run time: the checked atomics ask where their operation stands (`#[track_caller]`). So a site
//! that could not be told apart there is an error here, not something that is passed over:
//!
//! * an ordering stands where the operation is, as its last arguments; it does not come through a parameter or from a macro;
//! * the operation does not stand in a `#[track_caller]` function, whose place would be its caller's.

use std::fmt;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// The note stands at most so many lines above the ordering.
const ABOVE: usize = 8;

/// Operations on atomics, and how many orderings they take.
const OPERATIONS: &[(&str, usize)] = &[
    ("load", 1),
    ("look", 1),
    ("store", 1),
    ("swap", 1),
    ("fetch_add", 1),
    ("fetch_sub", 1),
    ("fetch_or", 1),
    ("fetch_and", 1),
    ("compare_exchange", 2),
    ("fence", 1),
];

/// What stands behind the facade is the system's and the checkers', but for this: it is one source in all worlds.
const IN_THE_FACADE: &str = "src/sync/lock.rs";

/// Whether the orderings of a source of the library are its own, not those of what stands behind the facade.
#[must_use]
pub fn is_algorithm(path: &str) -> bool {
    path == IN_THE_FACADE || !path.starts_with("src/sync/")
}

/// From weak to strong, Acquire and Release being side by side.
const ORDERINGS: [&str; 5] = ["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"];

/// One ordering of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The path of the source.
    pub file: String,
    /// The line of the operation's name, from 1: what `Location::caller` says in the operation.
    pub line: usize,
    /// The column of the operation's name, from 1.
    pub column: usize,
    /// Which ordering of the operation, from 0; a compare-exchange has a second one, for failure.
    pub number: usize,
    /// The function that it stands in.
    pub function: String,
    /// The operation.
    pub operation: String,
    /// The ordering as written.
    pub ordering: String,
    /// The labels of the nearest note above; a relaxed ordering has none.
    pub labels: Vec<String>,
}

impl Site {
    /// Whether others see more through this than the value.
    #[must_use]
    pub fn orders(&self) -> bool {
        self.ordering != "Relaxed"
    }

    /// Every weaker ordering that the operation may have, the strongest first. A relaxed fence stands for none.
    #[must_use]
    pub fn weaker(&self) -> Vec<&'static str> {
        let (acquires, releases) = match (self.operation.as_str(), self.number) {
            ("load" | "look", _) | ("compare_exchange", 1) => (true, false),
            ("store", _) => (false, true),
            _ => (true, true),
        };
        let weaker: &[_] = match self.ordering.as_str() {
            "SeqCst" => &["AcqRel", "Acquire", "Release", "Relaxed"],
            "AcqRel" => &["Acquire", "Release", "Relaxed"],
            "Acquire" | "Release" => &["Relaxed"],
            _ => &[],
        };
        let allowed = |to: &&str| match *to {
            "AcqRel" => acquires && releases,
            "Acquire" => acquires,
            "Release" => releases,
            _ => true,
        };
        weaker.iter().copied().filter(allowed).collect()
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, number, labels, .. } = self;
        write!(f, "{file}:{line}:{column}")?;
        if *number > 0 {
            f.write_str(" on failure")?;
        }
        write!(f, " ({})", labels.join(", "))
    }
}

/// The sites of a source outside its tests, and what stands where a site can't be told apart.
///
/// # Errors
/// If it is not Rust.
pub fn read(file: &str, text: &str) -> syn::Result<(Vec<Site>, Vec<String>)> {
    let syntax = syn::parse_file(text)?;
    let mut reader = Reader {
        file,
        lines: text.lines().map(str::trim).collect(),
        functions: Vec::new(),
        found: (Vec::new(), Vec::new()),
    };
    reader.visit_file(&syntax);
    Ok(reader.found)
}

/// `#[cfg(test)]` or `#[cfg(all(test, ...))]`.
#[must_use]
pub fn is_for_tests(attribute: &syn::Attribute) -> bool {
    let condition = match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => list.tokens.to_string(),
        _ => return false,
    };
    let condition: String = condition.split_whitespace().collect();
    condition == "test" || condition.starts_with("all(test,")
}

struct Reader<'a> {
    file: &'a str,
    lines: Vec<&'a str>,
    /// The functions around, and whether they are `#[track_caller]`.
    functions: Vec<(String, bool)>,
    found: (Vec<Site>, Vec<String>),
}

impl Reader<'_> {
    fn complain(&mut self, at: &impl Spanned, what: &str) {
        let line = at.span().start().line;
        self.found.1.push(format!("{}:{line}: {what}", self.file));
    }

    /// A call whose last arguments may be orderings; visits the arguments that are none.
    fn call(&mut self, name: &syn::Ident, arguments: &syn::punctuated::Punctuated<syn::Expr, syn::Token![,]>) {
        let operation = name.to_string();
        let takes = OPERATIONS.iter().find(|(known, _)| *known == operation).map_or(0, |(_, takes)| *takes);
        let values = arguments.len().saturating_sub(takes);
        arguments.iter().take(values).for_each(|value| self.visit_expr(value));
        let written: Vec<_> = arguments.iter().skip(values).collect();
        let orderings: Vec<_> = written.iter().filter_map(|written| ordering(written)).collect();
        if orderings.len() != written.len() {
            // Not an operation on an atomic, whatever its name says; an ordering among these is met where it stands.
            written.iter().for_each(|written| self.visit_expr(written));
            return;
        }
        for (number, ordering) in orderings.into_iter().enumerate() {
            self.site(name, number, ordering);
        }
    }

    fn site(&mut self, name: &syn::Ident, number: usize, ordering: String) {
        let start = name.span().start();
        let (function, tracks_caller) = self.functions.last().cloned().unwrap_or_default();
        let labels = if ordering == "Relaxed" { Vec::new() } else { self.labels(start.line) };
        if tracks_caller && ordering != "Relaxed" {
            self.complain(name, "an ordering in a #[track_caller] function");
        }
        self.found.0.push(Site {
            file: self.file.to_owned(),
            line: start.line,
            column: start.column + 1,
            number,
            function,
            operation: name.to_string(),
            ordering,
            labels,
        });
    }

    /// The labels of the nearest note above a line.
    fn labels(&self, line: usize) -> Vec<String> {
        let lowest = line.saturating_sub(ABOVE + 1);
        let is_comment = |at: &usize| self.lines[*at].starts_with("//");
        let Some(last) = (lowest..line).rev().find(is_comment) else { return Vec::new() };
        let mut comment: Vec<_> = (0..=last).rev().take_while(is_comment).map(|at| self.lines[at]).collect();
        comment.reverse();
        let notes = comment.iter().flat_map(|line| line.split("ORDERING(").skip(1));
        notes.filter_map(|note| note.split_once(')')).map(|(label, _)| label.to_owned()).collect()
    }

    fn function(&mut self, signature: &syn::Signature, attributes: &[syn::Attribute], visit: impl FnOnce(&mut Self)) {
        if attributes.iter().any(is_for_tests) {
            return;
        }
        let tracks_caller = attributes.iter().any(|attribute| attribute.path().is_ident("track_caller"));
        self.functions.push((signature.ident.to_string(), tracks_caller));
        visit(self);
        self.functions.pop();
    }
}

/// The ordering that an expression is the name of.
fn ordering(expression: &syn::Expr) -> Option<String> {
    if let syn::Expr::Path(path) = expression { ordering_of(&path.path) } else { None }
}

fn ordering_of(path: &syn::Path) -> Option<String> {
    let mut names = path.segments.iter().rev().map(|segment| segment.ident.to_string());
    let (name, of) = (names.next()?, names.next()?);
    (of == "Ordering" && ORDERINGS.contains(&name.as_str())).then_some(name)
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !item.attrs.iter().any(is_for_tests) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.attrs, |reader| visit::visit_item_fn(reader, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.attrs, |reader| visit::visit_impl_item_fn(reader, item));
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.function(&item.sig, &item.attrs, |reader| visit::visit_trait_item_fn(reader, item));
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.visit_expr(&call.receiver);
        self.call(&call.method, &call.args);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        match &*call.func {
            // The place of a call by path begins with the path; with more than a name, the name is not where it stands.
            syn::Expr::Path(path) if path.path.get_ident().is_some() => {
                self.call(&path.path.segments[0].ident, &call.args);
            }
            _ => visit::visit_expr_call(self, call),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if ordering_of(path).is_some() {
            self.complain(path, "an ordering that is no argument of an operation on an atomic");
        }
        visit::visit_path(self, path);
    }

    fn visit_use_path(&mut self, path: &'ast syn::UsePath) {
        if path.ident == "Ordering" {
            self.complain(path, "an ordering imported by its bare name");
        }
        visit::visit_use_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        if mentions_ordering(called.tokens.clone()) {
            self.complain(called, "an ordering in a macro");
        }
    }
}

fn mentions_ordering(tokens: proc_macro2::TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Group(group) => mentions_ordering(group.stream()),
        proc_macro2::TokenTree::Ident(ident) => ident == "Ordering",
        _ => false,
    })
}

#[cfg(test)]
mod tests;
