//! Pages of docs whose tables are written from what is known here.

use std::fs;
use std::path::Path;

/// Writes a page as `filled` makes it from what it is; tells whether it was stale.
pub(super) fn rewrite(path: &Path, filled: impl FnOnce(&str) -> Result<String, String>) -> Result<bool, String> {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    let before = fs::read_to_string(path).map_err(told)?;
    let after = filled(&before)?;
    if after != before {
        fs::write(path, &after).map_err(told)?;
    }
    Ok(after != before)
}
