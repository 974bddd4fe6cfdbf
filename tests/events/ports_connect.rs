//! Connecting by callback: MQ-8, RDV-7 to RDV-9.

use std::time::Duration;

use rdv::{Broker, BrokerManager, ConnectOptions, MessageQueue, PumpHandle, QueueBroker};

use crate::support::asleep::blocking;
use crate::support::world::{PORT, broker_in};
use crate::support::{SOON, eventually};
use crate::test;
use crate::world::{Caller, Kept, Log, driven, face};

/// A client on a pump and a server without one.
struct Two {
    manager: BrokerManager,
    server: Broker,
    client: QueueBroker,
    log: Log,
    kept: Kept,
}

impl Two {
    fn new(pump: &PumpHandle) -> Self {
        let manager = BrokerManager::new();
        let (server, client) = (broker_in(&manager, "server"), face(&manager, "client", pump));
        Self { manager, server, client, log: Log::default(), kept: Kept::default() }
    }

    fn connect(&self, options: ConnectOptions) {
        let caller = Caller::new("client", &self.log, &self.kept);
        self.client.connect_with("server", PORT, options, caller).expect("it runs");
    }
}

#[test]
fn mq_8_the_outcome_is_never_told_on_the_stack_of_the_caller() {
    let (mut pump, handle) = driven();
    let two = Two::new(&handle);
    two.server.close();
    two.connect(ConnectOptions::new());
    assert!(two.log.all().is_empty());
    pump.run_until_idle();
    assert_eq!(two.log.all(), ["client: refused: UnknownBroker"]);
}

#[test]
fn mq_8_connect_waits_for_a_bind() {
    let (mut pump, handle) = driven();
    let two = Two::new(&handle);
    two.connect(ConnectOptions::new());
    pump.run_until_idle();
    assert!(two.log.all().is_empty());
    let keep = two.kept.clone();
    let server = QueueBroker::new(&two.server, &handle);
    server.bind(PORT, move |queue: MessageQueue| keep.add(queue)).expect("the port is free");
    pump.run_until_idle();
    assert_eq!(two.log.all(), ["client: connected"]);
    let [accepted, connected] = two.kept.take().try_into().expect("both ends");
    accepted.send("hello").expect("there is room");
    assert_eq!(connected.receive().expect("one waits"), "hello");
}

#[test]
fn mq_10_connect_meets_an_accept_in_a_thread_whoever_comes_first() {
    test(|| {
        for accept_first in [true, false] {
            let (mut pump, handle) = driven();
            let two = Two::new(&handle);
            let server = two.server.clone();
            let accept = move || server.accept_queue(PORT).expect("somebody connects");
            let accepted = if accept_first {
                let accepting = blocking("accept", accept);
                two.connect(ConnectOptions::new().refuse_if_unbound());
                accepting.join()
            } else {
                two.connect(ConnectOptions::new());
                accept()
            };
            assert!(two.log.all().is_empty());
            pump.run_until_idle();
            assert_eq!(two.log.all(), ["client: connected"]);
            accepted.send("hello").expect("there is room");
            assert_eq!(two.kept.one().receive().expect("one waits"), "hello");
        }
    });
}

#[test]
fn mq_8_an_option_makes_an_unbound_port_a_refusal() {
    let (mut pump, handle) = driven();
    let two = Two::new(&handle);
    two.connect(ConnectOptions::new().refuse_if_unbound());
    pump.run_until_idle();
    assert_eq!(two.log.take(), ["client: refused: Unbound"]);
    let keep = two.kept.clone();
    let server = QueueBroker::new(&two.server, &handle);
    server.bind(PORT, move |queue: MessageQueue| keep.add(queue)).expect("the refused one left nothing behind");
    two.connect(ConnectOptions::new().refuse_if_unbound().timeout(Duration::MAX));
    pump.run_until_idle();
    assert_eq!(two.log.all(), ["client: connected"]);
    assert_eq!(two.kept.take().len(), 2);
}

#[test]
fn mq_8_a_port_that_is_unbound_before_the_meeting_is_a_refusal_to_who_asked_for_it() {
    for asked in [true, false] {
        let (mut pump, handle) = driven();
        let two = Two::new(&handle);
        let server = QueueBroker::new(&two.server, &handle);
        server.bind(PORT, |_: MessageQueue| panic!("it is unbound")).expect("the port is free");
        let options = ConnectOptions::new();
        two.connect(if asked { options.refuse_if_unbound() } else { options });
        server.unbind(PORT).expect("it is bound");
        pump.run_until_idle();
        let expected: &[&str] = if asked { &["client: refused: Unbound"] } else { &[] };
        assert_eq!(two.log.all(), expected);
    }
}

#[test]
fn mq_8_an_option_makes_a_deadline_a_refusal() {
    test(|| {
        for wait in [Duration::ZERO, SOON] {
            let (mut pump, handle) = driven();
            let two = Two::new(&handle);
            two.connect(ConnectOptions::new().timeout(wait));
            eventually("the deadline passes", || pump.run_until_idle() > 0);
            assert_eq!(two.log.take(), ["client: refused: Timeout"]);
            let server = QueueBroker::new(&two.server, &handle);
            server.bind(PORT, |_: MessageQueue| panic!("RDV-5: a ghost")).expect("the port is free");
            let clean = pump.run_until_idle();
            assert_eq!((clean, two.log.all().len()), (0, 0));
        }
    });
}

#[test]
fn mq_8_a_deadline_past_the_end_of_time_is_none() {
    test(|| {
        let (mut pump, handle) = driven();
        let two = Two::new(&handle);
        two.connect(ConnectOptions::new().timeout(Duration::MAX));
        pump.run_until_idle();
        assert!(two.log.all().is_empty());
        let accepted = two.server.accept_queue(PORT).expect("it waits");
        pump.run_until_idle();
        assert_eq!(two.log.all(), ["client: connected"]);
        drop(accepted);
    });
}

#[test]
fn mq_8_a_meeting_wins_over_a_later_deadline() {
    test(|| {
        let (mut pump, handle) = driven();
        let two = Two::new(&handle);
        two.connect(ConnectOptions::new().timeout(SOON));
        let accepted = two.server.accept_queue(PORT).expect("it waits");
        std::thread::sleep(2 * SOON);
        eventually("it is told", || pump.run_until_idle() == 0);
        assert_eq!(two.log.all(), ["client: connected"]);
        accepted.send("hello").expect("there is room");
        assert_eq!(two.kept.one().receive().expect("one waits"), "hello");
    });
}

#[test]
fn mq_8_the_close_of_either_broker_is_a_refusal_told_once() {
    test(|| {
        for own in [true, false] {
            let (mut pump, handle) = driven();
            let two = Two::new(&handle);
            two.connect(ConnectOptions::new().timeout(Duration::from_secs(3600)));
            if own {
                two.client.broker().close();
            } else {
                two.server.close();
            }
            two.client.broker().close();
            two.server.close();
            pump.run_until_idle();
            assert_eq!(two.log.take(), ["client: refused: BrokerClosed"], "RDV-8");
            two.connect(ConnectOptions::new());
            pump.run_until_idle();
            assert_eq!(two.log.take(), ["client: refused: BrokerClosed"], "its own broker stays closed");
            handle.stop();
            pump.run();
            assert!(two.log.all().is_empty());
        }
    });
}

#[test]
fn rdv_8_the_last_handle_of_the_broker_to_be_reached_releases_who_waits() {
    let (mut pump, handle) = driven();
    let Two { manager, server, client, log, kept } = Two::new(&handle);
    client.connect("server", PORT, Caller::new("client", &log, &kept)).expect("it runs");
    drop(server);
    pump.run_until_idle();
    assert_eq!(log.all(), ["client: refused: BrokerClosed"]);
    broker_in(&manager, "server");
}

#[test]
fn rdv_8_a_queue_broker_keeps_its_broker_alive_and_so_does_a_bound_port() {
    let (mut pump, handle) = driven();
    let manager = BrokerManager::new();
    let server = face(&manager, "server", &handle);
    let taken = || rdv::Broker::new(&manager, "server").map(drop);
    taken().expect_err("the QueueBroker is there");
    server.bind(PORT, |_: MessageQueue| {}).expect("the port is free");
    drop(server);
    taken().expect_err("the port is bound");
    drop((handle, pump.turn(9), pump));
    taken().expect("the pump is gone, and with it the port");
}

#[test]
fn rdv_7_a_broker_may_connect_to_itself() {
    let (mut pump, handle) = driven();
    let (manager, log, kept) = (BrokerManager::new(), Log::default(), Kept::default());
    let own = face(&manager, "own", &handle);
    let keep = kept.clone();
    own.bind(PORT, move |queue: MessageQueue| keep.add(queue)).expect("the port is free");
    own.connect("own", PORT, Caller::new("own", &log, &kept)).expect("it runs");
    pump.run_until_idle();
    assert_eq!(log.all(), ["own: connected"]);
    assert_eq!(own.broker().connections().len(), 2);
    drop(kept.take());
    assert!(own.broker().connections().is_empty());
}

#[test]
fn mq_8_closures_are_connect_listeners() {
    let (mut pump, handle) = driven();
    let two = Two::new(&handle);
    let log = two.log.clone();
    let listener = move |outcome: Result<MessageQueue, rdv::ConnectError>| {
        log.add(outcome.expect_err("nobody is bound").to_string());
    };
    two.client.connect_with("server", PORT, ConnectOptions::new().refuse_if_unbound(), listener).expect("it runs");
    pump.run_until_idle();
    assert_eq!(two.log.all(), [r#"connect: nobody is bound to port 7 of "server""#]);
}

#[test]
fn mq_8_a_listener_that_panics_loses_its_queue_only() {
    let (mut pump, handle) = driven();
    let two = Two::new(&handle);
    let heard = two.log.clone();
    pump.on_panic(move |report| heard.add(format!("hook: {}", report.message().unwrap_or("?"))));
    let keep = two.kept.clone();
    let server = QueueBroker::new(&two.server, &handle);
    server.bind(PORT, move |queue: MessageQueue| keep.add(queue)).expect("the port is free");
    let panics = |outcome: Result<MessageQueue, rdv::ConnectError>| panic!("{}", outcome.is_ok());
    two.client.connect("server", PORT, panics).expect("it runs");
    pump.run_until_idle();
    assert_eq!(two.log.all(), ["hook: true"]);
    assert!(two.kept.one().is_closed());
    assert!(two.client.broker().connections().is_empty());
}

#[test]
fn rdv_9_a_message_connect_is_refused_where_only_byte_acceptors_wait() {
    test(|| {
        let (mut pump, handle) = driven();
        let two = Two::new(&handle);
        let acceptor = two.server.clone();
        let accepting = blocking("byte accept", move || acceptor.accept(PORT).expect("bytes connect"));
        two.connect(ConnectOptions::new());
        pump.run_until_idle();
        assert_eq!(two.log.take(), ["client: refused: KindMismatch"]);
        let other = two.server.clone();
        let queue = blocking("message accept", move || other.accept_queue(PORT).expect("messages connect"));
        two.connect(ConnectOptions::new());
        pump.run_until_idle();
        assert_eq!(two.log.take(), ["client: connected"], "the first acceptor of its own kind");
        drop(queue.join());
        assert!(accepting.is_blocked(), "not disturbed");
        drop(two.client.broker().connect("server", PORT).expect("it waits"));
        drop(accepting.join());
    });
}
