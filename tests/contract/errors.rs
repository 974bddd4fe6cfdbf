//! Errors name the fact: ALL-4.

use std::error::Error;
use std::time::Duration;

use rdv::{Broker, BrokerManager, channel};

use crate::support::world::{broker_in, pair};
use crate::test;

/// Checks that an error says all of this.
#[track_caller]
fn assert_says(error: impl Error, facts: &[&str]) {
    let text = error.to_string();
    for fact in facts {
        assert!(text.contains(fact), "{text:?} does not name {fact:?}");
    }
}

#[test]
fn all_4_errors_of_names_say_the_name() {
    let manager = BrokerManager::new();
    let _first = broker_in(&manager, "twice");
    assert_says(Broker::new(&manager, "twice").expect_err("taken"), &["twice", "taken"]);
    assert_says(Broker::new(&manager, "").expect_err("empty"), &["empty"]);
    assert_says(manager.connect("nobody", 1).map(drop).expect_err("unknown"), &["connect", "nobody"]);
    assert_says(manager.accept("nobody", 1).map(drop).expect_err("unknown"), &["accept", "nobody"]);
}

#[test]
fn all_4_errors_of_meetings_say_broker_and_port() {
    test(|| {
        let manager = BrokerManager::new();
        let broker = broker_in(&manager, "lonely");
        let time = Duration::from_millis(1);
        assert_says(broker.try_accept(4711).map(drop).expect_err("nobody"), &["accept", "4711"]);
        assert_says(broker.accept_timeout(4711, time).map(drop).expect_err("nobody"), &["accept", "4711"]);
        assert_says(broker.try_connect("lonely", 4711).map(drop).expect_err("nobody"), &["lonely", "4711"]);
        assert_says(broker.connect_timeout("lonely", 4711, time).map(drop).expect_err("nobody"), &["lonely", "4711"]);
        broker.close();
        assert_says(broker.accept(4711).map(drop).expect_err("closed"), &["lonely", "closed"]);
        assert_says(broker.connect("lonely", 4711).map(drop).expect_err("closed"), &["lonely", "closed"]);
    });
}

#[test]
fn all_4_errors_of_capacities_say_the_capacity() {
    assert_says(channel::pair(0).map(drop).expect_err("nothing"), &["0"]);
    assert_says(channel::pair(usize::MAX).map(drop).expect_err("too large"), &[&usize::MAX.to_string()]);
}

#[test]
fn all_4_errors_of_channels_are_io_errors_that_say_something() {
    let (mut near, _far) = pair(1);
    near.disconnect();
    assert!(!near.try_read(&mut [0]).expect_err("disconnected").to_string().is_empty());
}
