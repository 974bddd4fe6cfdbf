//! The files of reviewed outcomes: `models/outcomes/<component>.toml`, a table per scenario and size, a line per outcome, and
//! in it how many executions of each engine ended so.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

use super::super::worlds;

/// A scenario at a size.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Block(pub(super) String, pub(super) String);

/// The files that were looked at.
#[derive(Debug, Default)]
pub(in crate::runner) struct Store(BTreeMap<String, Component>);

/// What a file says: outcomes and counts, by block, outcome and engine.
#[derive(Debug, Default)]
pub(super) struct Component {
    blocks: BTreeMap<Block, BTreeMap<String, BTreeMap<String, u64>>>,
}

const HEADER: &str = "\
# What each scenario can end with, and how many executions of each engine ended so. `cargo models` compares the sets,
# `cargo models --bless` writes this file: read what it changes.
";

impl Store {
    /// The file that a scenario belongs to; empty if there is none.
    pub(super) fn component(&mut self, scenario: &str) -> Result<&mut Component, String> {
        let name = scenario.split('/').next().unwrap_or(scenario);
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), Component::read(name)?);
        }
        self.0.get_mut(name).ok_or_else(|| format!("{name} was lost"))
    }

    /// The columns of all files.
    pub(super) fn columns(&mut self) -> Result<Vec<(Block, String)>, String> {
        for file in fs::read_dir(folder()?).into_iter().flatten().flatten() {
            if let Some(name) = file.file_name().to_str().and_then(|name| name.strip_suffix(".toml")) {
                self.component(name)?;
            }
        }
        let mut columns = Vec::new();
        for (block, outcomes) in self.0.values().flat_map(|component| &component.blocks) {
            columns.extend(outcomes.values().flat_map(BTreeMap::keys).map(|column| (block.clone(), column.clone())));
        }
        columns.sort();
        columns.dedup();
        Ok(columns)
    }

    /// Writes all files that were looked at.
    pub(super) fn write(&self) -> Result<(), String> {
        let folder = folder()?;
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for (name, component) in &self.0 {
            let path = path(name)?;
            let written = match component.blocks.is_empty() {
                true if path.exists() => fs::remove_file(&path),
                true => Ok(()),
                false => fs::write(&path, component.to_string()),
            };
            written.map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(())
    }
}

impl Component {
    fn read(name: &str) -> Result<Self, String> {
        let path = path(name)?;
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(&path).map_err(|error| error.to_string());
        text.and_then(|text| Self::parse(&text)).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
        let mut component = Self::default();
        for (scenario, sizes) in document.iter() {
            for (size, outcomes) in sizes.as_table().into_iter().flatten() {
                let block = component.blocks.entry(Block(scenario.to_owned(), size.to_owned())).or_default();
                for (outcome, counts) in outcomes.as_table().into_iter().flatten() {
                    let counts = counts.as_inline_table().ok_or_else(|| format!("{outcome} has no counts"))?;
                    let count = |(engine, count): (&str, &Value)| {
                        let count = count.as_integer().and_then(|count| u64::try_from(count).ok());
                        count.map(|count| (engine.to_owned(), count)).ok_or_else(|| format!("{engine} of {outcome}"))
                    };
                    block.insert(outcome.to_owned(), counts.iter().map(count).collect::<Result<_, String>>()?);
                }
            }
        }
        Ok(component)
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// What an engine has seen in a block.
    pub(super) fn column(&self, block: &Block, column: &str) -> BTreeMap<String, u64> {
        let outcomes = self.blocks.get(block).into_iter().flatten();
        outcomes.filter_map(|(outcome, counts)| Some((outcome.clone(), *counts.get(column)?))).collect()
    }

    /// Replaces what an engine has seen in a block.
    pub(super) fn set_column(&mut self, block: &Block, column: &str, seen: &BTreeMap<&str, u64>) {
        let outcomes = self.blocks.entry(block.clone()).or_default();
        for counts in outcomes.values_mut() {
            counts.remove(column);
        }
        for (outcome, count) in seen {
            outcomes.entry((*outcome).to_owned()).or_default().insert(column.to_owned(), *count);
        }
        outcomes.retain(|_, counts| !counts.is_empty());
        self.blocks.retain(|_, outcomes| !outcomes.is_empty());
    }
}

impl std::fmt::Display for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut document = DocumentMut::new();
        for (Block(scenario, size), outcomes) in &self.blocks {
            let mut table = Table::new();
            for (outcome, counts) in outcomes {
                let mut line = InlineTable::new();
                counts.iter().for_each(|(engine, count)| {
                    line.insert(engine, Value::from(i64::try_from(*count).unwrap_or(i64::MAX)));
                });
                table.insert(outcome, Item::Value(Value::InlineTable(line)));
            }
            let sizes = document.entry(scenario).or_insert_with(implicit);
            if let Some(sizes) = sizes.as_table_mut() {
                sizes.insert(size, Item::Table(table));
            }
        }
        write!(f, "{HEADER}\n{document}")
    }
}

/// A table that is written only as the beginning of others' names.
fn implicit() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

fn folder() -> Result<PathBuf, String> {
    Ok(worlds::root()?.join("models").join("outcomes"))
}

fn path(component: &str) -> Result<PathBuf, String> {
    Ok(folder()?.join(format!("{component}.toml")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let block = |size: &str| Block("ring/stream".to_owned(), size.to_owned());
        let mut component = Component::default();
        component.set_column(&block("n=1"), "loom", &[("slept [\"a\"]", 3), ("", 1)].into());
        component.set_column(&block("n=1"), "dfs", &[("slept [\"a\"]", 7)].into());
        component.set_column(&block("n=2"), "loom", &[("b = c", 1)].into());
        let text = component.to_string();
        let again = Component::parse(&text).unwrap();
        assert_eq!(again.blocks, component.blocks, "{text}");
        assert_eq!(again.to_string(), text);
        assert_eq!(again.column(&block("n=1"), "dfs"), [("slept [\"a\"]".to_owned(), 7)].into());
    }

    #[test]
    fn a_column_that_is_emptied_is_gone() {
        let block = Block("ring/stream".to_owned(), "n=1".to_owned());
        let mut component = Component::default();
        component.set_column(&block, "loom", &[("a", 1)].into());
        component.set_column(&block, "dfs", &[("b", 1)].into());
        component.set_column(&block, "loom", &BTreeMap::new());
        assert!(component.column(&block, "loom").is_empty() && component.column(&block, "dfs").len() == 1);
        component.set_column(&block, "dfs", &BTreeMap::new());
        assert!(component.blocks.is_empty());
    }
}
