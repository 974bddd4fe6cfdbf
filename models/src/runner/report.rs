//! `target/models/report.json`: the table for programs, and the runner's memory of what takes long.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::audit::End;
use crate::job::{Job, Scheduler};
use crate::record::Tally;
use crate::scenario::{Bound, Engine};

use super::cli::Options;
use super::verdict::{self, Audit, Row};
use super::worlds;

/// What the runner reads back.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    key: String,
    seconds: f64,
}

/// Writes the report.
pub(super) fn write(rows: &[Row], options: &Options) -> Result<(), String> {
    let path = path()?;
    let objects: Vec<_> = rows.iter().map(|row| object(row, options.seed())).collect();
    let text = serde_json::to_string_pretty(&objects).map_err(|error| error.to_string())?;
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::write(&path, text + "\n")).map_err(|error| format!("{}: {error}", path.display()))
}

/// How long each job took when a report was last written; empty if none was.
pub(super) fn last_seconds() -> HashMap<String, f64> {
    let text = path().and_then(|path| fs::read_to_string(path).map_err(|error| error.to_string()));
    let remembered: Vec<Remembered> = text.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    remembered.into_iter().map(|remembered| (remembered.key, remembered.seconds)).collect()
}

/// What tells jobs apart from one run to the next.
pub(super) fn key(job: &Job) -> String {
    format!("{}:{}:{}:{}", job.scenario, job.engine, job.size, job.bound)
}

fn path() -> Result<PathBuf, String> {
    Ok(worlds::target()?.join("models").join("report.json"))
}

fn object(row: &Row, seed: u64) -> Value {
    let explored = &row.explored;
    let job = &explored.job;
    let drawn = !job.engine.is_exhaustive();
    json!({
        "scenario": job.scenario,
        "rules": row.scenario.rules,
        "engine": job.engine.to_string(),
        "bound": bound(row),
        "complete": explored.is_complete(),
        "executions": explored.executions,
        "seconds": explored.seconds,
        "outcomes": explored.outcomes(),
        "witnesses": explored.witnesses(),
        "audited": matches!(row.audit, Audit::Compared(_)) && row.passed(),
        "passed": row.passed(),
        // Beyond what is asked for.
        "compared": compared(&row.audit),
        "key": key(job),
        "size": job.size,
        "tapes": explored.tallies.len(),
        "schedulers": schedulers(&explored.tallies),
        "seed": drawn.then(|| format!("{seed:x}")),
        "reason": reason(row),
    })
}

/// Executions of each scheduler of the portfolio, and how many different outcomes it has seen.
fn schedulers(tallies: &[Tally]) -> Value {
    let of = |scheduler: Scheduler| {
        let own = tallies.iter().filter(|tally| tally.scheduler == Some(scheduler));
        let executions: u64 = own.clone().map(|tally| tally.executions).sum();
        let outcomes: BTreeSet<_> = own.flat_map(|tally| tally.outcomes.keys()).collect();
        (executions > 0).then(|| (scheduler.to_string(), json!({"executions": executions, "outcomes": outcomes.len()})))
    };
    Scheduler::ALL.into_iter().filter_map(of).collect::<serde_json::Map<_, _>>().into()
}

/// The bound in words.
fn bound(row: &Row) -> String {
    let job = &row.explored.job;
    let mut text = match (job.engine, job.bound) {
        (Engine::Portfolio, _) => format!("size {}, schedules drawn at random, 5 schedulers", job.size),
        (Engine::Stress, _) => format!("size {}, real threads for {} ms", job.size, job.budget.milliseconds),
        (_, Bound::Full) => format!("size {}, every interleaving", job.size),
        (_, Bound::Preemptions(most)) => format!("size {}, every interleaving of at most {most} preemptions", job.size),
    };
    if let Some((tried, waits)) = verdict::spurious_left_out(row) {
        text.push_str(&format!(", spurious wake-ups in {tried} of {waits} waits"));
    }
    text
}

/// How far the depth-first search went that loom was compared with.
fn compared(audit: &Audit) -> Option<String> {
    match audit {
        Audit::Compared(bound) => Some(bound.to_string()),
        Audit::Not(..) => None,
    }
}

/// Why it did not pass, or why it was not audited.
fn reason(row: &Row) -> Option<String> {
    let mut reasons: Vec<_> =
        row.findings.iter().map(|finding| format!("{}: {}", finding.check, finding.text)).collect();
    match &row.explored.end {
        End::Failed(failure) => reasons.push(format!("{}: {}", failure.rule, failure.message)),
        End::Died(why) => reasons.push(why.clone()),
        End::Capped(_) | End::Done => {}
    }
    if let (true, Audit::Not(_, why)) = (reasons.is_empty(), &row.audit) {
        reasons.push(why.clone());
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Explored;
    use crate::runner::plan::{self, Planned};
    use crate::scenario::{Cx, Run, Scenario};

    const SCENARIO: Scenario = Scenario::new("test/report", &["RING-1"], "None.", |_: &Cx| String::new());

    fn rows() -> Vec<Row> {
        let budget = plan::budget_of_replay();
        let planned = [Run::loom(1, crate::scenario::Level::Quick), Run::dfs(1, crate::scenario::Level::Quick)]
            .map(|run| Planned { scenario: &SCENARIO, job: plan::job(&SCENARIO, run, 1, budget), is_to_fail: false });
        let tally = Tally { executions: 4, actors: 2, outcomes: [("a".into(), 3)].into(), ..Tally::default() };
        let explored = planned.iter().map(|planned| Explored {
            job: planned.job.clone(),
            end: End::Done,
            tallies: vec![tally.clone()],
            steps: Vec::new(),
            executions: 4,
            seconds: 0.5,
        });
        verdict::judge(&planned, explored.collect())
    }

    #[test]
    fn an_object_has_every_field_that_is_promised() {
        let object = object(&rows()[0], 1);
        for field in [
            "scenario",
            "rules",
            "engine",
            "bound",
            "complete",
            "executions",
            "seconds",
            "outcomes",
            "witnesses",
            "audited",
            "passed",
        ] {
            assert!(object.get(field).is_some(), "{field}");
        }
        assert_eq!(object["complete"], true);
        assert_eq!(object["audited"], true);
        assert_eq!(object["reason"], Value::Null);
    }

    #[test]
    fn what_is_written_is_remembered() {
        let objects: Vec<_> = rows().iter().map(|row| object(row, 1)).collect();
        let text = serde_json::to_string(&objects).unwrap();
        let remembered: Vec<Remembered> = serde_json::from_str(&text).unwrap();
        assert_eq!(remembered[0].key, "test/report:loom:1:full");
        assert_eq!(remembered[1].seconds, 0.5);
    }
}
