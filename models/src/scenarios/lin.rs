//! Linearizability of rings, of the queue of a pump, and of message queues: every script up to a size, and in every execution an order of its
//! calls that the specification allows.
//!
//! A script is a stretch of the tape: each choice is what an actor does next, so the exhaustive engines go through all scripts. At larger sizes
//! proptest draws scripts for the engines of shuttle, and real threads repeat short ones. Each actor judges what has happened so far when it has
//! ended, so some calls are still under way then.

use rdv::buffer::Ring;
use rdv::buffer::locked::Locked;
use rdv::buffer::mirrored::Mirrored;
use rdv::buffer::mpmc::Mpmc;
use rdv::buffer::spsc::Spsc;
use rdv::sync::Arc;
use rdv::{MessageQueue, PumpHandle, ReceiveError, SendError};
use rdv_spec::Spec;
use rdv_spec::events::fifo::{self, Fifo};
use rdv_spec::events::{self, World};
use rdv_spec::ring;

use super::event_support::{Log, ends, join, pump};
use super::lin_support::{Pen, Recorder};
use super::ring_words::{moved, took};
use super::support::{Sink, Source, pipe};
use crate::scenario::{Bound, Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    of_ring::<Spsc<u8>>("lin/ring-spsc"),
    of_ring::<Mirrored>("lin/ring-mirrored"),
    of_ring::<Locked<u8>>("lin/ring-locked"),
    shorter(of_ring::<Mpmc<u8>>("lin/ring-mpmc")),
    Scenario {
        choices: &[3, 3],
        scripts: const { &[0..1, 1..2] },
        witnesses: &["taken", "nothing there", "refused"],
        audit_bound: Bound::Preemptions(2),
        runs: &[Run::portfolio(3, Level::Quick), Run::dfs_bounded(2, 1, Level::Default)],
        ..Scenario::new(
            "lin/events",
            &["PUMP-1", "PUMP-2", "PUMP-3", "PUMP-5"],
            "Two threads post, one of them an event that posts, or stop a pump that takes events: a FIFO that can be stopped.",
            of_events,
        )
    },
    Scenario {
        hang: "MQ-3",
        choices: &[3, 3, 4, 4],
        scripts: const { &[0..2, 2..4, 0..2] },
        witnesses: &["full", "empty", "closed", "slept"],
        audit_bound: Bound::Preemptions(2),
        runs: &[Run::portfolio(3, Level::Quick), Run::dfs_bounded(2, 1, Level::Default)],
        ..Scenario::new(
            "lin/queue",
            &["MQ-1", "MQ-3", "MQ-4", "MQ-7"],
            "Sends, receives, also waiting ones, and closes at both ends, from size 2 on by two threads at one: a queue each way.",
            of_queue,
        )
    },
];

const fn of_ring<R: Ring<u8> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        choices: &[3, 3, 3, 3],
        scripts: const { &[0..2, 2..4] },
        witnesses: &["full", "empty", "the peer is gone"],
        audit_bound: Bound::Preemptions(3),
        runs: const {
            &[
                Run::portfolio(3, Level::Quick),
                Run::dfs_bounded(2, 1, Level::Default),
                Run::loom_bounded(2, 2, Level::Deep),
            ]
        },
        ..Scenario::new(
            name,
            &["RING-1", "RING-2", "RING-6"],
            "Each side moves one element, leaves, or moves two: a FIFO of the capacity, as far as either side can know.",
            ring_scripts::<R>,
        )
    }
}

/// For a variant whose operations are more steps: the consumer does one thing less.
const fn shorter(ring: Scenario) -> Scenario {
    Scenario { choices: &[3, 3, 3], scripts: const { &[0..2, 2..3] }, ..ring }
}

/// What the steps of either side of a ring are, besides moving one element.
const LEAVE: usize = 1;
const SLICE: usize = 2;

fn ring_scripts<R: Ring<u8> + 'static>(cx: &Cx) -> String {
    let (source, sink) = pipe::<u8, R>(1, usize::MAX);
    let (record, start) = (Recorder::new(), ring::Ring::new(1));
    let (puts, takes) = (cx.script(0), cx.script(1));
    let (pen, begin) = (record.actor(0), start.clone());
    let producer = cx.spawn("producer", move || produce(source, &puts, &pen, &begin));
    let (pen, begin) = (record.actor(1), start.clone());
    let consumer = cx.spawn("consumer", move || consume(sink, &takes, &pen, &begin));
    let (source, put) = join(producer);
    let (sink, taken) = join(consumer);
    record.check_weakly(&start, is_stale);
    let (full, empty) = (put.iter().any(is_stale), taken.iter().any(is_stale));
    let answers: Vec<_> = put.into_iter().chain(taken).collect();
    let seen = [("full", full), ("empty", empty), ("the peer is gone", answers.contains(&ring::Response::PeerGone))];
    seen.iter().filter(|(_, seen)| *seen).for_each(|(name, _)| cx.witness(name));
    drop((source, sink));
    format!("{answers:?}")
}

/// What an acquiring load may say too late.
fn is_stale(answer: &ring::Response<u8>) -> bool {
    *answer == ring::Response::WouldBlock
}

type Answers = Vec<ring::Response<u8>>;

fn produce<R: Ring<u8>>(
    mut source: Source<u8, R>,
    script: &[usize],
    pen: &Pen<ring::Ring<u8>>,
    start: &ring::Ring<u8>,
) -> (Source<u8, R>, Answers) {
    let mut next = 0;
    let mut answers = Answers::new();
    for step in script {
        if *step == LEAVE {
            answers.push(pen.call(ring::Operation::CloseProducer, || {
                source.producer.leave();
                ring::Response::Done
            }));
            continue;
        }
        let items: Vec<u8> = (next..=next + u8::from(*step == SLICE)).collect();
        let answer = pen.call(ring::Operation::Put(items.clone()), || moved(source.producer.push_slice(&items)));
        next += if let ring::Response::Moved(count) = answer { count as u8 } else { 0 };
        answers.push(answer);
    }
    pen.record().check_weakly(start, is_stale);
    (source, answers)
}

fn consume<R: Ring<u8>>(
    mut sink: Sink<u8, R>,
    script: &[usize],
    pen: &Pen<ring::Ring<u8>>,
    start: &ring::Ring<u8>,
) -> (Sink<u8, R>, Answers) {
    let mut answers = Answers::new();
    for step in script {
        if *step == LEAVE {
            answers.push(pen.call(ring::Operation::CloseConsumer, || {
                sink.consumer.leave();
                ring::Response::Done
            }));
            continue;
        }
        let mut target = [0; 2];
        let target = &mut target[..=usize::from(*step == SLICE)];
        answers.push(pen.call(ring::Operation::Take(target.len()), || took(sink.consumer.pop_slice(target), target)));
    }
    pen.record().check_weakly(start, is_stale);
    (sink, answers)
}

/// Two who post or stop, and the pump.
fn of_events(cx: &Cx) -> String {
    let ((mut pump, handle), record, log) = (pump(), Recorder::new(), Log::default());
    let turns = cx.script(0).len() + cx.script(1).len();
    let poster = |name, number: u32| {
        let (handle, log, pen, inside) = (handle.clone(), log.clone(), record.actor(number as usize), record.actor(3));
        let (script, inside) = (cx.script(number as usize - 1), std::sync::Arc::new(inside));
        cx.spawn(name, move || {
            let labels = (number * 10..).zip(&script);
            let answers =
                labels.map(|(label, step)| act(*step, label, &handle, &log, &pen, &inside)).collect::<Vec<_>>();
            pen.record().check(&Fifo::new());
            answers
        })
    };
    let posters = [poster("a", 1), poster("b", 2)];
    let runner = {
        let (pen, log) = (record.actor(0), log.clone());
        cx.spawn("pump", move || {
            let taken: Vec<_> = (0..turns).map(|_| pen.call(fifo::Operation::Take, || turn(&mut pump, &log))).collect();
            pen.record().check(&Fifo::new());
            (pump, taken)
        })
    };
    let answers = posters.map(join);
    let (mut pump, taken) = join(runner);
    let refused = answers.iter().flatten().any(|answer| *answer == fifo::Response::Stopped);
    let took = taken.iter().any(|answer| matches!(answer, fifo::Response::Took(_)));
    let seen = [("taken", took), ("nothing there", taken.contains(&fifo::Response::Nothing)), ("refused", refused)];
    seen.iter().filter(|(_, seen)| *seen).for_each(|(name, _)| cx.witness(name));
    let pen = record.actor(0);
    while pen.call(fifo::Operation::Take, || turn(&mut pump, &log)) != fifo::Response::Nothing {}
    record.check(&Fifo::new());
    format!("{answers:?} {taken:?}")
}

/// Lets the pump run one event, which says who it is.
fn turn(pump: &mut rdv::EventPump, log: &Log) -> fifo::Response<u32> {
    match (pump.turn(1), log.words().last()) {
        (0, _) => fifo::Response::Nothing,
        (_, word) => fifo::Response::Took(word.and_then(|word| word.parse().ok()).unwrap_or(u32::MAX)),
    }
}

/// Posts, posts an event that posts, or stops.
fn act(
    step: usize,
    label: u32,
    handle: &Arc<PumpHandle>,
    log: &Log,
    pen: &Pen<Fifo<u32>>,
    inside: &std::sync::Arc<Pen<Fifo<u32>>>,
) -> fifo::Response<u32> {
    if step == 2 {
        return pen.call(fifo::Operation::Stop, || {
            handle.stop();
            fifo::Response::Done
        });
    }
    let (inner, inside, again) = (handle.clone(), inside.clone(), log.clone());
    let event = move || {
        again.add(label.to_string());
        if step == 1 {
            let (label, late) = (label + 100, again.clone());
            inside.call(fifo::Operation::Post(label), || posted(inner.post(move || late.add(label.to_string()))));
        }
    };
    pen.call(fifo::Operation::Post(label), || posted(handle.post(event)))
}

fn posted(result: Result<(), rdv::PumpStopped>) -> fifo::Response<u32> {
    if result.is_ok() { fifo::Response::Done } else { fifo::Response::Stopped }
}

/// What the steps at an end of a queue are; the last one waits for a message.
const SEND: usize = 0;
const RECEIVE: usize = 1;
const CLOSE: usize = 2;

/// Who is at the left end never waits and closes it at the end, so who waits at the right one is told.
fn of_queue(cx: &Cx) -> String {
    let ((left, right), record) = (ends(1), Recorder::new());
    let mut start = World::new(0, 1);
    start.apply(&events::Operation::Pair);
    let actor = |number: u32, queue: &Arc<MessageQueue>, mut script: Vec<usize>| {
        let (queue, pen, start) = (queue.clone(), record.actor(number as usize), start.clone());
        let end = events::End { pair: 0, end: usize::from(number == 1) };
        script.extend((end.end == 0).then_some(CLOSE));
        cx.spawn(["left", "right", "left too"][number as usize], move || {
            let answers =
                script.iter().zip(number * 10..).map(|(step, message)| speak(*step, message, end, &queue, &pen));
            let answers: Vec<_> = answers.collect();
            pen.record().check(&start);
            answers
        })
    };
    let mut actors = vec![actor(0, &left, cx.script(0)), actor(1, &right, cx.script(1))];
    actors.extend((cx.size() > 1).then(|| actor(2, &left, cx.script(2))));
    let answers: Vec<_> = actors.into_iter().map(join).collect();
    record.check(&start);
    let seen = |answer| answers.iter().flatten().any(|it| *it == answer);
    let slept = super::broker_support::waits() > 0;
    let seen = [
        ("full", seen(events::Response::Full)),
        ("empty", seen(events::Response::Empty)),
        ("closed", seen(events::Response::Closed)),
        ("slept", slept),
    ];
    seen.iter().filter(|(_, seen)| *seen).for_each(|(name, _)| cx.witness(name));
    format!("{answers:?}")
}

/// One step at an end of a queue.
fn speak(step: usize, message: u32, end: events::End, queue: &MessageQueue, pen: &Pen<World>) -> events::Response {
    match step {
        SEND => pen.call(events::Operation::Send(end, message), || match queue.send(message.to_string()) {
            Ok(()) => events::Response::Done,
            Err(SendError::Full(_)) => events::Response::Full,
            Err(_) => events::Response::Closed,
        }),
        CLOSE => pen.call(events::Operation::Close(end), || {
            queue.close();
            events::Response::Done
        }),
        RECEIVE => pen.call(events::Operation::Receive(end), || received(queue.receive())),
        _ => pen.call(events::Operation::Receive(end), || received(queue.blocking_receive())),
    }
}

fn received(result: Result<bytes::Bytes, ReceiveError>) -> events::Response {
    match result {
        Ok(message) => events::Response::Received(super::event_support::text_of(&message).parse().unwrap_or(u32::MAX)),
        Err(ReceiveError::Empty) => events::Response::Empty,
        Err(ReceiveError::HasListener) => events::Response::HasListener,
        Err(_) => events::Response::Closed,
    }
}
