//! shuttle: every interleaving of sequentially consistent steps, or many random ones.

use std::sync::Arc;
use std::time::Duration;

use shuttle::scheduler::{DfsScheduler, PctScheduler, RandomScheduler, UrwRandomScheduler};
use shuttle::scheduler::{Schedule, Scheduler as Schedules, Task, TaskId};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use super::actors;
use crate::job::{Scheduler, World};
use crate::scenario::{Bound, Engine};
use crate::seed::{self, Random};
use crate::tape::Tape;
use crate::worker::{Block, Body, Session};

/// The world this is.
pub const WORLD: World = World::Shuttle;

/// Executions with one tape and one seed. A replay repeats those before the failing one, because URW and PCT
/// learn from them, so blocks are short.
const BLOCK: u64 = 250;

/// Steps in one execution. Far more than a scenario has that ends; an endless retry runs into it.
const MAX_STEPS: usize = 100_000;

/// shuttle's default of 60 KiB is short for a panic message.
const STACK_BYTES: usize = 256 * 1024;

/// Explores.
///
/// # Errors
/// If shuttle ran another number of executions than the harness saw.
pub fn run(session: &Arc<Session>) -> Result<(), String> {
    if session.job().engine == Engine::Dfs {
        let bound = session.job().bound;
        return session
            .explore_tapes(|body| check(MainFirst(Bounded::new(DfsScheduler::new(None, false), bound)), body));
    }
    let Some(replay) = &session.job().replay else {
        let only = session.job().scheduler;
        let mut chosen = Scheduler::ALL.into_iter().enumerate();
        return match only {
            Some(only) => {
                chosen.find(|(_, it)| *it == only).map_or(Ok(()), |(index, it)| blocks(session, it, index, 1.0))
            }
            None => chosen.try_for_each(|(index, scheduler)| {
                let share = (index + 1) as f64 / Scheduler::ALL.len() as f64;
                blocks(session, scheduler, index, share)
            }),
        };
    };
    let scheduler = replay.scheduler.ok_or("a replay names its scheduler")?;
    let block = Block { scheduler: Some(scheduler), seed: session.job().seed, tape: replay.tape.parse()? };
    explore(session, &block, replay.execution)
}

/// Runs blocks of one scheduler until its executions or its share of the time are spent: the portfolio is no
/// portfolio if one scheduler takes all the time. Where tapes are given, there is a block of each.
fn blocks(session: &Arc<Session>, scheduler: Scheduler, index: usize, share: f64) -> Result<(), String> {
    let scenario = session.scenario();
    let budget = session.job().budget.executions;
    let given = session.job().tapes()?;
    let count = if given.is_empty() { budget.div_ceil(BLOCK) } else { given.len() as u64 };
    for block in 0..count {
        let seed = seed::derive(session.job().seed, block * Scheduler::ALL.len() as u64 + index as u64);
        let draw = || Tape::draw(&mut Random::new(seed), scenario.choices, scenario.deadlines, scenario.spurious);
        let (tape, left) = match given.get(block as usize) {
            Some(tape) => (tape.clone(), budget),
            None => (draw(), budget - block * BLOCK),
        };
        let executions = BLOCK.min(left);
        explore(session, &Block { scheduler: Some(scheduler), seed, tape }, executions)?;
        if session.is_past(share) {
            break;
        }
    }
    Ok(())
}

fn explore(session: &Arc<Session>, block: &Block, executions: u64) -> Result<(), String> {
    let executions = usize::try_from(executions).map_err(|_| "too many executions")?;
    let seed = block.seed;
    let scheduler = block.scheduler.ok_or("the portfolio consists of schedulers")?;
    let explored = session.explore(block, |body| match scheduler {
        Scheduler::Random => check(RandomScheduler::new_from_seed(seed, executions), body),
        Scheduler::Urw => check(UrwRandomScheduler::new_from_seed(seed, executions), body),
        Scheduler::Pct(depth) => check(PctScheduler::new_from_seed(seed, depth.into(), executions), body),
    });
    explored.map(|_| ())
}

fn check(scheduler: impl Schedules + 'static, body: Body) -> Option<u64> {
    Some(Runner::new(scheduler, config()).run(body) as u64)
}

/// A scheduler that is not asked about the main thread: while actors are at work, main goes on as soon as it can.
///
/// Depth-first search has no reduction of its own, and would interleave main's spawns and joins with every step
/// of every actor. But main does nothing else meanwhile (the audit holds it to that), and nothing that an actor
/// does depends on when it was spawned, beyond when it first runs, or on whether it has been joined. So each
/// interleaving left out differs from one that is explored in the order of independent steps only.
#[derive(Debug)]
struct MainFirst<S>(S);

impl<S: Schedules> Schedules for MainFirst<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.0.new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, is_yielding: bool) -> Option<TaskId> {
        let main = TaskId::from(0);
        if actors::at_work() > 0 && runnable.iter().any(|task| task.id() == main) {
            return Some(main);
        }
        self.0.next_task(runnable, current, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// A scheduler that may preempt so often in one execution: switch away from a task that could go on and did not ask to yield. Then it is asked
/// only about a task that can't.
///
/// Most faults show with two preemptions (Musuvathi, Qadeer: Iterative Context Bounding for Systematic Testing of Multithreaded Programs, PLDI
/// 2007), and the number of schedules within a bound grows polynomially with the number of steps, not exponentially. Around a depth-first search
/// this is complete within the bound: which tasks it is asked about depends on nothing but what it answered before.
#[derive(Debug)]
struct Bounded<S> {
    scheduler: S,
    bound: Bound,
    preemptions: u8,
}

impl<S> Bounded<S> {
    fn new(scheduler: S, bound: Bound) -> Self {
        Self { scheduler, bound, preemptions: 0 }
    }

    fn is_spent(&self) -> bool {
        matches!(self.bound, Bound::Preemptions(most) if self.preemptions == most)
    }
}

impl<S: Schedules> Schedules for Bounded<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.preemptions = 0;
        self.scheduler.new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, is_yielding: bool) -> Option<TaskId> {
        let could_go_on = runnable.iter().position(|task| Some(task.id()) == current).filter(|_| !is_yielding);
        let Some(position) = could_go_on else { return self.scheduler.next_task(runnable, current, is_yielding) };
        let choices = if self.is_spent() { &runnable[position..=position] } else { runnable };
        let next = self.scheduler.next_task(choices, current, is_yielding);
        self.preemptions = self.preemptions.saturating_add(u8::from(next != current));
        next
    }

    fn next_u64(&mut self) -> u64 {
        self.scheduler.next_u64()
    }
}

/// shuttle's own limit on time ends a model as a *success*, so it is off; the session looks at the clock.
fn config() -> Config {
    let mut config = Config::new();
    config.stack_size = STACK_BYTES;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::FailAfter(MAX_STEPS);
    config.max_time = None;
    config.silence_warnings = true;
    config
}

/// How many executions there are of a program if depth-first search is to end after so many, or after that time; it says no word
/// if it does.
///
/// # Panics
/// If the program does.
#[must_use]
pub fn executions(program: fn(), most: Option<usize>, time: Option<Duration>) -> usize {
    let mut config = config();
    config.max_time = time;
    // A thread of the system: this one is in the middle of an execution.
    let run = std::thread::spawn(move || Runner::new(DfsScheduler::new(most, false), config).run(program));
    run.join().expect("the program breaks no rule")
}
