//! What became of the faults: a table for people, and `target/models/faults.json` for programs.

use std::fs;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

use crate::audit::End;
use crate::job::Token;
use crate::record::Failure;

use super::super::table::bound;
use super::super::worlds;
use super::Tried;

/// Prints the table, then those that were not caught, then the summary.
pub(super) fn print(tried: &[Tried]) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["fault", "rule", "scenario", "caught by", "executions"]);
    for tried in tried {
        let executions = tried.explored.executions.to_string();
        table.add_row([&tried.fault.id, &tried.fault.rule, &tried.fault.scenario, &by(tried), &executions]);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if index == 4 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!();
    table.to_string().lines().for_each(|line| println!("{}", line.trim_end()));
    tried.iter().filter(|tried| !tried.is_caught()).for_each(print_missed);
    let caught = tried.iter().filter(|tried| tried.is_caught()).count();
    println!("\n{caught} of {} seeded faults caught by the rule that they break", tried.len());
}

/// The run that was to catch it, in short.
pub(super) fn run(tried: &Tried) -> String {
    format!("{} {}", tried.run.engine, bound(&tried.explored.job))
}

fn by(tried: &Tried) -> String {
    let run = run(tried);
    match tried.observed() {
        Some(_) if tried.is_caught() => run,
        Some(other) => format!("BY {other}: {run}"),
        None => format!("MISSED: {run}"),
    }
}

fn print_missed(tried: &Tried) {
    let fault = &tried.fault;
    println!("\nNOT CAUGHT {} (src/{}): {}", fault.id, fault.file, fault.about);
    print!("  {} has to break {}", fault.scenario, fault.rule);
    match &tried.explored.end {
        End::Failed(failure) => {
            println!(", it broke {}: {}", failure.rule, failure.message.lines().next().unwrap_or_default());
            println!("\n  {}", replay(tried, failure));
        }
        End::Done => println!(", it passed"),
        End::Capped(executions) => println!(", it passed {executions} executions, which took too long"),
        End::Died(why) => println!(", its worker died: {why}"),
    }
}

/// The command that shows the failing execution step by step.
fn replay(tried: &Tried, failure: &Failure) -> String {
    format!("cargo models --replay {} --fault {}", Token::of(&tried.explored.job, failure), tried.fault.id)
}

/// Writes `target/models/faults.json`.
pub(super) fn write(tried: &[Tried]) -> Result<(), String> {
    let folder = worlds::target()?.join("models");
    let path = folder.join("faults.json");
    let objects: Vec<_> = tried.iter().map(object).collect();
    let text = serde_json::to_string_pretty(&objects).map_err(|error| error.to_string())?;
    let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, text + "\n"));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

fn object(tried: &Tried) -> Value {
    let failure = if let End::Failed(failure) = &tried.explored.end { Some(failure) } else { None };
    json!({
        "id": tried.fault.id,
        "rule": tried.fault.rule,
        "caught": tried.is_caught(),
        "by": format!("{} {}", tried.fault.scenario, run(tried)),
        "executions": tried.explored.executions,
        // Beyond what is asked for.
        "expected": tried.fault.rule,
        "observed": tried.observed(),
        "seconds": tried.explored.seconds,
        "replay": failure.map(|failure| replay(tried, failure)),
    })
}
