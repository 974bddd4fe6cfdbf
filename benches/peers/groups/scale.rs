//! What one more costs when there are many already: of those that are idle, and of those that wait.

use std::hint::black_box;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use rdv::{Broker, BrokerManager, EventPump, MessageQueue, Port, QueueBroker};
use rdv_benches::message::{self, Load};

use crate::driver::{Contestant, Kind};
use crate::table::Unit;

use super::{Case, Group};

const IDLE: [usize; 3] = [0, 1_000, 100_000];
const WAITING: [usize; 3] = [100, 10_000, 1_000_000];
const PORT: Port = 80;
/// Ports that a broker has idle at most.
const PORTS: usize = 50_000;

pub(super) fn groups() -> Vec<Group> {
    let group = |name, title, cases| Group::new(name, title, Unit::Nanoseconds, cases);
    let idle = IDLE.map(|count| Case::in_turns(count.to_string(), 1, move || beside(count)));
    let waiting = WAITING.map(|count| Case::in_turns(count.to_string(), 1, move || behind(count)));
    vec![
        group("scale/idle", "one operation, on one thread, by how many idle ones are there besides", idle.into()),
        group("scale/waiting", "one of so many that are put in before the first is taken out", waiting.into()),
    ]
}

fn beside(count: usize) -> Vec<Contestant> {
    vec![beside_queues(count), beside_brokers(count), beside_ports(count)]
}

fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

/// A message to a listener, whose pump has so many other listeners.
fn beside_queues(count: usize) -> Contestant {
    let mut pump = EventPump::new();
    let listener = |_: &MessageQueue, message| drop(black_box(message));
    let load = Load::recycled(64);
    let open = |_| {
        let (client, server) = load.queues();
        server.set_listener(&pump.handle(), listener).expect("the pump was not stopped");
        (client, server)
    };
    let queues: Vec<_> = (0..=count).map(open).collect();
    Contestant::new("a message, beside idle queues on its pump", Kind::Ours, move |messages| {
        let (client, _) = &queues[count / 2];
        timed(|| {
            for _ in 0..messages {
                message::run_here(&mut pump, 1, || client.send(load.message()).expect("there is room"));
            }
        })
    })
}

/// A connect that meets an accept, in a manager that has so many other brokers.
fn beside_brokers(count: usize) -> Contestant {
    let manager = BrokerManager::new();
    let idle: Vec<_> = (0..count).map(|number| named(&manager, &format!("idle {number}"))).collect();
    let mut meet = meet_at(&manager);
    Contestant::new("a connection, beside idle brokers", Kind::Ours, move |meetings| {
        black_box(&idle);
        timed(|| (0..meetings).for_each(|_| meet()))
    })
}

/// The same, where so many ports are bound.
fn beside_ports(count: usize) -> Contestant {
    let manager = BrokerManager::new();
    let pump = EventPump::new();
    let mut meet = meet_at(&manager);
    let idle: Vec<_> = (0..count)
        .map(|number| (number / PORTS, (number % PORTS) as Port + PORT + 1))
        .map(|(broker, port)| (format!("ports {broker}"), port))
        .scan(Vec::new(), |brokers: &mut Vec<Broker>, (name, port)| {
            if brokers.last().is_none_or(|last| last.name() != name) {
                brokers.push(named(&manager, &name));
            }
            let broker = brokers.last()?;
            let bound = QueueBroker::new(broker, &pump.handle());
            bound.bind(port, |_: MessageQueue| ()).expect("a free port");
            Some(bound)
        })
        .collect();
    Contestant::new("a connection, beside bound ports", Kind::Ours, move |meetings| {
        black_box((&idle, &pump));
        timed(|| (0..meetings).for_each(|_| meet()))
    })
}

fn named(manager: &BrokerManager, name: &str) -> Broker {
    Broker::new(manager, name).expect("a name of its own")
}

/// A connect that is made on a pump of this thread, and an accept that finds it.
fn meet_at(manager: &BrokerManager) -> impl FnMut() + 'static {
    let (server, client) = (named(manager, "server"), named(manager, "client"));
    let mut pump = EventPump::new();
    let events = QueueBroker::new(&client, &pump.handle());
    move || {
        let connected = |queue: Result<MessageQueue, rdv::ConnectError>| drop(queue.expect("somebody accepts"));
        events.connect("server", PORT, connected).expect("the pump was not stopped");
        drop(server.accept_queue(PORT).expect("somebody connects"));
        black_box(pump.run_until_idle());
    }
}

fn behind(count: usize) -> Vec<Contestant> {
    vec![bytes_behind(count), messages_behind(count), events_behind(count)]
}

/// Does `rounds` of the work in whole loads of `count`, and charges as much as was asked for.
fn in_loads(count: usize, rounds: u64, mut load: impl FnMut()) -> Duration {
    let loads = rounds.div_ceil(count as u64);
    let took = timed(|| (0..loads).for_each(|_| load()));
    took.mul_f64(rounds as f64 / (loads * count as u64) as f64)
}

fn bytes_behind(count: usize) -> Contestant {
    const CHUNK: usize = 50;
    let (mut here, mut there) = rdv::channel::pair(count).expect("a modest capacity");
    Contestant::new("a byte, in chunks of 50", Kind::Ours, move |bytes| {
        in_loads(count, bytes, || {
            let mut chunk = [1; CHUNK];
            (0..count / CHUNK).for_each(|_| here.write_all(black_box(&chunk)).expect("there is room"));
            (0..count / CHUNK).for_each(|_| there.read_exact(black_box(&mut chunk)).expect("it was written"));
        })
    })
}

fn messages_behind(count: usize) -> Contestant {
    let (here, there) = rdv::queue::pair(count).expect("a modest capacity");
    let load = Load::recycled(64);
    Contestant::new("a message", Kind::Ours, move |messages| {
        in_loads(count, messages, || {
            (0..count).for_each(|_| here.send(load.message()).expect("there is room"));
            (0..count).for_each(|_| drop(black_box(there.receive().expect("it was sent"))));
        })
    })
}

fn events_behind(count: usize) -> Contestant {
    let mut pump = EventPump::new();
    let handle = pump.handle();
    Contestant::new("an event", Kind::Ours, move |events| {
        in_loads(count, events, || {
            for event in 0..count {
                let event = move || {
                    black_box(event);
                };
                handle.post(event).expect("the pump was not stopped");
            }
            black_box(pump.run_until_idle());
        })
    })
}
