//! What a broker knows of its open connections: RDV-10, CHAN-6; and who is at which end.

use std::io::{Read, Write};

use rdv::{Broker, BrokerManager, Endpoint};

use crate::support::asleep::blocking;
use crate::support::world::{PORT, broker_in, connection, pair};
use crate::test;

/// Two brokers of one manager.
fn brokers() -> (Broker, Broker) {
    let manager = BrokerManager::new();
    (broker_in(&manager, "server"), broker_in(&manager, "client"))
}

/// The connections of a broker, each as "local > peer", with a port where an end has one.
fn account(broker: &Broker) -> Vec<String> {
    let mut account: Vec<_> = broker.connections().iter().map(|(local, peer)| format!("{local} > {peer}")).collect();
    account.sort();
    account
}

#[test]
fn both_ends_know_who_is_where() {
    test(|| {
        let (server, client) = brokers();
        let (accepted, connected) = connection(&client, &server, PORT);
        assert_eq!((accepted.local().broker(), accepted.local().port()), (Some("server"), Some(PORT)));
        assert_eq!((accepted.peer().broker(), accepted.peer().port()), (Some("client"), None));
        assert_eq!((accepted.local(), accepted.peer()), (connected.peer(), connected.local()));
        for end in [accepted, connected] {
            let (local, peer) = (end.local().clone(), end.peer().clone());
            let (reader, writer) = end.split();
            assert_eq!((reader.local(), reader.peer()), (&local, &peer));
            assert_eq!((writer.local(), writer.peer()), (&local, &peer));
        }
    });
}

#[test]
fn an_unnamed_end_has_no_broker() {
    test(|| {
        let manager = BrokerManager::new();
        let server = broker_in(&manager, "server");
        let acceptor = manager.clone();
        let accept = blocking("accept", move || acceptor.accept("server", PORT).expect("somebody connects"));
        let connected = manager.connect("server", PORT).expect("an accept waits");
        assert_eq!((connected.local().broker(), connected.peer().broker()), (None, Some("server")));
        assert_eq!(accept.join().local().port(), Some(PORT));
        assert_eq!(server.connections().len(), 0, "the accepted end was dropped");
        let (near, far) = pair(1);
        assert_eq!((near.local().broker(), near.peer().port(), far.local().port()), (None, None, None));
        assert_eq!((near.local().to_string(), Endpoint::new(None, Some(PORT)).to_string()), ("-".into(), ":7".into()));
    });
}

#[test]
fn rdv_10_a_broker_knows_its_open_connections() {
    test(|| {
        let (server, client) = brokers();
        let open: Vec<_> = (0..3).map(|port| connection(&client, &server, port)).collect();
        assert_eq!(account(&client), ["client > server:0", "client > server:1", "client > server:2"]);
        assert_eq!(account(&server), ["server:0 > client", "server:1 > client", "server:2 > client"]);
        drop(open);
        assert_eq!((account(&client).len(), account(&server).len()), (0, 0));
    });
}

#[test]
fn rdv_10_a_connection_to_itself_has_two_ends() {
    test(|| {
        let (broker, _) = brokers();
        let (accepted, connected) = connection(&broker, &broker, PORT);
        assert_eq!(broker.connections().len(), 2);
        accepted.disconnect();
        assert_eq!(broker.connections().len(), 0, "nothing waited to be read");
        drop(connected);
        assert_eq!(broker.connections().len(), 0);
    });
}

#[test]
fn rdv_10_attempts_that_fail_are_no_connections() {
    let (server, client) = brokers();
    client.try_connect("server", PORT).expect_err("nobody accepts");
    server.try_accept(PORT).expect_err("nobody connects");
    assert_eq!((client.connections().len(), server.connections().len()), (0, 0));
}

#[test]
fn chan_6_a_broker_is_told_when_its_end_is_disconnected_not_before() {
    test(|| {
        let (server, client) = brokers();
        let (mut accepted, mut connected) = connection(&client, &server, PORT);
        connected.write_all(&[1, 2]).expect("there is room");
        connected.disconnect();
        assert_eq!(client.connections().len(), 0, "it hung up");
        accepted.read_exact(&mut [0]).expect("two wait");
        assert_eq!(server.connections().len(), 1, "a byte still waits");
        accepted.read_exact(&mut [0]).expect("one waits");
        assert_eq!(server.connections().len(), 0, "all is drained");
    });
}

#[test]
fn chan_6_a_broker_is_told_once_however_an_end_goes() {
    test(|| {
        let (server, client) = brokers();
        let keep = connection(&client, &server, PORT);
        let (accepted, connected) = connection(&client, &server, PORT);
        accepted.disconnect();
        connected.disconnect();
        accepted.disconnector().disconnect();
        drop((accepted, connected));
        assert_eq!(
            (client.connections().len(), server.connections().len()),
            (1, 1),
            "the other connection is untouched"
        );
        drop(keep);
        assert_eq!((client.connections().len(), server.connections().len()), (0, 0));
    });
}

#[test]
fn chan_6_an_end_is_not_disconnected_while_an_operation_is_on_its_way_out() {
    test(|| {
        let (server, client) = brokers();
        let (mut accepted, connected) = connection(&client, &server, PORT);
        let reading = blocking("reader", move || {
            let end = accepted.read(&mut [0]).expect("end-of-stream");
            (end, accepted)
        });
        connected.disconnect();
        let (end, accepted) = reading.join();
        assert_eq!(end, 0);
        assert_eq!(server.connections().len(), 0, "the operation is over");
        drop(accepted);
    });
}

#[test]
fn rdv_10_a_half_keeps_the_connection() {
    test(|| {
        let (server, client) = brokers();
        let (accepted, _connected) = connection(&client, &server, PORT);
        let (reader, writer) = accepted.split();
        drop(reader);
        assert_eq!(server.connections().len(), 1);
        drop(writer);
        assert_eq!(server.connections().len(), 0);
    });
}

#[test]
fn rdv_10_the_account_outlives_the_close() {
    test(|| {
        let (server, client) = brokers();
        let (accepted, _connected) = connection(&client, &server, PORT);
        server.close();
        assert_eq!(server.connections().len(), 1, "open channels live on");
        drop(accepted);
        assert_eq!(server.connections().len(), 0);
    });
}
