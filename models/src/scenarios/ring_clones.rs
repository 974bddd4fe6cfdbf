//! The clones of a shared end and whoever is at the other one: they go, or keep it waiting.

use rdv::buffer::mpmc::{SharedConsumer, SharedProducer, Stamped};
use rdv::buffer::{PopError, PushError, ends_at};
use rdv::sync::Arc;

use super::ring_leaving::{Counted, Element as _};
use super::support::{JOINED, Pipe, Sink, Source, is_prefix, pipe};
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        choices: &[2],
        witnesses: &["saw the end"],
        runs: &[Run::loom_bounded(2, 2, Level::Quick), Run::loom_bounded(2, 3, Level::Default)],
        ..Scenario::new(
            "ring-mpmc/clones",
            &["RING-6", "RING-4", "ALL-3"],
            "Two producers, or two consumers, that share an end go when they are done: their side ends with the second of them.",
            clones,
        )
    },
    Scenario {
        hang: "RING-5",
        choices: &[2],
        witnesses: &["slept", "did not sleep"],
        runs: &[Run::loom_bounded(2, 2, Level::Quick), Run::loom_bounded(2, 3, Level::Default)],
        ..Scenario::new(
            "ring-mpmc/kept-waiting",
            &["RING-5", "RING-6", "RING-1", "RING-2"],
            "A sole consumer waits for two who share the other end, or a sole producer, until both have gone.",
            waiting,
        )
    },
];

/// What two put, or find.
const ELEMENTS: usize = 2;

/// Two put an element each into an empty ring (choice 0), or take one each out of a full one, and go. From size 2 on somebody is at the other
/// end meanwhile, who makes as many attempts as that says and goes as well; else that comes afterwards.
fn clones(cx: &Cx) -> String {
    Counted::reset();
    let (mut producer, consumer) = ends_at::<Counted, Stamped<Counted>>(ELEMENTS, usize::MAX).expect("a small ring");
    let puts = cx.choice(0) == 0;
    if !puts {
        let full = (0..ELEMENTS).all(|number| producer.push(Counted::of(number)).is_ok());
        rule!("RING-2", full, "an empty ring has no room for {ELEMENTS}");
    }
    let (producer, consumer) = (producer.share(), consumer.share());
    let (outcome, end) = if puts { producers_go(cx, producer, consumer) } else { consumers_go(cx, producer, consumer) };
    if end {
        cx.witness("saw the end");
    }
    let count = if puts { ELEMENTS } else { ELEMENTS + cx.size() };
    for number in 0..count {
        let drops = Counted::drops(number).unwrap_or_default();
        rule!("RING-4", drops == 1, "element {number} was dropped {drops} times: {outcome}");
    }
    outcome
}

/// Does `work` while the others are at theirs, from size 2 on, or when they have gone.
fn beside<T: Send + 'static, O: Send + 'static>(
    cx: &Cx,
    name: &'static str,
    others: impl FnOnce() -> O,
    work: impl FnOnce() -> T + Send + 'static,
) -> (O, T) {
    if cx.size() == 1 {
        let others = others();
        return (others, work());
    }
    let working = cx.spawn(name, work);
    let others = others();
    (others, working.join().expect(JOINED))
}

fn put(producer: &mut SharedProducer<Counted>, number: usize) -> Result<(), PushError> {
    producer.push(Counted::of(number)).map(|_| ()).map_err(|rejected| rejected.why)
}

fn take(consumer: &mut SharedConsumer<Counted>) -> Result<bool, PopError> {
    consumer.pop().map(|(_, popped)| popped.ended)
}

/// What was told, and whether that was the end.
fn producers_go(cx: &Cx, first: SharedProducer<Counted>, mut consumer: SharedConsumer<Counted>) -> (String, bool) {
    let (goes, attempts) = (cx.size() > 1, cx.size() + 1);
    let second = first.clone();
    let putting = || {
        let putting = [(first, 0), (second, 1)]
            .map(|(mut producer, number)| cx.spawn("producer", move || put(&mut producer, number)));
        putting.map(|putting| putting.join().expect(JOINED))
    };
    let taking = move || (0..attempts).map(|_| take(&mut consumer)).collect::<Vec<_>>();
    let (puts, takes) = beside(cx, "consumer", putting, taking);
    let outcome = format!("{puts:?} {takes:?}");
    let right = |put: &Result<(), PushError>| put.is_ok() || goes && *put == Err(PushError::ConsumerGone);
    rule!("RING-6", puts.iter().all(right), "two fit, and a clone is there: {outcome}");
    let put = puts.iter().filter(|put| put.is_ok()).count();
    let taken = takes.iter().filter(|take| take.is_ok()).count();
    let end = takes.iter().any(|take| matches!(take, Ok(true) | Err(PopError::ProducerGone)));
    rule!("RING-6", !end || taken == put, "the end after {taken} of {put}: {outcome}");
    rule!("RING-6", goes || end, "no end, and all have gone: {outcome}");
    (outcome, end)
}

/// What was told, and whether that was the end.
fn consumers_go(cx: &Cx, mut producer: SharedProducer<Counted>, first: SharedConsumer<Counted>) -> (String, bool) {
    let (goes, attempts) = (cx.size() > 1, cx.size());
    let second = first.clone();
    let taking = || {
        let taking = [first, second].map(|mut consumer| cx.spawn("consumer", move || take(&mut consumer)));
        taking.map(|taking| taking.join().expect(JOINED))
    };
    let putting = move || (ELEMENTS..ELEMENTS + attempts).map(|number| put(&mut producer, number)).collect::<Vec<_>>();
    let (takes, puts) = beside(cx, "producer", taking, putting);
    let outcome = format!("{takes:?} {puts:?}");
    rule!("RING-6", takes.iter().all(Result::is_ok), "an element for each was there: {outcome}");
    let told = takes.iter().filter(|take| **take == Ok(true)).count();
    rule!("RING-6", told == 0 || goes && told == 1, "told {told} times that nothing comes: {outcome}");
    let end = puts.iter().position(|put| *put == Err(PushError::ConsumerGone));
    let after = end.map_or(&[][..], |first| &puts[first..]);
    rule!("RING-6", after.iter().all(Result::is_err), "put after the end: {outcome}");
    rule!("RING-6", goes || end.is_some(), "no end, and all have gone: {outcome}");
    (outcome, end.is_some())
}

const SLICE: usize = 2;

/// Of two who share an end, the first moves a slice and the second as many elements as the size says beyond 1, and they leave; at size 1 there is
/// one alone, who just leaves. A sole consumer (choice 0), or a sole producer at a full ring, goes on until it is told of that.
fn waiting(cx: &Cx) -> String {
    let (source, sink) = pipe::<u8, Stamped<u8>>(room(cx), usize::MAX);
    let pipe = source.pipe.clone();
    let outcome =
        if cx.choice(0) == 0 { keeps_a_consumer(cx, source, sink) } else { keeps_a_producer(cx, source, sink) };
    let slept = pipe.consumer.has_armed() || pipe.producer.has_armed();
    cx.witness(if slept { "slept" } else { "did not sleep" });
    pipe.check();
    outcome
}

fn slice(cx: &Cx) -> usize {
    if cx.size() == 1 { 0 } else { SLICE }
}

/// All that is moved fits.
fn room(cx: &Cx) -> usize {
    (slice(cx) + cx.size() - 1).max(1)
}

type Shared = Arc<Pipe<Stamped<u8>>>;

/// Has `act` done with clones of an end, and with which of them it is, in a thread each.
fn each<E: Clone + Send + 'static, T: Send + 'static>(
    cx: &Cx,
    name: &'static str,
    end: E,
    act: impl Fn(E, usize) -> T + Clone + Send + 'static,
) -> impl FnOnce() -> Vec<T> {
    let second = (cx.size() > 1).then(|| (end.clone(), act.clone()));
    let first = cx.spawn(name, move || act(end, 0));
    let second = second.map(|(end, act)| cx.spawn(name, move || act(end, 1)));
    || [first].into_iter().chain(second).map(|actor| actor.join().expect(JOINED)).collect()
}

fn keeps_a_consumer(cx: &Cx, source: Source<u8, Stamped<u8>>, mut sink: Sink<u8, Stamped<u8>>) -> String {
    let (pipe, slice, singles): (Shared, usize, u8) = (source.pipe.clone(), slice(cx), cx.size() as u8 - 1);
    let putting = each(cx, "producer", source.producer.share(), move |mut producer, number| {
        let due: Vec<u8> = if number == 0 { [10, 11][..slice].to_vec() } else { (20..20 + singles).collect() };
        for piece in due.chunks(if number == 0 { SLICE } else { 1 }) {
            let pushed = producer.push_slice(piece).unwrap_or_else(|why| panic!("RING-2: {why:?}, where all fit"));
            rule!("RING-2", pushed.count == piece.len(), "{} of {piece:?} put, where all fit", pushed.count);
            pipe.consumer.wake_if(pushed.wake);
        }
        producer.leave().map(|closed| pipe.settle(closed));
    });
    let taking = cx.spawn("consumer", move || {
        let taken: Vec<u8> = std::iter::from_fn(|| sink.take().ok()).collect();
        (taken, sink)
    });
    putting();
    let (taken, sink) = taking.join().expect(JOINED);
    let of = |first: u8| taken.iter().copied().filter(move |element| (first..first + 10).contains(element));
    rule!("RING-1", of(10).eq([10, 11].into_iter().take(slice)) && of(20).eq(20..20 + singles), "taken {taken:?}");
    rule!("RING-1", slice == 0 || taken.windows(slice).any(|row| row == [10, 11]), "not in a row: {taken:?}");
    rule!("RING-6", sink.ended <= 1, "told {} times that it was the last", sink.ended);
    format!("{taken:?}, told with the last: {}", sink.ended)
}

fn keeps_a_producer(cx: &Cx, mut source: Source<u8, Stamped<u8>>, sink: Sink<u8, Stamped<u8>>) -> String {
    let (pipe, slice, singles): (Shared, usize, usize) = (source.pipe.clone(), slice(cx), cx.size() - 1);
    let room = room(cx) as u8;
    (0..room).for_each(|element| source.try_put(element).expect("an empty ring has room"));
    let taking = each(cx, "consumer", sink.consumer.share(), move |mut consumer, number| {
        let mut taken = Vec::new();
        for size in if number > 0 {
            vec![1; singles]
        } else if slice > 0 {
            vec![slice]
        } else {
            vec![]
        } {
            let mut target = [0; SLICE];
            let popped = consumer.pop_slice(&mut target[..size]);
            let popped = popped.unwrap_or_else(|why| panic!("RING-6: {why:?}, where there is enough for all"));
            pipe.producer.wake_if(popped.wake);
            taken.extend(&target[..popped.count]);
        }
        consumer.leave().map(|closed| pipe.settle(closed));
        taken
    });
    let putting = cx.spawn("producer", move || {
        let put = (room..).take_while(|element| source.put(*element).is_ok()).count();
        (put, source)
    });
    let taken = taking();
    let (put, _source) = putting.join().expect(JOINED);
    let mut all = taken.concat();
    all.sort_unstable();
    rule!("RING-1", is_prefix(&all) && taken[0].is_sorted(), "taken {taken:?}");
    rule!("RING-2", put <= all.len(), "{put} put where {} were taken", all.len());
    format!("{taken:?}, {put} put")
}
