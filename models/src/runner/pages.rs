//! Pages of docs whose tables are written from what is known here: each stands between two comments, `<!-- NAME -->`
//! and `<!-- /NAME -->`, and everything between them is written anew.

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

/// The text with another table of that name, made from what it was.
pub(super) fn with_table(text: &str, name: &str, made: impl FnOnce(&str) -> String) -> Result<String, String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let parts = text.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?)));
    let (before, (old, after)) = parts.ok_or_else(|| format!("the page has no place for {name}: {}", begin.trim()))?;
    let new = made(old);
    Ok(format!("{before}{begin}\n{}\n\n{end}{after}", new.trim_end()))
}

/// A table: the first columns, so many of them, are names, the others are counts.
pub(super) fn markdown(header: &[&str], names: usize, rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[&str]| format!("| {} |\n", cells.join(" | "));
    let rule = "---|".repeat(names) + &"--:|".repeat(header.len().saturating_sub(names));
    let rows = rows.map(|cells| line(&cells.iter().map(String::as_str).collect::<Vec<_>>()));
    format!("{}|{rule}\n{}", line(header), rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_comments_changes() {
        let page = "before\n<!-- a -->\nold\n<!-- /a -->\nafter\n";
        let once = with_table(page, "a", |old| format!("{} and new\n", old.trim())).unwrap();
        assert_eq!(once, "before\n<!-- a -->\n\nold and new\n\n<!-- /a -->\nafter\n");
        assert_eq!(with_table(&once, "a", |old| old.trim().to_owned()), Ok(once.clone()));
        assert!(with_table(page, "b", str::to_owned).unwrap_err().contains("<!-- b -->"));
    }

    #[test]
    fn counts_stand_on_the_right() {
        let row = ["a", "1"].map(str::to_owned).into();
        assert_eq!(markdown(&["what", "count"], 1, [row].into_iter()), "| what | count |\n|---|--:|\n| a | 1 |\n");
    }
}
