//! The sources of this package: where they are, their text and their syntax.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
pub(crate) use rdv_orderings::is_for_tests;
use syn::Attribute;
use syn::visit::{self, Visit};

/// One file.
pub(crate) struct Source {
    /// From the root of the package, with slashes.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
    /// Parsed, if it is Rust.
    pub(crate) syntax: Option<syn::File>,
}

impl Source {
    /// A file that is not on the disk: for tests of the checks.
    pub(crate) fn of(path: &str, text: &str) -> Self {
        let syntax =
            path.ends_with(".rs").then(|| syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}")));
        Self { path: path.to_owned(), text: text.to_owned(), syntax }
    }

    /// The first name below `src/`: the component it belongs to.
    pub(crate) fn component(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        Some(inside.split('/').next()?.trim_end_matches(".rs"))
    }

    /// A finding in that line.
    pub(crate) fn finding(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }

    /// The syntax without the items that are compiled for tests only.
    pub(crate) fn production(&self) -> syn::File {
        let mut file = self.syntax.clone().expect("Rust");
        file.items.retain(|item| !attributes(item).iter().any(is_for_tests));
        file
    }
}

/// The attributes of an item, if it is of a kind that stands for code.
pub(crate) fn attributes(item: &syn::Item) -> &[Attribute] {
    match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Const(item) => &item.attrs,
        _ => &[],
    }
}

/// The files below these folders that end so.
pub(crate) fn read(folders: &[&str], ending: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    folders.iter().for_each(|folder| collect(&root.join(folder), &mut paths));
    paths.retain(|path| path.to_string_lossy().ends_with(ending));
    paths.sort();
    let source = |path: &PathBuf| {
        let name = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
        Source::of(&name, &text)
    };
    paths.iter().map(source).collect()
}

/// All files below `folder`, if it is there.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.file_name().and_then(|name| name.to_str()) {
            Some("target") | None => {}
            Some(_) if path.is_dir() => collect(&path, paths),
            Some(_) => paths.push(path),
        }
    }
}

/// Every identifier of a token stream, in macros, groups and attributes too, with its line.
pub(crate) fn identifiers(tokens: TokenStream) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Group(group) => found.extend(identifiers(group.stream())),
            proc_macro2::TokenTree::Ident(ident) => found.push((ident.to_string(), ident.span().start().line)),
            _ => {}
        }
    }
    found
}

/// The functions of a file: name, first and last line.
pub(crate) fn functions(file: &syn::File) -> Vec<(String, usize, usize)> {
    struct Functions(Vec<(String, usize, usize)>);

    impl Functions {
        fn add(&mut self, signature: &syn::Signature, body: &syn::Block) {
            let first = signature.fn_token.span.start().line;
            self.0.push((signature.ident.to_string(), first, body.brace_token.span.close().end().line));
        }
    }

    impl<'ast> Visit<'ast> for Functions {
        fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
            self.add(&item.sig, &item.block);
            visit::visit_item_fn(self, item);
        }

        fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
            self.add(&item.sig, &item.block);
            visit::visit_impl_item_fn(self, item);
        }

        fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
            if let Some(body) = &item.default {
                self.add(&item.sig, body);
            }
            visit::visit_trait_item_fn(self, item);
        }
    }

    let mut functions = Functions(Vec::new());
    functions.visit_file(file);
    functions.0
}
