//! Brokers and their names: RDV-7, and what RDV-8 says about names.

use rdv::{AcceptError, Broker, BrokerError, BrokerManager, ConnectError};

use crate::support::asleep::blocking;
use crate::support::world::{PORT, broker_in, connection};
use crate::test;

#[test]
fn rdv_7_names_are_unique() {
    let manager = BrokerManager::new();
    let _first = broker_in(&manager, "a");
    assert!(matches!(Broker::new(&manager, "a"), Err(BrokerError::NameTaken { .. })));
    let _other_case = broker_in(&manager, "A");
}

#[test]
fn rdv_7_names_are_not_empty() {
    let manager = BrokerManager::new();
    assert!(matches!(Broker::new(&manager, ""), Err(BrokerError::InvalidName { .. })));
    assert!(matches!(Broker::new(&manager, String::new()), Err(BrokerError::InvalidName { .. })));
}

#[test]
fn rdv_7_any_other_text_is_a_name() {
    let manager = BrokerManager::new();
    let long = "x".repeat(100_000);
    for name in [" ", "a b", "\0", "nul\0inside", "\n", "été 🦀", &long] {
        let broker = broker_in(&manager, name);
        assert_eq!(broker.name(), name);
        assert!(matches!(broker.try_connect(name, PORT), Err(ConnectError::WouldBlock { .. })));
    }
}

#[test]
fn rdv_7_a_refused_newcomer_leaves_the_first_as_it_was() {
    test(|| {
        let manager = BrokerManager::new();
        let (first, client) = (broker_in(&manager, "a"), broker_in(&manager, "client"));
        let acceptor = first.clone();
        let accepting = blocking("accept", move || acceptor.accept(PORT).map(drop));
        for _ in 0..3 {
            Broker::new(&manager, "a").expect_err("the name is taken");
        }
        assert!(accepting.is_blocked());
        client.connect("a", PORT).expect("the first one accepts");
        accepting.join().expect("and was not disturbed");
        Broker::new(&manager, "a").expect_err("the name is still taken");
    });
}

#[test]
fn rdv_7_connect_to_an_unknown_name_fails_at_once() {
    test(|| {
        let manager = BrokerManager::new();
        let broker = broker_in(&manager, "a");
        for name in ["b", "", "A", "a "] {
            assert!(matches!(broker.connect(name, PORT), Err(ConnectError::UnknownBroker { .. })), "{name:?}");
            assert!(matches!(broker.try_connect(name, PORT), Err(ConnectError::UnknownBroker { .. })), "{name:?}");
            let timed = broker.connect_timeout(name, PORT, std::time::Duration::MAX);
            assert!(matches!(timed, Err(ConnectError::UnknownBroker { .. })), "{name:?}");
            assert!(matches!(manager.connect(name, PORT), Err(ConnectError::UnknownBroker { .. })), "{name:?}");
            assert!(matches!(manager.accept(name, PORT), Err(AcceptError::UnknownBroker { .. })), "{name:?}");
        }
    });
}

#[test]
fn rdv_7_a_broker_may_connect_to_itself() {
    test(|| {
        let broker = broker_in(&BrokerManager::new(), "self");
        let (accepted, connected) = connection(&broker, &broker, PORT);
        assert_eq!((accepted.peer().broker(), connected.peer().broker()), (Some("self"), Some("self")));
    });
}

#[test]
fn every_manager_is_a_universe_of_its_own() {
    let (one, other) = (BrokerManager::new(), BrokerManager::default());
    let (_a, _also_a) = (broker_in(&one, "a"), broker_in(&other, "a"));
    let b = broker_in(&other, "b");
    assert!(matches!(b.try_connect("a", PORT), Err(ConnectError::WouldBlock { .. })));
    assert!(matches!(one.connect("b", PORT), Err(ConnectError::UnknownBroker { .. })));
}

#[test]
fn a_clone_of_a_manager_is_the_same_universe() {
    let manager = BrokerManager::new();
    let _a = broker_in(&manager, "a");
    Broker::new(&manager.clone(), "a").expect_err("the name is taken");
}

#[test]
fn rdv_8_closing_frees_the_name() {
    let manager = BrokerManager::new();
    let first = broker_in(&manager, "a");
    first.close();
    let second = broker_in(&manager, "a");
    first.close();
    drop(first);
    assert!(matches!(second.try_connect("a", PORT), Err(ConnectError::WouldBlock { .. })), "the name is the second's");
}

#[test]
fn rdv_8_the_last_handle_frees_the_name() {
    let manager = BrokerManager::new();
    let first = broker_in(&manager, "a");
    let clone = first.clone();
    drop(first);
    assert!(matches!(Broker::new(&manager, "a"), Err(BrokerError::NameTaken { .. })));
    drop(clone);
    broker_in(&manager, "a");
}
