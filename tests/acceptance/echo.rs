//! Echo servers and their clients.

use std::sync::{Arc, Barrier};

use rdv::{Broker, BrokerManager};

use crate::support::repeated;
use crate::support::streams::{Numbers, expect_echo, payload};
use crate::support::world::{PORT, broker_in, echo_pool, echo_server, join, join_all, spawn_many};

/// Runs `clients` clients, each in a thread and with a broker of its own, against `server`.
fn clients(
    manager: &BrokerManager,
    server: &Broker,
    clients: usize,
    session: impl Fn(&Broker, &str, usize) + Clone + Send + 'static,
) {
    let manager = manager.clone();
    let server = server.name().to_owned();
    let client = move |number| {
        let broker = broker_in(&manager, &format!("client {number}"));
        session(&broker, &server, number);
    };
    join_all(spawn_many("client", clients, client));
}

/// Several sessions, each with the bytes 1 to 255, one by one and then all together.
fn sessions_of_bytes_1_to_255(client: &Broker, server: &str, sessions: usize) {
    let bytes: Vec<u8> = (1..=255).collect();
    for _ in 0..sessions {
        let mut channel = client.connect(server, PORT).expect("the server accepts");
        for byte in &bytes {
            expect_echo(&mut channel, &[*byte]);
        }
        expect_echo(&mut channel, &bytes);
        channel.disconnect();
    }
}

#[test]
fn one_task_per_connection_many_sessions_of_bytes_1_to_255() {
    const CLIENTS: usize = 6;
    const SESSIONS: usize = 5;
    repeated(|| {
        let manager = BrokerManager::new();
        let broker = broker_in(&manager, "echo");
        let server = echo_server(broker.clone());
        clients(&manager, &broker, CLIENTS, |client, server, _| sessions_of_bytes_1_to_255(client, server, SESSIONS));
        broker.close();
        assert_eq!(join(server), CLIENTS * SESSIONS);
    });
}

#[test]
fn a_fixed_pool_many_sessions_of_bytes_1_to_255() {
    const CLIENTS: usize = 6;
    const SESSIONS: usize = 5;
    repeated(|| {
        let manager = BrokerManager::new();
        let broker = broker_in(&manager, "echo");
        let pool = echo_pool(&broker, 3);
        clients(&manager, &broker, CLIENTS, |client, server, _| sessions_of_bytes_1_to_255(client, server, SESSIONS));
        broker.close();
        assert_eq!(join_all(pool).into_iter().sum::<usize>(), CLIENTS * SESSIONS);
    });
}

#[test]
fn forty_clients_with_twenty_connections_of_1_byte_to_10_kilobytes() {
    const CLIENTS: usize = 40;
    const CONNECTIONS: usize = 20;
    repeated(|| {
        let manager = BrokerManager::new();
        let broker = broker_in(&manager, "echo");
        let server = echo_server(broker.clone());
        clients(&manager, &broker, CLIENTS, |client, server, number| {
            let mut lengths = Numbers::new(number as u64);
            for _ in 0..CONNECTIONS {
                let length = lengths.up_to(10_000);
                let mut channel = client.connect(server, PORT).expect("the server accepts");
                expect_echo(&mut channel, &payload(length, length as u64));
            }
        });
        broker.close();
        assert_eq!(join(server), CLIENTS * CONNECTIONS);
    });
}

#[test]
fn a_hundred_and_twenty_one_byte_clients_at_once() {
    const CLIENTS: usize = 120;
    repeated(|| {
        let manager = BrokerManager::new();
        let broker = broker_in(&manager, "echo");
        let server = echo_server(broker.clone());
        let start = Arc::new(Barrier::new(CLIENTS));
        clients(&manager, &broker, CLIENTS, move |client, server, number| {
            start.wait();
            let mut channel = client.connect(server, PORT).expect("the server accepts");
            expect_echo(&mut channel, &[u8::try_from(number).expect("120 clients")]);
        });
        broker.close();
        assert_eq!(join(server), CLIENTS);
    });
}
