//! The paths: what one thread can run from one end to the other.

use std::hint::black_box;
use std::io::{Read, Write};

use rdv::buffer::Ring;
use rdv::channel::pair_with;
use rdv::{Broker, BrokerManager, EventPump, MessageQueue, Port, QueueBroker};
use rdv_benches::message::Load;
use rdv_benches::{CAPACITY, event, for_each_variant, message, rendezvous};

const PORT: Port = 80;

/// The bytes of one write.
const CHUNKS: [usize; 4] = [1, 64, 1 << 10, 4 << 10];

struct Path {
    name: String,
    run: Box<dyn Fn(u64)>,
}

fn path(name: impl Into<String>, run: impl Fn(u64) + 'static) -> Path {
    Path { name: name.into(), run: Box::new(run) }
}

/// What the paths are called.
pub(crate) fn names() -> Vec<String> {
    paths().into_iter().map(|path| path.name).collect()
}

/// Runs one of them.
pub(crate) fn run(name: &str, rounds: u64) {
    let paths = paths();
    let path = paths.iter().find(|path| path.name == name).expect("a path of that name");
    (path.run)(rounds);
}

fn paths() -> Vec<Path> {
    let mut paths = Vec::new();
    for_each_variant!(V => {
        paths.extend(CHUNKS.map(|chunk| path(format!("channel/{}/{chunk}", <V as Ring<u8>>::NAME), move |rounds| {
            channel::<V>(chunk, rounds);
        })));
        paths.push(path(format!("pair/{}", <V as Ring<u8>>::NAME), |rounds| {
            (0..rounds).for_each(|_| rendezvous::pair::<V>(CAPACITY));
        }));
    });
    paths.push(path("message", messages));
    paths.push(path("message-echoed", messages_echoed));
    paths.push(path("event", events));
    paths.push(path("event-chain", event_chain));
    paths.push(path("broker/would-block", would_block));
    paths.push(path("broker/meet-queue", meet_queue));
    paths
}

/// A chunk written and read.
fn channel<V: Ring<u8>>(chunk: usize, rounds: u64) {
    let (mut here, mut there) = pair_with::<V>(CAPACITY).expect("a modest capacity");
    let (source, mut target) = (vec![1; chunk], vec![0; chunk]);
    for _ in 0..rounds {
        here.write_all(black_box(&source)).expect("the peer is there");
        there.read_exact(black_box(&mut target)).expect("it was written");
    }
}

/// A message of 64 bytes, always the same memory, sent and received.
fn messages(rounds: u64) {
    let load = Load::recycled(64);
    let (here, there) = load.queues();
    for _ in 0..rounds {
        here.send(load.message()).expect("there is room");
        black_box(there.receive().expect("it was sent"));
    }
}

/// The same to a listener on a pump of this thread, which sends it back.
fn messages_echoed(rounds: u64) {
    let load = Load::recycled(64);
    let (here, there) = load.queues();
    let mut pump = EventPump::new();
    message::echo(&there, &pump.handle());
    for _ in 0..rounds {
        message::run_here(&mut pump, 1, || here.send(load.message()).expect("there is room"));
        black_box(here.receive().expect("it was echoed"));
    }
}

/// An event posted and run, 32 at a time.
fn events(rounds: u64) {
    const BATCH: u64 = 32;
    let mut pump = EventPump::new();
    let handle = pump.handle();
    for _ in 0..rounds / BATCH {
        event::here(&mut pump, &handle, BATCH);
    }
}

/// An event that posts the next one.
fn event_chain(rounds: u64) {
    fn link(handle: &rdv::PumpHandle, left: u64) {
        let next = handle.clone();
        let event = move || {
            if left > 0 {
                link(&next, left - 1);
            }
        };
        handle.post(event).expect("the pump was not stopped");
    }
    let mut pump = EventPump::new();
    link(&pump.handle(), rounds);
    black_box(pump.run_until_idle());
}

/// An accept that finds no connect, and a connect that finds no accept.
fn would_block(rounds: u64) {
    let manager = BrokerManager::new();
    let broker = Broker::new(&manager, "server").expect("a name of its own");
    for _ in 0..rounds {
        broker.try_accept(PORT).expect_err("nobody connects");
        broker.try_connect("server", PORT).expect_err("nobody accepts");
    }
}

/// A connect that is made on a pump, an accept that finds it, and both ends dropped.
fn meet_queue(rounds: u64) {
    let manager = BrokerManager::new();
    let server = Broker::new(&manager, "server").expect("a name of its own");
    let client = Broker::new(&manager, "client").expect("a name of its own");
    let mut pump = EventPump::new();
    let events = QueueBroker::new(&client, &pump.handle());
    for _ in 0..rounds {
        let connected = |queue: Result<MessageQueue, rdv::ConnectError>| drop(queue.expect("somebody accepts"));
        events.connect("server", PORT, connected).expect("the pump was not stopped");
        drop(server.accept_queue(PORT).expect("somebody connects"));
        black_box(pump.run_until_idle());
    }
}
