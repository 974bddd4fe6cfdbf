//! The rings while both sides are there: elements in order, exactly as many as fit, round and round, and no sleeper
//! forgotten.
//!
//! One body for all variants. What happens when a side leaves is in `ring_leaving`.

use rdv::buffer::Ring;
use rdv::sync::time::Deadline;
use rdv_spec::Spec;
use rdv_spec::ring::{self, Operation, Response};

use super::ring_words as words;
use super::support::{History, JOINED, Source, is_explained, is_prefix, pipe, variants};
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = variants! {
    "two-wraps" => two_wraps,
    "stream" => stream,
    "gives-up" => gives_up,
};

/// What goes through a ring of what capacity, from which index on.
struct Shape {
    capacity: usize,
    start: usize,
    chunk: usize,
    /// Taken with `lend` and `consume`.
    lends: bool,
}

/// The slices lie across the physical end of the memory; the first two shapes begin just below the overflow of the index.
const SHAPES: [Shape; 3] = [
    Shape { capacity: 1, start: usize::MAX, chunk: 1, lends: false },
    Shape { capacity: 3, start: usize::MAX - 2, chunk: 2, lends: false },
    Shape { capacity: 3, start: 1, chunk: 2, lends: true },
];

const fn two_wraps<R: Ring<u8> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        choices: const { &[SHAPES.len() as u8] },
        witnesses: &["full", "empty", "used a slot again"],
        runs: const { &[Run::loom(2, Level::Quick), Run::loom_bounded(4, 4, Level::Default)] },
        ..Scenario::new(
            name,
            &["RING-3", "RING-1", "RING-2", "RING-4"],
            "Attempts to put into a full ring and to take, singly, in slices and in place, over the end of memory and indices.",
            attempts::<R>,
        )
    }
}

/// A full ring; as many attempts to put and to take as the size says, and as many more to take singly as the ring holds.
fn attempts<R: Ring<u8> + 'static>(cx: &Cx) -> String {
    let (shape, size) = (&SHAPES[cx.choice(0)], cx.size());
    let capacity = shape.capacity;
    let (mut source, mut sink) = pipe::<u8, R>(capacity, shape.start);
    let full: Vec<u8> = (0..=capacity as u8).collect();
    let put = source.producer.push_slice(&full).map(|pushed| pushed.count);
    rule!("RING-2", put == Ok(capacity), "an empty ring of {capacity} takes {put:?}");
    let putting = cx.spawn("producer", move || {
        let (history, next) = put_chunks(&mut source, shape.chunk, size, capacity as u8);
        (source, history, next)
    });
    let takes = if shape.chunk == 1 { size + capacity } else { size };
    let taking = cx.spawn("consumer", move || {
        let mut history = History::<ring::Ring<u8>>::new();
        for _ in 0..takes {
            let mut target = vec![0; shape.chunk];
            let popped = if shape.lends {
                sink.consumer.lend().map(|shown| copy(shown, &mut target)).and_then(|shown| {
                    let popped = sink.consumer.consume(shown)?;
                    rule!("RING-1", popped.count == shown, "consumed {} of {shown}", popped.count);
                    Ok(popped)
                })
            } else {
                sink.consumer.pop_slice(&mut target)
            };
            history.push((Operation::Take(shape.chunk), words::stayed(words::took(popped, &target))));
        }
        (sink, history)
    });
    let (mut source, puts, put) = putting.join().expect(JOINED);
    let (mut sink, takes) = taking.join().expect(JOINED);
    let mut taken: Vec<u8> = takes.iter().flat_map(|(_, answer)| took(answer)).copied().collect();
    let outcome = format!("{:?} {:?}", short(&puts), short(&takes));
    note(cx, &puts, &takes, usize::from(put) > capacity);
    let rest = drain(&mut sink.consumer);
    rule!("RING-2", rest.len() <= capacity, "{} elements in a ring of {capacity}", rest.len());
    taken.extend(&rest);
    rule!("RING-1", is_prefix(&taken) && taken.len() == usize::from(put), "{put} elements put, taken {taken:?}");
    let mut start = ring::Ring::new(capacity);
    start.apply(&Operation::Put(full));
    let order = is_explained(&start, &[puts, takes], |answer| *answer == Response::WouldBlock);
    rule!("RING-2", order, "no order of the operations explains {outcome}");
    let room = source.producer.push_slice(&vec![7; capacity + 1]).map(|pushed| pushed.count);
    rule!("RING-2", room == Ok(capacity), "an empty ring of {capacity} takes {room:?}");
    let back = drain(&mut sink.consumer);
    rule!("RING-3", back == vec![7; capacity], "a full ring gives {back:?} back");
    outcome
}

/// Attempts to put slices of rising elements from `next` on; what came of them, and the element that is next then.
fn put_chunks<R: Ring<u8>>(
    source: &mut Source<u8, R>,
    chunk: usize,
    attempts: usize,
    mut next: u8,
) -> (History<ring::Ring<u8>>, u8) {
    let mut history = History::<ring::Ring<u8>>::new();
    for _ in 0..attempts {
        let chunk: Vec<u8> = (next..next + chunk as u8).collect();
        let answer = words::stayed(words::moved(source.producer.push_slice(&chunk)));
        next += if let Response::Moved(count) = answer { count as u8 } else { 0 };
        history.push((Operation::Put(chunk), answer));
    }
    (history, next)
}

/// Copies what fits; how much that was.
fn copy(shown: &[u8], target: &mut [u8]) -> usize {
    let count = shown.len().min(target.len());
    target[..count].copy_from_slice(&shown[..count]);
    count
}

fn drain<R: Ring<u8>>(consumer: &mut rdv::buffer::Consumer<u8, rdv::sync::Arc<R>>) -> Vec<u8> {
    let (mut rest, mut target) = (Vec::new(), [0; 8]);
    while let Ok(popped) = consumer.pop_slice(&mut target) {
        rest.extend(&target[..popped.count]);
    }
    rest
}

fn took(answer: &Response<u8>) -> &[u8] {
    if let Response::Took(elements) = answer { elements } else { &[] }
}

/// How many elements each operation moved.
fn short(history: &History<ring::Ring<u8>>) -> Vec<usize> {
    let moved = |answer: &Response<u8>| if let Response::Moved(count) = answer { *count } else { took(answer).len() };
    history.iter().map(|(_, answer)| moved(answer)).collect()
}

fn note(cx: &Cx, puts: &History<ring::Ring<u8>>, takes: &History<ring::Ring<u8>>, again: bool) {
    let refused = |history: &History<ring::Ring<u8>>| history.iter().any(|(_, answer)| *answer == Response::WouldBlock);
    let seen = [("full", refused(puts)), ("empty", refused(takes)), ("used a slot again", again)];
    seen.iter().filter(|(_, seen)| *seen).for_each(|(name, _)| cx.witness(name));
}

const fn stream<R: Ring<u8> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        hang: "RING-5",
        choices: &[2],
        witnesses: &["producer slept", "consumer slept"],
        runs: const { &[Run::loom(2, Level::Quick), Run::loom_bounded(3, 4, Level::Default)] },
        ..Scenario::new(
            name,
            &["RING-5", "RING-1", "RING-3", "RING-4"],
            "A blocking producer and a blocking consumer, both staying: no end wakes anybody a second time.",
            streaming::<R>,
        )
    }
}

/// As many elements as the size says, through a ring that begins empty or full.
fn streaming<R: Ring<u8> + 'static>(cx: &Cx) -> String {
    let (capacity, size) = (1, cx.size());
    let full = cx.choice(0) * capacity;
    let (mut source, mut sink) = pipe::<u8, R>(capacity, usize::MAX);
    let pipe = source.pipe.clone();
    (0..full).for_each(|element| source.try_put(element as u8).expect("an empty ring has room"));
    let putting = cx.spawn("producer", move || {
        let put = (full..full + size).try_for_each(|element| source.put(element as u8));
        rule!("RING-6", put.is_ok(), "{put:?}, though nobody left");
        source
    });
    let taking = cx.spawn("consumer", move || {
        let taken: Result<Vec<u8>, _> = (0..size).map(|_| sink.take()).collect();
        (sink, taken)
    });
    let _source = putting.join().expect(JOINED);
    let (mut sink, taken) = taking.join().expect(JOINED);
    let mut taken = taken.unwrap_or_else(|why| panic!("RING-6: {why:?}, though nobody left"));
    taken.extend(drain(&mut sink.consumer));
    rule!("RING-1", is_prefix(&taken) && taken.len() == full + size, "taken {taken:?}");
    let slept = [pipe.producer.has_armed(), pipe.consumer.has_armed()];
    let names = ["producer slept", "consumer slept"];
    names.iter().zip(slept).filter(|(_, slept)| *slept).for_each(|(name, _)| cx.witness(name));
    pipe.check();
    format!("slept {slept:?}")
}

const fn gives_up<R: Ring<u8> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        hang: "RING-5",
        choices: &[2],
        deadlines: 1,
        witnesses: &["gave up", "was in time"],
        ..Scenario::new(
            name,
            &["RING-5", "RING-4"],
            "A side that waits gives up while it is being woken: no mark and no wake-up of its wait is left.",
            giving_up::<R>,
        )
    }
}

/// One side waits with a deadline; the other makes one step.
fn giving_up<R: Ring<u8> + 'static>(cx: &Cx) -> String {
    let producer_waits = cx.choice(0) == 0;
    let capacity = 1;
    let (mut source, mut sink) = pipe::<u8, R>(capacity, usize::MAX);
    let pipe = source.pipe.clone();
    let deadline = Deadline::after(std::time::Duration::from_micros(20));
    if producer_waits {
        (0..capacity).for_each(|element| source.try_put(element as u8).expect("an empty ring has room"));
    }
    let putting = cx.spawn("producer", move || {
        let put = if producer_waits { source.put_until(capacity as u8, deadline) } else { Some(source.try_put(0)) };
        rule!("RING-6", put.is_none_or(|put| put.is_ok()), "{put:?}, though nobody left");
        (source, put.is_none())
    });
    let taking = cx.spawn("consumer", move || {
        let taken = if producer_waits { Some(sink.try_take()) } else { sink.take_until(deadline) };
        rule!("RING-1", taken.is_none_or(|taken| taken == Ok(0)), "{taken:?} instead of the first element");
        (sink, taken.is_none())
    });
    let (_source, producer_gave_up) = putting.join().expect(JOINED);
    let (mut sink, consumer_gave_up) = taking.join().expect(JOINED);
    let (gave_up, rest) = (producer_gave_up || consumer_gave_up, drain(&mut sink.consumer));
    let taken = u8::from(producer_waits || !gave_up);
    let put = if producer_waits { capacity as u8 + u8::from(!gave_up) } else { 1 };
    let left: Vec<u8> = (taken..put).collect();
    rule!("RING-1", rest == left, "{rest:?} is left, not {left:?}");
    cx.witness(if gave_up { "gave up" } else { "was in time" });
    let place = if producer_waits { &pipe.producer } else { &pipe.consumer };
    let woken = place.times_woken();
    pipe.check();
    format!("gave up: {gave_up}, slept {} times, woken {woken}", place.times_armed())
}
