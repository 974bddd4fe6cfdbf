//! The first element of a ring, which brings the ring along: against a consumer that looks for it or sleeps, and against the
//! end of a side.

use rdv::buffer::mpmc::{Mpmc, Stamped};
use rdv::buffer::spsc::Spsc;
use rdv::buffer::{PopError, PushError, Ring, Side};

use super::ring_leaving::{Counted, Element};
use super::support::{JOINED, bounded, pipe, variants};
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = variants! {
    "first" => first,
};

/// The suite of a ring that is there from the beginning, as threads share it: its first consumer sleeps at a slot, not at a gate.
pub const MADE: &[Scenario] = &[bounded(first::<Stamped<u8>>("ring-mpmc/made"))];

/// The suite of elements that are dropped.
pub const DROPS: &[Scenario] = &[
    refused::<Spsc<Counted>>("ring-spsc/first-refused"),
    bounded(refused::<Mpmc<Counted>>("ring-mpmc/first-refused")),
];

const fn first<R: Ring<u8> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        hang: "RING-5",
        choices: &[3],
        witnesses: &["put", "refused", "slept for the first element"],
        runs: const { &[Run::loom_bounded(2, 2, Level::Quick), Run::loom_bounded(2, 3, Level::Default)] },
        ..Scenario::new(
            name,
            &["RING-5", "RING-6", "RING-1", "RING-4"],
            "The first element of all, against a consumer that waits for it, and against a third party that ends a side.",
            racing_the_first::<R>,
        )
    }
}

/// Choice 0 is which side a third party ends, if any. If it does, the consumer comes afterwards at size 1, and races both at size 2.
fn racing_the_first<R: Ring<u8> + 'static>(cx: &Cx) -> String {
    let ended = [None, Some(Side::Producer), Some(Side::Consumer)][cx.choice(0)];
    let (mut source, mut sink) = pipe::<u8, R>(1, usize::MAX);
    let (pipe, third) = (source.pipe.clone(), source.pipe.clone());
    let putting = cx.spawn("producer", move || {
        let put = source.try_put(0);
        (source, put)
    });
    let ending = ended.map(|side| cx.spawn("third", move || third.close::<u8>(side)));
    let mut take = Some(move || {
        let taken = sink.take();
        (sink, taken)
    });
    let racing = ended.is_none() || cx.size() > 1;
    let taking = take.take_if(|_| racing).map(|take| cx.spawn("consumer", take));
    let (mut source, put) = putting.join().expect(JOINED);
    let closed = ending.map(|ending| ending.join().expect(JOINED));
    let (mut sink, taken) = match (taking, take) {
        (Some(taking), _) => taking.join().expect(JOINED),
        (None, take) => take.expect("who does not race comes afterwards")(),
    };
    let outcome = format!("put {put:?}, took {taken:?}, ended {}", sink.ended);
    let (put_due, taken_due, then) = match ended {
        None => (put.is_ok(), taken == Ok(0), PopError::Empty),
        Some(Side::Producer) => {
            let due = put.map(|()| 0).map_err(|_| PopError::ProducerGone);
            (put.is_ok() || put == Err(PushError::ProducerGone), taken == due, PopError::ProducerGone)
        }
        Some(Side::Consumer) => {
            let due = taken == Err(PopError::ConsumerGone) || racing && put.is_ok() && taken == Ok(0);
            (put.is_ok() || put == Err(PushError::ConsumerGone), due, PopError::ConsumerGone)
        }
    };
    rule!("RING-6", put_due && taken_due, "{ended:?} was ended: {outcome}");
    let rest = sink.try_take();
    rule!("RING-6", rest == Err(then), "{rest:?} is left, {then:?} is due: {outcome}");
    rule!("RING-6", ended.is_none() || source.try_put(9).is_err(), "a put after the end: {outcome}");
    if ended == Some(Side::Producer) {
        let told = sink.ended + usize::from(closed.is_some_and(|closed| closed.drained));
        rule!("RING-6", told == 1, "told {told} times that nothing is left: {outcome}");
    }
    cx.witness(if put.is_ok() { "put" } else { "refused" });
    if pipe.consumer.has_armed() {
        cx.witness("slept for the first element");
    }
    pipe.check();
    outcome
}

const fn refused<R: Ring<Counted> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        choices: &[2],
        witnesses: &["put", "refused"],
        ..Scenario::new(
            name,
            &["RING-4", "RING-6"],
            "The first element of all races the end of a side: in or refused, it is dropped once.",
            racing_the_only::<R>,
        )
    }
}

/// The producer puts one element while somebody ends a side (choice 0); then both leave.
fn racing_the_only<R: Ring<Counted> + 'static>(cx: &Cx) -> String {
    Counted::reset();
    let side = [Side::Producer, Side::Consumer][cx.choice(0)];
    let (mut source, sink) = pipe::<Counted, R>(1, usize::MAX);
    let third = source.pipe.clone();
    let putting = cx.spawn("producer", move || {
        let put = source.try_put(Counted::of(0));
        (source, put)
    });
    let ending = cx.spawn("third", move || third.close::<Counted>(side));
    let (source, put) = putting.join().expect(JOINED);
    let _ = ending.join().expect(JOINED);
    drop((source, sink));
    let due = [PushError::ProducerGone, PushError::ConsumerGone][cx.choice(0)];
    rule!("RING-6", put.is_ok() || put == Err(due), "{put:?}, where {due:?} is due");
    let drops = Counted::drops(0);
    rule!("RING-4", drops == Some(1), "the element was dropped {drops:?} times: {put:?}");
    cx.witness(if put.is_ok() { "put" } else { "refused" });
    format!("{put:?}")
}
