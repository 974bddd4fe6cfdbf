//! Servers on pumps, clients in threads and on pumps, on real threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};

use bytes::Bytes;
use rdv::{Broker, BrokerManager, ConnectError, EventPump, MessageQueue, PumpHandle, QueueBroker};

use crate::support::asleep::blocking;
use crate::support::streams::{Numbers, payload};
use crate::support::world::{PORT, broker_in, join, join_all, spawn, spawn_many};
use crate::support::{eventually, repeated};
use crate::world::face;

/// An echo server on a pump of its own.
struct Server {
    broker: Broker,
    pump: PumpHandle,
    thread: std::thread::JoinHandle<()>,
    served: Arc<AtomicUsize>,
}

impl Server {
    fn start(manager: &BrokerManager) -> Self {
        let (pump, thread) = EventPump::spawn("server").expect("a thread");
        let broker = broker_in(manager, "server");
        let served = Arc::new(AtomicUsize::new(0));
        let (on, count) = (pump.clone(), served.clone());
        let serve = move |queue: MessageQueue| {
            count.fetch_add(1, Ordering::Relaxed);
            let echo = |queue: &MessageQueue, message: Bytes| queue.send(message).expect("one at a time");
            queue.set_listener(&on, echo).expect("it runs");
        };
        QueueBroker::new(&broker, &pump).bind(PORT, serve).expect("the port is free");
        Self { broker, pump, thread, served }
    }

    fn stop(self) -> usize {
        self.pump.stop();
        join(self.thread);
        assert!(self.broker.connections().is_empty(), "MQ-11, RDV-10");
        self.served.load(Ordering::Relaxed)
    }
}

#[test]
fn an_event_driven_echo_server_and_threaded_clients() {
    const CLIENTS: usize = 8;
    const SESSIONS: usize = 10;
    repeated(|| {
        let manager = BrokerManager::new();
        let server = Server::start(&manager);
        let clients = spawn_many("client", CLIENTS, move |number| {
            let broker = broker_in(&manager, &format!("client {number}"));
            let mut lengths = Numbers::new(number as u64);
            for _ in 0..SESSIONS {
                let queue = broker.connect_queue("server", PORT).expect("it is bound");
                for _ in 0..20 {
                    let message = Bytes::from(payload(lengths.up_to(10_000), 3));
                    queue.blocking_send(message.clone()).expect("the server runs");
                    assert_eq!(queue.blocking_receive().expect("the server runs"), message);
                }
            }
        });
        join_all(clients);
        assert_eq!(server.stop(), CLIENTS * SESSIONS);
    });
}

#[test]
fn an_event_driven_echo_server_and_event_driven_clients() {
    const CLIENTS: usize = 200;
    const ROUNDS: usize = 10;
    repeated(|| {
        let manager = BrokerManager::new();
        let server = Server::start(&manager);
        let (pump, thread) = EventPump::spawn("clients").expect("a thread");
        let client = face(&manager, "client", &pump);
        let (done, dones) = mpsc::channel();
        for number in 0..CLIENTS {
            let (done, on) = (done.clone(), pump.clone());
            let session = move |outcome: Result<MessageQueue, ConnectError>| {
                let queue = outcome.expect("it is bound");
                let mut round = 0;
                let listener = move |queue: &MessageQueue, message: Bytes| {
                    assert_eq!(message, number.to_string());
                    round += 1;
                    if round < ROUNDS {
                        queue.send(message).expect("one at a time");
                    } else {
                        queue.close();
                        done.send(number).expect("the test listens");
                    }
                };
                queue.set_listener(&on, listener).expect("it runs");
                queue.send(number.to_string()).expect("there is room");
            };
            client.connect("server", PORT, session).expect("it runs");
        }
        let mut finished: Vec<_> = dones.iter().take(CLIENTS).collect();
        finished.sort_unstable();
        assert_eq!(finished, (0..CLIENTS).collect::<Vec<_>>());
        pump.stop();
        join(thread);
        assert_eq!(server.stop(), CLIENTS);
    });
}

#[test]
fn a_pump_with_ten_thousand_open_queues() {
    const QUEUES: usize = 10_000;
    repeated(|| {
        let manager = BrokerManager::new();
        let server = Server::start(&manager);
        let client = broker_in(&manager, "client");
        let connect = |_| client.connect_queue("server", PORT).expect("it is bound");
        let queues: Vec<_> = (0..QUEUES).map(connect).collect();
        assert_eq!(server.broker.connections().len(), QUEUES);
        for (number, queue) in queues.iter().enumerate() {
            queue.send(number.to_string()).expect("there is room");
        }
        for (number, queue) in queues.iter().enumerate() {
            assert_eq!(queue.blocking_receive().expect("it is sent back"), number.to_string());
        }
        drop(queues.into_iter().step_by(2).collect::<Vec<_>>());
        eventually("the others are forgotten", || server.broker.connections().is_empty());
        assert_eq!(server.stop(), QUEUES);
    });
}

#[test]
fn a_listener_that_panics_beside_one_that_works() {
    repeated(|| {
        let manager = BrokerManager::new();
        let mut pump = EventPump::new();
        let (handle, (report, reports)) = (pump.handle(), mpsc::channel());
        pump.on_panic(move |panic| report.send(panic.message().map(str::to_owned)).expect("the test listens"));
        let on = handle.clone();
        let serve = move |queue: MessageQueue| {
            let listener = |queue: &MessageQueue, message: Bytes| {
                if message == "panic" {
                    std::panic::resume_unwind(Box::new("as it was told"));
                }
                queue.send(message).expect("one at a time");
            };
            queue.set_listener(&on, listener).expect("it runs");
        };
        face(&manager, "server", &handle).bind(PORT, serve).expect("the port is free");
        let thread = spawn("pump", move || pump.run());
        let client = broker_in(&manager, "client");
        let [well, ill] = [(); 2].map(|()| client.connect_queue("server", PORT).expect("it is bound"));
        for _ in 0..3 {
            well.send("fine").expect("there is room");
            assert_eq!(well.blocking_receive().expect("it works"), "fine");
        }
        ill.send("panic").expect("there is room");
        ill.blocking_receive().expect_err("PUMP-6: its queue is closed");
        assert_eq!(reports.recv().expect("the hook is told"), Some("as it was told".to_owned()));
        well.send("still fine").expect("there is room");
        assert_eq!(well.blocking_receive().expect("PUMP-6: only that queue"), "still fine");
        handle.stop();
        join(thread);
        assert!(reports.recv().is_err(), "one report");
    });
}

#[test]
fn a_listener_that_sends_to_itself_closes_unbinds_and_stops_the_pump_from_inside() {
    repeated(|| {
        let manager = BrokerManager::new();
        let (pump, thread) = EventPump::spawn("pump").expect("a thread");
        let own = face(&manager, "own", &pump);
        let (face, on) = (own.clone(), pump.clone());
        let (told, tells) = mpsc::channel();
        let accepted = move |queue: MessageQueue| {
            let (face, stop, told) = (face.clone(), on.clone(), told.clone());
            let listener = move |queue: &MessageQueue, message: Bytes| match message.len() {
                // Both ends are on this pump, and so the answer comes to the other one.
                0..3 => queue.send([&message[..], b"x"].concat()).expect("there is room"),
                _ => {
                    face.unbind(PORT).expect("it is bound");
                    queue.close();
                    face.connect("own", PORT, |_: Result<MessageQueue, ConnectError>| {}).expect("it runs");
                    stop.stop();
                    stop.post(|| panic!("PUMP-5: refused")).expect_err("stopped");
                    told.send(queue.is_closed()).expect("the test listens");
                }
            };
            queue.set_listener(&on, listener).expect("it runs");
        };
        own.bind(PORT, accepted).expect("the port is free");
        let on = pump.clone();
        let begin = move |outcome: Result<MessageQueue, ConnectError>| {
            let queue = outcome.expect("it is bound");
            let echo = |queue: &MessageQueue, message: Bytes| queue.send(message).expect("there is room");
            queue.set_listener(&on, echo).expect("it runs");
            queue.send("").expect("there is room");
        };
        own.connect("own", PORT, begin).expect("it runs");
        join(thread);
        assert!(tells.recv().expect("it was told"));
        assert!(own.broker().connections().is_empty());
        assert!(own.unbind(PORT).is_err());
    });
}

#[test]
fn many_pumps_and_brokers_in_parallel() {
    const MANY: usize = 20;
    repeated(|| {
        let manager = BrokerManager::new();
        let (start, left) = (Arc::new(Barrier::new(MANY)), Arc::new(AtomicUsize::new(5 * MANY)));
        let worlds = spawn_many("world", MANY, move |number| {
            let mut pump = EventPump::new();
            let handle = pump.handle();
            let own = face(&manager, &format!("broker {number}"), &handle);
            let on = handle.clone();
            let serve = move |queue: MessageQueue| {
                let echo = |queue: &MessageQueue, message: Bytes| queue.send(message).expect("one at a time");
                queue.set_listener(&on, echo).expect("it runs");
            };
            own.bind(PORT, serve).expect("the port is free");
            start.wait();
            let on = handle.clone();
            for offset in 1..=5 {
                let (on, left) = (on.clone(), left.clone());
                let neighbour = format!("broker {}", (number + offset) % MANY);
                let session = move |outcome: Result<MessageQueue, ConnectError>| {
                    let queue = outcome.expect("it is bound");
                    let listener = move |queue: &MessageQueue, message: Bytes| {
                        assert_eq!(message, number.to_string());
                        queue.close();
                        left.fetch_sub(1, Ordering::Relaxed);
                    };
                    queue.set_listener(&on, listener).expect("it runs");
                    queue.send(number.to_string()).expect("there is room");
                };
                own.connect(&neighbour, PORT, session).expect("it runs");
            }
            // Each serves its neighbours until all have had their answers.
            eventually("all were answered", || {
                pump.run_until_idle();
                left.load(Ordering::Relaxed) == 0
            });
        });
        join_all(worlds);
    });
}

#[test]
fn threads_and_pumps_meet_on_one_port_whoever_comes_first() {
    repeated(|| {
        for round in 0..20 {
            let manager = BrokerManager::new();
            let (server, client) = (broker_in(&manager, "server"), broker_in(&manager, "client"));
            let (pump, thread) = EventPump::spawn("pump").expect("a thread");
            let on_pump = QueueBroker::new(&client, &pump);
            let (got, gets) = mpsc::channel();
            let keep = move |outcome: Result<MessageQueue, ConnectError>| {
                got.send(outcome.expect("somebody accepts")).expect("the test listens");
            };
            let acceptor = server.clone();
            let accept = move || acceptor.accept_queue(PORT).expect("somebody connects");
            let accepted = if round % 2 == 0 {
                let accepting = blocking("accept", accept);
                on_pump.connect("server", PORT, keep).expect("it runs");
                accepting.join()
            } else {
                on_pump.connect("server", PORT, keep).expect("it runs");
                join(spawn("accept", accept))
            };
            let connected = gets.recv().expect("it is told");
            connected.send("hello").expect("there is room");
            assert_eq!(accepted.blocking_receive().expect("one comes"), "hello", "MQ-10");
            pump.stop();
            join(thread);
        }
    });
}

#[test]
fn ten_threads_connect_before_the_bind() {
    const TEN: usize = 10;
    repeated(|| {
        let manager = BrokerManager::new();
        let (pump, thread) = EventPump::spawn("server").expect("a thread");
        let server = face(&manager, "server", &pump);
        let connects = (0..TEN).map(|number| {
            let client = broker_in(&manager, &format!("client {number}"));
            blocking("connect", move || {
                let queue = client.connect_queue("server", PORT).expect("it is bound in the end");
                queue.blocking_receive().expect("its number comes")
            })
        });
        let connects: Vec<_> = connects.collect();
        let mut number = 0;
        let serve = move |queue: MessageQueue| {
            queue.send(number.to_string()).expect("there is room");
            number += 1;
        };
        server.bind(PORT, serve).expect("the port is free");
        let numbers: Vec<_> = connects.into_iter().map(|connect| connect.join()).collect();
        assert_eq!(numbers, (0..TEN).map(|number| number.to_string()).collect::<Vec<_>>(), "RDV-3, MQ-7");
        pump.stop();
        join(thread);
    });
}
