//! Failures, told so that a reader knows what happened and how to see it again.

use std::fs;
use std::path::Path;

use crate::audit::{End, Explored};
use crate::job::{Job, Token};
use crate::record::Failure;

use super::story::{self, Story, short};
use super::verdict::Row;
use super::{table, worlds};

/// Prints everything that failed; `switched` is what a replay needs besides its token, `root` the workspace whose lines are named.
pub(super) fn print(rows: &[Row], switched: &str, root: &Path) {
    for row in rows.iter().filter(|row| !row.passed()) {
        let job = &row.explored.job;
        println!("\nFAILED {} {} {}", job.scenario, job.engine, table::bound(job));
        match &row.explored.end {
            End::Failed(failure) => print_failure(row, failure, switched, root),
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
pub(super) fn tell_success(explored: &Explored, root: &Path) {
    let job = &explored.job;
    if !explored.steps.is_empty() {
        let title = format!("{} {} {}", job.scenario, job.engine, table::bound(job));
        tell(job, &Story::of(&explored.steps, None, root), &title, root);
    }
}

/// Prints the steps and draws them.
fn tell(job: &Job, story: &Story, title: &str, root: &Path) {
    story::print(story);
    if worlds::root().is_ok_and(|own| own != root) {
        println!("  lines are those of the copy in {}", in_workspace(root));
    }
    match picture(job, story, title) {
        Ok(path) => println!("  drawn: {path}"),
        Err(error) => println!("  not drawn: {error}"),
    }
}

fn print_failure(row: &Row, failure: &Failure, switched: &str, root: &Path) {
    println!("  {}: {}", failure.rule, failure.message.replace('\n', "\n  "));
    if !failure.at.is_empty() {
        println!("  noticed at {}", short(&failure.at));
    }
    let tape = if failure.tape == "-" { String::new() } else { format!(" of tape {}", failure.tape) };
    println!("  in execution {}{tape}", failure.execution);
    if !failure.steps.is_empty() {
        let story = Story::of(&failure.steps, Some(failure), root);
        tell(&row.explored.job, &story, &Token::of(&row.explored.job, failure).to_string(), root);
    }
    println!("\n  cargo models --replay {}{switched}", Token::of(&row.explored.job, failure));
}

/// Writes the picture of an execution; says where it is.
fn picture(job: &Job, story: &Story, title: &str) -> Result<String, String> {
    let name = format!("{}-{}.svg", job.scenario.replace('/', "-"), job.engine);
    let folder = worlds::target()?.join("models").join("failures");
    let path = folder.join(name);
    let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, story::draw(story, title, true)));
    written.map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(in_workspace(&path))
}

fn in_workspace(path: &Path) -> String {
    let root = worlds::root().unwrap_or_default();
    path.strip_prefix(&root).unwrap_or(path).display().to_string()
}
