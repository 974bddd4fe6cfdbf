//! Every rule is stated, kept by code and checked by a scenario, and what is cited exists.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};

use crate::assert_none;
use crate::source::{Source, read};

/// Where the rules are stated.
const GUARANTEES: &str = "docs/guarantees.md";

/// The families of rules.
const FAMILIES: &[&str] = &["RING", "RDV", "CHAN", "ALL", "PUMP", "MQ"];

/// The rules that the code keeps: the family and its last number.
const KEPT: &[(&str, u32)] = &[("RING", 6), ("RDV", 10), ("CHAN", 8), ("PUMP", 7), ("MQ", 11), ("ALL", 4)];

/// The rule IDs in a text.
pub(crate) fn ids(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for family in FAMILIES {
        for (at, _) in text.match_indices(&format!("{family}-")) {
            let inside_a_word = text[..at].ends_with(|before: char| before.is_ascii_alphanumeric());
            let digits: String = text[at + family.len() + 1..].chars().take_while(char::is_ascii_digit).collect();
            if !inside_a_word && !digits.is_empty() {
                found.insert(format!("{family}-{digits}"));
            }
        }
    }
    found
}

/// The IDs that every part of the project has to know.
fn kept() -> impl Iterator<Item = String> {
    KEPT.iter().flat_map(|(family, last)| (1..=*last).map(move |number| format!("{family}-{number}")))
}

/// Those of the rules that none of the texts cites.
fn missing(rules: impl Iterator<Item = String>, texts: &BTreeSet<String>, what: &str) -> Vec<String> {
    rules.filter(|rule| !texts.contains(rule)).map(|rule| format!("{rule}: {what}")).collect()
}

/// What the field `rules` of the scenarios in a file says; the second argument of `Scenario::new` is that field.
fn checked(file: &syn::File) -> BTreeSet<String> {
    struct Rules(BTreeSet<String>);

    impl Rules {
        fn add(&mut self, value: &syn::Expr) {
            self.0.extend(ids(&strings(value)));
        }
    }

    impl<'ast> Visit<'ast> for Rules {
        fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
            if matches!(&field.member, syn::Member::Named(name) if name == "rules") {
                self.add(&field.expr);
            }
            visit::visit_field_value(self, field);
        }

        fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
            let is_new = |path: &syn::Path| {
                let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
                names.ends_with(&["Scenario".into(), "new".into()])
            };
            if matches!(&*call.func, syn::Expr::Path(function) if is_new(&function.path))
                && let Some(rules) = call.args.get(1)
            {
                self.add(rules);
            }
            visit::visit_expr_call(self, call);
        }
    }

    let mut rules = Rules(BTreeSet::new());
    rules.visit_file(file);
    rules.0
}

/// The string literals of an expression, one after the other.
fn strings(value: &syn::Expr) -> String {
    struct Strings(String);

    impl<'ast> Visit<'ast> for Strings {
        fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
            self.0.push_str(&literal.value());
            self.0.push(' ');
        }
    }

    let mut strings = Strings(String::new());
    strings.visit_expr(value);
    strings.0
}

/// The headings and the IDs under which the guarantees are stated.
fn stated() -> BTreeSet<String> {
    let guarantees = read(&["docs"], ".md").into_iter().find(|source| source.path == GUARANTEES);
    let guarantees = guarantees.unwrap_or_else(|| panic!("there is no {GUARANTEES}"));
    ids(&guarantees.text)
}

#[test]
fn every_rule_is_stated() {
    assert_none(&missing(kept(), &stated(), "not stated in docs/guarantees.md"));
}

#[test]
fn every_rule_is_cited_by_the_code_that_keeps_it() {
    let cited = read(&["src"], ".rs").iter().flat_map(|source| ids(&source.text)).collect();
    assert_none(&missing(kept(), &cited, "cited nowhere in src/"));
}

#[test]
fn every_rule_is_checked_by_a_scenario() {
    let scenarios = read(&["models/src/scenarios"], ".rs");
    let checked = scenarios.iter().flat_map(|source| checked(source.syntax.as_ref().expect("Rust"))).collect();
    assert_none(&missing(kept(), &checked, "checked by no scenario"));
}

#[test]
fn every_rule_that_is_cited_exists() {
    let stated = stated();
    let code = read(&["src", "models", "tests", "benches", "examples"], ".rs");
    let texts = read(&["docs"], ".md");
    let unknown = |source: &Source| {
        let cited = ids(&source.text).into_iter().filter(|id| !stated.contains(id));
        cited.map(|id| source.finding(1, &format!("cites {id}, which does not exist"))).collect::<Vec<_>>()
    };
    assert_none(&code.iter().chain(&texts).flat_map(unknown).collect::<Vec<_>>());
}

#[test]
fn ids_are_found() {
    let found: Vec<_> = ids("(RING-1), `RDV-10`; xMQ-1 CHAN-x, CHAN-2 to CHAN-4").into_iter().collect();
    assert_eq!(found, ["CHAN-2", "CHAN-4", "RDV-10", "RING-1"]);
}

#[test]
fn rules_of_a_scenario_are_found() {
    let text = "const A: S = Scenario { about: \"RDV-1\", ..Scenario::new(\"a/RDV-2\", &[\"RING-1\"], \"RDV-3\", f) };
        const B: S = Scenario { rules: &[\"CHAN-1\", \"CHAN-2\"], ..A };";
    let found: Vec<_> = checked(&syn::parse_file(text).expect("Rust")).into_iter().collect();
    assert_eq!(found, ["CHAN-1", "CHAN-2", "RING-1"]);
}
