//! Everything mixed for a while: threads and pumps, bytes and messages, with memory that stays flat.

use std::fs;

use bytes::Bytes;
use rdv::{BrokerManager, ConnectError, EventPump, MessageQueue, QueueBroker};

use crate::support::streams::{expect_echo, payload};
use crate::support::world::{PORT, broker_in, echo_server, join, join_all, spawn_many};
use crate::support::{LIMIT, rounds, within};

/// The memory of this process that is in use, in KiB, as far as the system tells.
fn memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// One round: a byte server in threads, a message server on a pump, and clients of both kinds of both.
fn round() {
    const CLIENTS: usize = 4;
    let manager = BrokerManager::builder().queue_capacity(3).build().expect("a small capacity");
    let server = broker_in(&manager, "server");
    let bytes = echo_server(server.clone());
    let (pump, thread) = EventPump::spawn("server").expect("a thread");
    let on = pump.clone();
    let serve = move |queue: MessageQueue| {
        // A client that has gone hears no answer.
        let echo = |queue: &MessageQueue, message: Bytes| drop(queue.send(message));
        // Nor one that comes when the pump has been stopped.
        let _ = queue.set_listener(&on, echo);
    };
    let face = QueueBroker::new(&server, &pump);
    face.bind(PORT + 1, serve).expect("the port is free");
    let clients = spawn_many("client", CLIENTS, {
        let (manager, pump) = (manager.clone(), pump.clone());
        move |number| {
            let broker = broker_in(&manager, &format!("client {number}"));
            for session in 0..5_u64 {
                let mut channel = broker.connect("server", PORT).expect("it accepts");
                expect_echo(&mut channel, &payload(500, session));
                let queue = broker.connect_queue("server", PORT + 1).expect("it is bound");
                for length in [0, 100, 10_000] {
                    let message = Bytes::from(payload(length, session));
                    queue.blocking_send(message.clone()).expect("it runs");
                    assert_eq!(queue.blocking_receive().expect("it runs"), message);
                }
                // An event-driven client on the server's pump, which nobody waits for.
                let on_pump = QueueBroker::new(&broker, &pump);
                let begin = |outcome: Result<MessageQueue, ConnectError>| {
                    let _ = outcome.map(|queue| queue.send("a message that is left behind"));
                };
                on_pump.connect("server", PORT + 1, begin).expect("it runs");
            }
        }
    });
    join_all(clients);
    face.unbind(PORT + 1).expect("it is bound");
    pump.stop();
    join(thread);
    server.close();
    assert_eq!(join(bytes), 5 * CLIENTS);
}

#[test]
fn a_mixed_soak_with_flat_memory() {
    /// What the allocator may keep for itself.
    const SLACK: usize = 16 * 1024;
    let rounds = 20 * rounds();
    within(LIMIT * rounds.div_ceil(20), move || {
        (0..10).for_each(|_| round());
        let before = memory();
        (0..rounds).for_each(|_| round());
        let after = memory();
        assert!(after < before + SLACK, "ALL-3: {before} KiB before, {after} KiB after {rounds} rounds");
    });
}
