//! An echo server whose every connection has a thread of its own, and clients that are threads, too: byte streams.
//!
//! `cargo run --example echo_threads`

use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};

use rdv::{Broker, BrokerManager, Channel, Task};

const ECHO: rdv::Port = 7;
const CLIENTS: usize = 3;

/// Sends back what comes until the client hangs up.
fn serve(channel: Channel) -> io::Result<u64> {
    let (mut from, mut to) = channel.split();
    io::copy(&mut from, &mut to)
}

/// One line there and back.
fn session(task: &Task, line: &str) -> Result<String, Box<dyn Error + Send + Sync>> {
    let (from, mut to) = task.broker().connect("server", ECHO)?.split();
    writeln!(to, "{line}")?;
    drop(to); // hangs up one direction; the server still answers
    let mut reply = String::new();
    BufReader::new(from).read_line(&mut reply)?;
    Ok(reply.trim_end().to_owned())
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let manager = BrokerManager::new();
    let broker = Broker::new(&manager, "server")?;

    let server = Task::spawn(broker.clone(), |task| {
        let mut serving = Vec::new();
        // Ends when the broker is closed.
        while let Ok(channel) = task.broker().accept(ECHO) {
            serving.push(Task::spawn(task.broker().clone(), |_| serve(channel)));
        }
        serving
    })?;

    let client = |number| {
        let broker = Broker::new(&manager, format!("client {number}"))?;
        Ok(Task::spawn(broker, move |task| session(task, &format!("hello from client {number}")))?)
    };
    let clients = (0..CLIENTS).map(client).collect::<Result<Vec<_>, Box<dyn Error + Send + Sync>>>()?;
    for client in clients {
        println!("{}", client.join().expect("a client does not panic")?);
    }

    broker.close();
    let mut bytes = 0;
    for serving in server.join().expect("the server does not panic") {
        bytes += serving?.join().expect("serving does not panic")?;
    }
    println!("echoed {bytes} bytes on {CLIENTS} connections");
    Ok(())
}
