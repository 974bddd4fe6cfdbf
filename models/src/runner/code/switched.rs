//! A source with all its mutants in it, each behind a switch.
//!
//! ```text
//! a body:          if crate::seeded("..") { return true; } what stood there
//! a part:          (if crate::seeded("..") { a > b } else if crate::seeded("..") { a <= b } else { a >= b })
//! ```
//!
//! A part is switched as the smallest expression around it. Mutants may nest: those inside stand in the last branch.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::list::{Genre, Mutant};
use crate::runner::copy;

/// The source, and where in it each mutant stands, by number.
#[derive(Debug, Default)]
pub(super) struct Switched {
    pub(super) text: String,
    pub(super) places: Vec<(Range<usize>, usize)>,
}

/// The source with those mutants, which are numbered, and those that no switch can be put around.
pub(super) fn switched(source: &str, mutants: &[(usize, &Mutant)]) -> Result<(Switched, Vec<usize>), String> {
    let expressions = expressions(source)?;
    let (mut nodes, mut left_out) = (Nodes::default(), Vec::new());
    for &(number, mutant) in mutants {
        let place = mutant.span.start.offset(source).zip(mutant.span.end.offset(source));
        let (start, end) = place.ok_or_else(|| format!("{}: no such place", mutant.name))?;
        let (node, text, is_statement) = match (mutant.genre, smallest(&expressions, &(start..end))) {
            (Genre::FnValue, _) => (start..start, mutant.replacement.clone(), false),
            (Genre::Part, Some(Expression { range, binds: false, is_statement })) => {
                let (before, after) = (&source[range.start..start], &source[end..range.end]);
                (range.clone(), format!("{before}{}{after}", mutant.replacement), *is_statement)
            }
            (Genre::Part, _) => {
                left_out.push(number);
                continue;
            }
        };
        let change = Change { number, asks: copy::asks(&mutant.name), text, is_statement };
        nodes.0.entry(Node::of(node)).or_default().push(change);
    }
    let mut switched = Switched::default();
    nodes.write(source, 0..source.len(), None, &mut switched);
    Ok((switched, left_out))
}

/// One branch of a switch.
struct Change {
    number: usize,
    asks: String,
    /// The expression, mutated, or what is returned instead.
    text: String,
    is_statement: bool,
}

/// Where there is a switch: first by where it starts; a body before the expression that it starts with, the outer before the inner.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Node {
    start: usize,
    is_part: bool,
    end: Reverse<usize>,
}

impl Node {
    /// What is empty is the start of a body.
    fn of(range: Range<usize>) -> Self {
        Self { start: range.start, is_part: !range.is_empty(), end: Reverse(range.end) }
    }

    fn range(&self) -> Range<usize> {
        self.start..self.end.0
    }
}

/// What is switched.
#[derive(Default)]
struct Nodes(BTreeMap<Node, Vec<Change>>);

impl Nodes {
    /// Writes that stretch of the source, with all that is switched in it behind `after`.
    fn write(&self, source: &str, range: Range<usize>, after: Option<&Node>, to: &mut Switched) {
        let mut at = range.start;
        for (node, changes) in self.0.iter().filter(|(node, _)| after.is_none_or(|after| *node > after)) {
            let place = node.range();
            if place.start < at || place.end > range.end {
                continue;
            }
            to.text.push_str(&source[at..place.start]);
            at = place.end;
            if node.is_part {
                self.part(source, node, changes, to);
            } else {
                changes.iter().for_each(|change| to.body(change));
            }
        }
        to.text.push_str(&source[at..range.end]);
    }

    fn part(&self, source: &str, node: &Node, changes: &[Change], to: &mut Switched) {
        // Parentheses in place of a statement would need a semicolon.
        let (open, close) = if changes[0].is_statement { ("", "") } else { ("(", ")") };
        to.text.push_str(open);
        for change in changes {
            let start = to.text.len();
            to.text.push_str(&format!("if {} {{ {} }}", change.asks, change.text));
            to.places.push((start..to.text.len(), change.number));
            to.text.push_str(" else ");
        }
        to.text.push_str("{ ");
        self.write(source, node.range(), Some(node), to);
        to.text.push_str(&format!(" }}{close}"));
    }
}

impl Switched {
    fn body(&mut self, change: &Change) {
        let start = self.text.len();
        self.text.push_str(&format!("if {} {{ return {}; }} ", change.asks, change.text));
        self.places.push((start..self.text.len(), change.number));
    }

    /// The mutants at that place of the text: of the branch there, if there is one.
    pub(super) fn at(&self, place: usize) -> impl Iterator<Item = usize> {
        self.places.iter().filter(move |(range, _)| range.contains(&place)).map(|(_, number)| *number)
    }

    /// The mutant that stands last before that place: what a body returns decides which type the rest of it has to have.
    pub(super) fn before(&self, place: usize) -> Option<usize> {
        let before = self.places.iter().filter(|(range, _)| range.end <= place);
        before.max_by_key(|(range, _)| range.end).map(|(_, number)| *number)
    }
}

/// An expression, and what kind it is of.
struct Expression {
    range: Range<usize>,
    /// It binds names for what follows, as a chain of `let` does, so it can be no operand.
    binds: bool,
    /// It may be a statement without a semicolon.
    is_statement: bool,
}

/// The smallest expression around that range.
fn smallest<'a>(expressions: &'a [Expression], range: &Range<usize>) -> Option<&'a Expression> {
    let is_around = |other: &&Expression| other.range.start <= range.start && range.end <= other.range.end;
    expressions.iter().filter(is_around).min_by_key(|other| other.range.len())
}

fn expressions(source: &str) -> Result<Vec<Expression>, String> {
    #[derive(Default)]
    struct Reader(Vec<Expression>);

    impl<'ast> Visit<'ast> for Reader {
        fn visit_expr(&mut self, expression: &'ast syn::Expr) {
            use syn::Expr::{Block, ForLoop, If, Loop, Match, While};
            self.0.push(Expression {
                range: expression.span().byte_range(),
                binds: binds(expression),
                is_statement: matches!(expression, Block(_) | ForLoop(_) | If(_) | Loop(_) | Match(_) | While(_)),
            });
            visit::visit_expr(self, expression);
        }
    }

    let file = syn::parse_file(source).map_err(|error| error.to_string())?;
    let mut reader = Reader::default();
    reader.visit_file(&file);
    Ok(reader.0)
}

fn binds(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(chain) => binds(&chain.left) || binds(&chain.right),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(source: &str, genre: Genre, replaced: &str, replacement: &str) -> Mutant {
        let start = source.find(replaced).unwrap() + 1;
        let json = serde_json::json!({
            "name": replacement, "file": "", "genre": if genre == Genre::FnValue { "FnValue" } else { "MatchArm" },
            "span": {"start": {"line": 1, "column": start}, "end": {"line": 1, "column": start + replaced.len()}},
            "replacement": replacement,
        });
        serde_json::from_value(json).unwrap()
    }

    fn text(source: &str, mutants: &[Mutant]) -> (String, Vec<usize>) {
        let numbered: Vec<_> = mutants.iter().enumerate().collect();
        let (switched, left_out) = switched(source, &numbered).unwrap();
        for (place, number) in &switched.places {
            assert!(switched.text[place.clone()].contains(&mutants[*number].replacement));
        }
        (switched.text, left_out)
    }

    #[test]
    fn a_body_returns_something_else() {
        let source = "fn f() -> bool { g(); h() }";
        let (text, _) = text(source, &[mutant(source, Genre::FnValue, "g(); h()", "true")]);
        assert_eq!(text, "fn f() -> bool { if crate::seeded(\"true\") { return true; } g(); h() }");
    }

    #[test]
    fn parts_nest_and_share_an_expression() {
        let source = "fn f() { a + b * c }";
        let [plus, minus, times] =
            [("+", "-"), ("+", "/"), ("*", "%")].map(|(from, to)| mutant(source, Genre::Part, from, to));
        let (text, _) = text(source, &[plus, minus, times]);
        assert_eq!(
            text,
            "fn f() { (if crate::seeded(\"-\") { a - b * c } else if crate::seeded(\"/\") { a / b * c } \
             else { a + (if crate::seeded(\"%\") { b % c } else { b * c }) }) }"
        );
    }

    #[test]
    fn a_chain_of_lets_is_left_out() {
        let source = "fn f() { if a && let Some(b) = c {} }";
        assert_eq!(text(source, &[mutant(source, Genre::Part, "&&", "||")]), (source.to_owned(), vec![0]));
    }
}
