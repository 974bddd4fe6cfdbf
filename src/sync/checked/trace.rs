//! What was done in an execution, step by step, and how the steps hang together: who wrote what was read, who woke whom, who
//! waited for what.
//!
//! Steps are numbered from 1. A step is recorded right after its operation. Both checkers switch threads right before an operation
//! and not after it, so the order of the record is the order of the operations, with one exception: a thread records that it
//! goes to sleep before it does, because it does not come back. What the checkers do in between is part of that sleep.

use std::panic::Location;

use super::super::engine::{self, thread::ThreadId};

/// One recorded operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// The actor.
    pub thread: String,
    /// What it did, with its memory ordering where it has one.
    pub operation: String,
    /// What it did that to: its kind and its number.
    pub object: String,
    /// Where that was made.
    pub made: String,
    /// The value read or written.
    pub value: String,
    /// The source line.
    pub at: String,
    /// How it concerns others.
    pub kind: Kind,
    /// The steps that it follows from, as its kind says. Several: it was one of them, and the record can't tell which.
    pub from: Vec<usize>,
    /// The newest store, if a load returned an older one.
    pub newer: Option<usize>,
    /// The step that began the stretch that this one ends.
    pub since: Option<usize>,
}

/// How a step concerns others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// It reads or writes. What it read was written by `from`; 0 is the initial value.
    #[default]
    Access,
    /// It takes a lock that `from` gave up.
    Locks,
    /// Its thread is blocked from here on.
    Blocks,
    /// Its thread goes on after having been blocked `since`, because of `from`.
    Resumes,
    /// It wakes who sleeps.
    Notifies,
    /// It starts the thread named by its value.
    Spawns,
    /// Its thread begins, spawned by `from`.
    Starts,
    /// Its thread ends.
    Ends,
    /// It has waited for a thread that ended with `from`.
    Joins,
}

/// What an operation does, as far as other steps may depend on it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Touch {
    /// Nothing of that sort.
    Nothing,
    /// Reads a value that may not be the newest.
    Load(usize),
    /// Reads the newest value.
    Newest(usize),
    /// Writes.
    Store(usize),
    /// Reads the newest value and writes another.
    Replace(usize, usize),
    /// Reads so many slots from one on.
    Read(usize, usize),
    /// Writes so many slots from one on.
    Write(usize, usize),
    /// Is about to wait for a lock, if that is held.
    Waits,
    /// Has taken a lock.
    Lock,
    /// Has given a lock up.
    Unlock,
    /// Falls asleep.
    Sleep,
    /// Wakes, notified or not.
    Wake(bool),
    /// Wakes one sleeper.
    Notify,
}

/// A name for the record: a kind and a number within the execution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object {
    kind: &'static str,
    number: usize,
}

impl Object {
    pub(super) const NONE: Self = Self { kind: "", number: 0 };
}

/// The record of one execution.
#[derive(Debug, Default)]
pub(super) struct Trace {
    steps: Vec<Step>,
    lanes: Vec<Lane>,
    /// How many objects there are, and what is known of them while steps are recorded.
    count: usize,
    objects: Vec<Known>,
    /// Calls of `lock` under way.
    calls: Vec<Call>,
}

#[derive(Debug)]
struct Lane {
    thread: ThreadId,
    name: String,
}

/// What is known of an object; which part of it depends on its kind.
#[derive(Debug)]
struct Known {
    made: &'static Location<'static>,
    /// Values and the steps that wrote them, oldest first.
    writes: Vec<(usize, usize)>,
    /// The newest write that each lane has met, as an index.
    met: Vec<(usize, usize)>,
    /// The last step that wrote each slot.
    slots: Vec<usize>,
    /// Whether the lock is held, and the step that gave it up last.
    is_held: bool,
    freed: usize,
    /// Notifications that woke nobody so far.
    notices: Vec<usize>,
    /// Lanes asleep, and since when.
    sleepers: Vec<(usize, usize)>,
}

#[derive(Debug)]
struct Call {
    lane: usize,
    object: Object,
    at: &'static Location<'static>,
    /// The step that says that it waits, if it had to.
    waits: Option<usize>,
}

/// Who did it, where.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) thread: ThreadId,
    pub(super) name: Option<String>,
    pub(super) at: &'static Location<'static>,
}

impl Trace {
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Numbers a new object; keeps what is needed to tell its steps if they are recorded.
    pub(super) fn object(&mut self, kind: &'static str, made: Option<&'static Location<'static>>) -> Object {
        self.count += 1;
        if let Some(made) = made {
            let (writes, met, slots, notices, sleepers) = Default::default();
            self.objects.push(Known { made, writes, met, slots, is_held: false, freed: 0, notices, sleepers });
        }
        Object { kind, number: self.count }
    }

    /// The object begins with that value.
    pub(super) fn holds(&mut self, object: Object, value: usize) {
        if let Some(known) = self.objects.get_mut(object.number.wrapping_sub(1)) {
            known.writes.push((value, 0));
        }
    }

    /// A step of no object: a thread begins, ends, starts or joins another.
    pub(super) fn of_threads(&mut self, site: &Site, kind: Kind, whom: &str, from: usize) -> usize {
        let operation = match kind {
            Kind::Spawns => "spawn",
            Kind::Joins => "join",
            Kind::Starts => "start",
            _ => "end",
        };
        let from = if from > 0 { vec![from] } else { Vec::new() };
        let step = Step { operation: operation.into(), value: whom.into(), kind, from, ..Step::default() };
        let lane = self.lane(site);
        self.push(lane, Object::NONE, site.at, step)
    }

    /// Records a step.
    pub(super) fn add(&mut self, site: &Site, object: Object, touch: Touch, told: (String, String)) {
        let lane = self.lane(site);
        let (operation, value) = told;
        let mut step = Step { operation, value, ..Step::default() };
        if let Some(known) = self.objects.get_mut(object.number.wrapping_sub(1)) {
            known.touch(self.steps.len() + 1, lane, touch, &mut step);
        }
        match touch {
            Touch::Waits => return self.calls_lock(lane, object, site.at, step),
            Touch::Lock => self.has_locked(lane, object, &mut step),
            _ => {}
        }
        self.push(lane, object, site.at, step);
        if let Touch::Lock = touch {
            self.others_wait(object);
        }
    }

    /// The lock of a sleeper is given up, or taken again, as part of the step recorded last.
    pub(super) fn lock_changes_hands(&mut self, object: Object, is_held: bool) {
        let number = self.steps.len();
        if let Some(known) = self.objects.get_mut(object.number.wrapping_sub(1)) {
            known.is_held = is_held;
            known.freed = if is_held { known.freed } else { number };
        }
        if is_held {
            self.others_wait(object);
        }
    }

    fn calls_lock(&mut self, lane: usize, object: Object, at: &'static Location<'static>, step: Step) {
        let is_held = self.objects.get(object.number.wrapping_sub(1)).is_some_and(|known| known.is_held);
        let waits = is_held.then(|| self.push(lane, object, at, Step { kind: Kind::Blocks, ..step }));
        self.calls.push(Call { lane, object, at, waits });
    }

    fn has_locked(&mut self, lane: usize, object: Object, step: &mut Step) {
        let call = self.calls.iter().position(|call| call.lane == lane && call.object.number == object.number);
        if let Some(Call { waits: Some(waits), .. }) = call.map(|call| self.calls.swap_remove(call)) {
            step.kind = Kind::Resumes;
            step.since = Some(waits);
        }
    }

    /// A lock was taken: whoever had called for it waits from now on.
    fn others_wait(&mut self, object: Object) {
        let calls = self.calls.iter().enumerate();
        let waiting = calls.filter(|(_, call)| call.object.number == object.number && call.waits.is_none());
        for index in waiting.map(|(index, _)| index).collect::<Vec<_>>() {
            let Call { lane, at, .. } = self.calls[index];
            let step = Step { operation: "wait for".into(), kind: Kind::Blocks, ..Step::default() };
            self.calls[index].waits = Some(self.push(lane, object, at, step));
        }
    }

    fn push(&mut self, lane: usize, object: Object, at: &'static Location<'static>, step: Step) -> usize {
        let known = self.objects.get(object.number.wrapping_sub(1));
        self.steps.push(Step {
            thread: self.lanes[lane].name.clone(),
            object: if object.kind.is_empty() { String::new() } else { format!("{}#{}", object.kind, object.number) },
            made: known.map(|known| known.made.to_string()).unwrap_or_default(),
            at: at.to_string(),
            ..step
        });
        self.steps.len()
    }

    /// The lane of a thread; threads of one name are told apart.
    fn lane(&mut self, site: &Site) -> usize {
        if let Some(lane) = self.lanes.iter().position(|lane| lane.thread == site.thread) {
            return lane;
        }
        let name = site.name.as_deref().unwrap_or("main");
        let taken = |name: &str| self.lanes.iter().any(|lane| lane.name == name);
        let numbered = (2..).map(|number| format!("{name}#{number}"));
        let name = std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name));
        self.lanes.push(Lane { thread: site.thread, name: name.unwrap_or_default() });
        self.lanes.len() - 1
    }
}

impl Known {
    /// Step number `number` does that: links it to the steps it follows from.
    fn touch(&mut self, number: usize, lane: usize, touch: Touch, step: &mut Step) {
        match touch {
            Touch::Nothing | Touch::Waits => {}
            Touch::Load(value) => self.read(lane, value, !engine::LOADS_MAY_BE_STALE, step),
            Touch::Newest(value) => self.read(lane, value, true, step),
            Touch::Store(value) => self.write(lane, value, number),
            Touch::Replace(before, after) => {
                self.read(lane, before, true, step);
                self.write(lane, after, number);
            }
            Touch::Read(at, len) => {
                step.from = self.slots.iter().skip(at).take(len).copied().collect();
                step.from.dedup();
            }
            Touch::Write(at, len) => {
                self.slots.resize(self.slots.len().max(at + len), 0);
                self.slots[at..at + len].fill(number);
            }
            Touch::Lock => {
                self.is_held = true;
                step.kind = Kind::Locks;
                step.from = if self.freed > 0 { vec![self.freed] } else { Vec::new() };
            }
            Touch::Unlock => (self.is_held, self.freed) = (false, number),
            Touch::Sleep => {
                step.kind = Kind::Blocks;
                self.sleepers.push((lane, number));
            }
            Touch::Wake(notified) => self.wake(lane, notified, step),
            Touch::Notify => {
                step.kind = Kind::Notifies;
                self.notices.push(number);
            }
        }
    }

    /// Who wrote the value that was read: found by the value. A thread never goes back behind what it has met (coherence); beyond
    /// that, several stores of one value can't be told apart unless it was the newest that was read.
    fn read(&mut self, lane: usize, value: usize, newest: bool, step: &mut Step) {
        let met = self.met.iter().find(|(of, _)| *of == lane).map_or(0, |(_, met)| *met);
        let indices = || (0..self.writes.len()).rev().filter(|index| self.writes[*index].0 == value);
        let mut candidates: Vec<_> = indices().take_while(|index| newest || *index >= met).collect();
        if candidates.is_empty() {
            candidates = indices().collect();
        }
        candidates.truncate(if newest { 1 } else { candidates.len() });
        candidates.reverse();
        if let (Some(first), Some(last)) = (candidates.first(), candidates.last()) {
            let is_newest = last + 1 == self.writes.len();
            step.newer = (!is_newest).then(|| self.writes.last().map_or(0, |(_, number)| *number));
            self.meet(lane, *first);
        }
        step.from = candidates.iter().map(|index| self.writes[*index].1).collect();
    }

    fn write(&mut self, lane: usize, value: usize, number: usize) {
        self.writes.push((value, number));
        self.meet(lane, self.writes.len() - 1);
    }

    fn meet(&mut self, lane: usize, write: usize) {
        match self.met.iter_mut().find(|(of, _)| *of == lane) {
            Some((_, met)) => *met = write.max(*met),
            None => self.met.push((lane, write)),
        }
    }

    fn wake(&mut self, lane: usize, notified: bool, step: &mut Step) {
        step.kind = Kind::Resumes;
        let Some(sleeper) = self.sleepers.iter().position(|(of, _)| *of == lane) else { return };
        let (_, since) = self.sleepers.swap_remove(sleeper);
        step.since = Some(since);
        if notified {
            step.from = self.notices.iter().copied().filter(|notice| *notice > since).collect();
            let used = step.from.first().copied();
            self.notices.retain(|notice| Some(*notice) != used);
        }
    }
}
