//! Brokers, tasks and connections, as every test needs them.

use std::thread::{self, JoinHandle};

use rdv::{Broker, BrokerManager, Channel, Port, Task, channel};

use super::streams;

/// The port where nothing else is said.
pub const PORT: Port = 7;

/// A broker in a manager of its own.
pub fn broker(name: &str) -> Broker {
    broker_in(&BrokerManager::new(), name)
}

/// A broker in `manager`.
#[track_caller]
pub fn broker_in(manager: &BrokerManager, name: &str) -> Broker {
    Broker::new(manager, name).expect("the name is free")
}

/// A manager whose channels hold `capacity` bytes in each direction.
#[track_caller]
pub fn manager_with_capacity(capacity: usize) -> BrokerManager {
    BrokerManager::builder().channel_capacity(capacity).build().expect("a capacity that can be had")
}

/// Both ends of a channel, without a broker.
#[track_caller]
pub fn pair(capacity: usize) -> (Channel, Channel) {
    channel::pair(capacity).expect("a capacity that can be had")
}

/// Both ends of a connection between two brokers: the accepted and the connecting one.
#[track_caller]
pub fn connection(from: &Broker, to: &Broker, port: Port) -> (Channel, Channel) {
    let acceptor = to.clone();
    let accepted = spawn("accept", move || acceptor.accept(port).expect("somebody connects"));
    let connected = from.connect(to.name(), port).expect("somebody accepts");
    (join(accepted), connected)
}

/// A named thread.
#[track_caller]
pub fn spawn<T: Send + 'static>(name: &str, body: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    thread::Builder::new().name(name.to_owned()).spawn(body).expect("a thread")
}

/// Starts `count` threads, numbered from 0.
pub fn spawn_many<T, F>(name: &str, count: usize, body: F) -> Vec<JoinHandle<T>>
where
    T: Send + 'static,
    F: Fn(usize) -> T + Clone + Send + 'static,
{
    let start = |number| {
        let body = body.clone();
        spawn(&format!("{name} {number}"), move || body(number))
    };
    (0..count).map(start).collect()
}

/// What a thread returned; its panic is the test's.
pub fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// What each thread returned.
pub fn join_all<T>(threads: impl IntoIterator<Item = JoinHandle<T>>) -> Vec<T> {
    threads.into_iter().map(join).collect()
}

/// An echo server with one task per connection: serves [`PORT`] until its broker is closed; how many it served.
pub fn echo_server(broker: Broker) -> JoinHandle<usize> {
    Task::spawn(broker, |task| {
        let mut serving = Vec::new();
        while let Ok(channel) = task.broker().accept(PORT) {
            let served = Task::spawn(task.broker().clone(), |_| streams::echo(channel).expect("clients end well"));
            serving.push(served.expect("a thread"));
        }
        join_all(serving).len()
    })
    .expect("a thread")
}

/// An echo server with a fixed pool: `size` tasks accept on [`PORT`] until the broker is closed.
pub fn echo_pool(broker: &Broker, size: usize) -> Vec<JoinHandle<usize>> {
    let worker = |task: &Task| {
        let mut served = 0;
        while let Ok(channel) = task.broker().accept(PORT) {
            streams::echo(channel).expect("clients end well");
            served += 1;
        }
        served
    };
    (0..size).map(|_| Task::spawn(broker.clone(), worker).expect("a thread")).collect()
}
