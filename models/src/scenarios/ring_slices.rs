//! Slices on one side of a ring, single elements on the other, which sleeps between the elements of a slice if it can.

use rdv::buffer::mpmc::Stamped;
use rdv::buffer::{PopError, PushError, Ring, Side};

use super::support::{JOINED, Sink, Source, bounded, is_prefix, pipe, variants};
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = variants! {
    "slices" => slices,
};

/// The suite of the variant whose slices are many words; it is there from the beginning.
pub const ENDED: &[Scenario] = &[bounded(slice_ended::<Stamped<u8>>("ring-mpmc/slice-ended"))];

/// How much is a slice, and fills the ring.
const SLICE: usize = 2;

const fn slices<R: Ring<u8> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        hang: "RING-5",
        choices: &[2],
        witnesses: &["a whole slice", "producer slept", "consumer slept"],
        runs: const { &[Run::loom_bounded(2, 2, Level::Quick), Run::loom_bounded(2, 3, Level::Default)] },
        ..Scenario::new(
            name,
            &["RING-5", "RING-1", "RING-4"],
            "Slices against single elements that are waited for: no end sleeps on in the midst of a slice.",
            slicing::<R>,
        )
    }
}

const fn slice_ended<R: Ring<u8> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        hang: "RING-5",
        choices: &[2, 2],
        witnesses: &["a whole slice", "refused"],
        runs: const { &[Run::loom_bounded(2, 2, Level::Quick), Run::loom_bounded(2, 3, Level::Default)] },
        ..Scenario::new(
            name,
            &["RING-5", "RING-6", "RING-1", "RING-4"],
            "A slice while a third party ends a side; from size 2 on somebody waits for an element meanwhile.",
            ending::<R>,
        )
    }
}

/// Puts a slice as far as there is room, or else waits to put one element.
fn put_some<R: Ring<u8>>(source: &mut Source<u8, R>, elements: &[u8], as_slice: bool) -> Result<usize, PushError> {
    if as_slice {
        match source.producer.push_slice(&elements[..elements.len().min(SLICE)]) {
            Ok(pushed) => {
                source.pipe.consumer.wake_if(pushed.wake);
                return Ok(pushed.count);
            }
            Err(PushError::Full) => {}
            Err(why) => return Err(why),
        }
    }
    source.put(elements[0]).map(|()| 1)
}

/// Takes a slice of what is wanted as far as there is something, or else waits to take one element.
fn take_some<R: Ring<u8>>(sink: &mut Sink<u8, R>, wanted: usize, as_slice: bool) -> Result<Vec<u8>, PopError> {
    if as_slice {
        let mut target = [0; SLICE];
        match sink.consumer.pop_slice(&mut target[..wanted.min(SLICE)]) {
            Ok(popped) => {
                sink.pipe.producer.wake_if(popped.wake);
                sink.ended += usize::from(popped.ended);
                return Ok(target[..popped.count].to_vec());
            }
            Err(PopError::Empty) => {}
            Err(why) => return Err(why),
        }
    }
    sink.take().map(|element| vec![element])
}

/// A ring that is empty, or else full, and was used before. Its indices overflow in the midst of the first slice.
fn ring<R: Ring<u8>>(full: bool) -> (Source<u8, R>, Sink<u8, R>, u8) {
    let (mut source, mut sink) = pipe::<u8, R>(SLICE, usize::MAX - 1);
    source.try_put(9).expect("an empty ring has room");
    rule!("RING-1", sink.try_take() == Ok(9), "the only element is not the first");
    let held = if full { SLICE as u8 } else { 0 };
    (0..held).for_each(|element| source.try_put(element).expect("an empty ring has room"));
    (source, sink, held)
}

/// Choice 0: slices are put into an empty ring, or taken out of a full one; as many as the size says.
fn slicing<R: Ring<u8> + 'static>(cx: &Cx) -> String {
    let (slices_in, amount) = (cx.choice(0) == 0, cx.size() * SLICE);
    let (mut source, mut sink, held) = ring::<R>(!slices_in);
    let pipe = source.pipe.clone();
    let putting = cx.spawn("producer", move || {
        let elements: Vec<u8> = (held..held + amount as u8).collect();
        let (mut put, mut whole) = (0, false);
        while put < amount {
            let count = put_some(&mut source, &elements[put..], slices_in);
            let count = count.unwrap_or_else(|why| panic!("RING-6: {why:?}, though nobody left"));
            (put, whole) = (put + count, whole || count == SLICE);
        }
        (source, whole)
    });
    let taking = cx.spawn("consumer", move || {
        let (mut taken, mut whole) = (vec![], false);
        while taken.len() < amount {
            let some = take_some(&mut sink, amount - taken.len(), !slices_in);
            let some = some.unwrap_or_else(|why| panic!("RING-6: {why:?}, though nobody left"));
            whole |= some.len() == SLICE;
            taken.extend(some);
        }
        (sink, taken, whole)
    });
    let (_source, whole_put) = putting.join().expect(JOINED);
    let (mut sink, mut taken, whole_taken) = taking.join().expect(JOINED);
    taken.extend(std::iter::from_fn(|| sink.try_take().ok()));
    rule!("RING-1", is_prefix(&taken) && taken.len() == usize::from(held) + amount, "taken {taken:?}");
    pipe.check();
    let slept = [pipe.producer.has_armed(), pipe.consumer.has_armed()];
    let seen =
        [("a whole slice", whole_put || whole_taken), ("producer slept", slept[0]), ("consumer slept", slept[1])];
    seen.iter().filter(|(_, seen)| *seen).for_each(|(name, _)| cx.witness(name));
    format!("slept {slept:?}")
}

/// Choice 0: a slice is put into an empty ring, or taken out of a full one, and an element is waited for on the other side; at size 1
/// afterwards, at size 2 meanwhile. Choice 1 is which side a third party ends.
fn ending<R: Ring<u8> + 'static>(cx: &Cx) -> String {
    let (slice_in, side) = (cx.choice(0) == 0, [Side::Producer, Side::Consumer][cx.choice(1)]);
    let (mut source, mut sink, held) = ring::<R>(!slice_in);
    let (pipe, third) = (source.pipe.clone(), source.pipe.clone());
    let put = move || {
        let put = put_some(&mut source, &[held, held + 1], slice_in);
        (source, put)
    };
    let take = move || {
        let taken = take_some(&mut sink, SLICE, !slice_in);
        (sink, taken)
    };
    let ending = cx.spawn("third", move || third.close::<u8>(side));
    let meanwhile = cx.size() > 1;
    let (mut put, mut take) = (Some(put), Some(take));
    let putting = put.take_if(|_| meanwhile || slice_in).map(|put| cx.spawn("producer", put));
    let taking = take.take_if(|_| meanwhile || !slice_in).map(|take| cx.spawn("consumer", take));
    let closed = ending.join().expect(JOINED);
    let put_done = putting.map(|putting| putting.join().expect(JOINED));
    let taken_done = taking.map(|taking| taking.join().expect(JOINED));
    let (_source, put) = put_done.or_else(|| put.map(|put| put())).expect("one of them");
    let (mut sink, taken) = taken_done.or_else(|| take.map(|take| take())).expect("one of them");
    let slept = [pipe.producer.has_armed(), pipe.consumer.has_armed()];
    let outcome = format!("{side:?} ended: put {put:?}, taken {taken:?}, slept {slept:?}");
    let (refused, gone) = match side {
        Side::Producer => (PushError::ProducerGone, PopError::ProducerGone),
        Side::Consumer => (PushError::ConsumerGone, PopError::ConsumerGone),
    };
    rule!("RING-6", put.is_ok() || put == Err(refused), "{outcome}");
    rule!("RING-6", taken.is_ok() || taken == Err(gone), "{outcome}");
    let due = usize::from(held) + put.unwrap_or(0);
    let mut all = taken.clone().unwrap_or_default();
    if side == Side::Producer {
        rule!("RING-6", taken.is_ok() || due == 0, "{due} elements were put: {outcome}");
        all.extend(std::iter::from_fn(|| sink.try_take().ok()));
        rule!("RING-1", all.len() == due, "{all:?} of {due}: {outcome}");
        let told = sink.ended + usize::from(closed.drained);
        rule!("RING-6", told == 1, "told {told} times that nothing is left: {outcome}");
    }
    rule!("RING-1", is_prefix(&all) && all.len() <= due, "{all:?} of {due}: {outcome}");
    pipe.check();
    let whole = if slice_in { put == Ok(SLICE) } else { taken.as_ref().is_ok_and(|taken| taken.len() == SLICE) };
    let seen = [("a whole slice", whole), ("refused", put.is_err() || taken.is_err())];
    seen.iter().filter(|(_, seen)| *seen).for_each(|(name, _)| cx.witness(name));
    outcome
}
