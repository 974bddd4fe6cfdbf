//! Failures, told so that a reader knows what happened and how to see it again.

use std::fs;

use crate::audit::{End, Explored};
use crate::job::{Job, Replay, Token};
use crate::record::{Failure, Step};

use super::story::{self, Story, short};
use super::verdict::Row;
use super::{table, worlds};

/// Prints everything that failed; `switched` is what a replay needs besides its token.
pub(super) fn print(rows: &[Row], switched: &str) {
    for row in rows.iter().filter(|row| !row.passed()) {
        let job = &row.explored.job;
        println!("\nFAILED {} {} {}", job.scenario, job.engine, table::bound(job));
        match &row.explored.end {
            End::Failed(failure) => print_failure(row, failure, switched),
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
pub(super) fn tell_success(explored: &Explored) {
    let job = &explored.job;
    if !explored.steps.is_empty() {
        tell(job, &explored.steps, None, &format!("{} {} {}", job.scenario, job.engine, table::bound(job)));
    }
}

/// Prints the steps and draws them.
fn tell(job: &Job, steps: &[Step], failure: Option<&Failure>, title: &str) {
    let story = Story::of(steps, failure);
    story::print(&story);
    match picture(job, &story, title) {
        Ok(path) => println!("  drawn: {path}"),
        Err(error) => println!("  not drawn: {error}"),
    }
}

fn print_failure(row: &Row, failure: &Failure, switched: &str) {
    println!("  {}: {}", failure.rule, failure.message.replace('\n', "\n  "));
    if !failure.at.is_empty() {
        println!("  noticed at {}", short(&failure.at));
    }
    let tape = if failure.tape == "-" { String::new() } else { format!(" of tape {}", failure.tape) };
    println!("  in execution {}{tape}", failure.execution);
    if !failure.steps.is_empty() {
        tell(&row.explored.job, &failure.steps, Some(failure), &token(row, failure).to_string());
    }
    println!("\n  cargo models --replay {}{switched}", token(row, failure));
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

/// Writes the picture of an execution; says where it is.
fn picture(job: &Job, story: &Story, title: &str) -> Result<String, String> {
    let name = format!("{}-{}.svg", job.scenario.replace('/', "-"), job.engine);
    let folder = worlds::target()?.join("models").join("failures");
    let path = folder.join(name);
    let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, story::draw(story, title, true)));
    written.map_err(|error| format!("{}: {error}", path.display()))?;
    let root = worlds::root()?;
    Ok(path.strip_prefix(&root).unwrap_or(&path).display().to_string())
}
