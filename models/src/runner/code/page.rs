//! The table of `docs/model-checking.md`: what became of the mutants of each component, the last time that all of them were tried.

use std::collections::BTreeMap;

use super::{Fate, Verdict};
use crate::runner::{pages, worlds};

const HEADER: &str = "| component | mutants | compile | by a rule | by the audit | by a test | explained | open |\n|---|--:|--:|--:|--:|--:|--:|--:|\n";

/// Writes the lines of those components; all others stay as they are.
pub(super) fn write(components: &BTreeMap<String, Vec<&Verdict<'_>>>) -> Result<bool, String> {
    let lines = components.iter().map(|(component, verdicts)| (component.clone(), line(component, verdicts)));
    let lines = lines.collect();
    pages::rewrite(&worlds::root()?.join("docs").join("model-checking.md"), |text| filled(text, lines))
}

/// What a mutant in that file is a mutant of.
pub(super) fn component(file: &str) -> String {
    let name = file.trim_start_matches("src/").split('/').next().unwrap_or(file);
    format!("src/{name}")
}

fn line(component: &str, verdicts: &[&Verdict<'_>]) -> String {
    let count = |is_one: fn(&&&Verdict<'_>) -> bool| verdicts.iter().filter(is_one).count();
    let counts = [
        verdicts.len(),
        count(|verdict| !matches!(verdict.fate, Fate::Refused)),
        count(|verdict| matches!(&verdict.fate, Fate::Killed(kill) if kill.token.is_some())),
        count(|verdict| matches!(&verdict.fate, Fate::Killed(kill) if kill.token.is_none())),
        count(|verdict| matches!(verdict.fate, Fate::Failed(_))),
        count(|verdict| verdict.survives() && verdict.known.is_some()),
        count(|verdict| verdict.is_news()),
    ];
    let counts: Vec<_> = counts.iter().map(usize::to_string).collect();
    format!("| `{component}` | {} |", counts.join(" | "))
}

fn filled(text: &str, new: BTreeMap<String, String>) -> Result<String, String> {
    pages::with_table(text, "code", |old| {
        let named = |line: &str| Some((line.strip_prefix("| `")?.split_once('`')?.0.to_owned(), line.to_owned()));
        let mut lines: BTreeMap<String, String> = old.lines().filter_map(named).collect();
        lines.extend(new);
        let lines: String = lines.into_values().map(|line| line + "\n").collect();
        format!("{HEADER}{lines}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lines_of_what_was_tried_are_new() {
        let page = "before\n<!-- code -->\n<!-- /code -->\nafter\n";
        let line = |name: &str, counts: &str| (name.to_owned(), format!("| `{name}` | {counts} |"));
        let one = filled(page, [line("src/wait", "1"), line("src/rdv", "2")].into()).unwrap();
        let two = filled(&one, [line("src/wait", "3")].into()).unwrap();
        assert!(two.ends_with("--:|\n| `src/rdv` | 2 |\n| `src/wait` | 3 |\n\n<!-- /code -->\nafter\n"), "{two}");
        assert!(filled("", BTreeMap::new()).is_err());
    }

    #[test]
    fn components_are_what_stands_in_src() {
        assert_eq!(["src/rdv/point.rs", "src/task.rs"].map(component), ["src/rdv", "src/task.rs"]);
    }
}
