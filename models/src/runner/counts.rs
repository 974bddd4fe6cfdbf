//! Reviewed counts: a file that people read, with a table per pair of names, in it a line per thing, and in that a count per column.
//!
//! ```toml
//! ["ring-spsc/stream"."n=1"]
//! "slept [true, false]" = { loom = 27, dfs = 31 }
//! ```

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::fs;
use std::path::Path;

use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

/// The names of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Block(pub(super) String, pub(super) String);

/// What a file says: counts, by block, line and column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    blocks: BTreeMap<Block, BTreeMap<String, BTreeMap<String, u64>>>,
}

impl Counts {
    /// The file at that path; empty if there is none.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(path).map_err(|error| error.to_string());
        text.and_then(|text| Self::parse(&text)).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Writes the file, below some lines of comment; removes it if there is nothing in it.
    pub(super) fn write(&self, path: &Path, comment: &str) -> Result<(), String> {
        let written = match self.is_empty() {
            true if path.exists() => fs::remove_file(path),
            true => Ok(()),
            false => fs::write(path, format!("{comment}\n{self}")),
        };
        written.map_err(|error| format!("{}: {error}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
        let mut all = Self::default();
        for (first, tables) in document.iter() {
            for (second, lines) in tables.as_table().into_iter().flatten() {
                let block = all.blocks.entry(Block(first.to_owned(), second.to_owned())).or_default();
                for (line, counts) in lines.as_table().into_iter().flatten() {
                    let counts = counts.as_inline_table().ok_or_else(|| format!("{line} has no counts"))?;
                    let count = |(column, count): (&str, &Value)| {
                        let count = count.as_integer().and_then(|count| u64::try_from(count).ok());
                        count.map(|count| (column.to_owned(), count)).ok_or_else(|| format!("{column} of {line}"))
                    };
                    block.insert(line.to_owned(), counts.iter().map(count).collect::<Result<_, String>>()?);
                }
            }
        }
        Ok(all)
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// All of them: block, line, column and count.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Block, &str, &str, u64)> {
        self.blocks.iter().flat_map(|(block, lines)| {
            lines.iter().flat_map(move |(line, counts)| {
                counts.iter().map(move |(column, count)| (block, line.as_str(), column.as_str(), *count))
            })
        })
    }

    /// A column of a block.
    pub(super) fn column(&self, block: &Block, column: &str) -> BTreeMap<String, u64> {
        let lines = self.blocks.get(block).into_iter().flatten();
        lines.filter_map(|(line, counts)| Some((line.clone(), *counts.get(column)?))).collect()
    }

    /// Adds a count, or replaces it.
    pub(super) fn set(&mut self, block: Block, line: &str, column: &str, count: u64) {
        let lines = self.blocks.entry(block).or_default();
        lines.entry(line.to_owned()).or_default().insert(column.to_owned(), count);
    }

    /// Replaces a column of a block.
    pub(super) fn set_column(&mut self, block: &Block, column: &str, seen: &BTreeMap<&str, u64>) {
        for counts in self.blocks.get_mut(block).into_iter().flat_map(BTreeMap::values_mut) {
            counts.remove(column);
        }
        seen.iter().for_each(|(line, count)| self.set(block.clone(), line, column, *count));
        self.blocks.values_mut().for_each(|lines| lines.retain(|_, counts| !counts.is_empty()));
        self.blocks.retain(|_, lines| !lines.is_empty());
    }
}

impl Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut document = DocumentMut::new();
        for (Block(first, second), lines) in &self.blocks {
            let mut table = Table::new();
            for (line, counts) in lines {
                let mut cells = InlineTable::new();
                counts.iter().for_each(|(column, count)| {
                    cells.insert(column, Value::from(i64::try_from(*count).unwrap_or(i64::MAX)));
                });
                table.insert(line, Item::Value(Value::InlineTable(cells)));
            }
            let tables = document.entry(first).or_insert_with(implicit);
            if let Some(tables) = tables.as_table_mut() {
                tables.insert(second, Item::Table(table));
            }
        }
        document.fmt(f)
    }
}

/// A table that is written only as the beginning of others' names.
fn implicit() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let block = |size: &str| Block("ring/stream".to_owned(), size.to_owned());
        let mut counts = Counts::default();
        counts.set_column(&block("n=1"), "loom", &[("slept [\"a\"]", 3), ("", 1)].into());
        counts.set_column(&block("n=1"), "dfs", &[("slept [\"a\"]", 7)].into());
        counts.set_column(&block("n=2"), "loom", &[("b = c", 1)].into());
        let text = counts.to_string();
        let again = Counts::parse(&text).unwrap();
        assert_eq!(again.blocks, counts.blocks, "{text}");
        assert_eq!(again.to_string(), text);
        assert_eq!(again.column(&block("n=1"), "dfs"), [("slept [\"a\"]".to_owned(), 7)].into());
    }

    #[test]
    fn a_column_that_is_emptied_is_gone() {
        let block = Block("ring/stream".to_owned(), "n=1".to_owned());
        let mut counts = Counts::default();
        counts.set_column(&block, "loom", &[("a", 1)].into());
        counts.set_column(&block, "dfs", &[("b", 1)].into());
        counts.set_column(&block, "loom", &BTreeMap::new());
        assert!(counts.column(&block, "loom").is_empty() && counts.column(&block, "dfs").len() == 1);
        counts.set_column(&block, "dfs", &BTreeMap::new());
        assert!(counts.blocks.is_empty());
    }
}
