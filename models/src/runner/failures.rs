//! Failures, told so that a reader knows what happened and how to see it again.

use comfy_table::{ContentArrangement, Table, presets};

use crate::audit::End;
use crate::job::{Replay, Token};
use crate::record::{Failure, Step};

use super::table::{self, WIDTH};
use super::verdict::Row;

/// Steps shown of a long execution: the last ones.
const MAX_STEPS: usize = 200;

/// Prints everything that failed.
pub(super) fn print(rows: &[Row]) {
    for row in rows.iter().filter(|row| !row.passed()) {
        let job = &row.explored.job;
        println!("\nFAILED {} {} {}", job.scenario, job.engine, table::bound(job));
        match &row.explored.end {
            End::Failed(failure) => print_failure(row, failure),
            End::Capped(executions) => println!("  not explored to the end: {executions} executions"),
            End::Died(why) => println!("  {}", why.replace('\n', "\n  ")),
            End::Done => {}
        }
        for finding in &row.findings {
            println!("  audit, {}: {}", finding.check, finding.text);
        }
    }
}

/// Prints what was done in a replayed execution that broke no rule.
pub(super) fn print_steps_of_success(row: &Row) {
    if !row.explored.steps.is_empty() {
        println!("\n{}", steps(&row.explored.steps));
    }
}

fn print_failure(row: &Row, failure: &Failure) {
    println!("  {}: {}", failure.rule, failure.message.replace('\n', "\n  "));
    if !failure.at.is_empty() {
        println!("  noticed at {}", short(&failure.at));
    }
    let tape = if failure.tape == "-" { String::new() } else { format!(" of tape {}", failure.tape) };
    println!("  in execution {}{tape}", failure.execution);
    if !failure.steps.is_empty() {
        print!("\n{}", steps(&failure.steps));
    }
    println!("\n  cargo models --replay {}", token(row, failure));
}

fn token(row: &Row, failure: &Failure) -> Token {
    let job = &row.explored.job;
    let replay = Replay { scheduler: failure.scheduler, tape: failure.tape.clone(), execution: failure.execution };
    Token {
        scenario: job.scenario.clone(),
        engine: job.engine,
        size: job.size,
        bound: job.bound,
        seed: failure.seed,
        replay,
    }
}

/// The steps of an execution, one line each.
fn steps(steps: &[Step]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table.set_header(["", "thread", "operation", "object", "value", "at"]);
    let skipped = steps.len().saturating_sub(MAX_STEPS);
    for (number, step) in steps.iter().enumerate().skip(skipped) {
        let Step { thread, operation, object, value, at } = step;
        let number = (number + 1).to_string();
        table.add_row([&number, thread, operation, object, value, short(at)]);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    let mut text = if skipped > 0 { format!("  ({skipped} steps before)\n") } else { String::new() };
    text.extend(table.to_string().lines().map(|line| format!("  {}\n", line.trim_end())));
    text
}

/// File and line: without the column, and without the way to a dependency's folder.
fn short(at: &str) -> &str {
    let at = match at.split_once("/registry/src/").and_then(|(_, rest)| rest.split_once('/')) {
        Some((_, inside)) => inside,
        None => at,
    };
    match at.rsplit_once(':') {
        Some((place, _)) if place.contains(':') => place,
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_fit_the_terminal() {
        let step = Step {
            thread: "producer".into(),
            operation: "exchange AcqRel fails".into(),
            object: "atomic#12".into(),
            value: "0x10 not 0x12".into(),
            at: "src/buffer/cursor.rs:123:45".into(),
        };
        let text = steps(&vec![step; 300]);
        assert!(text.lines().all(|line| line.chars().count() <= 82), "{text}");
        assert!(text.contains("100 steps before"));
    }

    #[test]
    fn places_are_short() {
        assert_eq!(short("src/a.rs:12:5"), "src/a.rs:12");
        assert_eq!(short("/home/me/.cargo/registry/src/index-1a2b/loom-0.7.2/src/a.rs:1:2"), "loom-0.7.2/src/a.rs:1");
        assert_eq!(short(""), "");
    }
}
