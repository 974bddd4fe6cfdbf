//! Rings whose ends many threads share: `mpmc`, where several producers and several consumers are at work at once.

use rdv::buffer::mpmc::{SharedConsumer, SharedProducer, Stamped};
use rdv::buffer::{PopError, PushError, ends_at};
use rdv_spec::Spec;
use rdv_spec::ring::{self, Operation, Response};

use super::event_support::join;
use super::ring_judge::{Refusals, came_out, judge as judge_all};
use super::ring_words::{moved, stayed, took};
use super::support::{History, JOINED};
use crate::rule;
use crate::scenario::{Actor, Bound, Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        choices: &[2, 2],
        witnesses: &["refused"],
        runs: &[
            Run::loom_bounded(2, 3, Level::Quick),
            Run::loom_bounded(3, 2, Level::Default),
            Run::loom(2, Level::Default),
        ],
        ..Scenario::new(
            "ring-mpmc/shared",
            &["RING-1", "RING-2", "RING-3", "RING-4"],
            "Two producers, or two consumers, and one of the other kind beside them: nothing is lost, doubled, or out of order.",
            sharing,
        )
    },
    Scenario {
        choices: &[2, 2],
        witnesses: &["a run", "two runs", "refused"],
        audit_bound: Bound::Preemptions(3),
        runs: &[Run::loom_bounded(2, 2, Level::Quick), Run::loom(2, Level::Default)],
        ..Scenario::new(
            "ring-mpmc/runs",
            &["RING-1", "RING-2", "RING-3", "RING-4"],
            "Slices put by one or two, or taken, against those who take, or put, one each: in a row, and nothing is lost or doubled.",
            runs,
        )
    },
    Scenario {
        witnesses: &["refused", "put before the end"],
        runs: &[Run::loom_bounded(2, 2, Level::Quick), Run::loom_bounded(2, 4, Level::Default)],
        ..Scenario::new(
            "ring-mpmc/shared-end",
            &["RING-6", "RING-1"],
            "Somebody ends the producing side under its producers: what they were told is in is taken, and then comes the end.",
            ending,
        )
    },
];

type Producers = SharedProducer<u8>;
type Consumers = SharedConsumer<u8>;

/// A ring whose positions overflow after the first element.
fn shared(capacity: usize) -> (Producers, Consumers) {
    let (producer, consumer) = ends_at::<u8, Stamped<u8>>(capacity, usize::MAX).expect("a small ring can be had");
    (producer.share(), consumer.share())
}

fn put(producer: &mut Producers, element: u8) -> (Operation<u8>, Response<u8>) {
    let pushed = producer.push(element).map_err(|rejected| rejected.why);
    (Operation::Put(vec![element]), stayed(moved(pushed)))
}

fn put_two(producer: &mut Producers, first: u8) -> (Operation<u8>, Response<u8>) {
    let elements = [first, first + 1];
    (Operation::Put(elements.to_vec()), stayed(moved(producer.push_slice(&elements))))
}

fn take(consumer: &mut Consumers) -> (Operation<u8>, Response<u8>) {
    let answer = consumer.pop();
    let element = answer.map_or(0, |(element, _)| element);
    (Operation::Take(1), stayed(took(answer.map(|(_, popped)| popped), &[element])))
}

fn take_two(consumer: &mut Consumers) -> (Operation<u8>, Response<u8>) {
    let mut elements = [0; 2];
    let popped = consumer.pop_slice(&mut elements);
    (Operation::Take(elements.len()), stayed(took(popped, &elements)))
}

/// A clone of the end that an actor is at.
enum End {
    Producer(Producers),
    Consumer(Consumers),
}

impl End {
    fn of(producer: &Producers, consumer: &Consumers, puts: bool) -> Self {
        if puts { Self::Producer(producer.clone()) } else { Self::Consumer(consumer.clone()) }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Producer(_) => "producer",
            Self::Consumer(_) => "consumer",
        }
    }

    /// Moves one element; that one, if it puts.
    fn one(&mut self, element: u8) -> (Operation<u8>, Response<u8>) {
        match self {
            Self::Producer(producer) => put(producer, element),
            Self::Consumer(consumer) => take(consumer),
        }
    }

    /// Moves a slice of two; from that element on, if it puts.
    fn two(&mut self, first: u8) -> (Operation<u8>, Response<u8>) {
        match self {
            Self::Producer(producer) => put_two(producer, first),
            Self::Consumer(consumer) => take_two(consumer),
        }
    }
}

/// A ring of one or two slots (choice 1) that holds one element. Choice 0: two producers, or two consumers. From size 2 on there is
/// one of the other kind as well, from size 3 on each makes two attempts.
fn sharing(cx: &Cx) -> String {
    let (size, two_put, capacity) = (cx.size(), cx.choice(0) == 0, 1 + cx.choice(1));
    let attempts = if size > 2 { 2 } else { 1 };
    let (mut producer, mut consumer) = shared(capacity);
    let mut start = ring::Ring::new(capacity);
    start.apply(&Operation::Put(vec![0]));
    rule!("RING-2", put(&mut producer, 0).1 == Response::Moved(1), "no room in an empty ring");
    let kinds = [two_put, two_put, !two_put].into_iter().take(size.min(2) + 1);
    let ends: Vec<_> = kinds.map(|puts| End::of(&producer, &consumer, puts)).collect();
    let actor = |(first, mut end): (u8, End)| {
        cx.spawn(end.name(), move || {
            let history = (0..attempts).map(|at| end.one(10 * first + at)).collect();
            (history, end)
        })
    };
    let actors: Vec<_> = (1..).zip(ends).map(actor).collect();
    let (histories, _ends) = finish(actors);
    judge(cx, &mut consumer, &start, &histories)
}

/// A ring of four slots, empty or full. Choice 0: slices of two are put while elements are taken, or the other way round.
/// Choice 1: one moves slices and the others move elements, or two move slices. At size 1 there are two of them, from size 2 on three, who
/// make one attempt each, at size 3 two.
fn runs(cx: &Cx) -> String {
    const CAPACITY: usize = 4;
    let (size, puts, slicing) = (cx.size(), cx.choice(0) == 0, 1 + cx.choice(1));
    let attempts = if size > 2 { 2 } else { 1 };
    let (mut producer, mut consumer) = shared(CAPACITY);
    let held: &[u8] = if puts { &[] } else { &[0, 1, 2, 3] };
    let mut start = ring::Ring::new(CAPACITY);
    start.apply(&Operation::Put(held.to_vec()));
    let put_first = producer.push_slice(held).map(|pushed| pushed.count);
    rule!("RING-2", put_first == Ok(held.len()), "an empty ring of {CAPACITY} takes {put_first:?} of {held:?}");
    let in_slices = move |number: usize| number < slicing;
    let ends: Vec<_> =
        (0..=size.min(2)).map(|number| End::of(&producer, &consumer, puts == in_slices(number))).collect();
    let actor = |(number, mut end): (usize, End)| {
        cx.spawn(end.name(), move || {
            let first = 10 * (number as u8 + 1);
            let attempt = |at: u8| if in_slices(number) { end.two(first + 2 * at) } else { end.one(first + at) };
            let history = (0..attempts).map(attempt).collect();
            (history, end)
        })
    };
    let actors: Vec<_> = ends.into_iter().enumerate().map(actor).collect();
    let (histories, _ends) = finish(actors);
    let moved_two = |answer: &Response<u8>| matches!(answer, Response::Moved(2)) || came_out(answer).len() == 2;
    match histories.iter().filter(|history| history.iter().any(|(_, answer)| moved_two(answer))).count() {
        0 => {}
        1 => cx.witness("a run"),
        _ => cx.witness("two runs"),
    }
    judge(cx, &mut consumer, &start, &histories)
}

/// What the actors were told, and their ends, which go at last, when nobody is at work: how clones go beside others
/// is for `ring-mpmc/clones` and `ring-mpmc/kept-waiting`.
fn finish(actors: Vec<Actor<(History<ring::Ring<u8>>, End)>>) -> (Vec<History<ring::Ring<u8>>>, Vec<End>) {
    actors.into_iter().map(join).unzip()
}

/// Takes what is left, and holds it all against the specification.
fn judge(cx: &Cx, consumer: &mut Consumers, start: &ring::Ring<u8>, histories: &[History<ring::Ring<u8>>]) -> String {
    let rest: Vec<u8> = std::iter::from_fn(|| consumer.pop().ok()).map(|(element, _)| element).collect();
    judge_all(cx, start, histories, &rest, Refusals::OfClaims)
}

/// As many producers as the size says put one each while a third party ends their side; then everything is taken.
fn ending(cx: &Cx) -> String {
    let (mut producer, mut consumer) = shared(2);
    let clones: Vec<_> = (0..cx.size() as u8).map(|element| (element, producer.clone())).collect();
    let third = producer.clone();
    let put = |(element, mut producer): (u8, Producers)| {
        cx.spawn("producer", move || producer.push(element).map(|_| element).map_err(|rejected| rejected.why))
    };
    let putting: Vec<_> = clones.into_iter().map(put).collect();
    let closing = cx.spawn("third", move || third.close());
    let puts: Vec<_> = putting.into_iter().map(|putting| putting.join().expect(JOINED)).collect();
    let closed = closing.join().expect(JOINED);
    let refused = puts.iter().all(|put| put.is_ok() || *put == Err(PushError::ProducerGone));
    rule!("RING-6", refused, "{puts:?}: the producing side was ended, and two fit");
    let late = producer.push(9).map_err(|rejected| rejected.why);
    rule!("RING-6", late == Err(PushError::ProducerGone), "{late:?} after the end");
    let mut due: Vec<u8> = puts.iter().filter_map(|put| put.ok()).collect();
    let mut taken = Vec::new();
    let end = loop {
        match consumer.pop() {
            Ok((element, popped)) => {
                taken.push(element);
                rule!("RING-6", popped.ended == (taken.len() == due.len()), "ended: {} after {taken:?}", popped.ended);
            }
            Err(end) => break end,
        }
    };
    rule!("RING-6", end == PopError::ProducerGone, "{end:?} instead of the end");
    rule!("RING-6", closed.drained == due.is_empty(), "drained: {}, with {due:?} inside", closed.drained);
    due.sort_unstable();
    taken.sort_unstable();
    rule!("RING-1", taken == due, "taken {taken:?}, put {due:?}");
    if due.len() < puts.len() {
        cx.witness("refused");
    }
    if !due.is_empty() {
        cx.witness("put before the end");
    }
    format!("{puts:?}")
}
