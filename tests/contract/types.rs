//! What may be sent, shared and cloned, and which signatures other programs compile against.

use std::io::{self, BufRead, Read, Write};
use std::thread::JoinHandle;
use std::time::Duration;

use rdv::buffer::locked::Locked;
use rdv::buffer::mirrored::Mirrored;
use rdv::{
    AcceptError, Broker, BrokerError, BrokerManager, CapacityError, Channel, ChannelReader, ChannelWriter,
    ConnectError, Disconnector, Endpoint, Port, Task, channel,
};

fn is_send<T: Send>() {}
fn is_sync<T: Sync>() {}
fn is_clone<T: Clone>() {}
fn is_default<T: Default>() {}
fn is_reader<T: Read + BufRead + Send + 'static>() {}
fn is_writer<T: Write + Send + 'static>() {}
fn is_error<T: std::error::Error + Send + Sync + Clone + PartialEq + 'static>() {}

#[test]
fn handles_are_shared_by_cloning() {
    is_clone::<BrokerManager>();
    is_send::<BrokerManager>();
    is_sync::<BrokerManager>();
    is_default::<BrokerManager>();
    is_clone::<Broker>();
    is_send::<Broker>();
    is_sync::<Broker>();
    is_clone::<Task>();
    is_clone::<Disconnector>();
    is_send::<Disconnector>();
    is_sync::<Disconnector>();
    is_clone::<Endpoint>();
}

#[test]
fn ends_move_between_threads() {
    is_reader::<Channel>();
    is_writer::<Channel>();
    is_reader::<Channel<Mirrored>>();
    is_reader::<ChannelReader>();
    is_writer::<ChannelWriter>();
}

#[test]
fn errors_are_errors() {
    is_error::<CapacityError>();
    is_error::<BrokerError>();
    is_error::<AcceptError>();
    is_error::<ConnectError>();
}

/// Never called: it compiles, or the face has changed.
#[allow(dead_code)]
fn broker_signatures(manager: &BrokerManager) -> Result<(), Box<dyn std::error::Error>> {
    let _: BrokerManager = BrokerManager::builder().channel_capacity(1).queue_capacity(1).build()?;
    let _: Result<Channel, AcceptError> = manager.accept("name", 1);
    let _: Result<Channel, ConnectError> = manager.connect("name", 1);
    let broker: Broker = Broker::new(manager, "name")?;
    let _: Result<Broker, BrokerError> = Broker::new(manager, String::from("name"));
    let _: &str = broker.name();
    let port: Port = 1;
    let _: [Result<Channel, AcceptError>; 3] =
        [broker.accept(port), broker.try_accept(port), broker.accept_timeout(port, Duration::ZERO)];
    let _: [Result<Channel, ConnectError>; 3] = [
        broker.connect("name", port),
        broker.try_connect("name", port),
        broker.connect_timeout("name", port, Duration::ZERO),
    ];
    let _: Vec<(Endpoint, Endpoint)> = broker.connections();
    broker.close();
    let task: io::Result<JoinHandle<u8>> = Task::spawn(broker, |task: &Task| {
        let _: &Broker = task.broker();
        7
    });
    let _: Option<Task> = Task::current();
    drop(task);
    Ok(())
}

/// Never called: it compiles, or the face has changed.
#[allow(dead_code)]
fn channel_signatures() -> Result<(), Box<dyn std::error::Error>> {
    let (mut here, there): (Channel, Channel) = channel::pair(1)?;
    let _: io::Result<usize> = here.try_read(&mut [0]);
    let _: io::Result<usize> = here.try_write(&[0]);
    here.disconnect();
    let _: bool = here.is_disconnected();
    let disconnector: Disconnector = here.disconnector();
    disconnector.disconnect();
    let ends: [&Endpoint; 2] = [here.peer(), here.local()];
    let _: Option<&str> = ends[0].broker();
    let _: Option<Port> = ends[0].port();
    let (reader, writer): (ChannelReader, ChannelWriter) = there.split();
    let _: [Disconnector; 2] = [reader.disconnector(), writer.disconnector()];
    let _: [bool; 2] = [reader.is_disconnected(), writer.is_disconnected()];
    let _: [&Endpoint; 4] = [reader.peer(), reader.local(), writer.peer(), writer.local()];
    let _ = channel::pair_with::<Locked<u8>>(1)?;
    Ok(())
}
