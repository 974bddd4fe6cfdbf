//! Bound ports: MQ-9, MQ-10, RDV-6, RDV-8, RDV-9, PUMP-6.

use std::time::Duration;

use rdv::{AcceptError, BindError, BrokerManager, Channel, ConnectError, MessageQueue, QueueBroker, UnbindError};

use crate::support::asleep::blocking;
use crate::support::world::{PORT, broker_in, join, spawn};
use crate::support::{SOON, eventually};
use crate::test;
use crate::world::{Caller, Door, Kept, Log, driven, face, variant};

#[test]
fn mq_9_a_bind_accepts_again_and_again_inside_events_of_its_pump() {
    let ((mut pump, handle), (mut other, clients)) = (driven(), driven());
    let (manager, log, kept) = (BrokerManager::new(), Log::default(), Kept::default());
    let (server, client) = (face(&manager, "server", &handle), face(&manager, "client", &clients));
    let keep = kept.clone();
    let door = Door { name: "door", log: log.clone(), accepted: move |queue| keep.add(queue) };
    server.bind(PORT, door).expect("the port is free");
    for _ in 0..3 {
        client.connect("server", PORT, Caller::new("client", &log, &kept)).expect("it runs");
        other.run_until_idle();
        assert!(log.all().is_empty(), "the meeting happens inside the event");
        pump.run_until_idle();
        assert_eq!(log.take(), ["door: accepted"]);
        other.run_until_idle();
        assert_eq!(log.take(), ["client: connected"]);
    }
}

#[test]
fn mq_9_a_bind_outlives_its_queue_broker() {
    let (mut pump, handle) = driven();
    let (manager, log, kept) = (BrokerManager::new(), Log::default(), Kept::default());
    let keep = kept.clone();
    face(&manager, "server", &handle).bind(PORT, move |queue: MessageQueue| keep.add(queue)).expect("the port is free");
    let client = face(&manager, "client", &handle);
    client.connect("server", PORT, Caller::new("client", &log, &kept)).expect("it runs");
    pump.run_until_idle();
    assert_eq!(log.all(), ["client: connected"], "RDV-8: a bound port keeps its broker alive");
}

#[test]
fn mq_9_bind_unbind_connect() {
    let (mut pump, handle) = driven();
    let (manager, log, kept) = (BrokerManager::new(), Log::default(), Kept::default());
    let (server, client) = (face(&manager, "server", &handle), face(&manager, "client", &handle));
    server.bind(PORT, Door { name: "door", log: log.clone(), accepted: |_| panic!("it is unbound") }).expect("free");
    server.unbind(PORT).expect("it is bound");
    client.connect("server", PORT, Caller::new("client", &log, &kept)).expect("it runs");
    pump.run_until_idle();
    assert_eq!(log.take(), ["door: unbound", "door: dropped"]);
    // The connect waits; it meets whoever binds next.
    let keep = kept.clone();
    server.bind(PORT, move |queue: MessageQueue| keep.add(queue)).expect("the port is free");
    pump.run_until_idle();
    assert_eq!(log.all(), ["client: connected"]);
}

#[test]
fn mq_9_unbind_before_the_accept_event_leaves_the_connect_waiting() {
    let (mut pump, handle) = driven();
    let (manager, log, kept) = (BrokerManager::new(), Log::default(), Kept::default());
    let (server, client) = (face(&manager, "server", &handle), face(&manager, "client", &handle));
    server.bind(PORT, Door { name: "first", log: log.clone(), accepted: |_| panic!("unbound") }).expect("free");
    client.connect("server", PORT, Caller::new("client", &log, &kept)).expect("it runs");
    server.unbind(PORT).expect("it is bound");
    let keep = kept.clone();
    let second = Door { name: "second", log: log.clone(), accepted: move |queue| keep.add(queue) };
    server.bind(PORT, second).expect("at once again");
    pump.run_until_idle();
    let mut told = log.all();
    told.sort();
    assert_eq!(told, ["client: connected", "first: dropped", "first: unbound", "second: accepted"]);
}

#[test]
fn mq_9_ten_connects_before_the_bind() {
    let (mut pump, handle) = driven();
    let (manager, log, kept) = (BrokerManager::new(), Log::default(), Kept::default());
    let (server, client) = (face(&manager, "server", &handle), face(&manager, "client", &handle));
    let connected = [(); 10].map(|()| Kept::default());
    for kept in &connected {
        client.connect("server", PORT, Caller::new("client", &log, kept)).expect("it runs");
    }
    pump.run_until_idle();
    let keep = kept.clone();
    server.bind(PORT, move |queue: MessageQueue| keep.add(queue)).expect("the port is free");
    pump.run_until_idle();
    assert_eq!(log.all(), vec!["client: connected"; 10]);
    for (number, (accepted, connected)) in kept.take().iter().zip(&connected).enumerate() {
        accepted.send(number.to_string()).expect("there is room");
        assert_eq!(connected.one().receive().expect("one waits"), number.to_string(), "RDV-3: in the order they came");
    }
}

#[test]
fn mq_9_unbind_inside_the_third_accepted() {
    let (mut pump, handle) = driven();
    let (manager, log, kept) = (BrokerManager::new(), Log::default(), Kept::default());
    let (server, client) = (face(&manager, "server", &handle), face(&manager, "client", &handle));
    let (own, keep, mut count) = (server.clone(), kept.clone(), 0);
    let accepted = move |queue| {
        keep.add(queue);
        count += 1;
        if count == 3 {
            own.unbind(PORT).expect("it is bound");
            assert_eq!(own.unbind(PORT), Err(UnbindError::NotBound { port: PORT }));
        }
    };
    server.bind(PORT, Door { name: "door", log: log.clone(), accepted }).expect("the port is free");
    for _ in 0..5 {
        client.connect("server", PORT, Caller::new("client", &log, &Kept::default())).expect("it runs");
    }
    pump.run_until_idle();
    let (door, client): (Vec<_>, Vec<_>) = log.all().into_iter().partition(|line| line.starts_with("door"));
    let accepted = ["door: accepted"; 3];
    assert_eq!(door, [&accepted[..], &["door: unbound", "door: dropped"]].concat());
    assert_eq!(client, vec!["client: connected"; 3], "the others stay waiting");
    let keep = kept.clone();
    server.bind(PORT, move |queue: MessageQueue| keep.add(queue)).expect("at once again");
    pump.run_until_idle();
    assert_eq!(kept.take().len(), 5);
}

#[test]
fn mq_9_rebind_inside_accepted() {
    let (mut pump, handle) = driven();
    let (manager, log, kept) = (BrokerManager::new(), Log::default(), Kept::default());
    let (server, client) = (face(&manager, "server", &handle), face(&manager, "client", &handle));
    let (own, keep, inner) = (server.clone(), kept.clone(), log.clone());
    let accepted = move |queue| {
        let keep = keep.clone();
        own.unbind(PORT).expect("it is bound");
        let second = Door { name: "second", log: inner.clone(), accepted: move |queue| keep.add(queue) };
        own.bind(PORT, second).expect("at once again");
        drop(queue);
    };
    server.bind(PORT, Door { name: "first", log: log.clone(), accepted }).expect("the port is free");
    for _ in 0..3 {
        client.connect("server", PORT, Caller::new("client", &log, &kept)).expect("it runs");
    }
    pump.run_until_idle();
    let door: Vec<_> = log.all().into_iter().filter(|line| !line.starts_with("client")).collect();
    let expected = ["first: accepted", "first: unbound", "first: dropped", "second: accepted", "second: accepted"];
    assert_eq!(door, expected);
}

#[test]
fn mq_9_after_an_unbind_from_another_thread_at_most_the_running_accepted() {
    test(|| {
        let (mut pump, handle) = driven();
        let (manager, log) = (BrokerManager::new(), Log::default());
        let (server, client) = (face(&manager, "server", &handle), face(&manager, "client", &handle));
        let own = server.clone();
        let accepted = move |_| {
            let own = own.clone();
            join(spawn("unbinds", move || own.unbind(PORT))).expect("it is bound");
        };
        server.bind(PORT, Door { name: "door", log: log.clone(), accepted }).expect("the port is free");
        for _ in 0..3 {
            client.connect("server", PORT, |_: Result<MessageQueue, ConnectError>| {}).expect("it runs");
        }
        pump.run_until_idle();
        assert_eq!(log.all(), ["door: accepted", "door: unbound", "door: dropped"]);
    });
}

#[test]
fn mq_9_open_queues_stay_open_after_unbind_and_unbind_wants_a_bound_port() {
    let (mut pump, handle) = driven();
    let (manager, log, kept) = (BrokerManager::new(), Log::default(), Kept::default());
    let server = face(&manager, "server", &handle);
    assert_eq!(server.unbind(PORT), Err(UnbindError::NotBound { port: PORT }));
    let keep = kept.clone();
    server.bind(PORT, move |queue: MessageQueue| keep.add(queue)).expect("the port is free");
    server.connect("server", PORT, Caller::new("client", &log, &kept)).expect("it runs");
    pump.run_until_idle();
    server.clone().unbind(PORT).expect("it is bound");
    pump.run_until_idle();
    let queues = kept.take();
    queues[0].send("still").expect("open");
    assert_eq!(queues[1].receive().expect("one waits"), "still");
}

#[test]
fn pump_6_an_accept_listener_that_panics_stays_bound() {
    let (mut pump, handle) = driven();
    let (manager, log, kept) = (BrokerManager::new(), Log::default(), Kept::default());
    let heard = log.clone();
    pump.on_panic(move |report| heard.add(format!("hook: {}", report.message().unwrap_or("?"))));
    let server = face(&manager, "server", &handle);
    let (keep, mut count) = (kept.clone(), 0);
    let accepted = move |queue| {
        count += 1;
        assert!(count != 1, "first");
        keep.add(queue);
    };
    server.bind(PORT, Door { name: "door", log: log.clone(), accepted }).expect("the port is free");
    let (first, second) = (Kept::default(), Kept::default());
    server.connect("server", PORT, Caller::new("client 1", &log, &first)).expect("it runs");
    server.connect("server", PORT, Caller::new("client 2", &log, &second)).expect("it runs");
    pump.run_until_idle();
    let expected = ["door: accepted", "hook: first", "door: accepted", "client 1: connected", "client 2: connected"];
    assert_eq!(log.all(), expected);
    assert!(first.one().is_closed() && !second.one().is_closed());
}

#[test]
fn rdv_6_a_bound_port_is_claimed() {
    test(|| {
        let (mut pump, handle) = driven();
        let (manager, log, kept) = (BrokerManager::new(), Log::default(), Kept::default());
        let server = face(&manager, "server", &handle);
        let keep = kept.clone();
        server.bind(PORT, move |queue: MessageQueue| keep.add(queue)).expect("the port is free");
        // Also while a connect waits for its accept event.
        for _ in 0..2 {
            let broker = server.broker();
            let in_use = |error: AcceptError| assert_eq!(error, AcceptError::PortInUse { port: PORT });
            broker.accept(PORT).map(drop).map_err(in_use).expect_err("claimed");
            broker.try_accept(PORT).map(drop).map_err(in_use).expect_err("claimed");
            broker.accept_timeout(PORT, Duration::MAX).map(drop).map_err(in_use).expect_err("claimed");
            broker.accept_queue(PORT).map(drop).map_err(in_use).expect_err("claimed");
            broker.accept_queue_timeout(PORT, Duration::MAX).map(drop).map_err(in_use).expect_err("claimed");
            manager.accept("server", PORT).map(drop).map_err(in_use).expect_err("claimed");
            let again = server.bind(PORT, Door { name: "second", log: log.clone(), accepted: |_| {} });
            assert_eq!(again, Err(BindError::PortInUse { port: PORT }));
            assert_eq!(log.take(), ["second: dropped"], "at once");
            server.connect("server", PORT, Caller::new("client", &log, &kept)).expect("it runs");
        }
        pump.run_until_idle();
        assert_eq!(log.all(), ["client: connected", "client: connected"], "the first one was not disturbed");
    });
}

#[test]
fn rdv_6_a_bind_while_acceptors_of_either_kind_wait_is_refused() {
    test(|| {
        let (_pump, handle) = driven();
        let manager = BrokerManager::new();
        let server = face(&manager, "server", &handle);
        let (bytes, messages) = (server.broker().clone(), server.broker().clone());
        let bytes = blocking("accept", move || bytes.accept(PORT).map(drop));
        let messages = blocking("accept_queue", move || messages.accept_queue(PORT + 1).map(drop));
        for port in [PORT, PORT + 1] {
            let bound = server.bind(port, |_: MessageQueue| panic!("not bound"));
            assert_eq!(bound, Err(BindError::PortInUse { port }));
        }
        assert!(bytes.is_blocked() && messages.is_blocked(), "not disturbed");
        drop(server.broker().connect("server", PORT).expect("it waits"));
        drop(server.broker().connect_queue("server", PORT + 1).expect("it waits"));
        bytes.join().expect("met");
        messages.join().expect("met");
        server.bind(PORT, |_: MessageQueue| {}).expect("nobody waits any more");
    });
}

#[test]
fn rdv_9_byte_connects_are_refused_at_a_bound_port() {
    test(|| {
        let (mut pump, handle) = driven();
        let (manager, log, kept) = (BrokerManager::new(), Log::default(), Kept::default());
        let server = face(&manager, "server", &handle);
        server.bind(PORT, Door { name: "door", log: log.clone(), accepted: drop }).expect("the port is free");
        let refused = |result: Result<Channel, ConnectError>| variant(&result.map(drop).expect_err("refused"));
        assert_eq!(refused(server.broker().connect("server", PORT)), "KindMismatch");
        assert_eq!(refused(server.broker().try_connect("server", PORT)), "KindMismatch");
        assert_eq!(refused(server.broker().connect_timeout("server", PORT, Duration::MAX)), "KindMismatch");
        assert_eq!(refused(manager.connect("server", PORT)), "KindMismatch");
        pump.run_until_idle();
        assert!(log.all().is_empty(), "the listener is not disturbed");
        server.connect("server", PORT, Caller::new("client", &log, &kept)).expect("it runs");
        pump.run_until_idle();
        assert_eq!(log.all(), ["door: accepted", "client: connected"]);
    });
}

#[test]
fn rdv_9_byte_connects_that_wait_are_left_waiting_by_a_bind() {
    test(|| {
        let (mut pump, handle) = driven();
        let manager = BrokerManager::new();
        let server = face(&manager, "server", &handle);
        let client = broker_in(&manager, "client");
        let waiting = blocking("byte connect", move || client.connect("server", PORT).expect("bytes are accepted"));
        server.bind(PORT, |_: MessageQueue| panic!("RDV-9: another kind")).expect("no acceptor waits");
        pump.run_until_idle();
        let accepted = server.broker().try_accept(PORT).map(drop);
        assert_eq!(accepted, Err(AcceptError::PortInUse { port: PORT }), "RDV-6");
        assert!(waiting.is_blocked());
        server.unbind(PORT).expect("it is bound");
        drop(server.broker().accept(PORT).expect("it waits"));
        drop(waiting.join());
    });
}

#[test]
fn mq_10_connect_queue_in_a_thread_meets_a_bind_whoever_comes_first() {
    test(|| {
        for bind_first in [true, false] {
            let (mut pump, handle) = driven();
            let (manager, kept) = (BrokerManager::new(), Kept::default());
            let server = face(&manager, "server", &handle);
            let keep = kept.clone();
            let door = move |queue: MessageQueue| keep.add(queue);
            let client = broker_in(&manager, "client");
            let connect = move || client.connect_queue("server", PORT).expect("it is bound");
            let connecting = if bind_first {
                server.bind(PORT, door).expect("the port is free");
                blocking("connect", connect)
            } else {
                let connecting = blocking("connect", connect);
                server.bind(PORT, door).expect("the port is free");
                connecting
            };
            assert!(connecting.is_blocked(), "the meeting happens inside the event");
            pump.run_until_idle();
            let connected = connecting.join();
            connected.send("hello").expect("there is room");
            assert_eq!(kept.one().receive().expect("one waits"), "hello");
        }
    });
}

#[test]
fn rdv_5_a_thread_that_gave_up_before_its_accept_event_is_no_ghost() {
    test(|| {
        let (mut pump, handle) = driven();
        let (manager, log) = (BrokerManager::new(), Log::default());
        let server = face(&manager, "server", &handle);
        server.bind(PORT, Door { name: "door", log: log.clone(), accepted: drop }).expect("the port is free");
        let gave_up = server.broker().connect_queue_timeout("server", PORT, SOON).map(drop);
        assert_eq!(variant(&gave_up.expect_err("the pump does not run")), "Timeout");
        pump.run_until_idle();
        assert!(log.all().is_empty());
    });
}

#[test]
fn rdv_8_closing_the_broker_unbinds_its_ports_and_refuses_binds() {
    test(|| {
        let (mut pump, handle) = driven();
        let (manager, log) = (BrokerManager::new(), Log::default());
        let server = face(&manager, "server", &handle);
        server.bind(PORT, Door { name: "door", log: log.clone(), accepted: drop }).expect("the port is free");
        let client = broker_in(&manager, "client");
        let connecting = blocking("connect", move || client.connect_queue("server", PORT).map(drop));
        server.broker().close();
        assert_eq!(variant(&connecting.join().expect_err("closed")), "BrokerClosed");
        eventually("it is told", || pump.run_until_idle() == 0);
        assert_eq!(log.take(), ["door: unbound", "door: dropped"]);
        let again = server.bind(PORT, Door { name: "again", log: log.clone(), accepted: drop });
        assert_eq!(again, Err(BindError::BrokerClosed { broker: "server".into() }));
        assert_eq!(log.take(), ["again: dropped"]);
        assert_eq!(server.unbind(PORT), Err(UnbindError::NotBound { port: PORT }));
        let namesake = QueueBroker::new(&broker_in(&manager, "server"), &handle);
        namesake.bind(PORT, |_: MessageQueue| {}).expect("another broker of that name");
    });
}
