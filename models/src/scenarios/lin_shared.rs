//! Linearizability of a ring whose ends many threads share. How scripts come about is told in `lin`.
//!
//! Elements are in order from the moment at which their slots are claimed. A refusal is weaker: "full" may be due to a slot that somebody
//! has claimed and not yet emptied, though a later one is free again, and "empty" likewise. So a refusal counts if no operation of the other
//! kind that moved something, or may have, was under way meanwhile; under loom, where it may be older than that, what moved counts alone.

use rdv::buffer::ends_at;
use rdv::buffer::mpmc::{SharedConsumer, SharedProducer, Stamped};
use rdv_spec::history::Call;
use rdv_spec::ring::{Operation, Response, Ring};

use super::event_support::join;
use super::lin_support::{Pen, Recorder, check_weakly};
use super::ring_words::{moved, stayed, took};
use crate::engine;
use crate::job::World;
use crate::scenario::{Bound, Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[Scenario {
    choices: &[2, 2, 2, 2],
    scripts: const { &[0..2, 2..4, 0..2, 2..4] },
    witnesses: &["full", "empty"],
    audit_bound: Bound::Preemptions(2),
    runs: &[Run::portfolio(2, Level::Quick), Run::dfs_bounded(2, 1, Level::Default)],
    ..Scenario::new(
        "lin/ring-shared",
        &["RING-1", "RING-2", "RING-3"],
        "Two threads, from size 2 on four, put and take one element at a time, each at both ends: a FIFO of the capacity.",
        shared,
    )
}];

/// Less than two threads put, so that one of them finds it full; more than one, so that there is an order.
const CAPACITY: usize = 2;

/// What the steps are: this one, and taking an element.
const PUT: usize = 0;

fn shared(cx: &Cx) -> String {
    // The positions overflow after the first element.
    let (producer, consumer) = ends_at::<u8, Stamped<u8>>(CAPACITY, usize::MAX).expect("a small ring can be had");
    let (producer, consumer) = (producer.share(), consumer.share());
    let record = Recorder::new();
    let actor = |(number, (mut producer, mut consumer)): (usize, (SharedProducer<u8>, SharedConsumer<u8>))| {
        let (pen, script) = (record.actor(number), cx.script(number));
        cx.spawn(["a", "b", "c", "d"][number], move || {
            let elements = 10 * number as u8..;
            let mut act = |(element, step)| {
                if step == PUT { put(element, &mut producer, &pen) } else { take(&mut consumer, &pen) }
            };
            let answers: Vec<_> = elements.zip(script).map(&mut act).collect();
            judge(pen.record());
            // Its ends go at last, when nobody is at work.
            (answers, producer, consumer)
        })
    };
    let count = if cx.size() > 1 { 4 } else { 2 };
    let ends: Vec<_> = (0..count).map(|_| (producer.clone(), consumer.clone())).collect();
    let actors: Vec<_> = ends.into_iter().enumerate().map(actor).collect();
    let ended: Vec<_> = actors.into_iter().map(join).collect();
    let answers: Vec<_> = ended.iter().map(|(answers, ..)| answers).collect();
    judge(&record);
    for call in record.calls().iter().filter(|call| is_refused(call)) {
        cx.witness(if is_put(call) { "full" } else { "empty" });
    }
    format!("{answers:?}")
}

fn put(element: u8, producer: &mut SharedProducer<u8>, pen: &Pen<Ring<u8>>) -> Response<u8> {
    pen.call(Operation::Put(vec![element]), || stayed(moved(producer.push(element).map_err(|rejected| rejected.why))))
}

fn take(consumer: &mut SharedConsumer<u8>, pen: &Pen<Ring<u8>>) -> Response<u8> {
    let mut target = [0];
    pen.call(Operation::Take(1), || stayed(took(consumer.pop_slice(&mut target), &target)))
}

/// Judges what has happened so far.
fn judge(record: &Recorder<Ring<u8>>) {
    let calls = record.calls();
    let counts =
        |call: &&Call<Ring<u8>>| !is_refused(call) || engine::WORLD != World::Loom && is_undisturbed(call, &calls);
    let judged: Vec<_> = calls.iter().filter(counts).cloned().collect();
    check_weakly(&Ring::new(CAPACITY), &judged, |_| false);
}

fn is_put(call: &Call<Ring<u8>>) -> bool {
    matches!(call.operation, Operation::Put(_))
}

fn is_refused(call: &Call<Ring<u8>>) -> bool {
    matches!(call.answer, Some((Response::WouldBlock, _)))
}

/// Whether nothing was moved meanwhile, as far as is known, that would have made the refusal untrue.
fn is_undisturbed(refused: &Call<Ring<u8>>, calls: &[Call<Ring<u8>>]) -> bool {
    let end = |call: &Call<Ring<u8>>| call.answer.as_ref().map_or(usize::MAX, |(_, end)| *end);
    let meanwhile = |call: &&Call<Ring<u8>>| call.begin < end(refused) && refused.begin < end(call);
    calls.iter().filter(meanwhile).all(|call| is_put(call) == is_put(refused) || is_refused(call))
}
