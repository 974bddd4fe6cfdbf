//! Programs whose size is their only point: how fast does what there is to explore grow? `cargo models --growth` runs them.
//!
//! They are scenarios in form, one per component, number of actors and capacity; what [`Cx::size`] counts is operations of
//! each actor. They check next to nothing and are in no suite.

use std::io::{Read, Write};

use rdv::BrokerManager;
use rdv::buffer::spsc::Spsc;
use rdv::channel::pair_with;
use rdv::queue;
use rdv::sync::Arc;
use rdv::{Broker, EventPump};

use crate::scenario::{Actor, Cx, Scenario};
use crate::scenarios::support::{JOINED, pipe};

/// A program, and where it stands on the axes.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// What it is made of.
    pub component: &'static str,
    /// How many actors it has.
    pub actors: u8,
    /// How much its buffer holds; 0 if it has none.
    pub capacity: u8,
    /// The program.
    pub scenario: Scenario,
}

const fn program(actors: u8, capacity: u8, component: &'static str, scenario: Scenario) -> Program {
    Program { component, actors, capacity, scenario }
}

const fn scenario(name: &'static str, body: fn(&Cx) -> String) -> Scenario {
    Scenario::new(name, &["ALL-1"], "How fast it grows.", body)
}

/// All of them; the first of each component is the one that the other axes start from.
pub const ALL: &[Program] = &[
    program(2, 1, "ring", scenario("growth/ring-2-1", ring::<1>)),
    program(2, 2, "ring", scenario("growth/ring-2-2", ring::<2>)),
    program(2, 3, "ring", scenario("growth/ring-2-3", ring::<3>)),
    program(2, 1, "channel", scenario("growth/channel-2-1", bytes::<1>)),
    program(2, 2, "channel", scenario("growth/channel-2-2", bytes::<2>)),
    program(2, 3, "channel", scenario("growth/channel-2-3", bytes::<3>)),
    program(2, 0, "rdv", scenario("growth/rdv-2", meetings::<1, 1>)),
    program(3, 0, "rdv", scenario("growth/rdv-3", meetings::<2, 1>)),
    program(4, 0, "rdv", scenario("growth/rdv-4", meetings::<2, 2>)),
    program(2, 0, "event", scenario("growth/event-2", posts::<1>)),
    program(3, 0, "event", scenario("growth/event-3", posts::<2>)),
    program(4, 0, "event", scenario("growth/event-4", posts::<3>)),
    program(2, 1, "queue", scenario("growth/queue-2-1", messages::<1, 1>)),
    program(2, 2, "queue", scenario("growth/queue-2-2", messages::<1, 2>)),
    program(2, 3, "queue", scenario("growth/queue-2-3", messages::<1, 3>)),
    program(3, 1, "queue", scenario("growth/queue-3-1", messages::<2, 1>)),
    program(4, 1, "queue", scenario("growth/queue-4-1", messages::<3, 1>)),
];

/// The programs, as scenarios.
pub fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    ALL.iter().map(|program| &program.scenario)
}

fn join<T>(actors: impl IntoIterator<Item = Actor<T>>) -> String {
    actors.into_iter().for_each(|actor| drop(actor.join().expect(JOINED)));
    String::new()
}

/// Elements go through a ring, one by one.
fn ring<const CAPACITY: usize>(cx: &Cx) -> String {
    let (mut source, mut sink) = pipe::<u8, Spsc<u8>>(CAPACITY, 0);
    let count = cx.size();
    let producer = cx.spawn("producer", move || {
        (0..count).for_each(|_| source.put(0).expect("nobody leaves"));
        source
    });
    let consumer = cx.spawn("consumer", move || {
        for _ in 0..count {
            sink.take().expect("nobody leaves");
        }
        sink
    });
    // The ends leave here: what grows is what goes through.
    drop((producer.join().expect(JOINED), consumer.join().expect(JOINED)));
    String::new()
}

/// Bytes go through a channel, one by one, and the end after them.
fn bytes<const CAPACITY: usize>(cx: &Cx) -> String {
    let (mut here, mut there) = pair_with::<Spsc<u8>>(CAPACITY).expect("a small channel can be had");
    let count = cx.size();
    let writer = cx.spawn("writer", move || (0..count).for_each(|_| here.write_all(&[0]).expect("nobody leaves")));
    let reader = cx.spawn("reader", move || {
        let mut byte = [0];
        while there.read(&mut byte).expect("an end of its own") > 0 {}
    });
    join([writer, reader])
}

/// So many acceptors and callers at one port.
fn meetings<const ACCEPTORS: usize, const CALLERS: usize>(cx: &Cx) -> String {
    let manager = BrokerManager::new();
    let server = Broker::new(&manager, "server").expect("a name of its own");
    let meetings = cx.size() * ACCEPTORS.max(CALLERS);
    let acceptors: Vec<_> = (0..ACCEPTORS)
        .map(|_| {
            let server = server.clone();
            cx.spawn("acceptor", move || {
                (0..meetings / ACCEPTORS).map(|_| server.accept(1).expect("somebody calls")).collect::<Vec<_>>()
            })
        })
        .collect();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let manager = manager.clone();
            cx.spawn("caller", move || {
                (0..meetings / CALLERS)
                    .map(|_| manager.connect("server", 1).expect("somebody accepts"))
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    join(acceptors.into_iter().chain(callers))
}

/// So many threads post to a pump, which returns when the last has gone.
fn posts<const POSTERS: usize>(cx: &Cx) -> String {
    let mut pump = EventPump::new();
    let (handle, count) = (Arc::new(pump.handle()), cx.size());
    let posters: Vec<_> = (0..POSTERS)
        .map(|_| {
            let handle = Arc::clone(&handle);
            cx.spawn("poster", move || (0..count).for_each(|_| handle.post(|| {}).expect("nobody stops it")))
        })
        .collect();
    drop(handle);
    let running = cx.spawn("pump", move || pump.run());
    join(posters.into_iter().chain([running]))
}

/// So many threads send to one that receives.
fn messages<const SENDERS: usize, const CAPACITY: usize>(cx: &Cx) -> String {
    let (here, there) = queue::pair(CAPACITY).expect("a small queue can be had");
    let (here, count) = (Arc::new(here), cx.size());
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let here = Arc::clone(&here);
            let send = move || (0..count).for_each(|_| here.blocking_send("m").expect("nobody closes"));
            cx.spawn("sender", send)
        })
        .collect();
    drop(here);
    let receiver = cx.spawn("receiver", move || {
        (0..count * SENDERS).for_each(|_| drop(there.blocking_receive().expect("somebody sends")));
    });
    join(senders.into_iter().chain([receiver]))
}
