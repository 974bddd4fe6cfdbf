//! Judges what was explored: what failed, what was audited, what passed.

use crate::audit::{self, End, Explored, Finding};
use crate::scenario::{Bound, Engine, Scenario};

use super::plan::Planned;

/// A line of the table, and an object of the report.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) scenario: &'static Scenario,
    pub(super) explored: Explored,
    /// Checks that failed.
    pub(super) findings: Vec<Finding>,
    /// Whether outcomes were compared, and everything else that there is to check was.
    pub(super) audit: Audit,
}

/// Whether an exploration was audited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Audit {
    /// By comparison with the other exhaustive engine, at this very size; depth-first search went so far.
    Compared(Bound),
    /// No; why not, in short and at length.
    Not(String, String),
}

impl Audit {
    fn differ() -> Self {
        Self::Not("differ".to_owned(), "loom missed an outcome that shuttle saw".to_owned())
    }

    /// What a comparison with this exploration of shuttle shows, if it found nothing: random schedules are no audit.
    fn by(shuttle: &Explored) -> Option<Self> {
        shuttle.is_complete().then_some(Self::Compared(shuttle.job.bound))
    }
}

impl Row {
    /// Whether no execution broke a rule, and nothing was left out.
    pub(super) fn ended_well(&self) -> bool {
        self.explored.end == End::Done
    }

    /// Whether the exploration passed in every respect.
    pub(super) fn passed(&self) -> bool {
        self.ended_well() && self.findings.is_empty()
    }
}

/// Judges each exploration by itself, and compares those that can be compared.
pub(super) fn judge(planned: &[Planned], explored: Vec<Explored>) -> Vec<Row> {
    let mut rows: Vec<_> = planned
        .iter()
        .zip(explored)
        .map(|(planned, explored)| {
            let scenario = planned.scenario;
            // One execution proves nothing, and is not meant to.
            let is_replay = explored.job.replay.is_some();
            let findings = if is_replay { Vec::new() } else { audit::check(scenario, &explored) };
            let audit = not_compared(scenario, &explored);
            Row { scenario, explored, findings, audit }
        })
        .collect();
    for loom in 0..rows.len() {
        for shuttle in 0..rows.len() {
            if audit::is_pair(&rows[loom].explored, &rows[shuttle].explored) {
                settle(&mut rows, loom, shuttle);
            }
        }
    }
    rows
}

/// Compares two rows.
fn settle(rows: &mut [Row], loom: usize, shuttle: usize) {
    let findings = audit::compare(&rows[loom].explored, &rows[shuttle].explored);
    if !findings.is_empty() {
        rows[loom].findings.extend(findings);
        rows[loom].audit = Audit::differ();
        rows[shuttle].audit = Audit::differ();
    } else if let Some(audit) = Audit::by(&rows[shuttle].explored) {
        // The rows come in the order of their bounds: everything before something.
        if !matches!(rows[loom].audit, Audit::Compared(_)) && rows[loom].passed() {
            rows[loom].audit = audit.clone();
        }
        rows[shuttle].audit = audit;
    }
}

fn not_compared(scenario: &Scenario, explored: &Explored) -> Audit {
    let job = &explored.job;
    if let Some(scripts) = explored.scripts() {
        return Audit::Not(
            format!("{scripts} scripts"),
            format!("{scripts} scripts, drawn by proptest: nothing complete to compare"),
        );
    }
    let (short, long) = match (job.engine, job.bound) {
        (Engine::Portfolio | Engine::Stress, _) => ("drawn", "drawn at random: nothing complete to compare".to_owned()),
        (_, Bound::Preemptions(preemptions)) => {
            ("bounded", format!("bounded to {preemptions} preemptions: incomplete by intention"))
        }
        _ if !explored.is_complete() => ("no", "the exploration did not complete".to_owned()),
        _ if job.size == scenario.audit => ("no", "the other engine did not complete, or was not run".to_owned()),
        _ => ("", String::new()),
    };
    if short.is_empty() {
        let short = format!("at n={}", scenario.audit);
        let long = format!("compared with depth-first search at size {} only", scenario.audit);
        return Audit::Not(short, long);
    }
    Audit::Not(short.to_owned(), long)
}

/// Prints the last line; true if everything passed.
pub(super) fn print_summary(rows: &[Row]) -> bool {
    let failed = rows.iter().filter(|row| !row.passed()).count();
    let executions: u64 = rows.iter().map(|row| row.explored.executions).sum();
    let mut scenarios: Vec<_> = rows.iter().map(|row| row.scenario.name).collect();
    scenarios.dedup();
    if !rows.is_empty() {
        let verdict = if failed == 0 { "all passed".to_owned() } else { format!("{failed} FAILED") };
        let (scenarios, explorations) = (scenarios.len(), rows.len());
        println!("{scenarios} scenarios, {explorations} explorations, {executions} executions: {verdict}");
    }
    failed == 0
}

/// Waits that no spurious wake-up was tried in, where the scenario tries some: `(tried, of)`.
pub(super) fn spurious_left_out(row: &Row) -> Option<(u32, u32)> {
    let waits = audit::natural_waits(&row.explored);
    let exhaustive = row.explored.job.engine.is_exhaustive();
    (exhaustive && waits > row.scenario.spurious).then_some((row.scenario.spurious, waits))
}
