//! One accept meets one connect: RDV-1 to RDV-6, RDV-8.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::time::Duration;

use rdv::{AcceptError, Broker, BrokerManager, Channel, ConnectError};

use crate::support::asleep::{Blocking, blocking};
use crate::support::streams::expect_echo;
use crate::support::world::{PORT, broker, broker_in, connection, echo_server, join, join_all, spawn_many};
use crate::test;

fn accepting(broker: &Broker) -> Blocking<Result<Channel, AcceptError>> {
    let broker = broker.clone();
    blocking("accept", move || broker.accept(PORT))
}

fn connecting(broker: &Broker, to: &'static str) -> Blocking<Result<Channel, ConnectError>> {
    let broker = broker.clone();
    blocking("connect", move || broker.connect(to, PORT))
}

/// The byte that the other end of a fresh channel wrote.
fn heard(channel: &mut Channel) -> u8 {
    let mut byte = [0];
    channel.read_exact(&mut byte).expect("the other end writes");
    byte[0]
}

#[test]
fn rdv_1_everybody_meets_exactly_one() {
    const COUNT: usize = 30;
    test(|| {
        let broker = broker("both");
        let (acceptor, connector) = (broker.clone(), broker);
        let accepts = spawn_many("accept", COUNT, move |_| {
            let mut channel = acceptor.accept(PORT).expect("somebody connects");
            let number = heard(&mut channel);
            channel.write_all(&[number]).expect("it reads");
            number
        });
        let connects = spawn_many("connect", COUNT, move |number| {
            let number = u8::try_from(number).expect("few");
            let mut channel = connector.connect("both", PORT).expect("somebody accepts");
            channel.write_all(&[number]).expect("it reads");
            assert_eq!(heard(&mut channel), number, "both hold the ends of one channel");
        });
        join_all(connects);
        let met: BTreeSet<u8> = join_all(accepts).into_iter().collect();
        assert_eq!(met.len(), COUNT, "nobody was met twice");
    });
}

#[test]
fn rdv_2_whoever_comes_first_waits() {
    test(|| {
        let broker = broker("both");
        let first = accepting(&broker);
        broker.try_connect("both", PORT).expect("an accept waits");
        first.join().expect("it was met");
        let first = connecting(&broker, "both");
        broker.try_accept(PORT).expect("a connect waits");
        first.join().expect("it was met");
    });
}

#[test]
fn rdv_2_several_connects_each_get_a_meeting_of_their_own() {
    test(|| {
        let broker = broker("both");
        let waiting: Vec<_> = (0..4).map(|_| connecting(&broker, "both")).collect();
        for _ in &waiting {
            broker.try_accept(PORT).expect("a connect waits");
        }
        assert!(matches!(broker.try_accept(PORT), Err(AcceptError::WouldBlock { .. })), "no fifth one");
        waiting.into_iter().for_each(|connect| drop(connect.join().expect("it was met")));
    });
}

#[test]
fn rdv_3_first_come_first_served_on_both_sides() {
    test(|| {
        let broker = broker("both");
        let connects: Vec<_> = (0..4).map(|_| connecting(&broker, "both")).collect();
        for (number, connect) in connects.into_iter().enumerate() {
            let mut accepted = broker.try_accept(PORT).expect("a connect waits");
            accepted.write_all(&[number as u8]).expect("there is room");
            assert_eq!(heard(&mut connect.join().expect("it was met")), number as u8);
        }
        let accepts: Vec<_> = (0..4).map(|_| accepting(&broker)).collect();
        for (number, accept) in accepts.into_iter().enumerate() {
            let mut connected = broker.try_connect("both", PORT).expect("an accept waits");
            connected.write_all(&[number as u8]).expect("there is room");
            assert_eq!(heard(&mut accept.join().expect("it was met")), number as u8);
        }
    });
}

#[test]
fn rdv_3_ports_are_apart() {
    test(|| {
        let broker = broker("both");
        let waiting = accepting(&broker);
        for port in [0, PORT + 1, u16::MAX] {
            assert!(matches!(broker.try_connect("both", port), Err(ConnectError::WouldBlock { .. })));
        }
        broker.connect("both", PORT).expect("an accept waits");
        waiting.join().expect("it was met");
    });
}

#[test]
fn rdv_4_an_accept_and_a_connect_that_come_at_once_meet() {
    test(|| {
        let broker = broker("both");
        for _ in 0..300 {
            connection(&broker, &broker, PORT);
        }
    });
}

#[test]
fn rdv_6_several_tasks_accept_on_one_port_and_connect_to_it_at_once() {
    test(|| {
        let manager = BrokerManager::new();
        let server = broker_in(&manager, "server");
        let servers = [echo_server(server.clone()), echo_server(server.clone()), echo_server(server.clone())];
        let clients = spawn_many("client", 9, move |number| {
            let mut channel = manager.connect("server", PORT).expect("a task accepts");
            expect_echo(&mut channel, &[number as u8]);
        });
        join_all(clients);
        server.close();
        assert_eq!(servers.map(join).into_iter().sum::<usize>(), 9);
    });
}

#[test]
fn rdv_8_close_releases_every_accept_and_every_connect_that_waits_for_it() {
    test(|| {
        let manager = BrokerManager::new();
        let (server, client) = (broker_in(&manager, "server"), broker_in(&manager, "client"));
        let accepts = [accepting(&client), accepting(&client)];
        client.close();
        for accept in accepts {
            assert!(matches!(accept.join(), Err(AcceptError::BrokerClosed { .. })));
        }
        let client = broker_in(&manager, "client");
        let unnamed = manager.clone();
        let connects = [
            connecting(&client, "server"),
            connecting(&client, "server"),
            blocking("unnamed", move || unnamed.connect("server", PORT)),
        ];
        server.close();
        for connect in connects {
            assert!(matches!(connect.join(), Err(ConnectError::BrokerClosed { .. })));
        }
    });
}

#[test]
fn rdv_8_close_releases_ones_own_outgoing_connects_and_leaves_no_ghost() {
    test(|| {
        let manager = BrokerManager::new();
        let (server, client) = (broker_in(&manager, "server"), broker_in(&manager, "client"));
        let (other, mine) = (broker_in(&manager, "other"), connecting(&client, "server"));
        let others = connecting(&other, "server");
        client.close();
        assert!(matches!(mine.join(), Err(ConnectError::BrokerClosed { .. })));
        assert!(others.is_blocked(), "somebody else's connect waits on");
        let accepted = server.try_accept(PORT).expect("the other one waits");
        assert_eq!(accepted.peer().broker(), Some("other"));
        others.join().expect("it was met");
    });
}

#[test]
fn rdv_8_a_closed_broker_refuses_everything_at_once() {
    test(|| {
        let manager = BrokerManager::new();
        let (closed, open) = (broker_in(&manager, "closed"), broker_in(&manager, "open"));
        for _ in 0..2 {
            closed.close();
            assert!(matches!(closed.accept(PORT), Err(AcceptError::BrokerClosed { .. })));
            assert!(matches!(closed.try_accept(PORT), Err(AcceptError::BrokerClosed { .. })));
            assert!(matches!(closed.accept_timeout(PORT, Duration::MAX), Err(AcceptError::BrokerClosed { .. })));
            assert!(matches!(closed.connect("open", PORT), Err(ConnectError::BrokerClosed { .. })));
            assert!(matches!(closed.try_connect("open", PORT), Err(ConnectError::BrokerClosed { .. })));
            let timed = closed.connect_timeout("open", PORT, Duration::MAX);
            assert!(matches!(timed, Err(ConnectError::BrokerClosed { .. })));
            assert!(matches!(open.connect("closed", PORT), Err(ConnectError::UnknownBroker { .. })));
            assert!(matches!(manager.accept("closed", PORT), Err(AcceptError::UnknownBroker { .. })));
        }
        assert_eq!(closed.name(), "closed");
        assert!(matches!(open.try_accept(PORT), Err(AcceptError::WouldBlock { .. })), "nothing is left behind");
    });
}

#[test]
fn rdv_8_open_channels_live_on() {
    test(|| {
        let manager = BrokerManager::new();
        let (server, client) = (broker_in(&manager, "server"), broker_in(&manager, "client"));
        let (mut accepted, mut connected) = connection(&client, &server, PORT);
        server.close();
        client.close();
        drop((server, client, manager));
        connected.write_all(&[5]).expect("it lives on");
        assert_eq!(heard(&mut accepted), 5);
    });
}

#[test]
fn rdv_8_dropping_the_last_handle_releases_the_connects_that_wait_for_it() {
    test(|| {
        let manager = BrokerManager::new();
        let (server, client) = (broker_in(&manager, "server"), broker_in(&manager, "client"));
        let clone = server.clone();
        let connect = connecting(&client, "server");
        drop(server);
        assert!(connect.is_blocked(), "there is another handle");
        drop(clone);
        assert!(matches!(connect.join(), Err(ConnectError::BrokerClosed { .. })));
    });
}

#[test]
fn rdv_8_a_blocked_call_keeps_its_broker_alive() {
    test(|| {
        let manager = BrokerManager::new();
        let server = broker_in(&manager, "server");
        let acceptor = manager.clone();
        let accept = blocking("accept", move || acceptor.accept("server", PORT));
        drop(server);
        assert!(accept.is_blocked());
        manager.connect("server", PORT).expect("the accept waits on");
        accept.join().expect("it was met");
        assert!(matches!(manager.connect("server", PORT), Err(ConnectError::UnknownBroker { .. })), "now it is gone");
    });
}
