//! The rings when a side leaves: everything is still taken, then comes the end; every sleeper is told; every element is
//! dropped once.

use std::fmt::Debug;

use rdv::buffer::locked::Locked;
use rdv::buffer::mirrored::Mirrored;
use rdv::buffer::mpmc::Mpmc;
use rdv::buffer::spsc::Spsc;
use rdv::buffer::{PopError, PushError, Ring, Side};

use super::support::{Ghost, JOINED, Sink, Source, bounded, is_prefix, pipe, variants};
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = variants! {
    "leaves" => leaves,
    "released" => released,
    "end-is-final" => end_is_final,
    "stays-on" => stays_on,
};

/// The suite of elements that are dropped, which `mirrored` with its bytes has only the freeing of.
pub const DROPS: &[Scenario] = &[
    both_leave::<u8, Mirrored>("ring-mirrored/both-leave"),
    both_leave::<Counted, Spsc<Counted>>("ring-spsc/both-leave"),
    both_leave::<Counted, Locked<Counted>>("ring-locked/both-leave"),
    bounded(both_leave::<Counted, Mpmc<Counted>>("ring-mpmc/both-leave")),
];

const fn leaves<R: Ring<u8> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        choices: &[2],
        witnesses: &["left with elements inside", "left an empty ring", "saw the end", "told with the last element"],
        runs: const { &[Run::loom(2, Level::Quick), Run::loom_bounded(3, 4, Level::Default)] },
        ..Scenario::new(
            name,
            &["RING-6", "RING-1", "RING-4"],
            "A side leaves after some elements: the consumer gets all of them and then the end, a producer an error at once.",
            leaving::<R>,
        )
    }
}

/// As many elements as the size says, then one side leaves; the other makes one attempt more.
fn leaving<R: Ring<u8> + 'static>(cx: &Cx) -> String {
    let (size, producer_leaves) = (cx.size(), cx.choice(0) == 0);
    let (mut source, mut sink) = pipe::<u8, R>(2, usize::MAX);
    let attempts = move |stays: bool| if stays { size + 1 } else { size };
    let putting = cx.spawn("producer", move || {
        let answers: Vec<_> = put_each(&mut source, attempts(!producer_leaves));
        let closed = producer_leaves.then(|| source.leave());
        (source, answers, closed)
    });
    let taking = cx.spawn("consumer", move || {
        let answers: Vec<_> = (0..attempts(producer_leaves)).map(|_| sink.try_take()).collect();
        let closed = (!producer_leaves).then(|| sink.leave());
        (sink, answers, closed)
    });
    let (mut source, puts, producer_left) = putting.join().expect(JOINED);
    let (mut sink, takes, consumer_left) = taking.join().expect(JOINED);
    let closed = producer_left.or(consumer_left).expect("one side leaves");
    let put = puts.iter().filter(|put| put.is_ok()).count();
    let outcome = format!("put {puts:?}, took {takes:?}, ended {}, drained {}", sink.ended, closed.drained);
    if producer_leaves {
        check_the_end(Side::Producer, put, &takes, &mut sink, &outcome);
        let told = sink.ended + usize::from(closed.drained);
        rule!("RING-6", told == 1, "told {told} times that nothing is left: {outcome}");
    } else {
        check_the_end(Side::Consumer, put, &takes, &mut sink, &outcome);
        let late = source.try_put(9);
        rule!("RING-6", late == Err(PushError::ConsumerGone), "{late:?} after the consumer left");
    }
    cx.witness(if closed.drained { "left an empty ring" } else { "left with elements inside" });
    if sink.ended > 0 {
        cx.witness("told with the last element");
    }
    let ends = takes.contains(&Err(PopError::ProducerGone)) || puts.contains(&Err(PushError::ConsumerGone));
    if ends {
        cx.witness("saw the end");
    }
    sink.pipe.check();
    outcome
}

/// Puts numbered elements, going on after a refusal with the one that was refused.
fn put_each<R: Ring<u8>>(source: &mut Source<u8, R>, attempts: usize) -> Vec<Result<(), PushError>> {
    let mut next = 0;
    let mut put = || {
        let answer = source.try_put(next);
        next += u8::from(answer.is_ok());
        answer
    };
    (0..attempts).map(|_| put()).collect()
}

const fn released<R: Ring<u8> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        hang: "RING-5",
        choices: &[2, 3],
        witnesses: &["ended while it slept", "ended before it slept"],
        ..Scenario::new(
            name,
            &["RING-5", "RING-6"],
            "A third party, or the other side, ends a ring under a producer without room or a consumer without data.",
            releasing::<R>,
        )
    }
}

/// Choice 0 says who waits, choice 1 what happens: a third party ends the side that waits, or the other one, or that one leaves.
fn releasing<R: Ring<u8> + 'static>(cx: &Cx) -> String {
    let (producer_waits, own, leaves) = (cx.choice(0) == 0, cx.choice(1) == 0, cx.choice(1) == 2);
    let side = if producer_waits == own { Side::Producer } else { Side::Consumer };
    let (mut source, mut sink) = pipe::<u8, R>(1, usize::MAX);
    let pipe = source.pipe.clone();
    let third = pipe.clone();
    let (_source, mut sink, closed) = if producer_waits {
        source.try_put(0).expect("an empty ring has room");
        let waiting = cx.spawn("producer", move || {
            let (put, due) = (source.put(1), if own { PushError::ProducerGone } else { PushError::ConsumerGone });
            rule!("RING-6", put == Err(due), "{put:?}; {due:?} is due");
            source
        });
        let ending = cx.spawn("third", move || {
            let closed = if leaves { sink.leave() } else { third.close(side) };
            (sink, closed)
        });
        let source = waiting.join().expect(JOINED);
        let (sink, closed) = ending.join().expect(JOINED);
        (source, sink, closed)
    } else {
        let waiting = cx.spawn("consumer", move || {
            let (taken, due) = (sink.take(), if own { PopError::ConsumerGone } else { PopError::ProducerGone });
            rule!("RING-6", taken == Err(due), "{taken:?}; {due:?} is due");
            sink
        });
        let ending = cx.spawn("third", move || {
            let closed = if leaves { source.leave() } else { third.close(side) };
            (source, closed)
        });
        let sink = waiting.join().expect(JOINED);
        let (source, closed) = ending.join().expect(JOINED);
        (source, sink, closed)
    };
    let rest = sink.try_take();
    let due = match side {
        Side::Producer if producer_waits => Ok(0),
        Side::Producer => Err(PopError::ProducerGone),
        Side::Consumer => Err(PopError::ConsumerGone),
    };
    rule!("RING-6", rest == due, "{rest:?} is left, {due:?} is due");
    rule!("RING-6", closed.drained != producer_waits, "drained: {}, with {rest:?} inside", closed.drained);
    let (mut woken, mut other) = (closed.wake_producer, closed.wake_consumer);
    if !producer_waits {
        std::mem::swap(&mut woken, &mut other);
    }
    rule!("RING-5", !other, "a side is woken that does not wait");
    cx.witness(if woken { "ended while it slept" } else { "ended before it slept" });
    pipe.check();
    format!("woken: {woken}")
}

const fn end_is_final<R: Ring<u8> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        choices: &[2],
        witnesses: &["put before the end", "refused", "saw the end"],
        runs: const { &[Run::loom_bounded(2, 3, Level::Default)] },
        ..Scenario::new(
            name,
            &["RING-6", "RING-1", "RING-4"],
            "A side is ended by a third party while both sides are at work: the end is after the last element, for everybody.",
            racing_the_end::<R>,
        )
    }
}

/// One element is inside, one is put, two are tried to be taken, and somebody ends a side. At size 1 both sides are one thread, at
/// size 2 they are two.
fn racing_the_end<R: Ring<u8> + 'static>(cx: &Cx) -> String {
    let side = if cx.choice(0) == 0 { Side::Producer } else { Side::Consumer };
    let (mut source, mut sink) = pipe::<u8, R>(2, usize::MAX);
    let pipe = source.pipe.clone();
    source.try_put(0).expect("an empty ring has room");
    let ending = cx.spawn("third", move || pipe.close::<u8>(side));
    let (mut source, mut sink, put, answers) = if cx.size() == 1 {
        let both = cx.spawn("both sides", move || {
            let first = sink.try_take();
            let put = source.try_put(1);
            let second = sink.try_take();
            (source, sink, put, [first, second])
        });
        both.join().expect(JOINED)
    } else {
        let putting = cx.spawn("producer", move || {
            let put = source.try_put(1);
            (source, put)
        });
        let taking = cx.spawn("consumer", move || {
            let answers = [sink.try_take(), sink.try_take()];
            (sink, answers)
        });
        let (source, put) = putting.join().expect(JOINED);
        let (sink, answers) = taking.join().expect(JOINED);
        (source, sink, put, answers)
    };
    let closed = ending.join().expect(JOINED);
    let outcome = format!("put {put:?}, took {answers:?}, ended {}, drained {}", sink.ended, closed.drained);
    let late = source.try_put(9);
    let refused = matches!(late, Err(PushError::ProducerGone | PushError::ConsumerGone));
    rule!("RING-6", refused, "{late:?} after the end: {outcome}");
    check_the_end(side, 1 + usize::from(put.is_ok()), &answers, &mut sink, &outcome);
    if side == Side::Producer {
        let told = sink.ended + usize::from(closed.drained);
        rule!("RING-6", told == 1, "told {told} times that nothing is left: {outcome}");
    }
    sink.pipe.check();
    let end = [PopError::ProducerGone, PopError::ConsumerGone];
    let seen = [
        ("put before the end", put.is_ok()),
        ("refused", put.is_err()),
        ("saw the end", answers[1].is_err_and(|why| end.contains(&why))),
    ];
    seen.iter().filter(|(_, seen)| *seen).for_each(|(name, _)| cx.witness(name));
    outcome
}

const fn stays_on<R: Ring<u8> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        hang: "RING-5",
        choices: &[2],
        witnesses: &["slept until the end", "the end came first"],
        runs: const { &[Run::loom_bounded(2, 4, Level::Default)] },
        ..Scenario::new(
            name,
            &["RING-5", "RING-6", "RING-1"],
            "A full ring is emptied, or made room in, while a side ends: the other goes on until it is told.",
            staying_on::<R>,
        )
    }
}

/// As many elements as the size says fill the ring. Either the producing side ends, and the consumer takes until it is told; or
/// the consumer takes one and ends its side, and the producer puts until it is told.
fn staying_on<R: Ring<u8> + 'static>(cx: &Cx) -> String {
    let (capacity, producer_leaves) = (cx.size(), cx.choice(0) == 0);
    let (mut source, mut sink) = pipe::<u8, R>(capacity, usize::MAX);
    (0..capacity).for_each(|element| source.try_put(element as u8).expect("an empty ring has room"));
    let pipe = source.pipe.clone();
    let (of_producer, of_consumer) = (pipe.clone(), pipe.clone());
    let putting = cx.spawn("producer", move || {
        if producer_leaves {
            let _ = of_producer.close::<u8>(Side::Producer);
            return (source, None);
        }
        let puts = [source.put(capacity as u8), source.put(capacity as u8 + 1)];
        (source, Some(puts.map(Result::err)))
    });
    let taking = cx.spawn("consumer", move || {
        if producer_leaves {
            let takes = (0..=capacity).map(|_| sink.take()).collect();
            return (sink, takes);
        }
        let taken = sink.try_take();
        let _ = of_consumer.close::<u8>(Side::Consumer);
        (sink, vec![taken])
    });
    let (_source, puts) = putting.join().expect(JOINED);
    let (_sink, takes) = taking.join().expect(JOINED);
    if let Some([first, second]) = puts {
        let gone = Some(PushError::ConsumerGone);
        rule!("RING-6", (first.is_none() || first == gone) && second == gone, "{first:?}, {second:?}");
    } else {
        let due = (0..capacity as u8).map(Ok).chain([Err(PopError::ProducerGone)]);
        rule!("RING-6", takes.iter().copied().eq(due), "{takes:?} instead of everything, and then the end");
    }
    let slept = if producer_leaves { &pipe.consumer } else { &pipe.producer }.has_armed();
    cx.witness(if slept { "slept until the end" } else { "the end came first" });
    pipe.check();
    format!("{puts:?} {takes:?}, slept: {slept}")
}

/// Takes what is left and checks that nothing came after an end, and nothing is missing before it.
fn check_the_end<R: Ring<u8>>(
    side: Side,
    put: usize,
    answers: &[Result<u8, PopError>],
    sink: &mut Sink<u8, R>,
    outcome: &str,
) {
    let mut taken: Vec<u8> = answers.iter().filter_map(|answer| answer.ok()).collect();
    let ended = answers.iter().position(|answer| answer.is_err_and(|why| why != PopError::Empty));
    let after = ended.map_or(&[][..], |ended| &answers[ended..]);
    rule!("RING-6", after.iter().all(Result::is_err), "something came after the end: {outcome}");
    let told_last = sink.ended > 0;
    let rest: Vec<u8> = std::iter::from_fn(|| sink.try_take().ok()).collect();
    if side == Side::Producer {
        rule!(
            "RING-6",
            rest.is_empty() || (ended.is_none() && !told_last),
            "{rest:?} is left after the end: {outcome}"
        );
        taken.extend(rest);
        rule!("RING-6", taken.len() == put, "{taken:?} can be taken: {outcome}");
    } else {
        rule!("RING-6", rest.is_empty(), "{rest:?} taken by a consumer that was ended");
    }
    rule!("RING-1", is_prefix(&taken) && taken.len() <= put, "{taken:?} taken of {put}");
}

/// What goes through the rings of `both-leave`.
pub trait Element: Send + Debug + 'static {
    /// The element of that number.
    fn of(number: usize) -> Self;

    /// Starts counting anew.
    fn reset() {}

    /// How often the element of that number was dropped, if that is counted.
    fn drops(_number: usize) -> Option<usize> {
        None
    }
}

impl Element for u8 {
    fn of(number: usize) -> Self {
        number as Self
    }
}

/// An element whose drops are counted: in a static, for a second drop finds nothing else intact.
#[derive(Debug)]
pub struct Counted {
    number: usize,
    /// Tells a whole element from a torn or a made-up one.
    complement: usize,
}

static DROPPED: [Ghost; 4] = [const { Ghost::new() }; 4];

impl Element for Counted {
    fn of(number: usize) -> Self {
        Self { number, complement: !number }
    }

    fn reset() {
        DROPPED.iter().for_each(Ghost::reset);
    }

    fn drops(number: usize) -> Option<usize> {
        Some(DROPPED[number].get())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let whole = self.complement == !self.number && self.number < DROPPED.len();
        rule!("RING-4", whole, "an element is dropped that nobody has put: {} {}", self.number, self.complement);
        DROPPED[self.number].count();
    }
}

const fn both_leave<E: Element, R: Ring<E> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        hang: "ALL-3",
        witnesses: &["left something inside"],
        runs: const { &[Run::loom_bounded(2, 4, Level::Quick), Run::loom_bounded(3, 4, Level::Default)] },
        ..Scenario::new(
            name,
            &["RING-4", "ALL-3", "RING-6"],
            "Both sides are dropped at once with elements inside: each element is dropped once, the memory goes with the second side.",
            leaving_both::<E, R>,
        )
    }
}

/// Two elements are inside; two less than the size says are put, one less but at least one is taken; both sides go.
fn leaving_both<E: Element, R: Ring<E> + 'static>(cx: &Cx) -> String {
    E::reset();
    let size = cx.size();
    let (mut source, mut sink) = pipe::<E, R>(2, usize::MAX);
    for number in 0..2 {
        let put = source.try_put(E::of(number));
        rule!("RING-2", put.is_ok(), "{put:?}, where two fit");
    }
    let putting =
        cx.spawn("producer", move || (2..size).filter(|&number| source.try_put(E::of(number)).is_ok()).count());
    let taking = cx.spawn("consumer", move || (0..(size - 1).max(1)).filter(|_| sink.try_take().is_ok()).count());
    let put = 2 + putting.join().expect(JOINED);
    let taken = taking.join().expect(JOINED);
    for number in 0..size.max(2) {
        let drops = E::drops(number).unwrap_or(1);
        rule!("RING-4", drops == 1, "element {number} of {put} was dropped {drops} times");
    }
    if put > taken {
        cx.witness("left something inside");
    }
    format!("put {put}, took {taken}")
}
