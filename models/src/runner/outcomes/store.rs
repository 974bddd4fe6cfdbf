//! The files of reviewed outcomes: `models/outcomes/<component>.toml`, a table per scenario and size, a line per outcome, and
//! in it how many executions of each engine ended so.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::super::counts::{Block, Counts};
use super::super::worlds;

/// The files that were looked at.
#[derive(Debug, Default)]
pub(in crate::runner) struct Store(BTreeMap<String, Counts>);

const COMMENT: &str = "\
# What each scenario can end with, and how many executions of each engine ended so. `cargo models` compares the sets,
# `cargo models --bless` writes this file: read what it changes.
";

impl Store {
    /// The file that a scenario belongs to; empty if there is none.
    pub(super) fn component(&mut self, scenario: &str) -> Result<&mut Counts, String> {
        let name = scenario.split('/').next().unwrap_or(scenario);
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), Counts::read(&path(name)?)?);
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
        let all = self.0.values().flat_map(Counts::iter);
        let mut columns: Vec<_> = all.map(|(block, _, column, _)| (block.clone(), column.to_owned())).collect();
        columns.sort();
        columns.dedup();
        Ok(columns)
    }

    /// Writes all files that were looked at.
    pub(super) fn write(&self) -> Result<(), String> {
        let folder = folder()?;
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        self.0.iter().try_for_each(|(name, counts)| counts.write(&path(name)?, COMMENT))
    }
}

fn folder() -> Result<PathBuf, String> {
    Ok(worlds::root()?.join("models").join("outcomes"))
}

fn path(component: &str) -> Result<PathBuf, String> {
    Ok(folder()?.join(format!("{component}.toml")))
}
