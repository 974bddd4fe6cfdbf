//! What `cargo mutants` would change.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

/// One change of the source.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Mutant {
    /// Where, and what: unique.
    pub(super) name: String,
    /// The path of the source.
    pub(super) file: String,
    pub(super) genre: Genre,
    /// The function that it is in.
    function: Option<Function>,
    /// What is replaced.
    pub(super) span: Span,
    /// By what; nothing if it is deleted.
    pub(super) replacement: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Function {
    function_name: String,
}

/// The kinds that are switched in different ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Genre {
    /// What a function does.
    FnValue,
    /// A part of an expression.
    #[serde(other)]
    Part,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Span {
    pub(super) start: Place,
    pub(super) end: Place,
}

/// A character, both numbers from 1.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Place {
    line: usize,
    column: usize,
}

impl Place {
    /// How many bytes of the text stand before it.
    pub(super) fn offset(&self, text: &str) -> Option<usize> {
        let line = text.split_inclusive('\n').nth(self.line.checked_sub(1)?)?;
        let column = line.char_indices().map(|(at, _)| at).chain([line.len()]).nth(self.column.checked_sub(1)?)?;
        Some(line.as_ptr() as usize - text.as_ptr() as usize + column)
    }
}

impl Mutant {
    /// What it changes, without where exactly: this survives changes of other lines.
    pub(super) fn what(&self) -> &str {
        self.name.splitn(4, ':').nth(3).unwrap_or_default().trim()
    }

    /// The function that it is in.
    pub(super) fn function(&self) -> &str {
        self.function.as_ref().map_or("", |function| &function.function_name)
    }
}

/// The file and what is changed in it, of a mutant's name: what stays when other lines change.
pub(super) fn place(name: &str) -> String {
    let mut parts = name.splitn(4, ':');
    let file = parts.next().unwrap_or_default();
    format!("{file}:{}", parts.nth(2).unwrap_or_default())
}

/// All of them, in the order of the sources. `.cargo/mutants.toml` says what is left out.
pub(super) fn list(root: &Path) -> Result<Vec<Mutant>, String> {
    let mut command = Command::new("cargo");
    command.args(["mutants", "--list", "--json", "--package", "rdv", "--dir"]).arg(root);
    let told = command.output().map_err(|error| format!("cargo: {error}"))?;
    if !told.status.success() {
        let why = String::from_utf8_lossy(&told.stderr);
        return Err(format!("`cargo mutants --list` failed (`cargo install --locked cargo-mutants`?):\n{why}"));
    }
    serde_json::from_slice(&told.stdout).map_err(|error| format!("`cargo mutants --list --json`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_characters() {
        let at = |line, column| Place { line, column }.offset("äb\ncd\n");
        assert_eq!([at(1, 1), at(1, 2), at(2, 2), at(2, 4)], [Some(0), Some(2), Some(5), Some(7)]);
        assert_eq!([at(0, 1), at(4, 1), at(1, 9)], [None, None, None]);
    }

    #[test]
    fn a_mutant_is_read() {
        let text = r#"[{"name": "src/a.rs:3:5: replace f -> bool with true", "file": "src/a.rs", "genre": "FnValue",
            "replacement": "true", "package": "rdv",
            "span": {"start": {"line": 3, "column": 5}, "end": {"line": 3, "column": 9}}}]"#;
        let mutants: Vec<Mutant> = serde_json::from_str(text).unwrap();
        assert_eq!((mutants[0].what(), mutants[0].genre), ("replace f -> bool with true", Genre::FnValue));
        assert_eq!(place(&mutants[0].name), "src/a.rs: replace f -> bool with true");
        let part: Genre = serde_json::from_str("\"BinaryOperator\"").unwrap();
        assert_eq!(part, Genre::Part);
    }
}
