//! Which paths a file names: in `use`, in code, in macros.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// A path as it is written, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Named {
    /// Its parts: `crate`, `sync`, `Mutex`.
    pub(crate) parts: Vec<String>,
    /// How many inline modules it stands in.
    pub(crate) depth: usize,
    /// In which line.
    pub(crate) line: usize,
}

/// All paths of two or more parts that a file names.
pub(crate) fn paths(file: &syn::File) -> Vec<Named> {
    let mut paths = Paths { found: Vec::new(), depth: 0 };
    paths.visit_file(file);
    paths.found
}

struct Paths {
    found: Vec<Named>,
    depth: usize,
}

impl Paths {
    fn add(&mut self, parts: Vec<String>, line: usize) {
        if parts.len() > 1 {
            self.found.push(Named { parts, depth: self.depth, line });
        }
    }

    fn add_use(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.add_use(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.add(with(&name.ident), name.ident.span().start().line),
            syn::UseTree::Rename(name) => self.add(with(&name.ident), name.ident.span().start().line),
            syn::UseTree::Glob(glob) => {
                self.add([before, &["*".into()]].concat(), glob.star_token.spans[0].start().line);
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_use(before, tree)),
        }
    }

    /// Macros are not parsed: `name :: name :: name` is a path there.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut parts: Vec<String> = Vec::new();
        let (mut colons, mut line) = (0, 0);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.add(std::mem::take(&mut parts), line);
                    }
                    line = ident.span().start().line;
                    parts.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Punct(punct) if punct.as_char() == '$' => {}
                other => {
                    self.add(std::mem::take(&mut parts), line);
                    if let TokenTree::Group(group) = other {
                        self.add_tokens(group.stream());
                    }
                }
            }
        }
        self.add(parts, line);
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_use(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let line = path.segments.first().map_or(0, |segment| segment.ident.span().start().line);
        self.add(path.segments.iter().map(|segment| segment.ident.to_string()).collect(), line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.add_tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.depth += 1;
        visit::visit_item_mod(self, item);
        self.depth -= 1;
    }
}

#[test]
fn paths_are_found_wherever_they_hide() {
    let text = "use crate::a::{b, c::*, d as e};
        mod m { fn f() { super::g::h(); } }
        fn f(x: std::cell::Cell<u8>) { call!(1, { std::thread::spawn(f) }) }";
    let named: Vec<_> =
        paths(&syn::parse_file(text).expect("Rust")).into_iter().map(|named| named.parts.join("::")).collect();
    let expected =
        ["crate::a::b", "crate::a::c::*", "crate::a::d", "super::g::h", "std::cell::Cell", "std::thread::spawn"];
    assert_eq!(named, expected);
}
