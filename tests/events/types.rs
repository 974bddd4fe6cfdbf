//! What may be sent, shared and cloned in the event world, and which signatures other programs compile against.

use std::io;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use rdv::{
    AcceptError, AcceptListener, BindError, Broker, BrokerManager, BrokerManagerBuilder, CapacityError, ConnectError,
    ConnectListener, ConnectOptions, EventPump, Listener, MessageQueue, PanicReport, Port, PumpHandle, PumpStopped,
    QueueBroker, ReceiveError, SendError, UnbindError,
};

fn is_send<T: Send + 'static>() {}
fn is_shared<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}
fn is_error<T: std::error::Error + Send + Sync + Clone + PartialEq + 'static>() {}

#[test]
fn handles_are_shared_by_cloning() {
    is_shared::<PumpHandle>();
    is_shared::<QueueBroker>();
    is_shared::<MessageQueue>();
    is_shared::<ConnectOptions>();
    is_send::<EventPump>();
    is_send::<PanicReport>();
    is_send::<BrokerManagerBuilder>();
    let _: EventPump = EventPump::default();
}

#[test]
fn errors_are_errors() {
    is_error::<PumpStopped>();
    is_error::<BindError>();
    is_error::<UnbindError>();
    is_error::<SendError>();
    is_error::<ReceiveError>();
    is_error::<ConnectError>();
    is_error::<AcceptError>();
    is_error::<CapacityError>();
}

#[test]
fn all_4_errors_say_which_fact_failed() {
    let said = |error: &dyn std::error::Error| error.to_string();
    assert!(said(&BindError::PortInUse { port: 81 }).contains("81"));
    assert!(said(&BindError::BrokerClosed { broker: "b".into() }).contains("\"b\""));
    assert!(said(&UnbindError::NotBound { port: 82 }).contains("82"));
    let full = SendError::Full(Bytes::from_static(b"four"));
    assert!(said(&full).contains("full") && said(&full).contains('4'));
    assert!(said(&SendError::Closed(Bytes::new())).contains("closed"));
    for error in [ReceiveError::Empty, ReceiveError::Closed, ReceiveError::Timeout, ReceiveError::HasListener] {
        assert!(said(&error).starts_with("receive: "));
    }
    assert!(!said(&PumpStopped).is_empty());
}

#[test]
fn signatures_compile() {
    // Never called: they compile, or the face has changed.
    let _ = (pump_signatures as fn() -> _, broker_signatures as fn(&_) -> _, queue_signatures as fn(&_, &_) -> _);
}

fn pump_signatures() -> Result<(), Box<dyn std::error::Error>> {
    let mut pump: EventPump = EventPump::new();
    let handle: PumpHandle = pump.handle();
    pump.on_panic(|_: PanicReport| {});
    let _: Result<(), PumpStopped> = handle.post(|| {});
    let _: Result<(), PumpStopped> = handle.post_after(Duration::ZERO, || {});
    let () = handle.stop();
    let _: usize = pump.run_until_idle();
    let () = pump.run();
    let spawned: io::Result<(PumpHandle, JoinHandle<()>)> = EventPump::spawn("name");
    spawned?;
    Ok(())
}

fn broker_signatures(broker: &Broker) -> Result<(), Box<dyn std::error::Error>> {
    let pump = EventPump::new().handle();
    let face: QueueBroker = QueueBroker::new(broker, &pump);
    let port: Port = 1;
    let _: Result<(), BindError> = face.bind(port, |_: MessageQueue| {});
    let _: Result<(), UnbindError> = face.unbind(port);
    let _: Result<(), PumpStopped> = face.connect("name", port, |_: Result<MessageQueue, ConnectError>| {});
    let options: ConnectOptions = ConnectOptions::new().refuse_if_unbound().timeout(Duration::ZERO);
    let _: Result<(), PumpStopped> = face.connect_with("name", port, options, Guest);
    let _: [Result<MessageQueue, AcceptError>; 2] =
        [broker.accept_queue(port), broker.accept_queue_timeout(port, Duration::ZERO)];
    let _: [Result<MessageQueue, ConnectError>; 2] =
        [broker.connect_queue("name", port), broker.connect_queue_timeout("name", port, Duration::ZERO)];
    let _: BrokerManager = BrokerManager::builder().queue_capacity(1).build()?;
    Ok(())
}

fn queue_signatures(queue: &MessageQueue, pump: &PumpHandle) -> Result<(), Box<dyn std::error::Error>> {
    let _: [Result<(), SendError>; 5] = [
        queue.send("text"),
        queue.send(String::new()),
        queue.send(vec![1, 2]),
        queue.send(&b"bytes"[..]),
        queue.blocking_send(Bytes::new()),
    ];
    let _: [Result<Bytes, ReceiveError>; 3] =
        [queue.receive(), queue.blocking_receive(), queue.receive_timeout(Duration::ZERO)];
    let _: Result<(), PumpStopped> = queue.set_listener(pump, Minimal);
    let _: bool = queue.is_closed();
    let () = queue.close();
    Ok(())
}

/// Implements only what it must.
struct Minimal;

impl Listener for Minimal {
    fn received(&mut self, _: &MessageQueue, _: Bytes) {}
}

impl AcceptListener for Minimal {
    fn accepted(&mut self, _: MessageQueue) {}
}

struct Guest;

impl ConnectListener for Guest {
    fn connected(self, _: MessageQueue) {}
    fn refused(self, _: ConnectError) {}
}
