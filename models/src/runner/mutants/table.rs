//! What became of the mutants: the table, `target/models/mutants.json`, the summary.

use std::fs;
use std::time::Duration;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde_json::{Value, json};

use crate::runner::preemptions::short;
use crate::runner::table::WIDTH;
use crate::runner::worlds;
use crate::scenario::Bound;

use super::search::{Fate, Kill, Verdict};

/// A line or two for each mutant.
pub(super) fn render(verdicts: &[Verdict<'_>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table.set_header(["label, where", "from, to", "killed by", "bound", "executions"]);
    for verdict in verdicts {
        table.add_row(cells(verdict));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if index == 4 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text: String = table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect();
    text.push_str(LEGEND);
    text
}

const LEGEND: &str = "
bound: p=1 is the fewest preemptions with which loom finds it, at that size;
executions: those of the scenario that failed, and of all that were tried.
";

fn cells(verdict: &Verdict<'_>) -> [String; 5] {
    let (site, to) = (&verdict.mutant.site, verdict.mutant.weakening.to);
    let file = site.file.strip_prefix("src/").unwrap_or(&site.file);
    let place = format!("{}\n {file}:{}", site.labels.join(", "), site.line);
    let change = format!("{}\n {to:?}", site.ordering);
    let total = verdict.executions;
    match &verdict.end {
        Fate::Killed(Kill { scenario, rule, message, size, bound, execution, .. }) => {
            let known = if verdict.unmodelled.is_some() { " (called unmodelled!)" } else { "" };
            let by = format!("{scenario}\n {rule}{}{known}", finding(message));
            [place, change, by, format!("n={size}\n {}", short(*bound)), format!("{execution}\n {total}")]
        }
        end => {
            let why = match (end, verdict.unmodelled) {
                (_, Some(unmodelled)) => format!("unmodelled: {}\n litmus {}", unmodelled.reason, unmodelled.litmus),
                (Fate::Survived(0), None) => "SURVIVED: no scenario gets there".to_owned(),
                (_, None) => "SURVIVED".to_owned(),
            };
            [place, change, why, String::new(), format!("\n {total}")]
        }
    }
}

/// What the checker found by itself; what a scenario says is long, and the rule says it too.
fn finding(message: &str) -> String {
    let found = message.split_once(": ").filter(|(finding, _)| finding.len() <= "data race".len());
    found.map_or(String::new(), |(finding, _)| format!(", {finding}"))
}

/// Writes the list for programs.
pub(super) fn write(verdicts: &[Verdict<'_>]) -> Result<(), String> {
    let path = worlds::target()?.join("models").join("mutants.json");
    let objects: Vec<_> = verdicts.iter().map(object).collect();
    let text = serde_json::to_string_pretty(&objects).map_err(|error| error.to_string())?;
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::write(&path, text + "\n")).map_err(|error| format!("{}: {error}", path.display()))
}

fn object(verdict: &Verdict<'_>) -> Value {
    let mutant = verdict.mutant;
    let kill = if let Fate::Killed(kill) = &verdict.end { Some(kill) } else { None };
    json!({
        "site": mutant.site.to_string(),
        "from": mutant.site.ordering,
        "to": format!("{:?}", mutant.weakening.to),
        "killed": kill.is_some(),
        "by": kill.map(|kill| format!("{} {}", kill.scenario, kill.rule)),
        "executions": kill.map_or(verdict.executions, |kill| kill.execution),
        "bound": kill.map(|kill| format!("size {}, {}", kill.size, words(kill.bound))),
        "unmodelled": verdict.unmodelled.map(|unmodelled| unmodelled.reason),
        // Beyond what is asked for.
        "executions_tried": verdict.executions,
        "replay": kill.map(|kill| format!("cargo models --replay {} --mutant {}", kill.token, mutant.weakening)),
    })
}

fn words(bound: Bound) -> String {
    match bound {
        Bound::Full => "every interleaving".to_owned(),
        Bound::Preemptions(most) => format!("every interleaving of at most {most} preemptions"),
    }
}

/// Prints how to see each kill, if they are few, and the last line; true if every mutant is killed or known to be unmodelled.
pub(super) fn print_summary(verdicts: &[Verdict<'_>], took: Duration) -> bool {
    let kills = verdicts.iter().filter_map(|verdict| match &verdict.end {
        Fate::Killed(kill) => Some((kill, &verdict.mutant.weakening)),
        _ => None,
    });
    let commands: Vec<_> =
        kills.map(|(kill, weakening)| format!("cargo models --replay {} --mutant {weakening}", kill.token)).collect();
    let shown = if verdicts.len() <= FEW { &commands[..] } else { commands.get(..1).unwrap_or_default() };
    shown.iter().for_each(|command| println!("{command}"));
    let wrong = verdicts.iter().filter(|verdict| !verdict.is_as_it_should_be()).count();
    let unmodelled = verdicts.iter().filter(|verdict| !verdict.is_killed() && verdict.unmodelled.is_some()).count();
    let executions: u64 = verdicts.iter().map(|verdict| verdict.executions).sum();
    let (all, seconds) = (verdicts.len(), took.as_secs_f64());
    let (killed, verdict) = (commands.len(), if wrong == 0 { "passed".to_owned() } else { format!("{wrong} FAILED") });
    println!(
        "{all} weaker orderings, {killed} killed, {unmodelled} unmodelled, {executions} executions, {seconds:.1} s: {verdict}"
    );
    wrong == 0
}

/// So few mutants get a command each.
const FEW: usize = 6;
