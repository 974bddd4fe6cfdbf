//! Byte connections and message connections do not mix: RDV-9; and who has claimed a port: RDV-6.

use std::time::Duration;

use rdv::{AcceptError, BindError, Broker, ConnectError, EventPump, MessageQueue, QueueBroker};

use crate::support::SOON;
use crate::support::asleep::{Blocking, blocking};
use crate::support::world::{PORT, broker};
use crate::test;

fn accepting_bytes(broker: &Broker) -> Blocking<Result<(), AcceptError>> {
    let broker = broker.clone();
    blocking("accept", move || broker.accept(PORT).map(drop))
}

fn accepting_messages(broker: &Broker) -> Blocking<Result<(), AcceptError>> {
    let broker = broker.clone();
    blocking("accept queue", move || broker.accept_queue(PORT).map(drop))
}

fn connecting_messages(broker: &Broker) -> Blocking<Result<(), ConnectError>> {
    let broker = broker.clone();
    blocking("connect queue", move || broker.connect_queue(broker.name(), PORT).map(drop))
}

#[test]
fn rdv_9_a_connect_is_refused_where_acceptors_of_the_other_kind_alone_wait() {
    test(|| {
        let broker = broker("both");
        let bytes = accepting_bytes(&broker);
        assert!(matches!(broker.connect_queue("both", PORT), Err(ConnectError::KindMismatch { .. })));
        assert!(bytes.is_blocked(), "the acceptor is not disturbed");
        broker.connect("both", PORT).expect("its own kind waits");
        bytes.join().expect("it was met");

        let messages = accepting_messages(&broker);
        assert!(matches!(broker.connect("both", PORT), Err(ConnectError::KindMismatch { .. })));
        assert!(matches!(broker.try_connect("both", PORT), Err(ConnectError::KindMismatch { .. })));
        let timed = broker.connect_timeout("both", PORT, Duration::MAX);
        assert!(matches!(timed, Err(ConnectError::KindMismatch { .. })));
        assert!(messages.is_blocked(), "the acceptor is not disturbed");
        broker.connect_queue("both", PORT).expect("its own kind waits");
        messages.join().expect("it was met");
    });
}

#[test]
fn rdv_9_a_connect_meets_the_first_acceptor_of_its_own_kind() {
    test(|| {
        let broker = broker("both");
        let (bytes, messages) = (accepting_bytes(&broker), accepting_messages(&broker));
        broker.connect_queue("both", PORT).expect("its own kind waits, behind the other");
        messages.join().expect("it was met");
        assert!(bytes.is_blocked());
        broker.connect("both", PORT).expect("its own kind waits");
        bytes.join().expect("it was met");
    });
}

#[test]
fn rdv_9_waiting_connects_of_the_other_kind_are_left_waiting() {
    test(|| {
        let broker = broker("both");
        let messages = connecting_messages(&broker);
        assert!(matches!(broker.try_accept(PORT), Err(AcceptError::WouldBlock { .. })));
        assert!(matches!(broker.accept_timeout(PORT, SOON), Err(AcceptError::Timeout { .. })));
        assert!(messages.is_blocked());
        broker.accept_queue(PORT).expect("its own kind waits");
        messages.join().expect("it was met");
    });
}

/// A broker, a port of which is bound by a listener that drops what it gets.
fn bound() -> (Broker, QueueBroker) {
    let broker = broker("both");
    let (pump, _thread) = EventPump::spawn("pump").expect("a thread");
    let listening = QueueBroker::new(&broker, &pump);
    listening.bind(PORT, |queue: MessageQueue| drop(queue)).expect("nobody is there");
    (broker, listening)
}

#[test]
fn rdv_6_a_bound_port_is_claimed() {
    test(|| {
        let (broker, listening) = bound();
        assert!(matches!(broker.accept(PORT), Err(AcceptError::PortInUse { .. })));
        assert!(matches!(broker.try_accept(PORT), Err(AcceptError::PortInUse { .. })));
        assert!(matches!(broker.accept_timeout(PORT, Duration::MAX), Err(AcceptError::PortInUse { .. })));
        assert!(matches!(broker.accept_queue(PORT), Err(AcceptError::PortInUse { .. })));
        assert!(matches!(listening.bind(PORT, |_: MessageQueue| ()), Err(BindError::PortInUse { .. })));
        broker.connect_queue("both", PORT).expect("the listener accepts");
        listening.unbind(PORT).expect("it was bound");
        assert!(matches!(broker.try_accept(PORT), Err(AcceptError::WouldBlock { .. })), "free again");
        broker.close();
    });
}

#[test]
fn rdv_6_a_bind_while_acceptors_wait_is_refused() {
    test(|| {
        let (broker, listening) = bound();
        listening.unbind(PORT).expect("it was bound");
        for accepting in [accepting_bytes(&broker), accepting_messages(&broker)] {
            assert!(matches!(listening.bind(PORT, |_: MessageQueue| ()), Err(BindError::PortInUse { .. })));
            assert!(accepting.is_blocked(), "the acceptor is not disturbed");
        }
        broker.close();
    });
}

#[test]
fn rdv_9_a_byte_connect_to_a_bound_port_is_refused() {
    test(|| {
        let (broker, _listening) = bound();
        assert!(matches!(broker.connect("both", PORT), Err(ConnectError::KindMismatch { .. })));
        assert!(matches!(broker.try_connect("both", PORT), Err(ConnectError::KindMismatch { .. })));
        broker.close();
    });
}
