//! An echo server and its clients as callbacks on one pump, without a second thread: whole messages.
//!
//! `cargo run --example echo_events`

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use rdv::{Broker, BrokerManager, ConnectError, EventPump, Listener, MessageQueue, PumpHandle, QueueBroker};

const ECHO: rdv::Port = 7;
const CLIENTS: usize = 3;

/// Sends back what comes. While the client's side is full, the message waits here.
#[derive(Default)]
struct Echo {
    kept: Vec<Bytes>,
}

impl Listener for Echo {
    fn received(&mut self, queue: &MessageQueue, message: Bytes) {
        if let Err(refused) = queue.send(message) {
            self.kept.push(refused.into_message());
        }
    }

    fn writable(&mut self, queue: &MessageQueue) {
        for message in std::mem::take(&mut self.kept) {
            self.received(queue, message);
        }
    }
}

/// Says hello, prints the answer, hangs up; the last one to be done stops the pump.
struct Client {
    pump: PumpHandle,
    busy: Arc<AtomicUsize>,
}

impl Listener for Client {
    fn received(&mut self, queue: &MessageQueue, message: Bytes) {
        println!("{}", String::from_utf8_lossy(&message));
        queue.close();
    }

    fn closed(&mut self, _: &MessageQueue) {
        if self.busy.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.pump.stop();
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let manager = BrokerManager::new();
    let mut pump = EventPump::new();
    let handle = pump.handle();

    let server = QueueBroker::new(&Broker::new(&manager, "server")?, &handle);
    let on = handle.clone();
    server.bind(ECHO, move |queue: MessageQueue| queue.set_listener(&on, Echo::default()).expect("the pump runs"))?;

    let busy = Arc::new(AtomicUsize::new(CLIENTS));
    for number in 0..CLIENTS {
        let broker = QueueBroker::new(&Broker::new(&manager, format!("client {number}"))?, &handle);
        let client = Client { pump: handle.clone(), busy: busy.clone() };
        broker.connect("server", ECHO, move |outcome: Result<MessageQueue, ConnectError>| {
            let queue = outcome.expect("the server is bound");
            queue.set_listener(&client.pump.clone(), client).expect("the pump runs");
            queue.send(format!("hello from client {number}")).expect("there is room");
        })?;
    }

    pump.run(); // until the last client stops it
    println!("ran {} events on one thread", pump.account().events);
    Ok(())
}
