//! An execution as it is told to people: its steps without those that say nothing, with names for what they touch, and with
//! what they follow from.
//!
//! | file | what it is |
//! |---|---|
//! | this | which steps are told, and what is said beside them |
//! | `names.rs` | names for objects, from the source lines that made them |
//! | `text.rs` | the step table and the space-time diagram of a terminal |
//! | `picture.rs` | the space-time diagram as SVG |

mod fold;
mod names;
mod picture;
mod text;

use std::path::Path;

use crate::record::{Failure, Kind, Step};

use names::Names;

pub(super) use picture::draw;
pub(super) use text::print;

/// What is told about an execution.
#[derive(Debug)]
pub(super) struct Story {
    /// The threads that have a lane: all but a main thread that only spawns and joins.
    lanes: Vec<String>,
    rows: Vec<Row>,
    /// Which lanes have come to their end.
    ended: Vec<bool>,
    /// What the steps touch: name, kind, where it was made, who touches it.
    objects: Vec<[String; 4]>,
    /// The rule that was broken, and how.
    verdict: Option<String>,
}

/// A line of the table and of the diagram.
#[derive(Debug)]
enum Row {
    Step(Box<Told>),
    /// Steps of which only a summary is given.
    Fold {
        first: usize,
        last: usize,
        /// The lane, if they are all of one thread that has one.
        lane: Option<usize>,
        /// Whose steps they are, if the text does not say so.
        thread: String,
        text: String,
        /// Only in the table.
        is_aside: bool,
    },
}

impl Row {
    fn lane(&self) -> Option<usize> {
        match self {
            Self::Step(told) => told.lane,
            Self::Fold { lane, .. } => *lane,
        }
    }
}

/// A step, as it is told.
#[derive(Clone, Debug)]
struct Told {
    number: usize,
    /// The last of several steps that are told as one.
    last: usize,
    /// The lane, if the thread has one.
    lane: Option<usize>,
    thread: String,
    operation: String,
    object: String,
    value: String,
    at: String,
    kind: Kind,
    /// The steps that it follows from.
    from: Vec<usize>,
    since: Option<usize>,
    /// What is to be said about how it hangs together with others.
    note: String,
    /// A load that returned an old value.
    is_stale: bool,
    /// A notification, or a lock, that is met by nobody; a wait that does not end.
    is_vain: bool,
    /// The step that broke the rule.
    is_wrong: bool,
}

impl Story {
    /// The story of these steps, and of the failure that they ended in; names are read in the workspace at `root`.
    pub(super) fn of(steps: &[Step], failure: Option<&Failure>, root: &Path) -> Self {
        let names = Names::of(steps, root);
        let folded = fold::fold(steps, failure.is_some_and(|failure| failure.thread == fold::MAIN));
        let lanes = fold::lanes(steps, &folded);
        let wrong =
            failure.and_then(|failure| (1..=steps.len()).rev().find(|step| steps[step - 1].thread == failure.thread));
        let teller = Teller { steps, names: &names, folded: &folded, lanes: &lanes, wrong, failure };
        let rows: Vec<_> = folded.iter().map(|row| teller.row(row)).collect();
        let verdict = failure.map(|failure| {
            let left = if failure.thread.is_empty() { teller.left_blocked() } else { String::new() };
            format!("{}: {}{left}", failure.rule, in_short(&failure.message))
        });
        let objects = names.legend(steps);
        let ends = |lane: &String| steps.iter().any(|step| step.kind == Kind::Ends && step.thread == *lane);
        let ended = lanes.iter().map(ends).collect();
        Self { rows, ended, objects, verdict, lanes }
    }

    fn told(&self) -> impl Iterator<Item = (usize, &Told)> {
        self.rows.iter().enumerate().filter_map(|(index, row)| match row {
            Row::Step(told) => Some((index, &**told)),
            _ => None,
        })
    }

    /// The row that tells a step.
    fn row_of(&self, number: usize) -> Option<usize> {
        self.told().find(|(_, told)| (told.number..=told.last).contains(&number)).map(|(index, _)| index)
    }

    /// The rows in which a lane is alive: from its first to its last, or to the end of the story.
    fn life(&self, lane: usize) -> (usize, usize) {
        let own = || (0..self.rows.len()).filter(|row| self.rows[*row].lane() == Some(lane));
        let last = if self.ended[lane] { own().next_back() } else { None };
        (own().next().unwrap_or(0), last.unwrap_or(self.rows.len()))
    }

    /// The stretches of rows in which a lane is blocked; the last may be without an end.
    fn blocked(&self, lane: usize) -> Vec<(usize, Option<usize>)> {
        let own = || self.told().filter(|(_, told)| told.lane == Some(lane));
        let begins = own().filter(|(_, told)| told.kind == Kind::Blocks);
        let end = |number: usize| own().find(|(_, told)| told.since == Some(number)).map(|(index, _)| index);
        begins.map(|(index, told)| (index, end(told.number))).collect()
    }
}

struct Teller<'a> {
    steps: &'a [Step],
    names: &'a Names,
    folded: &'a [fold::Folded],
    lanes: &'a [String],
    wrong: Option<usize>,
    failure: Option<&'a Failure>,
}

impl Teller<'_> {
    fn row(&self, row: &fold::Folded) -> Row {
        match row {
            fold::Folded::Step(number) => Row::Step(Box::new(self.told(*number))),
            fold::Folded::LockAndUnlock(number) => {
                let told = self.told(*number);
                Row::Step(Box::new(Told { operation: "lock, unlock".into(), last: number + 1, ..told }))
            }
            fold::Folded::Own(first, last) => self.own(*first, *last),
            fold::Folded::Steps { first, last, text, is_aside } => {
                // An actor that spawns another has a lane; the text says who it is all the same.
                let (lane, thread) = (self.lane_of_all(*first, *last), String::new());
                Row::Fold { first: *first, last: *last, lane, thread, text: text.clone(), is_aside: *is_aside }
            }
        }
    }

    /// Steps of one thread on what it alone touches.
    fn own(&self, first: usize, last: usize) -> Row {
        let steps = &self.steps[first - 1..last];
        let mut objects: Vec<_> = steps.iter().map(|step| self.names.of_object(&step.object)).collect();
        objects.sort_unstable();
        objects.dedup();
        let thread = steps[0].thread.clone();
        let text = format!("{} steps on its own {}", steps.len(), objects.join(", "));
        Row::Fold { first, last, lane: self.lane(&thread), thread, text, is_aside: false }
    }

    /// The lane of a thread whose steps these are, unless somebody else's are among them.
    fn lane_of_all(&self, first: usize, last: usize) -> Option<usize> {
        let steps = &self.steps[first - 1..last];
        let thread = &steps.first()?.thread;
        let is_one = thread != fold::MAIN && steps.iter().all(|step| step.thread == *thread);
        self.lane(thread).filter(|_| is_one)
    }

    fn lane(&self, thread: &str) -> Option<usize> {
        self.lanes.iter().position(|lane| lane == thread)
    }

    fn told(&self, number: usize) -> Told {
        let step = &self.steps[number - 1];
        let is_vain = self.is_vain(number);
        Told {
            number,
            last: number,
            lane: self.lane(&step.thread),
            thread: step.thread.clone(),
            operation: step.operation.clone(),
            object: self.names.of_object(&step.object),
            value: self.names.of_value(&step.object, &step.value),
            // What the facade does by itself, as giving up a lock at the end of a scope, has no line of its own.
            at: if step.at.starts_with(names::FACADE) { String::new() } else { short(&step.at).to_owned() },
            kind: step.kind,
            from: step.from.clone(),
            since: step.since,
            note: self.note(step, number, is_vain),
            is_stale: step.newer.is_some() && step.kind == Kind::Access && !step.operation.starts_with("exchange"),
            is_vain,
            is_wrong: self.wrong == Some(number),
        }
    }

    /// Who is blocked at the end of a deadlock, since when, and whether anybody tried to change that.
    fn left_blocked(&self) -> String {
        let blocked = (1..=self.steps.len())
            .filter(|number| self.steps[number - 1].kind == Kind::Blocks && self.is_vain(*number));
        let told = blocked.map(|number| {
            let Step { thread, operation, object, .. } = &self.steps[number - 1];
            let notifies = |step: &Step| step.kind == Kind::Notifies && step.object == *object;
            let never = operation == "sleep" && !self.steps.iter().any(notifies);
            format!("{thread} since {number}{}", if never { ", never notified" } else { "" })
        });
        let told: Vec<_> = told.collect();
        if told.is_empty() { String::new() } else { format!(": {}", told.join("; ")) }
    }

    /// A notification that woke nobody, a wait that did not end.
    fn is_vain(&self, number: usize) -> bool {
        match self.steps[number - 1].kind {
            Kind::Notifies => !self.steps.iter().any(|step| step.from.contains(&number)),
            Kind::Blocks => !self.steps.iter().any(|step| step.since == Some(number)),
            _ => false,
        }
    }

    fn note(&self, step: &Step, number: usize, is_vain: bool) -> String {
        let from = self.sources(step);
        match step.kind {
            Kind::Access if from.is_empty() => String::new(),
            Kind::Access => match step.newer {
                Some(newer) => format!("\u{2190}{from}, stale: {newer} is newer"),
                None => format!("\u{2190}{from}"),
            },
            Kind::Locks | Kind::Joins if !from.is_empty() => format!("after {from}"),
            Kind::Resumes => {
                let since = step.since.map(|since| format!("since {since}")).unwrap_or_default();
                if from.is_empty() { since } else { format!("{since}, by {from}") }
            }
            Kind::Blocks if is_vain => self.failure.map_or("to the end", |failure| stuck(failure)).to_owned(),
            Kind::Notifies if is_vain => "wakes nobody".to_owned(),
            Kind::Notifies => format!("wakes {}", self.woken(number)),
            _ => String::new(),
        }
    }

    fn woken(&self, notify: usize) -> String {
        let woken = (1..=self.steps.len()).filter(|number| self.steps[number - 1].from.contains(&notify));
        woken.map(|number| number.to_string()).collect::<Vec<_>>().join(" or ")
    }

    /// The steps that a step follows from, by number, or by what they belong to.
    fn sources(&self, step: &Step) -> String {
        let setup = match self.folded.first() {
            Some(fold::Folded::Steps { last, .. }) => *last,
            _ => 0,
        };
        let source = |number: &usize| match *number {
            0 => "init".to_owned(),
            number if number <= setup => "setup".to_owned(),
            number => number.to_string(),
        };
        let mut sources: Vec<_> = step.from.iter().map(source).collect();
        sources.dedup();
        let between = if step.operation.ends_with("slots") { "+" } else { " or " };
        sources.join(between)
    }
}

/// How long somebody is blocked who still is when the execution ends with that failure.
fn stuck(failure: &Failure) -> &'static str {
    if failure.thread.is_empty() { "for ever" } else { "still" }
}

/// Without what a checker says of a deadlock beyond that it is one.
fn in_short(message: &str) -> &str {
    let line = message.lines().next().unwrap_or_default();
    if line.starts_with("deadlock") { line.split(':').next().unwrap_or(line) } else { line }
}

/// File and line: without the column, and without the way to a dependency's folder.
pub(super) fn short(at: &str) -> &str {
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
mod tests;
