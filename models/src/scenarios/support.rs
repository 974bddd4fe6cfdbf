//! What the scenarios of the lower floors share: a ring with places to sleep, and ways to look at it that no
//! checker sees.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use rdv::buffer::{Closed, Consumer, PopError, Popped, Producer, PushError, Pushed, Rejected, Ring, Side, ends_at};
use rdv::sync::Arc;
use rdv::sync::time::Deadline;
use rdv::wait::{Attempt, Parking, Spin, wait};
use rdv_spec::Spec;

use crate::engine;
use crate::job::World;
use crate::rule;
use crate::scenario::{Bound, Level, Run, Scenario};

/// The scenarios of one suite, each for every variant of the ring.
macro_rules! variants {
    ($($what:literal => $make:ident),* $(,)?) => {
        &[$(
            $make::<rdv::buffer::spsc::Spsc<u8>>(concat!("ring-spsc/", $what)),
            $make::<rdv::buffer::mirrored::Mirrored>(concat!("ring-mirrored/", $what)),
            crate::scenarios::support::bounded($make::<rdv::buffer::mpmc::Mpmc<u8>>(concat!("ring-mpmc/", $what))),
            $make::<rdv::buffer::locked::Locked<u8>>(concat!("ring-locked/", $what)),
        )*]
    };
}
pub(super) use variants;

/// The scenario at its audited size only: for variants that another one stands for at the larger sizes.
#[must_use]
pub const fn audited_only(scenario: Scenario) -> Scenario {
    Scenario { runs: &[], ..scenario }
}

/// The scenario at its audited size only, where depth-first search goes within a bound: for channels over `mpmc`.
#[must_use]
pub const fn audited_within(scenario: Scenario, preemptions: u8) -> Scenario {
    Scenario { audit_bound: Bound::Preemptions(preemptions), ..audited_only(scenario) }
}

/// The scenario with its larger sizes, and depth-first search, bounded. For `mpmc`, whose operations are three or four
/// steps where the others' are two: smaller sizes, and as many preemptions as the scenario has.
#[must_use]
pub const fn bounded(scenario: Scenario) -> Scenario {
    let few: &[Run] = const { &[Run::loom_bounded(2, 2, Level::Quick), Run::loom_bounded(2, 3, Level::Default)] };
    let many: &[Run] = const { &[Run::loom_bounded(2, 2, Level::Quick), Run::loom_bounded(2, 4, Level::Default)] };
    let runs = match scenario.runs {
        [] => &[],
        [.., Run { bound: Bound::Preemptions(4), .. }] => many,
        _ => few,
    };
    Scenario { audit_bound: Bound::Preemptions(4), runs, ..scenario }
}

/// What a join says that can't fail.
pub const JOINED: &str = "an actor's panic ends the run";

/// A number that the harness alone knows: it orders nothing in the checkers' eyes, so it tells what happened before what
/// in the execution at hand without changing what may happen.
#[derive(Debug, Default)]
pub struct Ghost(AtomicUsize);

impl Ghost {
    /// Zero.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// Adds one.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    /// The number.
    #[must_use]
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }

    /// Zero again.
    pub fn reset(&self) {
        self.0.store(0, Ordering::Release);
    }

    /// Whether it was counted up at all.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.get() > 0
    }
}

impl Wake for Ghost {
    fn wake(self: Arc<Self>) {
        self.count();
    }
}

/// Whether a wake-up was left in `parking` that nobody slept for. Takes it out.
#[must_use]
pub fn holds_token(parking: &Parking) -> bool {
    let told = Arc::new(Ghost::new());
    parking.register(Waker::from(told.clone()));
    told.is_set()
}

/// Where one side of a ring sleeps, and how often somebody was obliged to wake it.
#[derive(Debug, Default)]
pub struct Place {
    /// The place.
    pub parking: Parking,
    /// Marks left and not taken back.
    armed: Ghost,
    disarmed: Ghost,
    /// Wake-ups that were due.
    woken: Ghost,
}

impl Place {
    /// Meets the obligation.
    pub fn wake_if(&self, due: bool) {
        if due {
            self.woken.count();
            self.parking.wake();
        }
    }

    /// Whether that side has left its mark at least once.
    #[must_use]
    pub fn has_armed(&self) -> bool {
        self.armed.is_set()
    }

    /// How often that side has left its mark.
    #[must_use]
    pub fn times_armed(&self) -> usize {
        self.armed.get()
    }

    /// How often somebody was obliged to wake that side.
    #[must_use]
    pub fn times_woken(&self) -> usize {
        self.woken.get()
    }

    /// One wake-up per sleep, and none left over: for the main thread, when all actors have ended.
    fn check(&self, who: &str) {
        let (armed, disarmed, woken) = (self.armed.get(), self.disarmed.get(), self.woken.get());
        rule!(
            "RING-5",
            woken + disarmed == armed,
            "the {who} left {armed} marks and took {disarmed} back, but {woken} wake-ups were due"
        );
        rule!("RING-5", !holds_token(&self.parking), "a wake-up of the {who} was left behind");
    }
}

/// A ring and where its two sides sleep.
#[derive(Debug)]
pub struct Pipe<R> {
    /// The ring.
    pub ring: Arc<R>,
    /// Where the producer sleeps.
    pub producer: Place,
    /// Where the consumer sleeps.
    pub consumer: Place,
}

impl<R> Pipe<R> {
    /// Ends a side, as a third party may.
    pub fn close<T>(&self, side: Side) -> Closed
    where
        R: Ring<T>,
    {
        self.settle(self.ring.close(side))
    }

    /// Wakes whom a departure concerns.
    pub fn settle(&self, closed: Closed) -> Closed {
        self.producer.wake_if(closed.wake_producer);
        self.consumer.wake_if(closed.wake_consumer);
        closed
    }

    /// What must be true of the sleepers when all actors have ended.
    pub fn check(&self) {
        self.producer.check("producer");
        self.consumer.check("consumer");
    }
}

/// The side that puts elements in.
#[derive(Debug)]
pub struct Source<T: Send, R: Ring<T>> {
    /// The end.
    pub producer: Producer<T, Arc<R>>,
    /// What it shares.
    pub pipe: Arc<Pipe<R>>,
}

/// The side that takes elements out.
#[derive(Debug)]
pub struct Sink<T: Send, R: Ring<T>> {
    /// The end.
    pub consumer: Consumer<T, Arc<R>>,
    /// What it shares.
    pub pipe: Arc<Pipe<R>>,
    /// How often a pop said that its elements were the last.
    pub ended: usize,
}

/// A ring for `capacity` elements, its indices beginning at `start`.
pub fn pipe<T: Send, R: Ring<T>>(capacity: usize, start: usize) -> (Source<T, R>, Sink<T, R>) {
    let (producer, consumer) = ends_at::<T, R>(capacity, start).expect("a small ring can be had");
    let ring = producer.hold().clone();
    let pipe = Arc::new(Pipe { ring, producer: Place::default(), consumer: Place::default() });
    (Source { producer, pipe: pipe.clone() }, Sink { consumer, pipe, ended: 0 })
}

struct Putting<'a, T: Send, R: Ring<T>> {
    source: &'a mut Source<T, R>,
    element: Option<T>,
}

impl<T: Send, R: Ring<T>> Attempt for Putting<'_, T, R> {
    type Output = Result<Pushed, Rejected<T>>;

    fn attempt(&mut self) -> Option<Self::Output> {
        let element = self.element.take().expect("an element that was not moved in is still here");
        match self.source.producer.push(element) {
            Err(Rejected { element, why: PushError::Full }) => {
                self.element = Some(element);
                None
            }
            result => Some(result),
        }
    }

    fn arm(&mut self) -> bool {
        counted(self.source.producer.arm(), &self.source.pipe.producer.armed)
    }

    fn disarm(&mut self) -> bool {
        counted(self.source.producer.disarm(), &self.source.pipe.producer.disarmed)
    }
}

struct Taking<'a, T: Send, R: Ring<T>>(&'a mut Sink<T, R>);

impl<T: Send, R: Ring<T>> Attempt for Taking<'_, T, R> {
    type Output = Result<(T, Popped), PopError>;

    fn attempt(&mut self) -> Option<Self::Output> {
        match self.0.consumer.pop() {
            Err(PopError::Empty) => None,
            result => Some(result),
        }
    }

    fn arm(&mut self) -> bool {
        counted(self.0.consumer.arm(), &self.0.pipe.consumer.armed)
    }

    fn disarm(&mut self) -> bool {
        counted(self.0.consumer.disarm(), &self.0.pipe.consumer.disarmed)
    }
}

fn counted(done: bool, ghost: &Ghost) -> bool {
    if done {
        ghost.count();
    }
    done
}

impl<T: Send, R: Ring<T>> Source<T, R> {
    /// Moves one element in if there is room, and wakes the consumer if that is due.
    ///
    /// # Errors
    /// Why not.
    pub fn try_put(&mut self, element: T) -> Result<(), PushError> {
        let pushed = self.producer.push(element).map_err(|rejected| rejected.why)?;
        self.pipe.consumer.wake_if(pushed.wake);
        Ok(())
    }

    /// Moves one element in, waiting for room. `None` if the deadline passes first.
    pub fn put_until(&mut self, element: T, deadline: Deadline) -> Option<Result<(), PushError>> {
        let pipe = self.pipe.clone();
        let mut putting = Putting { source: self, element: Some(element) };
        let result = match putting.attempt() {
            Some(result) => result,
            None => wait(&mut putting, &pipe.producer.parking, &mut Spin::default(), deadline)?,
        };
        Some(result.map(|pushed| pipe.consumer.wake_if(pushed.wake)).map_err(|rejected| rejected.why))
    }

    /// Moves one element in, waiting for room.
    ///
    /// # Errors
    /// The side that is gone.
    pub fn put(&mut self, element: T) -> Result<(), PushError> {
        self.put_until(element, Deadline::NEVER).expect("no deadline passes")
    }

    /// Leaves, and wakes whom that concerns.
    pub fn leave(&mut self) -> Closed {
        let closed = self.producer.leave().expect("a side leaves once");
        self.pipe.settle(closed)
    }
}

impl<T: Send, R: Ring<T>> Sink<T, R> {
    /// Moves one element out if there is one, and wakes the producer if that is due.
    ///
    /// # Errors
    /// Why not.
    pub fn try_take(&mut self) -> Result<T, PopError> {
        let (element, popped) = self.consumer.pop()?;
        Ok(self.took(element, popped))
    }

    /// Moves one element out, waiting for it. `None` if the deadline passes first.
    pub fn take_until(&mut self, deadline: Deadline) -> Option<Result<T, PopError>> {
        let pipe = self.pipe.clone();
        let mut taking = Taking(self);
        let result = match taking.attempt() {
            Some(result) => result,
            None => wait(&mut taking, &pipe.consumer.parking, &mut Spin::default(), deadline)?,
        };
        Some(result.map(|(element, popped)| self.took(element, popped)))
    }

    /// Moves one element out, waiting for it.
    ///
    /// # Errors
    /// The side that is gone.
    pub fn take(&mut self) -> Result<T, PopError> {
        self.take_until(Deadline::NEVER).expect("no deadline passes")
    }

    fn took(&mut self, element: T, popped: Popped) -> T {
        self.pipe.producer.wake_if(popped.wake);
        self.ended += usize::from(popped.ended);
        element
    }

    /// Leaves, and wakes whom that concerns.
    pub fn leave(&mut self) -> Closed {
        let closed = self.consumer.leave().expect("a side leaves once");
        self.pipe.settle(closed)
    }
}

/// Whether `got` is `0, 1, 2, ...`: the elements of all scenarios are numbered in the order in which they go in.
#[must_use]
pub fn is_prefix(got: &[u8]) -> bool {
    got.iter().copied().eq(0..got.len() as u8)
}

/// One actor's operations, with the answers.
pub type History<S> = Vec<(<S as Spec>::Operation, <S as Spec>::Response)>;

/// Whether the specification allows the operations in some order that keeps each actor's own.
///
/// `may_be_stale` says which answers an acquiring load may give although a completed operation of somebody else has made them
/// untrue, "full" and "empty" for instance: they count where execution is sequentially consistent, in the shuttle world, only.
#[must_use]
pub fn is_explained<S: Spec>(start: &S, histories: &[History<S>], may_be_stale: impl Fn(&S::Response) -> bool) -> bool {
    is_explained_with(start, histories, may_be_stale, |_| true)
}

/// As [`is_explained`], in an order after which the state is as `end` says.
#[must_use]
pub fn is_explained_with<S: Spec>(
    start: &S,
    histories: &[History<S>],
    may_be_stale: impl Fn(&S::Response) -> bool,
    end: impl Fn(&S) -> bool,
) -> bool {
    let strict = engine::WORLD == World::Shuttle;
    let judged = |history: &History<S>| {
        history.iter().filter(|(_, response)| strict || !may_be_stale(response)).cloned().collect::<Vec<_>>()
    };
    let judged: Vec<_> = histories.iter().map(judged).collect();
    search(start, &judged.iter().map(Vec::as_slice).collect::<Vec<_>>(), &end)
}

fn search<S: Spec>(state: &S, left: &[&[(S::Operation, S::Response)]], end: &impl Fn(&S) -> bool) -> bool {
    left.iter().all(|history| history.is_empty()) && end(state)
        || left.iter().enumerate().any(|(actor, history)| {
            let Some(((operation, response), rest)) = history.split_first() else { return false };
            let (mut after, mut left) = (state.clone(), left.to_vec());
            left[actor] = rest;
            after.allows(operation, response).is_ok() && search(&after, &left, end)
        })
}
