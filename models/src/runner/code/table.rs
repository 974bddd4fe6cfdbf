//! What became of the mutants, for people.

use std::collections::BTreeMap;
use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};

use super::{Fate, Verdict};

/// Prints what became of the mutants of each file, then those that nobody noticed.
pub(super) fn print(verdicts: &[&Verdict<'_>]) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["file", "compile", "models", "audit", "tests", "survive", "known"]);
    let mut files: BTreeMap<&str, [usize; 6]> = BTreeMap::new();
    for verdict in verdicts.iter().filter(|verdict| !matches!(verdict.fate, Fate::Refused)) {
        for line in [verdict.mutant.file.as_str(), "~ all"] {
            count(verdict, files.entry(line).or_default());
        }
    }
    for (file, counts) in files {
        let counts = counts.map(|count| count.to_string());
        table.add_row([file.trim_start_matches("~ ").to_owned()].into_iter().chain(counts));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if index > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!();
    table.to_string().lines().for_each(|line| println!("{}", line.trim_end()));
    for verdict in verdicts.iter().filter(|verdict| verdict.is_news()) {
        if let Fate::Survived { scenarios } = verdict.fate {
            println!("SURVIVED {} ({scenarios} scenarios execute it)", verdict.mutant.name);
        }
    }
}

fn count(verdict: &Verdict<'_>, counts: &mut [usize; 6]) {
    counts[0] += 1;
    match &verdict.fate {
        Fate::Killed(kill) if kill.token.is_some() => counts[1] += 1,
        Fate::Killed(_) => counts[2] += 1,
        Fate::Failed(_) => counts[3] += 1,
        Fate::Survived { .. } => counts[4] += 1,
        Fate::Refused => {}
    }
    counts[5] += usize::from(verdict.survives() && verdict.known.is_some());
}

/// Prints the last lines; true if nothing is wrong.
pub(super) fn print_summary(verdicts: &[&Verdict<'_>], stale: &[String], took: Duration) -> bool {
    stale.iter().for_each(|stale| println!("STALE {stale}"));
    let compile = verdicts.iter().filter(|verdict| !matches!(verdict.fate, Fate::Refused)).count();
    let survived = verdicts.iter().filter(|verdict| verdict.survives()).count();
    let wrong = verdicts.iter().filter(|verdict| verdict.is_news()).count() + stale.len();
    let verdict = if wrong == 0 { "passed".to_owned() } else { format!("{wrong} FAILED") };
    let seconds = took.as_secs_f64();
    println!("\n{compile} mutants, {} noticed, {survived} survived, {seconds:.0} s: {verdict}", compile - survived);
    wrong == 0
}
