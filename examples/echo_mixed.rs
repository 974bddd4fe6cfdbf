//! An event-driven echo server and clients that are threads: each is written as it likes, and they meet on one port.
//!
//! `cargo run --example echo_mixed`

use std::error::Error;

use bytes::Bytes;
use rdv::{Broker, BrokerManager, EventPump, MessageQueue, QueueBroker, Task};

const ECHO: rdv::Port = 7;
const CLIENTS: usize = 4;
const MESSAGES: usize = 1000;

/// Sends numbered messages and checks that each comes back, and that it is the very memory that was sent.
fn session(queue: &MessageQueue) -> Result<usize, Box<dyn Error + Send + Sync>> {
    for number in 0..MESSAGES {
        let message = Bytes::from(number.to_string());
        let address = message.as_ptr();
        queue.blocking_send(message)?;
        let echo = queue.blocking_receive()?;
        assert_eq!(echo, number.to_string());
        assert_eq!(echo.as_ptr(), address, "moved, not copied");
    }
    Ok(MESSAGES)
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let manager = BrokerManager::new();

    // The server: one thread for all connections.
    let (pump, thread) = EventPump::spawn("server")?;
    let server = QueueBroker::new(&Broker::new(&manager, "server")?, &pump);
    let on = pump.clone();
    server.bind(ECHO, move |queue: MessageQueue| {
        let echo = |queue: &MessageQueue, message: Bytes| {
            // Each client waits for its echo before it sends again, so there is room.
            queue.send(message).expect("the client is there");
        };
        queue.set_listener(&on, echo).expect("the pump runs");
    })?;

    // The clients: one thread each, which may block.
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let broker = Broker::new(&manager, format!("client {number}"))?;
        clients.push(Task::spawn(broker, |task| {
            let queue = task.broker().connect_queue("server", ECHO)?;
            session(&queue)
        })?);
    }
    for (number, client) in clients.into_iter().enumerate() {
        let count = client.join().expect("a client does not panic")?;
        println!("client {number}: {count} messages there and back");
    }

    pump.stop();
    thread.join().expect("the pump does not panic");
    Ok(())
}
